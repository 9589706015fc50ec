//! Stock that Loomis Pay's list doesn't show as changed, and that is compared all the same: each test is one way in which the shop
//! went on offering too much, or too little. `interleavings.rs` found them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use house::stage::Stage;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    shop::NewOrder,
};
use sync::{Settlement, Tick};

use crate::{
    between::Between,
    orders::{place, selling, sku},
};

async fn flowing(orders: Value) -> Stage {
    selling(json!({"continuous_inventory": true}), orders).await
}

fn offered(stage: &Stage) -> Option<i64> {
    stage.shop.product(sku(stage, "A-1")).unwrap().stock
}

/// Orders, then stock, some times over.
async fn rounds(stage: &Stage) {
    for _ in 0..3 {
        stage.tick(Tick::Orders).await;
        stage.tick(Tick::Stock).await;
    }
}

#[tokio::test]
async fn what_moved_between_the_list_and_the_write_and_back_again() {
    let stage = flowing(json!({})).await;
    let (office, first) = (stage.office.clone(), stage.office.product_ids()[0]);
    let asked = AtomicU32::new(0);
    let server = Between::new(Arc::new(stage.loomis.clone()), move |request, now| {
        // The list says 7. Right before it is written goods arrive.
        if request.url.path().ends_with("product/stock") && asked.fetch_add(1, Ordering::SeqCst) == 1 {
            office.set_stock(1, first, "9");
        }
        now
    });
    stage.network.host("loomis.example", server);
    stage.office.set_stock(1, first, "7");
    stage.tick(Tick::Stock).await;
    assert_eq!(offered(&stage), Some(9));
    // The till sells them, and the list says 7 as before.
    stage.office.set_stock(1, first, "7");
    rounds(&stage).await;
    assert_eq!(offered(&stage), Some(7));
}

#[tokio::test]
async fn what_was_held_and_is_there_after_all() {
    let stage = flowing(json!({})).await;
    stage.office_faults.add(Rule::next(Kind::CutAfter).on("logistics/orders/save"));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2));
    rounds(&stage).await;
    // Reserved there, and held here: nobody knows that it is one and the same.
    assert_eq!(offered(&stage), Some(6));
    let there = stage.office.orders()[0].order_id.to_string();
    stage.engine.settle_order("1", &id.to_string(), &Settlement::Exists(there)).await.unwrap();
    rounds(&stage).await;
    assert_eq!(offered(&stage), Some(8));
}

#[tokio::test]
async fn what_the_shop_put_back_while_the_list_came_to_the_same() {
    let stage = flowing(json!({})).await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    rounds(&stage).await;
    assert_eq!(offered(&stage), Some(9));
    // Called off on both sides, and one is sold at the till: available is 9 as before.
    stage.shop.cancel(id, stage.engine.world.now());
    stage.office.cancel(stage.office.orders()[0].order_id);
    stage.office.set_stock(1, stage.office.product_ids()[0], "9");
    rounds(&stage).await;
    assert_eq!(offered(&stage), Some(9));
}

#[tokio::test]
async fn an_order_that_came_and_went_while_stock_was_compared() {
    let stage = flowing(json!({})).await;
    let (shop, clock) = (stage.shop.clone(), stage.engine.world.clone());
    let (product, come, looked) = (sku(&stage, "A-1"), AtomicU32::new(0), AtomicU32::new(0));
    let server = Between::new(stage.shop.clone(), move |request, now| {
        // It comes before the shop's stock is looked at, and is cancelled before its orders are.
        match request.url.path() {
            "/wp-json/wc/v3/products" if looked.fetch_add(1, Ordering::SeqCst) == 0 => {
                let id = shop.place_order(NewOrder::of(product, 1).status("on-hold"), clock.now());
                come.store(u32::try_from(id).unwrap(), Ordering::SeqCst);
            }
            "/wp-json/wc/v3/orders" => {
                let id = u64::from(come.swap(0, Ordering::SeqCst));
                shop.cancel(id, clock.now());
            }
            _ => {}
        }
        now
    });
    stage.network.host("shop.example", server);
    stage.office.set_stock(1, stage.office.product_ids()[0], "9");
    stage.tick(Tick::Stock).await;
    rounds(&stage).await;
    stage.pass(Duration::from_secs(60));
    assert_eq!(offered(&stage), Some(9));
    // And nothing is left of it.
    assert!(stage.engine.orders_waiting("1").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_not_sent_after_all_and_will_be_is_held_meanwhile() {
    let stage = flowing(json!({})).await;
    stage.set_client(json!({"order_lookup": true})).await;
    stage.office_faults.add(Rule::next(Kind::CutBefore).on("logistics/orders/save"));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2));
    let first = stage.office.product_ids()[0];
    // Whatever it is about, the till sells, and stock is written.
    for left in (1..=9).rev() {
        stage.tick(Tick::Orders).await;
        stage.office.set_stock(1, first, &left.to_string());
        stage.pass(Duration::from_secs(1));
        stage.engine.tick(Tick::Stock, stage.engine.world.now()).await.unwrap();
        stage.drain().await;
        assert!(offered(&stage).unwrap() <= (left - 2).max(0), "{left} on the shelf: {:?}", offered(&stage));
    }
    assert_eq!(stage.office.orders().iter().map(|one| one.reference).collect::<Vec<_>>(), [id]);
}
