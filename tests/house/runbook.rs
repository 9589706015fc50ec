//! The runbook: that whoever is woken by an alarm finds its page, and on it commands that there are.

use std::{collections::BTreeSet, fs};

use house::tools::{template, workspace};

/// A section of the runbook: the alarms in its heading, and its text.
fn sections() -> Vec<(BTreeSet<String>, String)> {
    let text = fs::read_to_string(workspace().join("infra/runbook.md")).expect("there is a runbook");
    let sections = text.split("\n## ").skip(1).map(|section| {
        let (heading, body) = section.split_once('\n').expect("a section has a text");
        (heading.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect(), body.to_owned())
    });
    sections.collect()
}

fn alarms() -> BTreeSet<String> {
    let all = template()["Resources"].as_object().expect("a template has resources");
    let alarms = all.iter().filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    alarms.map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_alarm_has_its_section_and_every_section_its_alarms() {
    let sections = sections();
    let told: Vec<&String> = sections.iter().flat_map(|(alarms, _)| alarms).collect();
    let known: BTreeSet<String> = told.iter().map(|name| (*name).clone()).collect();
    assert_eq!(told.len(), known.len(), "an alarm stands in two headings");
    let untold: Vec<String> = alarms().difference(&known).cloned().collect();
    assert!(untold.is_empty(), "infra/runbook.md says nothing of {untold:?}");
    for (names, body) in &sections {
        assert!(!names.is_empty(), "a section without an alarm: {body}");
        for part in ["**Means.**", "**Type.**", "```sh\n"] {
            assert!(body.contains(part), "{names:?} lacks {part}");
        }
    }
}

/// The names of the program's commands, as its command line declares them.
fn commands() -> BTreeSet<String> {
    let options =
        fs::read_to_string(workspace().join("functions/standalone/src/options.rs")).expect("options");
    let (_, commands) = options.split_once("pub(crate) enum Command {").expect("the commands");
    let (commands, _) = commands.split_once("\n}").expect("their end");
    let declared = commands.lines().filter_map(|line| line.strip_prefix("    "));
    let names = declared.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names.map(|line| line.split(['(', ' ', ',']).next().unwrap_or_default().to_lowercase()).collect()
}

#[test]
fn every_command_of_the_runbook_is_one_of_the_program_s() {
    let commands = commands();
    assert!(commands.contains("status") && commands.contains("redrive"), "{commands:?}");
    let text = fs::read_to_string(workspace().join("infra/runbook.md")).expect("there is a runbook");
    let typed: BTreeSet<String> = text
        .split("loomis-woo ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        .map(ToOwned::to_owned)
        .collect();
    assert!(typed.len() > 6, "{typed:?}");
    let unknown: Vec<&String> = typed.difference(&commands).collect();
    assert!(unknown.is_empty(), "the program has no {unknown:?}");
}
