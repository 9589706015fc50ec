use expect_test::{Expect, expect};
use serde_json::value::RawValue;

use super::*;

/// One product as the server was seen to write it.
const ROW: &str = r#"{"product_id":"9","related_product_id":null,"product_name":"Kopp bl\u00e5","product_number":"A-100",
"description":"till","webshop_description":"<p>web</p>","barcode":"7038010055690",
"product_image":"https://img.no/1.jpg","images":[{"id":1,"url":"https://img.no/2.jpg"},"https://img.no/1.jpg","https://img.no/3.jpg"],
"brand_id":"3","brand_name":"Fjord","category_id":7,"category_name":"Kitchen > Mugs","supplier_id":"0","vatrate_id":"1",
"vatrate_percent":"11.11","cost_price":"40.00","price_inc_vat":"129.90","special_price":99.9,"view_on_webshop":"1",
"use_stock":true,"unit":"stk","ask_qty":0,"ask_price":"false","currency_code":"nok","is_deleted":0,
"created_at":"2026-01-01 10:00:00","updated_at":"2026-01-01 10:00:00","has_pricelist":1,
"pricelist":[{"customer_group_id":"5","customer_group_name":"B2B","price_inc_vat":"110.00","customer_group_has_pricelist":true,
"customer_group_is_active":1,"customer_group_is_deleted":"0"},{"customer_group_id":6,"customer_group_name":"Old",
"price_inc_vat":90,"customer_group_is_active":"1","customer_group_is_deleted":true}],
"custom_fields":[{"name":"Materiale","value":"Leire"},{"name":"","value":""}],"is_parent":false,"parent_variant":""}"#;

fn with(field: &str, json: &str) -> String {
    let mut row: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_str(ROW).unwrap();
    row.insert(field.to_owned(), RawValue::from_string(json.to_owned()).unwrap());
    serde_json::to_string(&row).unwrap()
}

fn read_one(json: &str) -> Result<OfficeProduct, Unreadable> {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    let (mut rows, mut unreadable) = read(&[Some(&raw)], 100);
    rows.pop().ok_or_else(|| unreadable.pop().unwrap())
}

