//! Variable products and their variations, where the recordings don't show it by themselves.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

fn get(shop: &Shop, path: &str) -> Value {
    let (status, body) = call(shop, Method::Get, path, Value::Null);
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn ids(shop: &Shop, path: &str) -> Vec<u64> {
    get(shop, path).as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

/// A parent with an attribute of its own, and two variations.
fn family() -> (Shop, u64, u64, u64) {
    let shop = shop();
    let long_ago = "2026-11-01T00:00:00Z".parse().unwrap();
    let parent = Product::simple("K", "Kopp &amp; fat", "").variable("Farge & mønster", &["Blå", "Rød"]);
    let parent = shop.add_product(parent, long_ago);
    let blue = Product::variation(parent, "K-B", "100").choosing("Farge & mønster", "Blå").with_stock(3);
    let red = Product::variation(parent, "", "90").choosing("Farge & mønster", "Rød");
    let (blue, red) = (shop.add_product(blue, long_ago), shop.add_product(red, long_ago));
    (shop, parent, blue, red)
}

#[test]
fn a_family_as_it_is_shown() {
    let (shop, parent, blue, red) = family();
    let shown = get(&shop, &format!("products/{parent}"));
    assert_eq!((&shown["variations"], &shown["price"]), (&json!([blue, red]), &json!("90")));
    assert_eq!((&shown["regular_price"], &shown["stock_status"]), (&json!(""), &json!("instock")));
    assert_eq!(
        shown["attributes"],
        json!([{"id": 0, "name": "Farge & mønster", "slug": "Farge & mønster", "position": 0, "visible": true,
            "variation": true, "options": ["Blå", "Rød"]}])
    );
    let shown = get(&shop, &format!("products/{parent}/variations/{red}"));
    assert_eq!((&shown["sku"], &shown["name"]), (&json!("K"), &json!("Rød")));
    let chosen = json!([{"id": 0, "name": "Farge & mønster", "slug": "farge-monster", "option": "Rød"}]);
    assert_eq!(shown["attributes"], chosen);
    assert_eq!(get(&shop, &format!("products/{red}"))["name"], "Kopp &amp; fat - Rød");
    // The parent manages for those that don't.
    shop.edit(parent, now(), |parent| *parent = parent.clone().with_stock(7));
    let shown = get(&shop, &format!("products/{parent}/variations/{red}"));
    assert_eq!((&shown["manage_stock"], &shown["stock_quantity"]), (&json!("parent"), &json!(7)));
    let path = format!("products/{parent}/variations/{red}");
    let (status, shown) = call(&shop, Method::Put, &path, json!({"stock_quantity": 50}));
    assert_eq!(
        (status, &shown["manage_stock"], &shown["stock_quantity"]),
        (200, &json!("parent"), &json!(7))
    );
    let (_, shown) = call(&shop, Method::Put, &path, json!({"stock_quantity": 5, "manage_stock": true}));
    assert_eq!((&shown["manage_stock"], &shown["stock_quantity"]), (&json!(true), &json!(5)));
    assert!(shop.sell(blue, 1, now()) && shop.sell(parent, 2, now()));
    assert_eq!((shop.product(blue).unwrap().stock, shop.product(parent).unwrap().stock), (Some(2), Some(5)));
}

#[test]
fn lists_of_variations() {
    let (shop, parent, blue, red) = family();
    let check = |query: &str, expected: &[u64]| {
        assert_eq!(ids(&shop, &format!("products/{parent}/variations?{query}")), expected, "{query}");
    };
    check("", &[red, blue]);
    check("order=asc&orderby=id", &[blue, red]);
    check("per_page=1&page=2", &[blue]);
    check(&format!("include={red},{parent},99"), &[red]);
    check("sku=k-b,x", &[blue]);
    check("status=draft", &[]);
    check("include_status=publish,trash", &[red, blue]);
    check("modified_after=2026-11-02T00:00:00", &[]);
    assert_eq!(ids(&shop, &format!("products/{blue}/variations")), [0_u64; 0]);
    assert_eq!(ids(&shop, "products/99/variations"), [0_u64; 0]);
    assert_eq!(ids(&shop, "variations?order=asc"), [blue, red]);
    assert_eq!(ids(&shop, "products?type=variable"), [parent]);
    assert_eq!(ids(&shop, "products?sku=K-B"), [blue]);
    let path = format!("products/{parent}/variations?_fields=id,sku&per_page=1");
    assert_eq!(get(&shop, &path), json!([{"id": red, "sku": "K"}]));
    let (status, error) =
        call(&shop, Method::Get, &format!("products/{parent}/variations?per_page=101"), json!({}));
    assert_eq!((status, &error["code"]), (400, &json!("rest_invalid_param")));
    let v2 = |path: &str| {
        let path = format!("/wp-json/wc/v2/{path}");
        json_of(&shop.handle(&request(Method::Get, &path, None), now()))
    };
    assert_eq!(v2("variations")["code"], "rest_no_route");
    assert_eq!(v2(&format!("products/{parent}/variations/{blue}"))["visible"], true);
}

#[test]
fn writes_of_variations() {
    let (shop, parent, blue, red) = family();
    let path = format!("products/{parent}/variations");
    let create = |fields: Value| call(&shop, Method::Post, &path, fields);
    let attribute =
        json!([{"name": "Farge & mønster", "option": " <b>Grønn</b> "}, {"name": "Vekt", "option": "2"}]);
    let (status, made) = create(json!({"sku": "K-G", "regular_price": "80", "attributes": attribute}));
    assert_eq!((status, &made["name"], &made["tax_class"]), (201, &json!("Grønn"), &json!("parent")));
    assert_eq!(made["attributes"].as_array().unwrap().len(), 1, "the parent knows no Vekt");
    assert_eq!(shop.product(parent).unwrap().modified, Some(now()));
    // Numbers are nobody else's: a product's, a variation's, one in the trash.
    let (status, error) = create(json!({"sku": "k"}));
    assert_eq!((status, &error["data"]["resource_id"]), (400, &json!(parent)));
    let (_, error) = call(&shop, Method::Post, "products", json!({"sku": "k-g"}));
    assert_eq!(error["data"]["resource_id"], made["id"]);
    shop.trash(blue, now());
    assert_eq!(create(json!({"sku": "K-B"})).1["code"], "woocommerce_rest_product_variation_not_created");
    // A single write is checked, an item of a batch isn't.
    let one = format!("{path}/{red}");
    let (status, error) = call(&shop, Method::Put, &one, json!({"status": "trash", "image": null, "sku": 1}));
    assert_eq!((status, error["data"]["params"].as_object().unwrap().len()), (400, 3));
    let items = json!({"update": [{"id": red, "status": "odd", "stock_quantity": "many", "manage_stock": true}],
        "delete": [made["id"], 999]});
    let (status, done) = call(&shop, Method::Post, &format!("{path}/batch"), items);
    assert_eq!((status, &done["update"][0]["status"]), (200, &json!("draft")));
    assert_eq!(done["update"][0]["stock_quantity"], 0);
    assert_eq!(
        (&done["delete"][0]["id"], &done["delete"][1]["error"]["data"]["status"]),
        (&made["id"], &json!(404))
    );
    let many = json!({"create": vec![json!({}); 101]});
    assert_eq!(call(&shop, Method::Post, &format!("{path}/batch"), many).0, 413);
    let (status, error) = create(json!({"id": red}));
    assert_eq!((status, &error["code"]), (400, &json!("woocommerce_rest_product_variation_exists")));
    // products/batch knows no variations.
    let (_, done) =
        call(&shop, Method::Post, "products/batch", json!({"update": [{"id": red}], "delete": [red]}));
    assert_eq!(done["update"][0]["error"]["code"], "woocommerce_rest_invalid_product_id");
    assert_eq!(done["delete"][0]["error"]["data"]["status"], 404);
    // Nobody's child.
    let (status, error) = call(&shop, Method::Post, "products/9999/variations", json!({"attributes": []}));
    assert_eq!((status, &error["code"]), (404, &json!("woocommerce_rest_product_variation_invalid_parent")));
}

#[test]
fn the_end_of_a_family() {
    let (shop, parent, blue, red) = family();
    let one = format!("products/{parent}/variations/{blue}");
    assert_eq!(call(&shop, Method::Delete, &one, json!({})).0, 200);
    assert_eq!(get(&shop, &one)["status"], "trash");
    assert_eq!(call(&shop, Method::Delete, &one, json!({})).0, 410);
    assert_eq!(ids(&shop, &format!("products/{parent}/variations")), [red]);
    assert_eq!(get(&shop, &format!("products/{parent}"))["variations"], json!([red]));
    assert_eq!(call(&shop, Method::Delete, &format!("{one}?force=true"), json!({})).0, 200);
    assert_eq!(call(&shop, Method::Get, &one, json!({})).0, 404);
    shop.trash(parent, now());
    assert_eq!(shop.product(red).unwrap().status, "trash");
    shop.edit(parent, now(), |parent| parent.status = "draft".to_owned());
    // No longer variable: WooCommerce deletes its variations.
    call(&shop, Method::Put, &format!("products/{parent}"), json!({"type": "simple"}));
    assert!(shop.product(red).is_none() && shop.variations(parent).is_empty());
    let (shop, parent, ..) = family();
    shop.delete(parent);
    assert!(shop.products().is_empty());
}

#[test]
fn attributes_are_replaced_whole() {
    let (shop, parent, _, red) = family();
    let size = shop.add_attribute("Størrelse", &["Stor"]);
    let path = format!("products/{parent}");
    let sent = json!([
        {"id": size, "options": ["liten & lett", "STOR", ""], "variation": true, "position": 2},
        {"name": " Merke <i>x</i> ", "options": ["A | B", "C&amp;D"], "visible": "1", "position": 1},
        {"name": "Tom", "options": []},
        {"name": "Uten"}, {"id": 99, "options": ["x"]}, {"options": ["x"]},
    ]);
    let (_, shown) = call(&shop, Method::Put, &path, json!({"attributes": sent}));
    let names: Vec<_> = shown["attributes"].as_array().unwrap().iter().map(|a| &a["name"]).collect();
    assert_eq!(names, ["Tom", "Merke x", "Størrelse"]);
    assert_eq!(shown["attributes"][0]["options"], json!([""]));
    assert_eq!(shown["attributes"][1]["options"], json!(["A", "B", "C&D"]));
    assert_eq!(shown["attributes"][2]["options"], json!(["liten &amp; lett", "Stor"]));
    assert_eq!(shown["attributes"][2]["slug"], "pa_storrelse");
    assert_eq!(shop.attributes()[0].terms.len(), 2);
    // What the red one chose is of no attribute of its parent's any more.
    let one = format!("{path}/variations/{red}");
    assert_eq!((&get(&shop, &one)["attributes"], &get(&shop, &one)["name"]), (&json!([]), &json!("")));
    let chosen = json!({"attributes": [{"id": size, "option": "stor"}, {"name": "Merke x", "option": "A"}]});
    let (_, shown) = call(&shop, Method::Put, &one, chosen);
    assert_eq!(
        shown["attributes"],
        json!([{"id": size, "name": "Størrelse", "slug": "pa_storrelse", "option": "Stor"}])
    );
}

#[test]
fn twelve_thousand_families_are_no_burden() {
    let shop = shop();
    for number in 0..12_000 {
        let parent = Product::simple(&format!("F-{number}"), "P", "").variable("Farge", &["a", "b"]);
        let parent = shop.add_product(parent, now());
        for option in ["a", "b"] {
            let variation = Product::variation(parent, &format!("F-{number}-{option}"), "10");
            shop.add_product(variation.choosing("Farge", option), now());
        }
    }
    let begun = Instant::now();
    for number in 0..500 {
        let parent = 11 + number * 3 * 23;
        assert_eq!(shop.variations(parent).len(), 2);
        assert_eq!(ids(&shop, &format!("products/{parent}/variations")).len(), 2);
        call(
            &shop,
            Method::Put,
            &format!("products/{parent}/variations/{}", parent + 1),
            json!({"sku": "x"}),
        );
    }
    assert_eq!(ids(&shop, "products?per_page=100").len(), 100);
    // Generous: it is a debug build on a machine that others use.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
