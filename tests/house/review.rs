//! What a second pair of eyes asked: nothing is lost between two writes, and what waits comes back by itself.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use house::stage::{Stage, dawn, drain};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::Product as InShop,
};
use sync::{
    Counts, Engine, Event, LogQuery, Stage as RunStage, Tick,
    ports::{Condition, Item, Key, Ledger, LedgerError, Page, Range, Write},
};

type Wrong = Box<dyn Fn(&Key) -> bool + Send>;

/// A ledger that fails one write: the first that touches such a key.
struct Stumbling {
    below: local::Store,
    wrong: Mutex<Option<Wrong>>,
}

#[async_trait]
impl Ledger for Stumbling {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        self.below.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        self.below.get_many(keys).await
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        self.below.page(partition, range, limit).await
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        self.below.page_by_index(partition, range, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        let key = |write: &Write| match write {
            Write::Put { item, .. } => item.key.clone(),
            Write::Remove { key, .. } | Write::Check { key, .. } => key.clone(),
        };
        {
            let mut wrong = self.wrong.lock().unwrap();
            if wrong.as_ref().is_some_and(|wrong| writes.iter().any(|write| wrong(&key(write)))) {
                *wrong = None;
                return Err(LedgerError::Unavailable("killed".into()));
            }
        }
        self.below.write(writes).await
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        self.below.write_each(put, remove).await
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.below.purge(now).await
    }
}

/// A tick whose worker stumbles at the first write to such a key, and whatever follows from it.
async fn stumble(stage: &Stage, tick: Tick, wrong: impl Fn(&Key) -> bool + Send + 'static) {
    let ledger = Arc::new(Stumbling { below: stage.store.clone(), wrong: Mutex::new(Some(Box::new(wrong))) });
    let engine: Engine = stage.engine_on(ledger.clone(), 5);
    stage.pass(Duration::from_secs(120));
    engine.tick(tick, engine.world.now()).await.unwrap();
    drain(&engine).await;
    assert!(ledger.wrong.lock().unwrap().is_none(), "nothing stumbled");
    // The leases of the dead run out.
    stage.pass(Duration::from_secs(200));
}

async fn products(stage: &Stage, count: usize, stock: &str) -> Vec<u64> {
    let add = |n| {
        let id = stage.office.add_product(Product::new(&format!("R-{n}"), &format!("Product {n}")));
        stage.office.set_stock(1, id, stock);
        id
    };
    (0..count).map(add).collect()
}

fn in_shop(stage: &Stage, sku: &str) -> simulators::shop::Product {
    stage.shop.product_by_sku(sku).unwrap()
}

async fn log(stage: &Stage) -> Vec<(Event, String)> {
    let query = LogQuery { product: None, refused: false, most: 1000 };
    let lines = stage.engine.log("1", &query).await.unwrap();
    lines.into_iter().map(|line| (line.event, line.text)).collect()
}

async fn put(stage: &Stage, change: impl Fn(&mut Value)) {
    let mut record = house::stage::department("1", house::stage::TOKEN, "shop.example", json!({}));
    change(&mut record);
    stage.engine.put_department(record).await.unwrap();
}

fn item_error(kind: &str, id: u64, status: u16, code: &str) -> Kind {
    let error = json!({"code": code, "message": "no", "data": {"status": status}});
    let body = json!({ kind: [{"id": id, "error": error}] }).to_string();
    Kind::Fail { status: 200, body, headers: Vec::new() }
}

#[tokio::test]
async fn a_change_that_was_mirrored_and_not_yet_handed_over_is_not_lost() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    stage.office.set_price(ids[0], "12.50");
    stumble(&stage, Tick::Products, |key| key.partition == "U#1").await;
    stage.tick(Tick::Products).await;
    assert_eq!(in_shop(&stage, "R-0").regular_price, "12.50");
}

#[tokio::test]
async fn a_stock_that_was_noted_and_not_yet_counted_is_not_lost() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    stage.office.set_stock(1, ids[0], "2");
    stumble(&stage, Tick::Stock, |key| key.partition == "D#1" && key.sort == "stock").await;
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").stock, Some(2));
}

#[tokio::test]
async fn a_fall_of_the_stock_that_was_noted_and_not_yet_counted_waits_all_the_same() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 30, "5").await;
    stage.synchronized().await;
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "0"));
    stumble(&stage, Tick::Stock, |key| key.partition == "D#1" && key.sort == "stock").await;
    stage.drain().await;
    let zeros = || stage.shop.products().iter().filter(|product| product.stock == Some(0)).count();
    assert_eq!(zeros(), 0);
    stage.tick(Tick::Stock).await;
    assert_eq!(zeros(), 30);
}

