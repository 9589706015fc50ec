//! Web orders into Loomis Pay, and the status back, on both simulators: the rules of `SETTINGS.md` seen from outside.

use std::time::Duration;

use house::stage::{Stage, TOKEN, dawn};
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::{NewOrder, Product as InShop},
};
use sync::{OrderStory, Settlement, Tick};

/// A stage that sells three products, 10 of each, and takes orders so.
pub(crate) async fn selling(products: Value, orders: Value) -> Stage {
    let stage = Stage::new(products.clone()).await;
    for (number, price, vat) in [("A-1", "100", "25"), ("A-2", "79.90", "15"), ("A-3", "33.33", "11.11")] {
        let product = Product::new(number, number).price(price).vat(vat);
        let id = stage.office.add_product(product);
        stage.office.set_stock(1, id, "10");
    }
    stage.shop.set(|setup| {
        let like = setup.taxes[0].clone();
        setup.taxes.push(simulators::shop::Tax {
            rate: "11.1100".to_owned(),
            class: "fish".to_owned(),
            ..like
        });
        setup.tax_classes.push(("fish".to_owned(), "Fish".to_owned()));
    });
    stage.synchronized().await;
    stage.take_orders(products, orders).await;
    stage.tick(Tick::Orders).await;
    stage
}

pub(crate) fn sku(stage: &Stage, sku: &str) -> u64 {
    stage.shop.product_by_sku(sku).unwrap().id
}

pub(crate) fn place(stage: &Stage, order: NewOrder) -> u64 {
    stage.pass(Duration::from_secs(2));
    let id = stage.shop.place_order(order, stage.engine.world.now());
    stage.pass(Duration::from_secs(2));
    id
}

fn one(stage: &Stage) -> NewOrder {
    NewOrder::of(sku(stage, "A-1"), 2)
}

/// What waits, as `id: reason: detail`.
pub(crate) async fn waiting(stage: &Stage) -> Vec<String> {
    let all = stage.engine.orders_waiting("1").await.unwrap();
    all.into_iter().map(|one| format!("{}: {}: {}", one.order_id, one.reason, one.detail)).collect()
}

