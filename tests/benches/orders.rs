//! Figures of orders, on both simulators: how many a minute go over with pace 0, and how long one that is poisoned delays the
//! others. `cargo bench -p house --bench orders` prints them; no test holds them, since they are this machine's.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints, and ends where it can't go on"
)]

use std::time::{Duration, Instant};

use house::stage::{Stage, dawn};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::{NewOrder, Product as InShop},
};
use sync::Tick;

/// Orders of the first figure, and how often it is measured: the median counts.
const ORDERS: usize = 600;
const TIMES: usize = 5;
/// To be reached: orders a minute.
const WANTED: f64 = 600.0;

/// Orders of the second figure: the first of them is poisoned.
const AMONG: usize = 100;
/// To be reached: the others are delayed by less than so many percent.
const DELAY: f64 = 5.0;
/// What an answer takes on the clock, of Loomis Pay and of the shop: about what was measured (`API.md` §2, `BEHAVIOUR.md`, *Times*).
const LATENCIES: [(&str, u64); 2] = [("loomis.example", 250), ("shop.example", 150)];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for (name, settings) in
        [("customer order", json!({})), ("customer order and sale", json!({"bookkeeping": "separate"}))]
    {
        speed(name, &settings).await;
    }
    poison().await;
}

/// A shop that sells one product, linked, a thousand of it in stock.
async fn selling(orders: Value) -> (Stage, u64) {
    let stage = Stage::new(json!({})).await;
    let office = stage.office.add_product(Product::new("A-1", "A-1").price("100").vat("25"));
    stage.office.set_stock(1, office, "1000");
    stage.synchronized().await;
    stage.take_orders(json!({}), orders).await;
    stage.tick(Tick::Orders).await;
    let product = stage.shop.product_by_sku("A-1").unwrap().id;
    (stage, product)
}

/// An order of a customer of its own.
fn order(product: u64, number: usize) -> NewOrder {
    let mut order = NewOrder::of(product, 1).shipped("Posten", "79.20");
    order.billing["email"] = json!(format!("kunde{number}@example.test"));
    order.billing["phone"] = json!(format!("9{number:07}"));
    order
}

async fn speed(name: &str, settings: &Value) {
    let mut rates = Vec::new();
    for _ in 0..TIMES {
        let (stage, product) = selling(settings.clone()).await;
        for number in 0..ORDERS {
            stage.shop.place_order(order(product, number), stage.engine.world.now());
        }
        stage.pass(Duration::from_secs(60));
        let began = Instant::now();
        stage.tick(Tick::Orders).await;
        let took = began.elapsed();
        assert_eq!(stage.office.orders().len(), ORDERS);
        assert!(stage.shop.orders().iter().all(|order| order.meta("_loomis_woo").is_some()));
        rates.push(f64::from(u32::try_from(ORDERS).unwrap()) * 60.0 / took.as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let (rate, low, high) = (rates[TIMES / 2], rates[0], rates[TIMES - 1]);
    println!(
        "{name}: {rate:.0} orders a minute with pace 0 ({low:.0} to {high:.0}), {:.1} times the {WANTED} wanted",
        rate / WANTED
    );
}

/// How an order is poisoned.
#[derive(Clone, Copy, Debug)]
enum Poison {
    Refused,
    Unreadable,
    UnknownProduct,
    AnswerLost,
    NeverAnswered,
}

async fn poison() {
    let healthy = others(None).await;
    println!("{AMONG} orders at the usual pace, answers after {LATENCIES:?} ms; the first one poisoned:");
    for poison in [
        Poison::Refused,
        Poison::Unreadable,
        Poison::UnknownProduct,
        Poison::AnswerLost,
        Poison::NeverAnswered,
    ] {
        let poisoned = others(Some(poison)).await;
        let delay = |of: fn(&Others) -> f64| (of(&poisoned) / of(&healthy) - 1.0) * 100.0;
        println!(
            "{poison:?}: the others are there {:+.2} % later in the mean, the last {:+.2} % (under {DELAY} % wanted); {:+.2} % requests",
            delay(|of| of.mean),
            delay(|of| of.last),
            delay(|of| of.requests)
        );
    }
}

/// When the others were in Loomis Pay, in seconds on the clock, and what it cost.
struct Others {
    mean: f64,
    last: f64,
    requests: f64,
}

async fn others(poison: Option<Poison>) -> Others {
    let (stage, product) = selling(json!({})).await;
    stage.set_client(json!({"min_interval_ms": 500})).await;
    let unknown = stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
    for (host, latency) in LATENCIES {
        stage.network.latency(host, Duration::from_millis(latency));
    }
    stage.pass(Duration::from_secs(60));
    let began = stage.engine.world.now();
    let first = match poison {
        Some(Poison::UnknownProduct) => order(unknown, 0),
        _ => order(product, 0),
    };
    let first = stage.shop.place_order(first, began);
    give(&stage, first, poison);
    for number in 1..AMONG {
        stage.shop.place_order(order(product, number), began);
    }
    let requests = || stage.office_faults.log().total + stage.shop_faults.log().total;
    let before = requests();
    let others = || {
        let all = stage.office.orders().into_iter().filter(|order| order.reference != first);
        all.map(|order| seconds(began, order.created_at)).collect::<Vec<f64>>()
    };
    // As the schedule does it: every minute.
    for _ in 0..60 {
        stage.engine.tick(Tick::Orders, stage.engine.world.now()).await.unwrap();
        stage.drain().await;
        if others().len() == AMONG - 1 {
            break;
        }
        stage.pass(Duration::from_secs(60));
    }
    let there = others();
    assert_eq!(there.len(), AMONG - 1, "{:?}", stage.engine.orders_waiting("1").await.unwrap());
    let count = f64::from(u32::try_from(there.len()).unwrap());
    Others {
        mean: there.iter().sum::<f64>() / count,
        last: there.iter().copied().fold(0.0, f64::max),
        requests: f64::from(u32::try_from(requests() - before).unwrap()),
    }
}

fn give(stage: &Stage, order: u64, poison: Option<Poison>) {
    let of_it = format!("\"reference_order_number\":{order},");
    let save = |kind| Rule::next(kind).on("logistics/orders/save").with_body(of_it.clone());
    match poison {
        None | Some(Poison::UnknownProduct) => {}
        Some(Poison::Refused) => {
            // However often it is tried.
            (0..100)
                .for_each(|_| stage.office.refuse_next("logistics/orders/save", order, "ugyldig adresse"));
        }
        Some(Poison::Unreadable) => {
            let fatal =
                Kind::Fail { status: 500, body: "<html>fatal</html>".to_owned(), headers: Vec::new() };
            stage.shop_faults.add(Rule::always(fatal).on(format!("/orders/{order}")));
        }
        Some(Poison::AnswerLost) => stage.office_faults.add(save(Kind::CutAfter)),
        Some(Poison::NeverAnswered) => stage.office_faults.add(save(Kind::Hang)),
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}