#[tokio::test]
async fn a_number_that_becomes_unique_brings_over_the_other_product_too() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 2, "5").await;
    stage.office.set_number(ids[1], "r-0");
    stage.tick(Tick::Sweep).await;
    assert_eq!(stage.shop.products().len(), 0);
    stage.office.set_number(ids[1], "R-1");
    stage.tick(Tick::Products).await;
    assert!(stage.shop.product_by_sku("R-1").is_some());
    assert!(stage.shop.product_by_sku("R-0").is_some(), "its twin is gone, and nobody told it");
}

#[tokio::test]
async fn an_item_that_the_shop_failed_on_is_tried_again() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    let id = in_shop(&stage, "R-0").id;
    for price in ["12.50", "13.50"] {
        stage.office.set_price(ids[0], price);
        stage.shop_faults.add(Rule::next(item_error("update", id, 500, "db")).on("POST").with_body("update"));
        match price {
            "12.50" => stage.tick(Tick::Products).await,
            // In a run as well.
            _ => drop(stage.synchronized().await),
        }
        assert_ne!(in_shop(&stage, "R-0").regular_price, price);
        assert!(stage.engine.refused("1").await.unwrap()[0].waits);
        stage.tick(Tick::Stock).await;
        assert_eq!(in_shop(&stage, "R-0").regular_price, price);
        let status = stage.engine.status_of("1").await.unwrap();
        assert_eq!((status.due, status.refused), (0, 0));
    }
}

#[tokio::test]
async fn a_product_that_the_second_look_at_stock_leaves_out_is_looked_at_again() {
    let stage = Stage::new(json!({"continuous_inventory": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    stage.office.set_stock(1, ids[0], "2");
    let none = json!({"status": true, "code": 200, "message": "", "data": [], "total_count": 0,
        "dateTimeBeforeQryExec": "2026-11-20 07:00:00"});
    let empty = Kind::Fail { status: 200, body: none.to_string(), headers: Vec::new() };
    stage.office_faults.add(Rule::next(empty).on("filter%5Bproduct_id"));
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").stock, Some(5), "nothing is written on an empty reading");
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").stock, Some(2));
}

#[tokio::test]
async fn a_record_mended_by_hand_comes_back_to_life() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    for (partition, sort) in [("department", "1"), ("client", "012345")] {
        let key = Key::new(partition, sort);
        let good = stage.store.get(&key).await.unwrap().unwrap();
        let mut bad = good.clone();
        bad.body["tpyo"] = json!(true);
        let write = |item| stage.store.write(vec![Write::Put { item, condition: Condition::Always }]);
        write(bad).await.unwrap();
        stage.office.set_price(ids[0], "12.50");
        stage.tick(Tick::Products).await;
        stage.tick(Tick::Products).await;
        let pause = stage.engine.status_of("1").await.unwrap().pause.unwrap();
        assert!(pause.until.is_none() && pause.reason.contains("tpyo"), "{pause:?}");
        write(good).await.unwrap();
        stage.tick(Tick::Products).await;
        stage.tick(Tick::Products).await;
        let status = stage.engine.status_of("1").await.unwrap();
        assert!(status.pause.is_none(), "{partition}: {:?}", status.pause);
        assert_eq!(in_shop(&stage, "R-0").regular_price, "12.50");
        stage.office.set_price(ids[0], "99.00");
        stage.tick(Tick::Products).await;
        assert_eq!(in_shop(&stage, "R-0").regular_price, "99.00");
    }
}

#[tokio::test]
async fn a_pause_that_a_stock_reading_set_ends_with_the_next_good_one() {
    let stage = Stage::new(json!({"continuous_inventory": true})).await;
    products(&stage, 3, "5").await;
    stage.synchronized().await;
    let cut = json!({"status": true, "code": 200, "message": "", "data": [], "total_count": 3,
        "dateTimeBeforeQryExec": "2026-11-20 07:00:00"});
    let kind = Kind::Fail { status: 200, body: cut.to_string(), headers: Vec::new() };
    stage.office_faults.add(Rule::next(kind).on("all/product/stock"));
    stage.tick(Tick::Stock).await;
    assert!(stage.engine.status_of("1").await.unwrap().pause.is_some());
    stage.pass(Duration::from_secs(1200));
    stage.tick(Tick::Stock).await;
    let pause = stage.engine.status_of("1").await.unwrap().pause;
    assert!(pause.is_none(), "{pause:?}");
}

#[tokio::test]
async fn a_run_that_only_reads_does_not_end_a_pause_of_the_shop() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    let down = Kind::Fail { status: 503, body: "<html>maintenance</html>".to_owned(), headers: Vec::new() };
    stage.shop_faults.add(Rule::always(down));
    stage.office.set_price(ids[0], "12.50");
    stage.tick(Tick::Products).await;
    assert!(stage.engine.status_of("1").await.unwrap().pause.is_some());
    stage.pass(Duration::from_secs(1200));
    stage.tick(Tick::Sweep).await;
    let over = |lines: &[(Event, String)]| lines.iter().filter(|(_, text)| text.contains("is over")).count();
    assert_eq!(over(&log(&stage).await), 0, "{:#?}", log(&stage).await);
    stage.shop_faults.clear();
    stage.pass(Duration::from_secs(1200));
    stage.tick(Tick::Stock).await;
    assert_eq!(over(&log(&stage).await), 1);
    assert_eq!(in_shop(&stage, "R-0").regular_price, "12.50");
}

#[tokio::test]
async fn a_wait_beyond_belief_is_not_believed() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    products(&stage, 3, "5").await;
    let headers = vec![("Retry-After".to_owned(), u64::MAX.to_string())];
    let down = Kind::Fail { status: 503, body: "{}".to_owned(), headers };
    stage.shop_faults.add(Rule::always(down));
    stage.synchronize().await;
    let pause = stage.engine.status_of("1").await.unwrap().pause.unwrap();
    assert!(pause.until.unwrap() <= pause.since + Duration::from_secs(24 * 3600), "{pause:?}");
}

