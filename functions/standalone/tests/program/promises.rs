//! What scripts and other processes rely on: that looking changes nothing, forms, signals, several at once.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};
use simulators::{
    Server,
    faults::{Kind, Rule},
};

use crate::sides::{Answer, Sides, end};
use crate::work::{parsed, until};

impl Sides {
    /// Every item of the store by its key, as it stands in the file.
    fn items(&self) -> BTreeMap<(String, String), String> {
        let file = rusqlite::Connection::open(self.store()).unwrap();
        let mut select = file.prepare("SELECT partition, sort, version, body FROM items").unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok((
                (row.get(0)?, row.get(1)?),
                format!("{} {}", row.get::<_, i64>(2)?, row.get::<_, String>(3)?),
            ))
        };
        select.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// All that Loomis Pay has: its products, and the stock of each.
    fn catalogue(&self) -> Vec<Value> {
        let ids = self.office.product_ids().into_iter();
        ids.map(|id| json!([self.office.product(id), self.office.amount(1, id)])).collect()
    }

    async fn flowing(products: usize) -> Sides {
        let sides = Sides::new(products).await;
        assert_eq!(sides.put("client", &sides.client()).await.code, 0);
        let mut record = sides.department();
        record["products"] = json!({"automatic_transfer": true});
        assert_eq!(sides.put("department", &record).await.code, 0);
        sides
    }
}

fn signal(signal: &str, pid: u32) {
    let sent = std::process::Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "{field} is missing in {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_changes_nothing_anywhere() {
    let sides = Sides::ready(30).await;
    assert_eq!(sides.run(&["synchronize", "1"]).await.code, 0);
    sides.office.set_price(sides.office.product_ids()[0], "3.50");
    let (before, items, writes) = ((sides.shop.state(), sides.catalogue()), sides.items(), sides.writes());
    assert_eq!(before.1.len(), 30, "there is something to compare");
    let preview = sides.run(&["preview", "1"]).await;
    assert!(preview.code == 0 && preview.out.contains("-> 3.50"), "{} {}", preview.out, preview.err);
    assert_eq!((sides.shop.state(), sides.catalogue()), before);
    assert_eq!(sides.writes(), writes);
    // The pace is the client's, kept across all that ask: it is no record of anything.
    let kept = |mut items: BTreeMap<(String, String), String>| {
        items.retain(|(_, sort), _| sort != "pace");
        items
    };
    let (before, after) = (kept(items), kept(sides.items()));
    let differ: Vec<_> = after.iter().filter(|(key, item)| before.get(*key) != Some(item)).collect();
    assert!(differ.is_empty() && before.len() == after.len(), "{differ:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_an_unreachable_shop_and_a_wrong_token() {
    let mut sides = Sides::ready(1).await;
    let mut record = sides.department();
    record["shop"]["url"] = json!("http://127.0.0.1:1");
    assert_eq!(sides.put("department", &record).await.code, 0);
    let check = sides.run(&["check", "1", "--json"]).await;
    let told = parsed(&check);
    let shop = told["findings"].as_array().unwrap().iter().find(|found| found["what"] == "shop").cloned();
    assert_eq!((check.code, &told["green"], &shop.unwrap()["good"]), (1, &json!(false), &json!(false)));
    sides.office = sides.office.server().client("012345", "another-token-of-more-than-thirty-characters");
    let check = sides.run(&["check", "1"]).await;
    assert!(check.code == 1 && check.out.contains("red    Loomis Pay login"), "{}", check.out);
    assert!(!check.out.contains("client-token-of"), "{}", check.out);
}

#[tokio::test]
async fn the_key_may_come_from_the_environment() {
    let sides = Sides::new(0).await;
    let list = |key: &'static str| {
        let mut command = sides.command(&["client", "list", "--json"]);
        command.env("LOOMIS_WOO_KEY", key);
        end(command.spawn().unwrap())
    };
    let wrong = list("dG9vIHNob3J0").await;
    assert!(wrong.code == 2 && wrong.err.contains("LOOMIS_WOO_KEY"), "{}", wrong.err);
    assert!(!wrong.err.contains("dG9vIHNob3J0"), "{}", wrong.err);
    let right = list("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").await;
    assert_eq!((right.code, right.out.trim()), (0, "[]"), "{}", right.err);
    assert!(!sides.folder.path().join("loomis-woo.sqlite.key").exists());
}

