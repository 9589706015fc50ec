//! Reading partitions and the index, page by page.

use serde_json::json;
use sync::ports::{Condition, IndexKey, Item, Key, Ledger, LedgerError, Range, Write};

use super::items::item;

/// All pages of a range, each of at most `limit`.
async fn all(ledger: &dyn Ledger, range: &Range, limit: usize) -> Vec<String> {
    let mut sorts = Vec::new();
    let mut range = range.clone();
    loop {
        let page = ledger.page("p", range.clone(), limit).await.unwrap();
        assert!(page.items.len() <= limit);
        sorts.extend(page.items.into_iter().map(|item| item.key.sort));
        match page.next {
            Some(next) => range.after = Some(next),
            None => return sorts,
        }
    }
}

/// The same by the index, as (the index's sort, the item's sort).
async fn all_by_index(ledger: &dyn Ledger, range: &Range, limit: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut range = range.clone();
    loop {
        let page = ledger.page_by_index("due", range.clone(), limit).await.unwrap();
        assert!(page.items.len() <= limit);
        found.extend(page.items.into_iter().map(|item| (item.index.unwrap().sort, item.key.sort)));
        match page.next {
            Some(next) => range.after = Some(next),
            None => return found,
        }
    }
}

async fn fill(ledger: &dyn Ledger, sorts: &[&str]) {
    let mut items: Vec<Item> = sorts.iter().map(|sort| item(sort, json!({}))).collect();
    // Neighbours that must never be seen.
    for partition in ["o", "p ", "pp"] {
        items.extend(
            sorts.iter().map(|sort| Item { key: Key::new(partition, *sort), ..item(sort, json!({})) }),
        );
    }
    ledger.write_each(items, vec![]).await.unwrap();
}

fn indexed(sort: &str, place: &str) -> Item {
    Item {
        index: Some(IndexKey { partition: "due".into(), sort: place.into() }),
        ..item(sort, json!({ "at": place }))
    }
}

async fn fill_index(ledger: &dyn Ledger, places: &[(&str, &str)]) {
    let mut items: Vec<Item> = places.iter().map(|(sort, place)| indexed(sort, place)).collect();
    items.push(item("not in the index", json!({})));
    items.push(Item {
        index: Some(IndexKey { partition: "other".into(), sort: "1".into() }),
        ..item("elsewhere", json!({}))
    });
    ledger.write_each(items, vec![]).await.unwrap();
}

fn backwards(range: Range) -> Range {
    Range { backwards: true, ..range }
}

fn up_to(prefix: &str, up_to: &str) -> Range {
    Range { up_to: Some(up_to.into()), ..Range::prefix(prefix) }
}

pub(super) async fn pages_join_up(ledger: &dyn Ledger) {
    fill(ledger, &["a#1", "a#2", "a#3", "b#1", "b#2"]).await;
    for limit in [1, 2, 3, 5, 100] {
        let range = Range::default();
        assert_eq!(all(ledger, &range, limit).await, ["a#1", "a#2", "a#3", "b#1", "b#2"]);
        assert_eq!(all(ledger, &backwards(range), limit).await, ["b#2", "b#1", "a#3", "a#2", "a#1"]);
        let range = Range::prefix("a#");
        assert_eq!(all(ledger, &range, limit).await, ["a#1", "a#2", "a#3"]);
        assert_eq!(all(ledger, &backwards(range), limit).await, ["a#3", "a#2", "a#1"]);
    }
    assert!(all(ledger, &Range::prefix("c"), 2).await.is_empty());
    assert!(ledger.page("nobody", Range::default(), 2).await.unwrap().items.is_empty());
}

