use expect_test::expect;
use retail::{
    Decimal,
    fate::{Fate, Scope},
    shop::ShopId,
};

use super::*;
use crate::{
    Capabilities,
    client::tests::{answer, client_of, recorded, served, without_total},
    time_zone,
};

mod goods;

const OLD: Capabilities = Capabilities { dates_are_gmt: false, modified_after: false, own_images: false };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn ids(orders: &[OrderRow]) -> Vec<u64> {
    orders.iter().map(|order| order.id.0).collect()
}

fn query_of(shop: &crate::client::tests::Shop) -> String {
    shop.asked()[0].url.query().unwrap().replace("%3A", ":").replace("%2C", ",")
}

/// Rows of a list: id, second of creation and of modification.
fn rows(rows: &[(u64, &str, &str)]) -> Result<world::Response, world::TransportError> {
    let rows = rows.iter().map(|(id, created, modified)| {
        format!(
            "{{\"id\":{id},\"status\":\"processing\",\"date_created_gmt\":\"2026-11-{created}\",\
             \"date_modified_gmt\":\"2026-11-{modified}\"}}"
        )
    });
    answer(200, &format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

#[tokio::test]
async fn the_recorded_order_is_read_to_the_last_part() {
    let (shop, client) = served(vec![recorded("order_dp4")]);
    let order = client.order(OrderId(664)).await.unwrap().unwrap();
    assert_eq!(shop.asked()[0].url.as_str(), "https://shop.example/wp-json/wc/v3/orders/664?dp=6");
    assert_eq!(
        (order.number.as_str(), order.status.as_str(), order.currency.as_str()),
        ("664", "processing", "NOK")
    );
    assert_eq!(order.created, at("2026-11-23T12:28:11Z"));
    assert_eq!((order.paid, order.modified), (Some(order.created), Some(at("2026-11-23T12:28:39Z"))));
    assert_eq!((order.total_inc_tax, order.total_tax), (dec("12493.26"), dec("1949.52")));
    assert_eq!(
        (order.payment_method.as_str(), order.coupons.as_slice()),
        ("bacs", &["vaar10".to_owned()][..])
    );
    assert_eq!(order.customer_note, "Ring på døra, 2. etg. «takk»\nLinje 2");
    assert_eq!((order.billing.first_name.as_str(), order.billing.zip.as_str()), ("Kåre", "8006"));
    assert_eq!((order.shipping.email.as_str(), order.billing.phone.as_str()), ("", "+47 900 00 000"));
    assert_eq!(order.refunds.len(), 1);
    assert_eq!((order.refunds[0].id.0, order.refunds[0].amount_inc_tax), (727, dec("13.44")));
    expect![[r#"
        25: Some(25)
        15: Some(15)
        12: Some(12)
        0: Some(0)
    "#]]
    .assert_eq(&{
        let mut rates = order.rates.clone();
        rates.sort_by_key(|rate| rate.id);
        rates
            .iter()
            .map(|rate| format!("{}: {:?}\n", &rate.label[4..rate.label.len() - 1], rate.percent))
            .collect::<String>()
    });
    // Each line's parts give its price to the øre; the tax that the shop rounded by line need not.
    let parts = |total: Decimal, taxes: &[retail::order::LineTax]| {
        total + taxes.iter().map(|tax| tax.total).sum::<Decimal>()
    };
    let gross = order
        .lines
        .iter()
        .map(|line| parts(line.total_ex_tax, &line.taxes).normalize().to_string())
        .collect::<Vec<_>>();
    assert_eq!(gross, ["40.32", "1305", "6188.43", "4095.63", "765.9"]);
    assert_eq!(order.lines[2].total_ex_tax + order.lines[2].total_tax, dec("6188.434"));
    let extras = order.shipping_lines.iter().chain(&order.fees);
    let extras =
        extras.map(|line| (line.name.as_str(), parts(line.total_ex_tax, &line.taxes))).collect::<Vec<_>>();
    assert_eq!(
        extras,
        [("Posten", dec("79.20")), ("Gebyr etterkrav", dec("30.625")), ("Avslag", dec("-11.8418"))]
    );
    let jacket = &order.lines[4];
    assert_eq!(
        (jacket.product, jacket.variation, jacket.sku.as_str()),
        (Some(ShopId(546)), Some(ShopId(549)), "WV-008-SV-XL")
    );
    let choices = jacket.choices.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    assert_eq!(choices, ["Farge=Svart", "Størrelse=XL"]);
    assert_eq!(jacket.quantity, Decimal::ONE);
}

#[tokio::test]
async fn v2_says_the_same() {
    let order = async |name: &str, version| {
        let (shop, _) = served(vec![recorded(name)]);
        client_of(&shop, version).order(OrderId(664)).await.unwrap().unwrap()
    };
    assert_eq!(
        order("v2_order_with_refund", Version::V2).await,
        order("order_with_refund", Version::V3).await
    );
}

#[tokio::test]
async fn the_trash_is_found_and_the_deleted_is_not() {
    let order = async |name: &str| served(vec![recorded(name)]).1.order(OrderId(743)).await;
    assert_eq!(order("order_get_trashed").await.unwrap().unwrap().status, "trash");
    assert_eq!(order("order_get_deleted").await.unwrap(), None);
    assert_eq!(order("order_404").await.unwrap(), None);
    let removed = order("custom_removed_order_get").await.unwrap().unwrap();
    assert_eq!((removed.status.as_str(), removed.payment_method.as_str()), ("plukkes", "cod"));
    let route = answer(404, r#"{"code":"rest_no_route","message":"No route.","data":{"status":404}}"#);
    assert_eq!(served(vec![route]).1.order(OrderId(1)).await.unwrap_err().trouble().fate, Fate::Settings);
}

#[tokio::test]
async fn what_the_shop_no_longer_has_is_none() {
    let order = async |name: &str| served(vec![recorded(name)]).1.order(OrderId(746)).await.unwrap().unwrap();
    let unknown = order("order_post_unknown_product").await;
    let line = &unknown.lines[0];
    assert_eq!((line.product, line.sku.as_str(), line.name.as_str()), (None, "", ""));
    assert_eq!(
        (unknown.paid, unknown.total_inc_tax, unknown.payment_method.as_str()),
        (None, Decimal::ZERO, "")
    );
    assert_eq!(order("order_post_empty").await.lines, []);
    let checkout = order("order_from_store_checkout").await;
    assert_eq!((checkout.lines[0].sku.as_str(), checkout.lines[0].quantity), ("WB-0002", Decimal::from(3)));
}

#[tokio::test]
async fn changes_are_asked_for_in_naive_gmt_by_status() {
    let statuses = ["processing", "plukkes"].map(str::to_owned).to_vec();
    let query = OrderQuery { statuses, created_from: Some(at("2026-11-01T00:00:00Z")) };
    let since = Cursor::since(at("2026-11-23T12:28:31Z"));
    let (shop, client) = served(vec![without_total(recorded("orders_modified_after"))]);
    let page = client.changed_orders(&OrderQuery::default(), &since).await.unwrap();
    assert_eq!(ids(&page.orders), [695, 696]);
    assert_eq!((page.more, page.next.second()), (false, at("2026-11-23T12:28:31Z")));
    let row = &page.orders[0];
    assert_eq!(
        (row.number.as_str(), row.status.as_str(), row.total_inc_tax),
        ("695", "completed", dec("6818.29"))
    );
    assert_eq!((row.paid.is_some(), &row.marker, row.refunds.len()), (true, &None, 0));
    let asked = query_of(&shop);
    let start = "modified_after=2026-11-23T12:28:30&dates_are_gmt=true&orderby=modified&order=asc&status=any&per_page=100";
    assert!(asked.starts_with(start), "{asked}");
    let (shop, client) = served(vec![answer(200, "[]")]);
    client.changed_orders(&query, &since).await.unwrap();
    let asked = query_of(&shop);
    assert!(asked.contains("&status=processing,plukkes&after=2026-10-31T23:59:59&per_page=100"), "{asked}");
    // v2 takes one status; several are picked out of all.
    let (shop, _) = served(vec![recorded("v2_orders").map(|mut answer| {
        answer.headers.clear();
        answer
    })]);
    let page = client_of(&shop, Version::V2)
        .changed_orders(&query, &Cursor::since(at("2026-11-20T00:00:00Z")))
        .await
        .unwrap();
    assert!(query_of(&shop).contains("&status=any&"));
    assert!(page.orders.iter().all(|order| order.status == "processing"));
}

#[tokio::test]
async fn what_is_dated_ahead_hides_nothing_that_changes_until_then() {
    let at_present = |answered: Result<world::Response, world::TransportError>| {
        answered.map(|mut answer| {
            answer.headers.push(("date".to_owned(), "Fri, 20 Nov 2026 12:00:00 GMT".to_owned()));
            answer
        })
    };
    let query = OrderQuery::default();
    let (_, client) = served(vec![at_present(rows(&[
        (1, "20T11:00:00", "20T11:00:00"),
        (2, "20T11:00:00", "21T09:00:00"),
    ]))]);
    let page = client.changed_orders(&query, &Cursor::since(at("2026-11-20T10:00:00Z"))).await.unwrap();
    assert_eq!((ids(&page.orders), page.more), (vec![1, 2], false));
    assert_eq!(page.next.second(), at("2026-11-20T11:58:00Z"));
    // Nor a clock that was set back since.
    let (_, client) = served(vec![at_present(answer(200, "[]"))]);
    let page = client.changed_orders(&query, &Cursor::since(at("2026-11-20T13:00:00Z"))).await.unwrap();
    assert_eq!(page.next.second(), at("2026-11-20T11:58:00Z"));
    // What lies behind stays: nothing is read again and again.
    let (_, client) = served(vec![at_present(answer(200, "[]"))]);
    let page = client.changed_orders(&query, &Cursor::since(at("2026-11-20T09:00:00Z"))).await.unwrap();
    assert_eq!(page.next.second(), at("2026-11-20T09:00:00Z"));
}

#[tokio::test]
async fn a_status_that_is_gone_pauses_the_department() {
    let (_, client) = served(vec![recorded("orders_status_unknown")]);
    let query = OrderQuery { statuses: vec!["plukkes".to_owned()], created_from: None };
    let error = client.changed_orders(&query, &Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap_err();
    let trouble = error.trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Department));
    assert!(
        trouble.reason.contains("no longer has a status that orders are retrieved by"),
        "{}",
        trouble.reason
    );
}

#[tokio::test]
async fn every_order_since_a_moment_by_when_it_was_placed() {
    // 130 of one second, then one that was placed later; each is modified whenever.
    let crowd = (1..=130).map(|id| (id, "20T12:00:00", "23T13:00:00")).collect::<Vec<_>>();
    let tail = [&crowd[100..], &[(500, "20T12:00:01", "20T12:00:01")]].concat();
    let answers = vec![rows(&crowd[..100]), rows(&tail), rows(&crowd[..100]), rows(&tail), rows(&tail[30..])];
    let (shop, client) = served(answers);
    let orders = client.orders_since(at("2026-11-20T12:00:00Z"), &["processing".to_owned()]).await.unwrap();
    assert_eq!(ids(&orders), (1..=130).chain([500]).collect::<Vec<_>>());
    let asked = query_of(&shop);
    assert!(
        asked.starts_with(
            "after=2026-11-20T11:59:59&dates_are_gmt=true&orderby=date&order=asc&status=processing"
        ),
        "{asked}"
    );
    // The same moment stands in the question twice, but not with two values.
    assert_eq!(asked.matches("after=").count(), 1, "{asked}");
}

#[tokio::test]
async fn a_page_cut_off_where_an_hour_repeats_itself_is_not_trusted() {
    // Posts are put in order by local time: 02:10 comes before 02:50 of the hour before.
    let second = (1..=100).map(|id| (id, "01T00:00:00", "01T06:10:00")).collect::<Vec<_>>();
    let (shop, client) = served(vec![rows(&second), rows(&[(7, "01T00:00:00", "01T05:50:00")])]);
    let client = client.with_era(Capabilities::default(), time_zone("America/New_York"));
    let since = Cursor::since(at("2026-11-01T05:30:00Z"));
    let page = client.changed_orders(&OrderQuery::default(), &since).await.unwrap();
    assert_eq!(ids(&page.orders), [7]);
    assert!(
        shop.asked()[1]
            .url
            .query()
            .unwrap()
            .starts_with("orderby=id&order=asc&status=any&per_page=100&offset=0")
    );
}

#[tokio::test]
async fn old_shops_are_read_whole_from_the_day_before() {
    let answers = || {
        vec![rows(&[
            (1, "19T23:00:00", "23T12:00:00"),
            (2, "20T00:00:00", "20T01:00:00"),
            (3, "21T00:00:00", "23T12:00:00"),
        ])]
    };
    let from = at("2026-11-20T00:00:00Z");
    let (shop, client) = served(answers());
    let client = client.with_era(OLD, None);
    let query = OrderQuery { statuses: Vec::new(), created_from: Some(from) };
    let page = client.changed_orders(&query, &Cursor::since(at("2026-11-22T00:00:00Z"))).await.unwrap();
    assert_eq!((ids(&page.orders), page.more), (vec![3], false));
    let asked = query_of(&shop);
    assert!(
        asked.starts_with("orderby=id&order=asc&status=any&after=2026-11-19T00:00:00&per_page=100&offset=0"),
        "{asked}"
    );
    let (_, client) = served(answers());
    let orders = client.with_era(OLD, None).orders_since(from, &[]).await.unwrap();
    assert_eq!(ids(&orders), [2, 3]);
    // Where the zone is known, by the local time of creation.
    let (shop, client) = served(answers());
    let orders = client.with_era(OLD, time_zone("Europe/Oslo")).orders_since(from, &[]).await.unwrap();
    assert_eq!(ids(&orders), [2, 3]);
    assert!(
        query_of(&shop).starts_with("after=2026-11-20T00:59:59&orderby=date&order=asc"),
        "{}",
        query_of(&shop)
    );
}

#[tokio::test]
async fn refunds_are_above_zero() {
    for (name, version) in [("order_refunds", Version::V3), ("v2_refunds", Version::V2)] {
        let (shop, _) = served(vec![recorded(name)]);
        let refunds = client_of(&shop, version).refunds(OrderId(664)).await.unwrap();
        assert!(query_of(&shop).starts_with("dp=6&per_page=100&page=1&orderby=id&order=asc&_fields=id,"));
        let [refund] = &refunds[..] else { panic!("one refund") };
        assert_eq!(
            (refund.id.0, refund.amount_inc_tax, refund.created),
            (727, dec("13.44"), at("2026-11-23T12:28:39Z"))
        );
        let back = &refund.lines[0];
        assert_eq!((back.of_line, back.restocked, back.line.quantity), (Some(1), None, Decimal::ONE));
        assert_eq!(
            (back.line.total_ex_tax, back.line.total_tax, back.line.taxes[0].total),
            (dec("12"), dec("1.44"), dec("1.44"))
        );
        assert_eq!((refund.shipping_lines.len(), refund.fees.len()), (0, 0));
    }
    // Of an amount only, and of an order that never was.
    let (_, client) = served(vec![recorded("refunds_global"), answer(200, "[]")]);
    assert!(client.refunds(OrderId(688)).await.unwrap().iter().all(|refund| refund.lines.is_empty()));
    assert_eq!(client.refunds(OrderId(1)).await.unwrap(), []);
    let fees = r#"[{"id":9,"amount":"5.00","fee_lines":[{"id":1,"name":"Gavekort","total":"10.00","total_tax":"0","taxes":[]}],
        "shipping_lines":[{"id":2,"method_title":"Posten","total":"-15.00","total_tax":"-3.75","taxes":[{"id":1,"total":"-3.75"}]}]}]"#;
    let refunds = served(vec![answer(200, fees)]).1.refunds(OrderId(1)).await.unwrap();
    assert_eq!(
        (refunds[0].fees[0].total_ex_tax, refunds[0].shipping_lines[0].total_tax),
        (dec("-10"), dec("3.75"))
    );
}

#[tokio::test]
async fn a_write_is_one_request() {
    let (shop, client) = served(vec![recorded("order_put_status_completed")]);
    let change = OrderChange { status: Some("completed".into()), set_paid: true, marker: Some("i:7".into()) };
    let row = client.write_order(OrderId(743), &change).await.unwrap();
    assert_eq!((row.status.as_str(), row.paid.is_some()), ("completed", true));
    let asked = shop.asked();
    assert_eq!((asked.len(), asked[0].method), (1, Method::Put));
    let body: serde_json::Value = serde_json::from_slice(asked[0].body.as_deref().unwrap()).unwrap();
    let marker = serde_json::json!([{"key": "_loomis_woo", "value": "i:7"}]);
    assert_eq!(body, serde_json::json!({"status": "completed", "set_paid": true, "meta_data": marker}));
    assert!(OrderChange::default().is_empty() && !change.is_empty());
}

#[tokio::test]
async fn a_status_that_cannot_be_is_not_sent() {
    let refused = async |status: &str, known: &[&str]| {
        let (shop, client) = served(Vec::new());
        let client = client.with_order_statuses(known.iter().map(|status| (*status).to_owned()).collect());
        let change = OrderChange { status: Some(status.to_owned()), ..OrderChange::default() };
        let trouble = client.write_order(OrderId(1), &change).await.unwrap_err().trouble();
        assert_eq!((trouble.fate, shop.asked().len()), (Fate::Settings, 0));
        trouble.reason
    };
    for status in ["wc-completed", "", "trash", "auto-draft"] {
        assert!(refused(status, &[]).await.contains("is no status that"), "{status}");
    }
    expect![[r#"the shop's orders have no status "plukkes"; it has pending, completed: choose one of them, or switch its plugin on again"#]]
        .assert_eq(&refused("plukkes", &["pending", "completed"]).await);
}

#[tokio::test]
async fn what_becomes_of_a_write_that_fails() {
    let trouble = async |reply| {
        let (_, client) = served(vec![reply]);
        let change = OrderChange { status: Some("plukkes".into()), ..OrderChange::default() };
        client.write_order(OrderId(743), &change).await.unwrap_err().trouble()
    };
    let check = |trouble: retail::fate::Trouble, fate, scope, words: &str| {
        assert_eq!((trouble.fate, trouble.scope), (fate, scope), "{words}");
        assert!(trouble.reason.contains(words), "{}", trouble.reason);
    };
    let unregistered = recorded("order_put_status_custom_unregistered");
    check(trouble(unregistered).await, Fate::Settings, Scope::Department, "no such status");
    check(trouble(recorded("order_put_404")).await, Fate::Refusal, Scope::Record, "no longer has the order");
    check(
        trouble(recorded("order_put_refund_id")).await,
        Fate::Refusal,
        Scope::Record,
        "no longer has the order",
    );
    check(trouble(answer(504, "")).await, Fate::Ambiguous, Scope::Department, "");
    let another = recorded("order_post_empty");
    check(trouble(another).await, Fate::Ambiguous, Scope::Department, "answered with the id 745");
}

#[tokio::test]
async fn odd_rows_do_not_stop_a_page() {
    let odd = r#"[{"id":5,"number":"","status":"wc-plukkes","total":null,"refunds":{"1":{"id":"9","total":"-1.5"}},
        "date_created_gmt":null,"date_modified_gmt":"2026-11-23T12:30:00","meta_data":[{"id":1,"key":"_loomis_woo","value":"i:7"},
        {"id":2,"key":"_duell_order_id","value":42}]}]"#;
    let (_, client) = served(vec![answer(200, odd)]);
    let page = client
        .changed_orders(&OrderQuery::default(), &Cursor::since(at("2026-11-23T12:00:00Z")))
        .await
        .unwrap();
    let row = &page.orders[0];
    assert_eq!(
        (row.number.as_str(), row.status.as_str(), row.created),
        ("5", "plukkes", at("2026-11-23T12:30:00Z"))
    );
    assert_eq!((row.marker.as_deref(), row.foreign_marker.as_deref()), (Some("i:7"), Some("42")));
    assert_eq!((row.refunds[0].id.0, row.refunds[0].amount_inc_tax), (9, dec("1.5")));
}
