//! Stock: web sales, till sales, transfers, packing slips, cancellations, and between any two requests of the program, which
//! reads, takes orders and writes stock, with two workers, deaths and lost answers. No decrement is ever undone.
//!
//! At any moment the shop may offer what Loomis Pay has available, less what web orders took and Loomis Pay doesn't know, and
//! besides what the shop put back of orders that Loomis Pay still has. No write says more than that came to at some moment since
//! the work began that it is of: what remains is the window that `ARCHITECTURE.md`, *Invariants*, names, and it is closed before
//! the work ends. A sale at the till is offered no longer once two rounds have read the stock: beside one of them an order may
//! have been taken. And once all is quiet the shop offers exactly that.
//!
//! Some by default; `INTERLEAVINGS=5000` in the environment tries so many, `INTERLEAVINGS_SEED=7` that one alone.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join;
use house::stage::{Stage, clocks, dawn, drain};
use jiff::Timestamp;
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::{Faults, Kind, Rule},
    loomis::Office,
    shop::{NewOrder, Order, Product as InShop, Shop},
};
use sync::{Engine, Tick, ports::VISIBILITY};
use world::Request;

use crate::{
    between::Between,
    dice::{Dice, for_seeds},
    life::until_dead,
    orders::{selling, sku},
    troubles::Dying,
};

/// Interleavings that are tried by default.
const USUAL: u64 = 100;

/// How much of what happened is told of a failure.
const TOLD: usize = 120;

/// Cancelled in Loomis Pay. `API.md` §5.
const CANCELLED: u32 = 8;

const NUMBERS: [&str; 3] = ["A-1", "A-2", "A-3"];

/// A product, by its keys on both sides.
#[derive(Clone, Copy)]
struct Good {
    office: u64,
    shop: u64,
    /// The most that the shop could have offered since the work began: of what Loomis Pay had available, what web orders held when
    /// they were last read is taken off. Who orders between that and the write is seen by the second look.
    peak: Decimal,
    /// The least that web orders held when they were read since then.
    least_held: Decimal,
    /// The same of this round and of the one before.
    rounds: [Decimal; 2],
}

impl Good {
    fn new(office: u64, shop: u64) -> Good {
        Good { office, shop, peak: Decimal::MIN, least_held: Decimal::MAX, rounds: [Decimal::MAX; 2] }
    }
}

/// The street: a shop on the web and one with a till, and those who buy and work there.
struct Street {
    shop: Arc<Shop>,
    office: Office,
    dice: Dice,
    goods: Mutex<[Good; 3]>,
    /// A product that Loomis Pay doesn't have: who buys it besides waits, and holds what it took.
    foreign: u64,
    /// Whether things happen between requests.
    busy: AtomicBool,
    /// Whether the shop has put back what Loomis Pay still reserves, since somebody last asked for changed orders.
    put_back: AtomicBool,
    /// Writes that said too much.
    undone: Mutex<Vec<String>>,
    /// What happened, for whoever looks into a failure.
    story: Mutex<Vec<String>>,
}

impl Street {
    fn tell(&self, what: impl FnOnce() -> String) {
        self.story.lock().unwrap().push(what());
    }

    /// The end of what happened.
    fn told(&self) -> String {
        let story = self.story.lock().unwrap();
        story[story.len().saturating_sub(TOLD)..].join("\n  ")
    }

    /// What the shop may offer of a product now.
    fn may_offer(&self, good: &Good) -> Decimal {
        self.office.amount(1, good.office).available() - self.held(good)
    }

    /// What web orders have taken of it and Loomis Pay doesn't know of.
    fn held(&self, good: &Good) -> Decimal {
        let number = self.office.product(good.office).unwrap().product_number;
        let lines = self.shop.orders().into_iter().flat_map(|order| order.lines);
        let taken = lines.filter(|line| line.product == good.shop).filter_map(|line| line.reduced_stock);
        let orders = self.office.orders().into_iter().filter(|order| order.status != CANCELLED);
        let known = orders.flat_map(|order| order.lines).filter(|line| line.product_id == good.office);
        let deducted = self.office.deductions().into_iter().filter(|one| one.product_number == number);
        let known: Decimal = known.map(|line| line.quantity).chain(deducted.map(|one| one.quantity)).sum();
        taken.sum::<Decimal>() - known
    }

