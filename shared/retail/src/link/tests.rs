use expect_test::{Expect, expect};

use super::*;
use crate::change::{FieldChange as F, StockTarget};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn existing() -> ShopProduct {
    ShopProduct {
        id: ShopId(100),
        sku: "A1".to_owned(),
        name: "Old cup".to_owned(),
        status: "publish".to_owned(),
        kind: "simple".to_owned(),
        parent: None,
        regular_price: Some(dec("100")),
        sale_price: None,
        manage_stock: ManageStock::Yes,
        stock: Some(dec("7")),
        tax_class: String::new(),
        images: Vec::new(),
        attributes: Vec::new(),
        options: Vec::new(),
    }
}

fn changes() -> [F; 5] {
    [
        F::Name { from: "Old cup".to_owned(), to: "Cup".to_owned() },
        F::RegularPrice { from: Some(dec("100")), to: dec("79.92") },
        F::SalePrice { from: None, to: Some(dec("50")) },
        F::Stock { from: Some(dec("7")), to: StockTarget::Managed(3) },
        F::Draft { from: "publish".to_owned(), to: crate::change::Off::Draft },
    ]
}

fn check(image: &Image, expected: Expect) {
    let json = serde_json::to_string(image).unwrap();
    expected.assert_eq(&json);
    assert_eq!(&serde_json::from_str::<Image>(&json).unwrap(), image);
    assert_eq!(&serde_json::from_value::<Image>(serde_json::to_value(image).unwrap()).unwrap(), image);
}

#[test]
fn an_image_survives_a_round_trip() {
    check(&Image::default(), expect!["{}"]);
    let empty = Some(None);
    check(
        &Image { regular_price: empty, sale_price: empty, stock: empty, ..Image::default() },
        expect![[r#"{"regular_price":null,"sale_price":null,"stock":null}"#]],
    );
    check(
        &Image {
            name: Some("Kopp ☕".to_owned()),
            regular_price: Some(Some(dec("79.9200"))),
            sale_price: Some(Some(dec("0.0849"))),
            stock: Some(Some(dec("-3"))),
            status: Some("draft".to_owned()),
            ..Image::default()
        },
        expect![[
            r#"{"name":"Kopp ☕","regular_price":"79.9200","sale_price":"0.0849","stock":"-3","status":"draft"}"#
        ]],
    );
}

#[test]
fn a_link_of_an_earlier_day_is_read() {
    let link: Link = serde_json::from_str(r#"{"product": 1, "shop": 100, "seen_name": "Cup"}"#).unwrap();
    assert_eq!(
        (link.product, link.shop, link.written, link.before),
        (ProductId(1), ShopId(100), Image::default(), Image::default(),)
    );
}

#[test]
fn what_was_there_is_remembered_once() {
    let mut before = Image::default();
    for change in changes() {
        before.remember(&existing(), &change);
    }
    check(
        &before,
        expect![[
            r#"{"name":"Old cup","regular_price":"100","sale_price":null,"stock":"7","status":"publish"}"#
        ]],
    );
    // After our own write the shop has ours; what was there before stays.
    let ours = ShopProduct {
        name: "Cup".to_owned(),
        regular_price: None,
        sale_price: Some(dec("50")),
        stock: Some(dec("3")),
        status: "draft".to_owned(),
        ..existing()
    };
    let first = before.clone();
    for change in changes() {
        before.remember(&ours, &change);
    }
    assert_eq!(before, first);
}

#[test]
fn a_stock_that_nobody_managed_is_remembered_as_none() {
    for manage_stock in [ManageStock::No, ManageStock::Parent] {
        let mut before = Image::default();
        before.remember(&ShopProduct { manage_stock, ..existing() }, &changes()[3]);
        assert_eq!(before, Image { stock: Some(None), ..Image::default() });
    }
}

#[test]
fn what_was_written_is_confirmed_field_by_field() {
    let mut written = Image::default();
    written.confirm(&changes()[1]);
    check(&written, expect![[r#"{"regular_price":"79.92"}"#]]);
    for change in changes() {
        written.confirm(&change);
    }
    check(
        &written,
        expect![[r#"{"name":"Cup","regular_price":"79.92","sale_price":"50","stock":"3","status":"draft"}"#]],
    );
    written.confirm(&F::SalePrice { from: Some(dec("50")), to: None });
    written.confirm(&F::Stock { from: Some(dec("3")), to: StockTarget::Unmanaged });
    check(
        &written,
        expect![[
            r#"{"name":"Cup","regular_price":"79.92","sale_price":null,"stock":null,"status":"draft"}"#
        ]],
    );
}

#[test]
fn lists_survive_a_round_trip() {
    let option = |option: &str| ShopOption { id: 0, name: "Variant".to_owned(), option: option.to_owned() };
    let attached = Attached { urls: vec!["https://i/1.png".to_owned()], done: 1, media: vec![MediaId(7)] };
    check(
        &Image {
            options: Some(Kept { asked: vec![option("a|b")], kept: vec![option("a"), option("b")] }),
            images: Some(attached),
            ..Image::default()
        },
        expect![[
            r#"{"options":{"asked":[{"name":"Variant","option":"a|b"}],"kept":[{"name":"Variant","option":"a"},{"name":"Variant","option":"b"}]},"images":{"urls":["https://i/1.png"],"done":1,"media":[7]}}"#
        ]],
    );
}
