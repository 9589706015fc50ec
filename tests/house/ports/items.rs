//! Items by key: conditions, versions, transactions, batches.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use sync::ports::{Condition, IndexKey, Item, Key, Ledger, LedgerError, MAX_TRANSACTION, Write};

pub(super) fn item(sort: &str, body: Value) -> Item {
    Item { key: Key::new("p", sort), version: 0, schema: 1, body, index: None, expires: None }
}

fn put(sort: &str, body: Value, condition: Condition) -> Write {
    Write::Put { item: item(sort, body), condition }
}

fn remove(sort: &str, condition: Condition) -> Write {
    Write::Remove { key: Key::new("p", sort), condition }
}

fn check(sort: &str, condition: Condition) -> Write {
    Write::Check { key: Key::new("p", sort), condition }
}

async fn read(ledger: &dyn Ledger, sort: &str) -> Option<Item> {
    ledger.get(&Key::new("p", sort)).await.unwrap()
}

async fn version(ledger: &dyn Ledger, sort: &str) -> Option<u64> {
    read(ledger, sort).await.map(|item| item.version)
}

#[track_caller]
fn conflict(result: Result<(), LedgerError>) {
    assert!(matches!(result, Err(LedgerError::Conflict)), "{result:?}");
}

#[track_caller]
fn unfit(result: Result<(), LedgerError>) {
    assert!(matches!(result, Err(LedgerError::Unfit(_))), "{result:?}");
}

pub(super) async fn a_put_is_read_back(ledger: &dyn Ledger) {
    let written = Item {
        version: 99,
        schema: 7,
        index: Some(IndexKey { partition: "due".into(), sort: "2026-01-01".into() }),
        expires: Some(Timestamp::from_second(4_000_000_000).unwrap()),
        ..item("a", json!({ "name": "x" }))
    };
    for condition in [Condition::Absent, Condition::Version(1), Condition::Always] {
        ledger.write(vec![Write::Put { item: written.clone(), condition }]).await.unwrap();
        let found = read(ledger, "a").await.unwrap();
        assert_eq!(found, Item { version: found.version, ..written.clone() });
    }
    assert_eq!(read(ledger, "b").await, None);
}

pub(super) async fn versions_count_writes(ledger: &dyn Ledger) {
    ledger.write(vec![put("a", json!({}), Condition::Always)]).await.unwrap();
    assert_eq!(version(ledger, "a").await, Some(1));
    ledger.write(vec![put("a", json!({}), Condition::Always)]).await.unwrap();
    assert_eq!(version(ledger, "a").await, Some(2));
    ledger.write(vec![put("a", json!({}), Condition::Version(2))]).await.unwrap();
    assert_eq!(version(ledger, "a").await, Some(3));
    ledger.write(vec![remove("a", Condition::Always)]).await.unwrap();
    ledger.write(vec![put("a", json!({}), Condition::Absent)]).await.unwrap();
    assert_eq!(version(ledger, "a").await, Some(1));
}

pub(super) async fn conditions_hold_or_nothing_is_written(ledger: &dyn Ledger) {
    conflict(ledger.write(vec![put("a", json!({}), Condition::Version(1))]).await);
    conflict(ledger.write(vec![put("a", json!({}), Condition::Version(0))]).await);
    conflict(ledger.write(vec![remove("a", Condition::Version(1))]).await);
    assert_eq!(read(ledger, "a").await, None);
    ledger.write(vec![remove("a", Condition::Always)]).await.unwrap();
    ledger.write(vec![remove("a", Condition::Absent)]).await.unwrap();

    ledger.write(vec![put("a", json!({ "n": 1 }), Condition::Absent)]).await.unwrap();
    conflict(ledger.write(vec![put("a", json!({ "n": 2 }), Condition::Absent)]).await);
    conflict(ledger.write(vec![put("a", json!({ "n": 2 }), Condition::Version(2))]).await);
    conflict(ledger.write(vec![put("a", json!({ "n": 2 }), Condition::Version(0))]).await);
    conflict(ledger.write(vec![remove("a", Condition::Absent)]).await);
    conflict(ledger.write(vec![remove("a", Condition::Version(2))]).await);
    let found = read(ledger, "a").await.unwrap();
    assert_eq!((found.version, found.body), (1, json!({ "n": 1 })));
    ledger.write(vec![remove("a", Condition::Version(1))]).await.unwrap();
    assert_eq!(read(ledger, "a").await, None);
}

pub(super) async fn a_single_check_is_a_question(ledger: &dyn Ledger) {
    ledger.write(vec![check("a", Condition::Absent)]).await.unwrap();
    ledger.write(vec![check("a", Condition::Always)]).await.unwrap();
    conflict(ledger.write(vec![check("a", Condition::Version(1))]).await);
    ledger.write(vec![put("a", json!({}), Condition::Always)]).await.unwrap();
    ledger.write(vec![check("a", Condition::Version(1))]).await.unwrap();
    conflict(ledger.write(vec![check("a", Condition::Absent)]).await);
    assert_eq!(version(ledger, "a").await, Some(1));
}

