//! Orders, long after they were taken: what goes on at either side meanwhile, and what a person changes. Each test is a finding
//! of a review.

use std::{sync::Mutex, time::Duration};

use house::stage::Stage;
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::NewOrder,
};
use sync::{
    LogQuery, Settlement, Tick,
    ports::{Key, Lane, Ledger, Range},
};

use crate::{
    orders::{dec, place, selling, sku, waiting},
    review_orders::ticks,
};

fn deducting() -> Value {
    json!({"create_customer_order": false, "deduct_from_stock": true})
}

fn deducted(stage: &Stage) -> Vec<Decimal> {
    stage.office.deductions().iter().map(|one| one.quantity).collect()
}

fn stock(stage: &Stage, number: &str) -> Option<i64> {
    stage.shop.product(sku(stage, number)).unwrap().stock
}

#[tokio::test]
async fn an_order_that_went_further_than_finished_between_two_looks_is_completed() {
    for (status, then) in [(6, "completed"), (7, "completed"), (9, "processing"), (10, "processing")] {
        let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
        let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
        stage.tick(Tick::Orders).await;
        stage.office.set_order_status(stage.office.orders()[0].order_id, status);
        ticks(&stage, Tick::Orders, 6).await;
        assert_eq!(stage.shop.order(id).unwrap().status, then, "{status}: {:?}", waiting(&stage).await);
    }
}

#[tokio::test]
async fn a_status_when_completed_that_is_chosen_later_reaches_orders_that_were_taken() {
    for finished in [true, false] {
        let stage = selling(json!({}), json!({})).await;
        let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
        let by_hand = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
        ticks(&stage, Tick::Orders, 2).await;
        let finish = || stage.office.set_order_status(stage.office.orders()[0].order_id, 5);
        if finished {
            finish();
        }
        stage.shop.set_order_status(by_hand, "completed", stage.engine.world.now());
        stage.pass(Duration::from_secs(2 * 24 * 3600));
        ticks(&stage, Tick::Orders, 2).await;
        stage.take_orders(json!({}), json!({"status_when_completed": "completed"})).await;
        let looks = || stage.shop_faults.count(&format!("/orders/{by_hand}"));
        let before = looks();
        ticks(&stage, Tick::Orders, 3).await;
        if !finished {
            assert_eq!(stage.shop.order(id).unwrap().status, "processing");
            finish();
            ticks(&stage, Tick::Orders, 40).await;
        }
        assert_eq!(stage.shop.order(id).unwrap().status, "completed", "{finished}");
        assert_eq!(looks(), before, "nothing is left to do with it");
    }
}

#[tokio::test]
async fn what_came_back_after_its_goods_were_added_back_is_held_until_a_person_says() {
    for again in [false, true] {
        let stage = selling(json!({"continuous_inventory": true}), deducting()).await;
        let office = stage.office.product_ids()[0];
        let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2));
        stage.tick(Tick::Orders).await;
        stage.shop.cancel(id, stage.engine.world.now());
        ticks(&stage, Tick::Orders, 2).await;
        assert_eq!((deducted(&stage), stock(&stage, "A-1")), (vec![dec("2"), dec("-2")], Some(10)));
        stage.shop.set_order_status(id, "processing", stage.engine.world.now());
        ticks(&stage, Tick::Orders, 2).await;
        assert_eq!(stock(&stage, "A-1"), Some(8));
        let told = waiting(&stage).await;
        assert!(told.len() == 1 && told[0].contains("added back"), "{told:?}");
        // The till sells one; what the web sold is still held.
        stage.office.set_stock(1, office, "9");
        stage.tick(Tick::Stock).await;
        assert_eq!(stock(&stage, "A-1"), Some(7));
        let settlement = match again {
            true => Settlement::SendAgain,
            false => {
                stage.office.set_stock(1, office, "7");
                Settlement::Exists("by hand".to_owned())
            }
        };
        stage.engine.settle_order("1", &id.to_string(), &settlement).await.unwrap();
        ticks(&stage, Tick::Orders, 2).await;
        assert_eq!(waiting(&stage).await, [""; 0], "{again}");
        stage.tick(Tick::Stock).await;
        assert_eq!((stage.office.amount(1, office).available(), stock(&stage, "A-1")), (dec("7"), Some(7)));
        let so_far = deducted(&stage).len();
        assert_eq!(so_far, if again { 3 } else { 2 });
        // Called off once more, it is added back once more.
        stage.shop.cancel(id, stage.engine.world.now());
        ticks(&stage, Tick::Orders, 2).await;
        assert_eq!(deducted(&stage)[so_far..], [dec("-2")]);
        stage.tick(Tick::Stock).await;
        assert_eq!((stage.office.amount(1, office).available(), stock(&stage, "A-1")), (dec("9"), Some(9)));
    }
}

