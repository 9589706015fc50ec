//! The four fates of trouble, each with a scope. One table per client library maps an answer to a [`Trouble`].

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// What becomes of something that went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The world may heal: try again later.
    Retry,
    /// A person must change something: the scope pauses, visibly.
    Settings,
    /// This record will never be taken as it is: recorded with its reason, the rest goes on.
    Refusal,
    /// A save whose answer is lost: it may have happened.
    Ambiguous,
}

/// How far the trouble reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One product or order.
    Record,
    /// One department and its shop.
    Department,
    /// A Loomis Pay client with all its departments.
    Client,
}

/// Trouble with the world, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What becomes of it.
    pub fate: Fate,
    /// How far it reaches.
    pub scope: Scope,
    /// What happened and how it is mended, for a person. Holds no secret and no URL.
    pub reason: String,
    /// How long the other side asked us to wait.
    pub retry_after: Option<Duration>,
}

impl Trouble {
    /// Trouble without a wish for how long to wait.
    pub fn new(fate: Fate, scope: Scope, reason: impl Into<String>) -> Trouble {
        Trouble { fate, scope, reason: reason.into(), retry_after: None }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
