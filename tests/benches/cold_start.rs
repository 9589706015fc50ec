//! How fast the deployed functions start: from exec to the first question for work, and their first invocation, against a
//! stand-in for Lambda's runtime, DynamoDB and SQS. What is measured is what `sam build` made:
//!
//! ```sh
//! sam build --beta-features --parameter-overrides Architecture=x86_64
//! cargo test -p house --bench cold_start              # or: cargo bench …; FUNCTIONS=folder, RUNS=number
//! ```

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use house::tools::workspace;
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    Server,
    serve::{WallClock, serve},
};
use world::{Method, Request, Response};

/// How long a function may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// 32 bytes in Base64.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

#[tokio::main]
async fn main() {
    let runs = env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(15);
    let built = env::var_os("FUNCTIONS").map_or_else(|| workspace().join(".aws-sam/build"), PathBuf::from);
    let mut functions: Vec<PathBuf> =
        fs::read_dir(&built).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    functions.retain(|folder| folder.join("bootstrap").is_file());
    functions.sort();
    assert!(!functions.is_empty(), "{}: no functions; sam build --beta-features makes them", built.display());
    println!(
        "medians of {runs}; exec to the first question for work, the first invocation, the memory at its end"
    );
    for folder in functions {
        let mut starts = Vec::new();
        for _ in 0..runs {
            starts.push(start(&folder).await);
        }
        let median = |of: fn(&Start) -> u128| {
            let mut all: Vec<u128> = starts.iter().map(of).collect();
            all.sort_unstable();
            all[all.len() / 2]
        };
        println!(
            "{:<22} {:>5} ms {:>5} ms {:>6} KiB, binary {} KiB",
            folder.file_name().unwrap_or_default().to_string_lossy(),
            tenths(median(|one| one.init.as_micros())),
            tenths(median(|one| one.invoke.as_micros())),
            median(|one| one.memory.into()),
            fs::metadata(folder.join("bootstrap")).map_or(0, |file| file.len() / 1024),
        );
    }
}

fn tenths(micros: u128) -> String {
    format!("{}.{}", micros / 1000, micros % 1000 / 100)
}

/// One cold start.
struct Start {
    init: Duration,
    invoke: Duration,
    /// Resident, in KiB.
    memory: u32,
}

async fn start(folder: &Path) -> Start {
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a resource's name").to_owned();
    let stand_in = Arc::new(StandIn { event: event(&name), marks: Mutex::default() });
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = serve(stand_in.clone(), Arc::new(WallClock), loopback).await.expect("the loopback");
    let begun = Instant::now();
    let mut function = Command::new(folder.join("bootstrap"))
        .env_clear()
        .envs(environment(&name, serving.address))
        .stdout(Stdio::null())
        .spawn()
        .expect("the function starts");
    let (asked, answered) = loop {
        let marks = stand_in.marks.lock().expect("nobody panicked").clone();
        if let (Some(asked), Some(answered)) = (marks.asked, marks.answered) {
            break (asked, answered);
        }
        assert!(begun.elapsed() < PATIENCE, "{name} does not answer: {marks:?}");
        tokio::time::sleep(Duration::from_micros(500)).await;
    };
    let status = fs::read_to_string(format!("/proc/{}/status", function.id())).unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let memory = memory.split_whitespace().next().and_then(|memory| memory.parse().ok()).unwrap_or(0);
    function.kill().and_then(|()| function.wait()).expect("it can be ended");
    Start { init: asked - begun, invoke: answered - asked, memory }
}

fn environment(name: &str, address: SocketAddr) -> Vec<(String, String)> {
    let mut all = vec![
        ("AWS_LAMBDA_RUNTIME_API".to_owned(), address.to_string()),
        ("AWS_ENDPOINT_URL".to_owned(), format!("http://{address}")),
        ("LOOMIS_WOO_KEY".to_owned(), KEY.to_owned()),
        ("LOOMIS_WOO_TABLE".to_owned(), "table".to_owned()),
    ];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", "eu-north-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ] {
        all.push((name.to_owned(), value.to_owned()));
    }
    for lane in sync::ports::Lane::ALL {
        let url = format!("http://{address}/000000000000/house-{}.fifo", lane.as_str());
        all.push((format!("LOOMIS_WOO_QUEUE_{}", lane.as_str().to_uppercase()), url));
    }
    all
}

/// The function's sample event.
fn event(name: &str) -> String {
    let mut folder = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !folder.is_empty() {
            folder.push('-');
        }
        folder.extend(letter.to_lowercase());
    }
    let path = workspace().join("infra/events").join(folder).with_extension("json");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Clone, Debug, Default)]
struct Marks {
    asked: Option<Instant>,
    answered: Option<Instant>,
}

/// Lambda's runtime with one event, an empty table and queues that take everything.
struct StandIn {
    event: String,
    marks: Mutex<Marks>,
}

impl Server for StandIn {
    fn handle(&self, request: &Request, now: Timestamp) -> Response {
        let mut marks = self.marks.lock().expect("nobody panicked");
        let path = request.url.path();
        if path.ends_with("/invocation/next") {
            if marks.asked.is_some() {
                return answer(410, &Value::Null);
            }
            marks.asked = Some(Instant::now());
            let deadline = (now + Duration::from_secs(300)).as_millisecond().to_string();
            let headers = [
                ("lambda-runtime-aws-request-id", "1"),
                ("lambda-runtime-deadline-ms", deadline.as_str()),
                ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-north-1:000000000000:function:f"),
                ("content-type", "application/json"),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            return Response { status: 200, headers: headers.into(), body: self.event.clone().into_bytes() };
        }
        if path.contains("/runtime/") {
            assert!(
                path.ends_with("/response"),
                "{path}: {:?}",
                request.body.as_deref().map(String::from_utf8_lossy)
            );
            marks.answered.get_or_insert_with(Instant::now);
            return answer(202, &json!({ "status": "OK" }));
        }
        let target = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"));
        match target.map(|(_, target)| target.as_str()) {
            Some("DynamoDB_20120810.Query") => {
                answer(200, &json!({ "Items": [], "Count": 0, "ScannedCount": 0 }))
            }
            Some("AmazonSQS.SendMessageBatch") => answer(200, &json!({ "Successful": [], "Failed": [] })),
            _ => answer(200, &json!({})),
        }
    }

    fn state(&self) -> Value {
        Value::Null
    }

    fn control(&self, _: Method, _: &str, _: &[u8], _: Timestamp) -> Option<Result<Value, String>> {
        None
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())];
    Response { status, headers, body: body.to_string().into_bytes() }
}
