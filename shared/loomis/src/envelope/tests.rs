use world::Response;

use super::*;

fn oslo() -> TimeZone {
    TimeZone::get("Europe/Oslo").unwrap()
}

fn opened(status: u16, text: &str) -> String {
    match Envelope::open(status, text) {
        Ok(_) => "yes".to_owned(),
        Err(No::Denied { code, message }) => format!("denied {code} {message}"),
        Err(No::Other(kind)) => format!("{kind:?}"),
    }
}

#[test]
fn success_is_in_the_body() {
    let check = |status, text: &str, expected: &str| {
        let found = opened(status, text);
        assert!(found.starts_with(expected), "{status} {text}: {found}");
    };
    check(200, r#"{"status":true,"code":200}"#, "yes");
    check(200, r#"{"status":"true"}"#, "yes");
    check(200, r#"{"status":1}"#, "yes");
    check(200, "\u{feff} \r\n{\"status\":true}", "yes");
    check(200, "<br />\n<b>Warning</b>:  oops in <b>a.php</b><br />\n{\"status\":true}", "yes");
    check(200, r#"{"status":false,"code":"401","message":"expired"}"#, "denied 401 expired");
    check(200, r#"{"status":false,"code":403}"#, "denied 403");
    check(401, r#"{"status":false,"message":"no"}"#, "denied 401 no");
    check(403, "forbidden", "denied 403");
    check(200, r#"{"status":false,"code":429}"#, "TooMany");
    check(429, "Too Many Requests", "TooMany");
    check(429, "<html>", "TooMany");
    check(200, "<!DOCTYPE html><html></html>", "Html { status: 200 }");
    check(403, "<html></html>", "Html { status: 403 }");
    check(502, "<html></html>", "Html { status: 502 }");
    check(200, r#"{"status":false,"code":400,"message":"bad"}"#, "Refused { status: 200, code: Some(400)");
    check(500, r#"{"status":true}"#, "Refused { status: 500");
    check(404, "nothing here", "Refused { status: 404, code: None");
    check(200, r#"{"code":200}"#, r#"Unreadable { status: 200, path: "status""#);
    check(200, r#"{"status":true,"products":[{"#, "Unreadable { status: 200");
    check(200, r#"{"status":true} trailing"#, "Unreadable { status: 200");
    check(503, "", "Unreadable { status: 503");
    check(302, "", r#"Unreadable { status: 302, path: ".", reason: "a redirect""#);
}

#[test]
fn a_message_holds_no_address() {
    let text = r#"{"status":false,"code":400,"message":"see https://a.no/?token=secret for more"}"#;
    assert!(opened(200, text).contains("see … for more"));
}

#[test]
fn the_servers_clock() {
    let check = |text: &str, expected: &str| {
        assert_eq!(moment(text, &oslo()).unwrap().to_string(), expected, "{text}");
    };
    check("2026-07-01 12:00:00", "2026-07-01T10:00:00Z");
    check("2026/01/15 12:00:00", "2026-01-15T11:00:00Z");
    // 02:30 comes twice that night: the earlier, in summer time.
    check("2026-10-25 02:30:00", "2026-10-25T00:30:00Z");
    assert!(moment("", &oslo()).is_err());
    assert!(moment("yesterday", &oslo()).is_err());
}

#[test]
fn a_filter_is_in_local_time() {
    let moment = "2026-07-01T10:00:00.9Z".parse().unwrap();
    assert_eq!(local(moment, &oslo()), "2026-07-01 12:00:00");
}

#[test]
fn how_long_the_server_wants_us_to_wait() {
    let now: Timestamp = "2026-11-24T04:00:00Z".parse().unwrap();
    let check = |value: &str, expected: Option<u64>| {
        let headers = vec![("Retry-After".to_owned(), value.to_owned())];
        let found = retry_after(&Response { status: 429, headers, body: Vec::new() }, now);
        assert_eq!(found, expected.map(Duration::from_secs), "{value}");
    };
    check("7", Some(7));
    check("Tue, 24 Nov 2026 04:00:30 GMT", Some(30));
    check("Tue, 24 Nov 2026 03:00:00 GMT", Some(0));
    check("99999999999999", Some(24 * 3600));
    check("soon", None);
}
