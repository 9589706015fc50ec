//! Orders, from our client to the books and back.

use loomis::Error;
use retail::{
    fate::{Fate, Scope},
    order::office::{Address as To, BelongsTo, Kind as Made, Line as Sold, OfficeOrder},
};
use rust_decimal::Decimal;

use super::*;

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn token() -> Secret {
    Secret::new(DEPARTMENT)
}

fn line(product: u64, quantity: &str, price_inc_vat: &str) -> Sold {
    let price = dec(price_inc_vat);
    Sold {
        product: ProductId(product),
        quantity: dec(quantity),
        price_ex_vat: (price / dec("1.25")).round_dp(2),
        price_inc_vat: price,
        vat_percent: dec("25"),
        discount_inc_vat: None,
        comments: "- Size: M".to_owned(),
    }
}

fn order(reference: u64, kind: Made, lines: Vec<Sold>) -> OfficeOrder {
    OfficeOrder {
        reference,
        reference_comment: format!("woo:1:{reference}"),
        comments: "Nr. 1001".to_owned(),
        ordered: "2026-11-20T11:00:00Z".parse().unwrap(),
        customer: None,
        billing: To {
            address: "Storgata 5".to_owned(),
            city: "Ålesund".to_owned(),
            zip: "6002".to_owned(),
            country: "NO".to_owned(),
        },
        lines,
        kind,
    }
}

fn locked() -> Made {
    Made::CustomerOrder { shipping: To::default(), locked: true, may_be_unlocked: false }
}

fn unlockable() -> Made {
    Made::CustomerOrder { shipping: To::default(), locked: true, may_be_unlocked: true }
}

fn sale(belongs_to: Option<BelongsTo>) -> Made {
    Made::Sale { separate_voucher: true, belongs_to }
}

/// Two products, ten of each.
fn shelf() -> Set {
    let set = set();
    for number in ["A", "B"] {
        let id = set.office.add_product(Product::new(number, number));
        set.office.set_stock(1, id, "10");
    }
    set
}

fn stock(set: &Set, product: u64) -> (String, String) {
    let amount = set.office.amount(1, product);
    (amount.available().normalize().to_string(), amount.physical.normalize().to_string())
}

fn both(available: &str, physical: &str) -> (String, String) {
    (available.to_owned(), physical.to_owned())
}

#[tokio::test]
async fn a_customer_order_reserves_and_the_packing_slip_deducts() {
    let set = shelf();
    let wanted =
        order(1234, locked(), vec![line(1, "2", "100"), line(2, "0.5", "79.90"), line(1, "1", "33.34")]);
    let saved = set.client.save_order(&token(), &wanted).await.unwrap();

    let kept = set.office.order(saved.order_id).unwrap();
    assert_eq!(kept.order_number, saved.order_number);
    assert_eq!((kept.reference, kept.reference_comment.as_str()), (1234, "woo:1:1234"));
    assert_eq!(
        (kept.order_date.as_str(), kept.locked_at.as_str()),
        ("2026-11-20 12:00:00", "2026-11-24 05:00:00")
    );
    assert_eq!((kept.status, kept.locked, kept.may_be_unlocked, kept.packed), (1, true, false, false));
    assert_eq!((kept.order_address.city.as_str(), kept.department_id, kept.customer_id), ("Ålesund", 1, 0));
    assert_eq!(kept.total_inc_vat(), dec("273.29"));
    assert_eq!(kept.lines[1].price_ex_vat, dec("63.92"));
    assert_eq!((stock(&set, 1), stock(&set, 2)), (both("7", "10"), both("9.5", "10")));
    let page = set.client.stock(&token(), 0, &[]).await.unwrap();
    assert_eq!(page.rows[0].available, Some(dec("7")), "what is reserved is not available");

    set.office.set_stock(1, 1, "20");
    assert_eq!(stock(&set, 1), both("17", "20"), "counting does not undo a reservation");
    set.office.pack(saved.order_id);
    assert_eq!((stock(&set, 1), stock(&set, 2)), (both("17", "17"), both("9.5", "9.5")));
    set.office.set_order_status(saved.order_id, 5);
    let view = set.client.view_order(saved.order_id).await.unwrap().unwrap();
    assert_eq!((view.status, view.reference, view.order_id), (5, Some(1234), saved.order_id));
    assert_eq!((view.reference_comment, view.order_number), (kept.reference_comment, saved.order_number));
    assert!(set.office.deductions().is_empty() && set.office.sales().is_empty());
}

#[test]
#[should_panic(expected = "packing slip")]
fn packed_it_cannot_be_changed() {
    let set = shelf();
    let saved = futures(set.client.save_order(&token(), &order(1, unlockable(), vec![line(1, "2", "100")])));
    set.office.pack(saved.unwrap().order_id);
    set.office.unlock(5_001);
}

