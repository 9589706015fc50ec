//! The template: that AWS would take it, that it is safe, and that it says what ports and functions promise.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use house::tools::{run, scan, template, tool, workspace};
use serde_json::{Value, json};
use sync::{
    Tick,
    ports::{Lane, MAX_ATTEMPTS, VISIBILITY},
};

/// What Lambda does for a queue that it takes messages from, and what a worker does to give one back early.
const RECEIVES: [&str; 4] =
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"];

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

/// What it leaves out stands in `infra/checkov.yaml`, with reasons.
#[test]
fn checkov_has_nothing_to_say() {
    let mut checkov = Command::new(scan());
    checkov
        .arg("--config-file")
        .arg(workspace().join("infra/checkov.yaml"))
        .arg("--file")
        .arg(workspace().join("template.yaml"));
    run(&mut checkov, "checkov");
}

type Resource = (&'static str, &'static Value);

fn all() -> impl Iterator<Item = Resource> {
    let all = template()["Resources"].as_object().expect("a template has resources");
    all.iter().map(|(name, resource)| (name.as_str(), resource))
}

/// The properties of the resources of a kind.
fn resources(kind: &str) -> Vec<Resource> {
    all().filter(|(_, one)| one["Type"] == kind).map(|(name, one)| (name, &one["Properties"])).collect()
}

fn functions() -> Vec<Resource> {
    resources("AWS::Serverless::Function")
}

/// What `!GetAtt X.Arn` or `!Ref X` names.
fn named(value: &Value) -> &str {
    let name = value["Fn::GetAtt"][0].as_str().or(value["Ref"].as_str());
    name.unwrap_or_else(|| panic!("{value} names no resource"))
}

/// One or many.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |many| many.iter().collect())
}

fn texts(value: &Value) -> BTreeSet<&str> {
    list(value).into_iter().map(|one| one.as_str().expect("a text")).collect()
}

/// The values of `!If [_, then, otherwise]` that are not `AWS::NoValue`, or the value itself.
fn either(value: &Value) -> Vec<&Value> {
    let nothing = json!({ "Ref": "AWS::NoValue" });
    match value["Fn::If"].as_array() {
        Some(branches) => branches[1..].iter().filter(|branch| **branch != nothing).collect(),
        None => vec![value],
    }
}

/// The statements that a role has, by itself and by the template's own managed policies.
fn statements(role: &str) -> Vec<&'static Value> {
    let role = &template()["Resources"][role]["Properties"];
    let own = list(&role["Policies"]).into_iter().filter(|policy| !policy.is_null());
    let managed = list(&role["ManagedPolicyArns"]).into_iter().filter(|policy| !policy.is_null());
    let managed = managed.flat_map(either).map(|one| &template()["Resources"][named(one)]["Properties"]);
    own.chain(managed).flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])).collect()
}

/// Whether a statement of the role allows all of it to each of these resources.
fn may(role: &str, actions: &[&str], resources: &BTreeSet<&str>) -> bool {
    resources.iter().all(|resource| {
        statements(role).into_iter().filter(|one| one["Effect"] == "Allow").any(|one| {
            let allowed = texts(&one["Action"]);
            actions.iter().all(|action| allowed.contains(action))
                && list(&one["Resource"]).iter().any(|at| at.is_object() && named_loosely(at) == *resource)
        })
    })
}

/// As [`named`], of a `!Sub` too.
fn named_loosely(value: &Value) -> &str {
    match value["Fn::Sub"].as_str() {
        Some(text) => text.trim_start_matches("${").split(['.', '}']).next().unwrap_or_default(),
        None => named(value),
    }
}

fn lane_queues() -> Vec<Resource> {
    let queues = resources("AWS::SQS::Queue").into_iter();
    queues.filter(|(_, queue)| !queue["RedrivePolicy"].is_null()).collect()
}