#[tokio::test]
async fn records_are_listed_and_removed_in_order() {
    let sides = Sides::ready(0).await;
    let listed = parsed(&sides.run(&["client", "list", "--json"]).await);
    assert_eq!(listed[0]["client_number"], "012345");
    assert!(listed[0].get("client_token").is_none());
    let early = sides.run(&["client", "remove", "012345"]).await;
    assert!(early.code == 2 && early.err.contains("department 1"), "{}", early.err);
    assert_eq!(sides.run(&["department", "remove", "1"]).await.code, 0);
    assert_eq!(sides.run(&["client", "remove", "012345"]).await.code, 0);
    assert_eq!(sides.run(&["client", "show", "012345"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_and_errors_are_json_where_json_is_asked_for() {
    let sides = Sides::ready(3).await;
    let synchronized = parsed(&sides.run(&["synchronize", "1", "--json"]).await);
    has(&synchronized, &["department_id", "state", "run", "pause", "refused"]);
    has(
        &synchronized["run"]["counts"],
        &["seen", "unchanged", "created", "updated", "linked", "refused", "waiting"],
    );
    let status = parsed(&sides.run(&["status", "--json"]).await);
    has(&status[0], &["department_id", "name", "enabled", "pause", "due", "refused", "stock_held", "run"]);
    assert_eq!(parsed(&sides.run(&["status", "1", "--json"]).await)["department_id"], "1");
    let log = parsed(&sides.run(&["log", "1", "--json", "--lines", "2"]).await);
    assert_eq!(log.as_array().map(Vec::len), Some(2));
    has(&log[0], &["at", "event", "product_id", "product_number", "text", "run"]);
    has(&parsed(&sides.run(&["retry", "1", "--json"]).await), &["department_id", "tried", "status"]);
    has(&parsed(&sides.run(&["resume", "1", "--json"]).await), &["department_id", "lifted"]);
    has(&parsed(&sides.run(&["run", "--once", "--json"]).await), &["state", "left", "departments"]);
    let mut record = sides.department();
    record["products"] = json!({"prises": true});
    let mut child =
        sides.command(&["department", "put", "-", "--json"]).stdin(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &record).unwrap();
    let refused: Answer = end(child).await;
    assert_eq!((refused.code, &parsed(&refused)["error"]["field"]), (2, &json!("products.prises")));
}

#[tokio::test(flavor = "multi_thread")]
async fn run_keeps_going_until_it_is_asked_to_stop() {
    for stop in ["-INT", "-TERM"] {
        let sides = Sides::flowing(10).await;
        let run = ["run", "--stock-every", "1", "--products-every", "1"];
        let child = sides.command(&run).spawn().unwrap();
        until("the first products", || sides.shop.products().len() == 10).await;
        let id = sides.office.product_ids()[3];
        let number = sides.office.product(id).unwrap().product_number;
        sides.office.set_price(id, "3.50");
        sides.office.set_stock(1, id, "77");
        until("the change", || {
            let product = sides.shop.product_by_sku(&number).unwrap();
            (product.regular_price.as_str(), product.stock) == ("3.50", Some(77))
        })
        .await;
        signal(stop, child.id());
        let ended = end(child).await;
        assert_eq!(ended.code, 0, "{stop}: {} {}", ended.out, ended.err);
        assert!(ended.out.contains("it goes on with"), "{stop}: {}", ended.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_the_next_start_goes_on() {
    let sides = Sides::ready(20).await;
    sides.shop_at.faults.add(Rule::next(Kind::HangAfter).on("POST /wp-json/wc/v3/products/batch"));
    let mut child = sides.command(&["synchronize", "1"]).spawn().unwrap();
    until("the write that hangs", || sides.shop.products().len() == 20).await;
    let told = BufReader::new(child.stderr.take().unwrap());
    signal("-INT", child.id());
    let heard = move || told.lines().map_while(Result::ok).any(|line| line.starts_with("stopping:"));
    assert!(tokio::task::spawn_blocking(heard).await.unwrap(), "the first signal is answered");
    assert!(child.try_wait().unwrap().is_none(), "it waits for what is in hand");
    signal("-INT", child.id());
    assert_eq!(end(child).await.code, 130);
    let again = sides.run(&["synchronize", "1"]).await;
    assert_eq!(again.code, 0, "{} {}", again.out, again.err);
    assert_eq!(sides.shop.products().len(), 20, "nothing is made twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_work() {
    let sides = Sides::ready(400).await;
    let start = || sides.command(&["synchronize", "1"]).spawn().unwrap();
    let (one, other) = (start(), start());
    for ended in [end(one).await, end(other).await] {
        assert_eq!(ended.code, 0, "{} {}", ended.out, ended.err);
    }
    let mut skus: Vec<String> = sides.shop.products().into_iter().map(|product| product.sku).collect();
    skus.sort();
    skus.dedup();
    assert_eq!((skus.len(), sides.shop.products().len()), (400, 400));
}

#[tokio::test]
async fn wrong_use_says_what_would_be_right() {
    let sides = Sides::new(0).await;
    for (words, says) in [
        (vec!["run", "--stock-every", "0"], "such as 120, 90s or 5m"),
        (vec!["run", "--sweep-at", "25:00"], "HH:MM"),
        (vec!["demo", "--products", "0"], "1..=100000"),
        (vec!["log", "1", "--product", " "], "--product"),
        (vec!["--store", "elsewhere", "status"], "sqlite:PATH or dynamodb:TABLE"),
    ] {
        let answer = sides.run(&words).await;
        assert!(answer.code == 2 && answer.err.contains(says), "{words:?}: {} {}", answer.code, answer.err);
    }
    let nowhere = sides.run(&["--store", "sqlite:no/such/folder/x.sqlite", "status"]).await;
    assert!(nowhere.code == 1 && nowhere.err.contains("no/such/folder"), "{}", nowhere.err);
    for words in [vec!["--help"], vec!["department", "--help"], vec!["synchronize", "--help"]] {
        let help = sides.run(&words).await;
        assert!(help.code == 0 && help.out.contains("Exit codes"), "{words:?}: {}", help.out);
        assert!(!help.out.contains('\u{1b}'), "colours where nobody sees them");
    }
}
