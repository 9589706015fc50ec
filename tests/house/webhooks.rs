//! Webhooks: made, kept, believed when they are signed, and never more than a hint.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use house::stage::{Stage, drain};
use serde_json::{Value, json};
use sha2::Sha256;
use simulators::{
    faults::{Kind, Rule},
    shop::{Delivery as Sent, NewOrder, Webhook},
};
use sync::{Delivery, Hint, LogQuery, Tick, ports::Ledger};
use world::{Method, Request};

use crate::orders::{place, selling, sku, totals};

const PUBLIC: &str = "https://hooks.example/loomis/";
const HERE: &str = "https://hooks.example/loomis/hooks/1";

/// A stage that sells, whose shop may deliver to us; its webhooks are made, and pinged.
async fn hinted() -> Stage {
    let mut stage = selling(json!({"automatic_transfer": true}), json!({})).await;
    stage.engine.webhooks = Some(PUBLIC.parse().unwrap());
    stage.tick(Tick::Sweep).await;
    assert_eq!(cron(&stage).await, [Hint::Ping; 3]);
    stage
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.header_value(name)
}

fn delivery(request: &Request) -> Delivery<'_> {
    Delivery {
        department: request.url.path().strip_prefix("/loomis/hooks/").expect("it is for us"),
        signature: header(request, "x-wc-webhook-signature"),
        topic: header(request, "x-wc-webhook-topic"),
        webhook: header(request, "x-wc-webhook-id"),
        body: request.body.as_deref().unwrap(),
    }
}

async fn deliver(stage: &Stage, sent: &Sent) -> Hint {
    let hint = stage.engine.hint(&delivery(&sent.request)).await.unwrap();
    stage.shop.delivered(sent, Some(hint.status()), stage.engine.world.now());
    hint
}

/// WP-cron runs, in a minute.
async fn cron(stage: &Stage) -> Vec<Hint> {
    stage.pass(Duration::from_secs(60));
    let mut hints = Vec::new();
    let mut sent = stage.shop.deliveries(stage.engine.world.now());
    sent.retain(|one| one.request.url.as_str() == HERE);
    for sent in sent {
        hints.push(deliver(stage, &sent).await);
    }
    hints
}

/// WP-cron runs, and nobody answers.
fn unanswered(stage: &Stage) -> usize {
    stage.pass(Duration::from_secs(60));
    let sent = stage.shop.deliveries(stage.engine.world.now());
    sent.iter().for_each(|one| stage.shop.delivered(one, None, stage.engine.world.now()));
    sent.len()
}

async fn log(stage: &Stage) -> Vec<String> {
    let lines = stage.engine.log("1", &LogQuery { most: 200, ..LogQuery::default() }).await.unwrap();
    lines.into_iter().map(|line| line.text).filter(|text| text.contains("webhooks")).collect()
}

fn hook(stage: &Stage, topic: &str) -> Webhook {
    let all = stage.shop.webhooks();
    let mut found = all.into_iter().filter(|one| one.topic == topic && one.delivery_url == HERE);
    let one = found.next().unwrap_or_else(|| panic!("no {topic}"));
    assert_eq!(found.next(), None);
    one
}

fn order(stage: &Stage) -> NewOrder {
    NewOrder::of(sku(stage, "A-1"), 1)
}

