mod goods;
mod orders;

use std::collections::BTreeSet;

use async_trait::async_trait;
use loomis::{Account, Client, Gate, GateError, Priority, ProductQuery, Secret};
use retail::office::{OfficeProduct, ProductId};
use serde_json::json;
use world::World;

use super::*;
use crate::{
    faults::{Faults, Kind, Rule},
    transport::{Network, SeededChance, TestClock},
};

/// Any pace.
struct Open;

#[async_trait]
impl Gate for Open {
    async fn enter(&self, _: Priority) -> Result<(), GateError> {
        Ok(())
    }

    async fn leave(&self, _: Option<Duration>) -> Result<(), GateError> {
        Ok(())
    }
}

struct Set {
    clock: Arc<TestClock>,
    office: Office,
    faults: Arc<Faults>,
    client: Client,
}

const DEPARTMENT: &str = "department-token-1";

fn set() -> Set {
    let clock = Arc::new(TestClock::moving("2026-11-24T04:00:00Z".parse().unwrap()));
    let server = Loomis::new(clock.clone());
    let office = server.client("012345", "client-token");
    office.add_department(1, "Oslo", DEPARTMENT);
    let network = Arc::new(Network::new(clock.clone()));
    let faults = network.host("api.kasseservice.no", Arc::new(server));
    let world = World { transport: network, clock: clock.clone(), chance: Arc::new(SeededChance::new(1)) };
    let account = Account {
        client_number: "012345".to_owned(),
        client_token: Secret::new("client-token"),
        api_url: loomis::api_url(),
        time_zone: TimeZone::get("Europe/Oslo").unwrap(),
    };
    Set { clock, office, faults, client: Client::new(account, world, Arc::new(Open)) }
}

/// All pages.
async fn sweep(client: &Client, changed_since: Option<Timestamp>) -> Vec<OfficeProduct> {
    let mut all = Vec::new();
    let mut start = 0;
    loop {
        let page = client.products(&ProductQuery { start, changed_since }).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        all.extend(page.rows);
        start += page.received;
        if page.received == 0 || start >= page.total {
            return all;
        }
    }
}

fn ids(products: &[OfficeProduct]) -> Vec<u64> {
    products.iter().map(|product| product.id.0).collect()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let set = set();
    let made = set.office.fill(250, 7);
    let read = sweep(&set.client, None).await;
    assert_eq!(ids(&read), made);
    assert_eq!(set.faults.count("product/list"), 3);
    for product in &read {
        let kept = set.office.product(product.id.0).unwrap();
        assert!(product.defects.is_empty(), "{product:?}");
        assert_eq!(product.number, kept.product_number);
        assert_eq!(product.name, kept.product_name);
        assert_eq!(product.price_inc_vat, Some(kept.price_inc_vat));
        assert_eq!(product.special_price_inc_vat, kept.special_price);
        assert_eq!(product.vat_percent, Some(kept.vatrate_percent));
        assert_eq!((product.visible, product.deleted, product.use_stock), (true, false, true));
        assert_eq!(product.list_prices.len(), kept.pricelist.len());
        assert_eq!(product.group_path, kept.category_name);
        assert_eq!(product.brand, kept.brand_name);
    }
    let numbers: BTreeSet<_> = read.iter().map(|product| &product.barcode).collect();
    assert_eq!(numbers.len(), 250);
}

#[tokio::test]
async fn stock_is_the_departments_and_does_not_touch_the_product() {
    let set = set();
    let made = set.office.fill(130, 7);
    set.clock.advance(Duration::from_secs(60));
    let before = set.clock.now();
    set.office.set_stock(1, made[0], "12.5");
    set.office.set_amount(
        1,
        made[1],
        Amount { physical: product::amount("5"), reserved: product::amount("7") },
    );
    set.office.delete(made[2]);
    let token = Secret::new(DEPARTMENT);
    let page = set.client.stock(&token, 0, &[]).await.unwrap();
    assert_eq!((page.received, page.total), (100, 129), "deleted products are not in the list");
    assert_eq!(page.rows[0].available.unwrap().to_string(), "12.5");
    assert_eq!(page.rows[1].available.unwrap().to_string(), "-2");
    let page = set.client.stock(&token, 0, &[ProductId(made[9]), ProductId(made[2])]).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].id.0), (1, made[9]));
    assert_eq!(ids(&sweep(&set.client, Some(before)).await), [made[2]]);

    let trouble = set.client.stock(&Secret::new("wrong"), 0, &[]).await.unwrap_err().trouble();
    assert_eq!(trouble.scope, retail::fate::Scope::Department, "{trouble}");
}

#[tokio::test]
async fn changes_since() {
    let set = set();
    let made = set.office.fill(5, 7);
    set.clock.advance(Duration::from_secs(3_600));
    let mark = set.client.products(&ProductQuery::default()).await.unwrap().server_time;
    assert_eq!(mark, set.clock.now());
    set.office.set_price(made[3], "9.90");
    set.office.hide(made[1]);
    let changed = sweep(&set.client, Some(mark)).await;
    assert_eq!(ids(&changed), [made[1], made[3]]);
    assert_eq!(changed[1].price_inc_vat.unwrap().to_string(), "9.9");
    assert!(!changed[0].visible);
    set.clock.advance(Duration::from_secs(1));
    assert!(sweep(&set.client, Some(set.clock.now())).await.is_empty());
}

