//! One item of a batch that the shop refused.

use std::fmt;

use retail::{
    fate::{Fate, Scope, Trouble},
    shop::ShopId,
};

use super::{clean, table};
use crate::wire::Failure;

/// An item of a batch that failed, alone: the others went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemError {
    /// The shop's code: `product_invalid_sku`.
    pub code: String,
    /// The shop's own words, cut and without tags.
    pub message: String,
    /// The status in the item's `data`; 400 where there is none.
    pub status: u16,
    /// The product or variation that has the SKU already, where the shop says which: it can be adopted. Of a variation's
    /// write too it may be either, and under another parent.
    pub existing: Option<ShopId>,
    /// Another product has the barcode; without it the item may be taken.
    pub barcode_taken: bool,
}

/// The code of an SKU that another product has.
const SKU_TAKEN: &str = "product_invalid_sku";
/// The code of a barcode that another product has.
const BARCODE_TAKEN: &str = "product_invalid_global_unique_id";

impl ItemError {
    pub(crate) fn of(failure: &Failure) -> ItemError {
        ItemError {
            code: clean(&failure.code),
            message: clean(&failure.message()),
            status: failure.status().unwrap_or(400),
            // A taken barcode names a product too, which is another one altogether.
            existing: failure.existing().filter(|_| failure.code == SKU_TAKEN).map(ShopId),
            barcode_taken: failure.code == BARCODE_TAKEN,
        }
    }

    /// What becomes of it. The scope is always the record.
    pub fn trouble(&self) -> Trouble {
        let (fate, mend) = table::judge_item(self);
        Trouble::new(fate, Scope::Record, format!("{mend}: {self}"))
    }

    /// Whether the item may succeed when it is sent again.
    pub fn may_heal(&self) -> bool {
        table::judge_item(self).0 == Fate::Retry
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        if !self.message.is_empty() {
            write!(f, " ({})", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ItemError {}
