//! The whole house as it is deployed: the real template and the built functions on AWS's stand-in, with IAM enforced, and
//! both sides simulated on the loopback.

mod house;
mod permissions;
mod processes;
mod program;
mod sides;

use std::time::Duration;

use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    shop::{NewOrder, Product},
};
use sync::{
    Counts,
    ports::{Condition, Lane, Outgoing, Queue, Range, Write},
};

use self::{
    house::House,
    program::{Program, a_person_types},
    sides::{Sides, Town},
};

/// What no function may have at any time, in KiB.
const MOST_MEMORY: u32 = 64 * 1024;

/// How long a killed worker's message stays hidden here; in earnest it is half an hour.
const HIDDEN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_as_it_is_deployed() {
    let sides = Sides::new().await;
    let house = House::deploy(&sides.ear()).await;
    for client in sides.clients() {
        house.former.put_client(client).await.unwrap();
    }
    let mut departments = sides.departments();
    let last = departments.pop().unwrap();
    for department in departments {
        house.engine.put_department(department).await.unwrap();
    }
    house.write_by_hand(last).await;
    let program = Program::of(&house);
    the_night_brings_products_over(&house, &sides).await;
    // Side by side: each has a department of its own, and nobody waits for another.
    let _ = tokio::join!(
        an_order_is_taken_and_completed(&house, &sides),
        an_order_that_waits_is_told_of(&house, &sides),
        trouble_stays_where_it_is(&house, &sides),
        a_poison_message_dies_and_is_redriven(&house, &program),
    );
    hints_are_taken(&house, &sides).await;
    a_person_types(&program, &house, &sides).await;
    house.until("empty queues, those of the dead letters too", async || house.messages().await == 0).await;
    permissions::each_is_needed_and_none_was_lacking(&house);
    let peaks = processes::peaks();
    println!("the most memory, in KiB: {peaks:?}");
    assert!(peaks.len() > 5 && peaks.values().all(|peak| (1..MOST_MEMORY).contains(peak)), "{peaks:?}");
}

/// A complete pass, through the lanes of reading and of bulk. A second one finds nothing to do.
async fn the_night_brings_products_over(house: &House, sides: &Sides) {
    house.strike("sweep").await;
    let drafts = async || sides.towns.iter().all(|town| town.shop.product_by_sku("A-1").is_some());
    house.until("a draft in each shop", drafts).await;
    for town in &sides.towns {
        let made = town.shop.product_by_sku("A-1").unwrap();
        assert_eq!((made.name.as_str(), made.status.as_str()), ("Kaffe", "draft"));
        assert_eq!((made.regular_price.as_str(), made.stock), ("199.90", Some(7)));
    }
    let oslo = &sides.towns[0];
    assert_eq!(house.swept(oslo.id).await, Counts { seen: 1, created: 1, ..Counts::default() });
    let writes = oslo.writes();
    house.strike("sweep").await;
    assert_eq!(house.swept(oslo.id).await, Counts { seen: 1, unchanged: 1, ..Counts::default() });
    assert_eq!(oslo.writes(), writes);
}

/// Nobody strikes: the template's own clocks do.
async fn an_order_is_taken_and_completed(house: &House, sides: &Sides) {
    let oslo = &sides.towns[0];
    let coffee = oslo.shop.product_by_sku("A-1").unwrap().id;
    let id = oslo.shop.place_order(NewOrder::of(coffee, 2), jiff::Timestamp::now());
    let taken = async || oslo.shop.order(id).unwrap().meta("_loomis_woo").is_some();
    house.until("the order in Loomis Pay", taken).await;
    let orders = sides.office.orders();
    let [order] = orders.as_slice() else { panic!("{orders:#?}") };
    assert_eq!((order.reference, order.locked), (id, true));
    assert_eq!(order.total_inc_vat(), oslo.shop.order(id).unwrap().totals.total);
    assert_eq!(oslo.shop.order(id).unwrap().status, "on-hold");
    sides.office.pack(order.order_id);
    sides.office.set_order_status(order.order_id, 5);
    house.until("the completed order", async || oslo.shop.order(id).unwrap().status == "completed").await;
    assert_eq!(sides.office.orders().len(), 1);
}

/// The night has made the webhooks. With a hint an order is in Loomis Pay whatever the clock says; with another one that is known
/// is looked at again, and a product that the shop has deleted.
async fn hints_are_taken(house: &House, sides: &Sides) {
    let town = &sides.towns[2];
    house.until("webhooks", async || town.shop.webhooks().len() == 3).await;
    let coffee = town.shop.product_by_sku("A-1").unwrap().id;
    // WP-cron runs late.
    let cron =
        |minutes: u64| town.shop.deliveries(jiff::Timestamp::now() + Duration::from_secs(60 * minutes));
    cron(10);
    let before = sides.office.orders().len();
    let id = town.shop.place_order(NewOrder::of(coffee, 1), jiff::Timestamp::now());
    let sent = cron(20);
    assert!(!sent.is_empty(), "one of the order");
    for one in &sent {
        assert_eq!(house.deliver(&one.request).await, 200, "{:?}", one.request);
    }
    let forged = world::Request { body: Some(b"{\"id\":1}".to_vec()), ..sent[0].request.clone() };
    assert_eq!(house.deliver(&forged).await, 401);
    let marked = async || town.shop.order(id).unwrap().meta("_loomis_woo").is_some();
    house.until("the order of the hint, and its marker", marked).await;
    assert_eq!(sides.office.orders().len(), before + 1);
    town.shop.delete(coffee);
    let sent = cron(30);
    assert!(sent.len() >= 2, "one of the marker, and one of the product");
    for one in &sent {
        assert_eq!(house.deliver(&one.request).await, 200, "{:?}", one.request);
    }
}

