//! How fast the deployed functions start: from exec to the first question for work, and their first invocation, against a
//! stand-in for Lambda's runtime, DynamoDB and SQS; beside them the least that a function in Python (boto3) and in Node (SDK v3)
//! can be, `benches/peers`, that asks the same of AWS. What is measured is what `sam build` made:
//!
//! ```sh
//! sam build --beta-features --parameter-overrides Architecture=x86_64
//! cargo bench -p house --bench cold_start             # or: cargo test …; FUNCTIONS=folder, RUNS=number
//! ```

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use house::{
    function::{self, Life, Site, built, event, live},
    tools::{run, tool, workspace},
};

#[tokio::main]
async fn main() {
    let runs = env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(15);
    println!("medians of {runs}: exec to the first question for work, the first invocation, the most memory");
    let (mut ours, schedule) = (Vec::new(), event(Path::new("ScheduleOrders")));
    for folder in built() {
        let bootstrap = folder.join("bootstrap");
        let size = fs::metadata(&bootstrap).map_or(0, |file| file.len() / 1024);
        let medians = measure(runs, || Command::new(&bootstrap), &event(&folder)).await;
        println!(
            "{:<22}{medians}, binary {size} KiB, zip {} KiB",
            function::name(&folder),
            zipped(&bootstrap)
        );
        ours.push(medians);
    }
    let python = measure(runs, python, &schedule).await;
    println!("{:<22}{python}", "Python, boto3");
    let node = match node() {
        Some(handler) => {
            let node = measure(runs, || node_on(&handler), &schedule).await;
            println!("{:<22}{node}", "Node, SDK v3");
            Some(node)
        }
        None => {
            println!("Node, SDK v3: npm is not here");
            None
        }
    };
    for (name, peer) in [("Python", Some(python)), ("Node", node)] {
        let Some(peer) = peer else { continue };
        let slowest = ours.iter().map(|one| one.init + one.invoke).max().unwrap_or(1);
        let fastest = ours.iter().map(|one| one.init + one.invoke).min().unwrap_or(1);
        let whole = peer.init + peer.invoke;
        println!(
            "{name} takes {} to {} times as long from exec to the first answer",
            whole / slowest,
            whole / fastest
        );
    }
}

/// Medians: in microseconds, and KiB.
#[derive(Clone, Copy)]
struct Medians {
    init: u128,
    invoke: u128,
    peak: u32,
}

impl std::fmt::Display for Medians {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = |micros: u128| format!("{}.{}", micros / 1000, micros % 1000 / 100);
        write!(formatter, "{:>7} ms {:>7} ms {:>7} KiB", tenths(self.init), tenths(self.invoke), self.peak)
    }
}

async fn measure(runs: usize, command: impl Fn() -> Command, event: &str) -> Medians {
    let mut lives = Vec::new();
    for _ in 0..runs {
        lives.push(live(&mut command(), event.to_owned(), &Site::default()).await);
    }
    Medians {
        init: median(&lives, |life| life.init.as_micros()),
        invoke: median(&lives, |life| life.invoke.as_micros()),
        peak: median(&lives, |life| life.peak),
    }
}

fn median<T: Ord + Copy>(lives: &[Life], of: impl Fn(&Life) -> T) -> T {
    let mut all: Vec<T> = lives.iter().map(of).collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// What AWS is sent, in KiB.
fn zipped(bootstrap: &Path) -> u64 {
    let script = "import sys, zipfile, io; out = io.BytesIO(); \
                  zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED).write(sys.argv[1], 'bootstrap'); \
                  print(len(out.getvalue()) // 1024)";
    let printed = run(Command::new(tool("python")).args(["-c", script]).arg(bootstrap), "it can't be zipped");
    printed.trim().parse().unwrap_or(0)
}

fn peers() -> PathBuf {
    workspace().join("tests/benches/peers")
}

/// The environment of the AWS tools has boto3.
fn python() -> Command {
    let mut command = Command::new(tool("python"));
    command.arg(peers().join("handler.py"));
    command
}

/// The handler in Node beside its packages, if npm is here to fetch them.
fn node() -> Option<PathBuf> {
    let folder = workspace().join("target/tools/node");
    Command::new("npm").arg("--version").output().ok()?;
    fs::create_dir_all(&folder).expect("target/tools can be made");
    for file in ["package.json", "handler.mjs"] {
        fs::copy(peers().join(file), folder.join(file)).expect("a file can be copied");
    }
    run(
        Command::new("npm").args(["install", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder),
        "npm install",
    );
    Some(folder.join("handler.mjs"))
}

fn node_on(handler: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg("--no-warnings").arg(handler);
    command
}
