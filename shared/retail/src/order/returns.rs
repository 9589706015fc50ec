//! A refund as a return sale. `SETTINGS.md`, *(refunds)*; `API.md` §5.
//!
//! By VAT rate, no return gives back more than is left of what was booked, so any row of refunds doesn't either.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    ExtraLine, Refund, RefundLine, WebOrder,
    amounts::{self, Amount},
    draft::{Draft, DraftLine, GoodRef, Special},
    goods::Goods,
    mapping::{self, Terms, Way},
    money::{self, Ore},
    waiting::{Reason, Waiting},
};

/// What is left of a sale, by VAT rate, including VAT. Kept in the ledger; holds no customer's data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Balance(BTreeMap<Decimal, Decimal>);

impl Balance {
    /// What a sale booked.
    pub fn booked(sale: &Draft) -> Balance {
        let mut balance = Balance::default();
        balance.take(sale);
        balance
    }

    /// Takes in a return: its lines are negative.
    pub fn take(&mut self, draft: &Draft) {
        for line in &draft.lines {
            *self.0.entry(line.vat_percent.normalize()).or_default() += line.total_inc_vat();
        }
    }

    /// What may still be given back, including VAT.
    pub fn left(&self) -> Decimal {
        self.0.values().copied().sum()
    }

    /// By VAT rate in percent.
    pub fn by_rate(&self) -> impl Iterator<Item = (Decimal, Decimal)> {
        self.0.iter().map(|(percent, left)| (*percent, *left))
    }

    fn of(&self, percent: Decimal) -> Ore {
        self.0.get(&percent.normalize()).and_then(|left| money::ore(*left)).unwrap_or_default()
    }
}

/// What a refund gives back, before anything is held against the balance.
enum Piece<'a> {
    Goods(&'a RefundLine, GoodRef),
    Extra(String, Special),
}

/// The return sale of a refund; `None` where it gives nothing back. `left` is what is left of the sale after the returns
/// before it. A product that isn't known any more is booked on `REFUND`: a return waits for no product.
///
/// # Errors
/// Parked: more than is left, or totals that differ.
pub fn returning(
    order: &WebOrder,
    refund: &Refund,
    terms: &Terms<'_>,
    goods: &Goods,
    left: &Balance,
) -> Result<Option<Draft>, Waiting> {
    let given = refund.amount_inc_tax;
    if given.is_zero() {
        return Ok(None);
    }
    if given > left.left() || given < Decimal::ZERO {
        return Err(too_large(given, left.left()));
    }
    let (pieces, mut amounts) = pieces(order, refund, terms, goods)?;
    let sum = money::amount_of(amounts.iter().map(|amount| amount.gross).sum());
    let to_give = money::whole_ore(given).ok_or_else(|| mapping::unequal(given, sum))?;
    // An amount beyond its lines is an amount without lines; lines beyond their amount are no refund that we understand.
    if amounts::come_to(&mut amounts, given, terms.decimals).is_err() && sum > given {
        return Err(mapping::unequal(given, sum));
    }
    let mut shares: Vec<Vec<Ore>> = amounts.iter().map(Amount::shares).collect();
    hold_to(left, &amounts, &mut shares);

    let mut lines = Vec::new();
    for ((piece, amount), shares) in pieces.iter().zip(&amounts).zip(&shares) {
        lines.extend(match piece {
            Piece::Goods(line, good) => Way::Back.product(&line.line, good, amount, shares),
            Piece::Extra(name, special) => Way::Back.extra(name, *special, amount, shares),
        });
    }
    let rest = to_give - shares.iter().flatten().sum::<Ore>();
    lines.extend(without_lines(rest, left, &lines).ok_or_else(|| too_large(given, left.left()))?);
    let draft = Draft {
        reference: order.id.0,
        reference_comment: format!(
            "{}:refund:{}",
            mapping::reference_comment(terms.department, order.id),
            refund.id
        ),
        comments: format!("Refund of web order {}", order.number),
        ordered: refund.created,
        billing: order.billing.to_address(),
        shipping: mapping::shipping_address(order),
        lines,
    };
    let office = -draft.total_inc_vat();
    if office == given { Ok(Some(draft)) } else { Err(mapping::unequal(given, office)) }
}

fn too_large(given: Decimal, left: Decimal) -> Waiting {
    let detail = format!("the shop gave back {given}, {left} is left of what was booked");
    Waiting::new(Reason::RefundTooLarge, detail)
}

