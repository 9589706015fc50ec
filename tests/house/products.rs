//! Products from Loomis Pay to the shop, on both simulators: the rules of `SETTINGS.md` seen from outside.

use house::stage::{self, Stage, TOKEN};
use serde_json::json;
use simulators::{
    loomis::Product,
    shop::{Manage, Permissions, Product as InShop, Setup, Shop},
};
use std::sync::Arc;
use sync::{Counts, Event, LogQuery, Tick};

async fn log(stage: &Stage, number: &str) -> Vec<(Event, String)> {
    let query = LogQuery { product: Some(number.to_owned()), refused: false, most: 100 };
    let lines = stage.engine.log("1", &query).await.unwrap();
    lines.into_iter().map(|line| (line.event, line.text)).collect()
}

fn written(texts: &[(Event, String)]) -> Vec<&str> {
    texts.iter().filter(|(event, _)| *event == Event::Written).map(|(_, text)| text.as_str()).collect()
}

#[tokio::test]
async fn a_first_sync_makes_drafts_and_a_second_writes_nothing() {
    let stage = Stage::new(json!({})).await;
    stage.office.fill(230, 1);
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 230, created: 230, ..Counts::default() });
    assert_eq!(stage.writes(), 5, "230 products are 5 writes of 50");
    let products = stage.shop.products();
    assert_eq!(products.len(), 230);
    for product in &products {
        assert_eq!(product.status, "draft");
    }
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 230, unchanged: 230, ..Counts::default() });
    assert_eq!(stage.writes(), 0);
}

#[tokio::test]
async fn a_new_product_carries_number_name_price_sale_stock_vat_class_description_and_gtin() {
    let stage = Stage::new(json!({})).await;
    let id = stage.office.add_product(Product {
        webshop_description: "<p>Svart & hvit</p>".to_owned(),
        description: "for the till".to_owned(),
        barcode: "7038010009457".to_owned(),
        vatrate_percent: "15".parse().unwrap(),
        price_inc_vat: "199.90".parse().unwrap(),
        special_price: Some("149".parse().unwrap()),
        ..Product::new(" A-1 ", "Kaffe 🙂")
    });
    stage.office.set_stock(1, id, "7.9");
    stage.synchronized().await;
    let made = stage.shop.product_by_sku("A-1").unwrap();
    assert_eq!((made.name.as_str(), made.status.as_str()), ("Kaffe 🙂", "draft"));
    assert_eq!((made.regular_price.as_str(), made.sale_price.as_str()), ("199.90", "149.00"));
    assert_eq!((made.manage_stock, made.stock), (Manage::Yes, Some(7)));
    assert_eq!((made.gtin.as_str(), made.description.as_str()), ("7038010009457", "<p>Svart & hvit</p>"));
    let class =
        stage.shop.setup().taxes.iter().find(|tax| tax.rate == "15.0000").map(|tax| tax.class.clone());
    assert_eq!(Some(made.tax_class), class);
    let lines = log(&stage, "a-1").await;
    assert!(lines.iter().any(|(_, text)| text == "stock: Loomis Pay has 7.9: rounded down"), "{lines:?}");
}

#[tokio::test]
async fn a_number_that_the_shop_would_change_is_refused_or_folded_and_never_made_twice() {
    let stage = Stage::new(json!({})).await;
    for number in ["<i>", "100%25", "a b  c", "K,1"] {
        let id = stage.office.add_product(Product::new(number, number));
        stage.office.set_stock(1, id, "1");
    }
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (2, 2));
    // Another installation, without links: the same products are found again, also where the number holds a comma and
    // can't be asked for.
    let again = Stage { store: local::Store::temporary(stage.clock.clone()).unwrap(), ..stage };
    let again = Stage { engine: again.restarted(3), ..again };
    again.engine.put_client(stage::client()).await.unwrap();
    again.engine.put_department(stage::department("1", TOKEN, "shop.example", json!({}))).await.unwrap();
    let run = again.synchronized().await;
    assert_eq!((run.counts.created, run.counts.linked, run.counts.refused), (0, 2, 2));
    assert_eq!(again.shop.products().len(), 2);
}

#[tokio::test]
async fn a_barcode_that_another_product_of_the_shop_has_is_left_out_and_said() {
    let stage = Stage::new(json!({})).await;
    for number in ["B-1", "B-2", "B-3"] {
        let barcode = "7038010009457".to_owned();
        let id = stage.office.add_product(Product { barcode, ..Product::new(number, number) });
        stage.office.set_stock(1, id, "1");
    }
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (3, 0));
    let with = stage.shop.products().iter().filter(|product| !product.gtin.is_empty()).count();
    assert_eq!(with, 1);
    assert!(log(&stage, "B-3").await.iter().any(|(_, text)| text.contains("barcode left out")));
    assert_eq!(stage.writes(), 2);
}

