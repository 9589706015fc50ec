//! Trouble, on both simulators: nothing is made twice, nothing is lost, and the rest goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use house::stage::{Stage, drain};
use jiff::Timestamp;
use serde_json::json;
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
};
use sync::{
    Counts, Stage as RunStage, Tick,
    ports::{Item, Key, Ledger, LedgerError, Page, Range, Write},
};

/// What matters of a shop, in one text.
fn state(stage: &Stage) -> String {
    let mut products = stage.shop.products();
    products.sort_by(|one, other| one.sku.cmp(&other.sku));
    products
        .iter()
        .map(|one| {
            format!("{} {} {} {:?} {}\n", one.sku, one.regular_price, one.sale_price, one.stock, one.status)
        })
        .collect()
}

async fn small(seed: u64) -> Stage {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    stage.office.fill(130, seed);
    stage
}

/// Ticks until nothing is left to do.
pub(crate) async fn settle(stage: &Stage) {
    for _ in 0..8 {
        let status = stage.engine.status_of("1").await.unwrap();
        let done = status.run.is_some_and(|run| run.run.stage == RunStage::Done);
        if done && status.pause.is_none() && status.due == 0 {
            return;
        }
        stage.pass(Duration::from_secs(1200));
        stage.tick(Tick::Stock).await;
    }
    panic!("nothing settles: {:#?}", stage.engine.status_of("1").await.unwrap());
}

#[tokio::test]
async fn every_request_that_goes_wrong_leaves_the_same_shop() {
    let undisturbed = small(9).await;
    undisturbed.synchronized().await;
    let wanted = state(&undisturbed);
    let requests = |stage: &Stage| (stage.office_faults.log().total, stage.shop_faults.log().total);
    let (to_office, to_shop) = requests(&undisturbed);
    let kinds = [
        Kind::Fail { status: 500, body: String::new(), headers: Vec::new() },
        Kind::CutAfter,
        Kind::CutBefore,
        Kind::Hang,
        Kind::Html { status: 502 },
        Kind::NoiseBefore { noise: None },
        Kind::TooManyRequests { retry_after: Some("3".to_owned()) },
    ];
    for kind in kinds {
        for (side, count) in [("office", to_office), ("shop", to_shop)] {
            for nth in 1..=count {
                let stage = small(9).await;
                let faults = if side == "office" { &stage.office_faults } else { &stage.shop_faults };
                faults.add(Rule::next(kind.clone()).nth(nth));
                stage.synchronize().await;
                settle(&stage).await;
                assert_eq!(state(&stage), wanted, "{kind:?} at request {nth} to the {side}");
            }
        }
    }
}

#[tokio::test]
async fn one_bad_record_is_halved_out_of_its_batch_and_refused() {
    let stage = small(9).await;
    let poison = stage.office.add_product(Product::new("POISON", "Kills PHP"));
    stage.office.set_stock(1, poison, "1");
    let fatal = Kind::Fail { status: 500, body: "<html>fatal</html>".to_owned(), headers: Vec::new() };
    stage.shop_faults.add(Rule::always(fatal).on("POST /wp-json").with_body("POISON"));
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 131, created: 130, refused: 1, ..Counts::default() });
    assert_eq!(stage.shop.products().len(), 130);
    let refused = stage.engine.refused("1").await.unwrap();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].number == "POISON" && refused[0].reason.contains("takes others"), "{refused:?}");
}

#[tokio::test]
async fn a_shop_that_is_down_pauses_its_department_and_heals_by_itself() {
    let stage = small(9).await;
    let down = Kind::Fail { status: 503, body: "<html>maintenance</html>".to_owned(), headers: Vec::new() };
    stage.shop_faults.add(Rule::always(down));
    let run = stage.synchronize().await;
    assert_ne!(run.run.stage, RunStage::Done);
    let pause = stage.engine.status_of("1").await.unwrap().pause.unwrap();
    assert!(pause.until.is_some(), "{pause:?}");
    for _ in 0..30 {
        stage.tick(Tick::Stock).await;
    }
    let asked = stage.shop_faults.log().total;
    assert!(asked < 60, "a shop that is down for an hour was asked {asked} times");
    assert!(stage.engine.queue.dead(sync::ports::Lane::Bulk, 10).await.unwrap().is_empty());
    stage.shop_faults.clear();
    settle(&stage).await;
    assert_eq!(stage.shop.products().len(), 130);
}

