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
fn entities_are_decoded_once() {
    let check = |text: &str, expected: &str| assert_eq!(decode_entities(text), expected);
    check("Kopp &amp; fat", "Kopp & fat");
    check("&amp;lt;", "&lt;");
    check("A &#8211; B&#x20;C", "A – B C");
    check("R&D; AT&T & co", "R&D; AT&T & co");
    check("&#1114112; &", "&#1114112; &");
    check("æ&quot;ø", "æ\"ø");
}
