//! What *Test integration* asks: which way in, and whether the key may write.

use serde::de::IgnoredAny;
use world::Method;

use super::Client;
use crate::{Auth, Error, error::Kind, json};

impl Client {
    /// Finds how to log in: the connection's own way first, then the ways round a stripped `Authorization` header and
    /// a proxy that hides the TLS. A wrong secret or a write-only key is told at once, whichever way found it out.
    ///
    /// # Errors
    /// Why no way is open.
    pub async fn find_auth(&self) -> Result<Auth, Error> {
        let ways: &[Auth] = if self.connection.base.is_https() {
            &[Auth::Basic, Auth::Query, Auth::OAuth1, Auth::OAuth1AsHttp]
        } else {
            // Over plain http the others are ignored, and would show the secret to the whole network.
            &[Auth::OAuth1]
        };
        let mut first = None;
        for auth in ways {
            let error = match self.probe(*auth).await {
                Ok(()) => return Ok(*auth),
                Err(error) => error,
            };
            match verdict(*auth, &error) {
                Verdict::Final => return Err(error),
                // "Consumer key is invalid" says more than the 401 that every way gives.
                Verdict::Telling => first = Some(error),
                Verdict::Next => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| Error::setup("the shop takes no way of logging in")))
    }

    async fn probe(&self, auth: Auth) -> Result<(), Error> {
        // 12 bytes (BEHAVIOUR.md, *Logging in*).
        let query = vec![("per_page", "1".to_owned()), ("_fields", "id".to_owned())];
        let verdict = |error: &Error| super::wait(&error.kind);
        self.retry
            .run(&self.world, verdict, || async {
                let response = self.send(auth, Method::Get, "products", &query, None, false).await?;
                json::decode::<Vec<IgnoredAny>>(&response.body)
                    .map(|_| ())
                    .map_err(|misread| Error::new(Method::Get, "products", false, misread.into()))
            })
            .await
    }

    /// Whether the key may write: an empty batch, which does nothing.
    ///
    /// # Errors
    /// The key is read-only, or other trouble.
    pub async fn can_write(&self) -> Result<(), Error> {
        let verdict = |error: &Error| super::wait(&error.kind);
        let path = "products/batch";
        self.retry
            .run(&self.world, verdict, || async {
                let body = Some(b"{}".to_vec());
                let auth = self.connection.auth;
                let sent = self.send(auth, Method::Post, path, &Vec::new(), body, false).await;
                // Nothing was written, so the error may be repeated; but it is a write's error to judge.
                let response = sent.map_err(|error| Error { write: is_refused_login(&error), ..error })?;
                json::decode::<Vec<IgnoredAny>>(&response.body)
                    .map(|_| ())
                    .map_err(|misread| Error::new(Method::Post, path, false, misread.into()))
            })
            .await
    }
}

fn is_refused_login(error: &Error) -> bool {
    error.status() == Some(401)
}

enum Verdict {
    /// Another way will say the same.
    Final,
    /// Another way may do; if none does, this is the error to tell.
    Telling,
    /// Another way may do.
    Next,
}

fn verdict(auth: Auth, error: &Error) -> Verdict {
    let Kind::Answer(answer) = &error.kind else { return Verdict::Final };
    let signed = matches!(auth, Auth::OAuth1 | Auth::OAuth1AsHttp);
    match (answer.status, answer.code.as_deref().unwrap_or_default()) {
        // The signature is worked out for the address that WordPress believes in: try the other scheme.
        (401, "woocommerce_rest_authentication_error") if signed && answer.message.contains("signature") => {
            Verdict::Next
        }
        (401, "woocommerce_rest_authentication_error") if answer.message.contains("key is invalid") => {
            Verdict::Telling
        }
        (401, "woocommerce_rest_authentication_error") => Verdict::Final,
        // Nobody saw a key. Some firewalls answer 403 to query credentials.
        (401 | 403, _) => Verdict::Next,
        _ => Verdict::Final,
    }
}
