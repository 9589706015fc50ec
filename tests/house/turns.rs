//! Whose turn it is: a tick reads those that it concerns and no others, and what a person writes into the store by hand is
//! found.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use house::stage::{SECRET, Stage, TOKEN, department};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{loomis::Product, shop::Permissions};
use sync::{
    Engine, Tick,
    ports::{Condition, Item, Key, Lane, Ledger, LedgerError, Page, Queue, Range, Write},
};
use world::Clock;

/// A ledger that counts the items it hands out.
struct Counting {
    below: local::Store,
    read: AtomicUsize,
}

impl Counting {
    fn count(&self, items: usize) {
        self.read.fetch_add(items, Ordering::SeqCst);
    }
}

#[async_trait]
impl Ledger for Counting {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        self.count(1);
        self.below.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        self.count(keys.len());
        self.below.get_many(keys).await
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let page = self.below.page(partition, range, limit).await?;
        self.count(page.items.len());
        Ok(page)
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let page = self.below.page_by_index(partition, range, limit).await?;
        self.count(page.items.len());
        Ok(page)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        self.below.write(writes).await
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        self.below.write_each(put, remove).await
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.below.purge(now).await
    }
}

/// A department's record as a person writes it into the store.
fn by_hand(id: &str, shop: &str, fields: Value) -> Item {
    let mut body = department(id, TOKEN, shop, json!({}));
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body["schema"] = json!(1);
    Item { key: Key::new("department", id), version: 0, schema: 1, body, index: None, expires: None }
}

async fn write(stage: &Stage, item: Item) {
    stage.store.write(vec![Write::Put { item, condition: Condition::Always }]).await.unwrap();
}

/// Takes all messages of the lanes, untouched, and gives their texts.
async fn messages(stage: &Stage) -> Vec<String> {
    let mut all = Vec::new();
    for lane in Lane::ALL {
        loop {
            let received = stage.store.receive(lane, 10, Duration::ZERO).await.unwrap();
            if received.is_empty() {
                break;
            }
            for message in received {
                stage.store.done(lane, &message.receipt).await.unwrap();
                all.push(message.body);
            }
        }
    }
    all
}

/// These records have had their census; a minute later, an engine whose reads are counted.
async fn counted(stage: &Stage, records: impl Iterator<Item = Item>) -> (Engine, Arc<Counting>) {
    stage.store.write_each(records.collect(), Vec::new()).await.unwrap();
    stage.engine.tick(Tick::Products, stage.clock.now()).await.unwrap();
    stage.engine.work_one(Lane::Scan, Duration::ZERO).await.unwrap();
    messages(stage).await;
    let counting = Arc::new(Counting { below: stage.store.clone(), read: AtomicUsize::new(0) });
    let engine = stage.engine_on(counting.clone(), 3);
    stage.pass(Duration::from_secs(60));
    (engine, counting)
}

