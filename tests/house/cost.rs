//! What a department costs on AWS, counted: the constants of `infra/cost.json`, which `loomis-woo cost` reckons with. This
//! test measures them, and fails where the file says something else. To have what belongs into the file:
//!
//! ```sh
//! cargo test -p house --test house cost -- --nocapture
//! ```

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use house::{
    counted::{Counted, Units},
    stage::{KEY, Stage, TOKEN, department},
    tools::workspace,
};
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{loomis::Product, shop::NewOrder};
use sync::{Engine, Tick, ports::Lane, seal::SealKey};

/// Products of the small and of the large department that are compared, so that what grows is told from what doesn't.
const SMALL: usize = 200;
const LARGE: usize = 1_200;
/// Rounds of each kind that are counted.
const ROUNDS: u64 = 10;
/// The memory of the functions that the clock calls, in MB.
const CLOCK_MB: u64 = 256;
/// How long the sides take to answer: a shop of some speed, Loomis Pay from the same country.
const SHOP: Duration = Duration::from_millis(400);
const OFFICE: Duration = Duration::from_millis(150);
/// By so much a figure in the file may differ from what is measured, in percent, and in units.
const TOLERANCE: (u64, u64) = (10, 3);

struct Bench {
    stage: Stage,
    counted: Arc<Counted>,
    engine: Engine,
}

impl Bench {
    /// A department with so many products, all of them in its shop, that takes orders.
    async fn new(products: usize) -> Bench {
        let stage = Stage::new(settings()).await;
        stage.set_client(json!({"min_interval_ms": 500})).await;
        for number in 0..products {
            let id = stage.office.add_product(Product::new(&format!("P-{number}"), "A product").price("100"));
            stage.office.set_stock(1, id, "10");
        }
        stage.network.latency("shop.example", SHOP);
        stage.network.latency("loomis.example", OFFICE);
        let counted = Arc::new(Counted::new(stage.store.clone(), stage.clock.clone()));
        let engine =
            Engine::new(stage.engine.world.clone(), counted.clone(), counted.clone(), SealKey::new(KEY));
        let bench = Bench { stage, counted, engine };
        bench.engine.synchronize("1").await.unwrap();
        house::stage::drain(&bench.engine).await;
        bench.enable(true).await;
        // What happens once: the first reading of the orders, the first complete reading. And what was changed to begin with is
        // changed no longer.
        bench.stage.pass(Duration::from_secs(3 * 3600));
        for tick in Tick::ALL {
            bench.round(tick).await;
        }
        bench
    }

    async fn enable(&self, enabled: bool) {
        let mut record = department("1", TOKEN, "shop.example", settings());
        record["enabled"] = json!(enabled);
        record["orders"] = json!({"enabled": true, "status_when_completed": "completed"});
        self.engine.put_department(record).await.unwrap();
    }

    /// A strike of the clock alone.
    async fn strike(&self, tick: Tick) -> Units {
        self.stage.pass(Duration::from_secs(120));
        self.counted.take();
        let began = self.engine.world.now();
        self.engine.tick(tick, began).await.unwrap();
        self.counted.call(CLOCK_MB, began);
        self.counted.take()
    }

    /// A strike and all that comes of it.
    async fn round(&self, tick: Tick) -> Units {
        self.stage.pass(Duration::from_secs(120));
        self.counted.take();
        let began = self.engine.world.now();
        self.engine.tick(tick, began).await.unwrap();
        self.counted.call(CLOCK_MB, began);
        house::stage::drain(&self.engine).await;
        self.counted.take()
    }

    async fn rounds(&self, tick: Tick, rounds: u64) -> Units {
        let mut sum = Units::default();
        for _ in 0..rounds {
            sum = sum.more(self.round(tick).await);
        }
        sum.each(rounds)
    }
}

fn settings() -> Value {
    json!({"automatic_transfer": true, "product_updates": true})
}

/// All that is measured, by name.
async fn measured() -> BTreeMap<&'static str, Units> {
    let (small, large) = (Bench::new(SMALL).await, Bench::new(LARGE).await);
    let mut all = BTreeMap::new();
    // Per strike, whoever there is.
    small.enable(false).await;
    let strike = small.strike(Tick::Orders).await;
    small.enable(true).await;
    all.insert("strike", strike);
    for (tick, name, growth) in [
        (Tick::Orders, "orders", None),
        (Tick::Completions, "completions", None),
        (Tick::Stock, "stock", Some("stock_per_1000_products")),
        (Tick::Products, "products", None),
        (Tick::Sweep, "sweep", Some("sweep_per_1000_products")),
    ] {
        let rounds = if tick == Tick::Sweep { 1 } else { ROUNDS };
        let of_small = small.rounds(tick, rounds).await.less(strike);
        let Some(growth) = growth else {
            all.insert(name, of_small);
            continue;
        };
        let per_thousand = large.rounds(tick, rounds).await.less(strike).less(of_small);
        let share = per_thousand.of(SMALL as u64, 1_000);
        all.insert(growth, per_thousand);
        all.insert(name, of_small.less(share));
    }
    let rounds = all["orders"].more(all["completions"]).more(strike).more(strike);
    all.insert("order", order(&small, rounds).await);
    all.insert("change", change(&small, all["products"].more(strike)).await);
    all
}

