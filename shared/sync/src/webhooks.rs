//! Webhooks: the shop's hints that something happened. They make an order come at once instead of with the next poll, and
//! are never the truth: of a body only the id is taken, and whatever hint is lost, the poll and the sweep find what it meant.
//!
//! Keeping (`keep.rs`) has the shop send them; a hint (`hint.rs`) is what comes in.

mod hint;
mod keep;

pub use hint::{Delivery, Hint};

pub(crate) use keep::{keep, look};

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use retail::settings::Fault;
use serde::{Deserialize, Serialize};
use url::Url;
use world::Secret;

use crate::{
    Engine, Error,
    ports::{Condition, Key, Write},
    rows::{body, item},
    seal::SealError,
};

/// The variable that says where hints come in.
const VARIABLE: &str = "LOOMIS_WOO_WEBHOOK_URL";

/// How long the secret before the present one is believed, once the shop has the present one: what was on its way is through
/// by then.
const OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// The public address below which hints come in, from `LOOMIS_WOO_WEBHOOK_URL` as `read` gives it; `None` without it: then
/// no webhooks are made, and the poll finds everything.
///
/// # Errors
/// Names the variable and the mend.
pub fn webhook_url(read: impl Fn(&str) -> Option<String>) -> Result<Option<Url>, Fault> {
    let Some(text) = read(VARIABLE).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let plain = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.host_str().is_some();
    match Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && plain(url)) {
        Some(url) => Ok(Some(url)),
        None => Err(Fault {
            field: VARIABLE.to_owned(),
            reason: "is the public web address that shops deliver webhooks to: https://…".to_owned(),
        }),
    }
}

/// Where a department's hints come in: `…/hooks/<department>`.
fn delivery_url(base: &Url, department: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        // An http address has a path; there is nothing that could fail here.
        path.pop_if_empty().extend(["hooks", department]);
    }
    url
}

/// What is known of a department's webhooks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    /// The shop that they are in.
    base: String,
    /// What their deliveries are signed with; sealed.
    secret: String,
    /// Since when.
    since: Timestamp,
    /// The secret before it.
    #[serde(default)]
    old: Option<Old>,
    /// By topic.
    #[serde(default)]
    hooks: BTreeMap<String, Hook>,
    /// When they were last seen to be as they should.
    #[serde(default)]
    seen: Option<Timestamp>,
    /// What last stood in the way, so that it is said once.
    #[serde(default)]
    fault: Option<String>,
}

/// A secret that is being left.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Old {
    secret: String,
    /// Until when it is believed; none while the shop doesn't have the present one for all webhooks.
    until: Option<Timestamp>,
}

/// A webhook of ours in the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hook {
    id: u64,
    /// The shop has the present secret for it.
    told: bool,
}

fn key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "webhooks")
}

/// Where a secret belongs: what it is sealed for.
fn place(department: &str) -> String {
    format!("webhooks/{department}/secret")
}

async fn read(engine: &Engine, department: &str) -> Result<Option<(Row, u64)>, Error> {
    let found = engine.ledger.get(&key(department)).await?;
    found.map(|found| Ok((body(&found)?, found.version))).transpose()
}

fn put(department: &str, row: &Row, condition: Condition) -> Result<Write, Error> {
    Ok(Write::Put { item: item(key(department), row)?, condition })
}

async fn open(engine: &Engine, department: &str, sealed: &str) -> Result<Secret, Error> {
    engine.keys.open(&place(department), sealed).await.map_err(|error| match error {
        SealError::Unavailable(_) => Error::Sealing(error),
        error => Error::Broken { what: place(department), reason: error.to_string() },
    })
}

#[cfg(test)]
mod tests;