pub(super) async fn ranges_are_cut_where_they_say(ledger: &dyn Ledger) {
    fill(ledger, &["a", "a1", "a2", "a3", "b"]).await;
    let cases: [(Range, &[&str]); 12] = [
        (up_to("", "a2"), &["a", "a1", "a2"]),
        (up_to("", "a2x"), &["a", "a1", "a2"]),
        (up_to("a", "a2"), &["a", "a1", "a2"]),
        (up_to("a1", "a2"), &["a1"]),
        (up_to("a", "z"), &["a", "a1", "a2", "a3"]),
        (up_to("b", "a"), &[]),
        (up_to("", ""), &[]),
        (Range::default().after(Some("a1".into())), &["a2", "a3", "b"]),
        (Range::default().after(Some("a1x".into())), &["a2", "a3", "b"]),
        (Range::prefix("a").after(Some("a2".into())), &["a3"]),
        (up_to("a", "a2").after(Some("a".into())), &["a1", "a2"]),
        (up_to("a", "a2").after(Some("a2".into())), &[]),
    ];
    for (range, expected) in cases {
        assert_eq!(all(ledger, &range, 1).await, expected, "{range:?}");
        assert_eq!(all(ledger, &range, 10).await, expected, "{range:?}");
    }
    let cases: [(Range, &[&str]); 4] = [
        (Range::default().after(Some("a2".into())), &["a1", "a"]),
        (Range::prefix("a").after(Some("a1x".into())), &["a1", "a"]),
        (up_to("a", "a2"), &["a2", "a1", "a"]),
        (up_to("a", "a2").after(Some("a2".into())), &["a1", "a"]),
    ];
    for (range, expected) in cases {
        assert_eq!(all(ledger, &backwards(range.clone()), 1).await, expected, "{range:?}");
        assert_eq!(all(ledger, &backwards(range.clone()), 10).await, expected, "{range:?}");
    }
}

pub(super) async fn a_place_outside_of_the_range_is_harmless(ledger: &dyn Ledger) {
    fill(ledger, &["a", "b1", "b2", "c"]).await;
    let from = |after: &str| Range::prefix("b").after(Some(after.into()));
    assert_eq!(all(ledger, &from("a"), 1).await, ["b1", "b2"]);
    assert!(all(ledger, &from("c"), 1).await.is_empty());
    assert_eq!(all(ledger, &backwards(from("c")), 1).await, ["b2", "b1"]);
    assert!(all(ledger, &backwards(from("a")), 1).await.is_empty());
    let from = |after: &str| up_to("", "b1").after(Some(after.into()));
    assert!(all(ledger, &from("b2"), 1).await.is_empty());
    assert_eq!(all(ledger, &backwards(from("b2")), 1).await, ["b1", "a"]);
    assert_eq!(all(ledger, &from(""), 1).await, ["a", "b1"]);
    assert!(all(ledger, &backwards(from("")), 1).await.is_empty());
}

pub(super) async fn the_order_is_byte_by_byte(ledger: &dyn Ledger) {
    let sorts = [
        " ",
        "#",
        "1",
        "10",
        "2",
        "A",
        "Z",
        "_",
        "a",
        "z",
        "~",
        "Å",
        "å",
        "日",
        "\u{ffee}",
        "🫐",
        "\u{10ffff}",
    ];
    let mut shuffled = sorts;
    shuffled.reverse();
    fill(ledger, &shuffled).await;
    assert_eq!(all(ledger, &Range::default(), 3).await, sorts);
    assert_eq!(all(ledger, &Range::prefix("\u{10ffff}"), 3).await, ["\u{10ffff}"]);
    assert_eq!(all(ledger, &Range::prefix("1"), 1).await, ["1", "10"]);
    assert_eq!(all(ledger, &up_to("", "å"), 5).await, sorts[..13]);
}

pub(super) async fn the_index_is_read_in_order(ledger: &dyn Ledger) {
    fill_index(ledger, &[("c", "1"), ("a", "2"), ("b", "3"), ("d", "10")]).await;
    let expected =
        [("1", "c"), ("10", "d"), ("2", "a"), ("3", "b")].map(|(at, sort)| (at.to_owned(), sort.to_owned()));
    let mut reversed = expected.clone();
    reversed.reverse();
    for limit in [1, 2, 3, 10] {
        assert_eq!(all_by_index(ledger, &Range::default(), limit).await, expected);
        assert_eq!(all_by_index(ledger, &backwards(Range::default()), limit).await, reversed);
    }
    let found = ledger.page_by_index("due", Range::default(), 1).await.unwrap().items.remove(0);
    assert_eq!(Some(found.clone()), ledger.get(&found.key).await.unwrap());
    assert!(ledger.page_by_index("nobody", Range::default(), 1).await.unwrap().items.is_empty());
}

