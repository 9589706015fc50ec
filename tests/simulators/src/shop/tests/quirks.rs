//! What the recordings don't show by themselves: dates, order, sales, size.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ids(shop: &Shop, query: &str) -> Vec<u64> {
    let (status, rows) = call(shop, Method::Get, &format!("products?{query}"), Value::Null);
    assert_eq!(status, 200, "{query}: {rows}");
    rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

fn dated(shop: &Shop, dates: &[&str]) {
    for date in dates {
        let product = Product { modified: Some(at(date)), created: Some(at(date)), ..Product::default() };
        shop.add_product(product, now());
    }
}

#[test]
fn modified_after_is_exclusive_and_local_unless_told() {
    let shop = shop();
    dated(
        &shop,
        &["2026-11-23T12:27:30Z", "2026-11-23T12:27:31Z", "2026-11-23T12:40:00Z", "2026-11-23T14:00:00Z"],
    );
    let check = |query: &str, expected: &[u64]| {
        assert_eq!(
            ids(&shop, &format!("orderby=modified&order=asc&modified_after={query}")),
            expected,
            "{query}"
        );
    };
    check("2026-11-23T12:27:30&dates_are_gmt=true", &[12, 13, 14]);
    check("2026-11-23T13:27:30", &[12, 13, 14]);
    check("2026-11-23T12:27:30Z", &[12, 13, 14]);
    check("2026-11-23T13:27:30%2B01:00", &[12, 13, 14]);
    // The trap: the offset of the shop is added, and an hour of changes is missed.
    check("2026-11-23T12:27:30Z&dates_are_gmt=true", &[14]);
    assert_eq!(ids(&shop, "order=asc&per_page=2&page=2"), [13, 14]);
    assert_eq!(ids(&shop, ""), [14, 13, 12, 11]);
    assert_eq!(ids(&shop, "finnes_ikke=1&number=12"), [14, 13, 12, 11]);
}

#[test]
fn every_write_bumps_the_date() {
    let shop = shop();
    dated(&shop, &["2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"]);
    call(&shop, Method::Put, "products/11", json!({}));
    call(&shop, Method::Post, "products/batch", json!({"update": [{"id": 12}]}));
    shop.edit_unseen(13, |product| product.name = "unseen".to_owned());
    assert_eq!(ids(&shop, "modified_after=2026-11-22T00:00:00&orderby=modified&order=asc"), [11, 12]);
}

#[test]
fn skus_are_found_in_any_case_and_with_their_variations() {
    let shop = shop();
    let parent =
        shop.add_product(Product { kind: "variable".into(), ..Product::simple(" Ab-1 ", "P", "") }, now());
    let child = Product { kind: "variation".into(), parent, ..Product::simple("", "V", "1") };
    let child = shop.add_product(child, now());
    assert_eq!(ids(&shop, "sku=ab-1,none"), [parent]);
    assert_eq!(ids(&shop, &format!("include={parent},{child}")), [parent]);
    assert_eq!(call(&shop, Method::Get, &format!("products/{child}"), Value::Null).1["sku"], " Ab-1 ");
    let (status, error) = call(&shop, Method::Post, "products", json!({"sku": " AB-1 "}));
    assert_eq!((status, &error["data"]["resource_id"]), (400, &json!(parent)));
}

#[test]
fn a_sale_takes_stock_and_an_absolute_write_undoes_it() {
    let shop = shop();
    let id = shop.add_product(Product::simple("A", "A", "10").with_stock(10), at("2026-11-01T00:00:00Z"));
    assert!(shop.sell(id, 3, now()));
    let sold = shop.product(id).unwrap();
    assert_eq!((sold.stock, sold.modified), (Some(7), Some(now())));
    call(&shop, Method::Put, &format!("products/{id}"), json!({"regular_price": "12.00"}));
    assert_eq!(shop.product(id).unwrap().stock, Some(7));
    call(&shop, Method::Put, &format!("products/{id}"), json!({"stock_quantity": 10}));
    assert_eq!(shop.product(id).unwrap().stock, Some(10));
}