async fn story(stage: &Stage, id: u64) -> OrderStory {
    stage.engine.order("1", &id.to_string()).await.unwrap()
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// What each customer order and sale came to.
pub(crate) fn totals(stage: &Stage) -> (Vec<Decimal>, Vec<Decimal>) {
    (
        stage.office.orders().iter().map(|one| one.total_inc_vat().normalize()).collect(),
        stage.office.sales().iter().map(|one| one.total_inc_vat().normalize()).collect(),
    )
}

#[tokio::test]
async fn an_order_becomes_a_locked_customer_order_once_and_the_shop_hears_of_it() {
    let stage = selling(json!({}), json!({"status_after_retrieval": "on-hold"})).await;
    let id = place(&stage, one(&stage).shipped("Posten", "79.20").number("WEB-0042"));
    stage.tick(Tick::Orders).await;
    let orders = stage.office.orders();
    let [order] = orders.as_slice() else { panic!("{orders:#?}") };
    assert!(order.locked && !order.may_be_unlocked);
    assert_eq!((order.reference, order.reference_comment.as_str()), (id, format!("woo:1:{id}").as_str()));
    assert_eq!(order.total_inc_vat(), stage.shop.order(id).unwrap().totals.total);
    assert!(order.comments.contains("WEB-0042"), "{}", order.comments);
    assert_eq!(stage.office.amount(1, order.lines[0].product_id).available(), dec("8"));
    let customers = stage.office.customers();
    assert_eq!((customers.len(), order.customer_id > 0), (1, true));
    let placed = stage.shop.order(id).unwrap();
    assert_eq!(placed.status, "on-hold");
    let marker = placed.meta("_loomis_woo").unwrap();
    assert!(marker.ends_with(&format!(":{}", order.order_number)), "{marker}");
    // Nothing more comes of it, whatever ticks.
    for _ in 0..3 {
        stage.tick(Tick::Orders).await;
        stage.tick(Tick::Sweep).await;
    }
    assert_eq!((stage.office.orders().len(), stage.office.sales().len()), (1, 0));
    assert_eq!(waiting(&stage).await, [""; 0]);
    let told = story(&stage, id).await;
    assert_eq!(told.effects[0].state, "done");
    assert!(told.qualified.unwrap().1.contains("number 42"));
    // The second order of the same buyer makes no second customer.
    place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    assert_eq!((stage.office.orders().len(), stage.office.customers().len()), (2, 1));
}

#[tokio::test]
async fn every_row_of_the_decision_table() {
    let table = [
        (json!({}), (1, 0, 0)),
        (json!({"bookkeeping": "separate"}), (1, 1, 0)),
        (json!({"create_customer_order": false, "bookkeeping": "same_voucher"}), (0, 1, 0)),
        (
            json!({"create_customer_order": false, "bookkeeping": "separate", "deduct_from_stock": true}),
            (0, 1, 2),
        ),
        (json!({"create_customer_order": false, "deduct_from_stock": true}), (0, 0, 2)),
        (json!({"allow_unlocking": true, "bookkeeping": "separate"}), (1, 0, 0)),
        (json!({"bookkeeping": "separate", "pay_in_store_methods": ["vipps"]}), (1, 0, 0)),
        (
            json!({"create_customer_order": false, "deduct_from_stock": true, "pay_in_store_methods": ["vipps"]}),
            (1, 0, 0),
        ),
    ];
    for (settings, wanted) in table {
        let stage = selling(json!({}), settings.clone()).await;
        let id = place(&stage, one(&stage).and(sku(&stage, "A-3"), 3));
        for _ in 0..3 {
            stage.tick(Tick::Orders).await;
        }
        let counts =
            (stage.office.orders().len(), stage.office.sales().len(), stage.office.deductions().len());
        assert_eq!(counts, wanted, "{settings}");
        let total = stage.shop.order(id).unwrap().totals.total;
        let (orders, sales) = totals(&stage);
        assert!(orders.iter().chain(&sales).all(|one| *one == total.normalize()), "{settings}");
        if wanted.0 == 1 && wanted.1 == 1 {
            let order = stage.office.orders()[0].order_id;
            assert_eq!(stage.office.sales()[0].belongs_to, Some(("customer_order".to_owned(), order)));
        }
        assert!(stage.shop.order(id).unwrap().meta("_loomis_woo").is_some(), "{settings}");
    }
}

#[tokio::test]
async fn coupons_fees_shipping_and_three_vat_rates_come_to_the_ore() {
    for inclusive in [true, false] {
        let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
        stage.shop.set(|setup| setup.prices_include_tax = inclusive);
        let order = NewOrder::of(sku(&stage, "A-1"), 3)
            .and(sku(&stage, "A-2"), 7)
            .and(sku(&stage, "A-3"), 11)
            .coupon("SOMMER", "13")
            .shipped("Posten", "79.20")
            .fee("Gaveinnpakning", "20")
            .fee("Gavekort", "-50");
        let id = place(&stage, order);
        stage.tick(Tick::Orders).await;
        let total = stage.shop.order(id).unwrap().totals.total.normalize();
        assert_eq!(totals(&stage), (vec![total], vec![total]), "{:?}", waiting(&stage).await);
        let numbers: Vec<String> = stage
            .office
            .product_ids()
            .into_iter()
            .filter_map(|id| stage.office.product(id))
            .map(|one| one.product_number)
            .collect();
        assert!(
            numbers.contains(&"SHIPPING".to_owned()) && numbers.contains(&"FEE".to_owned()),
            "{numbers:?}"
        );
    }
}

#[tokio::test]
async fn a_product_that_loomis_pay_lacks_waits_or_is_made_once() {
    let stage = selling(json!({}), json!({})).await;
    let foreign = stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
    let nameless = stage.shop.add_product(InShop::simple("", "No SKU", "20.00"), dawn());
    let id = place(&stage, one(&stage).and(foreign, 1).and(nameless, 2));
    let other = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    let told = waiting(&stage).await;
    assert!(told.len() == 1 && told[0].starts_with(&format!("{id}: unknown product")), "{told:?}");
    assert_eq!(stage.office.orders().iter().map(|one| one.reference).collect::<Vec<_>>(), [other]);
    stage.take_orders(json!({}), json!({"create_products": true})).await;
    place(&stage, NewOrder::of(foreign, 1).and(nameless, 1));
    stage.pass(Duration::from_secs(3600));
    for _ in 0..3 {
        stage.tick(Tick::Orders).await;
    }
    assert_eq!(stage.office.orders().len(), 3);
    assert_eq!(waiting(&stage).await, [""; 0]);
    let made: Vec<Product> = stage
        .office
        .product_ids()
        .into_iter()
        .filter_map(|id| stage.office.product(id))
        .filter(|one| one.category_name == "WooCommerce")
        .collect();
    let mut numbers: Vec<&str> = made.iter().map(|one| one.product_number.as_str()).collect();
    numbers.sort_by_key(|number| number.starts_with("WC-"));
    assert_eq!(numbers, ["WEB-ONLY", format!("WC-{nameless}").as_str()]);
    assert_eq!(stage.office.categories().iter().filter(|(_, path)| path == "WooCommerce").count(), 1);
}

#[tokio::test]
async fn a_finished_customer_order_completes_the_shops_order() {
    for lookup in [false, true] {
        let stage = selling(json!({}), json!({"status_when_completed": "completed"})).await;
        stage.set_client(json!({"order_lookup": lookup})).await;
        let id = place(&stage, one(&stage).paid_by("cod"));
        stage.tick(Tick::Orders).await;
        let order = stage.office.orders()[0].order_id;
        stage.office.pack(order);
        stage.office.set_order_status(order, 3);
        stage.tick(Tick::Orders).await;
        assert_eq!(stage.shop.order(id).unwrap().status, "processing");
        stage.office.set_order_status(order, 5);
        for _ in 0..3 {
            stage.tick(Tick::Orders).await;
        }
        let done = stage.shop.order(id).unwrap();
        assert_eq!((done.status.as_str(), done.paid.is_some()), ("completed", true), "{lookup}");
        assert!(story(&stage, id).await.completed.is_some());
        assert_eq!(waiting(&stage).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_sale_waits_for_payment_and_other_effects_do_not() {
    let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
    let id = place(&stage, one(&stage).paid_by("cod"));
    stage.tick(Tick::Orders).await;
    assert_eq!((stage.office.orders().len(), stage.office.sales().len()), (1, 0));
    assert!(waiting(&stage).await[0].starts_with(&format!("{id}: unpaid")));
    assert!(story(&stage, id).await.retrieved.is_some());
    stage.shop.set_order_status(id, "completed", stage.engine.world.now());
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 1);
    assert_eq!(waiting(&stage).await, [""; 0]);
}

#[tokio::test]
async fn refunds_become_returns_each_once_and_deducted_lines_come_back() {
    let settings =
        json!({"create_customer_order": false, "bookkeeping": "separate", "deduct_from_stock": true});
    let stage = selling(json!({}), settings).await;
    let id = place(&stage, one(&stage).and(sku(&stage, "A-3"), 3).shipped("Posten", "79.20"));
    stage.tick(Tick::Orders).await;
    let line = stage.shop.order(id).unwrap().lines[1].id;
    let now = || stage.engine.world.now();
    stage.shop.refund_order(id, None, &[(line, dec("1"))], true, now()).unwrap();
    for _ in 0..2 {
        stage.tick(Tick::Orders).await;
    }
    stage.shop.refund_order(id, Some(dec("10")), &[], false, now()).unwrap();
    for _ in 0..2 {
        stage.tick(Tick::Orders).await;
    }
    let order = stage.shop.order(id).unwrap();
    let sales = stage.office.sales();
    assert_eq!(sales.len(), 3, "{:?}", waiting(&stage).await);
    assert_eq!(sales[1].belongs_to, Some(("sale".to_owned(), sales[0].order_id)));
    let given: Decimal = sales[1..].iter().map(|one| one.total_inc_vat()).sum();
    assert_eq!(-given.normalize(), order.refunded().normalize());
    let fish = stage.office.deductions();
    assert_eq!(fish.iter().map(|one| one.quantity).sum::<Decimal>(), dec("4"), "{fish:?}");
    // All of the rest.
    let rest = order.totals.total - order.refunded();
    stage.shop.refund_order(id, Some(rest), &[], false, now()).unwrap();
    for _ in 0..3 {
        stage.tick(Tick::Orders).await;
    }
    let (_, sales) = totals(&stage);
    assert_eq!(sales.iter().sum::<Decimal>(), Decimal::ZERO, "{sales:?} {:?}", waiting(&stage).await);
}

#[tokio::test]
async fn what_is_not_taken_is_shown_and_what_is_none_of_ours_is_not() {
    let stage = selling(json!({}), json!({"from_order_number": 100})).await;
    let now = stage.engine.world.now();
    let completed = place(&stage, one(&stage).status("completed"));
    let marked = place(&stage, one(&stage).meta("_duell_order_id", "77").number("200"));
    place(&stage, one(&stage).number("99"));
    place(&stage, one(&stage).status("checkout-draft").number("300"));
    place(&stage, one(&stage).at(now - Duration::from_secs(3 * 24 * 3600)).number("400"));
    let cancelled = place(&stage, one(&stage).status("pending").number("500"));
    stage.shop.cancel(cancelled, stage.engine.world.now());
    let foreign = place(&stage, one(&stage).number("600"));
    stage.shop.edit_order(foreign, stage.engine.world.now(), |order| order.currency = "SEK".to_owned());
    stage.shop.edit_order(completed, stage.engine.world.now(), |order| order.number = "150".to_owned());
    for _ in 0..2 {
        stage.tick(Tick::Orders).await;
        stage.tick(Tick::Sweep).await;
    }
    assert_eq!(stage.office.orders().len(), 0);
    let told = waiting(&stage).await;
    let begins = |id: u64, reason: &str| told.iter().any(|one| one.starts_with(&format!("{id}: {reason}")));
    assert!(begins(completed, "passed by") && begins(marked, "another installation's"), "{told:?}");
    assert!(begins(foreign, "foreign currency") && told.len() == 3, "{told:?}");
}

#[tokio::test]
async fn a_lost_answer_is_adopted_or_parked_and_never_sent_twice() {
    for (kind, happened) in [(Kind::CutAfter, true), (Kind::HangAfter, true), (Kind::CutBefore, false)] {
        // With look-up the order is found, or sent again after both looks came empty.
        let stage = selling(json!({}), json!({})).await;
        stage.set_client(json!({"order_lookup": true})).await;
        stage.office_faults.add(Rule::next(kind.clone()).on("logistics/orders/save"));
        let id = place(&stage, one(&stage));
        stage.tick(Tick::Orders).await;
        assert_eq!(stage.office.orders().len(), usize::from(happened), "{kind:?}");
        for _ in 0..12 {
            stage.tick(Tick::Orders).await;
        }
        assert_eq!(stage.office.orders().len(), 1, "{kind:?}");
        assert_eq!(waiting(&stage).await, [""; 0], "{kind:?}");
        assert!(story(&stage, id).await.retrieved.is_some());

        // Without, a person says what is so.
        let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
        stage.office_faults.add(Rule::next(kind.clone()).on("logistics/orders/save"));
        let id = place(&stage, one(&stage));
        let other = place(&stage, one(&stage));
        for _ in 0..12 {
            stage.tick(Tick::Orders).await;
        }
        let told = waiting(&stage).await;
        assert!(told.len() == 1 && told[0].starts_with(&format!("{id}: unconfirmed")), "{told:?}");
        assert_eq!(stage.office.sales().iter().map(|one| one.reference).collect::<Vec<_>>(), [other]);
        let settlement = match stage.office.orders().iter().find(|one| one.reference == id) {
            Some(order) => Settlement::Exists(order.order_id.to_string()),
            None => Settlement::SendAgain,
        };
        stage.engine.settle_order("1", &id.to_string(), &settlement).await.unwrap();
        stage.tick(Tick::Orders).await;
        assert_eq!((stage.office.orders().len(), stage.office.sales().len()), (2, 2), "{kind:?}");
        assert_eq!(waiting(&stage).await, [""; 0]);
    }
}

#[tokio::test]
async fn an_order_that_loomis_pay_refuses_waits_and_delays_no_other() {
    let stage = selling(json!({}), json!({})).await;
    let bad = place(&stage, one(&stage));
    for _ in 0..5 {
        place(&stage, one(&stage));
    }
    for _ in 0..2 {
        stage.office.refuse_next("logistics/orders/save", bad, "ugyldig adresse");
    }
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.orders().len(), 5);
    let told = waiting(&stage).await;
    assert!(told.len() == 1 && told[0].contains("ugyldig adresse"), "{told:?}");
    // It comes back by itself.
    for _ in 0..40 {
        stage.tick(Tick::Orders).await;
    }
    assert_eq!(stage.office.orders().len(), 6);
}

#[tokio::test]
async fn an_order_that_is_edited_or_cancelled_after_it_was_taken_is_shown() {
    let stage = selling(json!({}), json!({"bookkeeping": "separate"})).await;
    let cancelled = place(&stage, one(&stage));
    let edited = place(&stage, one(&stage).paid_by("cod"));
    stage.tick(Tick::Orders).await;
    stage.shop.cancel(cancelled, stage.engine.world.now());
    stage.shop.edit_order(edited, stage.engine.world.now(), |order| {
        order.lines[0].quantity = dec("5");
    });
    stage.tick(Tick::Orders).await;
    let told = waiting(&stage).await;
    assert!(told.iter().any(|one| one.starts_with(&format!("{cancelled}: cancelled"))), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with(&format!("{edited}: edited"))), "{told:?}");
    // What was sent and what would be are no longer one order: a person says so.
    stage.shop.set_order_status(edited, "completed", stage.engine.world.now());
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 1);
    stage.engine.settle_order("1", &edited.to_string(), &Settlement::SendAgain).await.unwrap();
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 2);
}