#[test]
fn the_queues_keep_the_port_s_promises() {
    let queues = lane_queues();
    assert_eq!(queues.len(), Lane::ALL.len());
    let longest = template()["Globals"]["Function"]["Timeout"].as_u64().expect("a time-out");
    let takes = |function: &Resource| !events(*function, "SQS").is_empty();
    assert!(functions().iter().filter(|one| takes(one)).all(|(_, function)| function["Timeout"].is_null()));
    for (name, queue) in queues {
        assert_eq!(queue["FifoQueue"], true, "{name}");
        assert_eq!(queue["VisibilityTimeout"], VISIBILITY.as_secs(), "{name}");
        // AWS's own advice for event source mappings.
        assert!(VISIBILITY.as_secs() >= 6 * longest, "{name}");
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], MAX_ATTEMPTS, "{name}");
        let dead = named(&queue["RedrivePolicy"]["deadLetterTargetArn"]);
        let dead = &template()["Resources"][dead]["Properties"];
        assert_eq!(dead["FifoQueue"], true, "{name}");
        // A letter keeps the date it was first sent on.
        assert!(
            dead["MessageRetentionPeriod"].as_u64() >= queue["MessageRetentionPeriod"].as_u64(),
            "{name}"
        );
    }
}

/// The alarms on a metric, by the resource that they watch.
fn watched(metric: &str) -> BTreeSet<&'static str> {
    let alarms = resources("AWS::CloudWatch::Alarm").into_iter();
    let alarms = alarms.filter(|(_, alarm)| alarm["MetricName"] == metric);
    alarms.flat_map(|(_, alarm)| list(&alarm["Dimensions"])).map(|one| named(&one["Value"])).collect()
}

#[test]
fn every_queue_and_function_has_its_alarms_and_every_alarm_is_heard() {
    let queues: BTreeSet<_> = resources("AWS::SQS::Queue").into_iter().map(|(name, _)| name).collect();
    let lanes: BTreeSet<_> = lane_queues().into_iter().map(|(name, _)| name).collect();
    let dead: BTreeSet<_> = queues.difference(&lanes).copied().collect();
    assert_eq!(watched("ApproximateNumberOfMessagesVisible"), dead);
    assert_eq!(watched("ApproximateAgeOfOldestMessage"), lanes);
    assert_eq!(watched("Errors"), functions().into_iter().map(|(name, _)| name).collect());
    let alarms = resources("AWS::CloudWatch::Alarm");
    for own in ["PausedDepartments", "ParkedOrders", "Runs"] {
        let of = |(_, alarm): &&Resource| {
            alarm["MetricName"] == own && alarm["Namespace"]["Fn::Sub"] == "LoomisWoo/${AWS::StackName}"
        };
        assert_eq!(alarms.iter().filter(of).count(), 1, "{own}");
    }
    for (name, alarm) in alarms {
        assert_eq!(alarm["AlarmActions"], json!([{ "Ref": "Alarms" }]), "{name}");
        assert!(alarm["AlarmDescription"].is_string(), "{name}");
        // Silence is the alarm for the rounds, and peace for all else.
        let silence = if alarm["MetricName"] == "Runs" { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], silence, "{name}");
    }
}

/// A gateway's endpoint takes a principal of the account for its root user, and knows no roles by it.
#[test]
fn the_way_to_the_ledger_is_open_to_the_roles() {
    let endpoints = resources("AWS::EC2::VPCEndpoint");
    let gateways = endpoints.into_iter().filter(|(_, one)| one["VpcEndpointType"] == "Gateway");
    let mut statements = 0;
    for (name, endpoint) in gateways {
        for statement in list(&endpoint["PolicyDocument"]["Statement"]) {
            assert_eq!(statement["Principal"], "*", "{name}");
            let account = &statement["Condition"]["StringEquals"]["aws:PrincipalAccount"];
            assert_eq!(account["Ref"], "AWS::AccountId", "{name}");
            statements += 1;
        }
    }
    assert_eq!(statements, 1);
}

