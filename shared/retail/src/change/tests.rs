use expect_test::{Expect, expect};

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The lines as a preview prints them.
fn check(act: Act, expected: Expect) {
    let writes = !matches!(&act, Act::Update { fields, .. } if fields.is_empty());
    let (number, name) = ("A1".to_owned(), "Cup".to_owned());
    let change = Change { product: ProductId(1), number, name, act, remarks: Vec::new() };
    let lines = change.lines();
    let text = |line: &Line| format!("{} {:10} {:?} -> {:?}\n", change.number, line.kind, line.from, line.to);
    expected.assert_eq(&lines.iter().map(text).collect::<String>());
    assert_eq!((change.writes(), !lines.is_empty()), (writes, writes));
}

fn update(fields: Vec<FieldChange>) -> Act {
    Act::Update { shop: ShopId(100), under: None, adopt: false, fields }
}

#[test]
fn a_creation_has_a_line_a_field() {
    let bare = NewProduct {
        form: Form::Simple,
        group: None,
        attributes: Vec::new(),
        images: Vec::new(),
        name: "Kopp ☕".to_owned(),
        sku: "A1".to_owned(),
        regular_price: None,
        sale_price: None,
        description: Some("Blue".to_owned()),
        tax_class: Some("reduced-rate".to_owned()),
        stock: None,
        gtin: Some("96385074".to_owned()),
    };
    check(
        Act::Create(Box::new(bare.clone())),
        expect![[r#"
        A1 create     "" -> "Kopp ☕"
    "#]],
    );
    let full = NewProduct {
        regular_price: Some(dec("79.9")),
        sale_price: Some(dec("50.12300")),
        stock: Some(StockTarget::Managed(7)),
        ..bare
    };
    check(
        Act::Create(Box::new(full.clone())),
        expect![[r#"
        A1 create     "" -> "Kopp ☕"
        A1 price      "" -> "79.90"
        A1 sale-price "" -> "50.123"
        A1 stock      "" -> "7"
    "#]],
    );
    check(
        Act::Create(Box::new(NewProduct { stock: Some(StockTarget::Unmanaged), ..full })),
        expect![[r#"
        A1 create     "" -> "Kopp ☕"
        A1 price      "" -> "79.90"
        A1 sale-price "" -> "50.123"
        A1 stock      "" -> "not managed"
    "#]],
    );
}

#[test]
fn an_update_has_a_line_a_field() {
    check(update(Vec::new()), expect![]);
    check(Act::Update { shop: ShopId(100), under: None, adopt: true, fields: Vec::new() }, expect![]);
    check(
        update(vec![
            FieldChange::Name { from: "Old cup".to_owned(), to: "Cup".to_owned() },
            FieldChange::RegularPrice { from: Some(dec("100")), to: dec("79.92") },
            FieldChange::SalePrice { from: None, to: Some(dec("50")) },
            FieldChange::Stock { from: Some(dec("7.00")), to: StockTarget::Managed(0) },
            FieldChange::Draft { from: "publish".to_owned(), to: Off::Draft },
        ]),
        expect![[r#"
            A1 name       "Old cup" -> "Cup"
            A1 price      "100.00" -> "79.92"
            A1 sale-price "" -> "50.00"
            A1 stock      "7" -> "0"
            A1 draft      "publish" -> "draft"
        "#]],
    );
    check(
        update(vec![
            FieldChange::RegularPrice { from: None, to: dec("79.9200") },
            FieldChange::SalePrice { from: Some(dec("50")), to: None },
            FieldChange::Stock { from: None, to: StockTarget::Managed(12) },
        ]),
        expect![[r#"
            A1 price      "" -> "79.92"
            A1 sale-price "50.00" -> ""
            A1 stock      "not managed" -> "12"
        "#]],
    );
    check(
        update(vec![FieldChange::Stock { from: Some(dec("7")), to: StockTarget::Unmanaged }]),
        expect![[r#"
        A1 stock      "7" -> "not managed"
    "#]],
    );
}

#[test]
fn money_has_two_decimals_or_as_many_as_it_needs() {
    for (amount, expected) in [
        ("0", "0.00"),
        ("5", "5.00"),
        ("79.9", "79.90"),
        ("79.9200", "79.92"),
        ("0.0849", "0.0849"),
        ("-3", "-3.00"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
    ] {
        assert_eq!(money(dec(amount)), expected);
    }
}

#[test]
fn a_kind_is_spelt_alike_in_a_line_and_in_json() {
    use Kind::{Attribute, Create, Draft, Group, Image, Name, Price, SalePrice, Stock};
    for kind in [Create, Name, Price, SalePrice, Stock, Image, Attribute, Group, Draft] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn lists_have_a_line_each_and_say_what_is_lost() {
    let attribute = |name: &str, options: &[&str], variation| ShopAttribute {
        id: 0,
        name: name.to_owned(),
        position: 0,
        visible: true,
        variation,
        options: options.iter().map(|one| (*one).to_owned()).collect(),
    };
    let option = |option: &str| ShopOption { id: 0, name: "Variant".to_owned(), option: option.to_owned() };
    check(
        update(vec![
            FieldChange::Attributes {
                from: vec![attribute("Size", &["S", "M"], true), attribute("Brand", &["A"], false)],
                to: vec![attribute("brand", &["B"], false), attribute("Variant", &["Red"], true)],
            },
            FieldChange::Options { from: vec![option("S")], to: vec![option("Red")] },
            FieldChange::Images {
                present: Vec::new(),
                urls: vec!["https://i/1.png".to_owned(), "https://i/2.png".to_owned()],
                done: 1,
            },
        ]),
        expect![[r#"
            A1 attribute  "Size: S, M" -> "lost"
            A1 attribute  "Brand: A" -> "brand: B (lost: A)"
            A1 attribute  "" -> "Variant: Red"
            A1 attribute  "Variant: S" -> "Variant: Red (lost: S)"
            A1 image      "" -> "https://i/2.png"
        "#]],
    );
}