fn sign(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn they_are_made_once_by_the_sweep() {
    let stage = hinted().await;
    for topic in ["order.created", "order.updated", "product.deleted"] {
        let made = hook(&stage, topic);
        assert!(
            made.name.starts_with("loomis-woo ") && made.name.ends_with(&format!(" 1 {topic}")),
            "{}",
            made.name
        );
        assert_eq!((made.status.as_str(), made.secret.len()), ("active", 64));
    }
    let secret = hook(&stage, "order.created").secret;
    let writes = || {
        stage.shop_faults.count("POST /wp-json/wc/v3/webhooks")
            + stage.shop_faults.count("PUT /wp-json/wc/v3/webhooks")
    };
    let before = writes();
    stage.tick(Tick::Sweep).await;
    assert_eq!((writes(), stage.shop.webhooks().len()), (before, 3));
    // The secret is nowhere to be read but in the shop.
    let rows = stage.store.page("D#1", Default::default(), 100).await.unwrap();
    assert!(rows.items.iter().any(|item| item.key.sort == "webhooks"));
    assert!(!format!("{:?}", rows.items).contains(&secret));
    let told = format!("{:?} {:?}", log(&stage).await, stage.engine.status_of("1").await.unwrap());
    assert!(!told.contains(&secret));
}

#[tokio::test]
async fn an_order_comes_by_its_hint_and_not_before_it_is_looked_at() {
    let stage = hinted().await;
    let id = place(&stage, order(&stage));
    // Placed and changed in one minute: two webhooks, one each.
    assert_eq!(cron(&stage).await, [Hint::Taken]);
    assert_eq!(totals(&stage).0.len(), 0, "a hint is no order");
    drain(&stage.engine).await;
    assert_eq!(totals(&stage).0.len(), 1, "nobody looked after it");
    // Our marker changed the order: a hint of our own doing does no harm.
    assert_eq!(cron(&stage).await, [Hint::Taken]);
    drain(&stage.engine).await;
    stage.tick(Tick::Orders).await;
    assert_eq!(totals(&stage).0.len(), 1);
    // One that is known is due by its hint: what a customer changes is seen without the poll.
    let asked = |what: &str| stage.shop_faults.count(what);
    stage.shop.set_order_status(id, "cancelled", stage.engine.world.now());
    let (polls, looks) =
        (asked("GET /wp-json/wc/v3/orders?"), asked(&format!("GET /wp-json/wc/v3/orders/{id}")));
    assert_eq!(cron(&stage).await, [Hint::Taken]);
    drain(&stage.engine).await;
    assert_eq!(asked("GET /wp-json/wc/v3/orders?"), polls, "all were read for one");
    assert!(asked(&format!("GET /wp-json/wc/v3/orders/{id}")) > looks, "nobody looked");
    assert_eq!(stage.engine.order("1", &id.to_string()).await.unwrap().status, "cancelled");
}

#[tokio::test]
async fn a_hint_counts_once_however_often_it_comes() {
    let stage = hinted().await;
    place(&stage, order(&stage));
    stage.pass(Duration::from_secs(60));
    let sent = stage.shop.deliveries(stage.engine.world.now());
    let [sent] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(deliver(&stage, sent).await, Hint::Taken);
    for _ in 0..3 {
        assert_eq!(deliver(&stage, sent).await, Hint::Repeated);
    }
    // The same of another webhook, or of another topic, is another hint; the delivery's own id doesn't count.
    for (name, value) in [("x-wc-webhook-id", "99"), ("x-wc-webhook-topic", "order.updated")] {
        let mut other = sent.request.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        let other = other.header(name, value).header("x-wc-webhook-delivery-id", "new");
        assert_eq!(stage.engine.hint(&delivery(&other)).await.unwrap(), Hint::Taken);
        assert_eq!(stage.engine.hint(&delivery(&other)).await.unwrap(), Hint::Repeated);
    }
    drain(&stage.engine).await;
    assert_eq!(totals(&stage).0.len(), 1);
}

#[tokio::test]
async fn strangers_are_not_told_why_they_are_turned_away() {
    let stage = hinted().await;
    let id = place(&stage, order(&stage));
    let secret = hook(&stage, "order.created").secret;
    let body = format!("{{\"id\":{id},\"total\":\"1.00\"}}").into_bytes();
    let good = sign(&body, &secret);
    let check = async |department: &str,
                       signature: Option<&str>,
                       topic: Option<&str>,
                       body: &[u8],
                       expected: Hint| {
        let delivery = Delivery { department, signature, topic, webhook: Some("1"), body };
        assert_eq!(stage.engine.hint(&delivery).await.unwrap(), expected, "{delivery:?}");
    };
    let created = Some("order.created");
    check("1", Some(&sign(&body, "another")), created, &body, Hint::Unknown).await;
    check("1", Some(&sign(&body, "")), created, &body, Hint::Unknown).await;
    check("1", Some(&good[..40]), created, &body, Hint::Unknown).await;
    check("1", Some("no base64 ÆØÅ"), created, &body, Hint::Unknown).await;
    check("1", Some(""), created, &body, Hint::Unknown).await;
    check("1", None, created, &body, Hint::Unknown).await;
    // One byte more than was signed.
    check("1", Some(&good), created, &[&body[..], b" "].concat(), Hint::Unknown).await;
    for department in ["2", "", "1\u{0}", &"1".repeat(2000)] {
        check(department, Some(&good), created, &body, Hint::Unknown).await;
    }
    for unsigned in [&b"webhook_id="[..], b"webhook_id=x", b"webhook_id=1&a=b", b"{}", b""] {
        check("1", None, None, unsigned, Hint::Unknown).await;
    }
    // A ping is about nothing, and answered whoever is meant.
    check("1", None, None, b"webhook_id=7", Hint::Ping).await;
    check("2", None, None, b"webhook_id=7", Hint::Ping).await;
    let long = vec![b' '; (1 << 20) + 1];
    check("1", Some(&sign(&long, &secret)), created, &long, Hint::TooLong).await;
    // Signed, and about nothing of ours.
    for topic in [None, Some("coupon.created"), Some("order.deleted")] {
        check("1", Some(&good), topic, &body, Hint::Idle).await;
    }
    for odd in [&b"[]"[..], b"{\"id\":\"1\"}", b"{}", b"not json"] {
        check("1", Some(&sign(odd, &secret)), created, odd, Hint::Idle).await;
    }
    assert_eq!((Hint::Unknown.status(), Hint::TooLong.status(), Hint::Idle.status()), (401, 413, 200));
    drain(&stage.engine).await;
    assert_eq!(totals(&stage).0.len(), 0, "somebody was believed");
    // What a body says of an order is not heard: it is read in the shop.
    check("1", Some(&good), created, &body, Hint::Taken).await;
    drain(&stage.engine).await;
    assert_eq!(totals(&stage).0, [stage.shop.order(id).unwrap().totals.total.normalize()]);
}

#[tokio::test]
async fn what_the_shop_switched_off_is_switched_on_again_and_the_gap_told() {
    let stage = hinted().await;
    for _ in 0..7 {
        place(&stage, order(&stage));
        assert!(unanswered(&stage) > 0);
    }
    assert_eq!(hook(&stage, "order.created").status, "disabled");
    let since = hook(&stage, "order.created").modified;
    let check = stage.engine.check("1").await.unwrap();
    let found = check.findings.iter().find(|one| one.what == "shop webhooks").expect("it is looked at");
    assert!(found.text.contains("order.created switched off by the shop since 2026"), "{}", found.text);
    assert!(check.is_green(), "the poll does it all the same");
    assert_eq!(hook(&stage, "order.created").status, "disabled", "a check changes nothing");
    // Meanwhile the poll goes on.
    place(&stage, order(&stage));
    place(&stage, order(&stage));
    stage.tick(Tick::Orders).await;
    assert_eq!(totals(&stage).0.len(), 9);
    stage.tick(Tick::Sweep).await;
    assert_eq!(hook(&stage, "order.created").status, "active");
    // The first seven too: nobody had read them when it was switched off.
    assert_eq!(
        log(&stage).await,
        [format!("webhooks were off since {since:.0}; the poll found 9 orders meanwhile")]
    );
    stage.tick(Tick::Sweep).await;
    assert_eq!(log(&stage).await.len(), 1, "it is told once");
    cron(&stage).await;
    place(&stage, order(&stage));
    assert!(cron(&stage).await.contains(&Hint::Taken));
}

#[tokio::test]
async fn one_that_was_switched_off_because_somebody_changed_its_secret_heals() {
    let stage = hinted().await;
    let changed = |one: &mut Webhook| {
        one.secret = "another".to_owned();
        true
    };
    stage.shop.edit_webhook(hook(&stage, "order.created").id, stage.engine.world.now(), changed);
    for _ in 0..8 {
        place(&stage, order(&stage));
        cron(&stage).await;
    }
    assert_eq!(hook(&stage, "order.created").status, "disabled");
    stage.tick(Tick::Sweep).await;
    cron(&stage).await;
    place(&stage, order(&stage));
    assert!(cron(&stage).await.contains(&Hint::Taken));
}

#[tokio::test]
async fn others_are_left_alone_and_ours_are_known_again() {
    let mut stage = selling(json!({}), json!({})).await;
    let theirs = |name: &str, topic: &str, url: &str| {
        let body = json!({"name": name, "topic": topic, "delivery_url": url, "secret": "theirs"});
        let request =
            Request::new(Method::Post, "https://shop.example/wp-json/wc/v3/webhooks".parse().unwrap())
                .header(
                    "authorization",
                    format!("Basic {}", STANDARD.encode(format!("ck_stage:{}", house::stage::SECRET))),
                )
                .body("application/json", body.to_string().into_bytes());
        let now = stage.engine.world.now();
        let answer = simulators::Server::handle(&*stage.shop, &request, now);
        serde_json::from_slice::<Value>(&answer.body).unwrap()["id"].as_u64().unwrap()
    };
    let accounting = theirs("Accounting", "order.created", "https://books.example/");
    let other =
        theirs("loomis-woo 00000000 1 order.created", "order.created", "https://other.example/hooks/1");
    // One that is delivered to us, whatever it is called, is ours: a lost ledger, or a lost answer.
    let lost = theirs("", "order.created", HERE);
    let before: Vec<Webhook> = stage.shop.webhooks();
    stage.engine.webhooks = Some(PUBLIC.parse().unwrap());
    stage.tick(Tick::Sweep).await;
    let all = stage.shop.webhooks();
    assert_eq!(&all[..2], &before[..2], "{accounting} or {other} was touched");
    let adopted = hook(&stage, "order.created");
    assert_eq!((adopted.id, adopted.secret.len()), (lost, 64));
    // Orders alone flow here: nobody asks after deleted products.
    assert_eq!(all.len(), 4);
    place(&stage, order(&stage));
    assert!(cron(&stage).await.contains(&Hint::Taken));

    // The answer to a new one is lost: it is not made twice.
    stage.shop.edit_webhook(hook(&stage, "order.updated").id, stage.engine.world.now(), |_| false);
    stage.shop_faults.add(Rule::next(Kind::CutAfter).on("POST /wp-json/wc/v3/webhooks"));
    stage.tick(Tick::Sweep).await;
    stage.tick(Tick::Sweep).await;
    hook(&stage, "order.updated");
    assert!(stage.engine.status_of("1").await.unwrap().pause.is_none());

    // Our address moves: ours move with it, by their names.
    let ours = hook(&stage, "order.updated").id;
    stage.engine.webhooks = Some("https://new.example/".parse().unwrap());
    stage.tick(Tick::Sweep).await;
    let moved = stage.shop.webhooks().into_iter().find(|one| one.id == ours).unwrap();
    assert_eq!(moved.delivery_url, "https://new.example/hooks/1");

    // One that a person paused stays paused; a second one of ours is not kept beside the first.
    stage.shop.edit_webhook(ours, stage.engine.world.now(), |one| {
        "paused".clone_into(&mut one.status);
        true
    });
    stage.tick(Tick::Sweep).await;
    let status = |id: u64| stage.shop.webhooks().into_iter().find(|one| one.id == id).unwrap().status;
    assert_eq!(status(ours), "paused");
    stage.shop.edit_webhook(ours, stage.engine.world.now(), |one| {
        "active".clone_into(&mut one.status);
        true
    });
    let twin = theirs("twin", "order.updated", "https://new.example/hooks/1");
    stage.tick(Tick::Sweep).await;
    assert_eq!((status(ours).as_str(), status(twin).as_str()), ("active", "paused"));
}

#[tokio::test]
async fn the_secret_changes_and_what_was_on_its_way_is_believed_for_a_day() {
    let stage = hinted().await;
    let old = hook(&stage, "order.created").secret;
    stage.pass(Duration::from_secs(90 * 24 * 3600));
    // The shop hears of it by halves: until it knows it all, both are believed, and the same new one is told again.
    stage.shop_faults.add(Rule::always(Kind::CutBefore).on("PUT /wp-json/wc/v3/webhooks").nth(2));
    stage.tick(Tick::Sweep).await;
    let new = hook(&stage, "order.created").secret;
    assert_ne!(new, old);
    assert_eq!(hook(&stage, "order.updated").secret, old);
    let mut number = 0;
    let mut believed = async |secret: &str| {
        number += 1;
        let body = format!("{{\"id\":{}}}", 1_000_000 + number).into_bytes();
        let signature = sign(&body, secret);
        let delivery = Delivery {
            department: "1",
            signature: Some(&signature),
            topic: Some("order.created"),
            webhook: Some("1"),
            body: &body,
        };
        stage.engine.hint(&delivery).await.unwrap() == Hint::Taken
    };
    stage.pass(Duration::from_secs(3 * 24 * 3600));
    assert!(believed(&old).await && believed(&new).await);
    stage.shop_faults.clear();
    stage.tick(Tick::Sweep).await;
    for topic in ["order.created", "order.updated", "product.deleted"] {
        assert_eq!(hook(&stage, topic).secret, new, "{topic}");
    }
    stage.pass(Duration::from_secs(23 * 3600));
    assert!(believed(&old).await && believed(&new).await);
    stage.pass(Duration::from_secs(3600));
    assert!(!believed(&old).await, "the old one is believed for ever");
    assert!(believed(&new).await);
    stage.tick(Tick::Sweep).await;
    assert_eq!(hook(&stage, "order.created").secret, new, "it changes with every sweep");
}

#[tokio::test]
async fn a_key_that_may_not_make_them_stops_nothing() {
    let mut stage = selling(json!({}), json!({})).await;
    stage.engine.webhooks = Some(PUBLIC.parse().unwrap());
    let refused = Kind::Fail {
        status: 403,
        body: json!({"code": "woocommerce_rest_cannot_view", "message": "no", "data": {"status": 403}})
            .to_string(),
        headers: Vec::new(),
    };
    stage.shop_faults.add(Rule::always(refused).on("/webhooks"));
    for _ in 0..3 {
        stage.tick(Tick::Sweep).await;
    }
    let told = log(&stage).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("webhooks can't be set up, so orders come with the poll: the key's user"),
        "{}",
        told[0]
    );
    assert!(stage.engine.status_of("1").await.unwrap().pause.is_none());
    let check = stage.engine.check("1").await.unwrap();
    assert!(check.is_green(), "{check:?}");
    place(&stage, order(&stage));
    stage.tick(Tick::Orders).await;
    assert_eq!(totals(&stage).0.len(), 1);
    stage.shop_faults.clear();
    stage.tick(Tick::Sweep).await;
    assert_eq!(stage.shop.webhooks().len(), 2);
}

