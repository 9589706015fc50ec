//! Who we are towards Loomis Pay.

use std::fmt;

use jiff::tz::TimeZone;
use url::Url;

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

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself: for a request, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
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