/// Runs what needs no reactor.
pub(super) fn futures<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[tokio::test]
async fn unlocked_or_cancelled_nothing_is_reserved() {
    let set = shelf();
    let one =
        set.client.save_order(&token(), &order(1, unlockable(), vec![line(1, "2", "100")])).await.unwrap();
    let other =
        set.client.save_order(&token(), &order(2, locked(), vec![line(1, "3", "100")])).await.unwrap();
    let loose = Made::CustomerOrder { shipping: To::default(), locked: false, may_be_unlocked: true };
    set.client.save_order(&token(), &order(3, loose, vec![line(1, "4", "100")])).await.unwrap();
    assert_eq!(stock(&set, 1), both("5", "10"));
    set.office.unlock(one.order_id);
    assert_eq!(stock(&set, 1), both("7", "10"));
    set.office.cancel(other.order_id);
    assert_eq!(stock(&set, 1), both("10", "10"));
    assert_eq!(set.client.view_order(other.order_id).await.unwrap().unwrap().status, 8);
    // Not locked any more, it is still packed like any other.
    set.office.pack(one.order_id);
    assert_eq!(stock(&set, 1), both("8", "8"));
}

#[tokio::test]
async fn sales_and_returns_move_no_stock_and_add_up() {
    let set = shelf();
    let first =
        set.client.save_order(&token(), &order(7, locked(), vec![line(1, "2", "100")])).await.unwrap();
    let linked = sale(Some(BelongsTo::CustomerOrder(first.order_id)));
    let mut discounted = line(1, "2", "100");
    discounted.discount_inc_vat = Some(dec("5.50"));
    let sold = set.client.save_order(&token(), &order(7, linked, vec![discounted.clone()])).await.unwrap();
    discounted.quantity = dec("-1");
    let back = sale(Some(BelongsTo::Sale(sold.order_id)));
    let back = set.client.save_order(&token(), &order(7, back, vec![discounted])).await.unwrap();

    let sales = set.office.sales();
    let total: Decimal = sales.iter().map(Sale::total_inc_vat).sum();
    assert_eq!(total, dec("94.50"));
    assert_eq!(sales[0].belongs_to, Some(("customer_order".to_owned(), first.order_id)));
    assert_eq!(sales[1].belongs_to, Some(("sale".to_owned(), sold.order_id)));
    assert_eq!((sales[1].order_id, sales[0].voucher.as_str()), (back.order_id, "separate"));
    assert_eq!(stock(&set, 1), both("8", "10"));
    assert!(set.client.view_order(sold.order_id).await.unwrap().is_none(), "a sale is no customer order");

    let nowhere = order(8, sale(Some(BelongsTo::Sale(99))), vec![line(1, "-1", "100")]);
    assert_eq!(fate(set.client.save_order(&token(), &nowhere).await), Fate::Refusal);
}

pub(super) fn fate<T: std::fmt::Debug>(result: Result<T, Error>) -> Fate {
    result.unwrap_err().trouble().fate
}

#[tokio::test]
async fn orders_are_looked_up_where_that_is_known() {
    let set = shelf();
    for reference in [5, 6, 5] {
        set.client
            .save_order(&token(), &order(reference, locked(), vec![line(1, "1", "100")]))
            .await
            .unwrap();
    }
    let found = set.client.find_orders(5).await.unwrap();
    let ids: Vec<u64> = found.iter().map(|row| row.order_id).collect();
    assert_eq!((ids, found[0].reference, found[0].status), (vec![5_001, 5_003], Some(5), Some(1)));
    assert!(set.client.find_orders(77).await.unwrap().is_empty());

    set.clock.advance(Duration::from_secs(10 * 3_600));
    let since = set.clock.now();
    set.clock.advance(Duration::from_secs(60));
    set.office.set_order_status(5_002, 4);
    set.office.pack(5_003);
    let changed = set.client.changed_orders(since).await.unwrap();
    assert_eq!(changed.server_time, set.clock.now());
    let changed: Vec<_> = changed.rows.iter().map(|row| (row.order_id, row.status, row.updated)).collect();
    let now = Some(set.clock.now());
    assert_eq!(changed, [(5_002, Some(4), now), (5_003, Some(1), now)]);

    for reference in 100..310 {
        set.client
            .save_order(&token(), &order(reference, locked(), vec![line(1, "1", "100")]))
            .await
            .unwrap();
    }
    assert_eq!(set.client.changed_orders(since).await.unwrap().rows.len(), 212, "all pages");

    set.office.set_order_lookup(false);
    let trouble = set.client.find_orders(5).await.unwrap_err().trouble();
    assert_eq!(trouble.fate, Fate::Settings);
    assert!(trouble.reason.contains("switch order_lookup off"), "{trouble}");
    assert!(set.client.view_order(4).await.unwrap().is_none());
}

