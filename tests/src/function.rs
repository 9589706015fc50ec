//! A function that `sam build` made, as a process of this machine: Lambda's runtime beside it hands it one event. What it asks of
//! AWS is answered by the same stand-in, whose table is empty and whose queues take everything, or by an engine.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    Server,
    serve::{WallClock, serve},
};
use world::{Method, Request, Response};

use crate::tools::workspace;

/// How long a function may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// 32 bytes in Base64.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// What `sam build` made, by the resources' names: in `.aws-sam/build`, or where `FUNCTIONS` says.
///
/// # Panics
/// Where nothing was made.
pub fn built() -> Vec<PathBuf> {
    let built = env::var_os("FUNCTIONS").map_or_else(|| workspace().join(".aws-sam/build"), PathBuf::from);
    let folders = fs::read_dir(&built).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut functions: Vec<PathBuf> = folders.filter(|folder| folder.join("bootstrap").is_file()).collect();
    functions.sort();
    assert!(!functions.is_empty(), "{}: no functions; sam build --beta-features makes them", built.display());
    functions
}

/// The resource's name.
pub fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The function's sample event.
///
/// # Panics
/// Where there is none.
pub fn event(folder: &Path) -> String {
    let mut file = String::new();
    for letter in name(folder).chars() {
        if letter.is_uppercase() && !file.is_empty() {
            file.push('-');
        }
        file.extend(letter.to_lowercase());
    }
    let path = workspace().join("infra/events").join(file).with_extension("json");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One cold start and one invocation.
#[derive(Debug)]
pub struct Life {
    /// From exec to the first question for work.
    pub init: Duration,
    /// From the event to its answer.
    pub invoke: Duration,
    /// The most memory that was resident, in KiB.
    pub peak: u32,
    /// What it answered.
    pub answer: Value,
}

/// Where a function finds what it asks AWS for.
#[derive(Debug)]
pub struct Site {
    /// Where AWS is; none for the stand-in.
    pub endpoint: Option<String>,
    /// The table's name.
    pub table: String,
    /// The queues' addresses, by their lanes' names in capitals; none for the stand-in's.
    pub queues: Vec<(String, String)>,
}

impl Default for Site {
    fn default() -> Site {
        Site { endpoint: None, table: "table".to_owned(), queues: Vec::new() }
    }
}

/// Starts a function, lets it take this event, and ends it.
///
/// # Panics
/// When it can't be started, fails, or doesn't answer.
pub async fn live(command: &mut Command, event: String, site: &Site) -> Life {
    let stand_in = Arc::new(StandIn { event, marks: Mutex::default() });
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = serve(stand_in.clone(), Arc::new(WallClock), loopback).await.expect("the loopback");
    command.env_clear().envs(environment(serving.address, site)).stdout(Stdio::null());
    let begun = Instant::now();
    let mut function = command.spawn().expect("the function starts");
    let mut most = 0;
    let (asked, answered, answer) = loop {
        // Once it was told that there is no more work, it ends.
        most = peak(function.id()).max(most);
        if let Marks { asked: Some(asked), answered: Some((answered, answer)) } = stand_in.marks().clone() {
            break (asked, answered, answer);
        }
        let ended = function.try_wait().expect("a child can be asked");
        assert!(ended.is_none(), "{command:?} ended: {ended:?}");
        assert!(begun.elapsed() < PATIENCE, "{command:?} does not answer");
        tokio::time::sleep(Duration::from_micros(500)).await;
    };
    function.kill().and_then(|()| function.wait()).expect("it can be ended");
    Life { init: asked - begun, invoke: answered - asked, peak: most, answer }
}

/// The most memory of a process that was resident, in KiB; 0 of one that is gone.
pub fn peak(process: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.split_whitespace().next().and_then(|peak| peak.parse().ok()).unwrap_or(0)
}

fn environment(address: SocketAddr, site: &Site) -> Vec<(String, String)> {
    let endpoint = site.endpoint.clone().unwrap_or_else(|| format!("http://{address}"));
    let mut all: Vec<(String, String)> = [
        ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("LOOMIS_WOO_KEY", KEY),
        ("LOOMIS_WOO_TABLE", site.table.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "house-Function"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", crate::engine::REGION),
        ("AWS_DEFAULT_REGION", crate::engine::REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        // What interpreters need to find themselves.
        ("PATH", env::var("PATH").unwrap_or_default().as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for lane in sync::ports::Lane::ALL {
        let name = lane.as_str().to_uppercase();
        let given = site.queues.iter().find(|(given, _)| *given == name).map(|(_, url)| url.clone());
        let stand_in = || format!("http://{address}/000000000000/house-{}.fifo", lane.as_str());
        all.push((format!("LOOMIS_WOO_QUEUE_{name}"), given.unwrap_or_else(stand_in)));
    }
    all
}

#[derive(Clone, Debug, Default)]
struct Marks {
    asked: Option<Instant>,
    answered: Option<(Instant, Value)>,
}

/// Lambda's runtime with one event, an empty table and queues that take everything.
struct StandIn {
    event: String,
    marks: Mutex<Marks>,
}

impl StandIn {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for StandIn {
    fn handle(&self, request: &Request, now: Timestamp) -> Response {
        let mut marks = self.marks();
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
            let given = serde_json::from_slice(request.body.as_deref().unwrap_or_default());
            marks.answered.get_or_insert_with(|| (Instant::now(), given.unwrap_or_default()));
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
