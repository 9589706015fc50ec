//! The recorded exchanges again.

use serde_json::json;

use super::*;
use crate::shop::tests::replay::{recording, replay, same};

/// A shop whose next order has that id; the recorded products that orders name.
fn before(first_id: u64) -> Shop {
    let shop = Shop::new(Setup { first_id: 0, ..Setup::default() });
    shop.add_key(KEY, SECRET, Permissions::ReadWrite);
    let product = |id: u64, sku: &str, name: &str, price: &str, class: &str| {
        let product = Product { id, tax_class: class.to_owned(), ..Product::simple(sku, name, price) };
        shop.add_product(product.with_stock(100), now());
    };
    product(30, "WB-0020", "Produkt 020 – Sokk «æøå»", "1902.92", "");
    product(31, "WB-0021", "Produkt 021 – Sokk «æøå»", "2292.01", "");
    product(40, "WB-0030", "Produkt 030 – Genser «æøå»", "1362.90", "fritatt");
    product(94, "WB-0084", "Produkt 084 – Bok «æøå»", "1450.00", "fritatt");
    product(165, "WB-0155", "Produkt 155 – Bok «æøå»", "14.933333", "lav-sats");
    product(296, "WB-0286", "Produkt 286 – Genser «æøå»", "2275.35", "redusert-sats");
    product(546, "WV-008", "Variabel 08 Jakke", "", "");
    shop.edit(546, now(), |parent| parent.kind = "variable".to_owned());
    let jacket = Product { id: 549, ..Product::variation(546, "WV-008-SV-XL", "851.00") };
    shop.add_product(jacket.with_stock(9), now());
    // Something with the id before it moves the row of numbers on.
    shop.add_product(Product { id: first_id - 1, ..Product::default() }, now());
    shop
}

/// Order 743 as it was placed, and moved to that status.
fn placed(status: &str) -> Shop {
    let shop = before(743);
    replay(&shop, "order_post");
    shop.set_order_status(743, status, now());
    shop
}

/// What differs from shop to shop.
const OWN: [&str; 11] = [
    "id",
    "meta_data",
    "date_created",
    "date_modified",
    "date_created_gmt",
    "date_modified_gmt",
    "date_paid",
    "date_paid_gmt",
    "date_completed",
    "date_completed_gmt",
    "global_unique_id",
];

#[test]
fn orders_are_made_as_recorded() {
    for (name, id) in [
        ("order_post", 743),
        ("order_post_same_client_meta_again", 744),
        ("order_post_empty", 745),
        ("order_post_unknown_product", 746),
        ("order_post_by_sku", 747),
        ("order_post_unknown_sku", 748),
        ("order_post_over_stock", 749),
    ] {
        let shop = before(id);
        replay(&shop, name);
        let (_, shown) = call(&shop, Method::Get, &format!("orders/{id}"), Value::Null);
        let recorded = &recording(name)["response"]["body"];
        same(name, &shown, recorded, &[&OWN[..], &["needs_processing"]].concat());
        assert_eq!(shown["date_paid"].is_null(), recorded["date_paid"].is_null(), "{name}");
    }
}

#[test]
fn the_order_with_everything_is_worked_out_as_recorded() {
    let shop = before(664);
    let new = NewOrder::of(165, 3)
        .and(94, 1)
        .and(31, 3)
        .and(296, 2)
        .and(549, 1)
        .paid_by("bacs")
        .coupon("vaar10", "10");
    let new = new.shipped("Posten", "63.36").fee("Gebyr etterkrav", "24.50");
    assert_eq!(shop.place_order(new, now()), 664);
    let line = shop.order(664).unwrap().lines[0].id;
    shop.refund_order(664, None, &[(line, Decimal::ONE)], false, now()).unwrap();
    // But for its negative fee, which was there before the coupon and keeps its share of the tax from then.
    let mut recorded = recording("order_with_refund")["response"]["body"].take();
    let fees = recorded["fee_lines"].as_array_mut().unwrap();
    assert_eq!(fees.pop().unwrap()["total_tax"], "-1.84");
    for (field, without) in [("total", "12505.10"), ("cart_tax", "1935.52"), ("total_tax", "1951.36")] {
        recorded[field] = without.into();
    }
    for (at, without) in [(0, "4.32"), (2, "1396.99"), (3, "534.21")] {
        recorded["tax_lines"][at]["tax_total"] = without.into();
    }
    let recorded = &recorded;
    for version in ["v3", "v2"] {
        let path = format!("/wp-json/wc/{version}/orders/664");
        let shown = json_of(&shop.handle(&request(Method::Get, &path, None), now()));
        let but = [
            "billing",
            "shipping",
            "customer_id",
            "customer_note",
            "reason",
            "name",
            "tax_status",
            "price",
            "taxes",
        ];
        same(version, &shown, recorded, &[&OWN[..], &but].concat());
        let taxes = |order: &Value, at: usize| order["line_items"][at]["taxes"].clone();
        let price = |order: &Value| order["line_items"][2]["price"].clone();
        assert_eq!((price(&shown), price(recorded)), (price(recorded), 1_650.247_999_999_999_8_f64.into()));
        assert!((0..5).all(|at| taxes(&shown, at) == taxes(recorded, at)));
    }
    let (_, shown) = call(&shop, Method::Get, "orders/664/refunds", Value::Null);
    same(
        "order_refunds",
        &shown,
        &recording("order_refunds")["response"]["body"],
        &[&OWN[..], &["reason"]].concat(),
    );
    replay(&shop, "refunds_global");
    replay(&shop, "v2_refunds");
}

