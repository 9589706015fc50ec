//! Logging in, and who a token belongs to. `API.md` §1.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::form_urlencoded;
use world::Request;

use super::super::{
    answer::Answer,
    state::{State, Token},
};

/// 259 200 s.
const LIFETIME: SignedDuration = SignedDuration::from_hours(72);

pub(super) fn log_in(state: &mut State, request: &Request, now: Timestamp) -> Answer {
    let body = request.body.as_deref().unwrap_or_default();
    let (number, token) = match serde_json::from_slice::<Value>(body) {
        Ok(body) => (text(&body["client_number"]), text(&body["client_token"])),
        Err(_) => {
            let field = |name: &str| {
                form_urlencoded::parse(body).find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
            };
            (field("client_number"), field("client_token"))
        }
    };
    let (Some(number), Some(token)) = (number, token) else {
        return Answer::no(422, "client_number and client_token are required");
    };
    if let Some(refused) = too_soon(state, &number, now) {
        return refused;
    }
    if state.clients.get(&number).is_none_or(|client| client.token != token) {
        return Answer::no(401, "Invalid client number or token");
    }
    let ends = now + LIFETIME;
    let jwt = jwt(state, &number, now, ends);
    let ip = state.caller.clone();
    state.tokens.insert(jwt.clone(), Token { client: number, ip, ends });
    Answer::Yes(vec![("token", Value::from(jwt).to_string())])
}

/// The client that the request's token belongs to.
pub(super) fn client(
    state: &mut State,
    request: &Request,
    call: &str,
    now: Timestamp,
) -> Result<String, Answer> {
    let token = request.header_value("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let found = token.and_then(|token| state.tokens.get(token));
    let good = found.filter(|token| token.ip == state.caller && now < token.ends);
    let Some(number) = good.map(|token| token.client.clone()) else {
        return Err(Answer::no(401, "Token is invalid or expired"));
    };
    if let Some(refused) = too_soon(state, &number, now) {
        return Err(refused);
    }
    if state.client(&number).forbidden.contains(call) {
        return Err(Answer::no(403, "No access to this module"));
    }
    Ok(number)
}

/// Refuses a request that starts too soon after the client's one before.
fn too_soon(state: &mut State, number: &str, now: Timestamp) -> Option<Answer> {
    let interval = SignedDuration::try_from(state.min_interval).unwrap_or(SignedDuration::MAX);
    let client = state.clients.get_mut(number)?;
    if client.last_start.is_some_and(|last| now.duration_since(last) < interval) {
        return Some(Answer::no(429, "Too Many Requests"));
    }
    client.last_start = Some(now);
    None
}

fn jwt(state: &mut State, number: &str, now: Timestamp, ends: Timestamp) -> String {
    state.tokens_issued += 1;
    let claims = json!({
        "iat": now.as_second(), "exp": ends.as_second(), "ip": state.caller, "client_number": number,
        "modules": ["products", "stock", "orders"], "jti": state.tokens_issued,
    });
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    // Whoever has one has it from us: it is looked up, so nothing need be signed.
    format!("{}.{}.simulated", part(json!({ "typ": "JWT", "alg": "HS256" })), part(claims))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}
