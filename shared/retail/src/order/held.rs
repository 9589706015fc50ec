//! What the shop's orders hold of the stock while Loomis Pay doesn't know of them. `SETTINGS.md`, *Held by the shop*: what is
//! written to the shop is what is available, less this.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{qualify::Qualification, waiting::Reason};
use crate::shop::ShopId;

/// Where an order stands on its way to Loomis Pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is on its way, waits or is parked, *unconfirmed* among them.
    OnItsWay,
    /// Everything of it that bears on stock is done: a customer order, its deductions, or a sale alone (which is taken to move
    /// no stock: that setting is outside the promise).
    Known,
    /// It will never be taken.
    Never,
}

/// An order of the shop, for this rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The status, without `wc-`.
    pub status: String,
    /// Where it stands.
    pub standing: Standing,
    /// Its lines.
    pub lines: Vec<HoldingLine>,
}

/// A line of a [`Holding`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingLine {
    /// Whose stock it lowered: the variation, the product, or the parent that manages its variations' stock. `None` where
    /// the shop manages none.
    pub stock_of: Option<ShopId>,
    /// How many were bought.
    pub quantity: Decimal,
    /// How many the shop has put back on its shelf.
    pub put_back: Decimal,
    /// This line is deducted in Loomis Pay already, though others of the order are not.
    pub deducted: bool,
}

/// The quantities that are held, by the shop's product; none of 0.
pub fn held(orders: &[Holding], retrieve_statuses: &[String]) -> BTreeMap<ShopId, Decimal> {
    let mut held: BTreeMap<ShopId, Decimal> = BTreeMap::new();
    for order in orders {
        let lowers = matches!(order.status.as_str(), "processing" | "on-hold" | "completed")
            || retrieve_statuses.contains(&order.status);
        if !lowers || order.standing != Standing::OnItsWay {
            continue;
        }
        for line in order.lines.iter().filter(|line| !line.deducted) {
            let quantity = line.quantity - line.put_back;
            if let Some(id) = line.stock_of.filter(|_| quantity > Decimal::ZERO) {
                *held.entry(id).or_default() += quantity;
            }
        }
    }
    held
}

impl Standing {
    /// Where an order stands of which nothing was sent yet. One of another installation's is known to Loomis Pay from there;
    /// one in a foreign currency is never taken.
    pub fn of(qualification: &Qualification) -> Standing {
        match qualification {
            Qualification::Taken(_) | Qualification::NotYet => Standing::OnItsWay,
            Qualification::Known => Standing::Known,
            Qualification::LeftAlone(_) | Qualification::PassedBy(_) => Standing::Never,
            Qualification::Held(waiting) => match waiting.reason {
                Reason::AnotherInstallation => Standing::Known,
                Reason::ForeignCurrency => Standing::Never,
                _ => Standing::OnItsWay,
            },
        }
    }
}

#[cfg(test)]
mod tests;
