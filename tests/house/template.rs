//! The template: that AWS would take it, and that it says what the ports promise.

use std::process::Command;

use house::tools::{run, template, tool, workspace};
use serde_json::{Value, json};
use sync::ports::{MAX_ATTEMPTS, VISIBILITY};

#[test]
fn sam_takes_it() {
    let mut sam = Command::new(tool("sam"));
    sam.args(["validate", "--lint", "--region", "eu-north-1", "--template"])
        .arg(workspace().join("template.yaml"))
        .env("SAM_CLI_TELEMETRY", "0");
    run(&mut sam, "sam validate --lint");
}

#[test]
fn cfn_lint_has_nothing_to_say() {
    run(Command::new(tool("cfn-lint")).arg(workspace().join("template.yaml")), "cfn-lint");
}

fn resources(kind: &str) -> Vec<(&'static str, &'static Value)> {
    let all = template()["Resources"].as_object().expect("a template has resources");
    let kind = all.iter().filter(|(_, resource)| resource["Type"] == kind);
    kind.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
}

#[test]
fn the_queues_keep_the_port_s_promises() {
    let queues = resources("AWS::SQS::Queue");
    let lanes: Vec<_> = queues.iter().filter(|(_, queue)| !queue["RedrivePolicy"].is_null()).collect();
    assert_eq!(lanes.len(), sync::ports::Lane::ALL.len());
    let longest = template()["Globals"]["Function"]["Timeout"].as_u64().expect("a time-out");
    for (name, queue) in lanes {
        assert_eq!(queue["FifoQueue"], true, "{name}");
        assert_eq!(queue["VisibilityTimeout"], VISIBILITY.as_secs(), "{name}");
        // AWS's own advice for event source mappings.
        assert!(VISIBILITY.as_secs() >= 6 * longest, "{name}");
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], MAX_ATTEMPTS, "{name}");
    }
}

#[test]
fn the_index_is_the_one_that_is_asked() {
    let tables = resources("AWS::DynamoDB::Table");
    let [(_, table)] = tables.as_slice() else { panic!("one table") };
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexName"], aws::INDEX);
    assert_eq!(table["TimeToLiveSpecification"], json!({ "AttributeName": "ttl", "Enabled": true }));
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
}

#[test]
fn a_function_s_binary_is_named_like_its_folder() {
    for name in ["Schedule", "ProductWorker", "OrderWorker", "WebhookReceiver"] {
        let function = &template()["Resources"][name];
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary");
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{binary}"));
        assert!(workspace().join("functions").join(binary).join("Cargo.toml").is_file());
    }
}

#[test]
fn the_sample_events_are_the_clock_s() {
    let clocks = template()["Resources"]["Schedule"]["Properties"]["Events"].as_object().expect("clocks");
    assert_eq!(clocks.len(), 5);
    for (name, clock) in clocks {
        let input = clock["Properties"]["Input"].as_str().expect("an input");
        let mut event: Value = serde_json::from_str(input).expect("the input is JSON");
        let moment = event.as_object_mut().and_then(|event| event.remove("scheduled"));
        assert_eq!(moment, Some(json!("<aws.scheduler.scheduled-time>")), "{name}");
        let sample = workspace().join("infra/events").join(name.to_lowercase()).with_extension("json");
        let sample = std::fs::read(sample).expect("a sample of each");
        assert_eq!(serde_json::from_slice::<Value>(&sample).expect("the sample is JSON"), event);
    }
}

#[test]
fn nobody_may_do_everything() {
    let mut statements = Vec::new();
    for (_, policy) in resources("AWS::IAM::ManagedPolicy") {
        statements.push(&policy["PolicyDocument"]["Statement"]);
    }
    for (_, role) in resources("AWS::IAM::Role") {
        for policy in role["Policies"].as_array().into_iter().flatten() {
            statements.push(&policy["PolicyDocument"]["Statement"]);
        }
    }
    let statements: Vec<_> = statements.into_iter().filter_map(Value::as_array).flatten().collect();
    assert!(statements.len() >= 8);
    for statement in statements {
        assert!(!statement["Action"].to_string().contains('*'), "{statement}");
        assert_ne!(statement["Resource"], "*", "{statement}");
    }
}
