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
fn a_create_is_always_a_draft() {
    let new = NewProduct { name: "Kopp & fat".into(), sku: "K-1".into(), ..Default::default() };
    assert_eq!(
        ProductWrite::Create(new).to_json(Version::V3),
        json!({"type": "simple", "status": "draft", "name": "Kopp & fat", "sku": "K-1"})
    );
}