#[tokio::test]
async fn raw_fields_are_served_as_they_are() {
    let set = set();
    let id = set
        .office
        .add_product(Product::new("A", "Kopp").raw("price_inc_vat", "1e309").raw("new_field", "{}"));
    let read = sweep(&set.client, None).await;
    assert_eq!((read[0].id.0, read[0].defects[0].field.as_str()), (id, "price_inc_vat"));
    set.office.set_raw(id, "product_id", "\"?\"");
    let page = set.client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!((page.rows.len(), page.unreadable.len(), page.received), (0, 1, 1));
}

#[tokio::test]
async fn logins() {
    let set = set();
    sweep(&set.client, None).await;
    sweep(&set.client, None).await;
    assert_eq!(set.faults.count("getaccesstokens"), 1);
    set.office.server().expire_tokens();
    sweep(&set.client, None).await;
    set.office.server().set_caller("198.51.100.9");
    sweep(&set.client, None).await;
    assert_eq!(set.faults.count("getaccesstokens"), 3);
    set.office.server().set_codes_as_status(true);
    set.office.server().expire_tokens();
    sweep(&set.client, None).await;
    set.clock.advance(Duration::from_secs(80 * 3_600));
    sweep(&set.client, None).await;
    assert_eq!(set.faults.count("getaccesstokens"), 5);

    set.office.set_licensed("product/list", false);
    let trouble = set.client.products(&ProductQuery::default()).await.unwrap_err().trouble();
    assert!(trouble.reason.contains("not licensed"), "{trouble}");
    set.office.server().client("012345", "another");
    let trouble = set.client.log_in().await.unwrap_err().trouble();
    assert!(trouble.reason.contains("check client_number and client_token"), "{trouble}");
}

#[tokio::test]
async fn the_pace_and_the_dates() {
    let set = set();
    set.office.server().set_slashes(true);
    let page = set.client.products(&ProductQuery::default()).await.unwrap();
    assert_eq!(page.server_time, set.clock.now());
    set.office.server().set_min_interval(Duration::from_millis(500));
    set.client.products(&ProductQuery::default()).await.unwrap();
    let statuses: Vec<_> = set.faults.log().requests.iter().map(|r| r.status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(429), Some(200)]);
}

#[tokio::test]
async fn faults_stand_before_it() {
    let set = set();
    set.office.fill(1, 1);
    set.faults.add(Rule::next(Kind::NoiseBefore { noise: None }).on("product/list"));
    set.faults.add(Rule::next(Kind::CutAfter).on("product/list").nth(2));
    sweep(&set.client, None).await;
    sweep(&set.client, None).await;
    assert_eq!(set.faults.count("product/list"), 3);
}

#[tokio::test]
async fn departments() {
    let set = set();
    for id in 2..=30 {
        set.office.add_department(id, &format!("Avdeling {id}"), &format!("token-{id}"));
    }
    let found = set.client.departments().await.unwrap();
    assert_eq!((found.len(), found[29].token.expose()), (30, "token-30"));
}

fn post(set: &Set, call: &str, body: &Value) -> Value {
    let url = |call: &str| format!("https://api.kasseservice.no/v1/{call}").parse().unwrap();
    let server = set.office.server();
    let now = set.clock.now();
    let login = "client_number=012345&client_token=client-token";
    let login = Request::new(Method::Post, url("getaccesstokens"))
        .body("application/x-www-form-urlencoded", login.as_bytes().to_vec());
    let token: Value = serde_json::from_slice(&server.handle(&login, now).body).unwrap();
    let request = Request::new(Method::Post, url(call))
        .header("authorization", format!("Bearer {}", token["token"].as_str().unwrap()))
        .body("application/json", body.to_string().into_bytes());
    serde_json::from_slice(&server.handle(&request, now).body).unwrap()
}

#[test]
fn saves_can_be_repeated_and_do_harm() {
    let set = set();
    let row = json!({ "product_name": "Frakt", "product_number": "SHIPPING", "price_inc_vat": 99 });
    let body = json!({ "product_data": [row.clone(), row, { "product_number": "nameless" }] });
    let answer = post(&set, "product/save", &body);
    assert_eq!((&answer["total_affected"], &answer["data"][1]["product_id"]), (&json!(2), &json!(2)));
    assert_eq!(answer["validation_message"]["2"], "product_name is required");

    let body = json!({ "category_data": [{ "category_name": "DIVERSE", "category_type": "product" }] });
    post(&set, "product/category/save", &body);
    post(&set, "product/category/save", &body);
    assert_eq!(set.office.categories().len(), 2, "twins");

    let id = set.office.add_product(Product::new("A", "Kopp"));
    let line = json!({ "product_number": "A", "quantity": "2.5" });
    let body = json!({ "department_token": DEPARTMENT, "product_data": [line] });
    post(&set, "product/adjust-stock", &body);
    let answer = post(&set, "product/adjust-stock", &body);
    assert_eq!(answer["validation_message"], json!([]));
    assert_eq!(set.office.amount(1, id).physical.to_string(), "-5.0");

    let answer = post(&set, "sale/orders/save", &json!({}));
    assert_eq!((&answer["status"], &answer["code"]), (&json!(false), &json!(422)));
}