    fn note(&self) {
        for good in self.goods.lock().unwrap().iter_mut() {
            let held = self.held(good).min(good.least_held);
            let now = self.office.amount(1, good.office).available() - held;
            good.peak = good.peak.max(now);
            good.rounds[0] = good.rounds[0].max(now);
        }
    }

    /// Somebody asks for web orders.
    fn orders_are_read(&self) {
        for good in self.goods.lock().unwrap().iter_mut() {
            good.least_held = good.least_held.min(self.held(good));
        }
    }

    /// Work begins: what was before no longer counts.
    fn work_begins(&self) {
        for good in self.goods.lock().unwrap().iter_mut() {
            (good.peak, good.least_held) = (Decimal::MIN, Decimal::MAX);
        }
        self.note();
    }

    /// A round begins. One that was left off counts with the next one.
    fn round_begins(&self, last_settled: bool) {
        if last_settled {
            for good in self.goods.lock().unwrap().iter_mut() {
                good.rounds = [Decimal::MIN, good.rounds[0]];
            }
        }
        self.note();
    }

    /// A write of stock that says more than the shop may offer.
    fn look_at(&self, request: &Request) {
        if !request.url.path().ends_with("products/batch") {
            return;
        }
        let body: Value = serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap();
        let goods = *self.goods.lock().unwrap();
        for update in body["update"].as_array().into_iter().flatten() {
            let good = goods.iter().find(|good| update["id"] == good.shop);
            let written = update["stock_quantity"].as_i64().map(Decimal::from);
            if let (Some(good), Some(written)) = (good, written)
                && written > good.peak.max(Decimal::ZERO)
            {
                let (shop, peak) = (good.shop, good.peak);
                self.undone.lock().unwrap().push(format!("{written} of {shop} written, {peak} at most"));
            }
        }
    }

