//! What happens to an order in Loomis Pay: the decision table of `SETTINGS.md`, *Orders*, as effects, each with a row of its
//! own in the ledger (`API.md` §6).
//!
//! [`taking`] is decided once, when an order is taken. [`afterwards`] looks at what was *done*, never at the settings that
//! it was done under: a changed setting re-sends nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Refund, RefundId, WebOrder,
    waiting::{Reason, Waiting},
};
use crate::settings::{Effects, OrderSettings, Voucher};

/// One thing that happens in Loomis Pay, at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A locked customer order: quantities are reserved.
    CustomerOrder {
        /// Staff may unlock it.
        may_be_unlocked: bool,
    },
    /// A sale in the settlement.
    Sale {
        /// A voucher of its own.
        separate_voucher: bool,
        /// It belongs to the customer order.
        linked: bool,
    },
    /// The quantity of one line is subtracted from the stock.
    Deduction(StockMove),
    /// A return sale.
    Return(RefundId),
    /// A deducted line is added back.
    Restock {
        /// Why.
        cause: Cause,
        /// What; the quantity is above 0.
        back: StockMove,
    },
}

/// A stock movement of one line, by the product's number in Loomis Pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMove {
    /// The shop's id of the order's line.
    pub line: u64,
    /// The product number.
    pub number: String,
    /// How many; above 0.
    pub quantity: Decimal,
}

/// Why a line is added back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A refund that put it back on the shop's shelf.
    Refund(RefundId),
    /// The order was cancelled.
    Cancelled,
}

impl Effect {
    /// The key of its row in the ledger, within the order: `order`, `sale`, `deduct#<line>`, `refund#<id>`,
    /// `restock#<refund>#<line>`, `restock#cancelled#<line>`.
    pub fn key(&self) -> String {
        match self {
            Effect::CustomerOrder { .. } => "order".to_owned(),
            Effect::Sale { .. } => "sale".to_owned(),
            Effect::Deduction(stock) => format!("deduct#{}", stock.line),
            Effect::Return(refund) => format!("refund#{refund}"),
            Effect::Restock { cause, back } => format!("restock#{cause}#{}", back.line),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Refund(id) => id.fmt(f),
            Cause::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// A line whose quantity may be deducted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deductible {
    /// The shop's id of the order's line.
    pub line: u64,
    /// The product number in Loomis Pay; may be empty.
    pub number: String,
    /// No other product of Loomis Pay has the number.
    pub unique: bool,
    /// How many; above 0.
    pub quantity: Decimal,
}

/// An effect, and whether it may be sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub effect: Effect,
    /// Why not yet. Every step after it waits as well.
    pub waits: Option<Waiting>,
}

/// The effects of an order, in their order; and the lines that none is made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// In this order, one after the other.
    pub steps: Vec<Step>,
    /// By the line's id, and why.
    pub refused: Vec<(u64, Waiting)>,
}

impl Steps {
    /// The steps that may be sent now. Once they are done, and if there are any, the order counts as retrieved: the
    /// marker and `status_after_retrieval` are written. A sale that waits for payment follows later.
    pub fn ready(&self) -> impl Iterator<Item = &Effect> {
        self.steps.iter().take_while(|step| step.waits.is_none()).map(|step| &step.effect)
    }

    /// What the order waits for.
    pub fn waits(&self) -> Option<&Waiting> {
        self.steps.iter().find_map(|step| step.waits.as_ref())
    }
}

/// Paid in the store: a customer order that may be unlocked, whatever the settings say; never a sale or a deduction by us.
pub fn is_paid_in_store(settings: &OrderSettings, payment_method: &str) -> bool {
    settings.pay_in_store_methods.iter().any(|method| method.trim() == payment_method)
}

/// The decision table: what happens when an order is taken. `paid` is whether it has a `date_paid`.
pub fn taking(settings: &OrderSettings, payment_method: &str, paid: bool, lines: &[Deductible]) -> Steps {
    if is_paid_in_store(settings, payment_method) {
        let order = Effect::CustomerOrder { may_be_unlocked: true };
        return Steps { steps: vec![Step { effect: order, waits: None }], refused: Vec::new() };
    }
    let mut steps = Steps::default();
    let unpaid = (!paid).then(|| Waiting::new(Reason::Unpaid, "no sale is booked before the order is paid"));
    let sale = |voucher, linked| Step {
        effect: Effect::Sale { separate_voucher: voucher == Voucher::Separate, linked },
        waits: unpaid.clone(),
    };
    match settings.effects {
        Effects::CustomerOrder { sale: booked } => {
            let order = Effect::CustomerOrder { may_be_unlocked: settings.allow_unlocking };
            steps.steps.push(Step { effect: order, waits: None });
            // The till books what may be unlocked; the settings say so already.
            let booked = booked.filter(|_| !settings.allow_unlocking);
            steps.steps.extend(booked.map(|voucher| sale(voucher, true)));
        }
        Effects::Sale { voucher, deduct } => {
            steps.steps.push(sale(voucher, false));
            if deduct {
                deduct_lines(lines, unpaid.as_ref(), &mut steps);
            }
        }
        Effects::Deduction => deduct_lines(lines, None, &mut steps),
    }
    steps
}

