//! Totals, in the shop and in Loomis Pay.

use serde_json::{Value, json};
use sync::Tick;

use crate::{
    shop::{Town, amount},
    stage::Stage,
};

/// Orders of chance besides those that were thought of.
const BY_CHANCE: usize = 24;

/// Whatever is in it: what the shop asks for is what Loomis Pay books, to the øre; once, and the shop hears of it in one write.
pub(crate) async fn every_total_to_the_ore(town: &Town) {
    let orders = json!({"bookkeeping": "separate", "status_after_retrieval": "on-hold"});
    let stage = Stage::new(town, json!({}), orders).await;
    let (tenth, odd) = (town.coupon("10").await, town.coupon("13").await);
    let mut asked = thought_of(&stage, &tenth, &odd);
    asked.extend((0..BY_CHANCE).map(|_| by_chance(&stage, &[&tenth, &odd])));
    let mut placed = Vec::new();
    for order in asked {
        placed.push((stage.place(order.clone()).await, order));
    }
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.waiting().await, []);
    for (id, asked) in &placed {
        let order = town.order(*id).await;
        let total = amount(&order["total"]);
        let (orders, sales) = (stage.orders_of(*id), stage.sales_of(*id));
        assert_eq!((orders.len(), sales.len()), (1, 1), "{asked}");
        assert!(orders[0].locked && !orders[0].may_be_unlocked);
        assert_eq!(orders[0].total_inc_vat().normalize(), total, "{asked} {order} {:#?}", orders[0]);
        assert_eq!(sales[0].total_inc_vat().normalize(), total, "{asked} {order} {:#?}", sales[0]);
        assert_eq!(sales[0].belongs_to, Some(("customer_order".to_owned(), orders[0].order_id)));
        // Status and marker, in one write.
        assert_eq!(order["status"], "on-hold");
        let marker = order["meta_data"].as_array().unwrap().iter().find(|one| one["key"] == "_loomis_woo");
        let marker = marker.unwrap_or_else(|| panic!("no marker: {order}"))["value"].as_str().unwrap();
        assert!(marker.ends_with(&format!(":{}", orders[0].order_number)), "{marker}");
        let written = stage.written(*id);
        assert_eq!(written.len(), 1, "{written:?}");
        assert_eq!(written[0]["status"], "on-hold");
        assert_eq!(written[0]["meta_data"][0]["value"], marker);
    }
    // Nothing more comes of it, whatever ticks.
    let saves = stage.saves();
    for tick in [Tick::Orders, Tick::Sweep, Tick::Orders] {
        stage.tick(tick).await;
    }
    assert_eq!(stage.saves(), saves);
    assert_eq!(stage.ways.written.lock().unwrap().len(), placed.len());
    assert_eq!(stage.waiting().await, []);
}

/// The simulated shop works out the same order to the same amounts, line by line and with six decimals.
pub(crate) async fn the_simulator_asks_the_same(town: &Town) {
    if town.major().await < 10 {
        let version = town.version().await;
        println!(
            "    not tried: WooCommerce {version} works out fees and odd coins otherwise, and the simulator doesn't"
        );
        return;
    }
    let twin = town.twin().await;
    let here = Stage::new(town, json!({}), json!({})).await;
    let there = Stage::new(&twin, json!({}), json!({})).await;
    let coupons = [("10", town.coupon("10").await), ("13", town.coupon("13").await)];
    let mut asked = thought_of(&here, &coupons[0].1, &coupons[1].1);
    asked.extend((0..BY_CHANCE).map(|_| by_chance(&here, &[&coupons[0].1, &coupons[1].1])));
    let mut codes = Vec::new();
    for (percent, code) in coupons {
        codes.push((code, twin.coupon(percent).await));
    }
    let mut differ = Vec::new();
    for order in asked {
        let mut same = here.as_on(&there, &order);
        for coupon in same["coupon_lines"].as_array_mut().into_iter().flatten() {
            let (_, code) = codes.iter().find(|(code, _)| coupon["code"] == code.as_str()).unwrap();
            coupon["code"] = json!(code);
        }
        let mut amounts = Vec::new();
        for (stage, order) in [(&here, order.clone()), (&there, same)] {
            let id = stage.place(order).await;
            amounts.push(amounts_of(&stage.town.get(&format!("orders/{id}"), &[("dp", "6")]).await));
        }
        if amounts[0] != amounts[1] {
            differ.push(format!("{order}\n      {}\n      {}", amounts[0], amounts[1]));
        }
    }
    assert!(differ.is_empty(), "the shop, and the simulator:\n    {}", differ.join("\n    "));
}

