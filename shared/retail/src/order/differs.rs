//! An order that was changed in the shop after it was taken: it is shown, never sent again. `PROGRAM.md`, *orders waiting*.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    OrderLine, RefundId, WebOrder,
    waiting::{Reason, Waiting},
};
use crate::shop::ShopId;

/// What an order was when it was taken. Kept in the ledger; holds no customer's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What it came to, including tax.
    pub total_inc_tax: Decimal,
    /// Products bought, by the line's id.
    pub lines: BTreeMap<u64, Bought>,
    /// Shipping and fees by the line's id: what each came to, including tax.
    pub extras: BTreeMap<u64, Decimal>,
}

/// A product bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// The product.
    pub product: Option<ShopId>,
    /// The variation.
    pub variation: Option<ShopId>,
    /// How many.
    pub quantity: Decimal,
    /// What they came to, including tax.
    pub total_inc_tax: Decimal,
}

impl Fingerprint {
    /// Of an order as it is now.
    pub fn of(order: &WebOrder) -> Fingerprint {
        let lines = order.lines.iter().map(|line| {
            let bought = Bought {
                product: line.product,
                variation: line.variation,
                quantity: line.quantity.normalize(),
                total_inc_tax: (line.total_ex_tax + line.total_tax).normalize(),
            };
            (line.id, bought)
        });
        let extras = order.shipping_lines.iter().chain(&order.fees);
        Fingerprint {
            total_inc_tax: order.total_inc_tax.normalize(),
            lines: lines.collect(),
            extras: extras
                .map(|extra| (extra.id, (extra.total_ex_tax + extra.total_tax).normalize()))
                .collect(),
        }
    }

    /// What differs now, for a person; empty if nothing does. A product that the shop has lost since is no difference.
    pub fn edits(&self, now: &Fingerprint) -> Vec<String> {
        let mut edits = Vec::new();
        let mut say = |what: &str, from: Decimal, to: Decimal| {
            if from != to {
                edits.push(format!("{what} {from} -> {to}"));
            }
        };
        say("total", self.total_inc_tax, now.total_inc_tax);
        let ids: BTreeSet<&u64> = self.lines.keys().chain(now.lines.keys()).collect();
        let mut others = Vec::new();
        for id in ids {
            match (self.lines.get(id), now.lines.get(id)) {
                (Some(then), Some(now)) => {
                    say(&format!("line {id} quantity"), then.quantity, now.quantity);
                    say(&format!("line {id} amount"), then.total_inc_tax, now.total_inc_tax);
                    let another = now.product.is_some()
                        && (then.product, then.variation) != (now.product, now.variation);
                    if another {
                        others.push(format!("line {id} another product"));
                    }
                }
                (Some(_), None) => others.push(format!("line {id} removed")),
                (None, _) => others.push(format!("line {id} added")),
            }
        }
        let ids: BTreeSet<&u64> = self.extras.keys().chain(now.extras.keys()).collect();
        for id in ids {
            let of = |side: &Fingerprint| side.extras.get(id).copied().unwrap_or_default();
            say(&format!("line {id} amount"), of(self), of(now));
        }
        edits.extend(others);
        edits
    }
}

impl Fingerprint {
    /// What was bought then, of an order as it is now: who edits an order changes nothing of what was taken. A line that became
    /// another product, or was removed, is known by its product alone.
    pub fn bought(&self, now: &WebOrder) -> Vec<OrderLine> {
        let bought = |(id, then): (&u64, &Bought)| {
            let same = |line: &&OrderLine| {
                line.id == *id
                    && (line.product.is_none()
                        || (line.product, line.variation) == (then.product, then.variation))
            };
            OrderLine {
                product: then.product,
                variation: then.variation,
                quantity: then.quantity,
                ..now.lines.iter().find(same).cloned().unwrap_or_else(|| OrderLine::unknown(*id))
            }
        };
        self.lines.iter().map(bought).collect()
    }
}

/// What a person has to look at in an order that was taken: at most one of each kind. `returned` are the refunds that a return
/// sale stands for, done or on its way.
pub fn differences(taken: &Fingerprint, now: &WebOrder, returned: &BTreeSet<RefundId>) -> Vec<Waiting> {
    let mut differences = Vec::new();
    match now.status.as_str() {
        "cancelled" | "failed" => differences.push(Waiting::new(Reason::Cancelled, "after it was taken")),
        "trash" => differences.push(Waiting::new(Reason::Cancelled, "put in the bin after it was taken")),
        _ => {}
    }
    let edits = taken.edits(&Fingerprint::of(now));
    if !edits.is_empty() {
        differences.push(Waiting::new(Reason::Edited, edits.join(", ")));
    }
    let refunds: Vec<_> = now.refunds.iter().filter(|refund| !returned.contains(&refund.id)).collect();
    if !refunds.is_empty() {
        let sum: Decimal = refunds.iter().map(|refund| refund.amount_inc_tax).sum();
        let of = if sum >= now.total_inc_tax { "in full" } else { "in part" };
        let detail = format!("{of}, {sum}, and no return sale says so");
        differences.push(Waiting::new(Reason::Refunded, detail));
    }
    differences
}

#[cfg(test)]
mod tests;
