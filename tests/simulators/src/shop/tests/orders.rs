//! Orders: the recorded ones again, and the real client against them.

mod client;
mod recorded;

use rust_decimal::Decimal;

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A shop with 50 cups (25 %), 50 fish (15 %) and a picture whose stock nobody counts; the ids.
fn stocked() -> (Shop, [u64; 3]) {
    let shop = shop();
    let fish = Product { tax_class: "redusert-sats".to_owned(), ..Product::simple("ORD-B", "Fisk", "49.90") };
    let ids = [
        Product::simple("ORD-A", "Kopp", "99.90").with_stock(50),
        fish.with_stock(50),
        Product::simple("ORD-C", "Bilde", "10"),
    ]
    .map(|product| shop.add_product(product, now()));
    (shop, ids)
}

fn stock(shop: &Shop, id: u64) -> i64 {
    shop.product(id).unwrap().stock.unwrap()
}

#[test]
fn the_stock_is_taken_once_and_put_back_once() {
    let (shop, [cup, fish, picture]) = stocked();
    let id = shop.place_order(NewOrder::of(cup, 3).and(fish, 1).and(picture, 2).status("pending"), now());
    let step = |status: &str, cups: i64| {
        assert!(shop.set_order_status(id, status, now()));
        assert_eq!(stock(&shop, cup), cups, "{status}");
    };
    assert_eq!(stock(&shop, cup), 50);
    step("on-hold", 47);
    step("processing", 47);
    step("completed", 47);
    step("failed", 47);
    step("cancelled", 50);
    step("cancelled", 50);
    step("processing", 47);
    step("pending", 50);
    step("completed", 47);
    step("refunded", 47);
    assert_eq!(shop.order(id).unwrap().refunds.len(), 1);
    // The trash keeps what was taken.
    let id = shop.place_order(NewOrder::of(cup, 1), now());
    assert!(shop.trash_order(id, now()) && !shop.trash_order(id, now()));
    assert_eq!(stock(&shop, cup), 46);
    assert!(shop.delete_order(id));
    assert_eq!((stock(&shop, cup), shop.order(id)), (46, None));
}

#[test]
fn a_sale_bumps_the_product_and_completing_does_not() {
    let (shop, [cup, ..]) = stocked();
    let later = |seconds| now() + std::time::Duration::from_secs(seconds);
    let modified = || shop.product(cup).unwrap().modified;
    let id = shop.place_order(NewOrder::of(cup, 1), later(10));
    assert_eq!(modified(), Some(later(10)));
    shop.set_order_status(id, "completed", later(20));
    assert_eq!((modified(), shop.order(id).unwrap().modified), (Some(later(10)), later(20)));
    shop.cancel(id, later(30));
    assert_eq!(modified(), Some(later(30)));
}

#[test]
fn what_counts_as_paid() {
    let (shop, [cup, ..]) = stocked();
    let check = |method: &str, statuses: &[&str], paid: bool| {
        let id = shop.place_order(NewOrder::of(cup, 1).status("pending").paid_by(method), now());
        for status in statuses {
            shop.set_order_status(id, status, now());
        }
        assert_eq!(shop.order(id).unwrap().paid.is_some(), paid, "{method} {statuses:?}");
    };
    check("bacs", &["on-hold"], false);
    check("bacs", &["processing"], true);
    check("bacs", &["on-hold", "completed"], true);
    check("bacs", &["on-hold", "plukkes"], false);
    check("cod", &["processing"], false);
    check("cod", &["processing", "completed"], true);
    // `set_paid` is heeded of an order that awaits payment, and gives it its status.
    let put = |status: &str, wanted: &str| {
        let id = shop.place_order(NewOrder::of(cup, 1).status("pending").paid_by("bacs"), now());
        let body = serde_json::json!({"status": status, "set_paid": true});
        let (_, shown) = call(&shop, Method::Put, &format!("orders/{id}"), body);
        assert_eq!(
            (shown["status"].as_str(), shown["date_paid"].is_string()),
            (Some(wanted), wanted != "on-hold")
        );
    };
    put("pending", "processing");
    put("failed", "processing");
    put("on-hold", "on-hold");
}

