//! Parents and their variations.

use retail::{
    fate::Fate,
    shop::{ManageStock, ShopId},
};
use serde_json::json;
use woocommerce::{
    NewProduct, NewVariation, Private, ProductChange, StockWrite, VariationChange, VariationWrite,
};
use world::Method;

use crate::shop::{Contract, attribute, option, price};

fn blue(shop: &Contract<'_>, end: &str) -> NewVariation {
    NewVariation { sku: shop.sku(end), options: vec![option("Farge", "Blå")], ..NewVariation::default() }
}

pub(crate) async fn made(shop: &Contract<'_>) {
    let parent = shop.make(shop.parent("P", &["Blå", "Rød & hvit"])).await;
    assert_eq!((parent.kind.as_str(), parent.status.as_str()), ("variable", "draft"));
    assert_eq!(parent.attributes, [attribute("Farge", &["Blå", "Rød & hvit"], true)]);
    assert_eq!(shop.variations(parent.id).await, []);
    let first = NewVariation {
        regular_price: price("100"),
        sale_price: price("80"),
        stock: Some(StockWrite::Managed(3)),
        description: Some("<p>Blå</p>".to_owned()),
        ..blue(shop, "V1")
    };
    let second = NewVariation {
        sku: shop.sku("V2"),
        regular_price: price("110"),
        options: vec![option("Farge", "Rød & hvit")],
        ..NewVariation::default()
    };
    let done = shop.vary(parent.id, &[VariationWrite::Create(first), VariationWrite::Create(second)]).await;
    let made: Vec<_> = done.into_iter().map(|one| one.unwrap().product).collect();
    let one = &made[0];
    assert_eq!((one.kind.as_str(), one.parent), ("variation", Some(parent.id)));
    assert_eq!(
        (one.sku.clone(), one.regular_price, one.sale_price),
        (shop.sku("V1"), price("100"), price("80"))
    );
    assert_eq!((one.manage_stock, one.stock), (ManageStock::Yes, price("3")));
    assert_eq!(one.options, [option("Farge", "Blå")]);
    // Its parent's, or nothing but that.
    let expected = if shop.v2 || !shop.since(5, 1) { "" } else { "parent" };
    assert_eq!(one.tax_class, expected);
    assert_eq!(made[1].options, [option("Farge", "Rød & hvit")]);
    // They come back alike: in the list, alone, and by their SKU with a product's own fields.
    let listed = shop.variations(parent.id).await;
    assert_eq!(listed.len(), 2);
    for (listed, made) in listed.iter().zip(&made) {
        assert_eq!((listed.id, &listed.options, listed.stock), (made.id, &made.options, made.stock));
        assert_eq!(shop.client.variation(parent.id, made.id).await.unwrap().unwrap().options, made.options);
        let found = shop.client.products_by_sku(&[&made.sku]).await.unwrap();
        assert_eq!(
            (found[0].id, found[0].parent, found[0].kind.as_str()),
            (made.id, Some(parent.id), "variation")
        );
        assert_eq!(found[0].options, made.options);
        assert_eq!(shop.product(made.id).await.parent, Some(parent.id));
    }
    // Products by id don't tell variations.
    assert_eq!(shop.client.products_by_id(&[made[0].id]).await.unwrap(), []);
    // Changes, one of them for nobody.
    let change =
        VariationChange { regular_price: price("120"), sale_price: Some(None), ..VariationChange::default() };
    let update = |id: ShopId| VariationWrite::Update { id, change: change.clone() };
    let done = shop.vary(parent.id, &[update(ShopId(u64::from(u32::MAX))), update(one.id)]).await;
    assert!(done[0].is_err());
    let changed = &done[1].as_ref().unwrap().product;
    assert_eq!((changed.regular_price, changed.sale_price), (price("120"), None));
    // A parent is none without its id; a product that is no parent has none.
    assert_eq!(shop.client.variations(ShopId(u64::from(u32::MAX))).await.unwrap(), None);
    let simple = shop.make(shop.simple("S")).await;
    assert_eq!(shop.variations(simple.id).await, []);
    // They go with their parent.
    shop.delete(&format!("products/{}", parent.id), true).await;
    assert_eq!(shop.client.product(one.id).await.unwrap(), None);
    assert_eq!(shop.by_sku(&[&one.sku]).await, []);
}

pub(crate) async fn stock(shop: &Contract<'_>) {
    let parent = NewProduct { stock: Some(StockWrite::Managed(7)), ..shop.parent("P", &["Blå"]) };
    let parent = shop.make(parent).await;
    assert_eq!((parent.manage_stock, parent.stock), (ManageStock::Yes, price("7")));
    let one = shop.make_variation(parent.id, blue(shop, "V")).await;
    assert_eq!((one.manage_stock, one.stock), (ManageStock::Parent, price("7")));
    // A quantity alone is ignored under the parent.
    let path = format!("products/{}/variations/{}", parent.id, one.id);
    let (status, shown) = shop.send(Method::Put, &path, json!({"stock_quantity": 50})).await;
    assert_eq!(
        (status, &shown["manage_stock"], &shown["stock_quantity"]),
        (200, &json!("parent"), &json!(7))
    );
    let listed = shop.variations(parent.id).await;
    assert_eq!((listed[0].manage_stock, listed[0].stock), (ManageStock::Parent, price("7")));
    // Its own from now on; the parent's stays.
    let own = |stock| VariationChange { stock: Some(stock), ..VariationChange::default() };
    let changed = shop.change_variation(parent.id, one.id, own(StockWrite::Managed(5))).await;
    assert_eq!((changed.manage_stock, changed.stock), (ManageStock::Yes, price("5")));
    assert_eq!(shop.product(parent.id).await.stock, price("7"));
    // And back.
    let changed = shop.change_variation(parent.id, one.id, own(StockWrite::Unmanaged)).await;
    assert_eq!((changed.manage_stock, changed.stock), (ManageStock::Parent, price("7")));
    let change = ProductChange { stock: Some(StockWrite::Unmanaged), ..ProductChange::default() };
    assert_eq!(shop.change(parent.id, change).await.manage_stock, ManageStock::No);
    let listed = shop.variations(parent.id).await;
    // Its own number is still there, although nobody manages it.
    assert_eq!((listed[0].manage_stock, listed[0].stock), (ManageStock::No, price("5")));
}

