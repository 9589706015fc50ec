//! Exactly once, whatever fails. Each path that an order may take is lived undisturbed first; then every request of it goes wrong
//! in every way, the process dies at every call of its ledger, everything comes twice, two workers do it at once, the login ends
//! midway. Never is there two of anything; and in the end both sides are as if nothing had happened: by itself, or after a person
//! was shown what nobody knows, looked into Loomis Pay, and said what is so.
//!
//! By default one step in so many is tried ([`STRIDES`]), other ones for each path and each kind of trouble; with `EVERY_STEP=1`
//! in the environment every path is tried at every step, which takes minutes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use simulators::{
    faults::{Faults, Kind, Rule},
    shop::NewOrder,
};
use sync::{Tick, ports::Lane};
use tokio::sync::OnceCell;

use crate::{
    between::Between,
    life::{Hands, Life, PATHS, Path},
    orders::{place, selling, sku},
    troubles::Dying,
};

/// Of the steps of the first path one in so many is tried by default, and of those of the others.
const STRIDES: [usize; 2] = [5, 23];
/// A life has some twenty requests to a side, and some hundreds of calls of the ledger: of those fewer still.
const CALLS_A_REQUEST: usize = 5;

/// More calls than any life makes.
const IMMORTAL: i64 = 1_000_000;

/// The steps of a path that are tried, from 1; `salt` moves them.
fn steps(path: usize, count: u64, fewer: usize, salt: usize) -> impl Iterator<Item = u64> {
    let stride = if path == 0 { STRIDES[0] } else { STRIDES[1] } * fewer;
    let stride = if std::env::var_os("EVERY_STEP").is_some() { 1 } else { stride };
    (1..=count).skip((path + 3 * salt) % stride).step_by(stride)
}

/// What an undisturbed life comes to: the end, the requests to each side, and the calls of the ledger.
struct Undisturbed {
    end: String,
    to_office: u64,
    to_shop: u64,
    calls: u64,
}

async fn undisturbed(path: &'static Path, lookup: bool) -> Undisturbed {
    let mut life = Life::new(path, lookup).await;
    let dying = Arc::new(Dying::after(life.stage.store.clone(), IMMORTAL));
    life.hands = Hands::Mortal(life.stage.engine_on(dying.clone(), 1), dying.clone());
    life.live().await;
    assert_eq!(life.settled, [""; 0], "{}: undisturbed, it needs nobody", path.name);
    let calls = IMMORTAL - dying.left.load(Ordering::SeqCst);
    Undisturbed {
        end: life.end().await,
        to_office: life.stage.office_faults.log().total,
        to_shop: life.stage.shop_faults.log().total,
        calls: calls.unsigned_abs(),
    }
}

/// All paths, each with and without look-up, as it goes undisturbed.
async fn paths() -> &'static [(usize, &'static Path, bool, Undisturbed)] {
    static LIVED: OnceCell<Vec<(usize, &Path, bool, Undisturbed)>> = OnceCell::const_new();
    let live = || async {
        let mut all = Vec::new();
        for (at, path) in PATHS.iter().enumerate() {
            for lookup in [false, true] {
                all.push((at, path, lookup, undisturbed(path, lookup).await));
            }
        }
        all
    };
    LIVED.get_or_init(live).await
}

/// Lives it, and holds its end against the undisturbed one's. A customer order that can be looked up needs nobody.
async fn ends_the_same(mut life: Life, lookup: bool, wanted: &Undisturbed, what: &str) -> usize {
    life.live().await;
    let end = life.end().await;
    assert_eq!(end, wanted.end, "{what}, settled: {:?}", life.settled);
    let asked = life.settled.iter().any(|effect| effect == "customer order");
    assert!(!(lookup && asked), "{what}: a person was asked for what can be looked up");
    life.settled.len()
}

/// What goes wrong with a request, and whether it was processed all the same.
fn kinds() -> [Kind; 8] {
    let says_no = r#"{"status":false,"code":401,"message":"token expired"}"#.to_owned();
    [
        Kind::Fail { status: 500, body: String::new(), headers: Vec::new() },
        Kind::CutBefore,
        Kind::CutAfter,
        Kind::Hang,
        Kind::HangAfter,
        Kind::Html { status: 502 },
        Kind::Html { status: 200 },
        Kind::Fail { status: 401, body: says_no, headers: Vec::new() },
    ]
}

async fn every_request_goes_wrong(count: impl Fn(&Undisturbed) -> u64, side: impl Fn(&Life) -> &Arc<Faults>) {
    let (mut lives, mut settled) = (0, 0);
    for &(at, path, lookup, ref wanted) in paths().await {
        for (salt, kind) in kinds().into_iter().enumerate() {
            for nth in steps(at, count(wanted), 1, salt) {
                let life = Life::new(path, lookup).await;
                side(&life).add(Rule::next(kind.clone()).nth(nth));
                let what = format!("{}, look-up {lookup}: {kind:?} at request {nth}", path.name);
                settled += ends_the_same(life, lookup, wanted, &what).await;
                lives += 1;
            }
        }
    }
    println!("{lives} lives, {settled} effects settled by a person");
    assert!(lives > 50, "only {lives} lives");
}

#[tokio::test]
async fn every_request_to_loomis_pay_goes_wrong_in_every_way() {
    every_request_goes_wrong(|of| of.to_office, |life| &life.stage.office_faults).await;
}

#[tokio::test]
async fn every_request_to_the_shop_goes_wrong_in_every_way() {
    every_request_goes_wrong(|of| of.to_shop, |life| &life.stage.shop_faults).await;
}

