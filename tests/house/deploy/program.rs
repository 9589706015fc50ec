//! The program itself on the deployed store: what a person types.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use house::sam;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::{house::House, sides::Sides};

/// How long a command may take: `synchronize` waits for the deployed workers.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program, and where it finds the deployed store.
pub(super) struct Program {
    file: PathBuf,
    environment: Vec<(String, String)>,
}

impl Program {
    /// Built beside the functions.
    pub(super) fn of(house: &House) -> Program {
        Program { file: sam::program(), environment: house.environment() }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(&self.file);
        command.args(arguments).env_clear().envs(self.environment.iter().cloned()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Types a command, with this on its input. It has to end so; what it printed is given, as JSON where it is some.
    async fn types_into(&self, line: &str, input: &str, code: i32) -> Value {
        let begun = Instant::now();
        let mut child = self.start(&line.split(' ').collect::<Vec<_>>());
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let ended = timeout(PATIENCE, child.wait_with_output()).await;
        let Output { status, stdout, stderr } =
            ended.unwrap_or_else(|_| panic!("{line} does not end")).unwrap();
        let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        println!("loomis-woo {line}: {:.1} s", begun.elapsed().as_secs_f32());
        assert_eq!(status.code(), Some(code), "{line}:\n{out}\n{err}");
        serde_json::from_str(&out).unwrap_or_else(|_| Value::from(out.into_owned()))
    }

    pub(super) async fn types(&self, line: &str, code: i32) -> Value {
        self.types_into(line, "", code).await
    }
}

/// Every command there is, each with the exit code that it owes.
pub(super) async fn a_person_types(program: &Program, house: &House, sides: &Sides) {
    let [oslo, _, _, bodo] = &sides.towns;
    records(program).await;

    let status = program.types("--json status", 3).await;
    assert_eq!(status.as_array().map(Vec::len), Some(sides.towns.len()), "{status}");
    assert!(program.types("check 1", 0).await.to_string().contains("writ"));
    sides.office.set_price(sides.coffee, "155");
    let shown = program.types("preview 1", 0).await;
    assert!(shown.to_string().contains("155"), "{shown}");
    program.types("synchronize 1", 0).await;
    assert_eq!(oslo.shop.product_by_sku("A-1").unwrap().regular_price, "155.00");
    assert!(program.types("log 1", 0).await.to_string().contains("A-1"));
    program.types("retry 1", 0).await;
    program.types("resume 1", 0).await;

    let waiting = program.types("--json orders waiting 4", 3).await;
    assert!(waiting.to_string().contains("WEB-7"), "{waiting}");
    let story = program.types("order show 4 WEB-7", 3).await;
    assert!(story.to_string().contains("WEB-7"), "{story}");
    // It waits for its product, and nobody doubts it.
    program.types("order settle 4 WEB-7 --send-again", 2).await;
    assert!(sides.office.orders().iter().all(|order| order.department_id != bodo.number()));

    program.types("dead", 0).await;
    program.types("redrive orders", 0).await;
    program.types("backup elsewhere.sqlite", 2).await;
    program.types("restore elsewhere.sqlite", 2).await;
    program.types("cost --departments 4", 0).await;
    run(program, house, sides).await;
    program.types("client remove 012345", 2).await;
    program.types("department remove 4", 0).await;
    program.types("department show 4", 2).await;
}

async fn records(program: &Program) {
    let clients = program.types("--json client list", 0).await;
    assert_eq!(clients.as_array().map(Vec::len), Some(1), "{clients}");
    let client = program.types("--json client show 012345", 0).await;
    program.types_into("client put -", &without_secrets(client), 0).await;
    let departments = program.types("--json department list", 0).await;
    assert_eq!(departments.as_array().map(Vec::len), Some(4), "{departments}");
    let mut department = program.types("--json department show 1", 0).await;
    assert!(!department.to_string().contains("cs_test"), "{department}");
    department["name"] = json!("Oslo S");
    let department = without_secrets(department);
    program.types_into("department put -", &department, 0).await;
    // Of a version that is no more.
    program.types_into("department put -", &department, 2).await;
    program.types_into("department put -", r#"{"department_id": "1", "nmae": "Oslo"}"#, 2).await;
    let again = program.types("--json department show 1", 0).await;
    assert_eq!(again["name"], "Oslo S");
}

/// A record as it is shown, without the places of its secrets: they keep their values.
fn without_secrets(mut record: Value) -> String {
    let fields = record.as_object_mut().unwrap();
    fields.retain(|_, value| *value != "(not shown)");
    if let Some(shop) = fields.get_mut("shop").and_then(Value::as_object_mut) {
        shop.retain(|_, value| *value != "(not shown)");
    }
    record.to_string()
}

/// It works beside the deployed functions, until Ctrl-C.
async fn run(program: &Program, house: &House, sides: &Sides) {
    let mut child = program.start(&["-v", "run"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let at_work = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("at work") {
                return true;
            }
        }
        false
    };
    assert!(timeout(PATIENCE, at_work).await.unwrap(), "`run` ended");
    // Whatever it says further is read, or it would stand still.
    let rest = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let oslo = &sides.towns[0];
    let coffee = oslo.shop.product_by_sku("A-1").unwrap().id;
    let before = sides.office.orders().len();
    let id = oslo.shop.place_order(simulators::shop::NewOrder::of(coffee, 1), jiff::Timestamp::now());
    let marked = async || oslo.shop.order(id).unwrap().meta("_loomis_woo").is_some();
    house.until("the order that two installations see", marked).await;
    assert_eq!(sides.office.orders().len(), before + 1);
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended =
        timeout(PATIENCE, child.wait()).await.unwrap_or_else(|_| panic!("`run` heeds no Ctrl-C")).unwrap();
    assert_eq!(ended.code(), Some(0));
    rest.await.unwrap();
}