pub(crate) async fn privacy(shop: &Contract<'_>) {
    let parent = shop.make(shop.parent("P", &["Blå", "Rød"])).await;
    let shown = shop.make_variation(parent.id, blue(shop, "V1")).await;
    let options = vec![option("Farge", "Rød")];
    let hidden = NewVariation { private: true, options, ..blue(shop, "V2") };
    let hidden = shop.make_variation(parent.id, hidden).await;
    // v2 tells a variation's status by the product's own address alone.
    assert_eq!(shop.product(shown.id).await.status, "publish");
    assert_eq!(shop.product(hidden.id).await.status, "private");
    let change = VariationChange { status: Some(Private), ..VariationChange::default() };
    shop.change_variation(parent.id, shown.id, change).await;
    assert_eq!(shop.product(shown.id).await.status, "private");
    let listed = shop.variations(parent.id).await;
    let expected = if shop.v2 { "" } else { "private" };
    assert_eq!(listed.iter().map(|one| one.status.as_str()).collect::<Vec<_>>(), [expected; 2]);
    // Another change leaves it as it is.
    let change = VariationChange { regular_price: price("5"), ..VariationChange::default() };
    shop.change_variation(parent.id, shown.id, change).await;
    assert_eq!(shop.product(shown.id).await.status, "private");
}

pub(crate) async fn numbers(shop: &Contract<'_>) {
    let parent = shop.make(shop.parent("P", &["Blå", "Rød"])).await;
    let one = shop.make_variation(parent.id, blue(shop, "V")).await;
    let simple = shop.make(shop.simple("S")).await;
    // A sibling's, a product's, the parent's own.
    for (sku, holder) in [("v", one.id), ("s", simple.id), ("p", parent.id)] {
        let error =
            shop.vary(parent.id, &[VariationWrite::Create(blue(shop, sku))]).await.remove(0).unwrap_err();
        assert_eq!((error.code.as_str(), error.existing), ("product_invalid_sku", Some(holder)), "{sku}");
    }
    // Without one it answers with its parent's, and is found by that.
    let nameless =
        NewVariation { sku: String::new(), options: vec![option("Farge", "Rød")], ..blue(shop, "") };
    let nameless = shop.make_variation(parent.id, nameless).await;
    assert_eq!(nameless.sku, shop.sku("P"));
    assert_eq!(shop.variations(parent.id).await[1].sku, shop.sku("P"));
    let found = shop.by_sku(&[&shop.sku("P")]).await;
    assert!(found.contains(&parent.id) && !found.contains(&one.id), "{found:?}");
    // In the trash.
    shop.delete(&format!("products/{}/variations/{}", parent.id, one.id), true).await;
    assert_eq!(shop.by_sku(&[&shop.sku("V")]).await, []);
    shop.make_variation(parent.id, blue(shop, "V")).await;
}

/// Another product's variation.
pub(crate) async fn strangers(shop: &Contract<'_>) {
    let home = shop.make(shop.parent("P1", &["Blå"])).await;
    let other = shop.make(shop.parent("P2", &["Blå"])).await;
    let one = shop.make_variation(home.id, blue(shop, "V")).await;
    let found = shop.client.variation(other.id, one.id).await.unwrap();
    if shop.since(9, 2) {
        assert_eq!(found, None);
    } else {
        // It doesn't look whose it is, and doesn't say either.
        assert!(found.is_some());
    }
    assert_eq!(shop.variations(other.id).await, []);
    let path = format!("products/{}/variations/{}", other.id, one.id);
    let (status, error) = shop.send(Method::Put, &path, json!({})).await;
    assert_eq!(status, if shop.since(9, 2) { 404 } else { 403 }, "{error}");
    let change = VariationChange { regular_price: price("5"), ..VariationChange::default() };
    let done = shop.vary(other.id, &[VariationWrite::Update { id: one.id, change }]).await.remove(0);
    if shop.since(9, 2) {
        let error = done.unwrap_err();
        assert_eq!(error.trouble().fate, Fate::Refusal, "{error}");
    } else {
        assert_eq!(done.unwrap().product.regular_price, price("5"));
    }
    // A batch of v3 moves it, where nobody looks.
    let moved = !shop.v2 && !shop.since(9, 2);
    assert_eq!(shop.product(one.id).await.parent, Some(if moved { other.id } else { home.id }));
}
