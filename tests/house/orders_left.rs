//! Orders that wait: of shops that were left too, and of which somebody is told. Each test is a finding of a review.

use std::{sync::Arc, time::Duration};

use house::stage::{SECRET, Stage, TOKEN, clocks, dawn, department, drain};
use serde_json::json;
use simulators::{
    faults::{Faults, Kind, Rule},
    shop::{NewOrder, Permissions, Product as InShop, Setup, Shop},
};
use sync::{Engine, Settlement, Tick};

use crate::{
    orders::{place, selling, sku, waiting},
    review_orders::ticks,
};

/// The department goes over to another shop.
async fn move_out(stage: &Stage) {
    let other = Arc::new(Shop::new(Setup::default()));
    other.add_key("ck_stage", SECRET, Permissions::ReadWrite);
    stage.network.host("other.example", other);
    let mut record = department("1", TOKEN, "other.example", json!({}));
    record["orders"] = json!({"enabled": true, "from_date": "2026-11-19"});
    stage.engine.put_department(record).await.unwrap();
    stage.tick(Tick::Orders).await;
}

/// The engine with somebody who is told, and what that one was asked.
fn notifying(stage: &Stage) -> (Engine, Arc<Faults>) {
    let faults = stage.network.host("notify.example", Arc::new(Shop::new(Setup::default())));
    faults.add(Rule::always(Kind::Fail { status: 200, body: String::new(), headers: Vec::new() }));
    let mut engine = stage.restarted(9);
    engine.notify = Some(sync::Notify {
        url: "https://notify.example/orders".parse().unwrap(),
        secret: world::Secret::new("s"),
    });
    (engine, faults)
}

async fn alarm(stage: &Stage, engine: &Engine) {
    stage.pass(Duration::from_secs(60));
    clocks(engine, Tick::Orders, stage.engine.world.now()).await.unwrap();
    drain(engine).await;
}

#[tokio::test]
async fn orders_of_a_shop_that_was_left_stay_visible_and_can_be_settled() {
    let stage = selling(json!({}), json!({})).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("logistics/orders/save").times(2));
    let (first, second) = (
        place(&stage, NewOrder::of(sku(&stage, "A-1"), 1)),
        place(&stage, NewOrder::of(sku(&stage, "A-1"), 1)),
    );
    stage.tick(Tick::Orders).await;
    assert_eq!(waiting(&stage).await.len(), 2);
    move_out(&stage).await;
    let told = waiting(&stage).await;
    assert!(told.len() == 2 && told.iter().all(|one| one.contains("https://shop.example/")), "{told:?}");
    assert_eq!(stage.engine.status_of("1").await.unwrap().orders_waiting, 2);
    let (engine, asked) = notifying(&stage);
    stage.pass(Duration::from_secs(3600));
    alarm(&stage, &engine).await;
    assert_eq!(asked.count("POST /orders"), 2);
    let story = stage.engine.order("1", &first.to_string()).await.unwrap();
    assert_eq!(story.effects[0].state, "unconfirmed");
    // Loomis Pay has both; of the second a person says that it hasn't.
    let number = stage.office.orders()[0].order_id.to_string();
    stage.engine.settle_order("1", &first.to_string(), &Settlement::Exists(number)).await.unwrap();
    stage.engine.settle_order("1", &second.to_string(), &Settlement::SendAgain).await.unwrap();
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!(waiting(&stage).await, [""; 0]);
    assert_eq!(stage.office.orders().len(), 2, "nothing is sent of a shop that was left");
    // Back again, each goes on where it stood.
    stage.take_orders(json!({}), json!({"from_date": "2026-11-20"})).await;
    ticks(&stage, Tick::Orders, 3).await;
    assert_eq!(stage.office.orders().len(), 3);
    assert_eq!(waiting(&stage).await, [""; 0]);
    assert!(stage.engine.order("1", &first.to_string()).await.unwrap().retrieved.is_some());
}