pub(super) async fn a_transaction_is_all_or_nothing(ledger: &dyn Ledger) {
    let before = vec![put("a", json!({}), Condition::Absent), put("b", json!({}), Condition::Absent)];
    ledger.write(before).await.unwrap();
    for failing in [
        check("b", Condition::Version(2)),
        check("b", Condition::Absent),
        check("z", Condition::Version(1)),
        put("b", json!({}), Condition::Absent),
        put("b", json!({}), Condition::Version(7)),
        remove("b", Condition::Version(7)),
        remove("b", Condition::Absent),
    ] {
        let writes = vec![
            put("new", json!({}), Condition::Always),
            remove("a", Condition::Version(1)),
            failing,
            put("last", json!({}), Condition::Absent),
        ];
        conflict(ledger.write(writes).await);
        for (sort, expected) in [("new", None), ("a", Some(1)), ("b", Some(1)), ("last", None)] {
            assert_eq!(version(ledger, sort).await, expected, "{sort}");
        }
    }
    let writes = vec![
        put("new", json!({}), Condition::Always),
        remove("a", Condition::Version(1)),
        check("b", Condition::Version(1)),
        check("c", Condition::Absent),
        check("d", Condition::Always),
        remove("e", Condition::Always),
        put("last", json!({}), Condition::Absent),
    ];
    ledger.write(writes).await.unwrap();
    for (sort, expected) in [("new", Some(1)), ("a", None), ("b", Some(1)), ("last", Some(1))] {
        assert_eq!(version(ledger, sort).await, expected, "{sort}");
    }
}

pub(super) async fn a_transaction_counts_versions(ledger: &dyn Ledger) {
    for round in 1..=3 {
        let known = if round == 1 { Condition::Absent } else { Condition::Version(round - 1) };
        let writes = vec![put("a", json!({ "r": round }), Condition::Always), put("b", json!({}), known)];
        ledger.write(writes).await.unwrap();
        assert_eq!(version(ledger, "a").await, Some(round));
        assert_eq!(version(ledger, "b").await, Some(round));
    }
}

pub(super) async fn a_key_occurs_once(ledger: &dyn Ledger) {
    unfit(ledger.write(vec![put("a", json!({}), Condition::Always), check("a", Condition::Absent)]).await);
    unfit(ledger.write(vec![remove("a", Condition::Always), remove("a", Condition::Always)]).await);
    unfit(ledger.write_each(vec![item("a", json!({})), item("a", json!({}))], vec![]).await);
    unfit(ledger.write_each(vec![item("a", json!({}))], vec![Key::new("p", "a")]).await);
    assert_eq!(read(ledger, "a").await, None);
}

pub(super) async fn a_hundred_writes_and_not_one_more(ledger: &dyn Ledger) {
    let writes = |count: usize| -> Vec<Write> {
        (0..count).map(|n| put(&format!("{n:03}"), json!({ "n": n }), Condition::Absent)).collect()
    };
    unfit(ledger.write(writes(MAX_TRANSACTION + 1)).await);
    assert_eq!(read(ledger, "000").await, None);
    ledger.write(writes(MAX_TRANSACTION)).await.unwrap();
    assert_eq!(version(ledger, "099").await, Some(1));
    conflict(ledger.write(writes(MAX_TRANSACTION)).await);
}

pub(super) async fn what_is_too_large_or_strange_is_refused(ledger: &dyn Ledger) {
    let most = "x".repeat(390 * 1024 - 20);
    ledger.write(vec![put("large", json!({ "t": most }), Condition::Always)]).await.unwrap();
    let found = read(ledger, "large").await.unwrap();
    assert_eq!(found.body["t"].as_str(), Some(most.as_str()));

    let deep = (0..40).fold(json!({}), |inner, _| json!({ "x": inner }));
    let strange = [
        item("a", json!({ "t": "x".repeat(391 * 1024) })),
        item("a", json!([])),
        item("a", json!("text")),
        item("a", json!({ "price": 12.5 })),
        item("a", json!({ "": 1 })),
        item("a", deep),
        item("", json!({})),
        item(&"x".repeat(1025), json!({})),
        Item { key: Key::new("", "a"), ..item("a", json!({})) },
        Item { key: Key::new("a\u{1f}b", "a"), ..item("a", json!({})) },
        Item { index: Some(IndexKey { partition: String::new(), sort: "x".into() }), ..item("a", json!({})) },
        Item {
            index: Some(IndexKey { partition: "x".into(), sort: "x\u{1}".into() }),
            ..item("a", json!({}))
        },
        Item {
            index: Some(IndexKey { partition: "x".into(), sort: "x".repeat(1022) }),
            ..item("a", json!({}))
        },
    ];
    for item in strange {
        for condition in [Condition::Always, Condition::Absent] {
            unfit(ledger.write(vec![Write::Put { item: item.clone(), condition }]).await);
        }
        unfit(ledger.write_each(vec![item], vec![]).await);
    }
    let heavy =
        (0..20).map(|n| put(&format!("h{n}"), json!({ "t": "x".repeat(300_000) }), Condition::Absent));
    unfit(ledger.write(heavy.collect()).await);
    assert_eq!(read(ledger, "a").await, None);
    assert_eq!(read(ledger, "h0").await, None);
}

