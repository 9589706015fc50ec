use super::*;

fn jwt(claims: &str) -> String {
    format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn a_token_is_good_for_three_days_less_a_margin() {
    let now: Timestamp = "2026-11-24T04:00:00Z".parse().unwrap();
    let check = |token: &str, hours: i64| {
        let token = Token::received(token.to_owned(), now);
        let end = now + SignedDuration::from_hours(hours);
        assert!(token.is_good(end - SignedDuration::from_secs(1)), "{token:?}");
        assert!(!token.is_good(end), "{token:?}");
    };
    // What the claims say, their clock being wrong by years.
    check(&jwt(r#"{"iat":1000,"exp":260200}"#), 71);
    check(&jwt(r#"{"iat":"1000","exp":"37000"}"#), 9);
    check(&jwt(&format!(r#"{{"exp":{}}}"#, now.as_second() + 36_000)), 9);
    // Never longer than is known to hold, and something even of a short one.
    check(&jwt(r#"{"iat":0,"exp":99999999}"#), 71);
    check(&jwt(r#"{"iat":0,"exp":7200}"#), 1);
    // Nothing readable.
    check("opaque", 71);
    check(&jwt("[]"), 71);
    check(&jwt(r#"{"iat":10,"exp":5}"#), 71);
}