#[tokio::test]
async fn a_number_of_control_characters_stops_nothing_else() {
    let stage = Stage::new(json!({})).await;
    let ids = products(&stage, 3, "5").await;
    stage.office.set_number(ids[0], "A\u{7}\u{85}B");
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 3, created: 2, refused: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_department_that_was_switched_off_is_left_alone_even_by_its_sweep() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    stage.office.set_price(ids[0], "12.50");
    stage.pass(Duration::from_secs(120));
    stage.engine.tick(Tick::Sweep, stage.engine.world.now()).await.unwrap();
    stage.engine.tick(Tick::Products, stage.engine.world.now()).await.unwrap();
    put(&stage, |record| {
        record["enabled"] = json!(false);
        record["products"] = json!({"automatic_transfer": true});
    })
    .await;
    stage.drain().await;
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").regular_price, "100.00");
    // A person may still synchronize it.
    stage.synchronized().await;
    assert_eq!(in_shop(&stage, "R-0").regular_price, "12.50");
}

#[tokio::test]
async fn what_was_due_is_let_go_when_automatic_transfer_is_switched_off() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    let down = Kind::Fail { status: 503, body: "<html>maintenance</html>".to_owned(), headers: Vec::new() };
    stage.shop_faults.add(Rule::always(down));
    stage.office.set_price(ids[0], "12.50");
    stage.tick(Tick::Products).await;
    stage.office.set_stock(1, ids[1], "2");
    stage.shop_faults.clear();
    put(&stage, |record| record["products"] = json!({"continuous_inventory": true})).await;
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").regular_price, "100.00");
    assert_eq!(in_shop(&stage, "R-1").stock, Some(2));
    assert_eq!(stage.engine.status_of("1").await.unwrap().due, 0);
}