#[test]
fn lists_are_replaced_whole_and_images_made_anew() {
    let shop = shop();
    let id = shop.add_product(Product::default(), now());
    let path = format!("products/{id}");
    let image = |src: &str| json!({"images": [{"src": src}]});
    let first = call(&shop, Method::Put, &path, image("https://images.example/a.png")).1;
    let second = call(&shop, Method::Put, &path, image("https://images.example/a.png")).1;
    assert_ne!(first["images"][0]["id"], second["images"][0]["id"]);
    // A failed image discards the whole write.
    let failing = json!({"regular_price": "77.00", "images": [{"src": "https://images.example/404.png"}]});
    assert_eq!(call(&shop, Method::Put, &path, failing).0, 400);
    assert_eq!(shop.product(id).unwrap().regular_price, "");
    let shown =
        call(&shop, Method::Put, &path, json!({"categories": [{"id": 99_999}], "name": "R&D &amp; B"})).1;
    assert_eq!(shown["categories"][0]["name"], "Uncategorized");
    assert_eq!(shown["name"], "R&amp;D &amp; B");
    // `_fields` on a batch hides the errors.
    let batch = json!({"update": [{"id": 1}]});
    assert_eq!(call(&shop, Method::Post, "products/batch?_fields=id", batch).1, json!({}));
}

#[test]
fn the_control_does_what_people_do() {
    let shop = shop();
    let post = |path: &str, body: Value| {
        shop.control(Method::Post, path, body.to_string().as_bytes(), now()).unwrap()
    };
    let id =
        post("products", json!({"sku": "K-1", "manage_stock": "yes", "stock": 5})).unwrap()["ids"][0].clone();
    post("sale", json!({"id": id, "quantity": 2})).unwrap();
    post("edit", json!({"id": id, "regular_price": "9.00"})).unwrap();
    let product = shop.product_by_sku("k-1").unwrap();
    assert_eq!((product.stock, product.regular_price.as_str()), (Some(3), "9.00"));
    let category = post("categories", json!({"name": "Sko & støvler"})).unwrap()["id"].as_u64().unwrap();
    assert_eq!(shop.categories().last().map(|c| (c.id, c.slug.as_str())), Some((category, "sko-stovler")));
    assert!(post("categories", json!({"name": "x", "parent": 99})).is_err());
    post("attributes", json!({"name": "Farge", "terms": ["Blå"]})).unwrap();
    assert_eq!(shop.attributes()[0].terms[0].slug, "bla");
    post("setup", json!({"maintenance": true})).unwrap();
    assert_eq!(shop.state()["setup"]["maintenance"], true);
    assert!(post("products", json!({"skuu": "x"})).is_err() && post("setup", json!({"x": 1})).is_err());
    post("trash", json!({"id": id})).unwrap();
    post("delete", json!({"id": id})).unwrap();
    assert!(shop.products().is_empty());
    assert!(shop.control(Method::Get, "setup", b"", now()).is_none());
    assert!(!shop.state().to_string().contains(SECRET));
}

#[test]
fn a_hundred_thousand_products_are_no_burden() {
    let shop = shop();
    for number in 0..100_000_i64 {
        let modified = Some(Timestamp::from_second(1_790_000_000 + number / 7).unwrap());
        shop.add_product(
            Product { modified, ..Product::simple(&format!("S-{number}"), "P", "10.00") },
            now(),
        );
    }
    let begun = Instant::now();
    let skus = (0..100).map(|n| format!("S-{}", n * 997)).collect::<Vec<_>>().join(",");
    for _ in 0..50 {
        assert_eq!(ids(&shop, &format!("sku={skus}&per_page=100")).len(), 100);
    }
    let (_, done) = call(&shop, Method::Post, "products/batch", json!({"create": vec![json!({}); 100]}));
    assert_eq!(done["create"].as_array().unwrap().len(), 100);
    assert_eq!(
        ids(&shop, "modified_after=2026-10-01T00:00:00&orderby=modified&order=asc&per_page=100").len(),
        100
    );
    // Generous: it is a debug build on a machine that others use.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
