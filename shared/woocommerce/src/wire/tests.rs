use retail::shop::{ManageStock, MediaId, ShopAttribute, ShopId, ShopOption, ShopProduct};
use serde_json::json;

use super::*;

fn product(value: Value) -> ShopProduct {
    Product::deserialize(value).unwrap().into_product()
}

#[test]
fn odd_types_do_not_stop_a_page() {
    let odd =
        product(json!({"id": 7, "sku": 123, "name": null, "regular_price": 12.5, "sale_price": "gratis",
        "manage_stock": "yes", "stock_quantity": 2.5, "images": [{"id": 0}, {"id": 3}], "parent_id": 4,
        "type": "simple", "tax_class": "standard"}));
    assert_eq!(odd.sku, "123");
    assert_eq!(odd.regular_price, Some(Decimal::new(125, 1)));
    assert_eq!(odd.sale_price, None);
    assert_eq!((odd.manage_stock, odd.stock), (ManageStock::Yes, Some(Decimal::new(25, 1))));
    assert_eq!((odd.images.len(), odd.parent, odd.tax_class.as_str()), (1, None, ""));
    assert!(Product::deserialize(json!({"sku": "no id"})).is_err());
}

#[test]
fn attributes_keep_every_letter() {
    let odd = product(json!({"id": 7, "type": "variable", "attributes": {
        "10": {"name": "Stoff", "options": "Ull | Bomull |", "variation": "yes", "visible": 0},
        "2": {"id": "3", "name": "Mål &amp; vekt", "position": "4", "visible": true,
              "options": {"1": "M &amp; L", "0": 38}},
        "11": {"name": "Tom"},
        "12": "no attribute",
    }}));
    let own = |name: &str, options: &[&str]| ShopAttribute {
        id: 0,
        name: name.to_owned(),
        position: 0,
        visible: false,
        variation: false,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    assert_eq!(
        odd.attributes,
        [
            ShopAttribute {
                id: 3,
                position: 4,
                visible: true,
                ..own("Mål &amp; vekt", &["38", "M &amp; L"])
            },
            ShopAttribute { variation: true, ..own("Stoff", &["Ull", "Bomull"]) },
            own("Tom", &[]),
        ]
    );
    assert_eq!(odd.options, []);
    assert_eq!(product(json!({"id": 7, "attributes": null})).attributes, []);
}

#[test]
fn a_variation_has_options_and_one_image() {
    let row = |image: Value| {
        let row = json!({"id": 7, "image": image, "attributes": [
            {"id": 2, "name": "Størrelse", "option": 38}, {"id": 1, "name": "Farge", "option": ""}, {"id": 3}]});
        Product::deserialize(row).unwrap().into_variation(ShopId(5))
    };
    let variation = row(json!({"id": 9, "src": "x"}));
    assert_eq!((variation.kind.as_str(), variation.parent), ("variation", Some(ShopId(5))));
    assert_eq!(variation.images, [MediaId(9)]);
    let size = ShopOption { id: 2, name: "Størrelse".to_owned(), option: "38".to_owned() };
    assert_eq!((variation.options, variation.attributes), (vec![size], vec![]));
    for none in [json!(null), json!({"id": 0}), json!(false), json!([])] {
        assert_eq!(row(none).images, []);
    }
    let by_products = product(json!({"id": 7, "type": "variation", "images": [{"id": 3}, {"id": 4}]}));
    assert_eq!(by_products.images, [MediaId(3)]);
}

#[test]
fn entities_are_decoded_once() {
    let check = |text: &str, expected: &str| assert_eq!(decode_entities(text), expected);
    check("Kopp &amp; fat", "Kopp & fat");
    check("&amp;lt;", "&lt;");
    check("A &#8211; B&#x20;C", "A – B C");
    check("R&D; AT&T & co", "R&D; AT&T & co");
    check("&#1114112; &", "&#1114112; &");
    check("æ&quot;ø", "æ\"ø");
}
