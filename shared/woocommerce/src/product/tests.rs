use super::*;

#[test]
fn prices_are_plain_text() {
    let check = |text: &str, expected: &str| assert_eq!(price_text(text.parse().unwrap()), expected);
    check("199.9", "199.90");
    check("199.9000", "199.90");
    check("10", "10.00");
    check("0", "0.00");
    check("10.123456", "10.123456");
    check("1000000000", "1000000000.00");
    check("0.008", "0.008");
    assert_eq!(price_text(Decimal::from_scientific("1e6").unwrap()), "1000000.00");
}

#[test]
fn an_update_holds_only_what_changes() {
    let change =
        ProductChange { sale_price: Some(None), stock: Some(StockWrite::Managed(3)), ..Default::default() };
    let item = ProductWrite::Update { id: ShopId(11), change };
    assert_eq!(
        item.to_json(Version::V3),
        json!({"id": 11, "sale_price": "", "manage_stock": true, "stock_quantity": 3})
    );
    let change =
        ProductChange { stock: Some(StockWrite::Unmanaged), status: Some(Draft), ..Default::default() };
    let item = ProductWrite::Update { id: ShopId(11), change };
    assert_eq!(item.to_json(Version::V3), json!({"id": 11, "manage_stock": false, "status": "draft"}));
    assert!(ProductChange::default().is_empty());
}

#[test]
fn backslashes_survive_the_shop() {
    let description = Some(r"C:\x".to_owned());
    let new = NewProduct { name: r"A\B".into(), sku: r"A\B".into(), description, ..Default::default() };
    let sent = ProductWrite::Create(new).to_json(Version::V3);
    assert_eq!((&sent["name"], &sent["description"]), (&json!(r"A\\B"), &json!(r"C:\\x")));
    assert_eq!(sent["sku"], r"A\B", "from an SKU nothing is stripped");
    let change = ProductChange { name: Some(r"A\B".into()), ..Default::default() };
    assert_eq!(ProductWrite::Update { id: ShopId(1), change }.to_json(Version::V3)["name"], r"A\\B");
}

#[test]
fn a_create_is_always_a_draft() {
    let new = NewProduct { name: "Kopp & fat".into(), sku: "K-1".into(), ..Default::default() };
    assert_eq!(
        ProductWrite::Create(new).to_json(Version::V3),
        json!({"type": "simple", "status": "draft", "name": "Kopp & fat", "sku": "K-1"})
    );
}

#[test]
fn a_parent_is_made_with_its_attributes_and_groups() {
    let size = ShopAttribute {
        id: 2,
        name: "Størrelse".into(),
        position: 1,
        visible: true,
        variation: true,
        options: vec!["M".into(), "S &amp; XS".into()],
    };
    let own = ShopAttribute { id: 0, name: "Stoff".into(), variation: false, ..size.clone() };
    let new = NewProduct {
        name: "Genser".into(),
        kind: NewKind::Variable,
        categories: vec![CategoryId(19)],
        attributes: vec![size.clone()],
        ..Default::default()
    };
    let by_id =
        json!({"id": 2, "position": 1, "visible": true, "variation": true, "options": ["M", "S &amp; XS"]});
    assert_eq!(
        ProductWrite::Create(new).to_json(Version::V3),
        json!({"type": "variable", "status": "draft", "name": "Genser", "categories": [{"id": 19}],
            "attributes": [by_id]})
    );
    let change = ProductChange { attributes: Some(vec![size, own]), ..Default::default() };
    assert!(!change.is_empty());
    let by_name = json!({"name": "Stoff", "position": 1, "visible": true, "variation": false, "options": ["M", "S &amp; XS"]});
    assert_eq!(
        ProductWrite::Update { id: ShopId(11), change }.to_json(Version::V3),
        json!({"id": 11, "attributes": [by_id, by_name]})
    );
}