pub(super) async fn bodies_come_back_exactly(ledger: &dyn Ledger) {
    let deep =
        (0..26).fold(json!([1]), |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({ "x": inner }) });
    let body = json!({
        "least": i64::MIN, "most": u64::MAX, "zero": 0, "hundred": 100, "minus": -1_000_000,
        "no": false, "yes": true, "nothing": null, "empty": "", "amount": "1099.00", "decimal": "0.10",
        "text": "Blåbærsyltetøy 🫐 Ærlig\u{a0}talt 日本 👩‍👩‍👧 \u{0} \u{7f} \u{fffe} \"\\/\n\t",
        "æøå 🧦": "a field's name", "version": 1, "S": { "S": "x" }, "M": { "N": "1" },
        "list": [], "map": {}, "mixed": [1, "1", null, [true], { "a": [] }],
        "deep": deep,
    });
    let sort = "grønn 🍏";
    for condition in [Condition::Absent, Condition::Always, Condition::Version(2)] {
        ledger.write(vec![put(sort, body.clone(), condition)]).await.unwrap();
        assert_eq!(read(ledger, sort).await.unwrap().body, body);
    }
    ledger.write_each(vec![item(sort, body.clone())], vec![]).await.unwrap();
    assert_eq!(ledger.get_many(&[Key::new("p", sort)]).await.unwrap()[0].body, body);
}

pub(super) async fn a_replaced_item_leaves_nothing_behind(ledger: &dyn Ledger) {
    let full = Item {
        index: Some(IndexKey { partition: "due".into(), sort: "1".into() }),
        expires: Some(Timestamp::from_second(4_000_000_000).unwrap()),
        ..item("a", json!({ "old": 1 }))
    };
    let empty = item("a", json!({ "new": 1 }));
    for version in [2, 4] {
        let condition = if version == 2 { Condition::Always } else { Condition::Version(version - 1) };
        ledger.write(vec![Write::Put { item: full.clone(), condition: Condition::Always }]).await.unwrap();
        ledger.write(vec![Write::Put { item: empty.clone(), condition }]).await.unwrap();
        assert_eq!(read(ledger, "a").await, Some(Item { version, ..empty.clone() }));
    }
}

pub(super) async fn many_are_read_at_once(ledger: &dyn Ledger) {
    let items: Vec<Item> = (0..230).map(|n| item(&format!("{n:03}"), json!({ "n": n }))).collect();
    let mut keys: Vec<Key> = items.iter().map(|item| item.key.clone()).collect();
    ledger.write_each(items, vec![]).await.unwrap();
    keys.push(Key::new("p", "missing"));
    keys.push(Key::new("p", "000"));
    let mut found = ledger.get_many(&keys).await.unwrap();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    let numbers: Vec<_> = found.iter().map(|item| item.body["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..230).collect::<Vec<_>>());
}

pub(super) async fn many_are_written_at_once(ledger: &dyn Ledger) {
    let items: Vec<Item> = (0..60).map(|n| item(&format!("{n:03}"), json!({ "n": n }))).collect();
    let keys: Vec<Key> = items.iter().map(|item| item.key.clone()).collect();
    ledger.write_each(items.clone(), vec![]).await.unwrap();
    assert_eq!(ledger.get_many(&keys).await.unwrap().len(), 60);
    // Some replaced, the others removed, and one that was never there.
    let mut gone = keys[30..].to_vec();
    gone.push(Key::new("p", "missing"));
    let replaced =
        items[..30].iter().map(|item| Item { body: json!({ "n": "new" }), ..item.clone() }).collect();
    ledger.write_each(replaced, gone).await.unwrap();
    let found = ledger.get_many(&keys).await.unwrap();
    assert_eq!(found.len(), 30);
    assert!(found.iter().all(|item| item.body == json!({ "n": "new" })));
}

pub(super) async fn one_of_many_writers_wins(ledger: &dyn Ledger) {
    for round in 0..3 {
        let known = if round == 0 { Condition::Absent } else { Condition::Version(round) };
        // Half of them as a transaction.
        let writers = (0..12).map(|n| async move {
            let mut writes = vec![put("a", json!({ "writer": n }), known)];
            if n % 2 == 0 {
                writes.push(check("b", Condition::Absent));
            }
            (n, ledger.write(writes).await)
        });
        let mut won = Vec::new();
        for (writer, result) in join_all(writers).await {
            match result {
                Ok(()) => won.push(writer),
                other => conflict(other),
            }
        }
        let found = read(ledger, "a").await.unwrap();
        assert_eq!((won.len(), found.version), (1, round + 1));
        assert_eq!(found.body, json!({ "writer": won[0] }));
    }
}

pub(super) async fn nothing_is_nothing(ledger: &dyn Ledger) {
    ledger.write(vec![]).await.unwrap();
    ledger.write_each(vec![], vec![]).await.unwrap();
    assert!(ledger.get_many(&[]).await.unwrap().is_empty());
    ledger.purge(Timestamp::from_second(1).unwrap()).await.unwrap();
}
