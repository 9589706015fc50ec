//! Product numbers, which meet the shop's SKUs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A product number as it is compared: trimmed, and without regard to case (`SETTINGS.md`, *Numbers*).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchNumber(String);

impl MatchNumber {
    /// The comparable form of a product number or an SKU; `None` where nothing is left of it.
    pub fn of(number: &str) -> Option<MatchNumber> {
        let trimmed = number.trim();
        (!trimmed.is_empty()).then(|| MatchNumber(trimmed.to_lowercase()))
    }

    /// The comparable form, for keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
