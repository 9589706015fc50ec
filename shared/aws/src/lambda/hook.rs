//! A shop's webhook that comes in by a function's URL: `POST …/hooks/<department>`.

use aws_lambda_events::event::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use std::error::Error;
use sync::{Delivery, Engine};

/// Takes what came in, and answers with a status and nothing else: a stranger learns nothing.
pub(super) async fn hook(engine: &Engine, request: LambdaFunctionUrlRequest) -> LambdaFunctionUrlResponse {
    let mut response = LambdaFunctionUrlResponse::default();
    response.status_code = answer(engine, &request).await.into();
    response
}

async fn answer(engine: &Engine, request: &LambdaFunctionUrlRequest) -> u16 {
    let Some(department) = request.raw_path.as_deref().and_then(department) else { return 404 };
    if request.request_context.http.method.as_deref() != Some("POST") {
        return 405;
    }
    let Some(body) = body(request) else { return 400 };
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let delivery = Delivery {
        department: &department,
        signature: header("x-wc-webhook-signature"),
        topic: header("x-wc-webhook-topic"),
        webhook: header("x-wc-webhook-id"),
        body: &body,
    };
    match engine.hint(&delivery).await {
        Ok(hint) => {
            tracing::info!(department, ?hint, topic = delivery.topic, "a hint came in");
            hint.status()
        }
        Err(error) => {
            tracing::error!(%error, cause = ?error.source(), department, "a hint could not be taken");
            503
        }
    }
}

/// The department in `/hooks/<department>`.
fn department(path: &str) -> Option<String> {
    let name = path.strip_prefix("/hooks/")?;
    let name = percent_decode_str(name.strip_suffix('/').unwrap_or(name));
    name.decode_utf8().ok().map(|name| name.into_owned()).filter(|name| !name.is_empty())
}

/// The bytes as the shop sent, and signed, them: Lambda hands them over as text where they are, else in Base64.
fn body(request: &LambdaFunctionUrlRequest) -> Option<Vec<u8>> {
    let body = request.body.as_deref().unwrap_or_default();
    if request.is_base64_encoded { STANDARD.decode(body).ok() } else { Some(body.as_bytes().to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_department() {
        for (path, expected) in [
            ("/hooks/1", Some("1")),
            ("/hooks/1/", Some("1")),
            ("/hooks/Oslo%20S%2F2", Some("Oslo S/2")),
            ("/hooks/", None),
            ("/hooks", None),
            ("/", None),
            ("/hooks/%ff", None),
        ] {
            assert_eq!(department(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn the_sample_is_an_event_of_a_function_s_url() {
        let sample = include_str!("../../../../infra/events/webhook-receiver.json");
        let request: LambdaFunctionUrlRequest = serde_json::from_str(sample).unwrap();
        assert_eq!(request.request_context.http.method.as_deref(), Some("POST"));
        assert_eq!(department(request.raw_path.as_deref().unwrap()).as_deref(), Some("1"));
        assert!(request.headers.contains_key("x-wc-webhook-signature"));
    }

    #[test]
    fn a_body_is_what_was_signed() {
        let mut request = LambdaFunctionUrlRequest::default();
        assert_eq!(body(&request), Some(Vec::new()));
        request.body = Some("{\"id\":1, \"name\":\"Åse\"}".to_owned());
        assert_eq!(body(&request), Some("{\"id\":1, \"name\":\"Åse\"}".as_bytes().to_vec()));
        request.is_base64_encoded = true;
        assert_eq!(body(&request), None);
        request.body = Some(STANDARD.encode([0, 255]));
        assert_eq!(body(&request), Some(vec![0, 255]));
    }
}