#[test]
fn refunds_of_amounts_and_of_lines() {
    let (shop, [cup, fish, _]) = stocked();
    let id = shop.place_order(NewOrder::of(cup, 4).and(fish, 2), now());
    let line = shop.order(id).unwrap().lines[0].id;
    assert_eq!(
        shop.refund_order(id, Some(dec("1000")), &[], false, now()).unwrap_err(),
        "Invalid refund amount."
    );
    shop.refund_order(id, Some(dec("30")), &[], false, now()).unwrap();
    assert_eq!((stock(&shop, cup), shop.order(id).unwrap().status), (46, "processing".to_owned()));
    shop.refund_order(id, None, &[(line, Decimal::ONE)], true, now()).unwrap();
    let order = shop.order(id).unwrap();
    assert_eq!((stock(&shop, cup), order.refunded()), (47, dec("129.90")));
    let back = &order.refunds[1].lines[0];
    assert_eq!((back.quantity, back.total, back.refunds_line), (dec("-1"), dec("-79.92"), Some(line)));
    assert_eq!(
        (order.lines[0].reduced_stock, order.lines[0].restocked),
        (Some(dec("3")), Some(Decimal::ONE))
    );
    // Cancelling puts back the rest, and no more.
    shop.cancel(id, now());
    assert_eq!((stock(&shop, cup), stock(&shop, fish)), (50, 50));
    shop.set_order_status(id, "processing", now());
    shop.refund_order(id, Some(order.totals.total - order.refunded()), &[], false, now()).unwrap();
    let order = shop.order(id).unwrap();
    assert_eq!((order.status.as_str(), order.refunds.last().unwrap().full), ("refunded", true));
}

#[test]
fn a_product_that_goes_leaves_its_line() {
    let (shop, [cup, ..]) = stocked();
    let id = shop.place_order(NewOrder::of(cup, 1), now());
    let line = || call(&shop, Method::Get, &format!("orders/{id}"), Value::Null).1["line_items"][0].clone();
    shop.trash(cup, now());
    assert_eq!((&line()["product_id"], &line()["sku"]), (&cup.into(), &"ORD-A".into()));
    shop.delete(cup);
    assert_eq!(
        (&line()["product_id"], &line()["sku"], &line()["name"]),
        (&0.into(), &Value::Null, &"Kopp".into())
    );
}

#[test]
fn tax_as_it_was_measured() {
    let (shop, [cup, _, _]) = stocked();
    shop.set(|setup| {
        setup.taxes[2].rate = "11.1100".to_owned();
    });
    let fish = Product { tax_class: "lav-sats".to_owned(), ..Product::simple("ORD-F", "Råfisk", "49.90") };
    let meal = Product { tax_class: "redusert-sats".to_owned(), ..Product::simple("ORD-M", "Mat", "10") };
    let (fish, meal) = (shop.add_product(fish, now()), shop.add_product(meal, now()));
    let new = NewOrder::of(cup, 3)
        .and(fish, 7)
        .and(meal, 1)
        .shipped("P", "63.2")
        .fee("Gift card", "-10")
        .fee("Fee", "24.5");
    let id = shop.place_order(new, now());
    let order = |dp: &str| call(&shop, Method::Get, &format!("orders/{id}{dp}"), Value::Null).1;
    let (two, six) = (order(""), order("?dp=6"));
    assert_eq!(
        (&two["total"], &two["total_tax"], &two["cart_tax"]),
        (&"756.80".into(), &"116.27".into(), &"100.47".into())
    );
    assert_eq!(
        (&two["line_items"][1]["total"], &two["line_items"][1]["total_tax"]),
        (&"314.37".into(), &"34.93".into())
    );
    let line = &six["line_items"][1];
    assert_eq!((&line["total"], &line["total_tax"]), (&"314.373144".into(), &"34.930000".into()));
    assert_eq!(
        (&line["taxes"][0]["total"], &line["price"]),
        (&"34.926856".into(), &44.910_449_142_857_146_f64.into())
    );
    let fee = |at: usize| {
        (six["fee_lines"][at]["total_tax"].clone(), six["fee_lines"][at]["taxes"][0]["total"].clone())
    };
    assert_eq!(fee(1), ("6.120000".into(), "6.125000".into()));
    assert_eq!(fee(0), ("-1.820000".into(), "-1.258438".into()));
    let percents = six["tax_lines"].as_array().unwrap().iter().map(|row| row["rate_percent"].to_string());
    assert_eq!(percents.collect::<Vec<_>>(), ["25", "11.11", "15"]);
}