#[test]
fn a_whole_row() {
    expect![[r#"
        {
          "id": 9,
          "number": "A-100",
          "name": "Kopp blå",
          "description": "<p>web</p>",
          "barcode": "7038010055690",
          "vat_percent": "11.11",
          "price_inc_vat": "129.9",
          "special_price_inc_vat": "99.9",
          "ask_price": false,
          "currency": "NOK",
          "list_prices": [
            {
              "list": "5",
              "name": "B2B",
              "price_inc_vat": "110",
              "active": true
            },
            {
              "list": "6",
              "name": "Old",
              "price_inc_vat": "90",
              "active": false
            }
          ],
          "visible": true,
          "deleted": false,
          "use_stock": true,
          "is_parent": false,
          "group_path": "Kitchen > Mugs",
          "brand": "Fjord",
          "custom_fields": [
            [
              "Materiale",
              "Leire"
            ]
          ],
          "images": [
            "https://img.no/1.jpg",
            "https://img.no/2.jpg",
            "https://img.no/3.jpg"
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&read_one(ROW).unwrap()).unwrap());
}

#[test]
fn a_bare_row() {
    let product = read_one(r#"{"product_id":1}"#).unwrap();
    assert!(!product.visible && !product.deleted && product.parent.is_none() && product.defects.is_empty());
    assert_eq!(product.price_inc_vat, None);
}

#[test]
fn a_bad_field_is_a_defect_of_the_product() {
    let check = |field: &str, json: &str, expected: &str| {
        let product = read_one(&with(field, json)).unwrap();
        let found: Vec<String> =
            product.defects.iter().map(|d| format!("{}: {}", d.field, d.reason)).collect();
        assert_eq!(found.join("; "), expected, "{field} {json}");
        product
    };
    let mend = "correct it in Loomis Pay";
    let product = check("price_inc_vat", "1e309", &format!("price_inc_vat: no number: 1e309: {mend}"));
    assert_eq!(product.price_inc_vat, None);
    check("price_inc_vat", "\"abc\"", &format!("price_inc_vat: no number: \"abc\": {mend}"));
    check("special_price", "[]", &format!("special_price: no number: []: {mend}"));
    let product =
        check("ask_price", "\"perhaps\"", &format!("ask_price: neither true nor false: \"perhaps\": {mend}"));
    assert!(product.ask_price, "what can't be read is not published");
    check("pricelist", "\"x\"", &format!("pricelist: no list: \"x\": {mend}"));
    check(
        "pricelist",
        r#"[{"customer_group_id":5,"price_inc_vat":"dear"}]"#,
        &format!("pricelist[0].price_inc_vat: no number: \"dear\": {mend}"),
    );
    check("images", r#"["/local.jpg"]"#, &format!("images[0]: no web address: {mend}"));
    check("product_name", "\"\\ud800\"", &format!("product_name: no readable text: \"\\ud800\": {mend}"));
}

#[test]
fn none_is_written_in_many_ways() {
    for none in ["null", "0", "\"0\"", "\"\""] {
        let product = read_one(&with("parent_variant", none)).unwrap();
        assert_eq!((product.parent, product.defects.len()), (None, 0), "{none}");
        let product = read_one(&with("special_price", none)).unwrap();
        assert_eq!((product.special_price_inc_vat, product.defects.len()), (None, 0), "{none}");
        let product = read_one(&with("product_image", none)).unwrap();
        assert_eq!((product.images.len(), product.defects.len()), (3, 0), "{none}");
        let product = read_one(&with("brand_name", none)).unwrap();
        assert_eq!((product.brand.as_str(), product.defects.len()), ("", 0), "{none}");
        let product = read_one(&with("webshop_description", none)).unwrap();
        assert_eq!((product.description.as_str(), product.defects.len()), ("till", 0), "{none}");
        let product = read_one(&with("pricelist", none)).unwrap();
        assert_eq!((product.list_prices.len(), product.defects.len()), (0, 0), "{none}");
    }
}

#[test]
fn what_is_too_long() {
    let long = |n: usize| format!("\"{}\"", "ø".repeat(n));
    let product = read_one(&with("webshop_description", &long(40_000))).unwrap();
    assert_eq!((product.description.as_str(), product.defects[0].field.as_str()), ("", "description"));
    let product = read_one(&with("product_name", &long(1_001))).unwrap();
    assert_eq!((product.name.chars().count(), product.defects[0].field.as_str()), (1_000, "product_name"));
    let product = read_one(&with("product_name", &long(1_000))).unwrap();
    assert!(product.defects.is_empty());
    let product = read_one(&with("product_number", &long(101))).unwrap();
    assert_eq!((product.number.chars().count(), product.defects[0].field.as_str()), (100, "product_number"));
    let many: Vec<String> = (0..30).map(|n| format!("\"https://img.no/{n}.jpg\"")).collect();
    assert_eq!(read_one(&with("images", &format!("[{}]", many.join(",")))).unwrap().images.len(), 20);
}

#[test]
fn the_other_description_where_the_first_is_empty() {
    assert_eq!(read_one(&with("webshop_description", "\" \"")).unwrap().description, "till");
    assert_eq!(read_one(&with("webshop_description", "null")).unwrap().description, "till");
}

#[test]
fn a_row_that_is_no_product() {
    let check = |json: &str, expected: Expect| {
        let bad = read_one(json).unwrap_err();
        expected.assert_eq(&format!("{:?} {}: {}", bad.id.map(|id| id.0), bad.row, bad.reason));
    };
    check(&with("product_id", "\"x\""), expect![[r#"None row 101: products[0].product_id: no number: "x""#]]);
    check(&with("product_id", "0"), expect!["None row 101: products[0].product_id: missing"]);
    check(
        &with("view_on_webshop", "\"?\""),
        expect![[r#"Some(9) product 9: products[0].view_on_webshop: neither true nor false: "?""#]],
    );
    check(
        &with("parent_variant", "\"?\""),
        expect![[r#"Some(9) product 9: products[0].parent_variant: no number: "?""#]],
    );
    check(
        "\"nonsense\"",
        expect![[
            r#"None row 101: products[0]: invalid type: string "nonsense", expected struct Row at line 1 column 10"#
        ]],
    );
}