/// All amounts of an order but those of its coupons, which nobody reads: they are sums of another kind.
fn amounts_of(order: &Value) -> Value {
    // Older shops write 40 where newer ones write 40.000000.
    let plain =
        |value: &Value| value.as_str().map_or_else(|| value.clone(), |_| json!(amount(value).to_string()));
    let row = |row: &Value, fields: &[&str]| {
        let mut all: Vec<Value> = fields.iter().map(|field| plain(&row[*field])).collect();
        let taxes = row["taxes"].as_array().into_iter().flatten();
        all.push(taxes.filter(|tax| tax["total"] != "").map(|tax| plain(&tax["total"])).collect());
        Value::from(all)
    };
    let rows = |list: &str, fields: &[&str]| -> Value {
        order[list].as_array().into_iter().flatten().map(|one| row(one, fields)).collect()
    };
    json!({
        "order": row(order, &["total", "total_tax", "cart_tax", "discount_total", "discount_tax", "shipping_total",
            "shipping_tax"]),
        "lines": rows("line_items", &["quantity", "subtotal", "subtotal_tax", "total", "total_tax"]),
        "shipping": rows("shipping_lines", &["total", "total_tax"]),
        "fees": rows("fee_lines", &["total", "total_tax"]),
        "rates": rows("tax_lines", &["rate_percent", "tax_total", "shipping_tax_total"]),
    })
}

fn thought_of(stage: &Stage<'_>, tenth: &str, odd: &str) -> Vec<Value> {
    let all = || vec![stage.line("A", 3), stage.line("B", 7), stage.line("C", 11)];
    let shipped = |total: &str| json!([{"method_id": "flat_rate", "method_title": "Posten", "total": total}]);
    let bent = |end: &str, quantity: i64, subtotal: &str, total: &str| {
        let mut line = stage.line(end, quantity);
        line["subtotal"] = json!(subtotal);
        line["total"] = json!(total);
        line
    };
    vec![
        json!({"line_items": [stage.line("A", 2)]}),
        json!({"line_items": [stage.line("C", 7)]}),
        json!({"line_items": all()}),
        json!({"line_items": [stage.line("P-M", 1), stage.line("P-L", 2)], "shipping_lines": shipped("79.20")}),
        json!({"line_items": all(), "coupon_lines": [{"code": tenth}]}),
        json!({"line_items": all(), "coupon_lines": [{"code": odd}], "shipping_lines": shipped("39.95")}),
        json!({"line_items": all(), "fee_lines": [{"name": "Gaveinnpakning", "total": "20"}]}),
        json!({"line_items": all(), "fee_lines": [{"name": "Gavekort", "total": "-50"}]}),
        json!({"line_items": all(), "coupon_lines": [{"code": odd}], "shipping_lines": shipped("79.20"),
            "fee_lines": [{"name": "Gaveinnpakning", "total": "20"}, {"name": "Gavekort", "total": "-33.33"}]}),
        json!({"line_items": [bent("A", 3, "100", "77.77"), bent("C", 2, "33.335", "20.005")]}),
        json!({"line_items": [stage.line("B", 1)], "shipping_lines": shipped("0")}),
        json!({"line_items": [bent("A", 1, "80", "0"), stage.line("B", 1)]}),
    ]
}

fn by_chance(stage: &Stage<'_>, coupons: &[&str]) -> Value {
    let chance = |of: u64| stage.town.world.chance.next() % of;
    let cents = |most: u64| {
        let cents = chance(most) + 1;
        format!("{}.{:02}", cents / 100, cents % 100)
    };
    let ends = stage.ends();
    let pick = |_| {
        let end = ends[usize::try_from(chance(ends.len() as u64)).unwrap()];
        stage.line(end, i64::try_from(chance(7) + 1).unwrap())
    };
    let lines: Vec<Value> = (0..=chance(4)).map(pick).collect();
    let mut order = json!({"line_items": lines});
    if chance(2) == 0 {
        let code = coupons[usize::try_from(chance(coupons.len() as u64)).unwrap()];
        order["coupon_lines"] = json!([{"code": code}]);
    }
    if chance(2) == 0 {
        order["shipping_lines"] =
            json!([{"method_id": "flat_rate", "method_title": "Posten", "total": cents(20_000)}]);
    }
    let mut fees = Vec::new();
    if chance(3) == 0 {
        fees.push(json!({"name": "Gebyr", "total": cents(5_000)}));
    }
    if chance(3) == 0 {
        fees.push(json!({"name": "Gavekort", "total": format!("-{}", cents(2_000))}));
    }
    order["fee_lines"] = json!(fees);
    order
}
