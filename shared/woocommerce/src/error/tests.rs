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