#[tokio::test]
async fn a_web_sale_that_loomis_pay_does_not_know_of_is_never_undone() {
    let stage = selling(json!({"continuous_inventory": true}), json!({})).await;
    let product = sku(&stage, "A-1");
    let office = stage.office.product_ids()[0];
    // Parked in another currency it will never be taken; unknown to Loomis Pay it holds what it sold.
    let foreign = stage.shop.add_product(InShop::simple("WEB-ONLY", "Web only", "50.00"), dawn());
    place(&stage, NewOrder::of(product, 3).and(foreign, 1));
    assert_eq!(stage.shop.product(product).unwrap().stock, Some(7));
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.orders().len(), 0);
    // The till sells one; the shop must not be told 9.
    stage.office.set_stock(1, office, "9");
    stage.tick(Tick::Stock).await;
    assert_eq!(stage.shop.product(product).unwrap().stock, Some(6));
    // A sale beside the write, right after Loomis Pay was read.
    stage.office.set_stock(1, office, "8");
    place(&stage, NewOrder::of(product, 1));
    stage.tick(Tick::Stock).await;
    assert_eq!(stage.shop.product(product).unwrap().stock, Some(4));
    // Once it is a customer order it is reserved there, and held here no more.
    stage.tick(Tick::Orders).await;
    stage.tick(Tick::Stock).await;
    assert_eq!(stage.office.orders().len(), 1);
    assert_eq!(stage.shop.product(product).unwrap().stock, Some(4));
}

