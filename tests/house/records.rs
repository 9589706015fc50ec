//! Records that a person writes into DynamoDB by hand, as `infra/records.md` says, against the stand-in for AWS.

use std::{collections::HashMap, fs, sync::Arc, time::Duration};

use aws::Aws;
use aws_sdk_dynamodb::types::AttributeValue;
use house::{
    engine::Engine as Cloud,
    stage::{KEY, Stage, drain},
    tools::workspace,
};
use serde_json::{Value, json};
use simulators::shop::{Permissions, Setup, Shop};
use sync::{
    Engine, Tick,
    ports::{Key, Lane, Ledger, Queue},
    seal::{SealKey, is_sealed},
};

/// Loomis Pay's real host, which a client without `api_url` has.
const HOST: &str = "api.kasseservice.no";

/// The JSON examples of the document, in order.
fn examples() -> Vec<Value> {
    let text = fs::read_to_string(workspace().join("infra/records.md")).unwrap();
    let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

/// A value in DynamoDB's own JSON, as the command line takes it.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().and_then(|one| one.iter().next()).expect("a type and a value");
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(digits)) => AttributeValue::N(digits.clone()),
        ("BOOL", Value::Bool(whether)) => AttributeValue::Bool(*whether),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(attribute).collect()),
        ("M", Value::Object(_)) => AttributeValue::M(attributes(value)),
        _ => panic!("DynamoDB knows no {kind} {value}"),
    }
}

fn attributes(value: &Value) -> HashMap<String, AttributeValue> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

/// A table with both sides of a stage, and these items in it.
struct Table {
    stage: Stage,
    aws: Aws,
    name: String,
    engine: Engine,
}

impl Table {
    async fn with(items: &[Value]) -> Table {
        let cloud = tokio::task::spawn_blocking(Cloud::shared).await.unwrap();
        let stage = Stage::new(json!({})).await;
        let aws = cloud.aws(stage.engine.world.clone()).await;
        let ports = Arc::new(aws.clone());
        let engine = Engine::new(stage.engine.world.clone(), ports.clone(), ports, SealKey::new(KEY));
        let name = aws.names().table.clone();
        let table = Table { stage, aws, name, engine };
        for item in items {
            table.put(item).await;
        }
        table
    }

    /// `aws dynamodb put-item`.
    async fn put(&self, item: &Value) {
        let cloud = tokio::task::spawn_blocking(Cloud::shared).await.unwrap();
        let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.config());
        let request = dynamodb.put_item().table_name(&self.name).set_item(Some(attributes(item)));
        request.condition_expression("attribute_not_exists(pk)").send().await.unwrap();
    }

    /// Both sides as these examples of a client and a department have them.
    fn set_up(&self, client: &Value, department: &Value) {
        let office = self.stage.loomis.client("012345", text(client, "/body/M/client_token/S"));
        office.add_department(1, "Oslo", text(department, "/body/M/department_token/S"));
        self.stage.network.host(HOST, Arc::new(self.stage.loomis.clone()));
        let shop = Arc::new(Shop::new(Setup::default()));
        let secret = |name: &str| text(department, &format!("/body/M/shop/M/{name}/S"));
        shop.add_key(secret("consumer_key"), secret("consumer_secret"), Permissions::ReadWrite);
        self.stage.network.host(text(department, "/body/M/shop/M/url/S"), shop);
    }

    /// The messages of the lane by their texts.
    async fn sent(&self, lane: Lane) -> Vec<Value> {
        let received = self.aws.receive(lane, 10, Duration::ZERO).await.unwrap();
        received.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect()
    }
}

fn text<'a>(item: &'a Value, path: &str) -> &'a str {
    item.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path} in {item}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_records_work_as_they_stand_and_their_secrets_are_sealed() {
    let examples = examples();
    let [client, department] = examples.as_slice() else { panic!("{examples:#?}") };
    let table = Table::with(&examples).await;
    table.set_up(client, department);
    let check = table.engine.check("1").await.unwrap();
    assert!(check.is_green(), "{check:#?}");
    let shown = table.engine.show_department("1").await.unwrap();
    assert_eq!((&shown["orders"]["from_date"], &shown["version"]), (&json!("2026-11-20"), &json!(1)));
    for (key, paths) in [
        (Key::new("client", "012345"), ["/client_token"].as_slice()),
        (Key::new("department", "1"), &["/department_token", "/shop/consumer_key", "/shop/consumer_secret"]),
    ] {
        let stored = table.aws.get(&key).await.unwrap().unwrap();
        for path in paths {
            let stored = stored.body.pointer(path).and_then(Value::as_str).unwrap();
            assert!(is_sealed(stored), "{path} is not sealed");
        }
    }
    table.engine.tick(Tick::Products, table.stage.engine.world.now()).await.unwrap();
    assert!(table.sent(Lane::Scan).await.iter().any(|one| one["client"] == "012345"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_record_stops_its_own_department_and_no_other() {
    let examples = examples();
    let other = |id: &str, change: &dyn Fn(&mut Value)| {
        let mut item = examples[1].clone();
        item["sk"]["S"] = json!(id);
        item["body"]["M"]["department_id"]["S"] = json!(id);
        item["body"]["M"]["shop"]["M"]["url"]["S"] = json!(format!("shop-{id}.example"));
        change(&mut item);
        item
    };
    let mut items = examples.clone();
    items.push(other("2", &|item| item["body"] = json!({"S": "{\"department_id\": \"2\"}"})));
    items.push(other("3", &|item| item["body"]["M"]["produkts"] = json!({"M": {}})));
    items.push(other("4", &|item| item["version"] = json!({"S": "first"})));
    items.push(other("5", &|item| item["body"]["M"]["products"]["M"]["prices"] = json!({"S": "yes"})));
    let table = Table::with(&items).await;
    table.set_up(&examples[0], &examples[1]);
    let now = table.stage.engine.world.now();
    table.engine.tick(Tick::Products, now).await.unwrap();
    drain(&table.engine).await;
    // The sound one goes on.
    table.stage.pass(Duration::from_secs(60));
    table.engine.tick(Tick::Orders, table.stage.engine.world.now()).await.unwrap();
    let orders: Vec<Value> = table.sent(Lane::Orders).await;
    assert!(!orders.is_empty() && orders.iter().all(|one| one["department"] == "1"), "{orders:?}");
    assert!(table.engine.paused("1").await.unwrap().is_none());
    for (id, names) in [("2", "body"), ("3", "produkts"), ("4", "version"), ("5", "products.prices")] {
        let pause = table.engine.paused(id).await.unwrap().unwrap_or_else(|| panic!("{id} is not paused"));
        assert!(pause.reason.contains(names) && pause.until.is_none(), "{id}: {}", pause.reason);
    }
    // All of them are listed, each by its id.
    let listed = table.engine.list_departments().await.unwrap();
    let ids: Vec<&Value> = listed.iter().map(|one| &one["department_id"]).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(listed.iter().filter(|one| one.get("fault").is_some()).count(), 4);
}
