use serde_json::value::RawValue;

use super::*;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[test]
fn numbers_are_exact_however_they_are_written() {
    let check = |json: &str, expected: Option<&str>| {
        let expected = expected.map(|text| text.parse().unwrap());
        assert_eq!(decimal(Some(&raw(json))), Ok(expected), "{json}");
    };
    check("9", Some("9"));
    check("\"9\"", Some("9"));
    check("\"123.00\"", Some("123"));
    check("0.1", Some("0.1"));
    check("79.900000000000006", Some("79.900000000000006"));
    check("1e2", Some("100"));
    check("-3.50", Some("-3.5"));
    check("\" 12 \"", Some("12"));
    check("0", Some("0"));
    check("\"\"", None);
    check("null", None);
    assert_eq!(decimal(Some(&raw("79.90"))).unwrap().unwrap().to_string(), "79.9");
}

#[test]
fn what_is_no_number_is_shown() {
    let check = |json: &str, expected: &str| assert_eq!(decimal(Some(&raw(json))), Err(expected.to_owned()));
    check("1e309", "no number: 1e309");
    check("\"abc\"", "no number: \"abc\"");
    check("\"1,50\"", "no number: \"1,50\"");
    check("true", "no number: true");
    check("{\"a\":1}", "no number: {\"a\":1}");
    check(
        "1234567890123456789012345678901234567890123",
        "no number: 1234567890123456789012345678901234567890…",
    );
}

#[test]
fn booleans() {
    for json in ["true", "\"true\"", "1", "\"1\"", "\"TRUE\"", "1.0", "\"1.00\""] {
        assert_eq!(boolean(Some(&raw(json))), Ok(Some(true)), "{json}");
    }
    for json in ["false", "\"false\"", "0", "\"0\"", "\"0.00\""] {
        assert_eq!(boolean(Some(&raw(json))), Ok(Some(false)), "{json}");
    }
    for json in ["null", "\"\"", "\" \""] {
        assert_eq!(boolean(Some(&raw(json))), Ok(None), "{json}");
    }
    assert_eq!(boolean(None), Ok(None));
    for json in ["2", "\"maybe\"", "[]"] {
        assert!(boolean(Some(&raw(json))).is_err(), "{json}");
    }
}

#[test]
fn identities() {
    for json in ["9", "\"9\"", "\"9.00\"", "9.0"] {
        assert_eq!(identity(Some(&raw(json))), Ok(Some(9)), "{json}");
    }
    for json in ["null", "0", "\"0\"", "\"\"", "\"0.00\""] {
        assert_eq!(identity(Some(&raw(json))), Ok(None), "{json}");
    }
    assert_eq!(identity(Some(&raw("18446744073709551615"))), Ok(Some(u64::MAX)));
    for json in ["-1", "1.5", "\"x\"", "18446744073709551616", "1e309"] {
        assert!(identity(Some(&raw(json))).is_err(), "{json}");
    }
}

#[test]
fn texts() {
    assert_eq!(text(Some(&raw("\"Kopp\\u00f8\""))), Ok("Koppø".to_owned()));
    assert_eq!(text(Some(&raw("1001.50"))), Ok("1001.50".to_owned()));
    assert_eq!(text(None), Ok(String::new()));
    assert!(text(Some(&raw("\"\\ud800\""))).is_err(), "half a character");
    assert!(text(Some(&raw("[]"))).is_err());
}

#[test]
fn lists() {
    let check = |json: &str, expected: &[&str]| {
        let raw = raw(json);
        let found: Vec<_> =
            list(Some(&raw)).unwrap().into_iter().map(|e| e.map_or("null", RawValue::get)).collect();
        assert_eq!(found, expected, "{json}");
    };
    check("[1, {\"a\": 2}, null]", &["1", "{\"a\": 2}", "null"]);
    check("{\"0\": 1, \"2\": 3}", &["1", "3"]);
    check("false", &[]);
    check("\"\"", &[]);
    assert!(list(Some(&raw("7"))).is_err());
}
