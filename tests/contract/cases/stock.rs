//! Stock. `BEHAVIOUR.md`, *Products* and *Batch*.

use retail::shop::ManageStock;
use serde_json::{Value, json};
use woocommerce::{NewProduct, ProductChange, StockWrite};
use world::Method;

use crate::shop::{Contract, price};

pub(crate) async fn managed(shop: &Contract<'_>) {
    let made = shop.make(NewProduct { stock: Some(StockWrite::Unmanaged), ..shop.simple("A") }).await;
    assert_eq!((made.manage_stock, made.stock), (ManageStock::No, None));
    let write = async |stock: StockWrite| {
        let change = ProductChange { stock: Some(stock), ..ProductChange::default() };
        let written = shop.change(made.id, change).await;
        assert_eq!(shop.product(made.id).await.stock, written.stock);
        (written.manage_stock, written.stock)
    };
    assert_eq!(write(StockWrite::Managed(12)).await, (ManageStock::Yes, price("12")));
    assert_eq!(shop.stored(made.id).await["stock_status"].as_str().unwrap_or("instock"), "instock");
    assert_eq!(write(StockWrite::Managed(0)).await, (ManageStock::Yes, price("0")));
    if !shop.v2 {
        assert_eq!(shop.stored(made.id).await["stock_status"], "outofstock");
    }
    assert_eq!(write(StockWrite::Managed(-3)).await, (ManageStock::Yes, price("-3")));
    assert_eq!(write(StockWrite::Managed(1_000_000)).await, (ManageStock::Yes, price("1000000")));
    // Other fields leave it alone.
    let change = ProductChange { regular_price: price("5"), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.stock, price("1000000"));
    assert_eq!(write(StockWrite::Unmanaged).await, (ManageStock::No, None));
    // A quantity alone is ignored where nobody manages.
    let (_, shown) =
        shop.send(Method::Put, &format!("products/{}", made.id), json!({"stock_quantity": 7})).await;
    assert_eq!((&shown["manage_stock"], &shown["stock_quantity"]), (&json!(false), &Value::Null));
}

/// What items of a batch silently bend, and a write of one product refuses.
pub(crate) async fn bent(shop: &Contract<'_>) {
    let made = shop.make(NewProduct { stock: Some(StockWrite::Managed(9)), ..shop.simple("A") }).await;
    for (sent, kept) in [(json!(2.7), 2), (json!("many"), 0), (json!("5"), 5), (Value::Null, 5)] {
        let items = json!({"update": [{"id": made.id, "stock_quantity": sent}]});
        let (status, answer) = shop.send(Method::Post, "products/batch", items).await;
        assert_eq!((status, &answer["update"][0]["stock_quantity"]), (200, &json!(kept)), "{sent}");
    }
    let path = format!("products/{}", made.id);
    for wrong in
        [json!({"stock_quantity": 2.7}), json!({"stock_quantity": "many"}), json!({"regular_price": 5})]
    {
        let (status, error) = shop.send(Method::Put, &path, wrong.clone()).await;
        assert_eq!((status, error["code"].as_str()), (400, Some("rest_invalid_param")), "{wrong}");
    }
}
