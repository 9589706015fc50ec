//! A store that was restored from a backup, between both simulators: nothing that was done since is done twice.

use std::{path::Path, sync::Arc, time::Duration};

use house::stage::{KEY, Stage, TOKEN, department};
use local::{Restored, Store};
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Order,
    shop::NewOrder,
};
use sync::{Engine, Settlement, Tick, seal::SealKey};
use tempfile::TempDir;

use super::orders::{place, selling, sku};

/// A backup of the stage's store, as it stands.
async fn backed_up(stage: &Stage) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    stage.store.back_up(&folder.path().join("backup.sqlite")).await.unwrap();
    folder
}

/// The same sides, with the store restored a minute later; whoever worked is dead.
async fn restored(stage: Stage, folder: &TempDir) -> Stage {
    stage.pass(Duration::from_secs(60));
    let (backup, path) = (folder.path().join("backup.sqlite"), folder.path().join("store.sqlite"));
    let unnamed = Restored::from(&backup, &path).unwrap();
    let on = |path: &Path| {
        let store = Store::open(path, stage.clock.clone()).unwrap();
        let ports = Arc::new(store.clone());
        (store, Engine::new(stage.engine.world.clone(), ports.clone(), ports, SealKey::new(KEY)))
    };
    let (store, engine) = on(unnamed.path());
    assert_eq!(engine.settle_restored(unnamed.made).await.unwrap(), ["1"]);
    drop((store, engine));
    unnamed.put(&path).unwrap();
    let (store, engine) = on(&path);
    engine.nobody_else_works().await.unwrap();
    stage.office_faults.clear();
    stage.shop_faults.clear();
    Stage { store, engine, ..stage }
}

/// What waits, as `id: reason`.
async fn waiting(stage: &Stage) -> Vec<(u64, String)> {
    let all = stage.engine.orders_waiting("1").await.unwrap();
    all.into_iter().map(|one| (one.order_id, one.reason)).collect()
}

async fn tick_all(stage: &Stage) {
    for tick in [Tick::Orders, Tick::Stock, Tick::Products, Tick::Sweep, Tick::Orders] {
        stage.tick(tick).await;
    }
}

async fn settle(stage: &Stage, id: u64, settlement: Settlement) {
    stage.engine.settle_order("1", &id.to_string(), &settlement).await.unwrap();
    stage.tick(Tick::Orders).await;
}

fn one(stage: &Stage) -> NewOrder {
    NewOrder::of(sku(stage, "A-1"), 1)
}

/// How often each order became a customer order, by the order's id.
fn taken(stage: &Stage) -> Vec<u64> {
    stage.office.orders().iter().map(|one| one.reference).collect()
}

fn customer_order(stage: &Stage, id: u64) -> Order {
    stage.office.orders().into_iter().find(|one| one.reference == id).unwrap()
}

/// Loomis Pay has it, by the id that a person reads there.
fn exists(stage: &Stage, id: u64) -> Settlement {
    Settlement::Exists(customer_order(stage, id).order_id.to_string())
}

/// Orders on both sides of a backup: one taken before it, then one taken whole, one sent whose marker was never written, and
/// one that nobody has seen.
async fn around_a_backup(stage: Stage) -> (Stage, [u64; 4]) {
    let before = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    let folder = backed_up(&stage).await;
    let whole = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    assert!(stage.shop.order(whole).unwrap().meta("_loomis_woo").is_some());
    let sent = place(&stage, one(&stage));
    stage
        .shop_faults
        .add(Rule::always(Kind::Html { status: 503 }).on(format!("PUT /wp-json/wc/v3/orders/{sent}")));
    stage.tick(Tick::Orders).await;
    assert!(stage.shop.order(sent).unwrap().meta("_loomis_woo").is_none());
    let unseen = place(&stage, one(&stage));
    assert_eq!(taken(&stage), [before, whole, sent]);
    let stage = restored(stage, &folder).await;
    (stage, [before, whole, sent, unseen])
}

#[tokio::test]
async fn nothing_moves_before_a_person_says_so_and_no_other_word_ends_the_pause() {
    let stage = selling(json!({"automatic_transfer": true}), json!({})).await;
    let folder = backed_up(&stage).await;
    let unseen = place(&stage, one(&stage));
    stage.office.set_price(stage.office.product_ids()[0], "111");
    let stage = restored(stage, &folder).await;
    let why = stage.engine.paused("1").await.unwrap().unwrap().reason;
    assert!(why.contains("restored from a backup of 2026-11-20T") && why.contains("`resume 1`"), "{why}");
    assert!(stage.engine.check("1").await.unwrap().is_green());
    let writes = stage.all_writes();
    tick_all(&stage).await;
    stage.take_orders(json!({"automatic_transfer": true}), json!({})).await;
    stage.engine.retry("1").await.unwrap();
    tick_all(&stage).await;
    assert_eq!(stage.engine.paused("1").await.unwrap().unwrap().reason, why);
    assert_eq!((stage.all_writes() - writes, taken(&stage).len()), (0, 0));
    // A record that breaks meanwhile, and is mended, doesn't end it either.
    let broken = department("1", TOKEN, "shop.example", json!({"automatic_transfer": true}));
    stage.engine.put_department(broken).await.unwrap();
    assert!(stage.engine.paused("1").await.unwrap().is_some());
    assert!(stage.engine.resume("1").await.unwrap());
    assert!(stage.engine.paused("1").await.unwrap().is_none());
    assert!(stage.shop.order(unseen).unwrap().meta("_loomis_woo").is_none());
}

