//! The client against the recorded bytes, served as they were recorded.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use jiff::Timestamp;
use retail::{fate::Fate, shop::ManageStock};
use serde_json::Value;
use world::{Chance, Clock, Transport};

use super::*;
use crate::{Base, Secret, Version};

/// Serves answers in turn, and remembers what was asked.
pub(crate) struct Shop {
    answers: Mutex<VecDeque<Result<Response, TransportError>>>,
    asked: Mutex<Vec<Request>>,
    seconds: AtomicU64,
    chance: AtomicU64,
}

#[async_trait]
impl Transport for Shop {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("no answer is left")
    }
}

#[async_trait]
impl Clock for Shop {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_437_059 + self.seconds.load(Ordering::Relaxed) as i64).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.seconds.fetch_add(duration.as_secs(), Ordering::Relaxed);
    }
}

impl Chance for Shop {
    fn next(&self) -> u64 {
        self.chance.fetch_add(1, Ordering::Relaxed)
    }
}

impl Shop {
    pub(crate) fn new(answers: Vec<Result<Response, TransportError>>) -> Arc<Shop> {
        Arc::new(Shop {
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
            seconds: AtomicU64::new(0),
            chance: AtomicU64::new(1),
        })
    }

    pub(crate) fn world(self: &Arc<Shop>) -> World {
        World { transport: self.clone(), clock: self.clone(), chance: self.clone() }
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    fn client(self: &Arc<Shop>, base: &str) -> Client {
        self.client_in(base, Version::V3)
    }

    fn client_in(self: &Arc<Shop>, base: &str, version: Version) -> Client {
        let base: Base = base.parse().unwrap();
        let connection = Connection {
            auth: Connection::choose_auth(&base),
            base,
            version,
            consumer_key: "ck_test".to_owned(),
            consumer_secret: Secret::new("cs_test"),
        };
        Client::new(connection, self.world())
    }
}

/// A client of the shop in one version of the interface.
pub(crate) fn client_of(shop: &Arc<Shop>, version: Version) -> Client {
    shop.client_in("https://shop.example/", version)
}

/// The answer of a recording, byte for byte.
pub(crate) fn recorded(name: &str) -> Result<Response, TransportError> {
    let path = format!("{}/../../tests/recordings/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let recording: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let response = &recording["response"];
    let body = match response["body_text"].as_str() {
        Some(text) => text.to_owned(),
        None => response["body"].to_string(),
    };
    let headers = response["headers"].as_object().unwrap();
    Ok(Response {
        status: response["status"].as_u64().unwrap().try_into().unwrap(),
        headers: headers.iter().map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned())).collect(),
        body: body.into_bytes(),
    })
}

/// The same answer without the total, which a recording has of smaller pages than ours.
pub(crate) fn without_total(answer: Result<Response, TransportError>) -> Result<Response, TransportError> {
    answer.map(|mut answer| {
        answer.headers.retain(|(name, _)| !name.starts_with("X-WP-"));
        answer
    })
}