fn pieces<'a>(
    order: &WebOrder,
    refund: &'a Refund,
    terms: &Terms<'_>,
    goods: &Goods,
) -> Result<(Vec<Piece<'a>>, Vec<Amount>), Waiting> {
    let mut pieces = Vec::new();
    let mut amounts = Vec::new();
    for given in &refund.lines {
        let mut amount = Amount::of_line(&given.line, &order.rates, terms.decimals)?;
        let sold = given.of_line.and_then(|id| order.lines.iter().find(|line| line.id == id));
        // What it was sold for, with its discount; the refund's own line has neither.
        amount.before = sold
            .filter(|sold| sold.subtotal_ex_tax > sold.total_ex_tax && sold.quantity > Decimal::ZERO)
            .map(|sold| (sold.subtotal_ex_tax + sold.subtotal_tax) / sold.quantity * given.line.quantity);
        let good = goods.of(sold.unwrap_or(&given.line), false, Decimal::ZERO, Decimal::ZERO);
        pieces.push(match good {
            Ok(good) if given.line.quantity > Decimal::ZERO => Piece::Goods(given, good),
            _ => Piece::Extra(given.line.name.clone(), Special::Refund),
        });
        amounts.push(amount);
    }
    for (of, special) in [(&refund.shipping_lines, Special::Shipping), (&refund.fees, Special::Fee)] {
        for extra in of {
            let extra = as_sold(extra, order);
            amounts.push(Amount::of_extra(&extra, &order.rates, terms.decimals)?);
            pieces.push(Piece::Extra(extra.name, special));
        }
    }
    Ok((pieces, amounts))
}

/// A refund's amounts are above 0 whatever the shop's sign; those of a negative fee give *less* back.
fn as_sold(extra: &ExtraLine, order: &WebOrder) -> ExtraLine {
    let mut extra = extra.clone();
    let negative = |fee: &&ExtraLine| fee.total_ex_tax < Decimal::ZERO && fee.name == extra.name;
    if extra.total_ex_tax > Decimal::ZERO && order.fees.iter().any(|fee| negative(&fee)) {
        extra.total_ex_tax = -extra.total_ex_tax;
        extra.total_tax = -extra.total_tax;
        extra.taxes.iter_mut().for_each(|tax| tax.total = -tax.total);
    }
    extra
}

/// Takes from the largest shares of a rate what it would give back beyond what is left of it.
fn hold_to(left: &Balance, amounts: &[Amount], shares: &mut [Vec<Ore>]) {
    let rates: BTreeSet<Decimal> =
        amounts.iter().flat_map(|amount| amount.parts.iter().map(|part| part.percent)).collect();
    for percent in rates {
        let of_rate = || {
            amounts.iter().enumerate().flat_map(move |(at, amount)| {
                let parts = amount.parts.iter().enumerate();
                parts.filter(move |(_, part)| part.percent == percent).map(move |(part, _)| (at, part))
            })
        };
        let sum: Ore = of_rate().map(|(at, part)| shares[at][part]).sum();
        let left = left.of(percent);
        let mut beyond = sum - sum.clamp(left.min(0), left.max(0));
        let mut places: Vec<(usize, usize)> = of_rate().collect();
        places.sort_by_key(|(at, part)| std::cmp::Reverse(shares[*at][*part].abs()));
        for (at, part) in places {
            let share = shares[at][part];
            // Only what has the sign of the excess is taken from, and no further than to nothing.
            let taken = if share.signum() == beyond.signum() {
                share.signum() * share.abs().min(beyond.abs())
            } else {
                0
            };
            shares[at][part] -= taken;
            beyond -= taken;
        }
    }
}

/// An amount without lines: split over the VAT rates in proportion to what is left of each, on `REFUND`. `None` if more is
/// given than is left.
fn without_lines(rest: Ore, left: &Balance, lines: &[DraftLine]) -> Option<Vec<DraftLine>> {
    if rest == 0 {
        return Some(Vec::new());
    }
    let mut after = left.clone();
    for line in lines {
        *after.0.entry(line.vat_percent.normalize()).or_default() += line.total_inc_vat();
    }
    let percents: Vec<Decimal> = after.0.keys().copied().collect();
    let weights: Vec<Decimal> = percents.iter().map(|percent| Decimal::from(after.of(*percent))).collect();
    if rest < 0 || Decimal::from(rest) > weights.iter().copied().sum() {
        return None;
    }
    let shares = money::allot(rest, &weights);
    let line = |(share, percent): (Ore, Decimal)| {
        Way::Back.special(Special::Refund, share, percent, "Refund".to_owned())
    };
    Some(shares.into_iter().zip(percents).filter_map(line).collect())
}

#[cfg(test)]
mod tests;
