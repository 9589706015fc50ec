//! One strike of each clock where 10 000 departments are due: how long the deployed function takes until all are woken, and the
//! most memory it has. The table and the queues are the engine's that the tests use (in Python, slower than AWS); the functions
//! are what `sam build` made:
//!
//! ```sh
//! sam build --beta-features --parameter-overrides Architecture=x86_64
//! cargo bench -p house --bench strike                 # or: cargo test …; FUNCTIONS=folder, DEPARTMENTS=number
//! ```

#![allow(clippy::unwrap_used, reason = "a measurement ends where it can't go on")]

use std::{env, process::Command, time::Duration};

use house::{
    engine::Engine,
    function::{Site, built, event, live, name},
    stage::{Stage, TOKEN, department},
};
use serde_json::json;
use sync::{
    Tick,
    ports::{Item, Key, Lane, Ledger, Range},
};
use world::Clock;

#[tokio::main]
async fn main() {
    let many = env::var("DEPARTMENTS").ok().and_then(|many| many.parse().ok()).unwrap_or(10_000);
    let (engine, turns) = (Engine::start(&[]), turns(many).await);
    println!("{many} departments are due; to be reached: 60 s and 128 MB");
    for folder in built().iter().filter(|folder| name(folder).starts_with("Schedule")) {
        let aws = engine.aws(outside::world().unwrap()).await;
        aws.write_each(turns.clone(), Vec::new()).await.unwrap();
        let queues = &aws.names().queues;
        let queues = queues.iter().map(|(lane, url)| (lane.as_str().to_uppercase(), url.clone()));
        let site = Site {
            endpoint: Some(engine.endpoint()),
            table: aws.names().table.clone(),
            queues: queues.collect(),
        };
        let life = live(&mut Command::new(folder.join("bootstrap")), event(folder), &site).await;
        let sent = life.answer["sent"].as_u64().unwrap_or_else(|| panic!("{}", life.answer));
        assert!(sent >= many, "{sent} were sent");
        println!("{:<22}{sent:>7} sent in {} s, {} KiB", name(folder), life.invoke.as_secs(), life.peak);
    }
}

/// The turns of so many departments in which everything is switched on, each with a client and a shop of its own, as they
/// stand in a ledger.
async fn turns(many: u64) -> Vec<Item> {
    let stage = Stage::new(json!({})).await;
    stage.engine.remove_department("1").await.unwrap();
    let products = json!({"automatic_transfer": true, "product_updates": true, "continuous_inventory": true});
    let records = (0..many).map(|number| {
        let id = format!("d{number}");
        let mut body = department(&id, TOKEN, &format!("shop-{number}.example"), products.clone());
        body["client_number"] = json!(format!("{number:06}"));
        body["orders"] = json!({"enabled": true, "from_date": "2026-11-20"});
        body["schema"] = json!(1);
        Item { key: Key::new("department", id), version: 0, schema: 1, body, index: None, expires: None }
    });
    stage.store.write_each(records.collect(), Vec::new()).await.unwrap();
    stage.engine.tick(Tick::Products, stage.clock.now()).await.unwrap();
    stage.engine.work_one(Lane::Scan, Duration::ZERO).await.unwrap();
    let mut turns = Vec::new();
    for kind in ["orders", "completions", "stock", "products", "sweep", "orders-sweep"] {
        let mut after = None;
        loop {
            let range = Range::default().after(after);
            let page = stage.store.page_by_index(&format!("turn#{kind}"), range, 500).await.unwrap();
            turns.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    assert_eq!(turns.len() as u64, 6 * many);
    turns
}
