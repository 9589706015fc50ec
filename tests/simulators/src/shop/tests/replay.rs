//! The recorded requests against a shop seeded alike: same status, same error, same kinds of fields, and the same
//! value of every field that was sent.

use serde_json::json;

use super::*;

/// The recorded shop, as far as the recordings touch it. In the later ones, product 20 is in the trash.
pub(super) fn seeded(trashed: bool) -> Shop {
    let shop = shop();
    let modified = Some("2026-11-23T12:26:59Z".parse().unwrap());
    for id in 11..=30_u64 {
        let name = format!("Produkt {:03} – Kniv «æøå»", id - 10);
        let mut product = Product::simple(&format!("WB-{:04}", id - 10), &name, "514.07").with_stock(77);
        product.id = id;
        product.gtin = format!("{}", 7_000_000_000_000 + id - 11);
        product.modified = modified;
        product.created = modified;
        if id == 13 {
            product.backorders = "notify".to_owned();
        }
        shop.add_product(product, now());
    }
    family(&shop);
    let mut product = Product::simple("NY-1", "Nytt utkast «Ærlig»", "100.00").with_stock(9);
    product.id = 734;
    product.tax_class = "lav-sats".to_owned();
    product.categories = vec![17];
    shop.add_product(product, now());
    if trashed {
        shop.edit(20, now(), |product| {
            product.manage_stock = Manage::No;
            product.stock = None;
        });
        shop.trash(20, now());
    }
    shop
}

/// The recorded variable product, with its global attributes and four variations.
fn family(shop: &Shop) {
    let colour = shop.add_attribute("Farge", &["Rød", "Blå", "Svart", "Hvit", "Grønn"]);
    shop.set(|setup| {
        for (term, id) in setup.attributes[0].terms.iter_mut().zip(29..) {
            term.id = id;
        }
    });
    let size = shop.add_attribute("Størrelse", &["S", "M"]);
    for name in ["Materiale", "Merke", "Vekt"] {
        shop.add_attribute(name, &[]);
    }
    let at = Some("2026-11-23T12:27:45Z".parse().unwrap());
    let attribute = |id, name: &str, options: [&str; 2]| Attribute {
        id,
        name: name.to_owned(),
        position: 0,
        visible: true,
        variation: true,
        options: options.map(str::to_owned).to_vec(),
    };
    let mut parent = Product::simple("WV-001", "Variabel 01 Jakke", "");
    parent.kind = "variable".to_owned();
    parent.attributes =
        vec![attribute(colour, "pa_farge", ["rod", "bla"]), attribute(size, "pa_storrelse", ["s", "m"])];
    shop.add_product(Product { id: 511, created: at, modified: at, ..parent }, now());
    for (id, sku, price, stock, colour, size) in [
        (512, "WV-001-RØ-S", "2194.90", 18, "rod", "s"),
        (513, "WV-001-RØ-M", "1599.90", 5, "rod", "m"),
        (514, "WV-001-BL-S", "843.62", 22, "bla", "s"),
        (515, "WV-001-BL-M", "83.94", 22, "bla", "m"),
    ] {
        let variation = Product::variation(511, sku, price).with_stock(stock);
        let choice =
            |name: &str, option: &str| Choice { attribute: name.to_owned(), option: option.to_owned() };
        let choices = vec![choice("pa_farge", colour), choice("pa_storrelse", size)];
        let weight = "0.500".to_owned();
        let variation = Product { id, choices, weight, created: at, modified: at, ..variation };
        shop.add_product(variation, now());
    }
    // The last one of them manages its variations' stock.
    let at = Some("2026-11-23T12:28:07Z".parse().unwrap());
    let mut parent =
        Product { id: 656, created: at, modified: at, ..shop.product(511).unwrap() }.with_stock(39);
    (parent.name, parent.sku) = ("Variabel 30 Jakke".to_owned(), "WV-030".to_owned());
    shop.add_product(parent, now());
    let choice = |name: &str, option: &str| Choice { attribute: name.to_owned(), option: option.to_owned() };
    let choices = vec![choice("pa_farge", "svart"), choice("pa_storrelse", "s")];
    let variation = Product::variation(656, "WV-030-SV-S", "2152.00");
    let variation = Product { id: 660, choices, weight: "0.500".to_owned(), ..variation };
    shop.add_product(Product { created: at, modified: at, ..variation }, now());
}

