//! Who we are towards Loomis Pay.

use jiff::tz::TimeZone;
use url::Url;
use world::Secret;

/// A Loomis Pay client and how to reach it. `SETTINGS.md`, client record.
#[derive(Clone, Debug)]
pub struct Account {
    /// Six digits; leading zeros count. `API.md` §1.
    pub client_number: String,
    /// What logs the client in.
    pub client_token: Secret,
    /// Where the API lives, with its version: `…/v1/`. A slash at the end is added where it lacks.
    pub api_url: Url,
    /// The zone of the API's local times.
    pub time_zone: TimeZone,
}

/// A department of the client. `API.md` §3, `department/list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// `department_id`.
    pub id: String,
    /// `department_name`.
    pub name: String,
    /// `api_token`: the department token; empty where Loomis Pay gives none.
    pub token: Secret,
}
