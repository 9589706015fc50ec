//! What older WooCommerces don't know.

use serde_json::json;

use super::{
    replay::{recording, replay, same},
    *,
};

fn of(version: &str) -> Shop {
    let shop = shop();
    shop.set(|setup| setup.version = version.to_owned());
    for (id, date) in
        [(11, "2026-11-23T10:00:00Z"), (12, "2026-11-23T11:30:00Z"), (13, "2026-11-23T12:30:00Z")]
    {
        let at = Some(date.parse().unwrap());
        shop.add_product(Product { id, created: at, modified: at, ..Product::default() }, now());
    }
    shop
}

fn found(version: &str, query: &str) -> Value {
    let (_, rows) = call(&of(version), Method::Get, &format!("products?order=asc&{query}"), Value::Null);
    match rows.as_array() {
        Some(rows) => rows.iter().map(|row| row["id"].clone()).collect(),
        None => rows["code"].clone(),
    }
}

#[test]
fn unknown_parameters_are_ignored() {
    let check = |version: &str, query: &str, expected: Value| {
        assert_eq!(found(version, query), expected, "{version} {query}");
    };
    let after = "modified_after=2026-11-23T11:30:00";
    check("10.5.0", &format!("{after}&dates_are_gmt=true"), json!([13]));
    check("10.5.0", after, json!([12, 13]));
    check("5.8.0", &format!("{after}&dates_are_gmt=true"), json!([13]));
    check("5.7.2", &format!("{after}&dates_are_gmt=true"), json!([11, 12, 13]));
    check("10.5.0", "modified_before=2026-11-23T12:30:00", json!([11]));
    check("5.7.2", "modified_before=odd", json!([11, 12, 13]));
    check("5.8.0", "modified_before=odd", json!("rest_invalid_param"));
    check("4.5.0", "orderby=modified", json!([11, 12, 13]));
    check("4.4.1", "orderby=modified", json!("rest_invalid_param"));
    check("9.4.0", "include_status=draft", json!([11, 12, 13]));
    check("10.5.0", "include_status=draft", json!([]));
    check("3.4.8", "", json!("rest_no_route"));
    assert_eq!(call(&of("10.2.1"), Method::Get, "variations", Value::Null).0, 404);
    assert_eq!(call(&of("10.3.0"), Method::Get, "variations", Value::Null).0, 200);
}

#[test]
fn unknown_fields_are_ignored() {
    let shop = of("9.1.2");
    let (_, shown) = call(&shop, Method::Put, "products/11", json!({"global_unique_id": "7038010000000"}));
    assert_eq!((shown.get("global_unique_id"), shown.get("brands")), (None, None));
    shop.set(|setup| setup.version = "9.2.0".to_owned());
    let (_, shown) = call(&shop, Method::Put, "products/11", json!({"global_unique_id": "7038010000000"}));
    assert_eq!(shown["global_unique_id"], "7038010000000");
}

#[test]
fn the_index_tells_the_namespaces_and_the_zone() {
    let check = |version: &str, zone: &str, v3: bool, expected: (Value, Value)| {
        let shop = shop();
        shop.set(|setup| {
            setup.version = version.to_owned();
            setup.time_zone = zone.to_owned();
        });
        let path = "/wp-json/?_fields=timezone_string,gmt_offset,namespaces";
        let index = json_of(&shop.handle(&request(Method::Get, path, None), now()));
        assert_eq!(index["namespaces"].as_array().unwrap().contains(&json!("wc/v3")), v3, "{version}");
        assert_eq!((index["timezone_string"].clone(), index["gmt_offset"].clone()), expected, "{zone}");
        let (_, status) = call(&shop, Method::Get, "system_status", Value::Null);
        assert!(!v3 || status["environment"]["version"] == version);
    };
    check("10.5.0", "Europe/Oslo", true, (json!("Europe/Oslo"), json!(1)));
    check("3.5.0", "Asia/Kolkata", true, (json!("Asia/Kolkata"), json!(5.5)));
    check("3.4.8", "+05:45", false, (json!(""), json!("5.75")));
    check("10.5.0", "-03:00", true, (json!(""), json!("-3")));
}

#[test]
fn statuses_of_orders() {
    let shop = shop();
    let all = |shop: &Shop| call(shop, Method::Get, "orders/statuses", Value::Null).1;
    replay(&shop, "orders_statuses");
    same("orders_statuses", &all(&shop), &recording("orders_statuses")["response"]["body"], &[]);
    shop.set(|setup| setup.order_statuses = vec![("plukkes".to_owned(), "Plukkes".to_owned())]);
    same("custom", &all(&shop), &recording("custom_orders_statuses")["response"]["body"], &[]);
    let v2 = "/wp-json/wc/v2/orders/statuses";
    assert_eq!(shop.handle(&request(Method::Get, v2, None), now()).status, 404);
}
