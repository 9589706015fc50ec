//! The life of one order on the stage: what a customer, staff and a person at the program do, one act after the other, and what
//! came of it on both sides. `once.rs` disturbs it in every way there is.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use house::stage::{Stage, clocks, dawn, drain};
use jiff::Timestamp;
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    loomis::{Line, Sale},
    shop::{NewOrder, Product as InShop},
};
use sync::{
    Engine, OrderStory, Settlement, Tick,
    ports::{Lane, VISIBILITY},
};

use crate::{
    orders::{selling, sku},
    troubles::Dying,
};

/// How an order is taken, and what happens to it.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// The department's `orders` settings, as JSON, besides those that every path has.
    settings: &'static str,
    acts: &'static [Act],
}

/// What happens to the order in the shop, or to its customer order in Loomis Pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// A customer orders, and pays by this method.
    Order(&'static str),
    /// The same; and before anybody looks, a piece of it is given back and put on the shelf.
    OrderAndRefund(&'static str),
    /// A piece is given back and put on the shelf; then some money more.
    Refund,
    /// The shop cancels it.
    Cancel,
    /// The goods are packed, and the customer order is finished.
    Finish,
}

const SALE_AND_DEDUCTION: &str =
    r#"{"create_customer_order": false, "bookkeeping": "separate", "deduct_from_stock": true}"#;
const DEDUCTION: &str = r#"{"create_customer_order": false, "deduct_from_stock": true}"#;

/// Every path of `SETTINGS.md`, *Orders*: the rows of its table, and what may follow. The first is the one that most have.
pub(crate) static PATHS: [Path; 11] = [
    Path {
        name: "customer order and sale",
        settings: r#"{"bookkeeping": "separate"}"#,
        acts: &[Act::Order("vipps")],
    },
    Path { name: "customer order", settings: "{}", acts: &[Act::Order("vipps")] },
    Path {
        name: "sale",
        settings: r#"{"create_customer_order": false, "bookkeeping": "same_voucher"}"#,
        acts: &[Act::Order("vipps")],
    },
    Path { name: "sale and deductions", settings: SALE_AND_DEDUCTION, acts: &[Act::Order("vipps")] },
    Path { name: "deductions", settings: DEDUCTION, acts: &[Act::Order("vipps")] },
    Path { name: "refunded before", settings: SALE_AND_DEDUCTION, acts: &[Act::OrderAndRefund("vipps")] },
    Path {
        name: "refunded after",
        settings: r#"{"bookkeeping": "separate"}"#,
        acts: &[Act::Order("vipps"), Act::Refund],
    },
    Path {
        name: "refunded after deductions",
        settings: SALE_AND_DEDUCTION,
        acts: &[Act::Order("vipps"), Act::Refund],
    },
    Path { name: "restocked", settings: DEDUCTION, acts: &[Act::Order("vipps"), Act::Cancel] },
    Path {
        name: "completed",
        settings: r#"{"status_when_completed": "completed"}"#,
        acts: &[Act::Order("vipps"), Act::Finish],
    },
    Path {
        name: "paid in store",
        settings: r#"{"bookkeeping": "separate", "pay_in_store_methods": ["cod"]}"#,
        acts: &[Act::Order("cod")],
    },
];

/// Who works.
pub(crate) enum Hands {
    /// One worker.
    One(Engine),
    /// One that is killed at a call of its ledger; then a fresh one goes on.
    Mortal(Engine, Arc<Dying>),
    /// One to whom everything comes twice: ticks, messages, and old messages once more at the end.
    Twice(Engine),
    /// Two that get each message at the same moment.
    Two(Engine, Box<Engine>),
}

/// An order and the world around it.
pub(crate) struct Life {
    pub(crate) stage: Stage,
    pub(crate) hands: Hands,
    path: &'static Path,
    order: Option<u64>,
    finished: bool,
    /// How often a person had to say what is so.
    pub(crate) settled: Vec<String>,
}

impl Life {
    /// A shop that sells, one worker, and nothing ordered yet.
    pub(crate) async fn new(path: &'static Path, lookup: bool) -> Life {
        let mut settings: Value = serde_json::from_str(path.settings).unwrap();
        settings["create_products"] = json!(true);
        settings["status_after_retrieval"] = json!("on-hold");
        let stage = selling(json!({}), settings).await;
        stage.set_client(json!({"order_lookup": lookup})).await;
        stage.office.set_order_lookup(lookup);
        stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
        stage.office_faults.clear_log();
        stage.shop_faults.clear_log();
        let hands = Hands::One(stage.engine.clone());
        Life { stage, hands, path, order: None, finished: false, settled: Vec::new() }
    }

    /// All of it, act by act. What is parked is settled by a person who looks into Loomis Pay and says what is so.
    pub(crate) async fn live(&mut self) {
        for act in self.path.acts {
            self.act(*act);
            for _ in 0..6 {
                self.until_quiet().await;
                if !self.settle().await {
                    break;
                }
            }
        }
    }

    fn act(&mut self, act: Act) {
        let (shop, now) = (self.stage.shop.clone(), self.stage.engine.world.now());
        let give_back = |id: u64| {
            let line = shop.order(id).unwrap().lines[1].id;
            shop.refund_order(id, None, &[(line, Decimal::ONE)], true, now).unwrap();
        };
        match act {
            Act::Order(method) => self.order = Some(self.place(method, now)),
            Act::OrderAndRefund(method) => {
                let id = self.place(method, now);
                give_back(id);
                self.order = Some(id);
            }
            Act::Refund => {
                give_back(self.id());
                shop.refund_order(self.id(), Some(Decimal::TEN), &[], false, now).unwrap();
            }
            Act::Cancel => assert!(shop.cancel(self.id(), now)),
            Act::Finish => {
                let orders = self.stage.office.orders();
                let [order] = orders.as_slice() else { panic!("{orders:#?}") };
                self.stage.office.pack(order.order_id);
                self.stage.office.set_order_status(order.order_id, 5);
                self.finished = true;
            }
        }
    }

    fn place(&self, method: &str, now: Timestamp) -> u64 {
        let product = |number| sku(&self.stage, number);
        let order = NewOrder::of(product("A-1"), 2).and(product("A-3"), 3).and(product("WEB-ONLY"), 1);
        self.stage.shop.place_order(order.shipped("Posten", "79.20").paid_by(method), now)
    }

    fn id(&self) -> u64 {
        self.order.expect("something is ordered")
    }

    async fn story(&self) -> Option<OrderStory> {
        self.stage.engine.order("1", &self.id().to_string()).await.ok()
    }

    /// Lets time pass until nothing happens any more by itself.
    async fn until_quiet(&mut self) {
        let mut quiet = 0;
        for _ in 0..80 {
            self.stage.pass(self.patience().await);
            self.round().await;
            self.never_two();
            quiet = if self.rests().await { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
        }
        panic!("it never comes to rest: {:#?}", self.story().await);
    }

    /// Until something is due: two minutes at least.
    async fn patience(&self) -> Duration {
        let now = self.stage.engine.world.now();
        let pause = self.stage.engine.paused("1").await.unwrap().and_then(|pause| pause.until);
        let next = self.story().await.and_then(|story| story.next);
        let until = pause.into_iter().chain(next).min().unwrap_or(now);
        Duration::try_from(until.duration_since(now)).unwrap_or_default().max(Duration::from_secs(120))
    }

    async fn rests(&self) -> bool {
        if let Some(pause) = self.stage.engine.paused("1").await.unwrap() {
            if pause.until.is_none() {
                // The mend is a person's, who then looks whether all is well.
                let check = self.stage.engine.check("1").await.unwrap();
                assert!(check.is_green(), "{pause:?} {check:#?}");
            }
            return false;
        }
        let Some(story) = self.story().await else { return false };
        let all_done = story.effects.iter().all(|effect| effect.state == "done");
        let watched = all_done && story.retrieved.is_some() && (!self.finished || story.completed.is_some());
        story.next.is_none() || watched
    }

    /// One tick of the schedule, worked off by whoever works.
    async fn round(&mut self) {
        let now = self.stage.engine.world.now();
        match &self.hands {
            Hands::One(engine) => {
                clocks(engine, Tick::Orders, now).await.unwrap();
                drain(engine).await;
            }
            Hands::Mortal(engine, dying) => {
                let ticked = clocks(engine, Tick::Orders, now).await;
                if !is_dead(dying) {
                    ticked.unwrap();
                    until_dead(engine, dying).await;
                }
                if is_dead(dying) {
                    // What it had in hand comes again, and its leases have run out.
                    self.stage.pass(VISIBILITY + Duration::from_secs(1));
                    self.hands = Hands::One(self.stage.restarted(99));
                }
            }
            Hands::Twice(engine) => {
                clocks(engine, Tick::Orders, now).await.unwrap();
                clocks(engine, Tick::Orders, now).await.unwrap();
                clocks(engine, Tick::Orders, now + Duration::from_secs(1)).await.unwrap();
                let mut texts = Vec::new();
                while let Some((lane, message)) = next(engine).await {
                    engine.handle(&message.body).await.unwrap();
                    engine.handle(&message.body).await.unwrap();
                    engine.queue.done(lane, &message.receipt).await.unwrap();
                    texts.push(message.body);
                }
                for text in texts.iter().rev() {
                    engine.handle(text).await.unwrap();
                }
            }
            Hands::Two(one, other) => {
                clocks(one, Tick::Orders, now).await.unwrap();
                while let Some((lane, message)) = next(one).await {
                    let both =
                        futures_util::future::join(one.handle(&message.body), other.handle(&message.body));
                    let (one_did, other_did) = both.await;
                    one_did.and(other_did).unwrap();
                    one.queue.done(lane, &message.receipt).await.unwrap();
                }
            }
        }
    }

    /// Whatever happened: nothing is there twice, and never more was deducted than was ordered.
    pub(crate) fn never_two(&self) {
        let office = &self.stage.office;
        let mut of: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |what: String| *of.entry(what).or_default() += 1;
        office.orders().iter().for_each(|one| count(format!("order {}", one.reference_comment)));
        office.sales().iter().for_each(|one| count(format!("sale {}", one.reference_comment)));
        office.customers().iter().for_each(|(_, one)| count(format!("customer {}", one.email)));
        office.categories().iter().for_each(|(_, path)| count(format!("group {path}")));
        for id in office.product_ids() {
            count(format!("product {}", office.product(id).unwrap().product_number));
        }
        let twice: Vec<_> = of.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        let lines = self.order.and_then(|id| self.stage.shop.order(id)).map(|order| order.lines);
        for line in lines.iter().flatten() {
            let number = self.stage.shop.product(line.product).unwrap().sku;
            let moved = office.deductions().into_iter().filter(|one| one.product_number == number);
            let (taken, back): (Vec<_>, Vec<_>) =
                moved.map(|one| one.quantity).partition(|quantity| *quantity > Decimal::ZERO);
            let (taken, back): (Decimal, Decimal) = (taken.into_iter().sum(), back.into_iter().sum());
            assert!(taken <= line.quantity && -back <= taken, "{number}: {taken} taken, {back} back");
        }
    }

    /// What a person does about an effect that nobody knows of: looks for it in Loomis Pay, and says what is so. Tells whether
    /// there was one.
    async fn settle(&mut self) -> bool {
        let Some(story) = self.story().await else { return false };
        let Some(doubtful) = story.effects.iter().find(|effect| effect.state == "unconfirmed") else {
            return false;
        };
        let waiting = self.stage.engine.orders_waiting("1").await.unwrap();
        let shown = waiting.iter().any(|one| one.order_id == self.id() && one.reason == "unconfirmed");
        assert!(shown, "{doubtful:?} is parked, and nobody is told: {waiting:?}");
        let settlement = self.looked(&doubtful.effect).map_or(Settlement::SendAgain, Settlement::Exists);
        self.settled.push(doubtful.effect.clone());
        self.stage.engine.settle_order("1", &self.id().to_string(), &settlement).await.unwrap();
        true
    }

    /// Loomis Pay's id of an effect, as it is told to people, if it is there.
    fn looked(&self, effect: &str) -> Option<String> {
        let office = &self.stage.office;
        let sale = |of: String| office.sales().into_iter().find(|sale| comment(sale) == of);
        let moved = |number: &str, quantity: Decimal| {
            let mut all = office.deductions().into_iter();
            all.find(|one| one.product_number == number && one.quantity == quantity)
        };
        let words: Vec<&str> = effect.split(' ').collect();
        match words.as_slice() {
            ["customer", "order"] => office.orders().first().map(|order| order.order_id.to_string()),
            ["sale"] => sale(format!("woo:1:{}", self.id())).map(|sale| sale.order_id.to_string()),
            ["return", "of", "refund", id] => {
                sale(format!("woo:1:{}:refund:{id}", self.id())).map(|sale| sale.order_id.to_string())
            }
            ["deduction", "of", quantity, "of", number] => {
                moved(number, quantity.parse().unwrap()).map(|_| "seen".to_owned())
            }
            [quantity, "of", number, "added", "back"] => {
                moved(number, -quantity.parse::<Decimal>().unwrap()).map(|_| "seen".to_owned())
            }
            _ => panic!("what is {effect:?}?"),
        }
    }

    /// What is there in the end, on both sides and in the ledger, without ids and times.
    pub(crate) async fn end(&self) -> String {
        let office = &self.stage.office;
        let number = |id: u64| office.product(id).unwrap().product_number;
        let lines = |lines: &[Line]| -> Vec<String> {
            let line = |line: &Line| {
                let (price, off) = (line.price_inc_vat.normalize(), line.discount_amount);
                let quantity = line.quantity.normalize();
                format!("{quantity} {} at {price} {}% {off:?}", number(line.product_id), line.vatrate_percent)
            };
            lines.iter().map(line).collect()
        };
        let mut all = Vec::new();
        for order in office.orders() {
            all.push(format!(
                "order {} {} locked {} may be unlocked {} packed {}: {:?}",
                order.reference_comment,
                order.status,
                order.locked,
                order.may_be_unlocked,
                order.packed,
                lines(&order.lines)
            ));
        }
        for sale in office.sales() {
            let of = sale.belongs_to.as_ref().map(|(kind, id)| {
                let there = match kind.as_str() {
                    "sale" => office.sales().iter().any(|one| one.order_id == *id),
                    _ => office.order(*id).is_some(),
                };
                format!("{kind} {there}")
            });
            // Of a sale that a person named nobody knows whether that is its id or its number: a return refers to neither.
            let unnamed =
                sale.reference_comment.contains(":refund:") && self.settled.iter().any(|one| one == "sale");
            let of = of.or(unnamed.then(|| "sale true".to_owned()));
            all.push(format!("sale {} {} of {of:?}: {:?}", comment(&sale), sale.voucher, lines(&sale.lines)));
        }
        for id in office.product_ids() {
            let (product, amount) = (office.product(id).unwrap(), office.amount(1, id));
            all.push(format!(
                "product {} in {}: {} less {}",
                product.product_number,
                product.category_name,
                amount.physical.normalize(),
                amount.reserved.normalize()
            ));
        }
        all.extend(office.categories().iter().map(|(_, path)| format!("group {path}")));
        all.extend(office.customers().iter().map(|(_, one)| format!("customer {} {}", one.email, one.phone)));
        let order = self.stage.shop.order(self.id()).unwrap();
        // A person may have named the id instead of the number: `S-5001` is 5001.
        let digits = |marker: String| -> String {
            marker.split(':').nth(1).unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
        };
        let marker = order.meta("_loomis_woo").map(digits);
        let paid = order.paid.is_some();
        all.push(format!("shop {} paid {paid} {marker:?} {}", order.status, order.refunds.len()));
        let waiting = self.stage.engine.orders_waiting("1").await.unwrap();
        all.extend(waiting.iter().map(|one| format!("waiting {}", one.reason)));
        let story = self.story().await.expect("it is known");
        all.extend(story.effects.iter().map(|one| format!("effect {} {}", one.effect, one.state)));
        all.push(format!("retrieved {} completed {}", story.retrieved.is_some(), story.completed.is_some()));
        all.sort();
        all.join("\n")
    }
}

/// How a sale says what it is of: the first word of its comment.
fn comment(sale: &Sale) -> String {
    sale.reference_comment.split_whitespace().next().unwrap_or_default().to_owned()
}

async fn next(engine: &Engine) -> Option<(Lane, sync::ports::Received)> {
    for lane in Lane::ALL {
        let received = engine.queue.receive(lane, 1, Duration::ZERO).await.unwrap();
        if let Some(message) = received.into_iter().next() {
            return Some((lane, message));
        }
    }
    None
}

fn is_dead(dying: &Dying) -> bool {
    dying.left.load(Ordering::SeqCst) <= 0
}

/// Works until everything is done, or the worker dead: what it had in hand then stays there.
pub(crate) async fn until_dead(engine: &Engine, dying: &Dying) {
    while let Some((lane, message)) = next(engine).await {
        let handled = engine.handle(&message.body).await;
        if is_dead(dying) {
            return;
        }
        handled.unwrap();
        engine.queue.done(lane, &message.receipt).await.unwrap();
    }
}