#[tokio::test]
async fn a_product_that_the_shop_has_is_adopted_by_its_sku_and_never_renamed_or_made_twice() {
    let stage = Stage::new(json!({"product_updates": true})).await;
    for (number, name) in [("K-1", "Kopp"), ("k-2", "Fat"), ("K-3 ", "Skje")] {
        let id = stage.office.add_product(Product::new(number, name));
        stage.office.set_stock(1, id, "4");
    }
    let now = stage::dawn();
    let draft =
        InShop { status: "draft".to_owned(), ..InShop::simple("K-2", "My plate", "100.00").with_stock(4) };
    let (cup, plate) = (
        stage.shop.add_product(InShop::simple("k-1", "My cup", "90.00").with_stock(4), now),
        stage.shop.add_product(draft, now),
    );
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 3, linked: 2, updated: 1, created: 1, ..Counts::default() });
    assert_eq!(stage.shop.products().len(), 3);
    let (cup, plate) = (stage.shop.product(cup).unwrap(), stage.shop.product(plate).unwrap());
    assert_eq!((cup.name.as_str(), cup.regular_price.as_str()), ("My cup", "100.00"));
    assert_eq!((plate.name.as_str(), plate.status.as_str()), ("My plate", "draft"));
    assert_eq!(written(&log(&stage, "K-1").await), ["price  90.00 -> 100.00"]);
    // A name goes over when it changes in Loomis Pay, and only then.
    stage.office.set_name(stage.office.product_ids()[0], "Kopp, blå");
    stage.synchronized().await;
    assert_eq!(stage.shop.product_by_sku("k-1").unwrap().name, "Kopp, blå");
    assert_eq!(stage.shop.product_by_sku("K-2").unwrap().name, "My plate");
}

#[tokio::test]
async fn a_number_that_is_not_unique_or_missing_refuses_its_record_and_no_other() {
    let stage = Stage::new(json!({})).await;
    let one = stage.office.add_product(Product::new("D-1", "One"));
    let other = stage.office.add_product(Product::new(" d-1", "Other"));
    stage.office.add_product(Product::new("  ", "Nameless"));
    let good = stage.office.add_product(Product::new("G-1", "Good"));
    stage.office.set_stock(1, good, "1");
    let twice = stage.office.add_product(Product::new("S-1", "Twice in the shop"));
    let first = stage.shop.add_product(InShop::simple("S-1", "a", "1"), stage::dawn());
    let second = stage.shop.add_product(InShop::simple("S-2", "b", "1"), stage::dawn());
    stage.shop.edit_unseen(second, |product| product.sku = "s-1".to_owned());
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (1, 4));
    let refused = stage.engine.refused("1").await.unwrap();
    let reason = |id: u64| refused.iter().find(|one| one.product.0 == id).unwrap().reason.clone();
    assert!(
        reason(one).contains(&other.to_string()) && reason(one).contains(&one.to_string()),
        "{}",
        reason(one)
    );
    assert!(reason(other).contains("not unique in Loomis Pay"));
    for id in [first, second, twice] {
        assert!(reason(twice).contains(&id.to_string()), "{}", reason(twice));
    }
    assert!(refused.iter().any(|one| one.reason.contains("no product number")));
    // Mended and retried: it is made, and the log says that the way is free.
    stage.office.set_number(other, "D-2");
    stage.engine.retry("1").await.unwrap();
    stage.pass(std::time::Duration::from_secs(60));
    stage.synchronized().await;
    assert!(stage.shop.product_by_sku("D-1").is_some() && stage.shop.product_by_sku("D-2").is_some());
    assert!(log(&stage, "d-1").await.iter().any(|(event, _)| *event == Event::Cleared));
}

#[tokio::test]
async fn prices_that_may_not_be_published_and_odd_stock_are_said_and_the_rest_goes_on() {
    let stage = Stage::new(json!({})).await;
    for (number, price) in [("OPEN", "0"), ("MINUS", "-5"), ("HUGE", "1e309"), ("WORD", "\"abc\"")] {
        let id = stage.office.add_product(Product::new(number, number));
        stage.office.set_raw(id, "price_inc_vat", price);
        stage.office.set_stock(1, id, "-3.5");
    }
    let long = stage
        .office
        .add_product(Product { webshop_description: "x".repeat(5 << 20), ..Product::new("LONG", "Long") });
    stage.office.set_stock(1, long, "1");
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (5, 0));
    for number in ["OPEN", "MINUS", "HUGE", "WORD"] {
        let made = stage.shop.product_by_sku(number).unwrap();
        assert_eq!((made.regular_price.as_str(), made.stock), ("", Some(0)), "{number}");
        let lines = log(&stage, number).await;
        assert!(lines.iter().any(|(_, text)| text.starts_with("price: left out")), "{number}: {lines:?}");
        assert!(lines.iter().any(|(_, text)| text.contains("-3.5: written as 0")), "{number}: {lines:?}");
    }
    assert_eq!(stage.shop.product_by_sku("LONG").unwrap().description, "");
    assert!(log(&stage, "LONG").await.iter().any(|(_, text)| text.contains("left out")));
}