#[tokio::test]
async fn what_may_have_been_sent_waits_for_a_person_and_is_sent_only_at_their_word() {
    let settings = json!({"status_when_completed": "completed"});
    let (stage, [before, whole, sent, unseen]) = around_a_backup(selling(json!({}), settings).await).await;
    stage.engine.resume("1").await.unwrap();
    for _ in 0..4 {
        tick_all(&stage).await;
        stage.pass(Duration::from_secs(1200));
    }
    assert_eq!(
        taken(&stage),
        [before, whole, sent],
        "nothing is sent twice, nor anything that nobody knows of"
    );
    let mut told = waiting(&stage).await;
    told.sort();
    let wanted = [(whole, "another installation's"), (sent, "unconfirmed"), (unseen, "unconfirmed")];
    assert_eq!(told, wanted.map(|(id, reason)| (id, reason.to_owned())));
    // Their goods are held back from the shop's stock until then, and what is new goes on as ever.
    let fresh = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    assert_eq!(taken(&stage), [before, whole, sent, fresh]);
    // A person has looked.
    settle(&stage, whole, exists(&stage, whole)).await;
    settle(&stage, sent, exists(&stage, sent)).await;
    settle(&stage, unseen, Settlement::SendAgain).await;
    assert_eq!(taken(&stage), [before, whole, sent, fresh, unseen]);
    assert_eq!(waiting(&stage).await, []);
    for id in [before, whole, sent, unseen, fresh] {
        let marker = stage.shop.order(id).unwrap().meta("_loomis_woo").unwrap();
        assert!(marker.ends_with(&format!(":{}", customer_order(&stage, id).order_number)), "{marker}");
    }
    // From here on they are followed up like any other.
    for order in stage.office.orders() {
        stage.office.pack(order.order_id);
        stage.office.set_order_status(order.order_id, 5);
    }
    for _ in 0..3 {
        stage.pass(Duration::from_secs(3600));
        stage.tick(Tick::Orders).await;
    }
    for id in [before, whole, sent, unseen, fresh] {
        assert_eq!(stage.shop.order(id).unwrap().status, "completed", "{id}");
    }
}

#[tokio::test]
async fn where_loomis_pay_can_be_asked_it_is() {
    let stage = selling(json!({}), json!({})).await;
    stage.set_client(json!({"order_lookup": true})).await;
    let (stage, [before, whole, sent, unseen]) = around_a_backup(stage).await;
    stage.engine.resume("1").await.unwrap();
    for _ in 0..6 {
        tick_all(&stage).await;
        stage.pass(Duration::from_secs(600));
    }
    // Found and adopted; looked for twice in vain and sent.
    assert_eq!(taken(&stage), [before, whole, sent, unseen]);
    assert!(stage.shop.order(sent).unwrap().meta("_loomis_woo").is_some());
    assert_eq!(waiting(&stage).await, [(whole, "another installation's".to_owned())]);
}

#[tokio::test]
async fn a_sale_that_waited_when_the_backup_was_made_is_not_booked_twice() {
    let stage = selling(
        json!({}),
        json!({"bookkeeping": "separate", "retrieve_statuses": ["on-hold", "processing"]}),
    )
    .await;
    let id = place(&stage, one(&stage).status("on-hold"));
    stage.tick(Tick::Orders).await;
    assert_eq!((taken(&stage).len(), stage.office.sales().len()), (1, 0));
    let folder = backed_up(&stage).await;
    stage.shop.set_order_status(id, "processing", stage.engine.world.now());
    stage.pass(Duration::from_secs(30));
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 1);
    let stage = restored(stage, &folder).await;
    stage.engine.resume("1").await.unwrap();
    for _ in 0..3 {
        tick_all(&stage).await;
        stage.pass(Duration::from_secs(1200));
    }
    assert_eq!((taken(&stage).len(), stage.office.sales().len()), (1, 1));
    assert_eq!(waiting(&stage).await, [(id, "unconfirmed".to_owned())]);
    settle(&stage, id, Settlement::Exists("the sale is there".to_owned())).await;
    assert_eq!((stage.office.sales().len(), waiting(&stage).await), (1, vec![]));
}