#[tokio::test]
async fn a_tick_reads_only_those_whose_turn_it_is() {
    let stage = Stage::new(json!({})).await;
    let many = 10_000;
    let records = (0..many).map(|number| {
        let on = number % 1_000 == 0;
        let shop = format!("shop-{number}.example");
        by_hand(&format!("d{number}"), &shop, json!({"orders": {"enabled": on, "from_date": "2026-11-20"}}))
    });
    let (engine, counting) = counted(&stage, records).await;
    assert_eq!(engine.tick(Tick::Orders, stage.clock.now()).await.unwrap(), 10);
    assert_eq!(counting.read.load(Ordering::SeqCst), 10);
    let sent = messages(&stage).await;
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|text| text.contains(r#""wake":"orders""#)), "{sent:?}");
}

#[tokio::test]
async fn a_schedule_that_fires_twice_wakes_once() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    for tick in Tick::ALL {
        stage.engine.tick(tick, stage.clock.now()).await.unwrap();
    }
    let first = messages(&stage).await;
    assert!(!first.is_empty());
    // The sweep began a run, of which the clock of products has not heard yet.
    for sent in [1, 0] {
        for tick in Tick::ALL {
            stage.engine.tick(tick, stage.clock.now()).await.unwrap();
        }
        let again = messages(&stage).await;
        assert!(again.iter().all(|text| text.contains(r#""wake":"run""#)), "{again:?}");
        assert_eq!(again.len(), sent, "{again:?}");
    }
    // A run that is under way is woken by each of its strikes, and by no other clock's.
    for (tick, woken) in [(Tick::Orders, 0), (Tick::Products, 1), (Tick::Stock, 0)] {
        stage.pass(Duration::from_secs(60));
        stage.engine.tick(tick, stage.clock.now()).await.unwrap();
        let sent = messages(&stage).await;
        assert_eq!(sent.iter().filter(|text| text.contains(r#""wake":"run""#)).count(), woken, "{tick:?}");
    }
}

#[tokio::test]
async fn every_department_that_is_due_is_woken_once_however_many_there_are() {
    let stage = Stage::new(json!({})).await;
    // Several pages.
    let many = 1_200;
    let orders = json!({"orders": {"enabled": true, "from_date": "2026-11-20"}});
    let records = (0..many)
        .map(|number| by_hand(&format!("d{number}"), &format!("shop-{number}.example"), orders.clone()));
    let (engine, counting) = counted(&stage, records).await;
    assert_eq!(engine.tick(Tick::Orders, stage.clock.now()).await.unwrap(), many);
    assert_eq!(counting.read.load(Ordering::SeqCst) as u64, many);
    let sent: BTreeSet<String> = messages(&stage).await.into_iter().collect();
    assert_eq!(sent.len() as u64, many);
}

#[tokio::test]
async fn a_run_that_cannot_be_read_hides_no_other() {
    let stage = Stage::new(json!({})).await;
    let runs = async || {
        stage.pass(Duration::from_secs(60));
        stage.engine.tick(Tick::Products, stage.clock.now()).await.unwrap();
        messages(&stage).await.iter().filter(|text| text.contains(r#""wake":"run""#)).count()
    };
    stage.engine.synchronize("1").await.unwrap();
    messages(&stage).await;
    assert_eq!(runs().await, 1);
    let page = stage.store.page("D#1", Range::prefix("run#"), 1).await.unwrap();
    let broken =
        Item { key: Key::new("D#1", "run#20200101"), body: json!({"stage": 7}), ..page.items[0].clone() };
    write(&stage, broken).await;
    assert_eq!(runs().await, 1);
}

#[tokio::test]
async fn a_record_written_by_hand_has_its_turn() {
    let stage = Stage::new(json!({})).await;
    stage.engine.remove_department("1").await.unwrap();
    stage.office.add_product(Product::new("H-1", "By hand").price("10"));
    write(&stage, by_hand("1", "shop.example", json!({"products": {"automatic_transfer": true}}))).await;
    stage.tick(Tick::Products).await;
    assert_eq!(stage.shop.products().len(), 1);
    // Its secrets were sealed when they were first read.
    let stored = stage.store.get(&Key::new("department", "1")).await.unwrap().unwrap();
    assert!(!stored.body.to_string().contains(TOKEN), "{}", stored.body);
    // From now on it is like any other.
    stage.office.add_product(Product::new("H-2", "The next").price("10"));
    stage.tick(Tick::Products).await;
    assert_eq!(stage.shop.products().len(), 2);
}

#[tokio::test]
async fn a_setting_switched_by_hand_takes_effect_and_a_record_that_is_gone_is_forgotten() {
    let stage = Stage::new(json!({})).await;
    stage.tick(Tick::Products).await;
    assert_eq!(stage.office_faults.count("GET /v1/product/list"), 0);
    let key = Key::new("department", "1");
    let mut item = stage.store.get(&key).await.unwrap().unwrap();
    item.body["products"]["automatic_transfer"] = json!(true);
    write(&stage, item).await;
    stage.pass(Duration::from_secs(15 * 60));
    stage.tick(Tick::Products).await;
    assert!(stage.office_faults.count("GET /v1/product/list") > 0);
    stage.store.write(vec![Write::Remove { key, condition: Condition::Always }]).await.unwrap();
    stage.pass(Duration::from_secs(15 * 60));
    stage.tick(Tick::Products).await;
    stage.pass(Duration::from_secs(60));
    let dead = async |lane| stage.store.dead(lane, 10).await.unwrap().len();
    assert_eq!(dead(Lane::Scan).await + dead(Lane::Changes).await + dead(Lane::Bulk).await, 0);
    for tick in Tick::ALL {
        stage.pass(Duration::from_secs(60));
        assert_eq!(stage.engine.tick(tick, stage.clock.now()).await.unwrap(), 0, "{tick:?}");
    }
}

#[tokio::test]
async fn a_record_that_was_broken_from_the_start_stops_its_department_and_no_other() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    write(&stage, by_hand("2", "other.example", json!({"products": {"automatic_transfer": "yes"}}))).await;
    stage.office.add_product(Product::new("B-1", "Whole").price("10"));
    stage.tick(Tick::Products).await;
    let pause = stage.engine.status_of("2").await.unwrap().pause.expect("a pause");
    assert!(pause.until.is_none() && pause.reason.contains("products.automatic_transfer"), "{pause:?}");
    assert_eq!(stage.shop.products().len(), 1);
}

#[tokio::test]
async fn a_record_under_a_name_that_can_be_none_hides_no_other() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    write(&stage, by_hand("0\n", "other.example", json!({"products": {"automatic_transfer": "yes"}}))).await;
    write(&stage, by_hand("2", "third.example", json!({"products": {"automatic_transfer": "yes"}}))).await;
    stage.tick(Tick::Products).await;
    let status = stage.engine.status().await.unwrap();
    assert_eq!(status.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert!(status[1].pause.is_some(), "the census came as far as that");
    for lane in Lane::ALL {
        assert_eq!(stage.store.dead(lane, 10).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_broken_record_that_is_shown_mended_and_put_keeps_its_credentials() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    stage.synchronized().await;
    let found = stage.store.get(&Key::new("department", "1")).await.unwrap().unwrap();
    let mut broken = found.clone();
    broken.body["products"]["automatic_transfer"] = json!("yes");
    write(&stage, broken).await;
    let mut shown = stage.engine.show_department("1").await.unwrap();
    assert!(shown["fault"].is_string() && shown["shop"]["consumer_secret"] == "(not shown)", "{shown}");
    shown.as_object_mut().unwrap().remove("fault");
    shown["products"]["automatic_transfer"] = json!(true);
    stage.engine.put_department(shown).await.unwrap();
    assert!(stage.engine.check("1").await.unwrap().is_green());
}

#[tokio::test]
async fn wishes_for_stock_that_piled_up_are_met_by_one_reading() {
    let stage = Stage::new(json!({"continuous_inventory": true})).await;
    let product = stage.office.add_product(Product::new("S-1", "Sold").price("10"));
    stage.office.set_stock(1, product, "5");
    stage.synchronized().await;
    let readings = || stage.office_faults.count("all/product/stock");
    let before = readings();
    for _ in 0..3 {
        stage.pass(Duration::from_secs(120));
        stage.engine.tick(Tick::Stock, stage.clock.now()).await.unwrap();
    }
    stage.drain().await;
    assert_eq!(readings(), before + 1);
    stage.office.set_stock(1, product, "4");
    stage.tick(Tick::Stock).await;
    assert_eq!(stage.shop.product_by_sku("S-1").unwrap().stock, Some(4));
}

#[tokio::test]
async fn a_department_that_waits_for_a_person_is_not_asked_for_until_one_acts() {
    let stage = Stage::new(json!({})).await;
    stage.take_orders(json!({}), json!({})).await;
    stage.tick(Tick::Orders).await;
    stage.shop.remove_key("ck_stage");
    stage.tick(Tick::Orders).await;
    let pause = stage.engine.status_of("1").await.unwrap().pause.expect("a pause");
    assert!(pause.until.is_none(), "{pause:?}");
    let strike = async |tick| {
        stage.pass(Duration::from_secs(60));
        stage.engine.tick(tick, stage.clock.now()).await.unwrap()
    };
    for tick in [Tick::Orders, Tick::Completions, Tick::Stock] {
        assert_eq!(strike(tick).await, 0, "{tick:?}");
    }
    stage.shop.add_key("ck_stage", SECRET, Permissions::ReadWrite);
    assert!(stage.engine.resume("1").await.unwrap());
    stage.drain().await;
    assert_eq!(strike(Tick::Orders).await, 1);
    stage.drain().await;
    assert!(stage.engine.status_of("1").await.unwrap().pause.is_none());
}