pub(super) async fn equal_places_in_the_index_are_told_apart(ledger: &dyn Ledger) {
    let sorts: Vec<String> = (0..7).map(|n| format!("i{n}")).collect();
    let places: Vec<(&str, &str)> = sorts.iter().map(|sort| (sort.as_str(), "same")).collect();
    fill_index(ledger, &places).await;
    let mut other = indexed("i0", "same");
    other.key.partition = "q".into();
    ledger.write_each(vec![other, indexed("x", "same "), indexed("y", "sam")], vec![]).await.unwrap();
    let expected = ["y", "i0", "i1", "i2", "i3", "i4", "i5", "i6", "i0", "x"];
    let mut reversed = expected;
    reversed.reverse();
    let sorts = |found: Vec<(String, String)>| found.into_iter().map(|(_, sort)| sort).collect::<Vec<_>>();
    for limit in [1, 2, 3, 100] {
        assert_eq!(sorts(all_by_index(ledger, &Range::default(), limit).await), expected);
        assert_eq!(sorts(all_by_index(ledger, &backwards(Range::default()), limit).await), reversed);
        // Up to "same" includes all that are equal to it, and nothing above.
        assert_eq!(sorts(all_by_index(ledger, &up_to("", "same"), limit).await), expected[..9]);
    }
}

pub(super) async fn the_index_follows_its_item(ledger: &dyn Ledger) {
    fill_index(ledger, &[("a", "1"), ("b", "2")]).await;
    for condition in [Condition::Always, Condition::Version(2)] {
        let moved = Write::Put { item: indexed("a", "3"), condition };
        ledger.write(vec![moved]).await.unwrap();
        let found = all_by_index(ledger, &Range::default(), 10).await;
        assert_eq!(found, [("2".to_owned(), "b".to_owned()), ("3".to_owned(), "a".to_owned())]);
    }
    let out = Write::Put { item: item("a", json!({})), condition: Condition::Always };
    ledger
        .write(vec![out, Write::Remove { key: Key::new("p", "b"), condition: Condition::Always }])
        .await
        .unwrap();
    assert!(all_by_index(ledger, &Range::default(), 10).await.is_empty());
}

pub(super) async fn the_index_is_cut_where_it_says(ledger: &dyn Ledger) {
    fill_index(ledger, &[("a", "x1"), ("b", "x1"), ("c", "x2"), ("d", "x10"), ("e", "y")]).await;
    let cases: [(Range, &[&str]); 7] = [
        (Range::prefix("x1"), &["a", "b", "d"]),
        (Range::prefix("x"), &["a", "b", "d", "c"]),
        (up_to("", "x1"), &["a", "b"]),
        (up_to("x1", "x1"), &["a", "b"]),
        (up_to("x", "x10"), &["a", "b", "d"]),
        (up_to("x", "z"), &["a", "b", "d", "c"]),
        (up_to("y", "x"), &[]),
    ];
    for (range, expected) in cases {
        for limit in [1, 2, 10] {
            let found = all_by_index(ledger, &range, limit).await;
            assert_eq!(found.into_iter().map(|(_, sort)| sort).collect::<Vec<_>>(), expected, "{range:?}");
            let found = all_by_index(ledger, &backwards(range.clone()), limit).await;
            let mut expected = expected.to_vec();
            expected.reverse();
            assert_eq!(found.into_iter().map(|(_, sort)| sort).collect::<Vec<_>>(), expected, "{range:?}");
        }
    }
    let made_up = Range::default().after(Some("x1".into()));
    let refused = ledger.page_by_index("due", made_up, 1).await;
    assert!(matches!(refused, Err(LedgerError::Unfit(_))), "{refused:?}");
}

pub(super) async fn large_pages_are_divided(ledger: &dyn Ledger) {
    let items: Vec<Item> =
        (0..8).map(|n| item(&n.to_string(), json!({ "t": "x".repeat(300_000) }))).collect();
    ledger.write_each(items, vec![]).await.unwrap();
    let page = ledger.page("p", Range::default(), 1000).await.unwrap();
    assert!(page.items.len() < 8 && page.next.is_some(), "{} at once", page.items.len());
    assert_eq!(all(ledger, &Range::default(), 1000).await, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}
