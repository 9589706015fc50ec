//! Orders, long after they were taken: what goes on at either side meanwhile, and what a person changes. Each test is a finding
//! of a review.

use std::sync::Mutex;
use std::time::Duration;

use house::stage::Stage;
use retail::Decimal;
use serde_json::{Value, json};
use simulators::loomis::Product;
use simulators::shop::NewOrder;
use sync::ports::{Key, Lane, Ledger, Range};
use sync::{LogQuery, Tick};

use crate::orders::{place, selling, sku};

async fn waiting(stage: &Stage) -> Vec<String> {
    let all = stage.engine.orders_waiting("1").await.unwrap();
    all.into_iter().map(|one| format!("{}: {}: {}", one.order_id, one.reason, one.detail)).collect()
}

async fn ticks(stage: &Stage, tick: Tick, times: usize) {
    for _ in 0..times {
        stage.tick(tick).await;
    }
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn deducting() -> Value {
    json!({"create_customer_order": false, "deduct_from_stock": true})
}

fn deducted(stage: &Stage) -> Vec<Decimal> {
    stage.office.deductions().iter().map(|one| one.quantity).collect()
}

#[tokio::test]
async fn the_ledger_keeps_no_customer_however_loomis_pay_writes_one() {
    let stage = selling(json!({}), json!({})).await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    let billing = stage.shop.order(id).unwrap().billing;
    let field = |name: &str| billing[name].as_str().unwrap().to_owned();
    let digits: String = field("phone").chars().filter(char::is_ascii_digit).collect();
    let (zip, city) = (field("postcode"), field("city"));
    assert!(digits.len() >= 8 && !zip.is_empty() && !city.is_empty());
    let national = &digits[digits.len() - 8..];
    let spaced = format!("{} {} {}", &national[..3], &national[3..5], &national[5..]);
    let said = format!("kunde {spaced} / 0047{national}, {zip} {}, ordre {id}", city.to_uppercase());
    stage.office.refuse_next("logistics/orders/save", id, &said);
    stage.tick(Tick::Orders).await;
    let told = waiting(&stage).await;
    assert!(told.len() == 1 && told[0].contains(&format!("ordre {id}")), "{told:?}");
    for partition in ["O#1#https://shop.example/", "A#1#https://shop.example/"] {
        let page = stage.store.page(partition, Range::default(), 1000).await.unwrap();
        let all: String = page.items.iter().map(|item| item.body.to_string()).collect();
        for part in [national, &spaced, &zip, &city.to_uppercase()] {
            assert!(!all.contains(part), "{partition} holds {part}: {all}");
        }
    }
}

#[tokio::test]
async fn orders_that_were_only_found_are_read_in_pages_and_the_right_to_write_is_kept() {
    let products = json!({"continuous_inventory": true});
    let stage = selling(products.clone(), json!({})).await;
    let product = sku(&stage, "A-1");
    stage.office.set_stock(1, stage.office.product_ids()[0], "1000");
    stage.tick(Tick::Stock).await;
    for _ in 0..330 {
        place(&stage, NewOrder::of(product, 1));
    }
    // A stock write comes before anybody has looked after one of them, and the shop is slow.
    stage.office.set_stock(1, stage.office.product_ids()[0], "500");
    stage.pass(Duration::from_secs(60));
    stage.shop_faults.clear_log();
    stage.engine.tick(Tick::Stock, stage.engine.world.now()).await.unwrap();
    while stage.engine.work_one(Lane::Scan, Duration::ZERO).await.unwrap() {}
    stage.network.latency("shop.example", Duration::from_secs(28));
    let held = Mutex::new(Vec::new());
    let watching = async {
        loop {
            stage.engine.world.sleep(Duration::from_secs(7)).await;
            let lease = stage.store.get(&Key::new("D#1", "lease#products")).await.unwrap().unwrap();
            let until: jiff::Timestamp = lease.body["until"].as_str().unwrap().parse().unwrap();
            held.lock().unwrap().push(until > stage.engine.world.now());
        }
    };
    let working = std::pin::pin!(stage.engine.work_one(Lane::Changes, Duration::ZERO));
    match futures_util::future::select(working, std::pin::pin!(watching)).await {
        futures_util::future::Either::Left((worked, _)) => assert!(worked.unwrap()),
        futures_util::future::Either::Right(_) => panic!("it watches for ever"),
    }
    assert_eq!(stage.shop.product(product).unwrap().stock, Some(170));
    assert_eq!(stage.shop_faults.count("GET /wp-json/wc/v3/orders/"), 0, "none is read by itself");
    let held = held.lock().unwrap();
    assert!(held.len() > 20 && held.iter().all(|held| *held), "{held:?}");
}

#[tokio::test]
async fn a_product_of_which_there_is_much_to_tell_is_recorded() {
    let stage = Stage::new(json!({})).await;
    let product = (0..130).fold(Product::new("A-1", "A-1").price("100").vat("25"), |product, n| {
        product.custom(&format!("Field {n}"), "old")
    });
    let id = stage.office.add_product(product);
    stage.synchronized().await;
    for n in 0..130 {
        stage.office.set_custom(id, &format!("Field {n}"), Some("new"));
    }
    stage.synchronized().await;
    let lines = stage.engine.log("1", &LogQuery { most: 1000, ..LogQuery::default() }).await.unwrap();
    let told = lines.iter().filter(|line| line.text.contains(": new")).count();
    assert_eq!(told, 130);
}

#[tokio::test]
async fn an_old_shop_says_by_its_stock_what_a_refund_put_back() {
    for version in ["5.0.0", "10.5.0"] {
        let stage = selling(json!({}), deducting()).await;
        stage.shop.set(|setup| setup.version = version.to_owned());
        let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 3));
        stage.tick(Tick::Orders).await;
        let line = stage.shop.order(id).unwrap().lines[0].id;
        for (quantity, restock) in [("1", true), ("1", false)] {
            let now = stage.engine.world.now();
            stage.shop.refund_order(id, None, &[(line, dec(quantity))], restock, now).unwrap();
            ticks(&stage, Tick::Orders, 1).await;
            ticks(&stage, Tick::Sweep, 1).await;
            ticks(&stage, Tick::Orders, 2).await;
            assert_eq!(deducted(&stage), [dec("3"), dec("-1")], "{version}: {:?}", waiting(&stage).await);
        }
    }
}