pub(crate) fn answer(status: u16, body: &str) -> Result<Response, TransportError> {
    Ok(Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
}

pub(crate) fn served(answers: Vec<Result<Response, TransportError>>) -> (Arc<Shop>, Client) {
    let shop = Shop::new(answers);
    let client = shop.client("https://shop.example/");
    (shop, client)
}

#[tokio::test]
async fn a_request_says_who_we_are_and_what_we_read() {
    let (shop, client) = served(vec![recorded("product_404")]);
    assert_eq!(client.product(retail::shop::ShopId(999_999)).await.unwrap(), None);
    let asked = &shop.asked()[0];
    assert!(
        asked.url.as_str().starts_with("https://shop.example/wp-json/wc/v3/products/999999?_fields=id%2Csku")
    );
    assert_eq!(asked.header_value("accept"), Some("application/json"));
    assert!(asked.header_value("user-agent").unwrap().starts_with("loomis-woo/"));
    assert_eq!(asked.header_value("authorization"), Some("Basic Y2tfdGVzdDpjc190ZXN0"));
}

#[tokio::test]
async fn http_is_signed() {
    let shop = Shop::new(vec![recorded("product_404")]);
    let client = shop.client("http://shop.example/butikk/");
    assert_eq!(client.product(retail::shop::ShopId(3)).await.unwrap(), None);
    let asked = &shop.asked()[0];
    let query = asked.url.query().unwrap();
    assert!(query.contains("oauth_signature=") && query.contains("oauth_timestamp=1795437059"), "{query}");
    assert!(!query.contains("cs_test") && asked.header_value("authorization").is_none());
    assert!(asked.url.as_str().starts_with("http://shop.example/butikk/wp-json/wc/v3/products/3?"));
}

#[tokio::test]
async fn noise_before_the_json_is_passed_over() {
    for name in ["bom_before_json", "php_warning_before_json"] {
        let (_, client) = served(vec![without_total(recorded(name))]);
        let products = client.products_by_sku(&["WV-030"]).await.unwrap();
        assert_eq!((products.len(), products[0].sku.as_str()), (1, "WV-030"), "{name}");
        assert_eq!((products[0].kind.as_str(), products[0].manage_stock), ("variable", ManageStock::Yes));
    }
}

#[tokio::test]
async fn v2_shows_a_placeholder_that_is_no_image() {
    let (_, client) = served(vec![recorded("v2_products")]);
    let products = client.products_by_id(&[retail::shop::ShopId(656)]).await.unwrap();
    assert_eq!(products.len(), 3);
    assert!(products.iter().all(|product| product.images.is_empty()));
}

/// What a read makes of a recording: how often it was asked, the fate, and the reason.
async fn read_of(name: &str) -> (usize, Fate, String) {
    let (shop, client) = served(vec![recorded(name), recorded(name), recorded(name)]);
    let error = client.products_by_sku(&["X"]).await.unwrap_err();
    let trouble = error.trouble();
    assert_eq!(trouble.scope, retail::fate::Scope::Department, "{name}");
    for secret in ["shop.example", "ck_", "cs_", "<"] {
        assert!(!trouble.reason.contains(secret), "{name}: {}", trouble.reason);
    }
    (shop.asked().len(), trouble.fate, trouble.reason)
}

#[tokio::test]
async fn a_login_that_fails_is_told_apart() {
    for (name, told) in [
        ("auth_bad_secret", "the consumer secret is wrong"),
        ("auth_bad_key", "does not know the key, or its server strips"),
        ("auth_writeonly_get", "write-only"),
        ("auth_oauth1_bad_sig", "the consumer secret is wrong, or the shop's own address"),
    ] {
        let (asked, fate, reason) = read_of(name).await;
        assert_eq!((asked, fate), (1, Fate::Settings), "{name}");
        assert!(reason.contains(told), "{name}: {reason}");
    }
}

#[tokio::test]
async fn what_may_heal_is_asked_again() {
    for name in ["nginx_502_php_down", "db_down", "php_fatal_accept_json", "php_fatal_accept_any"] {
        let (asked, fate, reason) = read_of(name).await;
        assert_eq!((asked, fate), (3, Fate::Retry), "{name}: {reason}");
    }
    // Maintenance asks for ten minutes: nobody waits that long inside a call.
    let (asked, fate, _) = read_of("maintenance_mode").await;
    assert_eq!((asked, fate), (1, Fate::Retry));
    let (_, client) = served(vec![recorded("maintenance_mode_accept_any")]);
    let trouble = client.products_by_sku(&["X"]).await.unwrap_err().trouble();
    assert_eq!(trouble.retry_after, Some(Duration::from_secs(600)));
}

#[tokio::test]
async fn old_shops_moved_shops_and_pages_are_named() {
    let (_, fate, reason) = read_of("route_404").await;
    assert_eq!(fate, Fate::Settings);
    assert!(reason.contains("too old"), "{reason}");
    let (shop, client) = served(vec![answer(301, "")]);
    let error = client.products_by_sku(&["X"]).await.unwrap_err();
    assert_eq!((shop.asked().len(), error.trouble().fate), (1, Fate::Settings));
    assert!(error.trouble().reason.contains("moved"));
    let page = || answer(200, "<html><body>Welcome {}</body></html>");
    let (shop, client) = served(vec![page(), page(), page()]);
    let error = client.products_by_sku(&["X"]).await.unwrap_err();
    assert_eq!((shop.asked().len(), error.trouble().fate, error.splits()), (3, Fate::Retry, true));
}

#[tokio::test]
async fn a_lost_read_is_repeated_and_found() {
    let lost = Err(TransportError::TimedOut(Duration::from_secs(30)));
    let (shop, client) = served(vec![lost, recorded("products_sku")]);
    assert_eq!(client.products_by_sku(&["WB-0002"]).await.unwrap().len(), 1);
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test]
async fn test_integration_finds_the_way_in() {
    let (_, client) = served(vec![recorded("count_only")]);
    assert_eq!(client.find_auth().await.unwrap(), Auth::Basic);
    let (shop, client) = served(vec![recorded("auth_none"), recorded("auth_query_over_https")]);
    assert_eq!(client.find_auth().await.unwrap(), Auth::Query);
    assert!(shop.asked()[1].url.query().unwrap().contains("consumer_key=ck_test&consumer_secret=cs_test"));
    // A proxy that hides the TLS: only OAuth is looked at, and its signature is for http.
    let none = || recorded("auth_none");
    let (_, client) =
        served(vec![none(), none(), recorded("auth_oauth1_bad_sig"), recorded("auth_oauth1_http")]);
    assert_eq!(client.find_auth().await.unwrap(), Auth::OAuth1AsHttp);
    // A wrong secret is told at once.
    let (shop, client) = served(vec![recorded("auth_bad_secret")]);
    assert!(client.find_auth().await.unwrap_err().trouble().reason.contains("secret is wrong"));
    assert_eq!(shop.asked().len(), 1);
}

#[tokio::test]
async fn a_read_only_key_is_named() {
    let (shop, client) = served(vec![recorded("products_batch_empty")]);
    client.can_write().await.unwrap();
    assert_eq!(shop.asked()[0].body.as_deref(), Some(&b"{}"[..]));
    let (_, client) = served(vec![recorded("auth_readonly_batch")]);
    let trouble = client.can_write().await.unwrap_err().trouble();
    assert_eq!(trouble.fate, Fate::Settings);
    assert!(trouble.reason.contains("read-only"), "{}", trouble.reason);
}

#[test]
fn nothing_shows_a_secret() {
    let (_, client) = served(Vec::new());
    let shown = format!("{:?} {:?}", client.connection(), client.connection().consumer_secret);
    assert!(!shown.contains("cs_test") && !shown.contains("ck_test"), "{shown}");
}