#[tokio::test]
async fn rows_are_refused_under_status_true() {
    let set = shelf();
    let wanted = order(9, locked(), vec![line(1, "1", "100")]);
    set.office.refuse_next("logistics/orders/save", 9, r#"{"9":{"zip":["6002 is no zip of Ålesund"]}}"#);
    let trouble = set.client.save_order(&token(), &wanted).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Refusal, Scope::Record));
    assert_eq!(
        trouble.reason,
        r#"Loomis Pay, logistics/orders/save: not taken ({"9":{"zip":["… is no zip of …"]}})"#,
        "whole, but for the customer"
    );
    assert_eq!(stock(&set, 1), both("10", "10"));
    set.client.save_order(&token(), &wanted).await.unwrap();

    let nobody = OfficeOrder { customer: Some(retail::order::office::CustomerId(3)), ..wanted.clone() };
    let empty = OfficeOrder { lines: Vec::new(), ..wanted.clone() };
    let unknown = OfficeOrder { lines: vec![line(99, "1", "100")], ..wanted.clone() };
    for (wrong, reason) in [(nobody, "Customer 3"), (empty, "product_data"), (unknown, "product 99")] {
        let trouble = set.client.save_order(&token(), &wrong).await.unwrap_err().trouble();
        assert_eq!(trouble.fate, Fate::Refusal);
        assert!(trouble.reason.contains(reason), "{trouble}");
    }
    let trouble = set.client.save_order(&Secret::new("gone"), &wanted).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Department), "{trouble}");
}

#[tokio::test]
async fn a_save_is_sent_once_whatever_happens() {
    let set = shelf();
    let mut made = 0;
    let mut check = async |kind: Kind, expected: Fate, processed: bool| {
        set.faults.add(Rule::next(kind.clone()).on("sale/orders/save"));
        set.faults.clear_log();
        let result = set.client.save_order(&token(), &order(1, sale(None), vec![line(1, "1", "100")])).await;
        assert_eq!(fate(result), expected, "{kind:?}");
        assert_eq!(set.faults.count("sale/orders/save"), 1, "{kind:?}");
        made += usize::from(processed);
        assert_eq!(set.office.sales().len(), made, "{kind:?}");
    };
    let fail = |status, body: &str| Kind::Fail { status, body: body.to_owned(), headers: Vec::new() };
    check(Kind::CutAfter, Fate::Ambiguous, true).await;
    check(Kind::CutBefore, Fate::Ambiguous, false).await;
    check(Kind::HangAfter, Fate::Ambiguous, true).await;
    check(Kind::Hang, Fate::Ambiguous, false).await;
    check(Kind::Html { status: 502 }, Fate::Ambiguous, false).await;
    check(fail(500, ""), Fate::Ambiguous, false).await;
    check(fail(200, ""), Fate::Ambiguous, false).await;
    check(Kind::NoiseBefore { noise: Some("oops".to_owned()) }, Fate::Ambiguous, true).await;
    check(Kind::Html { status: 403 }, Fate::Settings, false).await;
    check(Kind::TooManyRequests { retry_after: Some("7".to_owned()) }, Fate::Retry, false).await;
    check(fail(400, ""), Fate::Refusal, false).await;
    check(fail(404, "nothing"), Fate::Settings, false).await;
}

#[tokio::test]
async fn an_expired_token_is_no_reason_to_lose_a_save() {
    let set = shelf();
    let wanted = order(1, sale(None), vec![line(1, "1", "100")]);
    set.client.save_order(&token(), &wanted).await.unwrap();
    for as_status in [false, true] {
        set.office.server().set_codes_as_status(as_status);
        set.office.server().expire_tokens();
        set.client.save_order(&token(), &wanted).await.unwrap();
    }
    assert_eq!((set.office.sales().len(), set.faults.count("getaccesstokens")), (3, 3));
    set.office.set_licensed("sale/orders/save", false);
    let trouble = set.client.save_order(&token(), &wanted).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Client), "{trouble}");
    assert_eq!(set.office.sales().len(), 3);
}

