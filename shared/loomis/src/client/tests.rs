mod saves;

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use retail::fate::{Fate, Scope};
use world::{Chance, Clock, Method, Request, Response, Transport, TransportError};

use super::*;
use crate::{GateError, Kind, Unreadable};

const START: i64 = 1_780_000_000;
const LOGIN: &str = r#"{"status":true,"token":"tok-1"}"#;
const EMPTY: &str = r#"{"status":true,"dateTimeBeforeQryExec":"2026-11-24 05:00:00","products":[],"data":[],"total_count":0}"#;
const DENIED: &str = r#"{"status":false,"code":401,"message":"expired"}"#;

/// Answers what it was told to, in turn; moves its clock when somebody sleeps; notes everything.
#[derive(Default)]
struct Stage {
    answers: Mutex<VecDeque<Result<Response, TransportError>>>,
    seen: Mutex<Vec<Request>>,
    gate: Mutex<Vec<String>>,
    slept_ms: AtomicI64,
    inside: AtomicUsize,
}

#[async_trait]
impl Transport for Stage {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        assert_eq!(self.inside.load(Ordering::SeqCst), 1, "not through the gate");
        self.seen.lock().unwrap().push(request);
        tokio::task::yield_now().await;
        self.answers.lock().unwrap().pop_front().expect("an answer more")
    }
}

#[async_trait]
impl Clock for Stage {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(START * 1_000 + self.slept_ms.load(Ordering::SeqCst)).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept_ms.fetch_add(duration.as_millis() as i64, Ordering::SeqCst);
    }
}

impl Chance for Stage {
    fn next(&self) -> u64 {
        0
    }
}

#[async_trait]
impl Gate for Stage {
    async fn enter(&self, priority: Priority) -> Result<(), GateError> {
        while self.inside.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            tokio::task::yield_now().await;
        }
        self.gate.lock().unwrap().push(format!("{priority:?}"));
        Ok(())
    }

    async fn leave(&self, retry_after: Option<Duration>) -> Result<(), GateError> {
        self.inside.fetch_sub(1, Ordering::SeqCst);
        if let Some(after) = retry_after {
            self.gate.lock().unwrap().push(format!("wait {}", after.as_secs()));
        }
        Ok(())
    }
}

impl Stage {
    fn answer(&self, status: u16, body: &str) -> &Stage {
        self.answer_with(status, &[], body)
    }

    fn answer_with(&self, status: u16, headers: &[(&str, &str)], body: &str) -> &Stage {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let response = Response { status, headers, body: body.as_bytes().to_vec() };
        self.answers.lock().unwrap().push_back(Ok(response));
        self
    }

    fn lose(&self) -> &Stage {
        self.answers.lock().unwrap().push_back(Err(TransportError::Broken("reset".to_owned())));
        self
    }

    /// Method, path and token of what came in; all answers were fetched.
    fn seen(&self) -> Vec<String> {
        assert!(self.answers.lock().unwrap().is_empty(), "answers left");
        assert_eq!(self.inside.load(Ordering::SeqCst), 0, "the gate was left each time");
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let shown = |request: &Request| {
            let token = request.header_value("authorization").unwrap_or("-");
            format!("{request:?} {token}")
        };
        seen.iter().map(shown).collect()
    }
}

fn client() -> (Arc<Stage>, Client) {
    let stage = Arc::new(Stage::default());
    let account = Account {
        client_number: "012345".to_owned(),
        client_token: Secret::new("a-client-token-longer-than-30-chars"),
        api_url: "https://api.example.no/v1".parse().unwrap(),
        time_zone: TimeZone::get("Europe/Oslo").unwrap(),
    };
    let world = World { transport: stage.clone(), clock: stage.clone(), chance: stage.clone() };
    (stage.clone(), Client::new(account, world, stage))
}