#[test]
fn no_schedule_is_called_like_another_stack_s() {
    let mut schedules = 0;
    for (name, function) in functions() {
        let events = function["Events"].as_object().into_iter().flatten();
        for (_, event) in events.filter(|(_, event)| event["Type"] == "ScheduleV2") {
            assert_eq!(event["Properties"]["OmitName"], true, "{name}");
            schedules += 1;
        }
    }
    assert_eq!(schedules, Tick::ALL.len());
}

#[test]
fn the_table_is_the_one_that_is_asked_and_can_be_brought_back() {
    let tables = resources("AWS::DynamoDB::Table");
    let [(_, table)] = tables.as_slice() else { panic!("one table") };
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexName"], aws::INDEX);
    assert_eq!(table["TimeToLiveSpecification"], json!({ "AttributeName": "ttl", "Enabled": true }));
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    for kept in ["Table", "SecretsKey", "EgressAddress"] {
        let resource = &template()["Resources"][kept];
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(resource[policy], "Retain", "{kept}");
        }
    }
}

/// The folders of the functions that are deployed.
fn folders() -> BTreeSet<String> {
    let entries = fs::read_dir(workspace().join("functions")).expect("functions/ can be read");
    let names = entries.map(|entry| entry.expect("it can be read").file_name().into_string().expect("text"));
    names.filter(|name| name != "standalone").collect()
}

fn binary(function: Resource) -> &'static str {
    let binary = function.1["CodeUri"].as_str().and_then(|uri| uri.strip_prefix("functions/"));
    binary.unwrap_or_else(|| panic!("{}: its code lies in functions/", function.0))
}

#[test]
fn each_folder_is_one_function_with_a_role_logs_and_a_sample_of_its_own() {
    let functions = functions();
    let mut roles = BTreeSet::new();
    let mut binaries = Vec::new();
    for function in &functions {
        let (name, properties) = *function;
        let metadata = &template()["Resources"][name]["Metadata"];
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{name}");
        assert_eq!(metadata["BuildProperties"]["Binary"], binary(*function), "{name}");
        assert!(roles.insert(named(&properties["Role"])), "{name}: its role is another's too");
        let logging = &properties["LoggingConfig"];
        assert_eq!(logging["LogFormat"], "JSON", "{name}");
        let logs = named(&logging["LogGroup"]);
        assert_eq!(logs, format!("{name}Logs"));
        let retention = &template()["Resources"][logs]["Properties"]["RetentionInDays"];
        assert_eq!(*retention, json!({ "Ref": "LogDays" }), "{name}");
        binaries.push(binary(*function).to_owned());
    }
    binaries.sort();
    assert_eq!(binaries, folders().into_iter().collect::<Vec<_>>());
    let samples = fs::read_dir(workspace().join("infra/events")).expect("infra/events can be read");
    let samples: BTreeSet<_> = samples.map(|one| one.expect("it can be read").path()).collect();
    let wanted = folders().into_iter().map(|name| workspace().join("infra/events").join(name + ".json"));
    assert_eq!(samples, wanted.collect());
    for sample in samples {
        let text = fs::read(&sample).expect("it can be read");
        serde_json::from_slice::<Value>(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", sample.display()));
    }
}

/// What a function is called by.
fn events(function: Resource, kind: &str) -> Vec<&'static Value> {
    let events = function.1["Events"].as_object().into_iter().flat_map(|events| events.values());
    events.filter(|event| event["Type"] == kind).map(|event| &event["Properties"]).collect()
}

