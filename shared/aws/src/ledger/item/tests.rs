use serde_json::json;

use super::*;

fn stored(item: &Item) -> Attributes {
    let mut attributes = key(&item.key);
    attributes.extend(content(item).unwrap());
    attributes
}

#[test]
fn what_goes_in_comes_out() {
    let body = json!({
        "least": i64::MIN, "most": u64::MAX, "zero": 0, "no": false, "nothing": null, "empty": "",
        "text": "Blåbærsyltetøy 🫐 \u{0} \"\\", "list": [], "map": {},
        "deep": { "a": [1, [2, [3, { "b": [null, true, "x", {}] }]]] }
    });
    let item = Item {
        key: Key::new("p", "s"),
        version: 0,
        schema: 7,
        body,
        index: Some(IndexKey { partition: "due".into(), sort: "2026".into() }),
        expires: Some(Timestamp::from_second(1_800_000_000).unwrap()),
    };
    assert_eq!(decode(stored(&item)).unwrap(), item);
}

#[test]
fn a_record_written_by_hand_needs_little() {
    let mut record = key(&Key::new("p", "s"));
    let fields = HashMap::from([("name".to_owned(), AttributeValue::S("Oslo".into()))]);
    record.insert("body".into(), AttributeValue::M(fields));
    record.insert("ix".into(), AttributeValue::S("due".into()));
    record.insert("iy".into(), AttributeValue::S("2026".into()));
    let item = decode(record.clone()).unwrap();
    assert_eq!((item.version, item.schema, item.body), (0, 1, json!({ "name": "Oslo" })));
    assert_eq!(item.index.unwrap().sort, "2026");

    record.insert("version".into(), AttributeValue::S("one".into()));
    let wrong = decode(record.clone()).unwrap();
    assert_eq!(wrong.key, Key::new("p", "s"));
    assert_eq!(wrong.fault(), Some("version: write a whole number of the type N, or leave it out"));
    // A record as one text.
    record.remove("version");
    record.insert("body".into(), AttributeValue::S("{}".into()));
    let wrong = decode(record).unwrap();
    assert_eq!(wrong.fault(), Some("body: write a map of the type M, with a field an attribute"));
}

#[test]
fn it_expires_at_a_whole_second_and_not_early() {
    let item = Item {
        key: Key::new("p", "s"),
        version: 0,
        schema: 1,
        body: json!({}),
        index: None,
        expires: Some(Timestamp::from_millisecond(1_500).unwrap()),
    };
    assert_eq!(content(&item).unwrap()["ttl"], AttributeValue::N("2".into()));
}
