use super::*;
use crate::{
    Capabilities,
    client::tests::{answer, recorded, served, without_total},
    time_zone,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ids(page: &Page) -> Vec<u64> {
    page.products.iter().map(|product| product.id.0).collect()
}

fn rows(rows: &[(u64, &str)]) -> Result<world::Response, world::TransportError> {
    let rows =
        rows.iter().map(|(id, at)| format!("{{\"id\":{id},\"date_modified_gmt\":\"2026-11-23T{at}\"}}"));
    let mut response = answer(200, &format!("[{}]", rows.collect::<Vec<_>>().join(",")))?;
    response.headers.push(("date".to_owned(), "Mon, 23 Nov 2026 13:00:00 GMT".to_owned()));
    Ok(response)
}

#[tokio::test]
async fn asks_in_naive_gmt_a_second_early() {
    let (shop, client) = served(vec![without_total(recorded("products_modified_after_gmt"))]);
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:27:31Z"))).await.unwrap();
    assert_eq!(ids(&page), [244, 245, 247]);
    assert_eq!(page.next.second(), at("2026-11-23T12:27:31Z"));
    assert!(!page.more);
    let query = shop.asked()[0].url.query().unwrap().to_owned();
    let start =
        "modified_after=2026-11-23T12%3A27%3A30&dates_are_gmt=true&orderby=modified&order=asc&status=any";
    assert!(query.starts_with(start), "{query}");
}

#[tokio::test]
async fn what_was_handed_over_does_not_come_again() {
    let first = Cursor::since(at("2026-11-23T12:00:00Z"));
    let (_, client) = served(vec![
        rows(&[(1, "12:00:01"), (2, "12:00:02")]),
        rows(&[(2, "12:00:02"), (3, "12:00:02"), (1, "12:00:05")]),
        rows(&[(1, "12:00:05")]),
    ]);
    let page = client.changed_products(&first).await.unwrap();
    assert_eq!(ids(&page), [1, 2]);
    let page = client.changed_products(&page.next).await.unwrap();
    assert_eq!(ids(&page), [3, 1]);
    let page = client.changed_products(&page.next).await.unwrap();
    assert_eq!(ids(&page), Vec::<u64>::new());
    let stored = serde_json::to_string(&page.next).unwrap();
    assert_eq!(serde_json::from_str::<Cursor>(&stored).unwrap(), page.next);
}

#[tokio::test]
async fn a_second_that_is_not_over_comes_again() {
    let (_, client) = served(vec![rows(&[(1, "12:59:59")]), rows(&[(1, "12:59:59")])]);
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap();
    let page = client.changed_products(&page.next).await.unwrap();
    assert_eq!(ids(&page), [1]);
}

#[tokio::test]
async fn a_crowded_second_is_read_until_nothing_is_new() {
    let second = "12:00:05";
    let crowd = (1..=130).map(|id| (id, second)).collect::<Vec<_>>();
    let tail = [&crowd[100..], &[(500, "12:00:06")]].concat();
    let (shop, client) = served(vec![
        rows(&crowd[..100]),
        rows(&crowd[..100]),
        rows(&tail),
        // The second reading of the same second: nothing new, so what follows is taken.
        rows(&crowd[..100]),
        rows(&tail),
    ]);
    let start = client.changed_products(&Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap();
    assert_eq!((start.products.len(), start.more), (100, true));
    let rest = client.changed_products(&start.next).await.unwrap();
    assert_eq!((ids(&rest), rest.more), ((101..=130).collect(), true));
    let last = client.changed_products(&rest.next).await.unwrap();
    assert_eq!(ids(&last), [500]);
    assert_eq!(last.next.second(), at("2026-11-23T12:00:06Z"));
    assert_eq!(shop.asked().len(), 5);
}

#[tokio::test]
async fn a_crowded_second_that_nothing_follows_ends() {
    let crowd = (1..=130).map(|id| (id, "12:00:05")).collect::<Vec<_>>();
    let reading = || vec![rows(&crowd[..100]), rows(&crowd[100..])];
    let (_, client) = served(reading());
    // Since that very second, so that each reading is crowded.
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:00:05Z"))).await.unwrap();
    assert_eq!((page.products.len(), page.more), (130, true));
    let (_, client) = served(reading());
    let page = client.changed_products(&page.next).await.unwrap();
    assert_eq!((page.products.len(), page.more), (0, false));
}

#[tokio::test]
async fn a_shop_that_reaches_back_too_far_tells_nothing_twice() {
    let (_, client) = served(vec![rows(&[(1, "11:00:00"), (2, "12:00:05")])]);
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap();
    assert_eq!(ids(&page), [2]);
    // A whole page of old rows: on to the next one.
    let old = (1..=100).map(|id| (id, "11:00:00")).collect::<Vec<_>>();
    let (shop, client) = served(vec![rows(&old), rows(&[(200, "12:00:05")])]);
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap();
    assert_eq!((ids(&page), shop.asked().len()), (vec![200], 2));
}

#[tokio::test]
async fn a_shop_without_gmt_is_asked_in_its_local_time() {
    let era = Capabilities { dates_are_gmt: false, ..Capabilities::default() };
    let asked = async |zone: Option<&str>, since: &str| {
        let (shop, client) = served(vec![rows(&[(1, "12:00:01")])]);
        let client = client.with_era(era, zone.and_then(time_zone));
        let page = client.changed_products(&Cursor::since(at(since))).await.unwrap();
        assert_eq!(ids(&page), [1]);
        shop.asked()[0].url.query().unwrap().to_owned()
    };
    let oslo = Some("Europe/Oslo");
    let query = asked(oslo, "2026-11-23T12:00:00Z").await;
    let start = "modified_after=2026-11-23T12%3A59%3A59&orderby=modified&order=asc&status=any";
    assert!(query.starts_with(start), "{query}");
    let query = asked(Some("-03:30"), "2026-11-23T12:00:00Z").await;
    assert!(query.starts_with("modified_after=2026-11-23T08%3A29%3A59&orderby"), "{query}");
    // The clocks went back on 25 October: until it was read past, the whole list is read.
    for since in ["2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
        assert!(asked(oslo, since).await.starts_with("orderby=id&order=asc"), "{since}");
    }
    assert!(asked(oslo, "2026-10-25T06:00:00Z").await.starts_with("modified_after=2026-10-25T06%3A59%3A59"));
    // A zone that nobody told.
    assert!(asked(None, "2026-11-23T12:00:00Z").await.starts_with("orderby=id&order=asc"));
}

#[test]
fn clocks_that_go_back_are_seen_coming() {
    let check = |zone: &str, from: &str, to: &str, expected: bool| {
        assert_eq!(
            repeats_an_hour(&time_zone(zone).unwrap(), at(from), at(to)),
            expected,
            "{zone} {from} {to}"
        );
    };
    // 03:00 becomes 02:00 at 01:00 GMT.
    check("Europe/Oslo", "2026-10-24T20:00:00Z", "2026-10-24T21:59:00Z", false);
    check("Europe/Oslo", "2026-10-24T20:00:00Z", "2026-10-24T22:00:00Z", true);
    check("Europe/Oslo", "2026-10-25T03:59:00Z", "2026-10-25T09:00:00Z", true);
    check("Europe/Oslo", "2026-10-25T04:00:00Z", "2026-10-25T09:00:00Z", false);
    check("Europe/Oslo", "2026-10-01T00:00:00Z", "2026-11-09T00:00:00Z", true);
    // Forward is no trouble, and a bare offset never moves.
    check("Europe/Oslo", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", false);
    check("+01:00", "2026-10-24T20:00:00Z", "2026-10-25T22:00:00Z", false);
}

#[tokio::test]
async fn a_product_that_cannot_be_shown_does_not_end_a_crowded_second() {
    let second = "12:00:05";
    let total = |answer: Result<world::Response, world::TransportError>| {
        answer.map(|mut answer| {
            answer.headers.push(("X-WP-Total".to_owned(), "130".to_owned()));
            answer
        })
    };
    // The hundredth can't be shown.
    let first = (1..=99).map(|id| (id, second)).collect::<Vec<_>>();
    let rest = (101..=130).map(|id| (id, second)).collect::<Vec<_>>();
    let answers = [&first, &first, &rest, &first, &rest].map(|page| total(rows(page)));
    let (_, client) = served(answers.into());
    let mut cursor = Cursor::since(at("2026-11-23T12:00:00Z"));
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = client.changed_products(&cursor).await.unwrap();
        found.extend(ids(&page));
        cursor = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!(found, (1..=99).chain(101..=130).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_crowded_second_that_nothing_follows_has_an_end() {
    let crowd = (1..=130).map(|id| (id, "12:00:05")).collect::<Vec<_>>();
    let (first, rest) = crowd.split_at(100);
    let (_, client) = served(vec![rows(first), rows(rest), rows(first), rows(rest)]);
    let start = Cursor::since(at("2026-11-23T12:00:05Z"));
    let page = client.changed_products(&start).await.unwrap();
    assert_eq!((ids(&page), page.more), ((1..=130).collect(), true));
    let page = client.changed_products(&page.next).await.unwrap();
    assert_eq!((ids(&page), page.more), (Vec::new(), false));
    // A shop that gives the same page for every number.
    let (_, client) = served((0..6).map(|_| rows(first)).collect());
    let page = client.changed_products(&start).await.unwrap();
    let error = client.changed_products(&page.next).await.unwrap_err();
    assert!(error.trouble().reason.contains("the same ones on every page"), "{}", error.trouble().reason);
}