#[test]
fn each_lane_has_one_worker_which_may_take_its_messages_and_no_others() {
    let mut taken = Vec::new();
    for function in functions() {
        let mut own = BTreeSet::new();
        for event in events(function, "SQS") {
            assert_eq!(event["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{}", function.0);
            let most = event["ScalingConfig"]["MaximumConcurrency"].as_u64();
            assert!(most.is_some_and(|most| (2..=50).contains(&most)), "{}", function.0);
            own.insert(named(&event["Queue"]));
        }
        let role = named(&function.1["Role"]);
        assert!(may(role, &RECEIVES, &own), "{role} may not take the messages of {own:?}");
        let receives = statements(role).into_iter().filter(|one| texts(&one["Action"]).contains(RECEIVES[0]));
        let may_take: BTreeSet<_> = receives.flat_map(|one| list(&one["Resource"])).map(named).collect();
        assert_eq!(may_take, own, "{role}");
        taken.extend(own);
    }
    taken.sort_unstable();
    let mut lanes: Vec<_> = lane_queues().into_iter().map(|(name, _)| name).collect();
    lanes.sort_unstable();
    assert_eq!(taken, lanes);
}

#[test]
fn each_clock_strikes_one_function_and_keeps_what_it_cannot_deliver() {
    let mut clocks = BTreeSet::new();
    let mut struck = BTreeSet::new();
    for function in functions() {
        for clock in events(function, "ScheduleV2") {
            // A strike that comes twice names one moment.
            let input: Value =
                serde_json::from_str(clock["Input"].as_str().expect("an input")).expect("JSON");
            assert_eq!(input, json!({ "scheduled": "<aws.scheduler.scheduled-time>" }), "{}", function.0);
            assert!(clock["ScheduleExpression"]["Ref"].is_string(), "{}: a parameter", function.0);
            assert!(clock["RetryPolicy"]["MaximumRetryAttempts"].is_u64(), "{}", function.0);
            let role = named(&clock["RoleArn"]);
            assert!(may(role, &["lambda:InvokeFunction"], &BTreeSet::from([function.0])), "{}", function.0);
            let dead = named(&clock["DeadLetterConfig"]["Arn"]);
            assert!(may(role, &["sqs:SendMessage"], &BTreeSet::from([dead])), "{}", function.0);
            clocks.insert(role);
            assert!(struck.insert(function.0), "{}: one clock", function.0);
        }
    }
    let ticks: BTreeSet<_> =
        folders().into_iter().filter_map(|name| Some(name.strip_prefix("schedule-")?.to_owned())).collect();
    assert_eq!(ticks, sync::Tick::ALL.map(|tick| tick.as_str().to_owned()).into());
    assert_eq!(struck.len(), ticks.len());
    // And nobody else's.
    for clock in clocks {
        let calls = statements(clock).into_iter().filter(|one| one["Action"] == "lambda:InvokeFunction");
        let may_call: BTreeSet<_> = calls.flat_map(|one| list(&one["Resource"])).map(named).collect();
        assert_eq!(may_call, struck);
    }
}

/// What the engine of the end-to-end test does itself and asks no role for; what that asks for, it holds (`deploy.rs`).
#[test]
fn each_role_may_do_what_lambda_does_for_it() {
    let attached = |role: &str, policy: &str, condition: &str| {
        let wanted = json!({ "Fn::If": [condition, { "Ref": policy }, { "Ref": "AWS::NoValue" }] });
        list(&template()["Resources"][role]["Properties"]["ManagedPolicyArns"]).contains(&&wanted)
    };
    for (name, function) in functions() {
        let role = named(&function["Role"]);
        let trusts = &template()["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trusts[0]["Principal"], json!({ "Service": "lambda.amazonaws.com" }), "{name}");
        let logs = named(&function["LoggingConfig"]["LogGroup"]);
        assert!(may(role, &["logs:CreateLogStream", "logs:PutLogEvents"], &BTreeSet::from([logs])), "{name}");
        assert!(attached(role, "TracingPolicy", "HasTracing"), "{name}");
        let inside = !function["VpcConfig"].is_null();
        assert_eq!(attached(role, "EgressPolicy", "HasFixedEgress"), inside, "{name}");
        let speaks = ["scan-worker", "apply-worker", "order-worker"].contains(&binary((name, function)));
        assert_eq!(inside, speaks, "{name}: whoever calls Loomis Pay does it from the fixed address");
    }
    let allowed = |policy: &str| {
        let statements = &template()["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"];
        texts(&list(statements)[0]["Action"])
    };
    assert_eq!(
        allowed("TracingPolicy"),
        BTreeSet::from(["xray:PutTraceSegments", "xray:PutTelemetryRecords"])
    );
    for action in ["CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"] {
        assert!(allowed("EgressPolicy").contains(format!("ec2:{action}").as_str()), "{action}");
    }
}

#[test]
fn nobody_may_do_everything() {
    // These services know no resource to name, or it isn't there yet.
    let anywhere = ["TracingPolicy", "EgressPolicy"];
    let mut policies: Vec<Resource> = resources("AWS::IAM::ManagedPolicy");
    for (name, role) in resources("AWS::IAM::Role") {
        policies.extend(list(&role["Policies"]).into_iter().map(|policy| (name, policy)));
    }
    assert!(policies.len() > functions().len());
    for (name, policy) in policies {
        for statement in list(&policy["PolicyDocument"]["Statement"]) {
            assert!(!statement["Action"].to_string().contains('*'), "{name}: {statement}");
            let narrow = anywhere.contains(&name) || !list(&statement["Resource"]).contains(&&json!("*"));
            assert!(narrow, "{name}: {statement}");
        }
    }
    for (name, key) in resources("AWS::KMS::Key") {
        assert_eq!(key["EnableKeyRotation"], true);
        for statement in list(&key["KeyPolicy"]["Statement"]) {
            assert!(!statement["Action"].to_string().contains('*'), "{name}: {statement}");
            let uses = texts(&statement["Action"]).contains("kms:Decrypt");
            assert_eq!(uses, names_its_record(statement), "{name}: {statement}");
        }
    }
    // A role's, too, whatever the key's own policy says.
    for (name, policy) in resources("AWS::IAM::ManagedPolicy") {
        for statement in list(&policy["PolicyDocument"]["Statement"]) {
            let uses = texts(&statement["Action"]).contains("kms:Decrypt");
            assert_eq!(uses, names_its_record(statement), "{name}: {statement}");
        }
    }
}

/// Whether it demands that an encryption context names the record.
fn names_its_record(statement: &Value) -> bool {
    statement["Condition"] == json!({ "Null": { "kms:EncryptionContext:record": "false" } })
}

#[test]
fn each_variable_that_is_read_is_set_and_none_that_nobody_reads() {
    let mut read = BTreeSet::new();
    for crate_ in ["shared", "functions"] {
        sources(&workspace().join(crate_), &mut |path, text| {
            // The program on one machine has more of them, and gets them from its caller.
            let deployed = !path.starts_with(workspace().join("functions/standalone"));
            if deployed && path.file_name().is_some_and(|name| name != "tests.rs") {
                read.extend(variables(text));
            }
        });
    }
    let mut set: BTreeMap<String, &Value> = BTreeMap::new();
    let globals = &template()["Globals"]["Function"]["Environment"]["Variables"];
    for variables in functions().into_iter().map(|(_, one)| &one["Environment"]["Variables"]).chain([globals])
    {
        set.extend(variables.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value)));
    }
    set.retain(|name, _| name.starts_with(PREFIX));
    assert_eq!(set.keys().cloned().collect::<BTreeSet<_>>(), read);
    for (name, value) in set {
        assert!(value.is_object(), "{name}: a parameter or a resource, never a value of its own");
    }
}

const PREFIX: &str = "LOOMIS_WOO_";

/// The names in quotes by themselves, as code has them; a sentence that holds one is for people.
fn variables(text: &str) -> BTreeSet<String> {
    let quoted = text.split('"').filter(|part| part.starts_with(PREFIX));
    let name = |part: &&str| part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    quoted.filter(name).map(str::to_owned).collect()
}

fn sources(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
    let entries = fs::read_dir(folder).expect("the sources can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sources(&path, each);
        } else if path.extension().is_some_and(|end| end == "rs") {
            each(&path, &fs::read_to_string(&path).expect("it can be read"));
        }
    }
}
