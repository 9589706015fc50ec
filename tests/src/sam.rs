//! The template as it is deployed: built and deployed by `sam`, onto the engine that stands in for AWS.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    process::Command,
};

use aws::Names;
use serde_json::Value;
use sync::ports::Lane;

use crate::{
    engine::{Engine, REGION},
    tools::{run, tool, workspace},
};

/// What the stack is called.
const NAME: &str = "house";

/// The template, deployed.
#[derive(Clone)]
pub struct Stack {
    /// The engine that it is deployed on.
    endpoint: String,
    outputs: HashMap<String, String>,
}

impl Stack {
    /// Builds the functions and deploys the template with these parameters. The functions run on this machine.
    ///
    /// # Panics
    /// When `sam` can't; with what it printed.
    pub fn deploy(engine: &Engine, parameters: &[&str]) -> Stack {
        build();
        let endpoint = engine.endpoint();
        let mut deploy = sam(&endpoint);
        deploy
            .args(["deploy", "--stack-name", NAME, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"])
            .args(["--no-confirm-changeset", "--no-progressbar", "--max-wait-duration", "5"])
            .arg("--template-file")
            .arg(built().join("template.yaml"))
            .arg("--parameter-overrides")
            .arg(architecture())
            .args(parameters);
        run(&mut deploy, "sam deploy");
        let mut list = sam(&endpoint);
        list.args(["list", "stack-outputs", "--stack-name", NAME, "--output", "json"]);
        let printed = run(&mut list, "sam list stack-outputs");
        let printed: Vec<Value> = serde_json::from_str(&printed).expect("sam lists the outputs as JSON");
        let text = |output: &Value, name: &str| output[name].as_str().expect("an output is text").to_owned();
        let outputs = printed.iter().map(|one| (text(one, "OutputKey"), text(one, "OutputValue"))).collect();
        Stack { endpoint, outputs }
    }

    fn output(&self, name: &str) -> String {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}")).clone()
    }

    /// The key of the credentials, by its ARN.
    ///
    /// # Panics
    /// When the template's outputs don't say.
    pub fn secrets_key(&self) -> String {
        self.output("SecretsKey")
    }

    /// Where its table and queues are.
    ///
    /// # Panics
    /// When the template's outputs don't say.
    pub fn names(&self) -> Names {
        let output = |name: &str| self.output(name);
        let lanes = [
            (Lane::Orders, "OrdersQueue"),
            (Lane::Changes, "ChangesQueue"),
            (Lane::Scan, "ScanQueue"),
            (Lane::Bulk, "BulkQueue"),
            (Lane::Notices, "NoticesQueue"),
        ];
        let queues = lanes.into_iter().map(|(lane, name)| (lane, output(name))).collect();
        Names { table: output("Table"), queues }
    }

    /// What the program needs to find the deployed store, as the README says: addresses, names, the key of the secrets.
    pub fn environment(&self) -> Vec<(String, String)> {
        let names = self.names();
        let mut all: Vec<(String, String)> = [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("LOOMIS_WOO_STORE", format!("dynamodb:{}", names.table)),
            ("LOOMIS_WOO_KMS_KEY", self.secrets_key()),
            ("LOOMIS_WOO_WEBHOOK_URL", self.output("WebhookUrl")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (lane, url) in names.queues {
            all.push((format!("LOOMIS_WOO_QUEUE_{}", lane.as_str().to_uppercase()), url));
        }
        all
    }

    /// What the stack is called.
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Hands the sample event (`infra/events`) of a function, by its folder's name, to it, and gives its answer.
    ///
    /// # Panics
    /// When the function fails.
    pub fn invoke(&self, folder: &str) -> Value {
        self.invoke_from(folder, &workspace().join("infra/events").join(folder).with_extension("json"))
    }

    /// Hands an event to a function, by its folder's name, and gives its answer.
    ///
    /// # Panics
    /// When the function fails.
    pub fn invoke_with(&self, folder: &str, event: &Value) -> Value {
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(&file, event.to_string()).expect("it can be written");
        self.invoke_from(folder, file.path())
    }

    fn invoke_from(&self, folder: &str, file: &Path) -> Value {
        let mut invoke = sam(&self.endpoint);
        // As the template calls it.
        let function: String = folder.split('-').map(capital).collect();
        invoke.args(["remote", "invoke", &function, "--stack-name", NAME, "--event-file"]).arg(file);
        let printed = run(&mut invoke, "sam remote invoke");
        serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{folder} answers: {printed}"))
    }

    /// What the functions have said so far.
    pub fn logs(&self) -> String {
        let printed = run(sam(&self.endpoint).args(["logs", "--stack-name", NAME]), "sam logs");
        // The platform's own lines, three a call.
        let platform = ["START RequestId", "END RequestId", "REPORT RequestId"];
        let said = printed.lines().filter(|line| !platform.iter().any(|one| line.contains(one)));
        said.collect::<Vec<_>>().join("\n")
    }
}

/// Builds the functions as the template says, but without optimisations: fat link-time optimisation of the AWS SDK takes
/// longer than all tests together.
fn build() {
    // It asks nothing of AWS.
    let mut build = sam("http://127.0.0.1:9");
    build
        .args(["build", "--beta-features", "--parameter-overrides", &architecture(), "--build-dir"])
        .arg(built())
        .env("SAM_BUILD_MODE", "debug")
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_DEV_STRIP", "true");
    run(&mut build, "sam build");
    // For the same target, so that it shares what was built.
    let mut program = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    program
        .current_dir(workspace())
        .args(["build", "--quiet", "-p", "loomis-woo", "--features", "dynamodb", "--target", &target()])
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_DEV_STRIP", "true");
    run(&mut program, "cargo build");
}

/// The program with `--store dynamodb:TABLE`, as [`Stack::deploy`] builds it.
pub fn program() -> PathBuf {
    let target_folder =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    target_folder.join(target()).join("debug/loomis-woo")
}

/// This machine's, as `cargo lambda` names it.
fn target() -> String {
    format!("{}-unknown-linux-gnu", env::consts::ARCH)
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// Where the built template and the binaries lie.
fn built() -> PathBuf {
    workspace().join("target/sam/build")
}

/// The functions run on this machine, whatever the template's default is.
fn architecture() -> String {
    format!("Architecture={}", if env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" })
}

/// `sam` with the engine for AWS, and nothing of this machine's own account.
fn sam(endpoint: &str) -> Command {
    let program = tool("sam");
    // It looks for `cargo-lambda` beside itself, and that one for Zig.
    let beside = program.parent().map(Path::to_owned);
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(beside.into_iter().chain(env::split_paths(&path))).expect("PATH is a list");
    let mut sam = Command::new(program);
    sam.current_dir(workspace())
        .env("PATH", path)
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN");
    sam
}
