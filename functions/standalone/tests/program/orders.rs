//! What a person sees of web orders, and settles: `orders waiting`, `order show`, `order settle`.

use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    shop::{NewOrder, Product},
};

use crate::{
    sides::{Answer, Sides},
    work::parsed,
};

/// Both sides with two products, and a department that takes orders.
async fn taking() -> Sides {
    let sides = Sides::ready(2).await;
    assert_eq!(sides.run(&["synchronize", "1"]).await.code, 0);
    let mut record = sides.department();
    record["orders"] = json!({"enabled": true});
    let put = sides.put("department", &record).await;
    assert_eq!(put.code, 0, "{}", put.err);
    sides
}

fn place(sides: &Sides, product: u64, number: &str) -> u64 {
    sides.shop.place_order(NewOrder::of(product, 1).number(number), jiff::Timestamp::now())
}

fn sold(sides: &Sides) -> u64 {
    let product = sides.shop.products().into_iter().find(|product| !product.regular_price.is_empty());
    product.expect("something is sold").id
}

async fn json_of(sides: &Sides, words: &[&str]) -> (i32, Value) {
    let answer = sides.run(&[words, &["--json"]].concat()).await;
    (answer.code, parsed(&answer))
}

fn refused(answer: &Answer) {
    assert_eq!(answer.code, 2, "{} {}", answer.out, answer.err);
    assert!(!answer.err.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_waits_is_listed_and_told_and_one_that_is_taken_is_not() {
    let sides = taking().await;
    assert_eq!(json_of(&sides, &["orders", "waiting", "1"]).await, (0, json!([])));
    assert!(sides.run(&["orders", "waiting", "1"]).await.out.contains("no order waits"));
    let taken = place(&sides, sold(&sides), "WEB-1");
    let foreign =
        sides.shop.add_product(Product::simple("WEB-ONLY", "Web only", "50.00"), jiff::Timestamp::now());
    let waits = place(&sides, foreign, "WEB-2");
    let once = sides.run(&["run", "--once"]).await;
    assert_eq!(once.code, 3, "{} {}", once.out, once.err);
    assert!(once.out.contains("1 order waiting"), "{}", once.out);

    let (code, waiting) = json_of(&sides, &["orders", "waiting", "1"]).await;
    assert_eq!((code, waiting.as_array().map(Vec::len)), (3, Some(1)), "{waiting}");
    let mut fields: Vec<&String> = waiting[0].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["detail", "order_id", "order_number", "reason", "since"]);
    assert_eq!((&waiting[0]["order_number"], &waiting[0]["order_id"]), (&json!("WEB-2"), &json!(waits)));
    assert_eq!(waiting[0]["reason"], "unknown product");
    let line = sides.run(&["orders", "waiting", "1"]).await;
    assert!(line.code == 3 && line.out.lines().count() == 1 && line.out.contains("since"), "{}", line.out);

    // By the number that people see, or the id.
    for number in ["WEB-1", &taken.to_string()] {
        let (code, story) = json_of(&sides, &["order", "show", "1", number]).await;
        assert_eq!((code, &story["order_id"]), (0, &json!(taken)), "{story}");
        assert_eq!(story["effects"][0]["state"], "done");
        assert!(story["retrieved"].is_string() && story["waits"] == json!([]), "{story}");
    }
    let shown = sides.run(&["order", "show", "1", "WEB-1"]).await;
    let number = &sides.office.orders()[0].order_number;
    assert!(shown.out.contains("customer order") && shown.out.contains(number), "{}", shown.out);
    assert_eq!(json_of(&sides, &["order", "show", "1", "WEB-2"]).await.0, 3);
    // The buyer is told of nowhere.
    for secret in ["kari@example.test", "99887766", "Gate 2"] {
        assert!(!shown.out.contains(secret) && !line.out.contains(secret), "{secret}");
    }

    refused(&sides.run(&["order", "show", "1", "nowhere"]).await);
    refused(&sides.run(&["orders", "waiting", "7"]).await);
    refused(&sides.run(&["order", "settle", "1", "WEB-1", "--send-again"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_parked_until_a_person_settles_it() {
    for there in [true, false] {
        let sides = taking().await;
        let kind = if there { Kind::CutAfter } else { Kind::CutBefore };
        sides.loomis_at.faults.add(Rule::next(kind).on("logistics/orders/save"));
        place(&sides, sold(&sides), "WEB-1");
        assert_eq!(sides.run(&["run", "--once"]).await.code, 3);
        let (code, waiting) = json_of(&sides, &["orders", "waiting", "1"]).await;
        assert_eq!((code, &waiting[0]["reason"]), (3, &json!("unconfirmed")), "{waiting}");
        // Nothing sends it again by itself.
        assert_eq!(sides.run(&["run", "--once"]).await.code, 3);
        assert_eq!(sides.office.orders().len(), usize::from(there));

        let settle = ["order", "settle", "1", "WEB-1"];
        refused(&sides.run(&settle).await);
        refused(&sides.run(&[&settle[..], &["--exists", "5", "--send-again"]].concat()).await);
        refused(&sides.run(&[&settle[..], &["--exists", " "]].concat()).await);
        let number = sides.office.orders().first().map(|order| order.order_number.clone());
        let answer = match &number {
            Some(number) => json_of(&sides, &[&settle[..], &["--exists", number]].concat()).await,
            None => json_of(&sides, &[&settle[..], &["--send-again"]].concat()).await,
        };
        assert_eq!((answer.0, &answer.1["order"]), (0, &json!("WEB-1")), "{}", answer.1);
        assert!(answer.1["settled"].is_string());
        let once = sides.run(&["run", "--once"]).await;
        assert_eq!(once.code, 0, "{} {}", once.out, once.err);
        assert_eq!(sides.office.orders().len(), 1);
        assert_eq!(json_of(&sides, &["orders", "waiting", "1"]).await, (0, json!([])));
        let shown = json_of(&sides, &["order", "show", "1", "WEB-1"]).await;
        assert!(shown.0 == 0 && shown.1["retrieved"].is_string(), "{}", shown.1);
        refused(&sides.run(&[&settle[..], &["--send-again"]].concat()).await);
    }
}