#[tokio::test]
async fn a_wrong_key_waits_for_a_person() {
    let stage = small(9).await;
    stage.shop.remove_key("ck_stage");
    stage.synchronize().await;
    let pause = stage.engine.status_of("1").await.unwrap().pause.unwrap();
    assert!(pause.until.is_none() && pause.reason.contains("key"), "{pause:?}");
    stage.shop.add_key("ck_stage", house::stage::SECRET, simulators::shop::Permissions::Read);
    let check = stage.engine.check("1").await.unwrap();
    let red: Vec<_> = check.findings.iter().filter(|finding| !finding.good).collect();
    assert!(red.len() == 1 && red[0].text.contains("write"), "{red:?}");
    stage.shop.remove_key("ck_stage");
    stage.shop.add_key("ck_stage", house::stage::SECRET, simulators::shop::Permissions::ReadWrite);
    let check = stage.engine.check("1").await.unwrap();
    assert!(check.is_green(), "{check:#?}");
    settle(&stage).await;
    assert_eq!(stage.shop.products().len(), 130);
}

/// A ledger that dies at its n-th call, and stays dead: what a killed process leaves behind.
pub(crate) struct Dying {
    below: local::Store,
    pub(crate) left: AtomicI64,
}

impl Dying {
    /// One that lives for so many calls.
    pub(crate) fn after(below: local::Store, calls: i64) -> Dying {
        Dying { below, left: AtomicI64::new(calls) }
    }

    fn breath(&self) -> Result<(), LedgerError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        Err(LedgerError::Unavailable("killed".into()))
    }
}

#[async_trait]
impl Ledger for Dying {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        self.breath()?;
        self.below.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        self.breath()?;
        self.below.get_many(keys).await
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        self.breath()?;
        self.below.page(partition, range, limit).await
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        self.breath()?;
        self.below.page_by_index(partition, range, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        self.breath()?;
        self.below.write(writes).await
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        self.breath()?;
        self.below.write_each(put, remove).await
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.breath()?;
        self.below.purge(now).await
    }
}

#[tokio::test]
async fn a_death_between_any_two_steps_leaves_the_same_shop_and_the_same_counts() {
    let undisturbed = small(9).await;
    let counts = undisturbed.synchronized().await.counts;
    let wanted = state(&undisturbed);
    for step in (1..).step_by(7) {
        let stage = small(9).await;
        let dying = Arc::new(Dying::after(stage.store.clone(), step));
        let engine = stage.engine_on(dying.clone(), 2);
        let run = engine.synchronize("1").await;
        if run.is_ok() {
            // Every message fails from the death on, and goes back, until it is among the dead letters.
            drain_dying(&engine).await;
        }
        let died = dying.left.load(Ordering::SeqCst) <= 0;
        // The next process: leases run out, the schedule finds the run.
        stage.pass(Duration::from_secs(1200));
        let run = stage.engine.synchronize("1").await.unwrap();
        stage.drain().await;
        stage.pass(Duration::from_secs(1200));
        stage.tick(Tick::Stock).await;
        let run = stage.engine.run("1", &run.id).await.unwrap();
        assert_eq!(run.run.stage, RunStage::Done, "died at step {step}");
        assert_eq!(state(&stage), wanted, "died at step {step}");
        assert_eq!((run.counts.seen, run.counts.refused), (counts.seen, 0), "died at step {step}");
        if !died {
            assert!(step > 100, "the sync took only {step} steps");
            return;
        }
    }
}

pub(crate) async fn drain_dying(engine: &sync::Engine) {
    for _ in 0..200 {
        let mut worked = false;
        for lane in sync::ports::Lane::ALL {
            worked |= engine.work_one(lane, Duration::ZERO).await.unwrap();
        }
        if !worked {
            return;
        }
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_counts_once_and_writes_once() {
    let stage = small(9).await;
    let run = stage.engine.synchronize("1").await.unwrap();
    let mut texts = Vec::new();
    // Every message is handled twice, and all of them once more at the end.
    for _ in 0..200 {
        let mut worked = false;
        for lane in sync::ports::Lane::ALL {
            for message in stage.engine.queue.receive(lane, 1, Duration::ZERO).await.unwrap() {
                worked = true;
                texts.push(message.body.clone());
                stage.engine.handle(&message.body).await.unwrap();
                stage.engine.handle(&message.body).await.unwrap();
                stage.engine.queue.done(lane, &message.receipt).await.unwrap();
            }
        }
        if !worked {
            break;
        }
    }
    let writes = stage.writes();
    for text in &texts {
        stage.engine.handle(text).await.unwrap();
    }
    drain(&stage.engine).await;
    let run = stage.engine.run("1", &run.id).await.unwrap();
    assert_eq!(run.run.stage, RunStage::Done);
    assert_eq!(run.counts, Counts { seen: 130, created: 130, ..Counts::default() });
    assert_eq!((writes, stage.writes()), (3, 3));
}

#[tokio::test]
async fn two_workers_make_no_duplicate() {
    let stage = small(9).await;
    let other = stage.restarted(77);
    stage.engine.synchronize("1").await.unwrap();
    other.synchronize("1").await.unwrap();
    futures_util::future::join(drain(&stage.engine), drain(&other)).await;
    settle(&stage).await;
    assert_eq!(stage.shop.products().len(), 130);
}
