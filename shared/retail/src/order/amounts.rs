//! What each line of an order comes to, to the øre, so that all of them together come to the order's total.
//!
//! A shop rounds each tax of each line, and its total once more; the sums may be off by the shop's smallest amount for each
//! rounding (`woocommerce/BEHAVIOUR.md`, *Orders*). So much is made up for; more is not, and the order is parked.

use rust_decimal::Decimal;

use super::{
    ExtraLine, LineTax, OrderLine, OrderRate,
    money::{self, Ore},
    rates::{self, Part},
    waiting::{Reason, Waiting},
};

/// What one line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    /// After discounts, including tax.
    pub(crate) gross: Ore,
    /// Before discounts, including tax, for all units; `None` where there is no discount.
    pub(crate) before: Option<Decimal>,
    /// By VAT rate; at least one. Weights without the sign of `gross`.
    pub(crate) parts: Vec<Part>,
    /// How many units; 1 for shipping and fees.
    pub(crate) quantity: Decimal,
}

/// The shop's smallest amount.
pub(crate) fn unit(decimals: u32) -> Decimal {
    Decimal::new(1, decimals.min(8))
}

fn believed(name: &str, amount: Decimal) -> Result<Ore, Waiting> {
    money::ore(amount)
        .ok_or_else(|| Waiting::new(Reason::UnequalTotals, format!("“{name}”: {amount} is beyond belief")))
}

impl Amount {
    /// Of a product's line.
    pub(crate) fn of_line(line: &OrderLine, rates: &[OrderRate], decimals: u32) -> Result<Amount, Waiting> {
        let mut parts = rates::parts(rates, line.total_ex_tax, line.total_tax, &line.taxes, unit(decimals));
        let before = line.subtotal_ex_tax + line.subtotal_tax;
        if line.total_ex_tax.is_zero() && !line.subtotal_ex_tax.is_zero() {
            // Given away: the rate is that of what it would have cost.
            let taxes: Vec<LineTax> = line
                .taxes
                .iter()
                .map(|tax| LineTax { total: tax.subtotal.unwrap_or(tax.total), ..*tax })
                .collect();
            parts = rates::parts(rates, line.subtotal_ex_tax, line.subtotal_tax, &taxes, unit(decimals));
        }
        Ok(Amount {
            gross: believed(&line.name, line.total_ex_tax + line.total_tax)?,
            before: (line.subtotal_ex_tax > line.total_ex_tax).then_some(before),
            parts,
            quantity: line.quantity,
        })
    }

    /// Of shipping or a fee.
    pub(crate) fn of_extra(extra: &ExtraLine, rates: &[OrderRate], decimals: u32) -> Result<Amount, Waiting> {
        Ok(Amount {
            gross: believed(&extra.name, extra.total_ex_tax + extra.total_tax)?,
            before: None,
            parts: rates::parts(rates, extra.total_ex_tax, extra.total_tax, &extra.taxes, unit(decimals)),
            quantity: Decimal::ONE,
        })
    }

    /// What each part comes to, with its sign.
    pub(crate) fn shares(&self) -> Vec<Ore> {
        let weights: Vec<Decimal> = self.parts.iter().map(|part| part.weight).collect();
        let shares = money::allot(self.gross.abs(), &weights);
        shares.into_iter().map(|share| share * self.gross.signum()).collect()
    }

    /// The part that is the most.
    pub(crate) fn main(&self) -> usize {
        let largest = |at: &usize| (self.parts[*at].weight, std::cmp::Reverse(*at));
        (0..self.parts.len()).max_by_key(largest).unwrap_or_default()
    }
}

/// Makes the amounts come to `total`, in whole øre, if what they are off by is no more than what the shop rounded.
///
/// # Errors
/// Both totals.
pub(crate) fn come_to(amounts: &mut [Amount], total: Decimal, decimals: u32) -> Result<(), Waiting> {
    let sum: Ore = amounts.iter().map(|amount| amount.gross).sum();
    let unequal = || {
        let detail = format!("the shop has {total}, Loomis Pay would have {}", money::amount_of(sum));
        Waiting::new(Reason::UnequalTotals, detail)
    };
    let off = money::whole_ore(total).ok_or_else(unequal)? - sum;
    if off == 0 {
        return Ok(());
    }
    // Half a unit for each net amount, each tax, the total and each tax of it.
    let roundings: usize = amounts.iter().map(|amount| 1 + amount.parts.len()).sum();
    let mut rates: Vec<Decimal> =
        amounts.iter().flat_map(|amount| amount.parts.iter().map(|part| part.percent)).collect();
    rates.sort_unstable();
    rates.dedup();
    let unit = unit(decimals.min(2)) * Decimal::ONE_HUNDRED;
    let slack = unit * Decimal::from(roundings + 1 + rates.len()) / Decimal::TWO;
    if Decimal::from(off.abs()) > slack.ceil() {
        return Err(unequal());
    }
    let candidates = candidates(amounts);
    let weights: Vec<Decimal> = candidates.iter().map(|at| Decimal::from(amounts[*at].gross.abs())).collect();
    let room: Ore = candidates.iter().map(|at| amounts[*at].gross.abs()).sum();
    if candidates.is_empty() || off.abs() > room {
        return Err(unequal());
    }
    let few = usize::try_from(off.abs()).is_ok_and(|off| off <= candidates.len());
    let shares = if few {
        (0..candidates.len()).map(|at| if (at as Ore) < off.abs() { off.signum() } else { 0 }).collect()
    } else {
        money::allot(off.abs(), &weights).into_iter().map(|share| share * off.signum()).collect::<Vec<_>>()
    };
    for (at, share) in candidates.into_iter().zip(shares) {
        amounts[at].gross += share;
    }
    Ok(())
}

/// The lines that may be made a little more or less, in the order in which they are: what needs no split for it first, then the
/// largest. Negative ones only where there are no others.
fn candidates(amounts: &[Amount]) -> Vec<usize> {
    let of = |sign: Ore| {
        let mut found: Vec<usize> =
            (0..amounts.len()).filter(|at| amounts[*at].gross.signum() == sign).collect();
        found.sort_by_key(|at| {
            let amount = &amounts[*at];
            (amount.quantity != Decimal::ONE, std::cmp::Reverse(amount.gross.abs()))
        });
        found
    };
    let more = of(1);
    if more.is_empty() { of(-1) } else { more }
}
