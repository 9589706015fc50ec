//! Orders that people move, edit, bin or refund in the moment that counts: between what was decided and what is sent, and between
//! what was read and what is written. Each test is a finding of a review.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use house::stage::Stage;
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    shop::NewOrder,
};
use sync::{Settlement, Tick};
use world::Method;

use crate::{
    between::Between,
    orders::{dec, place, selling, sku, waiting},
    review_orders::ticks,
};

/// A sale alone, and what it takes deducted.
fn booking() -> Value {
    json!({"create_customer_order": false, "bookkeeping": "separate", "deduct_from_stock": true})
}

fn one(stage: &Stage) -> NewOrder {
    NewOrder::of(sku(stage, "A-1"), 3)
}

fn refund(stage: &Stage, id: u64, amount: &str) -> u64 {
    stage.shop.refund_order(id, Some(dec(amount)), &[], false, stage.engine.world.now()).unwrap()
}

/// What was given back in Loomis Pay.
fn returned(stage: &Stage) -> Vec<Decimal> {
    let sales = stage.office.sales();
    let returns = sales.iter().filter(|sale| sale.reference_comment.contains(":refund:"));
    returns.map(|sale| -sale.total_inc_vat().normalize()).collect()
}

#[tokio::test]
async fn a_sale_that_waited_for_payment_is_booked_when_completing_pays() {
    let stage = selling(json!({}), booking()).await;
    let id = place(&stage, one(&stage).paid_by("cod"));
    stage.tick(Tick::Orders).await;
    assert!(waiting(&stage).await[0].starts_with(&format!("{id}: unpaid")));
    stage.shop.set_order_status(id, "completed", stage.engine.world.now());
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!((stage.office.sales().len(), stage.office.deductions().len()), (1, 1));
    assert_eq!(waiting(&stage).await, [""; 0]);
}

#[tokio::test]
async fn what_was_decided_stays_so_when_the_status_moves_on() {
    let mut orders = booking();
    orders["retrieve_statuses"] = json!(["on-hold"]);
    let stage = selling(json!({}), orders).await;
    let id = place(&stage, one(&stage).paid_by("cod").status("on-hold"));
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 0);
    stage.shop.edit_order(id, stage.engine.world.now(), |order| order.paid = Some(order.created));
    stage.shop.set_order_status(id, "processing", stage.engine.world.now());
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!((stage.office.sales().len(), stage.office.deductions().len()), (1, 1));
}

#[tokio::test]
async fn what_another_installation_may_have_given_back_is_not_given_back_again() {
    let stage = selling(json!({}), booking()).await;
    let id = place(&stage, one(&stage).meta("_duell_order_id", "77"));
    refund(&stage, id, "20");
    ticks(&stage, Tick::Orders, 2).await;
    let exists = Settlement::Exists("S-77".to_owned());
    stage.engine.settle_order("1", &id.to_string(), &exists).await.unwrap();
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!((returned(&stage), stage.office.deductions().len()), (Vec::new(), 0));
    let told = waiting(&stage).await;
    assert!(told.iter().any(|one| one.contains("unconfirmed") && one.contains("return")), "{told:?}");
    // A later one is ours.
    refund(&stage, id, "30");
    let sent = Settlement::Exists("S-78".to_owned());
    stage.engine.settle_order("1", &id.to_string(), &sent).await.unwrap();
    ticks(&stage, Tick::Orders, 3).await;
    assert_eq!(returned(&stage), [dec("30")]);
}

