use super::*;

#[test]
fn a_trace_is_an_identity_or_xrays_header() {
    let check = |text: &str, wanted: Option<&str>| {
        assert_eq!(Trace::parse(text).as_ref().map(Trace::as_str), wanted, "{text:?}");
    };
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    check(root, Some(root));
    check(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1"), Some(root));
    check(&format!("Self=1-67891234-12456789abcdef012345678; Root={root}"), Some(root));
    check("", None);
    check("Root=;Sampled=1", None);
    check("two words", None);
    check(&"a".repeat(65), None);
}

#[test]
fn a_trace_travels_in_a_message_and_an_older_message_has_none() {
    let wake = Wake::Due { department: "1".to_owned() };
    let text = wake.encode_traced(Trace::parse("abc-1").as_ref()).unwrap();
    assert_eq!(text, r#"{"schema":1,"trace":"abc-1","wake":"due","department":"1"}"#);
    assert_eq!(Wake::decode_traced(&text).unwrap(), (wake.clone(), Trace::parse("abc-1")));
    assert_eq!(Wake::decode(&text).unwrap(), wake);
    let older = r#"{"schema":1,"wake":"due","department":"1"}"#;
    assert_eq!(Wake::decode_traced(older).unwrap(), (wake.clone(), None));
    // What is no trace is no reason to leave the work undone.
    let strange = r#"{"schema":1,"trace":"\n{}","wake":"due","department":"1"}"#;
    assert_eq!(Wake::decode_traced(strange).unwrap(), (wake, None));
}