/// An order, from its place in the shop to its completion: what it costs beside the rounds that go on anyway.
async fn order(bench: &Bench, rounds: Units) -> Units {
    let product = bench.stage.shop.product_by_sku("P-7").unwrap().id;
    let minute = async || {
        let orders = bench.round(Tick::Orders).await;
        orders.more(bench.round(Tick::Completions).await).less(rounds)
    };
    let mut sum = Units::default();
    for _ in 0..ROUNDS {
        bench.stage.shop.place_order(NewOrder::of(product, 1), bench.engine.world.now());
        sum = sum.more(minute().await);
        // Its own write comes back once, when its second is over.
        sum = sum.more(minute().await);
        let id = bench.stage.office.orders().last().unwrap().order_id;
        bench.stage.office.pack(id);
        bench.stage.office.set_order_status(id, 5);
        bench.stage.pass(Duration::from_secs(600));
        sum = sum.more(minute().await);
    }
    assert_eq!(bench.stage.office.orders().len() as u64, ROUNDS);
    sum.each(ROUNDS)
}

/// A changed product, alone in its round.
async fn change(bench: &Bench, round: Units) -> Units {
    let ids = bench.stage.office.product_ids();
    let mut sum = Units::default();
    for id in &ids[..ROUNDS as usize] {
        bench.stage.office.set_price(*id, "110");
        sum = sum.more(bench.round(Tick::Products).await.less(round));
    }
    sum.each(ROUNDS)
}

fn file() -> Value {
    let text = fs::read_to_string(workspace().join("infra/cost.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn is_near(told: u64, found: u64) -> bool {
    let (percent, units) = TOLERANCE;
    told.abs_diff(found) * 100 <= found * percent || told.abs_diff(found) <= units
}

#[tokio::test]
async fn what_the_calculator_reckons_with_is_what_is_counted() {
    let measured = measured().await;
    let shown: BTreeMap<&str, Value> =
        measured.iter().map(|(name, units)| (*name, serde_json::to_value(units).unwrap())).collect();
    println!("{}", serde_json::to_string_pretty(&shown).unwrap());
    let file = file();
    for (name, units) in &measured {
        for (what, found) in units.named() {
            let told = file["measured"][name][what].as_u64();
            let near = told.is_some_and(|told| is_near(told, found));
            assert!(near, "{name}.{what}: {found} was measured, infra/cost.json says {told:?}");
        }
    }
    assert_eq!(file["measured"].as_object().unwrap().len(), measured.len());
}

#[test]
fn the_memory_reckoned_with_is_the_template_s() {
    let template = house::tools::template();
    let globals = template["Globals"]["Function"]["MemorySize"].as_u64().unwrap();
    assert_eq!(globals, CLOCK_MB);
    let functions = template["Resources"].as_object().unwrap().values();
    let functions = functions.filter(|one| one["Type"] == "AWS::Serverless::Function");
    for function in functions {
        let given = function["Properties"]["MemorySize"].as_u64().unwrap_or(globals);
        for event in
            function["Properties"]["Events"].as_object().into_iter().flatten().map(|(_, event)| event)
        {
            let queue = event["Properties"]["Queue"]["Fn::GetAtt"][0].as_str().unwrap_or_default();
            let lane =
                Lane::ALL.into_iter().find(|lane| queue.to_lowercase() == format!("{}queue", lane.as_str()));
            if let Some(lane) = lane {
                assert_eq!(given, house::counted::memory(lane), "{queue}");
            }
        }
    }
}

#[test]
fn the_prices_are_numbers_and_say_of_when_they_are() {
    let file = file();
    let prices = file["prices"].as_object().unwrap();
    let as_of = prices["as_of"].as_str().unwrap();
    assert!(as_of.parse::<jiff::civil::Date>().is_ok(), "{as_of}");
    let (mut numbers, texts) = (0, ["as_of", "region", "currency", "source"]);
    for (name, value) in prices.iter().filter(|(name, _)| !texts.contains(&name.as_str())) {
        let price: Decimal = value.as_str().unwrap_or_else(|| panic!("{name} is no text")).parse().unwrap();
        assert!(price > Decimal::ZERO, "{name}");
        numbers += 1;
    }
    assert!(numbers >= 8);
}
