//! Why an order waits, is parked, or will not be taken: what `orders waiting` shows. `PROGRAM.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an order needs a person, or waits. Holds no customer's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The kind.
    pub reason: Reason,
    /// The particulars, for a person; may be empty.
    pub detail: String,
}

/// The kinds of [`Waiting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The totals of the shop and of Loomis Pay would differ: parked.
    UnequalTotals,
    /// The answer to a save is lost: parked.
    Unconfirmed,
    /// Loomis Pay lacks the product of a line, or has several.
    UnknownProduct,
    /// The shop no longer has the product of a line.
    ProductGone,
    /// The order isn't paid, and a sale waits for that.
    Unpaid,
    /// The order is in another currency than the shop's.
    ForeignCurrency,
    /// The order carries a marker, and our ledger knows nothing of it.
    AnotherInstallation,
    /// A stock line that can't be deducted.
    NotDeductible,
    /// Loomis Pay says no to it.
    Refused,
    /// Refunded more than was booked: parked.
    RefundTooLarge,
    /// Edited after it was taken.
    Edited,
    /// Cancelled after it was taken.
    Cancelled,
    /// Refunded after it was taken, and no return sale says so.
    Refunded,
    /// It went to a final status without ever qualifying.
    PassedBy,
}

impl Reason {
    /// The reason in a line, and in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::UnequalTotals => "totals differ",
            Reason::Unconfirmed => "unconfirmed",
            Reason::UnknownProduct => "unknown product",
            Reason::ProductGone => "product gone",
            Reason::Unpaid => "unpaid",
            Reason::ForeignCurrency => "foreign currency",
            Reason::AnotherInstallation => "another installation's",
            Reason::NotDeductible => "not deductible",
            Reason::Refused => "refused by Loomis Pay",
            Reason::RefundTooLarge => "refund too large",
            Reason::Edited => "edited",
            Reason::Cancelled => "cancelled",
            Reason::Refunded => "refunded",
            Reason::PassedBy => "passed by",
        }
    }

    /// Parked: nothing more happens until a person settles it. The others go on by themselves once their cause is gone.
    pub fn is_parked(self) -> bool {
        matches!(
            self,
            Reason::UnequalTotals
                | Reason::Unconfirmed
                | Reason::AnotherInstallation
                | Reason::RefundTooLarge
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Waiting {
    /// With particulars.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Waiting {
        Waiting { reason, detail: detail.into() }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() {
            self.reason.fmt(f)
        } else {
            write!(f, "{}: {}", self.reason, self.detail)
        }
    }
}
