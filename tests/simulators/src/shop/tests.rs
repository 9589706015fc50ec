mod client;
mod eras;
mod families;
mod orders;
mod pictures;
mod quirks;
mod replay;
mod terms;
mod webhooks;

use jiff::Timestamp;
use serde_json::Value;
use world::{Method, Request, Response};

use super::*;

const KEY: &str = "ck_0000000000000000000000000000000000000000";
const SECRET: &str = "cs_0000000000000000000000000000000000000000";

fn now() -> Timestamp {
    "2026-11-23T12:32:33Z".parse().unwrap()
}

/// A shop with a key for everything.
fn shop() -> Shop {
    let shop = Shop::new(Setup::default());
    shop.add_key(KEY, SECRET, Permissions::ReadWrite);
    shop
}

fn request(method: Method, path: &str, body: Option<&Value>) -> Request {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let url = format!("https://shop.example{path}").parse().unwrap();
    let login = format!("Basic {}", STANDARD.encode(format!("{KEY}:{SECRET}")));
    let request =
        Request::new(method, url).header("authorization", login).header("accept", "application/json");
    match body {
        Some(body) => request.body("application/json", body.to_string().into_bytes()),
        None => request,
    }
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

/// One call at `now()`, its status and body.
fn call(shop: &Shop, method: Method, path: &str, body: Value) -> (u16, Value) {
    let body = (method != Method::Get).then_some(body);
    let path = format!("/wp-json/wc/v3/{path}");
    let response = shop.handle(&request(method, &path, body.as_ref()), now());
    (response.status, json_of(&response))
}
