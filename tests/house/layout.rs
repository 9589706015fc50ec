//! The dependency rule: code may know only what lies to its right.
//! functions → (aws | local | outside) → sync → (loomis, woocommerce) → world, retail.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each library of the house may know of the house.
const MAY_KNOW: [(&str, &[&str]); 8] = [
    ("retail", &[]),
    ("world", &[]),
    ("loomis", &["retail", "world"]),
    ("woocommerce", &["retail", "world"]),
    ("sync", &["loomis", "retail", "woocommerce", "world"]),
    ("outside", &["world"]),
    ("local", &["sync", "world"]),
    ("aws", &["sync", "world"]),
];

/// What the pure rules and what stands on them must never reach, even through somebody else.
const NOT_IN_RETAIL: [&str; 9] = [
    "tokio",
    "reqwest",
    "hyper",
    "aws-config",
    "aws-sdk-dynamodb",
    "rusqlite",
    "getrandom",
    "rand",
    "tracing",
];
const NOT_IN_SYNC: [&str; 6] =
    ["tokio", "reqwest", "aws-config", "aws-sdk-dynamodb", "rusqlite", "getrandom"];

fn packages() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new().manifest_path("../Cargo.toml").exec().unwrap();
    metadata.packages.into_iter().map(|package| (package.name.to_string(), package)).collect()
}

fn needs(package: &Package) -> BTreeSet<String> {
    let normal = |dependency: &&cargo_metadata::Dependency| {
        dependency.kind == DependencyKind::Normal && !dependency.optional
    };
    package.dependencies.iter().filter(normal).map(|dependency| dependency.name.clone()).collect()
}

/// All that a package reaches, without what is optional.
fn reaches(packages: &BTreeMap<String, Package>, name: &str) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        for need in packages.get(&name).map(needs).unwrap_or_default() {
            if reached.insert(need.clone()) {
                open.push(need);
            }
        }
    }
    reached
}

#[test]
fn each_library_knows_only_what_lies_to_its_right() {
    let packages = packages();
    let house: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, _)| *name).collect();
    for (name, may_know) in MAY_KNOW {
        let knows: BTreeSet<String> =
            needs(&packages[name]).into_iter().filter(|need| house.contains(need.as_str())).collect();
        let may_know: BTreeSet<String> = may_know.iter().map(|name| (*name).to_owned()).collect();
        assert!(
            knows.is_subset(&may_know),
            "{name} knows {:?}",
            knows.difference(&may_know).collect::<Vec<_>>()
        );
    }
}

#[test]
fn rules_and_use_cases_reach_no_runtime_no_store_and_no_cloud() {
    let packages = packages();
    for (name, forbidden) in [("retail", NOT_IN_RETAIL.as_slice()), ("sync", NOT_IN_SYNC.as_slice())] {
        let reached = reaches(&packages, name);
        let wrong: Vec<_> = forbidden.iter().filter(|one| reached.contains(**one)).collect();
        assert!(wrong.is_empty(), "{name} reaches {wrong:?}");
    }
}

#[test]
fn only_aws_knows_aws_and_every_function_stands_in_the_template() {
    let packages = packages();
    for (name, package) in &packages {
        let in_house = package.manifest_path.as_str().contains("/shared/");
        let knows = needs(package).iter().any(|need| need.starts_with("aws-"));
        assert!(!in_house || !knows || name == "aws", "{name} knows AWS");
    }
    let template = std::fs::read_to_string("../template.yaml").unwrap();
    for entry in std::fs::read_dir("../functions").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let deployed = template.contains(&format!("CodeUri: functions/{name}\n"));
        assert_eq!(deployed, name != "standalone", "functions/{name}");
    }
}
