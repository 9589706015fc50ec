use super::*;

fn span(prefix: &str, up_to: Option<&str>) -> Span {
    let range = Range { prefix: prefix.into(), up_to: up_to.map(str::to_owned), ..Range::default() };
    Span::of(&range, str::to_owned)
}

#[test]
fn a_range_becomes_one_condition() {
    assert_eq!(span("", None), Span::All);
    assert_eq!(span("a", None), Span::Prefix("a".into()));
    assert_eq!(span("", Some("m")), Span::UpTo("m".into()));
    assert_eq!(span("", Some("")), Span::Nothing);
    assert_eq!(span("a", Some("am")), Span::Between("a".into(), "am".into()));
    assert_eq!(span("a", Some("a")), Span::Between("a".into(), "a".into()));
    assert_eq!(span("b", Some("a")), Span::Nothing);
    assert_eq!(span("a", Some("b")), Span::Prefix("a".into()));
}

#[test]
fn a_place_outside_is_seen() {
    assert_eq!(span("b", None).side("a"), Side::Below);
    assert_eq!(span("b", None).side("bx"), Side::Within);
    assert_eq!(span("b", None).side("c"), Side::Above);
    assert_eq!(span("", Some("m")).side("m"), Side::Within);
    assert_eq!(span("", Some("m")).side("n"), Side::Above);
    assert_eq!(span("", None).side(""), Side::Below);
    assert!(Side::Above.beyond(false) && !Side::Above.beyond(true));
    assert!(Side::Below.beyond(true) && !Side::Below.beyond(false));
}