#[tokio::test]
async fn a_setting_that_is_off_never_writes_its_field() {
    let off = json!({"prices": false, "inventory": false, "new_products": false});
    let stage = Stage::new(off).await;
    for number in ["X-1", "X-2"] {
        let id = stage.office.add_product(Product::new(number, "In Loomis Pay"));
        stage.office.set_stock(1, id, "5");
    }
    let id = stage.shop.add_product(InShop::simple("X-1", "Mine", "1.00").with_stock(99), stage::dawn());
    let before = stage.shop.product(id).unwrap();
    stage.synchronized().await;
    let first = stage.office.product_ids()[0];
    stage.office.set_name(first, "Renamed");
    stage.office.set_price(first, "77");
    stage.office.set_stock(1, first, "3");
    stage.synchronized().await;
    assert_eq!(stage.writes(), 0);
    assert_eq!(format!("{before:?}"), format!("{:?}", stage.shop.product(id).unwrap()));
    assert_eq!(stage.shop.products().len(), 1);
    let lines = log(&stage, "x-1").await;
    assert!(lines.iter().any(|(_, text)| text.contains("product updates is off")), "{lines:?}");
}

#[tokio::test]
async fn a_price_list_and_its_absence() {
    let stage = Stage::new(json!({"price_list": 7})).await;
    let listed = stage.office.add_product(Product::new("L-1", "Listed"));
    let other = stage.office.add_product(Product::new("L-2", "Not listed"));
    stage.office.set_list_price(listed, 7, "80");
    stage.office.set_special(listed, Some("60"));
    stage.office.set_special(other, Some("60"));
    stage.synchronized().await;
    let prices = |sku: &str| {
        let found = stage.shop.product_by_sku(sku).unwrap();
        (found.regular_price, found.sale_price)
    };
    assert_eq!(prices("L-1"), ("80.00".to_owned(), String::new()));
    assert_eq!(prices("L-2"), ("100.00".to_owned(), "60.00".to_owned()));
}

#[tokio::test]
async fn a_shop_that_keeps_net_prices_gets_net_prices_once() {
    let stage = Stage::new(json!({})).await;
    stage.shop.set(|setup| setup.prices_include_tax = false);
    let id = stage
        .office
        .add_product(Product { price_inc_vat: "99.90".parse().unwrap(), ..Product::new("N-1", "Net") });
    stage.office.set_stock(1, id, "1");
    stage.synchronized().await;
    assert_eq!(stage.shop.product_by_sku("N-1").unwrap().regular_price, "79.92");
    stage.shop_faults.clear_log();
    stage.synchronized().await;
    assert_eq!(stage.writes(), 0);
}

#[tokio::test]
async fn only_a_sale_price_of_ours_is_cleared() {
    let stage = Stage::new(json!({})).await;
    let ours = stage
        .office
        .add_product(Product { special_price: Some("50".parse().unwrap()), ..Product::new("P-1", "a") });
    stage.office.add_product(Product::new("P-2", "b"));
    let theirs = InShop { sale_price: "70.00".to_owned(), ..InShop::simple("P-2", "b", "100.00") };
    stage.shop.add_product(theirs, stage::dawn());
    stage.synchronized().await;
    assert_eq!(stage.shop.product_by_sku("P-1").unwrap().sale_price, "50.00");
    stage.office.set_special(ours, None);
    stage.synchronized().await;
    assert_eq!(stage.shop.product_by_sku("P-1").unwrap().sale_price, "");
    assert_eq!(stage.shop.product_by_sku("P-2").unwrap().sale_price, "70.00");
}

