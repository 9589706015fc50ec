use super::*;

#[test]
fn other_peoples_words_are_cleaned() {
    assert_eq!(
        clean("<h1>Error establishing</h1>\n<p>a <b>connection</b>"),
        "Error establishing a connection"
    );
    assert_eq!(
        clean("Error getting https://x.no/?consumer_secret=cs_1. Not Found"),
        "Error getting … Not Found"
    );
    assert_eq!(clean("1 > 0"), "1 > 0");
    assert_eq!(clean(&"ø".repeat(1000)).chars().count(), LONGEST + 1);
}

#[test]
fn field_names_are_no_keys() {
    assert_eq!(clean("stock_quantity is not of type integer."), "stock_quantity is not of type integer.");
    assert_eq!(clean("key ck_1 (secret:cs_2) is unknown"), "key … … is unknown");
}

#[test]
fn a_wait_is_seconds_or_a_moment() {
    let check = |value: &str, expected: Option<u64>| {
        let headers = [("Date", "Mon, 23 Nov 2026 12:00:00 GMT"), ("Retry-After", value)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let answer = Answer::of(&Response { status: 503, headers, body: Vec::new() });
        assert_eq!(answer.retry_after, expected.map(Duration::from_secs), "{value}");
    };
    check("600", Some(600));
    check("Mon, 23 Nov 2026 12:00:30 GMT", Some(30));
    check("Mon, 23 Nov 2026 11:00:30 GMT", Some(0));
    check("soon", None);
}