#[tokio::test]
async fn a_refund_that_is_deleted_blocks_no_later_one_and_one_that_was_sent_is_shown() {
    let stage = selling(json!({}), booking()).await;
    let id = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    let closed = json!({"status": false, "code": 422, "message": "the till is closed"}).to_string();
    stage.office_faults.add(
        Rule::always(Kind::Fail { status: 200, body: closed, headers: Vec::new() })
            .on("sale/orders/save")
            .times(2),
    );
    let first = refund(&stage, id, "20");
    stage.tick(Tick::Orders).await;
    assert_eq!(returned(&stage), []);
    let delete = |refund: u64| {
        stage.shop.edit_order(id, stage.engine.world.now(), |order| {
            order.refunds.retain(|one| one.id != refund);
        });
    };
    delete(first);
    let second = refund(&stage, id, "30");
    ticks(&stage, Tick::Orders, 4).await;
    stage.pass(Duration::from_secs(3600));
    ticks(&stage, Tick::Orders, 3).await;
    assert_eq!(returned(&stage), [dec("30")], "{:?}", waiting(&stage).await);
    delete(second);
    ticks(&stage, Tick::Orders, 3).await;
    let told = waiting(&stage).await;
    assert!(told.iter().any(|one| one.contains(&format!("refund {second} was deleted"))), "{told:?}");
}

#[tokio::test]
async fn what_waited_and_is_in_the_bin_holds_nothing() {
    let stage = selling(json!({"continuous_inventory": true}), booking()).await;
    let (binned, gone) =
        (place(&stage, one(&stage).paid_by("cod")), place(&stage, one(&stage).paid_by("cod")));
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!(waiting(&stage).await.len(), 2);
    // Booked by hand in Loomis Pay.
    stage.office.set_stock(1, stage.office.product_ids()[0], "4");
    stage.shop.trash_order(binned, stage.engine.world.now());
    stage.shop.delete_order(gone);
    ticks(&stage, Tick::Sweep, 1).await;
    ticks(&stage, Tick::Orders, 2).await;
    ticks(&stage, Tick::Stock, 2).await;
    assert_eq!(waiting(&stage).await, [""; 0]);
    assert_eq!(stage.shop.product(sku(&stage, "A-1")).unwrap().stock, Some(4));
}

/// Somebody cancels the order while it is sent, or while its completion is looked at.
async fn cancelled_before(part: &'static str, settings: Value, finished: bool) -> (Stage, u64) {
    let stage = selling(json!({}), settings).await;
    let id = place(&stage, one(&stage));
    let (shop, done) = (stage.shop.clone(), AtomicBool::new(false));
    if finished {
        stage.tick(Tick::Orders).await;
        stage.office.set_order_status(stage.office.orders()[0].order_id, 5);
    }
    let office = Between::new(Arc::new(stage.loomis.clone()), move |request, now| {
        if request.url.path().contains(part) && !done.swap(true, Ordering::SeqCst) {
            shop.set_order_status(id, "cancelled", now);
        }
        now
    });
    stage.network.host("loomis.example", office);
    ticks(&stage, Tick::Orders, 4).await;
    (stage, id)
}

#[tokio::test]
async fn a_status_that_somebody_gave_meanwhile_is_theirs() {
    let retrieved = json!({"status_after_retrieval": "on-hold"});
    let (stage, id) = cancelled_before("orders/save", retrieved, false).await;
    let order = stage.shop.order(id).unwrap();
    assert_eq!((order.status.as_str(), order.meta("_loomis_woo").is_some()), ("cancelled", true));
    let told = waiting(&stage).await;
    assert!(told.iter().any(|one| one.contains("cancelled")), "{told:?}");
    let completed = json!({"status_when_completed": "completed"});
    let (stage, id) = cancelled_before("orders/view", completed, true).await;
    assert_eq!(stage.shop.order(id).unwrap().status, "cancelled");
}

#[tokio::test]
async fn an_order_whose_payment_failed_is_not_completed() {
    let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
    let id = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    stage.shop.set_order_status(id, "failed", stage.engine.world.now());
    stage.office.set_order_status(stage.office.orders()[0].order_id, 5);
    ticks(&stage, Tick::Orders, 5).await;
    assert_eq!(stage.shop.order(id).unwrap().status, "failed");
    assert!(!waiting(&stage).await.is_empty());
}

