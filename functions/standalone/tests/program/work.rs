//! What the program does between the two sides.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::Permissions,
};

use crate::sides::{Answer, Sides, end};

pub(crate) fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {} {}", answer.out, answer.err))
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_is_green_or_names_the_cause() {
    let sides = Sides::ready(3).await;
    let green = sides.run(&["check", "1", "--json"]).await;
    assert_eq!((green.code, &parsed(&green)["green"]), (0, &json!(true)));
    let red = |says: &'static str| {
        let sides = &sides;
        async move {
            let check = sides.run(&["check", "1"]).await;
            assert_eq!(check.code, 1, "{}", check.out);
            assert!(check.out.contains(says), "{says}: {}", check.out);
        }
    };
    sides.shop.set(|setup| setup.plain_permalinks = true);
    red("ermalinks").await;
    sides.shop.set(|setup| setup.plain_permalinks = false);
    sides.shop.remove_key("ck_test");
    red("key").await;
    sides.shop.add_key("ck_test", "cs_test", Permissions::Read);
    red("read-only").await;
    sides.shop_at.faults.add(Rule::always(Kind::Html { status: 200 }));
    red("shop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_then_synchronize_then_nothing() {
    let sides = Sides::ready(120).await;
    sides.office.add_product(Product::new("", "No number"));
    let preview = sides.run(&["preview", "1", "--json"]).await;
    assert_eq!(preview.code, 3, "something would be refused");
    let preview = parsed(&preview);
    assert_eq!(preview["counts"]["create"], 120);
    assert_eq!(
        preview["refused"][0]["reason"].as_str().unwrap().split(':').next(),
        Some("no product number")
    );
    for field in ["product_id", "product_number", "kind", "from", "to"] {
        assert!(preview["changes"][0].get(field).is_some(), "{field}");
    }
    assert_eq!((sides.shop.products().len(), sides.writes()), (0, 0));
    let first = sides.run(&["synchronize", "1"]).await;
    assert_eq!(first.code, 3, "{} {}", first.out, first.err);
    assert_eq!(sides.shop.products().len(), 120);
    let before = sides.writes();
    let second = sides.run(&["synchronize", "1", "--json"]).await;
    assert_eq!((second.code, &parsed(&second)["state"]), (3, &json!("done")));
    assert_eq!(sides.writes(), before);
    let log = sides.run(&["log", "1", "--refused", "--json"]).await;
    assert_eq!(parsed(&log).as_array().map(Vec::len), Some(1), "{}", log.out);
    let number = sides.shop.products()[0].sku.to_lowercase();
    let log = sides.run(&["log", "1", "--product", &number]).await;
    assert!(log.code == 0 && log.out.contains("create"), "{}", log.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn run_once_carries_changes_over_and_ends() {
    let sides = Sides::new(40).await;
    sides.put("client", &sides.client()).await;
    let mut record = sides.department();
    record["products"] = json!({"automatic_transfer": true});
    assert_eq!(sides.put("department", &record).await.code, 0);
    let once = sides.run(&["run", "--once"]).await;
    assert_eq!(once.code, 0, "{} {}", once.out, once.err);
    assert_eq!(sides.shop.products().len(), 40);
    let id = sides.office.product_ids()[0];
    sides.office.set_price(id, "3.50");
    assert_eq!(sides.run(&["run", "--once"]).await.code, 0);
    let number = sides.office.product(id).unwrap().product_number;
    assert_eq!(sides.shop.product_by_sku(&number).unwrap().regular_price, "3.50");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_loses_nothing_and_makes_nothing_twice() {
    for signal in ["-INT", "-KILL"] {
        let sides = Sides::ready(600).await;
        let child = sides.command(&["synchronize", "1"]).spawn().unwrap();
        until("the first write", || sides.writes() > 1).await;
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let ended = end(child).await;
        assert_ne!(ended.code, 0, "it ended before the signal came");
        if signal == "-INT" {
            assert!(ended.code == 3 && ended.out.contains("it goes on with"), "{} {}", ended.out, ended.err);
        }
        assert!(sides.shop.products().len() < 600);
        let again = sides.run(&["synchronize", "1"]).await;
        assert_eq!(again.code, 0, "{signal}: {} {}", again.out, again.err);
        let mut skus: Vec<String> = sides.shop.products().into_iter().map(|product| product.sku).collect();
        skus.sort();
        skus.dedup();
        assert_eq!((skus.len(), sides.shop.products().len()), (600, 600), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_down_pauses_and_says_so() {
    let sides = Sides::ready(10).await;
    let down = Kind::Fail { status: 503, body: "<html>".to_owned(), headers: Vec::new() };
    sides.shop_at.faults.add(Rule::always(down));
    let synchronized = sides.run(&["synchronize", "1"]).await;
    assert_eq!(synchronized.code, 3, "{} {}", synchronized.out, synchronized.err);
    assert!(synchronized.out.contains("paused"), "{}", synchronized.out);
    let status = sides.run(&["status", "1"]).await;
    assert!(status.code == 3 && status.out.contains("paused"), "{}", status.out);
    sides.shop_at.faults.clear();
    assert_eq!(sides.run(&["resume", "1"]).await.code, 0);
    assert_eq!(sides.run(&["synchronize", "1"]).await.code, 0);
    assert_eq!(sides.shop.products().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_the_whole_way() {
    let sides = Sides::new(0).await;
    let demo = sides.run(&["demo", "--once", "--products", "30"]).await;
    assert_eq!(demo.code, 0, "{} {}", demo.out, demo.err);
    for says in [
        "42 created",
        "3 parents of three variants",
        "0 writes to the shop",
        "-> 249.00",
        "-> 123",
        "#1001",
        "on-hold in the shop, paid",
        "completed in the shop, paid",
        ", given back -",
        "2 orders taken",
    ] {
        assert!(demo.out.contains(says), "{says}: {}", demo.out);
    }
    let demo = sides.run(&["demo", "--once", "--products", "1", "--json"]).await;
    assert_eq!(demo.code, 0, "{} {}", demo.out, demo.err);
    let demo = parsed(&demo);
    let [first, second] = demo["orders"].as_array().unwrap().as_slice() else { panic!("{demo}") };
    for order in [first, second] {
        assert_eq!(order["total"], order["loomis_total"], "{order}");
        assert_eq!(order["total"], order["booked"], "{order}");
        assert_eq!(order["refunded"], order["given_back"], "{order}");
        assert!(!order["loomis_number"].as_str().unwrap().is_empty(), "{order}");
    }
    assert_eq!((&first["order_number"], &first["status"]), (&json!("1001"), &json!("completed")));
    assert_eq!((&second["order_number"], &second["status"]), (&json!("1002"), &json!("on-hold")));
    assert_ne!(second["given_back"], "0.00");
}