#[tokio::test]
async fn a_page_of_products() {
    let (stage, client) = client();
    let page = "\u{feff}\n{\"status\":\"true\",\"code\":\"200\",\"message\":\"ok\",\"dateTimeBeforeQryExec\":\"2026/07/01 12:00:00\",\
        \"products\":[{\"product_id\":\"7\",\"price_inc_vat\":0.1},{\"product_id\":\"x\"},{\"product_id\":8,\"price_inc_vat\":1e309}],\
        \"total_count\":\"6010\"}";
    stage.answer(200, LOGIN).answer(200, page);
    let since = "2026-06-30T22:00:00Z".parse().unwrap();
    let query = ProductQuery { start: 200, changed_since: Some(since) };
    let page = client.products(&query).await.unwrap();

    assert_eq!((page.received, page.total), (3, 6_010));
    assert_eq!(page.server_time.to_string(), "2026-07-01T10:00:00Z");
    assert_eq!(page.rows[0].price_inc_vat.unwrap().to_string(), "0.1");
    assert_eq!(page.rows[1].defects[0].field, "price_inc_vat");
    let reason = "products[1].product_id: no number: \"x\"".to_owned();
    assert_eq!(page.unreadable, [Unreadable { id: None, row: "row 202".to_owned(), reason }]);
    let sent = stage.seen.lock().unwrap();
    assert_eq!(
        (sent[0].method, sent[0].url.as_str()),
        (Method::Post, "https://api.example.no/v1/getaccesstokens")
    );
    let body = r#"{"client_number":"012345","client_token":"a-client-token-longer-than-30-chars"}"#;
    assert_eq!(String::from_utf8_lossy(sent[0].body.as_deref().unwrap()), body);
    let asked: Vec<String> = sent[1].url.query_pairs().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(
        asked,
        [
            "start=200",
            "length=100",
            "sort_by=product_id",
            "sort_order=ASC",
            "filter[last_update_date]=2026-07-01 00:00:00"
        ]
    );
    assert_eq!(*stage.gate.lock().unwrap(), ["Catalogue", "Catalogue"]);
}

#[tokio::test]
async fn the_stock_of_a_department() {
    let (stage, client) = client();
    let page = r#"{"status":true,"dateTimeBeforeQryExec":"2026-11-24 05:00:00","total_count":2,
        "data":[{"product_id":1,"department":[{"stock":"3.00"}]},{"product_id":2,"department":[]}]}"#;
    stage.answer(200, LOGIN).answer(200, page);
    let page = client.stock(&Secret::new("dep"), 0, &[ProductId(1), ProductId(2)]).await.unwrap();

    assert_eq!(page.rows[0].available.unwrap().to_string(), "3");
    assert_eq!((page.rows[1].available, page.received, page.total), (None, 2, 2));
    let sent = stage.seen.lock().unwrap();
    let asked: Vec<String> = sent[1].url.query_pairs().map(|(n, v)| format!("{n}={v}")).collect();
    let expected =
        ["start=0", "length=100", "department=dep", "filter[product_id][]=1", "filter[product_id][]=2"];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn the_departments() {
    let (stage, client) = client();
    let list = r#"{"status":true,"departments":[{"department_id":1,"department_name":"Oslo","api_token":"t1","city":null},
        {"department_id":"2","department_name":"Bergen","api_token":null}]}"#;
    stage.answer(200, LOGIN).answer(200, list);
    let found = client.departments().await.unwrap();
    assert_eq!(found[0].id, "1");
    assert_eq!((found[0].token.expose(), found[1].token.expose()), ("t1", ""));
    assert_eq!(format!("{:?}", found[0]), r#"Department { id: "1", name: "Oslo", token: … }"#);
}

#[tokio::test]
async fn one_login_serves_many_calls_and_clones_until_it_ends() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, EMPTY).answer(200, EMPTY);
    client.products(&ProductQuery::default()).await.unwrap();
    client.clone().stock(&Secret::new("dep"), 0, &[]).await.unwrap();
    assert_eq!(
        stage.seen(),
        [
            "POST /v1/getaccesstokens -",
            "GET /v1/product/list Bearer tok-1",
            "GET /v1/all/product/stock Bearer tok-1"
        ]
    );

    stage.sleep(Duration::from_secs(71 * 3600)).await;
    stage.answer(200, r#"{"status":true,"token":"tok-2"}"#).answer(200, EMPTY);
    client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!(stage.seen()[1], "GET /v1/product/list Bearer tok-2");
}

#[tokio::test]
async fn a_denied_token_is_replaced_once_and_the_call_repeated_once() {
    for (status, denied) in
        [(200, DENIED), (401, DENIED), (403, "forbidden"), (200, r#"{"status":0,"code":"403"}"#)]
    {
        let (stage, client) = client();
        stage.answer(200, LOGIN).answer(200, EMPTY);
        client.products(&ProductQuery::default()).await.unwrap();
        stage.seen();

        stage.answer(status, denied).answer(200, r#"{"status":true,"token":"tok-2"}"#).answer(200, EMPTY);
        client.products(&ProductQuery::default()).await.unwrap();
        let expected = [
            "GET /v1/product/list Bearer tok-1",
            "POST /v1/getaccesstokens -",
            "GET /v1/product/list Bearer tok-2",
        ];
        assert_eq!(stage.seen(), expected);
    }
}

#[tokio::test]
async fn denied_after_a_fresh_login_is_not_the_tokens_fault() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, r#"{"status":false,"code":403,"message":"no module"}"#);
    let trouble = client.products(&ProductQuery::default()).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Client));
    assert!(trouble.reason.contains("module"), "{trouble}");
    assert_eq!(stage.seen().len(), 2);
}