#[tokio::test]
async fn changes_and_stock_flow_by_themselves() {
    let stage = Stage::new(json!({"automatic_transfer": true, "product_updates": true})).await;
    let ids = stage.office.fill(120, 3);
    // Without a first reading there is nothing that changes could be changes of: all of it is due.
    stage.tick(Tick::Stock).await;
    stage.tick(Tick::Products).await;
    assert_eq!(stage.shop.products().len(), 120);
    stage.shop_faults.clear_log();
    stage.tick(Tick::Stock).await;
    stage.tick(Tick::Products).await;
    assert_eq!(stage.writes(), 0);
    stage.office.set_price(ids[5], "12.50");
    stage.office.set_name(ids[6], "Nytt navn");
    stage.office.set_stock(1, ids[7], "41");
    stage.tick(Tick::Stock).await;
    stage.tick(Tick::Products).await;
    let in_shop = |at: usize| {
        stage.shop.product_by_sku(&stage.office.product(ids[at]).unwrap().product_number).unwrap()
    };
    assert_eq!(in_shop(5).regular_price, "12.50");
    assert_eq!(in_shop(6).name, "Nytt navn");
    assert_eq!(in_shop(7).stock, Some(41));
    assert_eq!(stage.writes(), 2, "one for the stock, one for the products");
}

#[tokio::test]
async fn stock_flows_alone_where_only_stock_may() {
    let stage = Stage::new(json!({"continuous_inventory": true})).await;
    let ids = stage.office.fill(12, 3);
    stage.synchronized().await;
    stage.office.set_price(ids[0], "1.00");
    stage.office.set_stock(1, ids[0], "41");
    stage.office.add_product(Product::new("NEW", "New"));
    let before = stage.shop.product_by_sku(&stage.office.product(ids[0]).unwrap().product_number).unwrap();
    for tick in [Tick::Stock, Tick::Products, Tick::Sweep] {
        stage.tick(tick).await;
    }
    let after = stage.shop.product(before.id).unwrap();
    assert_eq!((after.regular_price, after.stock), (before.regular_price, Some(41)));
    assert!(stage.shop.product_by_sku("NEW").is_none());
}

#[tokio::test]
async fn the_sweep_finds_what_no_cursor_can() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids = stage.office.fill(12, 3);
    stage.tick(Tick::Sweep).await;
    let number = stage.office.product(ids[0]).unwrap().product_number;
    let in_shop = stage.shop.product_by_sku(&number).unwrap();
    stage.shop.edit_unseen(in_shop.id, |product| product.regular_price = "1.00".to_owned());
    stage.tick(Tick::Products).await;
    assert_eq!(stage.shop.product(in_shop.id).unwrap().regular_price, "1.00");
    stage.tick(Tick::Sweep).await;
    assert_eq!(stage.shop.product(in_shop.id).unwrap().regular_price, in_shop.regular_price);
}

#[tokio::test]
async fn a_fall_of_the_stock_waits_for_a_second_reading_that_agrees() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let ids: Vec<u64> =
        (0..30).map(|n| stage.office.add_product(Product::new(&format!("Z-{n}"), "Z"))).collect();
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "5"));
    stage.synchronized().await;
    let zeros = || stage.shop.products().iter().filter(|product| product.stock == Some(0)).count();
    // Nine at once are believed at once.
    ids[..9].iter().for_each(|id| stage.office.set_stock(1, *id, "0"));
    stage.tick(Tick::Stock).await;
    assert_eq!(zeros(), 9);
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "0"));
    stage.tick(Tick::Stock).await;
    assert_eq!(zeros(), 9);
    assert!(stage.engine.status_of("1").await.unwrap().stock_held.unwrap().contains("21 of 21"));
    stage.tick(Tick::Stock).await;
    assert_eq!(zeros(), 30);
    // A glitch that is over at the second reading writes nothing at all.
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "8"));
    stage.tick(Tick::Stock).await;
    stage.shop_faults.clear_log();
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "0"));
    stage.tick(Tick::Stock).await;
    ids.iter().for_each(|id| stage.office.set_stock(1, *id, "8"));
    stage.tick(Tick::Stock).await;
    stage.tick(Tick::Stock).await;
    assert_eq!((zeros(), stage.writes()), (0, 0));
}