    /// A request comes in, and perhaps somebody is quicker.
    fn between(&self, request: &Request, now: Timestamp) -> Timestamp {
        self.tell(|| {
            let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default());
            let path = request.url.path();
            let moves =
                ["products/batch", "orders/save", "adjust-stock"].iter().any(|part| path.ends_with(part));
            let body = if moves { body.chars().take(200).collect() } else { String::new() };
            format!("{now:.3} {} {path} {body}", request.method)
        });
        self.note();
        self.look_at(request);
        if request.url.path().ends_with("/orders") {
            self.orders_are_read();
        }
        if self.busy.load(Ordering::SeqCst) && self.dice.percent(12) {
            self.something(now);
            self.note();
        }
        now
    }

    fn good(&self) -> Good {
        self.dice.of(&self.goods.lock().unwrap()[..])
    }

    fn something(&self, now: Timestamp) {
        match self.dice.below(14) {
            0..5 => self.somebody_orders(now),
            5..7 => self.an_order_goes_on(now),
            7..10 => self.the_till_sells(),
            10 => self.goods_arrive_or_leave(),
            11 => self.the_shop_cancels(now),
            12 => self.staff_cancel(),
            _ => self.staff_pack(),
        }
    }

    fn somebody_orders(&self, now: Timestamp) {
        let (good, wanted) = (self.good(), 1 + self.dice.below(3).cast_signed());
        if self.shop.product(good.shop).unwrap().stock.is_none_or(|stock| stock < wanted) {
            return;
        }
        let mut order = NewOrder::of(good.shop, wanted);
        if self.dice.percent(8) {
            order = order.and(self.foreign, 1);
        }
        let status = self.dice.of(&["processing", "processing", "processing", "on-hold", "pending"]);
        let id = self.shop.place_order(order.status(status), now);
        self.tell(|| format!("{now:.3} order {id} of {wanted} of {} comes, {status}", good.office));
    }

    fn is_known(&self, order: &Order) -> bool {
        order.meta("_loomis_woo").is_some()
            || self.office.orders().iter().any(|one| one.reference == order.id)
    }

    fn one_of(&self, statuses: &[&str]) -> Option<Order> {
        let all: Vec<Order> = self.shop.orders();
        let all: Vec<Order> =
            all.into_iter().filter(|order| statuses.contains(&order.status.as_str())).collect();
        (!all.is_empty()).then(|| self.dice.of(&all))
    }

    /// It is paid; or, once Loomis Pay knows of it, sent.
    fn an_order_goes_on(&self, now: Timestamp) {
        let Some(order) = self.one_of(&["pending", "on-hold", "processing"]) else { return };
        let next = if order.status == "processing" { "completed" } else { "processing" };
        if next == "processing" || self.is_known(&order) {
            self.tell(|| format!("{now:.3} order {} is {next}", order.id));
            self.shop.set_order_status(order.id, next, now);
        }
    }

    /// Unless its goods are on their way.
    fn the_shop_cancels(&self, now: Timestamp) {
        let Some(order) = self.one_of(&["pending", "on-hold", "processing"]) else { return };
        let packed = |one: &simulators::loomis::Order| one.reference == order.id && one.packed;
        if !self.office.orders().iter().any(packed) {
            self.tell(|| format!("{now:.3} order {} is cancelled", order.id));
            self.shop.cancel(order.id, now);
            self.put_back.store(true, Ordering::SeqCst);
        }
    }

    fn the_till_sells(&self) {
        let (good, wanted) = (self.good(), Decimal::from(1 + self.dice.below(2)));
        let amount = self.office.amount(1, good.office);
        if amount.available() >= wanted {
            self.tell(|| format!("the till sells {wanted} of {}", good.office));
            self.office.set_stock(1, good.office, &(amount.physical - wanted).to_string());
        }
    }

    /// From or to another department's shelf.
    fn goods_arrive_or_leave(&self) {
        let (good, moved) = (self.good(), Decimal::from(1 + self.dice.below(4)));
        let amount = self.office.amount(1, good.office);
        let to = if self.dice.percent(60) { amount.physical + moved } else { amount.physical - moved };
        if to >= amount.reserved {
            self.tell(|| format!("{} of {} are on the shelf", to, good.office));
            self.office.set_stock(1, good.office, &to.to_string());
        }
    }

    fn staff_pack(&self) {
        let wanted = |order: &simulators::loomis::Order| {
            let in_shop = self.shop.order(order.reference).unwrap().status;
            !order.packed && order.status != CANCELLED && in_shop != "cancelled"
        };
        let orders: Vec<_> = self.office.orders().into_iter().filter(wanted).collect();
        if !orders.is_empty() {
            let order = self.dice.of(&orders);
            self.tell(|| format!("order {} is packed", order.reference));
            self.office.pack(order.order_id);
        }
    }

    /// What the shop has called off.
    fn staff_cancel(&self) {
        for order in self.office.orders() {
            let called_off = self.shop.order(order.reference).unwrap().status == "cancelled";
            if called_off && order.status != CANCELLED && !order.packed {
                self.tell(|| format!("order {} is cancelled in Loomis Pay", order.reference));
                self.office.cancel(order.order_id);
            }
        }
    }

    /// The goods of which the shop offers something else than `right` says of what it offers and the good.
    fn wrong(&self, right: impl Fn(Decimal, &Good) -> bool) -> Vec<String> {
        let goods = *self.goods.lock().unwrap();
        let wrong = goods.iter().zip(NUMBERS).filter_map(|(good, number)| {
            let offered = Decimal::from(self.shop.product(good.shop).unwrap().stock.unwrap_or_default());
            let told = || {
                let (now, rounds) = (self.may_offer(good), good.rounds);
                let amount = self.office.amount(1, good.office);
                format!("{number}: offers {offered}, may {now} now, {rounds:?} at most; {amount:?}")
            };
            (!right(offered, good)).then(told)
        });
        wrong.collect()
    }
}

/// Everything of one interleaving.
struct Play {
    stage: Stage,
    street: Arc<Street>,
    faults: [Arc<Faults>; 2],
    workers: [Engine; 2],
    /// Whether orders become customer orders, which can be looked up when an answer is lost.
    lookup: bool,
    /// Whether the last round of stock came to its end.
    settled: bool,
}

