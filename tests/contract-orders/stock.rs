//! Stock: what a web order took is never given back by a write.

use serde_json::json;
use sync::Tick;

use crate::{
    shop::Town,
    stage::{STOCK, Stage},
};

/// Sold in the shop and not yet in Loomis Pay, whose own stock changes meanwhile.
pub(crate) async fn a_sale_is_never_undone(town: &Town) {
    let stage = Stage::new(town, json!({"continuous_inventory": true}), json!({})).await;
    assert_eq!((stage.in_shop("A").await, stage.in_shop("P-M").await), (STOCK, STOCK));
    stage.place(json!({"line_items": [stage.line("A", 3), stage.line("P-M", 2)]})).await;
    assert_eq!((stage.in_shop("A").await, stage.in_shop("P-M").await), (STOCK - 3, STOCK - 2));
    // The till sells some.
    stage.office.set_stock(1, stage.product("A"), &(STOCK - 10).to_string());
    stage.office.set_stock(1, stage.product("P-M"), &(STOCK - 20).to_string());
    stage.tick(Tick::Stock).await;
    assert_eq!((stage.in_shop("A").await, stage.in_shop("P-M").await), (STOCK - 13, STOCK - 22));
    // Once it is a customer order it is reserved there, and held here no more.
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.orders().len(), 1, "{:?}", stage.waiting().await);
    stage.tick(Tick::Stock).await;
    assert_eq!((stage.in_shop("A").await, stage.in_shop("P-M").await), (STOCK - 13, STOCK - 22));
}

/// Sold after Loomis Pay was read and before the stock is written.
pub(crate) async fn a_sale_beside_the_write(town: &Town) {
    let stage = Stage::new(town, json!({"continuous_inventory": true}), json!({})).await;
    for (end, sold) in [("A", 4), ("P-L", 6)] {
        stage.office.set_stock(1, stage.product(end), &(STOCK - 10).to_string());
        stage.place_beside(json!({"line_items": [stage.line(end, sold)]}));
        stage.tick(Tick::Stock).await;
        let order = stage.placed_beside();
        assert_eq!(stage.in_shop(end).await, STOCK - 10 - sold, "{end}");
        stage.tick(Tick::Orders).await;
        assert_eq!(stage.orders_of(order).len(), 1, "{:?}", stage.waiting().await);
        stage.tick(Tick::Stock).await;
        assert_eq!(stage.in_shop(end).await, STOCK - 10 - sold, "{end}");
    }
}