#[test]
fn statuses_are_moved_as_recorded() {
    let check = |name: &str, from: &str, to: &str| {
        let shop = placed(from);
        replay(&shop, name);
        assert_eq!(shop.order(743).unwrap().status, to, "{name}");
    };
    check("order_put_status_completed", "processing", "completed");
    check("order_put_same_status", "completed", "completed");
    check("order_put_back_to_pending", "completed", "pending");
    check("order_put_cancelled", "pending", "cancelled");
    check("order_put_meta_tracking", "cancelled", "cancelled");
    check("order_put_status_invalid", "processing", "processing");
    check("order_put_status_wc_prefix", "processing", "processing");
    check("order_put_status_custom_unregistered", "processing", "processing");
    check("order_put_404", "processing", "processing");
    check("order_put_refund_id", "processing", "processing");
    check("order_delete_trash", "cancelled", "trash");
    let shop = placed("cancelled");
    shop.trash_order(743, now());
    replay(&shop, "order_get_trashed");
    replay(&shop, "orders_list_trash");
    assert_eq!(call(&shop, Method::Delete, "orders/743", json!({})).0, 410);
    replay(&shop, "order_delete_force");
    replay(&shop, "order_get_deleted");
    replay(&shop, "order_404");
}

#[test]
fn refunds_are_made_and_refused_as_recorded() {
    for name in [
        "order_refund_post",
        "order_refund_post_zero",
        "order_refund_post_too_much",
        "order_refund_post_api_refund_default",
    ] {
        let shop = before(668);
        shop.place_order(NewOrder::of(30, 1), now());
        replay(&shop, name);
        assert_eq!(shop.order(668).unwrap().status, "processing");
    }
}

#[test]
fn a_status_whose_plugin_goes_is_in_no_list() {
    let shop = before(669);
    shop.set(|setup| setup.order_statuses = vec![("plukkes".to_owned(), "Plukkes".to_owned())]);
    shop.place_order(NewOrder::of(30, 1).paid_by("cod"), now());
    replay(&shop, "custom_order_put");
    replay(&shop, "custom_order_get");
    replay(&shop, "custom_orders_list");
    shop.set(|setup| setup.order_statuses.clear());
    replay(&shop, "custom_removed_order_get");
    replay(&shop, "custom_removed_orders_include");
    replay(&shop, "orders_status_unknown");
    assert_eq!(call(&shop, Method::Get, "orders", Value::Null).1, json!([]));
    replay(&shop, "custom_removed_order_put");
    assert!(shop.order(669).unwrap().paid.is_some());
}

#[test]
fn lists_and_batches_as_recorded() {
    let shop = before(664);
    for status in ["processing", "processing", "on-hold", "checkout-draft"] {
        shop.place_order(NewOrder::of(30, 1).status(status), now());
    }
    for name in [
        "orders_include",
        "orders_after",
        "orders_modified_after",
        "orders_status_processing_onhold",
        "orders_checkout_draft",
        "orders_list_any_total",
        "orders_status_trash_modified",
        "v2_orders",
        "orders_statuses",
    ] {
        replay(&shop, name);
    }
    let ids = |query: &str| {
        let (_, rows) =
            call(&shop, Method::Get, &format!("orders?order=asc&_fields=id&{query}"), Value::Null);
        rows.as_array().map(|rows| rows.iter().filter_map(|row| row["id"].as_u64()).collect::<Vec<_>>())
    };
    assert_eq!(ids(""), Some(vec![664, 665, 666, 667]));
    assert_eq!(ids("number=664"), Some(vec![664, 665, 666, 667]));
    assert_eq!(ids("status=on-hold,checkout-draft"), Some(vec![666, 667]));
    assert_eq!(ids("after=2026-11-23T12:32:33&dates_are_gmt=true"), Some(vec![]));
    assert_eq!(ids("after=2026-11-23T13:32:32"), Some(vec![664, 665, 666, 667]));
    replay(&shop, "orders_batch_mixed");
    // An unknown status, silently.
    assert_eq!(shop.order(666).unwrap().status, "pending");
    let v2 = shop.handle(&request(Method::Get, "/wp-json/wc/v2/orders?status=pending,on-hold", None), now());
    assert_eq!(v2.status, 400);
    // A line without an id is a further one.
    let more = json!({"line_items": [{"product_id": 30, "quantity": 1}]});
    let (_, shown) = call(&shop, Method::Put, "orders/664", more);
    assert_eq!((shown["line_items"].as_array().unwrap().len(), &shown["total"]), (2, &"3805.84".into()));
}