/// Of a product that Loomis Pay lacks.
async fn an_order_that_waits_is_told_of(house: &House, sides: &Sides) {
    let town = &sides.towns[3];
    let foreign =
        town.shop.add_product(Product::simple("WEB-1", "Web only", "50.00"), jiff::Timestamp::now());
    let id = town.shop.place_order(NewOrder::of(foreign, 1).number("WEB-7"), jiff::Timestamp::now());
    let waits = async || !house.engine.orders_waiting(town.id).await.unwrap().is_empty();
    house.until("an order that waits", waits).await;
    assert!(sides.heard().is_empty());
    half_an_hour_passes(house, town).await;
    house.until("somebody who is told", async || !sides.heard().is_empty()).await;
    let heard = sides.heard();
    let [(signature, told)] = heard.as_slice() else { panic!("{heard:#?}") };
    assert!(!signature.is_empty());
    let said = json!([told["event"], told["department_id"], told["order_number"], told["order_id"]]);
    assert_eq!(said, json!(["order_waits", town.id, "WEB-7", id]));
}

/// The one thing here that can't be waited for: how long the orders of this department have waited.
async fn half_an_hour_passes(house: &House, town: &Town) {
    let partition = format!("A#{}#http://{}/", town.id, town.at.address);
    let rows = house.engine.ledger.page(&partition, Range::default(), 10).await.unwrap().items;
    let [row] = rows.as_slice() else { panic!("{partition}: {rows:#?}") };
    let since: jiff::Timestamp = row.body["since"].as_str().unwrap().parse().unwrap();
    let mut earlier = row.clone();
    earlier.body["since"] = Value::from((since - Duration::from_secs(30 * 60)).to_string());
    let put = Write::Put { item: earlier, condition: Condition::Version(row.version) };
    house.engine.ledger.write(vec![put]).await.unwrap();
}

/// A price changes. One shop's key is no longer valid: its department is paused. In another the worker is killed while it
/// writes. The third has the new price at once; the second when its key is mended, the last when somebody else goes on.
async fn trouble_stays_where_it_is(house: &House, sides: &Sides) {
    let [oslo, bergen, tromso, _] = &sides.towns;
    house.hide_for(Lane::Changes, HIDDEN).await;
    bergen.shop.remove_key("ck_test");
    tromso.at.faults.add(Rule::next(Kind::Hang).on("POST /wp-json/wc/v3/products/batch"));
    let writes = tromso.writes();
    sides.office.set_price(sides.coffee, "149.50");
    house.strike("products").await;
    let price = |town: &Town| town.shop.product_by_sku("A-1").unwrap().regular_price;
    house.until("the new price in Oslo", async || price(oslo) == "149.50").await;

    house.until("a write that hangs in Tromsø", async || tromso.writes() > writes).await;
    assert!(processes::kill("apply-worker", tromso.at.address) > 0, "somebody speaks to Tromsø's shop");
    assert_eq!(price(tromso), "199.90");

    let paused = async || house.engine.status_of(bergen.id).await.unwrap().pause.is_some();
    house.until("a pause in Bergen", paused).await;
    let pause = house.engine.status_of(bergen.id).await.unwrap().pause.unwrap();
    assert!(pause.until.is_none(), "only a person can mend it: {pause:?}");
    // A clock that comes round meanwhile counts who is missed.
    house.strike("orders").await;
    for town in [oslo, tromso] {
        assert!(house.engine.status_of(town.id).await.unwrap().pause.is_none(), "{}", town.id);
    }
    assert_eq!(price(bergen), "199.90");
    bergen.open();
    assert!(house.engine.check(bergen.id).await.unwrap().is_green());
    house.until("the new price in Bergen", async || price(bergen) == "149.50").await;

    // Nobody strikes, for the stock neither.
    sides.office.set_stock(1, sides.coffee, "3");
    let stock = async || oslo.shop.product_by_sku("A-1").unwrap().stock == Some(3);
    house.until("the new stock in Oslo", stock).await;
    // What the dead worker held runs out after three minutes.
    house.until("the new price in Tromsø", async || price(tromso) == "149.50").await;
    assert_eq!(tromso.shop.products().len(), 1);
}

/// A message of a newer version fails each time, and ends among the dead letters. Redriven, it is tried again; and is dead again,
/// until somebody deploys the newer version, or empties the queue.
async fn a_poison_message_dies_and_is_redriven(house: &House, program: &Program) {
    let body = r#"{"schema":99,"wake":"sing","department":"9"}"#;
    let poison = Outgoing { group: "9".into(), identity: "poison".into(), body: body.into() };
    house.ports.send(Lane::Changes, vec![poison]).await.unwrap();
    let dead = async || house.ports.dead(Lane::Changes, 10).await.unwrap();
    for redriven in [0, 1] {
        house.until("a dead letter", async || !dead().await.is_empty()).await;
        assert_eq!(dead().await.into_iter().map(|letter| letter.body).collect::<Vec<_>>(), [body]);
        if redriven == 0 {
            assert!(program.types("dead changes", 3).await.to_string().contains("sing"));
            // A dead letter that was looked at is hidden for a moment.
            house.until("a redriven message", async || sent_again(program).await == 1).await;
            assert!(dead().await.is_empty());
        }
    }
    house.purge_dead(Lane::Changes).await;
}

async fn sent_again(program: &Program) -> u64 {
    let told = program.types("--json redrive changes", 0).await;
    told["sent"].as_u64().unwrap_or_else(|| panic!("{told}"))
}
