use serde_json::Value;

use super::*;

fn check(body: &str, expected: Option<&str>) {
    assert_eq!(find(body.as_bytes()).map(|found| std::str::from_utf8(found).unwrap()), expected);
}

#[test]
fn finds_the_json_behind_noise() {
    check("[1]", Some("[1]"));
    check("\u{feff}{\"a\":1}", Some("{\"a\":1}"));
    check(
        "<br /><b>Warning</b>: Undefined $x in {closure}() [x.php] <br />\n[{\"id\":1}]\n",
        Some("[{\"id\":1}]\n"),
    );
    check("<html>{}</html>", None);
    check("", None);
    check("{\"id\":1", None);
    check("Notice: array is [] {\"id\":1}", Some("{\"id\":1}"));
}

#[test]
fn gives_up_on_a_page() {
    let page = "<script>{".repeat(100_000);
    assert_eq!(find(page.as_bytes()), None);
}

#[test]
fn names_the_place() {
    #[derive(Debug, serde::Deserialize)]
    struct Row {
        #[expect(dead_code, reason = "only its type matters")]
        id: u64,
    }
    let error = decode::<Vec<Row>>(b"[{\"id\":1},{\"id\":\"x\"}]").unwrap_err();
    assert!(matches!(&error, Misread::Shape(text) if text.starts_with("at [1].id: ")), "{error:?}");
    assert_eq!(decode::<Value>(b"<p>no</p>").unwrap_err(), Misread::NoJson);
}