#[tokio::test]
async fn what_left_the_shop_is_deducted_although_the_money_was_given_back() {
    for restock in [false, true] {
        let stage = selling(json!({}), deducting()).await;
        let twin = stage.office.add_product(Product::new("A-2", "A twin").price("10"));
        let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2).and(sku(&stage, "A-2"), 3));
        stage.tick(Tick::Orders).await;
        assert_eq!(deducted(&stage), [dec("2")]);
        let lines: Vec<(u64, Decimal)> =
            stage.shop.order(id).unwrap().lines.iter().map(|line| (line.id, line.quantity)).collect();
        stage.shop.refund_order(id, None, &lines, restock, stage.engine.world.now()).unwrap();
        assert_eq!(stage.shop.order(id).unwrap().status, "refunded");
        stage.tick(Tick::Orders).await;
        stage.office.delete(twin);
        ticks(&stage, Tick::Orders, 40).await;
        let wanted = if restock { vec![dec("2"), dec("-2")] } else { vec![dec("2"), dec("3")] };
        assert_eq!(deducted(&stage), wanted, "{restock}: {:?}", waiting(&stage).await);
    }
}

#[tokio::test]
async fn a_line_that_can_be_deducted_at_last_is_deducted_as_it_was_taken() {
    let stage = selling(json!({}), deducting()).await;
    let twin = stage.office.add_product(Product::new("A-2", "A twin").price("10"));
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 2).and(sku(&stage, "A-2"), 3));
    stage.tick(Tick::Orders).await;
    stage.shop.edit_order(id, stage.engine.world.now(), |order| order.lines[1].quantity = dec("5"));
    stage.tick(Tick::Orders).await;
    stage.office.delete(twin);
    ticks(&stage, Tick::Orders, 40).await;
    assert_eq!(deducted(&stage), [dec("2")], "a person says what is right");
    let effects = stage.engine.order("1", &id.to_string()).await.unwrap().effects;
    assert_eq!(effects[1].effect, "deduction of 3 of A-2");
    // Sent again, it is sent as the order is now.
    stage.engine.settle_order("1", &id.to_string(), &Settlement::SendAgain).await.unwrap();
    stage.tick(Tick::Orders).await;
    assert_eq!(deducted(&stage), [dec("2"), dec("5")]);
    assert_eq!(waiting(&stage).await, [""; 0]);
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
async fn a_customer_order_that_is_gone_stays_shown_between_two_looks() {
    let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    stage.tick(Tick::Orders).await;
    let gone = r#"{"status":false,"code":404,"message":"not found"}"#.to_owned();
    let gone = Kind::Fail { status: 200, body: gone, headers: Vec::new() };
    stage.office_faults.add(Rule::next(gone).on("logistics/orders/view"));
    ticks(&stage, Tick::Orders, 4).await;
    let shown = async || {
        let told = waiting(&stage).await;
        assert!(told.len() == 1 && told[0].contains("no longer in Loomis Pay"), "{told:?}");
    };
    shown().await;
    // Somebody touches the order: a look that doesn't ask Loomis Pay.
    let views = stage.office_faults.count("logistics/orders/view");
    stage.shop.edit_order(id, stage.engine.world.now(), |order| order.customer_note.push('!'));
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office_faults.count("logistics/orders/view"), views);
    shown().await;
    // It was only hidden for a moment.
    ticks(&stage, Tick::Orders, 6).await;
    assert_eq!(waiting(&stage).await, [""; 0]);
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