#[tokio::test]
async fn the_process_dies_at_every_step() {
    let mut lives = 0;
    for &(at, path, lookup, ref wanted) in paths().await {
        for step in steps(at, wanted.calls, CALLS_A_REQUEST, usize::from(lookup) * 7) {
            let mut life = Life::new(path, lookup).await;
            let dying = Arc::new(Dying::after(life.stage.store.clone(), step.cast_signed()));
            life.hands = Hands::Mortal(life.stage.engine_on(dying.clone(), 2), dying);
            let what = format!("{}, look-up {lookup}: death after call {step}", path.name);
            ends_the_same(life, lookup, wanted, &what).await;
            lives += 1;
        }
    }
    println!("{lives} deaths");
    assert!(lives > 50, "only {lives} deaths");
}

#[tokio::test]
async fn everything_comes_twice_or_two_workers_do_it_at_once() {
    for &(_, path, lookup, ref wanted) in paths().await {
        let mut life = Life::new(path, lookup).await;
        life.hands = Hands::Twice(life.stage.engine.clone());
        assert_eq!(ends_the_same(life, lookup, wanted, &format!("{}: twice", path.name)).await, 0);
        // Whoever is slow meets the other in the middle.
        for (to_office, to_shop) in [(200, 300), (900, 50)] {
            let mut life = Life::new(path, lookup).await;
            life.stage.network.latency("loomis.example", Duration::from_millis(to_office));
            life.stage.network.latency("shop.example", Duration::from_millis(to_shop));
            life.hands = Hands::Two(life.stage.engine.clone(), life.stage.restarted(77));
            let what = format!("{}: two workers, {to_office} and {to_shop} ms", path.name);
            assert_eq!(ends_the_same(life, lookup, wanted, &what).await, 0);
        }
    }
}

#[tokio::test]
async fn the_login_ends_before_any_request() {
    for &(at, path, lookup, ref wanted) in paths().await {
        for nth in steps(at, wanted.to_office, 1, usize::from(lookup)) {
            let mut life = Life::new(path, lookup).await;
            let (loomis, left) = (life.stage.loomis.clone(), AtomicI64::new(nth.cast_signed()));
            let server = Between::new(Arc::new(loomis.clone()), move |_, now| {
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    loomis.expire_tokens();
                }
                now
            });
            life.stage.office_faults = life.stage.network.host("loomis.example", server);
            let what = format!("{}, look-up {lookup}: no login at request {nth}", path.name);
            assert_eq!(ends_the_same(life, lookup, wanted, &what).await, 0, "{what}");
        }
    }
}

/// What was saved in Loomis Pay since the log was cleared.
fn saves(faults: &Faults) -> usize {
    ["save", "adjust-stock", "PUT /v1/customer"].iter().map(|part| faults.count(part)).sum()
}

#[tokio::test]
async fn what_another_installation_has_taken_is_parked_and_nothing_is_sent() {
    for path in &PATHS {
        for (key, value) in [("_loomis_woo", "0badcafe:5001"), ("_duell_order_id", "77")] {
            let life = Life::new(path, true).await;
            let stage = &life.stage;
            let order = || NewOrder::of(sku(stage, "A-1"), 2).shipped("Posten", "79.20");
            let marked = place(stage, order().meta(key, value));
            // Marked after it was found, and before it is looked after.
            let late = place(stage, order());
            stage.engine.tick(Tick::Orders, stage.engine.world.now()).await.unwrap();
            assert!(stage.engine.work_one(Lane::Orders, Duration::ZERO).await.unwrap());
            stage.shop.edit_order(late, stage.engine.world.now(), |one| {
                one.meta.push(simulators::shop::Meta { id: 1, key: key.to_owned(), value: json!(value) });
            });
            stage.drain().await;
            for tick in [Tick::Orders, Tick::Sweep, Tick::Orders, Tick::Sweep] {
                stage.tick(tick).await;
            }
            assert_eq!(saves(&stage.office_faults), 0, "{}, {key}", path.name);
            assert_eq!(stage.all_writes(), 0, "{}, {key}", path.name);
            let waiting = stage.engine.orders_waiting("1").await.unwrap();
            let told: Vec<_> = waiting.iter().map(|one| (one.order_id, one.reason.as_str())).collect();
            let reason = "another installation's";
            assert_eq!(told, [(marked, reason), (late, reason)], "{}, {key}", path.name);
        }
    }
}

#[tokio::test]
async fn what_was_refused_and_then_taken_by_another_installation_is_not_sent_again() {
    let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let server = Between::new(Arc::new(stage.loomis.clone()), move |request, now| {
        seen.lock().unwrap().push(request.url.path().to_owned());
        now
    });
    stage.network.host("loomis.example", server);
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2));
    stage.office.refuse_next("logistics/orders/save", id, "kassen er stengt");
    stage.tick(Tick::Orders).await;
    let sent = || asked.lock().unwrap().iter().filter(|path| path.ends_with("orders/save")).count();
    assert_eq!(sent(), 1);
    stage.shop.edit_order(id, stage.engine.world.now(), |one| {
        let value = json!("0badcafe:5001");
        one.meta.push(simulators::shop::Meta { id: 1, key: "_loomis_woo".to_owned(), value });
    });
    for _ in 0..40 {
        stage.tick(Tick::Orders).await;
    }
    assert_eq!((sent(), stage.office.orders().len()), (1, 0));
    let waiting = stage.engine.orders_waiting("1").await.unwrap();
    assert!(waiting.len() == 1 && waiting[0].reason == "another installation's", "{waiting:?}");
}
