//! Each permission that the functions' code needs is in the template, and none that it doesn't: whichever statement is taken
//! away, some request is refused, and this fails. What Lambda and the scheduler ask for themselves is held in `template.rs`.

use std::collections::BTreeSet;

use house::tools::template;
use serde_json::{Value, json};

use super::house::House;

/// Asked for by Lambda on a function's behalf, or only in trouble: each has its own test in `template.rs`.
const HELD_ELSEWHERE: [&str; 6] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// The template's conditions that hold as it is deployed here.
const CONDITIONS: [&str; 1] = ["TakesWebhooks"];

pub(super) fn each_is_needed_and_none_was_lacking(house: &House) {
    let decisions: Vec<Decision> = house.decisions().iter().filter_map(Decision::of).collect();
    let refused: BTreeSet<String> =
        decisions.iter().filter(|one| !one.allowed).map(|one| one.to_string()).collect();
    assert!(refused.is_empty(), "the template lacks permissions: {refused:#?}");
    let mut idle = Vec::new();
    for statement in statements() {
        for action in statement.actions.iter().filter(|one| !HELD_ELSEWHERE.contains(&one.as_str())) {
            let needs = |one: &Decision| {
                statement.roles.contains(&one.role) && *action == one.action && statement.index == one.index
            };
            if !decisions.iter().any(needs) {
                idle.push(format!("{}: {action}", statement.owner));
            }
        }
    }
    assert!(idle.is_empty(), "nobody needs these permissions: {idle:#?}");
}

/// What the engine decided about a role's request.
#[derive(Debug)]
struct Decision {
    role: String,
    action: String,
    resource: String,
    /// Whether it was about the table's index.
    index: bool,
    allowed: bool,
}

impl Decision {
    /// `None`: no role of a function asked.
    fn of(line: &Value) -> Option<Decision> {
        // `arn:…:assumed-role/<stack>-<role>-<tail>/<session>`.
        let principal = line["principal"].as_str()?.split_once(":assumed-role/")?.1;
        let resource = line["resource"].as_str()?.to_owned();
        Some(Decision {
            role: principal.split('-').nth(1)?.to_owned(),
            action: line["action"].as_str()?.to_owned(),
            index: resource.contains("/index/"),
            resource,
            allowed: line["allowed"].as_bool()?,
        })
    }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {} on {}", self.role, self.action, self.resource)
    }
}

/// A statement of the template, as far as it is deployed here.
struct Statement {
    /// Where it stands: in a role, or in a managed policy.
    owner: String,
    /// Whose it is. What several roles have, one of them has to need.
    roles: BTreeSet<String>,
    actions: Vec<String>,
    index: bool,
}

fn statements() -> Vec<Statement> {
    let resources = template()["Resources"].as_object().unwrap();
    let is_deployed = |one: &Value| one["Condition"].as_str().is_none_or(|one| CONDITIONS.contains(&one));
    let of_kind = |kind: &'static str| resources.iter().filter(move |(_, one)| one["Type"] == kind);
    let mut all = Vec::new();
    for (name, policy) in of_kind("AWS::IAM::ManagedPolicy").filter(|(_, policy)| is_deployed(policy)) {
        let attached = |role: &Value| {
            role["Properties"]["ManagedPolicyArns"].to_string().contains(&json!({ "Ref": name }).to_string())
        };
        let roles =
            of_kind("AWS::IAM::Role").filter(|(_, role)| attached(role)).map(|(role, _)| role.clone());
        let roles: BTreeSet<String> = roles.collect();
        for statement in policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap() {
            all.push(Statement::of(name, roles.clone(), statement));
        }
    }
    for (name, role) in of_kind("AWS::IAM::Role").filter(|(_, role)| is_deployed(role)) {
        let trusts = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
        for policy in role["Properties"]["Policies"].as_array().into_iter().flatten() {
            for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
                if trusts == "lambda.amazonaws.com" {
                    all.push(Statement::of(name, BTreeSet::from([name.clone()]), statement));
                }
            }
        }
    }
    all
}

impl Statement {
    fn of(owner: &str, roles: BTreeSet<String>, statement: &Value) -> Statement {
        let actions = &statement["Action"];
        let actions = actions.as_array().cloned().unwrap_or_else(|| vec![actions.clone()]);
        Statement {
            owner: owner.to_owned(),
            roles,
            actions: actions.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            index: statement["Resource"].to_string().contains("/index/"),
        }
    }
}