#[tokio::test]
async fn a_round_of_stock_says_nothing_of_what_else_is_refused() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = products(&stage, 3, "5").await;
    stage.synchronized().await;
    let id = in_shop(&stage, "R-0").id;
    stage.office.set_price(ids[0], "12.50");
    stage
        .shop_faults
        .add(Rule::next(item_error("update", id, 400, "some_plugin")).on("POST").with_body("12.50"));
    stage.tick(Tick::Products).await;
    stage.office.set_stock(1, ids[0], "2");
    stage.tick(Tick::Stock).await;
    assert_eq!(in_shop(&stage, "R-0").stock, Some(2));
    assert_eq!(stage.engine.refused("1").await.unwrap().len(), 1);
    assert!(log(&stage).await.iter().all(|(event, _)| *event != Event::Cleared));
    stage.synchronized().await;
    assert_eq!(in_shop(&stage, "R-0").regular_price, "12.50");
    assert_eq!(stage.engine.refused("1").await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_sale_price_whose_answer_was_lost_is_ours_all_the_same() {
    for kind in [Kind::CutAfter, Kind::NoiseBefore { noise: None }] {
        let stage = Stage::new(json!({})).await;
        let special = Some("50".parse().unwrap());
        let made = stage.office.add_product(Product { special_price: special, ..Product::new("P-1", "a") });
        let kept = stage.office.add_product(Product::new("P-2", "b"));
        stage.shop.add_product(InShop::simple("P-2", "b", "100.00"), dawn());
        stage.shop_faults.add(Rule::next(kind.clone()).on("POST").with_body("create"));
        stage.synchronized().await;
        stage.office.set_special(kept, Some("60"));
        stage.shop_faults.add(Rule::next(kind).on("POST").with_body("60.00"));
        stage.synchronized().await;
        assert_eq!(in_shop(&stage, "P-1").sale_price, "50.00");
        assert_eq!(in_shop(&stage, "P-2").sale_price, "60.00");
        stage.office.set_special(made, None);
        stage.office.set_special(kept, None);
        stage.synchronized().await;
        assert_eq!(
            (in_shop(&stage, "P-1").sale_price, in_shop(&stage, "P-2").sale_price),
            Default::default()
        );
    }
}

#[tokio::test]
async fn a_name_that_changed_while_the_product_was_off_the_web_shop_goes_over_when_it_is_back() {
    let stage = Stage::new(json!({"product_updates": true})).await;
    let ids = products(&stage, 2, "5").await;
    stage.synchronized().await;
    stage.office.hide(ids[0]);
    stage.office.set_name(ids[0], "Another");
    stage.synchronized().await;
    stage.office.show(ids[0]);
    stage.synchronized().await;
    assert_eq!(in_shop(&stage, "R-0").name, "Another");
}

#[tokio::test]
async fn two_workers_count_a_batch_once_and_rightly() {
    let stage = Stage::new(json!({})).await;
    products(&stage, 130, "5").await;
    let other = stage.restarted(77);
    let run = stage.engine.synchronize("1").await.unwrap();
    // Every wake-up is at both workers at once.
    for _ in 0..200 {
        let mut worked = false;
        for lane in sync::ports::Lane::ALL {
            for message in stage.engine.queue.receive(lane, 1, Duration::ZERO).await.unwrap() {
                worked = true;
                let both = futures_util::future::join(
                    stage.engine.handle(&message.body),
                    other.handle(&message.body),
                );
                let (one, two) = both.await;
                one.and(two).unwrap();
                stage.engine.queue.done(lane, &message.receipt).await.unwrap();
            }
        }
        if !worked {
            break;
        }
    }
    let run = stage.engine.run("1", &run.id).await.unwrap();
    assert_eq!(run.run.stage, RunStage::Done);
    assert_eq!(run.counts, Counts { seen: 130, created: 130, ..Counts::default() });
    assert_eq!(stage.writes(), 3);
}

#[tokio::test]
async fn a_preview_does_not_wait_for_whoever_reads() {
    let stage = Stage::new(json!({})).await;
    products(&stage, 130, "5").await;
    let key = Key::new("C#012345", "lease#read");
    let body = json!({"holder": "a worker", "until": "2027-01-01T00:00:00Z", "fence": 1});
    let held = Item { key, version: 0, schema: 1, body, index: None, expires: None };
    stage.store.write(vec![Write::Put { item: held, condition: Condition::Absent }]).await.unwrap();
    assert_eq!(stage.engine.preview("1").await.unwrap().seen, 130);
}

#[tokio::test]
async fn a_record_broken_by_hand_is_shown_without_what_may_be_a_secret() {
    let stage = Stage::new(json!({})).await;
    let key = Key::new("department", "1");
    let mut item = stage.store.get(&key).await.unwrap().unwrap();
    item.body["consumer_secret"] = json!("cs_pasted_here");
    item.body["shop"]["consumer-key"] = json!("ck_pasted_here");
    item.body["shop"]["consumer_secrets"] = json!(["hush-hush"]);
    stage.store.write(vec![Write::Put { item, condition: Condition::Always }]).await.unwrap();
    let shown = stage.engine.show_department("1").await.unwrap().to_string();
    assert!(!shown.contains("pasted") && !shown.contains("hush") && !shown.contains("sealed:"), "{shown}");
}