#[tokio::test]
async fn a_refund_of_that_time_is_not_given_back_twice_and_a_later_one_is_once() {
    let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 3));
    stage.tick(Tick::Orders).await;
    let folder = backed_up(&stage).await;
    let refund = |stage: &Stage, amount: i64| {
        let now = stage.engine.world.now();
        stage.shop.refund_order(id, Some(Decimal::from(amount)), &[], false, now).unwrap();
        stage.pass(Duration::from_secs(30));
    };
    refund(&stage, 10);
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 2);
    let stage = restored(stage, &folder).await;
    stage.engine.resume("1").await.unwrap();
    for _ in 0..3 {
        tick_all(&stage).await;
        stage.pass(Duration::from_secs(1200));
    }
    assert_eq!(stage.office.sales().len(), 2, "the return is there already");
    assert!(waiting(&stage).await.contains(&(id, "unconfirmed".to_owned())));
    settle(&stage, id, Settlement::Exists("4711".to_owned())).await;
    refund(&stage, 20);
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 3);
    let given: Decimal = stage.office.sales()[1..].iter().map(|sale| sale.total_inc_vat()).sum();
    assert_eq!(-given.normalize(), Decimal::from(30));
}

#[tokio::test]
async fn deductions_of_that_time_are_not_repeated() {
    let settings = json!({"create_customer_order": false, "deduct_from_stock": true});
    let stage = selling(json!({}), settings).await;
    let folder = backed_up(&stage).await;
    let order = NewOrder::of(sku(&stage, "A-1"), 2).and(sku(&stage, "A-2"), 1);
    let id = place(&stage, order);
    stage
        .shop_faults
        .add(Rule::always(Kind::Html { status: 503 }).on(format!("PUT /wp-json/wc/v3/orders/{id}")));
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.deductions().len(), 2);
    let stage = restored(stage, &folder).await;
    stage.engine.resume("1").await.unwrap();
    for _ in 0..3 {
        tick_all(&stage).await;
        stage.pass(Duration::from_secs(1200));
    }
    assert_eq!(stage.office.deductions().len(), 2);
    for _ in 0..2 {
        settle(&stage, id, Settlement::Exists("done".to_owned())).await;
    }
    assert_eq!((stage.office.deductions().len(), waiting(&stage).await), (2, vec![]));
    assert!(stage.shop.order(id).unwrap().meta("_loomis_woo").is_some());
}

fn price(stage: &Stage, number: &str) -> Value {
    json!(stage.shop.product_by_sku(number).unwrap().regular_price)
}

#[tokio::test]
async fn a_shop_that_went_on_is_compared_with_loomis_pay_at_once_and_nothing_is_made_twice() {
    let stage = selling(json!({"automatic_transfer": true}), json!({})).await;
    let first = stage.office.product_ids()[0];
    let folder = backed_up(&stage).await;
    let old = price(&stage, "A-1");
    stage.office.set_price(first, "777");
    let made = stage.office.add_product(simulators::loomis::Product::new("B-1", "B-1").price("5"));
    stage.office.set_stock(1, made, "3");
    stage.tick(Tick::Products).await;
    stage.tick(Tick::Sweep).await;
    assert!(price(&stage, "A-1") != old && stage.shop.product_by_sku("B-1").is_some());
    let products = stage.shop.products().len();
    // What the mirror in the backup says is right again, and the shop is not.
    stage.office.set_price(first, "100");
    let stage = restored(stage, &folder).await;
    stage.engine.resume("1").await.unwrap();
    stage.drain().await;
    assert_eq!(price(&stage, "A-1"), old);
    assert_eq!(stage.shop.products().len(), products);
    let writes = stage.all_writes();
    stage.tick(Tick::Sweep).await;
    assert_eq!(stage.all_writes(), writes, "after one comparison there is nothing left to do");
}

#[tokio::test]
async fn stock_that_alone_flows_is_compared_at_once() {
    let settings = json!({"continuous_inventory": true});
    let stage = selling(settings, json!({})).await;
    let first = stage.office.product_ids()[0];
    let folder = backed_up(&stage).await;
    let stock = |stage: &Stage| stage.shop.product_by_sku("A-1").unwrap().stock;
    let old = stock(&stage);
    stage.office.set_stock(1, first, "4");
    stage.tick(Tick::Stock).await;
    assert_ne!(stock(&stage), old);
    stage.office.set_stock(1, first, "10");
    let stage = restored(stage, &folder).await;
    stage.engine.resume("1").await.unwrap();
    stage.tick(Tick::Stock).await;
    assert_eq!(stock(&stage), old);
}