#[tokio::test]
async fn a_product_taken_off_becomes_a_draft_after_two_readings_and_many_wait_for_a_person() {
    let stage = Stage::new(json!({"product_updates": true})).await;
    let ids = stage.office.fill(60, 3);
    stage.synchronized().await;
    let publish = |number: &str| {
        let id = stage.shop.product_by_sku(number).unwrap().id;
        stage.shop.edit(id, stage::dawn(), |product| product.status = "publish".to_owned());
        id
    };
    let in_shop: Vec<u64> =
        ids.iter().map(|id| publish(&stage.office.product(*id).unwrap().product_number)).collect();
    let drafts = || in_shop.iter().filter(|id| stage.shop.product(**id).unwrap().status == "draft").count();
    stage.office.hide(ids[0]);
    stage.office.delete(ids[1]);
    let run = stage.synchronized().await;
    assert_eq!((drafts(), run.counts.waiting), (0, 2), "one reading is not enough");
    stage.synchronized().await;
    assert_eq!(drafts(), 2);
    ids[2..30].iter().for_each(|id| stage.office.hide(*id));
    stage.synchronized().await;
    let run = stage.synchronized().await;
    assert_eq!(drafts(), 2);
    assert!(run.run.remark.unwrap().contains("28 products were taken off"));
    stage.engine.resume("1").await.unwrap();
    stage.synchronized().await;
    assert_eq!(drafts(), 30);
    assert_eq!(stage.shop.products().len(), 60, "nothing is ever deleted");
}

#[tokio::test]
async fn departments_of_one_client_share_one_reading_and_one_that_is_broken_stops_alone() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let other = Arc::new(Shop::new(Setup::default()));
    other.add_key("ck_stage", stage::SECRET, Permissions::ReadWrite);
    stage.network.host("second.example", other.clone());
    let token = "department-token-2-of-more-than-thirty-characters";
    stage.office.add_department(2, "Bergen", token);
    stage.office.fill(250, 3);
    let second = stage::department("2", token, "second.example", json!({"automatic_transfer": true}));
    stage.engine.put_department(second).await.unwrap();
    let same = stage::department("3", TOKEN, "https://www.shop.example/", json!({}));
    let refused = stage.engine.put_department(same).await.unwrap_err().to_string();
    assert!(refused.starts_with("shop.url: department 1 has this shop"), "{refused}");
    stage.tick(Tick::Sweep).await;
    assert_eq!((stage.shop.products().len(), other.products().len()), (250, 250));
    assert_eq!(stage.office_faults.count("GET /v1/product/list"), 3, "three pages, once");
    // Somebody breaks a record by hand.
    let key = sync::ports::Key::new("department", "2");
    use sync::ports::{Condition, Ledger, Write};
    let mut item = stage.store.get(&key).await.unwrap().unwrap();
    item.body["products"]["prises"] = json!(true);
    stage.store.write(vec![Write::Put { item, condition: Condition::Always }]).await.unwrap();
    stage.office.set_price(stage.office.product_ids()[0], "3.00");
    stage.tick(Tick::Products).await;
    let number = stage.office.product(stage.office.product_ids()[0]).unwrap().product_number;
    assert_eq!(stage.shop.product_by_sku(&number).unwrap().regular_price, "3.00");
    let status = stage.engine.status_of("2").await.unwrap();
    assert!(status.pause.unwrap().reason.contains("prises"));
}

#[tokio::test]
async fn a_preview_says_what_a_sync_does_and_changes_nothing() {
    let stage = Stage::new(json!({})).await;
    let ids = stage.office.fill(120, 3);
    stage.synchronized().await;
    stage.office.set_price(ids[0], "1.25");
    stage.office.set_stock(1, ids[1], "77");
    stage.office.add_product(Product::new("NEW", "New"));
    stage.office.add_product(Product::new("", "No number"));
    stage.pass(std::time::Duration::from_secs(1));
    let ledger = dump(&stage).await;
    let shop = format!("{:?}", stage.shop.products());
    let preview = stage.engine.preview("1").await.unwrap();
    assert_eq!(dump(&stage).await, ledger);
    assert_eq!(format!("{:?}", stage.shop.products()), shop);
    let lines: Vec<String> = preview
        .changes
        .iter()
        .map(|change| format!("{} {} {}", change.line.kind, change.line.from, change.line.to))
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("price ") && line.ends_with(" 1.25")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("stock ") && line.ends_with(" 77")), "{lines:?}");
    assert!(lines.contains(&"create  New".to_owned()), "{lines:?}");
    assert_eq!(preview.refused.len(), 1);
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.updated, run.counts.refused), (1, 2, 1));
    stage.pass(std::time::Duration::from_secs(1));
    assert!(stage.engine.preview("1").await.unwrap().changes.is_empty());
}

/// Everything in the ledger but the pace, which a preview must keep.
async fn dump(stage: &Stage) -> String {
    use sync::ports::{Ledger, Range};
    let base = "https://shop.example/";
    let mut all = String::new();
    for partition in ["client", "department", "M#012345", "D#1", "S#1", "U#1", "G#1", &format!("L#1#{base}")]
    {
        let mut after = None;
        loop {
            let page = stage.store.page(partition, Range::default().after(after), 1000).await.unwrap();
            all.push_str(&format!("{:?}", page.items));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    all
}
