//! What comes after an order was taken: refunds, completion, and what people change in the shop.

use retail::Decimal;
use serde_json::{Value, json};
use sync::Tick;
use world::Method;

use crate::{
    shop::{Town, amount},
    stage::{STOCK, Stage},
};

/// An order of two rates with shipping, taken.
async fn taken(stage: &Stage<'_>) -> u64 {
    let shipping = json!([{"method_id": "flat_rate", "method_title": "Posten", "total": "79.20"}]);
    let lines = [stage.line("A", 3), stage.line("C", 4)];
    let id = stage.place(json!({"line_items": lines, "shipping_lines": shipping})).await;
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.waiting().await, []);
    assert_eq!(stage.sales_of(id)[0].total_inc_vat().normalize(), stage.total(id).await);
    id
}

/// One of a line, an amount alone, and all that is left: each a return, and together what the shop gave back.
async fn refunded(stage: &Stage<'_>) -> u64 {
    let id = taken(stage).await;
    let order = stage.town.get(&format!("orders/{id}"), &[("dp", "6")]).await;
    let line = &order["line_items"][1];
    let share = |value: &Value| (amount(value) / Decimal::from(4)).round_dp(4);
    let (net, tax) = (share(&line["total"]), share(&line["taxes"][0]["total"]));
    let rate = &line["taxes"][0]["id"];
    // An old shop wants lines and rates by their ids, and takes no notice of a list.
    let lines = match stage.town.major().await {
        ..6 => json!({line["id"].to_string(): {"qty": 1, "refund_total": net.to_string(),
            "refund_tax": {rate.to_string(): tax.to_string()}}}),
        _ => json!([{"id": line["id"], "quantity": 1, "refund_total": net.to_string(),
            "refund_tax": [{"id": rate, "refund_total": tax.to_string()}]}]),
    };
    let refund = json!({
        "api_refund": false, "api_restock": true, "reason": "Skadet", "amount": (net + tax).round_dp(2).to_string(),
        "line_items": lines
    });
    give_back(stage, id, refund, 2).await;
    give_back(stage, id, json!({"api_refund": false, "api_restock": false, "amount": "10"}), 3).await;
    let left = stage.total(id).await - given(stage, id).await;
    give_back(stage, id, json!({"api_refund": false, "amount": left.to_string()}), 4).await;
    assert_eq!(stage.town.order(id).await["status"], "refunded");
    let sum: Decimal = stage.sales_of(id).iter().map(|one| one.total_inc_vat()).sum();
    assert_eq!(sum.normalize(), Decimal::ZERO);
    let saves = stage.saves();
    stage.tick(Tick::Sweep).await;
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.saves(), saves, "each once");
    id
}

async fn give_back(stage: &Stage<'_>, id: u64, refund: Value, sales: usize) {
    stage.rest().await;
    stage.town.send(Method::Post, &format!("orders/{id}/refunds"), refund).await;
    stage.tick(Tick::Orders).await;
    if stage.sales_of(id).len() < sales {
        // An older shop doesn't date the order by it.
        stage.tick(Tick::Sweep).await;
    }
    stage.tick(Tick::Orders).await;
    let all = stage.sales_of(id);
    assert_eq!(all.len(), sales, "{:?}", stage.waiting().await);
    assert!(all[1..].iter().all(|one| one.belongs_to == Some(("sale".to_owned(), all[0].order_id))));
    let back: Decimal = all[1..].iter().map(|one| one.total_inc_vat()).sum();
    assert_eq!(-back.normalize(), given(stage, id).await);
    assert_eq!(stage.waiting().await, []);
}

/// What the shop gave back.
async fn given(stage: &Stage<'_>, id: u64) -> Decimal {
    let refunds = stage.town.get(&format!("orders/{id}/refunds"), &[]).await;
    refunds.as_array().unwrap().iter().map(|one| amount(&one["amount"])).sum::<Decimal>().normalize()
}