#[tokio::test]
async fn an_edit_stays_shown_when_what_was_sent_before_is_settled() {
    let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("logistics/orders/save").times(1));
    let id = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    stage.shop.edit_order(id, stage.engine.world.now(), |order| {
        order.lines[0].quantity = dec("5");
    });
    ticks(&stage, Tick::Orders, 2).await;
    let there = Settlement::Exists(stage.office.orders()[0].order_id.to_string());
    stage.engine.settle_order("1", &id.to_string(), &there).await.unwrap();
    ticks(&stage, Tick::Orders, 3).await;
    let told = waiting(&stage).await;
    assert!(told.iter().any(|one| one.contains("edited")), "{told:?}");
    assert_eq!(stage.office.sales().len(), 0, "what is sold and what is reserved would differ");
}

#[tokio::test]
async fn a_return_names_no_sale_that_a_person_named_by_a_number() {
    let stage = selling(json!({}), booking()).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("sale/orders/save").times(1));
    let id = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    // Which may be another sale's id.
    let exists = Settlement::Exists("20045".to_owned());
    stage.engine.settle_order("1", &id.to_string(), &exists).await.unwrap();
    ticks(&stage, Tick::Orders, 2).await;
    refund(&stage, id, "20");
    ticks(&stage, Tick::Orders, 3).await;
    let sales = stage.office.sales();
    assert_eq!(sales.len(), 2, "{:?}", waiting(&stage).await);
    assert_eq!(sales[1].belongs_to, None);
}

#[tokio::test]
async fn a_return_is_on_the_voucher_that_its_sale_is_on() {
    for (bookkeeping, voucher) in [("same_voucher", "same"), ("separate", "separate")] {
        let stage = selling(json!({}), json!({"bookkeeping": bookkeeping})).await;
        let id = place(&stage, one(&stage));
        stage.tick(Tick::Orders).await;
        refund(&stage, id, "20");
        ticks(&stage, Tick::Orders, 2).await;
        let vouchers: Vec<String> = stage.office.sales().into_iter().map(|sale| sale.voucher).collect();
        assert_eq!(vouchers, [voucher, voucher]);
    }
}

#[tokio::test]
async fn goods_that_another_installation_has_taken_are_not_held_back() {
    let stage = selling(json!({"continuous_inventory": true}), json!({})).await;
    // Loomis Pay knows of it from there.
    stage.office.set_stock(1, stage.office.product_ids()[0], "7");
    place(&stage, one(&stage).meta("_duell_order_id", "77"));
    ticks(&stage, Tick::Orders, 2).await;
    ticks(&stage, Tick::Stock, 2).await;
    assert_eq!(stage.shop.product(sku(&stage, "A-1")).unwrap().stock, Some(7));
}

#[tokio::test]
async fn what_comes_back_after_it_was_added_back_is_held_as_soon_as_it_is_found() {
    let orders = json!({"create_customer_order": false, "deduct_from_stock": true});
    let stage = selling(json!({"continuous_inventory": true}), orders).await;
    let id = place(&stage, one(&stage));
    ticks(&stage, Tick::Orders, 2).await;
    let now = || stage.engine.world.now();
    stage.shop.set_order_status(id, "cancelled", now());
    ticks(&stage, Tick::Orders, 2).await;
    ticks(&stage, Tick::Stock, 2).await;
    let stock = || stage.shop.product(sku(&stage, "A-1")).unwrap().stock;
    assert_eq!(stock(), Some(10));
    stage.pass(Duration::from_secs(60));
    stage.shop.set_order_status(id, "processing", now());
    assert_eq!(stock(), Some(7));
    // A round of stock finds it, and nobody has looked after it yet: the desk's question fails.
    stage
        .shop_faults
        .add(Rule::always(Kind::Html { status: 503 }).on(format!("GET /wp-json/wc/v3/orders/{id}")));
    stage.office.set_stock(1, stage.office.product_ids()[0], "9");
    stage.tick(Tick::Stock).await;
    assert_eq!(stock(), Some(6));
    assert!(stage.shop_faults.count(&format!("{} /wp-json/wc/v3/orders/{id}", Method::Put)) < 3);
}
