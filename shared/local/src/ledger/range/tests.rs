use super::*;

#[test]
fn the_successor_is_above_all_that_begin_so_and_below_the_rest() {
    assert_eq!(successor("a"), Some("b".to_owned()));
    assert_eq!(successor("a\u{7f}"), Some("a\u{80}".to_owned()));
    assert_eq!(successor("\u{d7ff}"), Some("\u{e000}".to_owned()));
    assert_eq!(successor("a\u{10ffff}"), Some("b".to_owned()));
    assert_eq!(successor("\u{10ffff}"), None);
    assert_eq!(successor(""), None);
}

#[test]
fn each_side_has_one_bound() {
    let range = Range { prefix: "b".into(), up_to: Some("bz".into()), ..Range::default() };
    let mut bounds = Bounds::new("partition = ?", "p");
    bounds.narrow("sort", &range);
    bounds.behind("sort", vec![Sql::Text("bc".into())]);
    assert_eq!(bounds.terms(), "partition = ? AND sort <= ? AND sort > (?)");

    let mut bounds = Bounds::new("partition = ?", "p");
    bounds.narrow("sort", &range);
    bounds.behind("sort", vec![Sql::Text("a".into())]);
    assert_eq!(bounds.terms(), "partition = ? AND sort >= ? AND sort <= ?");
}
