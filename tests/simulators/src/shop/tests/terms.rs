//! Categories, global attributes and their terms.

use serde_json::json;

use super::{
    replay::{recording, replay, same, seeded},
    *,
};

#[test]
fn replayed() {
    let shop = seeded(false);
    for name in [
        "attributes",
        "attribute_terms",
        "attribute_dup",
        "attribute_term_dup",
        "brands",
        "categories",
        "v2_categories",
        "category_post",
        "category_post_duplicate",
        "category_post_bad_parent",
        "product_put_category_unknown",
        "product_put_category_byname",
    ] {
        if name == "category_post" {
            // As recorded: the next id is 48.
            shop.set(|setup| setup.categories[1].id = 47);
        }
        replay(&shop, name);
    }
    let attributes = call(&shop, Method::Get, "products/attributes", Value::Null).1;
    same("attributes", &attributes, &recording("attributes")["response"]["body"], &[]);
    let terms = call(&shop, Method::Get, "products/attributes/1/terms", Value::Null).1;
    same("attribute_terms", &terms, &recording("attribute_terms")["response"]["body"], &["count"]);
    let made = call(&shop, Method::Get, "products/categories/48", Value::Null).1;
    same("category_post", &made, &recording("category_post")["response"]["body"], &[]);
    let shown = call(&shop, Method::Get, "products/734", Value::Null).1;
    assert_eq!(
        shown["categories"],
        recording("product_put_category_byname")["response"]["body"]["categories"]
    );
}

#[test]
fn categories() {
    let shop = shop();
    let create = |name: &str, parent: u64| {
        call(&shop, Method::Post, "products/categories", json!({"name": name, "parent": parent}))
    };
    let (status, kitchen) = create("Kjøkken & <b>stue</b>", 0);
    assert_eq!((status, &kitchen["name"]), (201, &json!("Kjøkken &amp; stue")));
    assert_eq!(kitchen["slug"], "kjokken-stue");
    let kitchen = kitchen["id"].as_u64().unwrap();
    // One leaf's name under two parents: two categories, their slugs told apart.
    let (first, second) = (create("Kopper", 0).1, create("Kopper", kitchen).1);
    assert_eq!((&first["slug"], &second["slug"]), (&json!("kopper"), &json!("kopper-kjokken-stue")));
    let (status, error) = create("kopper", 0);
    assert_eq!((status, &error["data"]["resource_id"]), (400, &first["id"]));
    assert_eq!(create("Kjøkken &amp; stue", 0).1["code"], "term_exists");
    assert_eq!(create(" <i></i> ", 0).1["code"], "empty_term_name");
    let (_, error) = call(&shop, Method::Post, "products/categories", json!({}));
    assert_eq!(error["code"], "rest_missing_callback_param");
    assert_eq!(shop.add_category("Kopper", kitchen), second["id"].as_u64().unwrap());
    let names = |query: &str| {
        let rows = call(&shop, Method::Get, &format!("products/categories?{query}"), Value::Null).1;
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&format!("parent={kitchen}")), ["Kopper"]);
    assert_eq!(names("parent=0&per_page=2&page=2"), ["Sko", "Uncategorized"]);
    assert_eq!(names("search=KOPP&orderby=id&order=desc").len(), 2);
    assert_eq!(names("hide_empty=true"), [""; 0]);
    shop.add_product(Product { categories: vec![kitchen], ..Product::default() }, now());
    assert_eq!(names("hide_empty=true"), ["Kjøkken &amp; stue"]);
    assert_eq!(call(&shop, Method::Get, &format!("products/categories/{kitchen}"), json!({})).1["count"], 1);
    assert_eq!(
        call(&shop, Method::Get, "products/categories/999", json!({})).1["code"],
        "woocommerce_rest_term_invalid"
    );
    assert_eq!(call(&shop, Method::Get, "products/categories?orderby=x", json!({})).0, 400);
}

#[test]
fn two_who_make_one_category_at_once_make_one() {
    let shop = std::sync::Arc::new(shop());
    let threads = (0..4).map(|_| {
        let shop = shop.clone();
        std::thread::spawn(move || {
            call(&shop, Method::Post, "products/categories", json!({"name": "Samme"})).0
        })
    });
    let mut statuses: Vec<u16> =
        threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400, 400, 400]);
    assert_eq!(shop.categories().len(), 3);
}

#[test]
fn global_attributes() {
    let shop = shop();
    let (status, made) = call(&shop, Method::Post, "products/attributes", json!({"name": "Farge"}));
    assert_eq!((status, &made["slug"]), (201, &json!("pa_farge")));
    let terms = format!("products/attributes/{}/terms", made["id"]);
    let (status, term) = call(&shop, Method::Post, &terms, json!({"name": "Blå & hvit"}));
    assert_eq!((status, &term["name"], &term["slug"]), (201, &json!("Blå &amp; hvit"), &json!("bla-hvit")));
    let shown = call(&shop, Method::Get, &terms, json!({})).1;
    assert_eq!(shown[0]["id"], term["id"]);
    assert_eq!(
        call(&shop, Method::Get, "products/attributes/9/terms", json!({})).1["message"],
        "Taxonomy does not exist."
    );
    assert_eq!(call(&shop, Method::Get, "products/attributes/9", json!({})).0, 404);
    assert_eq!(call(&shop, Method::Post, "products/attributes", json!({"name": "!"})).0, 400);
}
