use super::*;

fn size(id: u64, option: &str) -> ShopOption {
    ShopOption { id, name: "Størrelse".to_owned(), option: option.to_owned() }
}

#[test]
fn a_variation_is_made_in_either_version() {
    let new = NewVariation {
        sku: "G-M".into(),
        regular_price: Some(Decimal::new(199, 0)),
        stock: Some(StockWrite::Managed(3)),
        options: vec![size(2, "M &amp; L"), size(0, r"1\2")],
        ..Default::default()
    };
    let options = json!([{"id": 2, "option": "M &amp; L"}, {"name": "Størrelse", "option": r"1\\2"}]);
    assert_eq!(
        VariationWrite::Create(new.clone()).to_json(Version::V3),
        json!({"sku": "G-M", "regular_price": "199.00", "manage_stock": true, "stock_quantity": 3,
            "status": "publish", "attributes": options})
    );
    let bare = NewVariation { private: true, ..Default::default() };
    assert_eq!(VariationWrite::Create(bare.clone()).to_json(Version::V3), json!({"status": "private"}));
    assert_eq!(VariationWrite::Create(bare).to_json(Version::V2), json!({"visible": false}));
    let v2 = VariationWrite::Create(NewVariation::default()).to_json(Version::V2);
    assert_eq!(v2, json!({"visible": true}));
}

#[test]
fn an_update_holds_only_what_changes() {
    let update = |change| VariationWrite::Update { id: ShopId(7), change };
    let change = VariationChange { sale_price: Some(None), status: Some(Private), ..Default::default() };
    assert_eq!(
        update(change.clone()).to_json(Version::V3),
        json!({"id": 7, "sale_price": "", "status": "private"})
    );
    assert_eq!(update(change).to_json(Version::V2), json!({"id": 7, "sale_price": "", "visible": false}));
    let change = VariationChange { options: Some(vec![size(2, "S")]), ..Default::default() };
    assert!(!change.is_empty() && VariationChange::default().is_empty());
    assert_eq!(
        update(change).to_json(Version::V3),
        json!({"id": 7, "attributes": [{"id": 2, "option": "S"}]})
    );
}
