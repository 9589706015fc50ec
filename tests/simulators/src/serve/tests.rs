use std::io::{Read, Write};

use serde_json::{Value, json};

use super::*;
use crate::faults::Kind;

/// Answers with what it was asked.
struct Echo;

impl Server for Echo {
    fn handle(&self, request: &Request, _: Timestamp) -> Response {
        let body = request.body.as_deref().unwrap_or_default();
        let text = format!("{} {} {}", request.method, request.url, String::from_utf8_lossy(body));
        Response { status: 200, headers: vec![("x-sim".to_owned(), "1".to_owned())], body: text.into_bytes() }
    }

    fn state(&self) -> Value {
        json!({ "fine": true })
    }

    fn control(&self, _: Method, path: &str, _: &[u8], _: Timestamp) -> Option<Result<Value, String>> {
        match path {
            "good" => Some(Ok(json!("done"))),
            "bad" => Some(Err("not so".to_owned())),
            _ => None,
        }
    }
}

async fn serving() -> Serving {
    serve(Arc::new(Echo), Arc::new(WallClock), "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// Status line and body, or nothing where the connection was cut.
async fn ask(address: SocketAddr, method: &str, target: &str, body: &str) -> String {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        // A reset while reading leaves what came before it.
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    format!("{status} {body}")
}

#[tokio::test(flavor = "multi_thread")]
async fn over_real_http() {
    let serving = serving().await;
    let at = serving.address;
    assert_eq!(ask(at, "POST", "/v1/a?b=c", "hello").await, format!("200 POST http://{at}/v1/a?b=c hello"));
    assert_eq!(ask(at, "PATCH", "/v1/a", "").await, "405 PATCH is not spoken here\n");
    assert_eq!(ask(at, "GET", "/_sim/state", "").await, r#"200 {"fine":true}"#);
    assert_eq!(ask(at, "POST", "/_sim/good", "").await, r#"200 "done""#);
    assert_eq!(ask(at, "POST", "/_sim/bad", "").await, r#"400 {"error":"not so"}"#);
    assert_eq!(ask(at, "POST", "/_sim/odd", "").await, "404 no such control: odd\n");
    assert_eq!(serving.faults.log().total, 1, "the control is not logged");
    assert_eq!(ask(at, "DELETE", "/_sim/requests", "").await, "200 {}");
    assert_eq!(serving.faults.log().total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_over_real_http() {
    let serving = serving().await;
    let at = serving.address;
    let rules = r#"[{"kind":"cut_after"},{"kind":"hang","nth":2},{"kind":"html","status":502,"nth":3}]"#;
    assert_eq!(ask(at, "POST", "/_sim/faults", rules).await, r#"200 {"added":3}"#);
    assert_eq!(ask(at, "GET", "/a", "").await, " ");
    assert_eq!(ask(at, "GET", "/_sim/state", "").await, r#"200 {"fine":true}"#);
    let waiting = tokio::time::timeout(Duration::from_millis(300), ask(at, "GET", "/b", "")).await;
    assert!(waiting.is_err(), "no answer ever: {waiting:?}");
    assert!(ask(at, "GET", "/c", "").await.starts_with("502 <!DOCTYPE html>"));
    assert_eq!(ask(at, "DELETE", "/_sim/faults", "").await, "200 {}");
    let log = serving.faults.log();
    let seen: Vec<_> = log.requests.iter().map(|r| (r.path.as_str(), r.status, r.fault.clone())).collect();
    let expected = [
        ("/a", None, Some(Kind::CutAfter)),
        ("/b", None, Some(Kind::Hang)),
        ("/c", Some(502), Some(Kind::Html { status: 502 })),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_when_it_is_dropped() {
    let serving = serving().await;
    let at = serving.address;
    ask(at, "GET", "/", "").await;
    drop(serving);
    for _ in 0..50 {
        if std::net::TcpStream::connect(at).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it still listens");
}