/// What an interleaving came to.
#[derive(Default)]
struct Tally {
    orders: usize,
    rounds: usize,
    writes: usize,
}

async fn play(dice: &Dice) -> Play {
    let lookup = dice.percent(70);
    let settings = match lookup {
        true => json!({}),
        false => json!({"create_customer_order": false, "deduct_from_stock": true}),
    };
    let stage = selling(json!({"continuous_inventory": true}), settings).await;
    stage.set_client(json!({"order_lookup": lookup})).await;
    let foreign = stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
    let office = stage.office.product_ids();
    let good = |at: usize| Good::new(office[at], sku(&stage, NUMBERS[at]));
    let street = Arc::new(Street {
        shop: stage.shop.clone(),
        office: stage.office.clone(),
        dice: Dice::new(dice.below(u64::MAX)),
        goods: Mutex::new([good(0), good(1), good(2)]),
        foreign,
        busy: AtomicBool::new(true),
        put_back: AtomicBool::new(false),
        undone: Mutex::default(),
        story: Mutex::default(),
    });
    let (here, there) = (street.clone(), street.clone());
    let shop = Between::new(stage.shop.clone(), move |request, now| here.between(request, now));
    let loomis =
        Between::new(Arc::new(stage.loomis.clone()), move |request, now| there.between(request, now));
    let faults = [stage.network.host("shop.example", shop), stage.network.host("loomis.example", loomis)];
    for host in ["shop.example", "loomis.example"] {
        stage.network.latency(host, Duration::from_millis(dice.of(&[0, 80, 300])));
    }
    let workers = [stage.engine.clone(), stage.restarted(77)];
    Play { stage, street, faults, workers, lookup, settled: true }
}

impl Play {
    /// Both workers do all there is to do.
    async fn work(&self) -> Result<(), String> {
        self.street.work_begins();
        join(drain(&self.workers[0]), drain(&self.workers[1])).await;
        let undone = self.street.undone.lock().unwrap();
        if undone.is_empty() { Ok(()) } else { Err(format!("a decrement was undone: {undone:?}")) }
    }

    async fn tick(&self, tick: Tick) {
        // A schedule that fires twice in a second wakes once.
        self.stage.pass(Duration::from_secs(1));
        let now = self.stage.engine.world.now();
        self.street.tell(|| format!("{now:.3} tick {tick:?}"));
        clocks(&self.workers[0], tick, now).await.unwrap();
    }

    /// Stock is read and written, orders are taken beside it; then the shop offers nothing that was sold before.
    async fn round(&mut self) -> Result<(), String> {
        self.street.round_begins(self.settled);
        if self.street.dice.percent(50) {
            self.street.put_back.store(false, Ordering::SeqCst);
            self.tick(Tick::Orders).await;
        }
        self.tick(Tick::Stock).await;
        self.work().await?;
        self.street.note();
        self.settled = self.is_settled().await;
        // What the shop itself has put back is seen when the next clock asks for orders.
        if !self.settled || self.street.put_back.load(Ordering::SeqCst) {
            return Ok(());
        }
        let most = |good: &Good| good.rounds[0].max(good.rounds[1]).max(Decimal::ZERO);
        let wrong = self.street.wrong(|offered, good| offered <= most(good));
        if wrong.is_empty() { Ok(()) } else { Err(format!("sold, and offered still: {wrong:?}")) }
    }

    async fn is_settled(&self) -> bool {
        let status = self.stage.engine.status_of("1").await.unwrap();
        status.due == 0 && self.stage.engine.paused("1").await.unwrap().is_none()
    }

    /// An answer will be lost: of a stock write, or of a customer order, which can be looked up.
    fn break_something(&self) {
        let kind = self.street.dice.of(&[Kind::CutAfter, Kind::CutBefore, Kind::HangAfter]);
        self.street.tell(|| format!("an answer will be lost: {kind:?}"));
        match self.lookup && self.street.dice.percent(50) {
            true => self.faults[1].add(Rule::next(kind).on("logistics/orders/save")),
            false => self.faults[0].add(Rule::next(kind).on("products/batch")),
        }
    }

