//! A stage: both sides simulated in this process, a store in memory, a clock that moves by itself and a seeded chance, so
//! that a whole day is replayed from one number.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    faults::Faults,
    loomis::{Loomis, Office},
    shop::{Permissions, Setup, Shop},
    transport::{Network, SeededChance, TestClock},
};
use sync::{
    Engine, RunStatus, Stage as RunStage,
    ports::{Lane, Ledger, Queue},
    seal::SealKey,
};
use world::World;

/// The key of every stage's secrets.
pub const KEY: [u8; 32] = [7; 32];
/// The token of the stage's first department in Loomis Pay.
pub const TOKEN: &str = "department-token-1-of-more-than-thirty-characters";
/// The secret of the shop's key.
pub const SECRET: &str = "cs_stage";

/// Both sides, the store between them, and the engine.
pub struct Stage {
    /// Moves when somebody sleeps.
    pub clock: Arc<TestClock>,
    /// Reaches both sides.
    pub network: Arc<Network>,
    /// Loomis Pay.
    pub loomis: Loomis,
    /// The client in it.
    pub office: Office,
    /// What goes wrong towards Loomis Pay, and what was asked of it.
    pub office_faults: Arc<Faults>,
    /// The shop.
    pub shop: Arc<Shop>,
    /// What goes wrong towards the shop, and what was asked of it.
    pub shop_faults: Arc<Faults>,
    /// The store.
    pub store: local::Store,
    /// The engine on it.
    pub engine: Engine,
}

/// When every stage begins.
pub fn dawn() -> Timestamp {
    "2026-11-20T06:00:00Z".parse().expect("a moment")
}

impl Stage {
    /// An empty Loomis Pay, an empty shop, and department 1 between them with these `products` settings.
    pub async fn new(products: Value) -> Stage {
        let clock = Arc::new(TestClock::moving(dawn()));
        let network = Arc::new(Network::new(clock.clone()));
        let loomis = Loomis::new(clock.clone());
        let office = loomis.client("012345", "client-token-of-more-than-thirty-characters");
        office.add_department(1, "Oslo", TOKEN);
        let shop = Arc::new(Shop::new(Setup::default()));
        shop.add_key("ck_stage", SECRET, Permissions::ReadWrite);
        let office_faults = network.host("loomis.example", Arc::new(loomis.clone()));
        let shop_faults = network.host("shop.example", shop.clone());
        let store = local::Store::temporary(clock.clone()).expect("a store in memory");
        let engine = engine(&network, &clock, &store, 1);
        let stage = Stage { clock, network, loomis, office, office_faults, shop, shop_faults, store, engine };
        stage.engine.put_client(client()).await.expect("the client is put");
        stage
            .engine
            .put_department(department("1", TOKEN, "shop.example", products))
            .await
            .expect("it is put");
        stage
    }

    /// Department 1 takes orders, with these settings besides `enabled`.
    pub async fn take_orders(&self, products: Value, orders: Value) {
        let mut record = department("1", TOKEN, "shop.example", products);
        record["orders"] = orders;
        record["orders"]["enabled"] = json!(true);
        self.engine.put_department(record).await.expect("it is put");
    }

    /// The client's record with these fields besides.
    pub async fn set_client(&self, fields: Value) {
        let mut record = client();
        for (name, value) in fields.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        self.engine.put_client(record).await.expect("it is put");
    }

    /// Department 1's record with other `products` settings.
    pub async fn set(&self, products: Value) {
        let record = department("1", TOKEN, "shop.example", products);
        self.engine.put_department(record).await.expect("it is put");
    }

    /// A new engine on the same store, as after a restart: it has no login, and other dice.
    pub fn restarted(&self, seed: u64) -> Engine {
        engine(&self.network, &self.clock, &self.store, seed)
    }

    /// An engine on the same sides whose ledger is this one.
    pub fn engine_on(&self, ledger: Arc<dyn Ledger>, seed: u64) -> Engine {
        let world = world(&self.network, &self.clock, seed);
        Engine::new(world, ledger, Arc::new(self.store.clone()), SealKey::new(KEY))
    }