#[tokio::test]
async fn stock_is_deducted_by_number() {
    let set = shelf();
    set.client.adjust_stock(&token(), "A", dec("2.5")).await.unwrap();
    set.client.adjust_stock(&token(), "A", dec("2.5")).await.unwrap();
    set.client.adjust_stock(&token(), "A", dec("-1")).await.unwrap();
    assert_eq!(stock(&set, 1), both("6", "6"));
    let made: Vec<_> = set.office.deductions().into_iter().map(|d| (d.product_id, d.quantity)).collect();
    assert_eq!(made, [(1, dec("2.5")), (1, dec("2.5")), (1, dec("-1"))]);

    set.office.add_product(Product::new("B", "twin"));
    for (number, reason) in [("B", "not unique"), ("C", "not found")] {
        let trouble = set.client.adjust_stock(&token(), number, dec("1")).await.unwrap_err().trouble();
        assert_eq!(trouble.fate, Fate::Refusal);
        assert!(trouble.reason.contains(reason), "{trouble}");
    }
    set.faults.add(Rule::next(Kind::CutAfter).on("adjust-stock"));
    assert_eq!(fate(set.client.adjust_stock(&token(), "A", dec("1")).await), Fate::Ambiguous);
    assert_eq!(stock(&set, 1), both("5", "5"));
    let gone = set.client.adjust_stock(&Secret::new("gone"), "A", dec("1")).await;
    assert_eq!(gone.unwrap_err().trouble().scope, Scope::Department);
}

#[test]
fn orders_come_as_lists_and_objects_in_any_order() {
    let set = shelf();
    let order = |reference: u64| {
        let data = json!({
            "department_id": DEPARTMENT, "reference_order_number": reference.to_string(), "voucher": "same",
            "order_date": "2026-11-20 12:00:00",
        });
        let line = json!({
            "entity_type": "product", "product_id": "1", "quantity": 1, "price_ex_vat": "80",
            "price_inc_vat": "100.00", "vatrate_percent": 25, "discount_amount": "",
        });
        json!({ "order_data": data, "product_data": [line] })
    };
    let answer = post(&set, "sale/orders/save", &json!({ "orders": { "x": order(1), "y": order(2) } }));
    assert_eq!(answer["total_affected"], 2);
    let last = answer["data"][0]["reference_order_number"].to_string();
    assert!(last.contains('2'), "{answer}");
    set.office.refuse_next("sale/orders/save", 1, "not today");
    let answer = post(&set, "sale/orders/save", &json!({ "orders": [order(1), order(2)] }));
    assert_eq!(answer["validation_message"], json!({ "0": ["not today"] }));
    assert_eq!((answer["data"].as_array().unwrap().len(), set.office.sales().len()), (1, 3));
    let mut nameless = order(1);
    nameless["order_data"]["voucher"] = json!("third");
    let mut dateless = order(1);
    dateless["order_data"]["order_date"] = json!("2026-11-20T12:00:00Z");
    let answer = post(&set, "sale/orders/save", &json!({ "orders": [nameless, dateless] }));
    assert_eq!(answer["validation_message"].as_array().unwrap().len(), 2);
    assert_eq!((&answer["status"], &answer["data"]), (&json!(true), &json!([])));
}

#[test]
fn staff_over_http() {
    let set = shelf();
    futures(set.client.save_order(&token(), &order(1, unlockable(), vec![line(1, "2", "100")]))).unwrap();
    let control = |method, path: &str, body: Value| {
        let body = body.to_string().into_bytes();
        set.office.server().control(method, path, &body, set.clock.now()).unwrap()
    };
    control(Method::Post, "order", json!({ "order_id": 5_001, "do": "unlock" })).unwrap();
    control(Method::Post, "order", json!({ "order_id": 5_001, "do": "pack" })).unwrap();
    control(Method::Post, "order", json!({ "order_id": 5_001, "status": 5 })).unwrap();
    let shown = control(Method::Get, "order/5001", json!(null)).unwrap();
    assert_eq!(
        (&shown["status"], &shown["packed"], &shown["locked"]),
        (&json!(5), &json!(true), &json!(false))
    );
    for wrong in [json!({ "order_id": 5_001, "do": "cancel" }), json!({ "order_id": 1, "status": 5 })] {
        assert!(control(Method::Post, "order", wrong).is_err());
    }
    control(Method::Post, "server", json!({ "order_lookup": false })).unwrap();
    let refusal = json!({ "call": "sale/orders/save", "reference": 1, "message": "no" });
    control(Method::Post, "refuse", refusal).unwrap();
    let refused = futures(set.client.save_order(&token(), &order(1, sale(None), vec![line(1, "2", "100")])));
    assert_eq!(fate(refused), Fate::Refusal);
    let state = set.office.server().state();
    assert_eq!(
        (&state["order_lookup"], &state["clients"][0]["orders"]["customer_orders"]),
        (&json!(false), &json!(1))
    );
}
