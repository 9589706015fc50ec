use world::Method;

use super::*;

/// Answers 200 with how often it was asked.
#[derive(Default)]
struct Counter(Mutex<u64>);

impl Server for Counter {
    fn handle(&self, _: &Request, _: Timestamp) -> Response {
        let mut asked = self.0.lock().unwrap();
        *asked += 1;
        Response { status: 200, headers: Vec::new(), body: asked.to_string().into_bytes() }
    }

    fn state(&self) -> serde_json::Value {
        (*self.0.lock().unwrap()).into()
    }

    fn control(
        &self,
        _: Method,
        _: &str,
        _: &[u8],
        _: Timestamp,
    ) -> Option<Result<serde_json::Value, String>> {
        None
    }
}

fn get(path: &str) -> Request {
    Request::new(Method::Get, format!("http://sim{path}").parse().unwrap())
}

fn outcomes(faults: &Faults, server: &Counter, path: &str, n: usize) -> String {
    let one = |_| match faults.exchange(server, &get(path), Timestamp::UNIX_EPOCH) {
        Outcome::Answer(response) => {
            format!("{} {}", response.status, String::from_utf8_lossy(&response.body))
        }
        Outcome::Hang => "hang".to_owned(),
        Outcome::Cut => "cut".to_owned(),
    };
    (0..n).map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn when_a_rule_strikes() {
    let fail = || Kind::Fail { status: 500, body: "x".to_owned(), headers: Vec::new() };
    let check = |rule: Rule, expected: &str| {
        let faults = Faults::default();
        faults.add(rule);
        assert_eq!(outcomes(&faults, &Counter::default(), "/a", 6), expected);
    };
    check(Rule::next(fail()), "500 x, 200 1, 200 2, 200 3, 200 4, 200 5");
    check(Rule::next(fail()).nth(3), "200 1, 200 2, 500 x, 200 3, 200 4, 200 5");
    check(Rule::next(fail()).nth(2).times(2), "200 1, 500 x, 500 x, 200 2, 200 3, 200 4");
    check(Rule::always(fail()), "500 x, 500 x, 500 x, 500 x, 500 x, 500 x");
    check(Rule { every: Some(2), ..Rule::next(fail()).nth(2) }, "200 1, 500 x, 200 2, 500 x, 200 3, 500 x");
    check(Rule::next(fail()).on("POST "), "200 1, 200 2, 200 3, 200 4, 200 5, 200 6");
    check(Rule::next(fail()).with_body("sku"), "200 1, 200 2, 200 3, 200 4, 200 5, 200 6");
}

#[test]
fn what_is_processed_before_it_goes_wrong() {
    let check = |kind: Kind, expected: &str| {
        let faults = Faults::default();
        faults.add(Rule::next(kind));
        assert_eq!(outcomes(&faults, &Counter::default(), "/a", 2), expected);
    };
    check(Kind::Hang, "hang, 200 1");
    check(Kind::HangAfter, "hang, 200 2");
    check(Kind::CutBefore, "cut, 200 1");
    check(Kind::CutAfter, "cut, 200 2");
    check(Kind::NoiseBefore { noise: Some("\u{feff}".to_owned()) }, "200 \u{feff}1, 200 2");
    check(Kind::TooManyRequests { retry_after: Some("1".to_owned()) }, "429 Too Many Requests, 200 1");
}

#[test]
fn the_log_tells_no_secret_and_has_an_end() {
    let faults = Faults::new(2);
    let server = Counter::default();
    outcomes(&faults, &server, "/p/17?department=secret&start=0", 1);
    outcomes(&faults, &server, "/p/18", 2);
    let log = faults.log();
    assert_eq!((log.total, log.requests.len(), log.counts["GET /p/*"]), (3, 2, 3));
    outcomes(&faults, &server, "/p/17?department=secret&start=0", 1);
    assert_eq!(faults.log().requests[1].query, "department=…&start=0");
    assert_eq!(faults.count("GET /p/17"), 1);
    faults.clear_log();
    assert_eq!((faults.log().total, faults.count("")), (0, 0));
}

#[test]
fn rules_as_json() {
    let rule: Rule =
        serde_json::from_str(r#"{"matches":"product/list","nth":2,"kind":"html","status":502}"#).unwrap();
    assert_eq!(rule, Rule::next(Kind::Html { status: 502 }).on("product/list").nth(2));
    let rule: Rule = serde_json::from_str(r#"{"kind":"too_many_requests","retry_after":"3"}"#).unwrap();
    assert_eq!(rule, Rule::next(Kind::TooManyRequests { retry_after: Some("3".to_owned()) }));
}