    /// Works off every message there is.
    pub async fn drain(&self) {
        drain(&self.engine).await;
    }

    /// A total sync of department 1, as far as it goes.
    pub async fn synchronize(&self) -> RunStatus {
        // A reading that began at the very moment would do: what changed on the stage is not in it.
        self.pass(Duration::from_secs(1));
        let run = self.engine.synchronize("1").await.expect("a run begins");
        self.drain().await;
        self.engine.run("1", &run.id).await.expect("the run is there")
    }

    /// The same, to its end.
    pub async fn synchronized(&self) -> RunStatus {
        let run = self.synchronize().await;
        let status = self.engine.status_of("1").await.expect("a status");
        assert_eq!(run.run.stage, RunStage::Done, "{status:#?}");
        run
    }

    /// One tick of the schedule, worked off. The clocks of orders and of completions strike together.
    pub async fn tick(&self, tick: sync::Tick) {
        self.pass(Duration::from_secs(120));
        strike(&self.engine, tick).await;
        self.drain().await;
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// How often the shop was written to, in whatever way.
    pub fn all_writes(&self) -> usize {
        ["POST", "PUT", "DELETE"].iter().map(|method| self.shop_faults.count(&format!("{method} /"))).sum()
    }

    /// How often products were written to the shop.
    pub fn writes(&self) -> usize {
        self.shop_faults.count("POST /wp-json/wc/v3/products/batch")
    }
}

/// A tick, now. The clocks of orders and of completions strike together.
pub async fn strike(engine: &Engine, tick: sync::Tick) {
    clocks(engine, tick, engine.world.now()).await.expect("a tick");
}

/// A tick for this moment, of which one may die. The clocks of orders and of completions strike together.
///
/// # Errors
/// As [`Engine::tick`].
pub async fn clocks(engine: &Engine, tick: sync::Tick, now: Timestamp) -> Result<(), sync::Error> {
    engine.tick(tick, now).await?;
    if tick == sync::Tick::Orders {
        engine.tick(sync::Tick::Completions, now).await?;
    }
    Ok(())
}

/// Works off every message there is, for this engine.
pub async fn drain(engine: &Engine) {
    // A message that goes round and round is a bug: better an end than a test that hangs.
    for _ in 0..10_000 {
        let mut worked = false;
        for lane in Lane::ALL {
            worked |= engine.work_one(lane, Duration::ZERO).await.expect("the queue works");
        }
        if !worked {
            return;
        }
    }
    let mut left = Vec::new();
    for lane in Lane::ALL {
        left.extend(engine.queue.receive(lane, 10, Duration::ZERO).await.expect("the queue works"));
    }
    panic!("the queues never came empty: {left:#?}");
}

fn world(network: &Arc<Network>, clock: &Arc<TestClock>, seed: u64) -> World {
    World { transport: network.clone(), clock: clock.clone(), chance: Arc::new(SeededChance::new(seed)) }
}

fn engine(network: &Arc<Network>, clock: &Arc<TestClock>, store: &local::Store, seed: u64) -> Engine {
    let (ledger, queue): (Arc<dyn Ledger>, Arc<dyn Queue>) =
        (Arc::new(store.clone()), Arc::new(store.clone()));
    Engine::new(world(network, clock, seed), ledger, queue, SealKey::new(KEY))
}

/// The stage's client record.
pub fn client() -> Value {
    json!({
        "client_number": "012345",
        "client_token": "client-token-of-more-than-thirty-characters",
        "api_url": "https://loomis.example/v1/",
        "min_interval_ms": 0
    })
}

/// A department record of the stage's client.
pub fn department(id: &str, token: &str, shop: &str, products: Value) -> Value {
    json!({
        "department_id": id,
        "name": "Oslo",
        "client_number": "012345",
        "department_token": token,
        "shop": {"url": shop, "api_version": "v3", "consumer_key": "ck_stage", "consumer_secret": SECRET},
        "products": products
    })
}