#[tokio::test]
async fn departments_of_one_client_make_one_shipping_product() {
    let stage = selling(json!({}), json!({})).await;
    let token = "department-token-2-of-more-than-thirty-characters";
    stage.office.add_department(2, "Bergen", token);
    let second = std::sync::Arc::new(simulators::shop::Shop::new(simulators::shop::Setup::default()));
    second.add_key("ck_stage", house::stage::SECRET, simulators::shop::Permissions::ReadWrite);
    stage.network.host("other.example", second.clone());
    let mut record = house::stage::department("2", token, "other.example", json!({}));
    record["orders"] = json!({"enabled": true});
    stage.engine.put_department(record).await.unwrap();
    assert_ne!(token, TOKEN);
    let there = second.add_product(InShop::simple("A-1", "A-1", "100.00"), dawn());
    place(&stage, one(&stage).shipped("Posten", "79.20"));
    second.place_order(NewOrder::of(there, 1).shipped("Posten", "79.20"), stage.engine.world.now());
    let other = stage.restarted(77);
    stage.pass(Duration::from_secs(120));
    stage.engine.tick(Tick::Orders, stage.engine.world.now()).await.unwrap();
    futures_util::future::join(house::stage::drain(&stage.engine), house::stage::drain(&other)).await;
    for _ in 0..3 {
        stage.tick(Tick::Orders).await;
    }
    assert_eq!(stage.office.orders().len(), 2, "{:?}", waiting(&stage).await);
    let shipping = stage.office.product_ids().into_iter().filter_map(|id| stage.office.product(id));
    assert_eq!(shipping.filter(|one| one.product_number == "SHIPPING").count(), 1);
}

#[tokio::test]
async fn a_refund_that_dates_no_order_is_found_by_the_sweep() {
    let settings = json!({"bookkeeping": "separate", "status_after_retrieval": "on-hold"});
    let stage = selling(json!({}), settings).await;
    stage.shop.set(|setup| setup.version = "7.5.0".to_owned());
    let id = place(&stage, one(&stage));
    stage.tick(Tick::Orders).await;
    stage.pass(Duration::from_secs(3600));
    stage.tick(Tick::Orders).await;
    let modified = stage.shop.order(id).unwrap().modified;
    stage.shop.refund_order(id, Some(dec("10")), &[], false, stage.engine.world.now()).unwrap();
    assert_eq!(stage.shop.order(id).unwrap().modified, modified);
    stage.tick(Tick::Orders).await;
    assert_eq!(stage.office.sales().len(), 1, "nothing says so yet");
    for _ in 0..3 {
        stage.tick(Tick::Sweep).await;
        stage.tick(Tick::Orders).await;
    }
    let (_, sales) = totals(&stage);
    assert_eq!(sales[1..], [dec("-10")], "{:?}", waiting(&stage).await);
}
