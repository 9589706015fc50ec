//! The client record: one Loomis Pay customer.

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Fault, filled, without_secrets};

/// The latest look-up after an attempt's deadline, in seconds: a week. Beyond it nobody waits for an order.
const LATEST_LOOKUP_S: u64 = 604_800;

/// A client as a person writes it. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientRecord {
    /// Six digits, as a string: leading zeros occur.
    pub client_number: String,
    /// A secret. Left out when a record is changed: the old one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// Another host than the real one, up to and including `/v1/`.
    #[serde(default)]
    pub api_url: Option<String>,
    /// The zone of Loomis Pay's dates.
    #[serde(default = "oslo")]
    pub time_zone: String,
    /// From the start of one request to the start of the next, in milliseconds.
    #[serde(default = "half_a_second")]
    pub min_interval_ms: u64,
    /// Whether `logistics/orders/list` may be used (`API.md` §3).
    #[serde(default)]
    pub order_lookup: bool,
    /// How long after an attempt's deadline an order is looked up, in seconds, twice (`API.md` §6).
    #[serde(default = "two_and_ten_minutes")]
    pub lookup_after_s: [u64; 2],
    /// The schema's number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// Optimistic concurrency; left out: create or replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

impl fmt::Debug for ClientRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        without_secrets(f, "ClientRecord", self)
    }
}

fn oslo() -> String {
    "Europe/Oslo".to_owned()
}

fn half_a_second() -> u64 {
    500
}

fn two_and_ten_minutes() -> [u64; 2] {
    [120, 600]
}

pub(super) fn schema() -> u32 {
    super::SCHEMA
}

/// A client, checked. Its secret is kept apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSettings {
    /// Six digits.
    pub client_number: String,
    /// Another host than the real one; ends in a slash.
    pub api_url: Option<Url>,
    /// The zone of Loomis Pay's dates.
    pub time_zone: TimeZone,
    /// From the start of one request to the start of the next, in milliseconds.
    pub min_interval_ms: u64,
    /// Whether `logistics/orders/list` may be used.
    pub order_lookup: bool,
    /// How long after an attempt's deadline an order is looked up, in seconds, twice.
    pub lookup_after_s: [u64; 2],
}

impl ClientRecord {
    /// The record's meaning.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(&self) -> Result<ClientSettings, Fault> {
        super::department::schema_is_known(self.schema)?;
        let number = &self.client_number;
        if number.len() != 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::new(
                "client_number",
                "is six digits as a string, leading zeros included: \"012345\"",
            ));
        }
        if let Some(token) = &self.client_token {
            filled("client_token", token)?;
        }
        let api_url = self.api_url.as_deref().map(api_url).transpose()?;
        let time_zone = TimeZone::get(&self.time_zone)
            .map_err(|_| Fault::new("time_zone", "is no zone of the IANA list: write \"Europe/Oslo\""))?;
        if self.min_interval_ms > 60_000 {
            return Err(Fault::new("min_interval_ms", "is at most 60000 (a minute between two requests)"));
        }
        if self.lookup_after_s[1] > LATEST_LOOKUP_S {
            return Err(Fault::new("lookup_after_s", "is at most 604800 seconds (a week): [120, 600]"));
        }
        if self.lookup_after_s[0] > self.lookup_after_s[1] {
            return Err(Fault::new("lookup_after_s", "the first is not later than the second: [120, 600]"));
        }
        Ok(ClientSettings {
            client_number: number.clone(),
            api_url,
            time_zone,
            min_interval_ms: self.min_interval_ms,
            order_lookup: self.order_lookup,
            lookup_after_s: self.lookup_after_s,
        })
    }
}

fn api_url(text: &str) -> Result<Url, Fault> {
    let wrong = || {
        Fault::new("api_url", "is a whole URL up to /v1/: \"https://host/v1/\", or null for the real host")
    };
    let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let extra = url.query().is_some() || url.fragment().is_some();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || extra {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::new("api_url", "must not hold a user or a password"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    if !url.path().ends_with("/v1/") {
        return Err(wrong());
    }
    Ok(url)
}