/// One line a call, since a refusal can't be told apart inside one; `adjust-stock` names a product by its number.
fn deduct_lines(lines: &[Deductible], waits: Option<&Waiting>, steps: &mut Steps) {
    for line in lines {
        let number = line.number.trim();
        let refusal = if number.is_empty() {
            "its product has no number in Loomis Pay".to_owned()
        } else if !line.unique {
            format!("several products in Loomis Pay have the number {number}")
        } else if line.quantity <= Decimal::ZERO {
            format!("a quantity of {}", line.quantity.normalize())
        } else {
            let stock = StockMove { line: line.line, number: line.number.clone(), quantity: line.quantity };
            steps.steps.push(Step { effect: Effect::Deduction(stock), waits: waits.cloned() });
            continue;
        };
        steps.refused.push((line.line, Waiting::new(Reason::NotDeductible, refusal)));
    }
}

/// The deductions of these lines, and the lines that none is made for: by the line's id, and why.
pub fn deductions(lines: &[Deductible]) -> (Vec<Effect>, Vec<(u64, Waiting)>) {
    let mut steps = Steps::default();
    deduct_lines(lines, None, &mut steps);
    (steps.steps.into_iter().map(|step| step.effect).collect(), steps.refused)
}

/// Whether an effect that was decided is still to be sent, as the order is in the shop now. Of one that is cancelled nothing
/// is, and nothing is booked for one that was refunded in full. But a refund gives money back: goods that were not put back on
/// the shelf have left it all the same.
pub fn is_wanted(effect: &Effect, order: &WebOrder) -> bool {
    match effect {
        _ if order.is_cancelled() => false,
        Effect::Deduction(stock) if order.status == "refunded" => {
            let back = order.lines.iter().find(|line| line.id == stock.line).map(|line| line.put_back);
            back.unwrap_or_default() < stock.quantity
        }
        _ => order.status != "refunded",
    }
}

/// What was done of an order: the rows of the ledger that stand at *done*.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// A sale by us.
    pub sale: bool,
    /// Lines deducted.
    pub deducted: Vec<StockMove>,
    /// Lines added back, or about to be, whatever the cause: key and movement.
    pub restocked: BTreeMap<String, StockMove>,
    /// Refunds returned, or about to be.
    pub returned: BTreeSet<RefundId>,
}

/// What became of an order in the shop after it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since<'a> {
    /// Its refunds.
    pub refunds: &'a [Refund],
    /// What the shop put back on its shelf in all, by the order's line, where it says so there (`_restock_refunded_items`:
    /// it stands on the order's line, not on the refund's).
    pub restocked: &'a BTreeMap<u64, Decimal>,
    /// It is cancelled.
    pub cancelled: bool,
}

/// What follows from refunds and a cancellation, beyond what was done: a return sale for each refund of a *booked* order,
/// then the lines added back that were *deducted*. Each once, and never more than was deducted.
pub fn afterwards(settings: &OrderSettings, done: &Done, since: Since<'_>) -> Vec<Effect> {
    let mut left: BTreeMap<u64, Decimal> = BTreeMap::new();
    for stock in &done.deducted {
        *left.entry(stock.line).or_default() += stock.quantity;
    }
    for stock in done.restocked.values() {
        *left.entry(stock.line).or_default() -= stock.quantity;
    }
    let mut on_shelf = since.restocked.clone();
    for stock in done.restocked.values() {
        if let Some(back) = on_shelf.get_mut(&stock.line) {
            *back -= stock.quantity;
        }
    }
    let mut sorted: Vec<&Refund> = since.refunds.iter().collect();
    sorted.sort_by_key(|refund| refund.id);
    let mut effects = Vec::new();
    let mut restock = |cause: Cause, line: u64, wanted: Decimal, effects: &mut Vec<Effect>| {
        let Some(of) = done.deducted.iter().find(|stock| stock.line == line) else { return Decimal::ZERO };
        let Some(left) = left.get_mut(&line) else { return Decimal::ZERO };
        let quantity = wanted.min(*left);
        let back = StockMove { line, number: of.number.clone(), quantity };
        let effect = Effect::Restock { cause, back };
        if quantity <= Decimal::ZERO || done.restocked.contains_key(&effect.key()) {
            return Decimal::ZERO;
        }
        *left -= quantity;
        effects.push(effect);
        quantity
    };
    for refund in sorted {
        if done.sale && settings.refunds && !done.returned.contains(&refund.id) {
            effects.push(Effect::Return(refund.id));
        }
        for (line, given, said) in given_back(refund) {
            match on_shelf.get_mut(&line) {
                Some(back) => {
                    *back -= restock(Cause::Refund(refund.id), line, given.min(*back), &mut effects)
                }
                None if said => {
                    restock(Cause::Refund(refund.id), line, given, &mut effects);
                }
                None => {}
            }
        }
    }
    if since.cancelled {
        for stock in &done.deducted {
            restock(Cause::Cancelled, stock.line, stock.quantity, &mut effects);
        }
    }
    effects
}

/// The quantities that a refund gave back, by the order's line, and whether it says that they are on the shelf again. One that
/// doesn't say so put none there.
fn given_back(refund: &Refund) -> Vec<(u64, Decimal, bool)> {
    let mut back: BTreeMap<(u64, bool), Decimal> = BTreeMap::new();
    for given in &refund.lines {
        if let Some(line) = given.of_line {
            *back.entry((line, given.restocked == Some(true))).or_default() += given.line.quantity.abs();
        }
    }
    back.into_iter().map(|((line, said), quantity)| (line, quantity, said)).collect()
}

#[cfg(test)]
mod tests;