pub(super) fn recording(name: &str) -> Value {
    let path = format!("{}/../recordings/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(super) fn replay(shop: &Shop, name: &str) {
    let recording = recording(name);
    let asked = &recording["request"];
    let method = match asked["method"].as_str().unwrap() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    let path = asked["url"].as_str().unwrap().split_once("shop.example").unwrap().1;
    let mut sent = request(method, path, asked.get("body").filter(|body| !body.is_string()));
    if let Some(text) = asked["body"].as_str() {
        sent.body = Some(text.as_bytes().to_vec());
    }
    let response = shop.handle(&sent, now());
    assert_eq!(u64::from(response.status), recording["response"]["status"].as_u64().unwrap(), "{name}");
    let expected = &recording["response"]["body"];
    let answered = json_of(&response);
    compare(name, &asked["body"], expected, &answered);
    for header in ["X-WP-Total", "X-WP-TotalPages"] {
        let expected = recording["response"]["headers"].get(header).is_some();
        assert_eq!(response.header(header).is_some(), expected, "{name}: {header}");
    }
}

fn compare(name: &str, sent: &Value, expected: &Value, answered: &Value) {
    if expected.get("code").is_some() && expected.get("data").is_some() {
        assert_eq!(answered, expected, "{name}");
        return;
    }
    for list in ["create", "update", "delete"] {
        let rows = |value: &Value| value[list].as_array().cloned().unwrap_or_default();
        assert_eq!(rows(answered).len(), rows(expected).len(), "{name}");
        for (at, (answered, expected)) in rows(answered).iter().zip(rows(expected)).enumerate() {
            match expected.get("error") {
                Some(_) => assert_eq!(*answered, expected, "{name} {list} {at}"),
                None => compare(&format!("{name} {list} {at}"), &sent[list][at], &expected, answered),
            }
        }
    }
    let (Some(expected), Some(answered)) = (expected.as_object(), answered.as_object()) else {
        assert_eq!(answered.is_array(), expected.is_array(), "{name}");
        if let (Some(row), Some(expected)) = (answered.get(0), expected.get(0)) {
            compare(name, &Value::Null, expected, row);
        }
        return;
    };
    for (field, value) in answered {
        let recorded = expected.get(field).unwrap_or_else(|| panic!("{name}: no such field: {field}"));
        let same_kind = std::mem::discriminant(recorded) == std::mem::discriminant(value);
        assert!(
            same_kind || recorded.is_null() || value.is_null(),
            "{name}: {field} is {value}, was {recorded}"
        );
        // Lists hold ids of their own, and `parent` is no answer.
        if sent.get(field).is_some_and(|sent| sent != "parent") && !value.is_array() {
            assert_eq!(value, recorded, "{name}: {field}");
        }
    }
}

/// Replays it; every field that is answered is as recorded, but for these.
fn replay_exactly(shop: &Shop, name: &str, but: &[&str]) {
    replay(shop, name);
    let recording = recording(name);
    let path = recording["request"]["url"].as_str().unwrap().split_once("shop.example").unwrap().1;
    let (asked, method) = (&recording["request"], recording["request"]["method"].as_str().unwrap());
    assert_eq!(method, "GET", "{name}: a write isn't repeated");
    let answered = json_of(&shop.handle(&request(Method::Get, path, asked.get("body")), now()));
    same(name, &answered, &recording["response"]["body"], but);
}

pub(super) fn same(name: &str, answered: &Value, recorded: &Value, but: &[&str]) {
    match (answered, recorded) {
        (Value::Array(answered), Value::Array(recorded)) => {
            assert_eq!(answered.len(), recorded.len(), "{name}");
            answered
                .iter()
                .zip(recorded)
                .for_each(|(answered, recorded)| same(name, answered, recorded, but));
        }
        (Value::Object(answered), Value::Object(recorded)) => {
            for (field, value) in answered.iter().filter(|(field, _)| !but.contains(&field.as_str())) {
                let recorded =
                    recorded.get(field).unwrap_or_else(|| panic!("{name}: no such field: {field}"));
                same(&format!("{name} {field}"), value, recorded, but);
            }
        }
        _ => assert_eq!(answered, recorded, "{name}"),
    }
}

#[test]
fn variations() {
    let shop = seeded(false);
    for name in ["variation_one", "variations_list", "variations_all_modified_after"] {
        replay_exactly(&shop, name, &[]);
    }
    replay_exactly(&shop, "v2_variations", &["image"]);
    replay_exactly(&shop, "variation_via_products", &["slug"]);
    replay_exactly(&shop, "product_variable", &["slug", "categories"]);
    for name in ["global_variations", "variation_wrong_parent", "products_type_variable"] {
        replay(&shop, name);
    }
    let rows = call(&shop, Method::Get, "variations?per_page=1", Value::Null).1;
    same("global_variations", &rows[0], &recording("global_variations")["response"]["body"][0], &[]);
    for name in [
        "variation_put_wrong_parent",
        "variations_batch_wrong_parent",
        "variations_batch_mixed",
        "variation_put",
        "variation_put_manage_parent",
        "variation_get_manage_false",
    ] {
        let sent = &recording(name)["request"]["body"];
        replay(&shop, name);
        if sent["manage_stock"] == "parent" || sent["manage_stock"] == false {
            // As recorded: the parent doesn't manage either.
            let (_, shown) = call(&shop, Method::Get, "products/511/variations/515", Value::Null);
            assert_eq!((&shown["manage_stock"], &shown["stock_quantity"]), (&json!(false), &Value::Null));
        }
    }
    let made = shop.product_by_sku("WV-001-NY").unwrap();
    let path = format!("products/511/variations/{}", made.id);
    let recorded = &recording("variations_batch_mixed")["response"]["body"]["create"][1];
    let shown = call(&shop, Method::Get, &path, Value::Null).1;
    for field in ["name", "attributes", "manage_stock", "price", "image", "parent_id"] {
        assert_eq!(shown[field], recorded[field], "{field}");
    }
}

#[test]
fn reads() {
    for name in [
        "product_404",
        "products_sku",
        "products_sku_missing",
        "products_sku_multi",
        "products_include",
        "products_fields",
        "products_page_0",
        "products_page_beyond",
        "products_per_page_0",
        "products_per_page_101",
        "products_status_list",
        "products_orderby_bad",
        "products_modified_after_bad",
        "product_by_sku_variation",
        "variation_via_products",
        "v2_products",
        "v2_product_sku",
        "route_404",
        "count_only",
        "currency",
        "settings_tax",
        "settings_products",
        "system_status",
        "tax_classes",
        "taxes",
        "rest_route_query",
    ] {
        replay(&seeded(false), name);
    }
}

#[test]
fn the_trash() {
    for name in [
        "product_get_trashed",
        "products_list_trash",
        "products_sku_trashed",
        "product_put_trashed",
        "product_post_sku_of_trashed",
        "product_delete_force",
    ] {
        replay(&seeded(true), name);
    }
    replay(&seeded(false), "product_delete_trash");
    let shop = seeded(false);
    shop.delete(20);
    replay(&shop, "product_delete_again");
}

#[test]
fn writes() {
    for name in [
        "bad_json",
        "empty_body_post",
        "invalid_param_type",
        "product_image_bad_id",
        "product_post_draft",
        "product_post_duplicate_global_unique_id",
        "product_post_duplicate_sku",
        "product_post_duplicate_sku_of_draft_variation",
        "product_post_invalid_global_unique_id",
        "product_put_404",
        "product_put_bad_enum",
        "product_put_price_comma",
        "product_put_price_number",
        "product_put_price_text",
        "product_put_price_thousand",
        "product_put_sale_eq_regular",
        "product_put_sale_clear",
        "product_put_stock_decimal",
        "product_put_stock_null",
        "product_put_stock_string",
        "product_put_tax_class_unknown",
        "product_put_unknown_field",
        "product_put_variation_id_via_products",
        "products_batch_101",
        "products_batch_empty",
        "products_batch_mixed",
        "batch_create_image_fail",
        "batch_qty_types",
        "v2_batch",
    ] {
        let shop = seeded(false);
        if name == "product_post_draft" {
            shop.delete(734);
        }
        replay(&shop, name);
    }
}

#[test]
fn logins() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let check = |name: &str, key: &str, secret: &str| {
        let shop = seeded(false);
        shop.add_key("ck_read", "cs_read", Permissions::Read);
        shop.add_key("ck_write", "cs_write", Permissions::Write);
        let recording = recording(name);
        let asked = &recording["request"];
        let method = match asked["method"].as_str() {
            Some("POST") => Method::Post,
            _ => Method::Get,
        };
        let url = asked["url"].as_str().unwrap();
        let url = url.replace("ck_0000000000000000000000000000000000000000", key);
        let mut sent = Request::new(method, url.parse().unwrap()).header("accept", "application/json");
        if asked["auth"] == "basic" {
            sent =
                sent.header("authorization", format!("Basic {}", STANDARD.encode(format!("{key}:{secret}"))));
        }
        if asked["body"].is_object() {
            sent = sent.body("application/json", asked["body"].to_string().into_bytes());
        }
        // Signed requests were sent at their own time.
        let at = "2026-11-23T12:30:59Z".parse().unwrap();
        let response = shop.handle(&sent, at);
        assert_eq!(u64::from(response.status), recording["response"]["status"].as_u64().unwrap(), "{name}");
        let expected = &recording["response"]["body"];
        if expected["code"].is_string() {
            assert_eq!(json_of(&response), *expected, "{name}");
        }
    };
    check("auth_none", "", "");
    check("auth_bad_key", "ck_nobody", SECRET);
    check("auth_bad_secret", KEY, "cs_other");
    check("auth_basic_over_http", KEY, SECRET);
    check("auth_query_over_https", KEY, SECRET);
    check("auth_query_over_http", KEY, SECRET);
    check("auth_oauth1_bad_sig", KEY, SECRET);
    check("auth_readonly_get", "ck_read", "cs_read");
    check("auth_readonly_post", "ck_read", "cs_read");
    check("auth_readonly_batch", "ck_read", "cs_read");
    check("auth_writeonly_get", "ck_write", "cs_write");
}

#[test]
fn hosts() {
    let shop = seeded(false);
    shop.set(|setup| setup.maintenance = true);
    replay(&shop, "maintenance_mode");
    let page =
        shop.handle(&Request::new(Method::Get, "https://shop.example/wp-json/".parse().unwrap()), now());
    assert_eq!((page.status, page.header("retry-after")), (503, Some("600")));
    assert!(page.body.starts_with(b"<!DOCTYPE html>"));
    let shop = seeded(false);
    shop.set(|setup| setup.plain_permalinks = true);
    replay(&shop, "rest_route_query");
    assert_eq!(call(&shop, Method::Get, "products", json!({})).0, 404);
}