    /// A worker is killed at some step, and what it had in hand comes again after a while.
    async fn crash(&mut self) {
        self.street.work_begins();
        let step = 1 + self.street.dice.below(150).cast_signed();
        let dying = Arc::new(Dying::after(self.stage.store.clone(), step));
        let mortal = self.stage.engine_on(dying.clone(), 5);
        let tick = self.street.dice.of(&[Tick::Orders, Tick::Stock]);
        self.street.tell(|| format!("a worker will die after {tick:?}, at call {step}"));
        if clocks(&mortal, tick, self.stage.engine.world.now()).await.is_ok() {
            until_dead(&mortal, &dying).await;
        }
        self.stage.pass(VISIBILITY + Duration::from_secs(1));
        self.workers[1] = self.stage.restarted(step.unsigned_abs());
    }

    /// The street sleeps, staff have done what the shop called off: all that is left is done.
    async fn quiet(&self) -> Result<(), String> {
        self.street.busy.store(false, Ordering::SeqCst);
        self.stage.pass(VISIBILITY + Duration::from_secs(1));
        let mut quiet = 0;
        for _ in 0..40 {
            self.stage.pass(Duration::from_secs(150));
            self.tick(Tick::Orders).await;
            self.work().await?;
            self.street.staff_cancel();
            self.tick(Tick::Stock).await;
            self.work().await?;
            let due = self.stage.engine.status_of("1").await.unwrap().orders_due;
            let waiting = self.stage.engine.orders_waiting("1").await.unwrap();
            let doubtful = waiting.iter().any(|one| one.reason == "unconfirmed");
            quiet = if self.is_settled().await && due == 0 && !doubtful { quiet + 1 } else { 0 };
            if quiet == 2 {
                let right = |offered, good: &Good| offered == self.street.may_offer(good).max(Decimal::ZERO);
                let wrong = self.street.wrong(right);
                return if wrong.is_empty() { Ok(()) } else { Err(format!("at the quiet end: {wrong:?}")) };
            }
        }
        Err(format!("it never comes to rest: {:?}", self.stage.engine.orders_waiting("1").await.unwrap()))
    }
}

async fn interleaving(seed: u64) -> Result<Tally, String> {
    let dice = Dice::new(seed);
    let mut play = play(&dice).await;
    let mut tally = Tally::default();
    for _ in 0..10 + dice.below(15) {
        let done = scene(&mut play, &dice, &mut tally).await;
        done.map_err(|why| format!("{why}\n  {}", play.street.told()))?;
    }
    play.quiet().await.map_err(|why| format!("{why}\n  {}", play.street.told()))?;
    tally.orders = play.stage.shop.orders().len();
    tally.writes = play.faults[0].count("products/batch");
    Ok(tally)
}

async fn scene(play: &mut Play, dice: &Dice, tally: &mut Tally) -> Result<(), String> {
    play.stage.pass(Duration::from_millis(dice.of(&[0, 300, 2000, 60_000, 120_000])));
    let now = play.stage.engine.world.now();
    match dice.below(20) {
        0..9 => play.street.something(now),
        9..12 => {
            play.tick(Tick::Orders).await;
            play.work().await?;
        }
        12..18 => {
            play.round().await?;
            tally.rounds += 1;
        }
        18 => play.break_something(),
        // A deduction that was cut short needs a person: see `once.rs`.
        _ if play.lookup => play.crash().await,
        _ => {}
    }
    Ok(())
}

#[test]
fn no_interleaving_undoes_a_decrement() {
    let all = for_seeds("INTERLEAVINGS", USUAL, interleaving);
    let sum = |of: fn(&Tally) -> usize| all.iter().map(of).sum::<usize>();
    let (orders, rounds, writes) = (sum(|one| one.orders), sum(|one| one.rounds), sum(|one| one.writes));
    println!(
        "{} interleavings, {orders} web orders, {rounds} rounds of stock, {writes} stock writes: none undone",
        all.len()
    );
    assert!(all.len() == 1 || writes > all.len(), "hardly anything was written");
}