#[tokio::test]
async fn a_refused_login_is_not_followed_by_a_login() {
    let (stage, client) = client();
    stage.answer(
        200,
        r#"{"status":false,"code":401,"message":"Invalid a-client-token-longer-than-30-chars"}"#,
    );
    for _ in 0..2 {
        let error = client.products(&ProductQuery::default()).await.unwrap_err();
        let trouble = error.trouble();
        assert_eq!((error.call, trouble.fate, trouble.scope), (Call::LogIn, Fate::Settings, Scope::Client));
        assert_eq!(
            trouble.reason,
            "logging in to Loomis Pay: refused with code 401 (Invalid …): check client_number and client_token"
        );
    }
    assert_eq!(stage.seen().len(), 1);

    // A person who asks for a login gets one, and so does whoever comes later.
    stage.answer(200, LOGIN).answer(200, EMPTY);
    client.log_in().await.unwrap();
    client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!(stage.seen().len(), 2);
}

#[tokio::test]
async fn a_login_refused_while_a_call_waits_ends_the_call() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, EMPTY);
    client.products(&ProductQuery::default()).await.unwrap();
    stage.answer(200, DENIED).answer(200, DENIED);
    let error = client.products(&ProductQuery::default()).await.unwrap_err();
    assert_eq!(error.call, Call::LogIn);
    assert_eq!(stage.seen().len(), 4);
}

#[tokio::test]
async fn many_at_once_log_in_once() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, EMPTY);
    stage.answer(200, EMPTY);
    let query = ProductQuery::default();
    let other = client.clone();
    let (first, second) = tokio::join!(client.products(&query), other.products(&query));
    first.unwrap();
    second.unwrap();
    assert_eq!(stage.seen().len(), 3);
}

#[tokio::test]
async fn reads_are_repeated_a_little() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).lose().answer(502, "<html>bad gateway</html>").answer(200, EMPTY);
    client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!(stage.seen().len(), 4);

    stage.lose().lose().lose();
    let error = client.products(&ProductQuery::default()).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Transport(_)));
    assert_eq!(error.trouble().fate, Fate::Retry);
    assert_eq!(stage.seen().len(), 3);
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer_with(429, &[("Retry-After", "4")], "").answer(200, EMPTY);
    client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!(stage.slept_ms.load(Ordering::SeqCst), 4_000);
    assert_eq!(*stage.gate.lock().unwrap(), ["Catalogue", "Catalogue", "wait 4", "Catalogue"]);
    stage.seen();

    stage.answer_with(429, &[("retry-after", "600")], "");
    let trouble = client.products(&ProductQuery::default()).await.unwrap_err().trouble();
    assert_eq!(trouble.retry_after, Some(Duration::from_secs(600)));
    assert_eq!(stage.seen().len(), 1, "too long to wait for here");
}

#[tokio::test]
async fn the_firewall_is_not_knocked_at_twice() {
    let (stage, client) = client();
    stage.answer(403, "<!DOCTYPE html><title>captcha</title>");
    let trouble = client.log_in().await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Client));
    assert!(trouble.reason.contains("firewall"));
    stage.answer(200, "<html>captcha</html>");
    client.products(&ProductQuery::default()).await.unwrap_err();
    assert_eq!(stage.seen().len(), 2);
}

#[tokio::test]
async fn errors_hold_no_secret() {
    let (stage, client) = client();
    let told = format!(
        r#"{{"status":false,"code":400,"message":"{} dep-token tok-1 at https://x.no/?a=b"}}"#,
        "w".repeat(280)
    );
    stage.answer(200, LOGIN).answer(200, &told);
    let error = client.stock(&Secret::new("dep-token"), 0, &[]).await.unwrap_err();
    let Kind::Refused { message, .. } = &error.kind else { panic!("{error:?}") };
    assert_eq!(*message, format!("{} … … at …", "w".repeat(280)));
    assert!(message.chars().count() <= 300);
}

#[tokio::test]
async fn an_answer_cut_short() {
    let (stage, client) = client();
    stage.answer(200, LOGIN);
    for _ in 0..3 {
        stage.answer(200, r#"{"status":true,"products":[{"product_id":1},{"prod"#);
    }
    let error = client.products(&ProductQuery::default()).await.unwrap_err();
    assert!(matches!(&error.kind, Kind::Unreadable { status: 200, .. }), "{error}");
    assert_eq!(error.trouble().fate, Fate::Retry);

    stage.answer(200, r#"{"status":true,"products":[],"total_count":0}"#);
    stage.answer(200, r#"{"status":true,"products":[],"total_count":0}"#);
    stage.answer(200, r#"{"status":true,"products":[],"total_count":0}"#);
    let error = client.products(&ProductQuery::default()).await.unwrap_err();
    assert!(error.to_string().contains("at dateTimeBeforeQryExec"), "a watermark is never guessed: {error}");
}