#[test]
fn control_over_http_does_the_same() {
    let set = set();
    let control = |method, path: &str, body: Value| {
        let body = body.to_string().into_bytes();
        set.office.server().control(method, path, &body, set.clock.now()).unwrap()
    };
    let body = json!({ "product_name": "Kopp", "product_number": "A", "price_inc_vat": 99.9, "raw": { "unit": "7" } });
    assert_eq!(control(Method::Post, "product", body), Ok(json!({ "done": [1] })));
    control(Method::Post, "product", json!({ "product_id": 1, "special_price": "79.90" })).unwrap();
    let kept = set.office.product(1).unwrap();
    assert_eq!((kept.product_name.as_str(), kept.price_inc_vat.to_string()), ("Kopp", "99.9".to_owned()));
    assert_eq!(kept.special_price.unwrap().to_string(), "79.90");
    control(Method::Post, "stock", json!({ "department_id": 1, "product_id": 1, "physical": 4 })).unwrap();
    let shown = control(Method::Get, "product/1", json!(null)).unwrap();
    assert_eq!(shown["stock"]["1"]["physical"], "4");
    assert!(control(Method::Post, "product", json!({ "product_nmae": "x" })).is_err());
    assert!(control(Method::Post, "stock", json!({ "department_id": 9, "product_id": 1 })).is_err());
    assert_eq!(control(Method::Post, "catalogue", json!({ "n": 10 })), Ok(json!({ "done": [10] })));
    assert_eq!(set.office.server().state()["clients"][0]["products"], 11);
}

#[test]
fn families_out_of_nothing() {
    let set = set();
    let families = set.office.fill_families(60, 4, 5);
    assert_eq!((families.len(), set.office.product_ids().len()), (60, 300));
    assert!(families.iter().any(|(parent, children)| children.iter().all(|child| child < parent)));
    for (parent, children) in &families {
        let head = set.office.product(*parent).unwrap();
        assert!(head.is_parent && head.parent_variant == 0 && head.images.len() == 2, "{head:?}");
        assert!(head.category_id > 0 && head.custom_fields.len() == 2);
        let mut names = std::collections::BTreeSet::new();
        for child in children {
            let child = set.office.product(*child).unwrap();
            assert_eq!((child.parent_variant, child.category_id), (*parent, head.category_id));
            let option = child.product_name.strip_prefix(&format!("{} - ", head.product_name)).unwrap();
            assert!(names.insert(option.to_owned()) && !child.barcode.is_empty());
        }
    }
    let other = self::set();
    assert_eq!(other.office.fill_families(60, 4, 5), families);
    assert_eq!(format!("{:?}", other.office.product(7)), format!("{:?}", set.office.product(7)));
    assert_eq!(other.office.fill_families(1, 20, 5)[0].1.len(), 20);
}

#[test]
fn what_staff_change_of_a_family() {
    let set = set();
    let office = &set.office;
    let parent =
        Product::new("P", "Kopp").parent().group("Kjøkken > Kopper").brand(2, "Fjord").custom("Farge", "Blå");
    let parent = office
        .add_product(parent.pictures(&["https://images.example/a.png", "https://images.example/b.png"]));
    let child = office.add_variant(parent, "P-1", "Stor");
    let kept = office.product(child).unwrap();
    assert_eq!((kept.product_name.as_str(), kept.parent_variant, kept.brand_id), ("Kopp - Stor", parent, 2));
    office.set_parent(child, 99);
    office.set_group(child, "Stue > Pynt");
    office.set_brand(child, 0, "");
    office.set_custom(child, "Farge", Some("Rød"));
    office.set_custom(child, "Vekt", Some("1"));
    office.set_custom(child, "Vekt", None);
    office.set_pictures(child, &[]);
    office.set_is_parent(parent, false);
    let kept = office.product(child).unwrap();
    assert_eq!((kept.parent_variant, kept.brand_name.as_str(), kept.product_image.as_str()), (99, "", ""));
    assert_eq!(kept.custom_fields, [("Farge".to_owned(), "Rød".to_owned())]);
    assert_eq!(office.categories().last().unwrap(), &(kept.category_id, "Stue > Pynt".to_owned()));
    assert!(!office.product(parent).unwrap().is_parent);
}

#[tokio::test]
async fn a_hundred_thousand_products_are_paged_quickly() {
    let set = set();
    set.office.fill(100_000, 3);
    let last = set.client.products(&ProductQuery { start: 99_950, changed_since: None }).await.unwrap();
    assert_eq!((last.received, last.total), (50, 100_000));
    let started = std::time::Instant::now();
    for start in (0..100_000).step_by(1_000) {
        set.client.products(&ProductQuery { start, changed_since: None }).await.unwrap();
    }
    // A hundred pages, server and client, in a debug build on a busy machine.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
