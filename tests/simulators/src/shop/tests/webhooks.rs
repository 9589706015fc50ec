//! `BEHAVIOUR.md`, *Webhooks*.

use serde_json::json;
use world::Method::{Delete, Get, Post, Put};

use super::*;

const HERE: &str = "https://hooks.example/hooks/1";

fn at(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

fn made(shop: &Shop, topic: &str) -> u64 {
    let body =
        json!({"name": "ours", "topic": topic, "delivery_url": HERE, "secret": "s3cret", "status": "active"});
    let (status, made) = call(shop, Post, "webhooks", body);
    assert_eq!((status, &made["status"], made.get("secret")), (201, &json!("active"), None), "{made}");
    made["id"].as_u64().unwrap()
}

fn order(shop: &Shop, when: Timestamp) -> u64 {
    let product = shop.add_product(Product { regular_price: "10".to_owned(), ..Product::default() }, now());
    shop.place_order(NewOrder::of(product, 1), when)
}

#[test]
fn a_new_one_is_pinged_unsigned() {
    let shop = shop();
    let id = made(&shop, "order.created");
    let pings = shop.deliveries(now());
    let [ping] = pings.as_slice() else { panic!("{pings:?}") };
    assert_eq!(ping.request.body.as_deref(), Some(format!("webhook_id={id}").as_bytes()));
    assert_eq!(ping.request.header_value("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(ping.request.header_value("x-wc-webhook-signature"), None);
    assert_eq!(ping.request.url.as_str(), HERE);
    // Whatever it is answered, the webhook stands.
    shop.delivered(ping, None, now());
    assert_eq!(shop.webhooks()[0].failures, 0);
}

#[test]
fn deliveries_come_late_merged_and_as_things_are_by_then() {
    let shop = shop();
    order(&shop, now());
    let (created, updated) = (made(&shop, "order.created"), made(&shop, "order.updated"));
    shop.deliveries(now());
    let id = order(&shop, at(10));
    assert!(shop.deliveries(at(39)).is_empty(), "too early");
    shop.set_order_status(id, "processing", at(40));
    shop.set_order_status(id, "completed", at(41));
    assert_eq!(shop.deliveries(at(40)).iter().filter(|one| one.webhook == updated).count(), 0);
    let mut all = shop.deliveries(at(200));
    all.sort_by_key(|one| one.webhook);
    let told: Vec<_> = all.iter().map(|one| one.webhook).collect();
    assert_eq!(told, [created, updated], "the one before the webhook was made, or one for each change");
    let ids: Vec<_> = all.iter().map(|one| one.request.header_value("x-wc-webhook-delivery-id")).collect();
    assert_eq!(ids[0], ids[1]);
    for one in &all {
        let body: Value = serde_json::from_slice(one.request.body.as_ref().unwrap()).unwrap();
        assert_eq!((body["id"].as_u64(), body["status"].as_str()), (Some(id), Some("completed")));
    }
    let first = &all[0].request;
    assert_eq!(first.header_value("x-wc-webhook-topic"), Some("order.created"));
    assert_eq!(first.header_value("x-wc-webhook-resource"), Some("order"));
    let signature = first.header_value("x-wc-webhook-signature").unwrap();
    assert_eq!(signature.len(), 44);
    assert!(shop.deliveries(at(400)).is_empty(), "one came again");
}

#[test]
fn a_deleted_product_is_its_id_alone() {
    let shop = shop();
    let kept = shop.add_product(Product::default(), now());
    let [one, other] = [(), ()].map(|()| shop.add_product(Product::default(), now()));
    made(&shop, "product.deleted");
    shop.deliveries(now());
    assert!(shop.trash(one, at(1)) && shop.delete(other) && shop.product(kept).is_some());
    let all = shop.deliveries(at(100));
    let mut bodies: Vec<_> =
        all.iter().map(|one| String::from_utf8(one.request.body.clone().unwrap()).unwrap()).collect();
    bodies.sort();
    assert_eq!(bodies, [format!("{{\"id\":{one}}}"), format!("{{\"id\":{other}}}")]);
}

#[test]
fn the_seventh_failure_in_a_row_switches_it_off_for_good() {
    let shop = shop();
    let hook = made(&shop, "order.created");
    shop.deliveries(now());
    let fail = |from: i64, status: Option<u16>| {
        order(&shop, at(from));
        let all = shop.deliveries(at(from + 60));
        all.iter().for_each(|one| shop.delivered(one, status, at(from + 60)));
        all.len()
    };
    for turn in 0..6 {
        assert_eq!(fail(turn * 100, Some(500)), 1);
    }
    // A redirect is a success, and begins the count anew.
    assert_eq!(fail(600, Some(302)), 1);
    for turn in 7..14 {
        assert_eq!(shop.webhooks()[0].status, "active", "{turn}");
        assert_eq!(fail(turn * 100, if turn % 2 == 0 { None } else { Some(401) }), 1);
    }
    let off = shop.webhooks()[0].clone();
    assert_eq!((off.status.as_str(), off.modified), ("disabled", at(1360)));
    assert_eq!(fail(2000, Some(200)), 0, "it was delivered");
    // Switched on again: what happened meanwhile is not told, and one more failure switches it off again.
    let (status, on) = call(&shop, Put, &format!("webhooks/{hook}"), json!({"status": "active"}));
    assert_eq!((status, &on["status"]), (200, &json!("active")));
    assert!(shop.deliveries(at(3000)).is_empty());
    assert_eq!(fail(3000, Some(500)), 1);
    assert_eq!(shop.webhooks()[0].status, "disabled");
}

#[test]
fn they_are_listed_changed_and_deleted_in_both_versions() {
    let shop = shop();
    let (one, other) = (made(&shop, "order.created"), made(&shop, "order.updated"));
    call(&shop, Put, &format!("webhooks/{other}"), json!({"status": "paused", "name": "other"}));
    let (_, listed) = call(&shop, Get, "webhooks?orderby=id&order=asc&_fields=id,status,name", Value::Null);
    assert_eq!(
        listed,
        json!([{"id": one, "name": "ours", "status": "active"}, {"id": other, "name": "other", "status": "paused"}])
    );
    let (_, paused) = call(&shop, Get, "webhooks?status=paused", Value::Null);
    assert_eq!(paused.as_array().map(Vec::len), Some(1));
    let v2 = shop.handle(&request(Get, &format!("/wp-json/wc/v2/webhooks/{one}"), None), now());
    assert_eq!(json_of(&v2)["topic"], "order.created");
    for (path, body, code) in [
        (
            "webhooks",
            json!({"topic": "order.eaten", "delivery_url": HERE}),
            "woocommerce_rest_shop_webhook_invalid_topic",
        ),
        (
            "webhooks",
            json!({"topic": "order.created", "delivery_url": "here"}),
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
        ),
        ("webhooks/99", json!({}), "woocommerce_rest_shop_webhook_invalid_id"),
    ] {
        let (status, refused) = call(&shop, Post, path, body);
        assert_eq!((status, &refused["code"]), (400, &json!(code)), "{path}");
    }
    assert_eq!(call(&shop, Delete, &format!("webhooks/{one}"), json!({})).0, 501);
    assert_eq!(call(&shop, Delete, &format!("webhooks/{one}?force=true"), json!({})).0, 200);
    assert_eq!(shop.webhooks().len(), 1);
}
