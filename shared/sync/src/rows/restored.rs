//! That the store was restored from a backup: what was done in between is not in it, and nobody but the two sides knows it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{body, item};
use crate::{
    Engine, Error,
    ports::{Condition, Key, Write},
};

/// By so much the shop's clock may run behind ours.
const SKEW: Duration = Duration::from_secs(2 * 60);

/// The last time that the store was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restored {
    /// When the backup was made.
    pub(crate) made: Timestamp,
    /// When it was restored: what came up later was done by nobody who is forgotten.
    pub(crate) at: Timestamp,
}

impl Restored {
    /// Whether what came up then may have been done by whom the store has forgotten. That it came up before the backup proves
    /// nothing: it may have waited, and been done after it.
    pub(crate) fn may_have_seen(&self, moment: Timestamp) -> bool {
        moment < self.at + SKEW
    }

    /// For a person.
    pub(crate) fn reason(&self) -> String {
        format!("it may have been sent before the store was restored from a backup of {:.0}", self.made)
    }
}

fn key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "restored")
}

/// When a department's rows were restored, if ever.
pub(crate) async fn last(engine: &Engine, department: &str) -> Result<Option<Restored>, Error> {
    engine.ledger.get(&key(department)).await?.as_ref().map(body).transpose()
}

/// Notes it, as a write.
pub(crate) fn put(department: &str, restored: &Restored) -> Result<Write, Error> {
    Ok(Write::Put { item: item(key(department), restored)?, condition: Condition::Always })
}