pub(crate) async fn refunds_of_a_customer_order(town: &Town) {
    let stage = Stage::new(town, json!({}), json!({"bookkeeping": "separate"})).await;
    let id = refunded(&stage).await;
    assert_eq!((stage.orders_of(id).len(), stage.office.deductions().len()), (1, 0));
}

/// What was put back on the shelf is added back, once.
pub(crate) async fn refunds_of_a_deduction(town: &Town) {
    let orders =
        json!({"create_customer_order": false, "bookkeeping": "separate", "deduct_from_stock": true});
    let stage = Stage::new(town, json!({}), orders).await;
    let id = refunded(&stage).await;
    assert_eq!(stage.orders_of(id), []);
    let of = |end: &str| stage.office.amount(1, stage.product(end)).available().normalize();
    assert_eq!((of("A"), of("C")), (Decimal::from(STOCK - 3), Decimal::from(STOCK - 4 + 1)));
    assert_eq!(stage.office.deductions().len(), 3, "{:?}", stage.office.deductions());
    assert_eq!(stage.in_shop("C").await, STOCK - 4 + 1, "as the shop has it");
}

/// Packed, and finished in Loomis Pay: completed in the shop, and its payment with it.
pub(crate) async fn finished_is_completed(town: &Town) {
    let orders = json!({"status_after_retrieval": "on-hold", "status_when_completed": "completed"});
    let stage = Stage::new(town, json!({}), orders).await;
    let lines = [stage.line("B", 2)];
    let paid = stage.place(json!({"line_items": lines})).await;
    let unpaid = stage.place(json!({"line_items": lines, "payment_method": "cod"})).await;
    stage.tick(Tick::Orders).await;
    for id in [paid, unpaid] {
        let order = town.order(id).await;
        assert_eq!(order["status"], "on-hold");
        assert_eq!(order["date_paid"].is_null(), id == unpaid, "{order}");
        let key = stage.orders_of(id)[0].order_id;
        stage.office.pack(key);
        stage.office.set_order_status(key, 3);
    }
    stage.tick(Tick::Orders).await;
    assert_eq!(town.order(paid).await["status"], "on-hold");
    for id in [paid, unpaid] {
        stage.office.set_order_status(stage.orders_of(id)[0].order_id, 5);
    }
    for _ in 0..2 {
        stage.tick(Tick::Orders).await;
    }
    for id in [paid, unpaid] {
        let order = town.order(id).await;
        assert_eq!(order["status"], "completed", "{:?}", stage.waiting().await);
        assert!(order["date_paid"].is_string() && order["date_completed"].is_string(), "{order}");
        assert_eq!(stage.written(id).len(), 2, "{:?}", stage.written(id));
    }
    assert_eq!(stage.waiting().await, []);
}

pub(crate) async fn cancelled_and_edited_are_shown(town: &Town) {
    let stage = Stage::new(town, json!({}), json!({"bookkeeping": "separate"})).await;
    let cancelled = stage.place(json!({"line_items": [stage.line("A", 1)]})).await;
    let edited = stage.place(json!({"line_items": [stage.line("A", 2)]})).await;
    let untouched = stage.place(json!({"line_items": [stage.line("A", 2)]})).await;
    stage.tick(Tick::Orders).await;
    let saves = stage.saves();
    stage.rest().await;
    town.send(Method::Put, &format!("orders/{cancelled}"), json!({"status": "cancelled"})).await;
    let line = town.order(edited).await["line_items"][0]["id"].clone();
    let lines = json!([{"id": line, "quantity": 5, "subtotal": "400", "total": "400"}]);
    town.send(Method::Put, &format!("orders/{edited}"), json!({"line_items": lines})).await;
    for _ in 0..2 {
        stage.tick(Tick::Orders).await;
    }
    let waiting = stage.waiting().await;
    let shown = |id: u64| waiting.iter().find(|one| one.0 == id).map(|one| one.1.as_str());
    assert!(shown(cancelled).is_some_and(|text| text.starts_with("cancelled")), "{waiting:?}");
    assert!(shown(edited).is_some_and(|text| text.starts_with("edited")), "{waiting:?}");
    assert_eq!((shown(untouched), stage.saves()), (None, saves));
}