#[tokio::test]
async fn a_deleted_product_of_ours_is_looked_at_and_a_stranger_is_not() {
    let stage = hinted().await;
    let (ours, theirs) = (
        sku(&stage, "A-3"),
        stage.shop.add_product(
            simulators::shop::Product { sku: "THEIRS".to_owned(), ..Default::default() },
            stage.engine.world.now(),
        ),
    );
    cron(&stage).await;
    drain(&stage.engine).await;
    assert_eq!(stage.engine.status_of("1").await.unwrap().due, 0);
    assert!(stage.shop.delete(ours) && stage.shop.delete(theirs));
    let mut hints = cron(&stage).await;
    hints.sort_by_key(|hint| *hint == Hint::Taken);
    assert_eq!(hints, [Hint::Idle, Hint::Taken]);
    let due = stage.engine.status_of("1").await.unwrap().due;
    assert_eq!(due, 1, "it is not noted");
    drain(&stage.engine).await;
    assert_eq!(stage.engine.status_of("1").await.unwrap().due, 0);
}

#[tokio::test]
async fn without_an_address_there_are_none() {
    let stage = selling(json!({"automatic_transfer": true}), json!({})).await;
    stage.tick(Tick::Sweep).await;
    assert_eq!((stage.shop.webhooks().len(), stage.shop_faults.count("/webhooks")), (0, 0));
    let check = stage.engine.check("1").await.unwrap();
    assert!(check.findings.iter().all(|one| one.what != "shop webhooks"));
}

#[tokio::test]
async fn a_hint_of_an_order_that_is_none_of_ours_comes_to_an_end() {
    let stage = hinted().await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    stage.shop.cancel(id, stage.engine.world.now());
    assert_eq!(cron(&stage).await, [Hint::Taken]);
    // What is noted, looked at and forgotten is not noted again by whoever was woken for it.
    drain(&stage.engine).await;
    assert_eq!(totals(&stage).0.len(), 0);
    assert!(stage.engine.order("1", &id.to_string()).await.is_err(), "it is forgotten");
}