#[test]
fn several_rates_other_decimals_and_prices_without_tax() {
    let check = |change: fn(&mut Setup), expected: [&str; 4]| {
        let (shop, [cup, ..]) = stocked();
        shop.set(change);
        let id = shop.place_order(NewOrder::of(cup, 3), now());
        let (_, shown) = call(&shop, Method::Get, &format!("orders/{id}"), Value::Null);
        let line = &shown["line_items"][0];
        let rates = line["taxes"].as_array().unwrap().iter().map(|tax| tax["total"].as_str().unwrap());
        let rates = rates.collect::<Vec<_>>().join(" ");
        let found = [&shown["total"], &line["total"], &line["total_tax"]]
            .map(|value| value.as_str().unwrap().to_owned());
        assert_eq!([found[0].as_str(), &found[1], &found[2], &rates], expected);
    };
    check(|_| {}, ["299.70", "239.76", "59.94", "59.94"]);
    check(|setup| setup.price_decimals = 0, ["300", "240", "60", "60"]);
    check(|setup| setup.price_decimals = 3, ["299.700", "239.760", "59.940", "59.940"]);
    check(|setup| setup.prices_include_tax = false, ["374.63", "299.70", "74.93", "74.93"]);
    check(|setup| setup.calculates_tax = false, ["299.70", "299.70", "0.00", ""]);
    check(|setup| second_rate(setup, false), ["404.60", "299.70", "104.90", "74.93 29.97"]);
    check(|setup| second_rate(setup, true), ["412.09", "299.70", "112.39", "74.93 37.46"]);
}

fn second_rate(setup: &mut Setup, compound: bool) {
    let rate = Tax { rate: "10.0000".to_owned(), priority: 2, compound, ..setup.taxes[0].clone() };
    setup.taxes.push(rate);
    setup.prices_include_tax = false;
}

#[test]
fn a_person_at_the_simulator_places_and_moves_orders() {
    let (shop, [cup, ..]) = stocked();
    let post = |path: &str, body: Value| {
        shop.control(Method::Post, path, body.to_string().as_bytes(), now()).unwrap()
    };
    let order = serde_json::json!({"lines": [{"product": cup, "quantity": "2"}, {"product": cup}], "shipping": [["Posten", "79.20"]]});
    let id = post("orders", order).unwrap()["ids"][0].clone();
    assert_eq!(stock(&shop, cup), 47);
    let line = shop.orders()[0].lines[0].id;
    post("refund", serde_json::json!({"id": id, "lines": [[line, "1"]], "restock": true})).unwrap();
    assert_eq!(stock(&shop, cup), 48);
    post("order-status", serde_json::json!({"id": id, "status": "completed"})).unwrap();
    assert!(post("refund", serde_json::json!({"id": id, "amount": "9999"})).is_err());
    assert!(post("orders", serde_json::json!({"line": []})).is_err());
    assert_eq!(shop.state()["orders"][0]["status"], "completed");
    post("order-trash", serde_json::json!({"id": id})).unwrap();
    post("order-delete", serde_json::json!({"id": id})).unwrap();
    assert!(shop.orders().is_empty());
}

#[test]
fn a_status_takes_an_order_out_of_the_trash() {
    let (shop, [cup, ..]) = stocked();
    let id = shop.place_order(NewOrder::of(cup, 1), now());
    shop.trash_order(id, now());
    assert_eq!(call(&shop, Method::Get, "orders", Value::Null).1, serde_json::json!([]));
    let path = format!("orders/{id}");
    assert_eq!(call(&shop, Method::Put, &path, serde_json::json!({})).1["status"], "trash");
    assert_eq!(
        call(&shop, Method::Put, &path, serde_json::json!({"status": "completed"})).1["status"],
        "completed"
    );
    assert_eq!(call(&shop, Method::Put, &path, serde_json::json!({"status": "trash"})).0, 400);
}
