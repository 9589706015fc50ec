use serde_json::value::RawValue;

use super::*;

#[test]
fn a_line_without_a_readable_amount_is_no_zero() {
    let check = |json: &str, expected: Result<(u64, Option<&str>), &str>| {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let (lines, unreadable) = read(&[Some(&raw)], 200);
        let found = match (lines.as_slice(), unreadable.as_slice()) {
            ([line], []) => Ok((line.id.0, line.available.map(|amount| amount.to_string()))),
            ([], [bad]) => Err(format!("{}: {}", bad.row, bad.reason)),
            other => panic!("{other:?}"),
        };
        let expected = expected.map(|(id, amount)| (id, amount.map(str::to_owned))).map_err(str::to_owned);
        assert_eq!(found, expected, "{json}");
    };
    let one =
        |stock: &str| format!(r#"{{"product_id":"9","department":[{{"department_id":1,"stock":{stock}}}]}}"#);
    check(&one("7"), Ok((9, Some("7"))));
    check(&one("\"7.50\""), Ok((9, Some("7.5"))));
    check(&one("-2"), Ok((9, Some("-2"))));
    check(&one("0"), Ok((9, Some("0"))));
    check(&one("\"\""), Ok((9, None)));
    check(&one("1e309"), Ok((9, None)));
    check(r#"{"product_id":9,"department":{"3":{"stock":4}}}"#, Ok((9, Some("4"))));
    check(r#"{"product_id":9,"department":[]}"#, Ok((9, None)));
    check(r#"{"product_id":9,"department":[{"stock":1},{"stock":2}]}"#, Ok((9, None)));
    check(r#"{"product_id":9}"#, Ok((9, None)));
    check(r#"{"product_id":0}"#, Err("row 201: data[0].product_id: missing"));
    check(
        r#"{"product_id":"x"}"#,
        Err("row 201: data[0].product_id: no identity: \"x\"")
            .map_err(|_: &str| "row 201: data[0].product_id: no number: \"x\""),
    );
}