#[tokio::test]
async fn an_order_of_two_shops_is_settled_where_a_person_says() {
    let stage = selling(json!({}), json!({})).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("logistics/orders/save").times(2));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1).number("1001"));
    stage.tick(Tick::Orders).await;
    let other = Arc::new(Shop::new(Setup::default()));
    other.add_key("ck_stage", SECRET, Permissions::ReadWrite);
    let product = other.add_product(InShop::simple("A-1", "A-1", "100.00"), dawn());
    stage.network.host("other.example", other.clone());
    let mut record = department("1", TOKEN, "other.example", json!({}));
    record["orders"] = json!({"enabled": true, "from_date": "2026-11-19"});
    stage.engine.put_department(record).await.unwrap();
    stage.tick(Tick::Orders).await;
    other.place_order(NewOrder::of(product, 1).number("1001"), stage.engine.world.now());
    stage.tick(Tick::Orders).await;
    assert_eq!(waiting(&stage).await.len(), 2);
    let exists = Settlement::Exists(stage.office.orders()[0].order_id.to_string());
    let refused = stage.engine.settle_order("1", "1001", &exists).await.unwrap_err().to_string();
    assert!(refused.contains("1001@https://shop.example/"), "{refused}");
    stage.engine.settle_order("1", "1001@https://shop.example/", &exists).await.unwrap();
    let told = waiting(&stage).await;
    assert!(told.len() == 1 && !told[0].contains("https://shop.example/"), "{told:?}");
    let story = stage.engine.order("1", "1001@https://shop.example/").await.unwrap();
    assert_eq!((story.order_id, story.effects[0].state.as_str()), (id, "done"));
}

#[tokio::test]
async fn of_many_that_wait_a_few_are_told_of_at_a_time_the_oldest_first() {
    let stage = selling(json!({}), json!({})).await;
    let unknown = stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
    for _ in 0..45 {
        place(&stage, NewOrder::of(unknown, 1));
    }
    ticks(&stage, Tick::Orders, 2).await;
    assert_eq!(waiting(&stage).await.len(), 45);
    let (engine, asked) = notifying(&stage);
    stage.pass(Duration::from_secs(3600));
    for told in [20, 40, 45, 45] {
        alarm(&stage, &engine).await;
        assert_eq!(asked.count("POST /orders"), told);
    }
}

#[tokio::test]
async fn a_customer_order_that_a_person_names_by_its_number_completes_the_shops_order() {
    let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("logistics/orders/save").times(1));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    stage.tick(Tick::Orders).await;
    let order = stage.office.orders().remove(0);
    assert_eq!(waiting(&stage).await.len(), 1);
    stage.set_client(json!({"order_lookup": true})).await;
    let exists = Settlement::Exists(format!(" {} ", order.order_number));
    let told = stage.engine.settle_order("1", &id.to_string(), &exists).await.unwrap();
    assert!(!told.contains("not watched"), "{told}");
    stage.office.set_order_status(order.order_id, 5);
    ticks(&stage, Tick::Orders, 5).await;
    assert_eq!(
        (stage.shop.order(id).unwrap().status.as_str(), stage.office.orders().len()),
        ("completed", 1)
    );
}

#[tokio::test]
async fn the_customer_order_of_another_web_order_is_not_taken_for_it() {
    let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
    let other = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    stage.tick(Tick::Orders).await;
    stage.office_faults.add(Rule::always(Kind::HangAfter).on("logistics/orders/save").times(1));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-2"), 1));
    stage.tick(Tick::Orders).await;
    let others = stage.office.orders().into_iter().find(|order| order.reference == other).unwrap().order_id;
    // A number that happens to be another's id.
    let exists = Settlement::Exists(others.to_string());
    let told = stage.engine.settle_order("1", &id.to_string(), &exists).await.unwrap();
    assert!(told.contains("not watched"), "{told}");
    stage.office.set_order_status(others, 5);
    ticks(&stage, Tick::Orders, 5).await;
    let status = |id: u64| stage.shop.order(id).unwrap().status;
    assert_eq!((status(other).as_str(), status(id).as_str()), ("completed", "processing"));
    assert_eq!(stage.office.orders().len(), 2);
}
