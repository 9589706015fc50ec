//! `check`: both sides, green, or red with the cause and the mend.

use serde_json::json;
use sync::Check;

use crate::{
    failure::{Exit, Failure},
    house::House,
    out::{self, Ink, clean, ink},
    signals::Asked,
};

/// `check ID`
pub(crate) async fn check(id: &str, store: &str) -> Result<Exit, Failure> {
    let house = House::open_to_work(store).await?;
    Asked::heed(house.engine.stop.clone())?;
    let check = house.engine.check(id).await?;
    let findings: Vec<_> = check
        .findings
        .iter()
        .map(|found| json!({ "what": found.what, "good": found.good, "text": found.text }))
        .collect();
    out::value(&json!({ "department_id": id, "green": check.is_green(), "findings": findings }));
    tell(&check);
    out::line(if check.is_green() {
        format!("department {id} is {}", ink(Ink::Green, "green"))
    } else {
        format!("department {id} is {}", ink(Ink::Red, "red"))
    });
    Ok(if check.is_green() { Exit::Done } else { Exit::Failed })
}

/// A line a finding.
pub(crate) fn tell(check: &Check) {
    let longest = check.findings.iter().map(|found| found.what.chars().count()).max().unwrap_or(0);
    for found in &check.findings {
        let state = if found.good { ink(Ink::Green, "green") } else { ink(Ink::Red, "red  ") };
        out::line(format_args!("{state}  {:<longest$}  {}", found.what, clean(&found.text, 600)));
    }
}
