//! The VAT rates of a line, from the order's own tax lines. `SETTINGS.md`, *Lines*: one line per VAT rate where the shop taxed
//! one line at several.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{LineTax, OrderRate};

/// The part of a line that is taxed at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Percent, at most two decimals.
    pub(crate) percent: Decimal,
    /// What it comes to, including tax: a weight, with all its decimals. Below 0 only for what is untaxed.
    pub(crate) weight: Decimal,
}

/// VAT rates in use where the order may come from; for shops that don't tell a rate's percentage.
const USUAL: [u32; 12] = [2500, 1500, 1200, 600, 1111, 0, 2550, 2400, 1400, 1350, 1300, 1000];

/// The parts of a line, by rate: at least one. `net` and `tax` are the line's, of one sign; `unit` is the shop's smallest
/// amount.
///
/// A rate's part is its tax divided by the rate, and what the parts leave over is untaxed. Where rates are taken of the same amount
/// (one on top of the other) the parts come to more than the line, and the untaxed part is negative: the tax of each rate is
/// booked as the shop has it, and the line still comes to what it came to.
pub(crate) fn parts(
    rates: &[OrderRate],
    net: Decimal,
    tax: Decimal,
    taxes: &[LineTax],
    unit: Decimal,
) -> Vec<Part> {
    let (net, tax, sign) = if net < Decimal::ZERO || tax < Decimal::ZERO {
        (-net, -tax, -Decimal::ONE)
    } else {
        (net, tax, Decimal::ONE)
    };
    let whole = |percent| vec![Part { percent: two_decimals(percent), weight: net + tax }];
    let known: Vec<Rated> = taxes.iter().filter_map(|one| rated(rates, one, sign, unit)).collect();
    let taxed: Vec<&Rated> = known.iter().filter(|one| !one.tax.is_zero()).collect();
    if known.len() < taxes.iter().filter(|one| !one.total.is_zero()).count() || taxes.is_empty() {
        return whole(percent_of(net, tax, unit));
    }
    match taxed.as_slice() {
        // Nothing was taxed: because it is free or tiny, or because it is exempt.
        [] => {
            let tiny = |one: &&Rated| net * one.percent / Decimal::ONE_HUNDRED <= unit;
            let highest = known.iter().filter(tiny).map(|one| one.percent).max();
            whole(highest.unwrap_or_default())
        }
        [one]
            if (one.base() - net).abs() <= one.slack(unit)
                || !known.iter().any(|one| one.percent.is_zero()) =>
        {
            whole(one.percent)
        }
        several => apart(several, net, unit),
    }
}

/// A tax whose rate is known.
struct Rated {
    percent: Decimal,
    tax: Decimal,
}

impl Rated {
    /// What the tax was taken of.
    fn base(&self) -> Decimal {
        self.tax * Decimal::ONE_HUNDRED / self.percent
    }

    /// How far the base may be off, the tax being rounded.
    fn slack(&self, unit: Decimal) -> Decimal {
        unit * Decimal::ONE_HUNDRED / self.percent + unit
    }
}

/// `None` where the shop doesn't tell the percentage, or it is 0 and there is a tax nevertheless.
fn rated(rates: &[OrderRate], one: &LineTax, sign: Decimal, unit: Decimal) -> Option<Rated> {
    let rate = rates.iter().find(|rate| rate.id == one.rate)?;
    let percent =
        rate.percent.or_else(|| in_label(&rate.label)).filter(|percent| *percent >= Decimal::ZERO)?;
    let tax = if percent.is_zero() && one.total.abs() <= unit { Decimal::ZERO } else { one.total * sign };
    (!percent.is_zero() || tax.is_zero()).then_some(Rated { percent, tax })
}

/// The percentage in a rate's name: `MVA 25%`, `Moms 11,11 %`.
fn in_label(label: &str) -> Option<Decimal> {
    let before = label.split('%').next().filter(|before| before.len() < label.len())?;
    let digits = before.trim_end().rsplit(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').next()?;
    digits.replace(',', ".").parse().ok()
}

/// A part for each rate, the untaxed one last.
fn apart(taxed: &[&Rated], net: Decimal, unit: Decimal) -> Vec<Part> {
    let bases: Decimal = taxed.iter().map(|one| one.base()).sum();
    let slack: Decimal = taxed.iter().map(|one| one.slack(unit)).sum();
    let rest = net - bases;
    let mut parts: Vec<Part> = Vec::new();
    for one in taxed {
        let (percent, weight) = (two_decimals(one.percent), one.base() + one.tax);
        match parts.iter_mut().find(|part| part.percent == percent) {
            Some(part) => part.weight += weight,
            None => parts.push(Part { percent, weight }),
        }
    }
    if rest.abs() > slack {
        parts.push(Part { percent: Decimal::ZERO, weight: rest });
    }
    parts
}

/// The percentage that explains a tax where the shop doesn't say it: a usual one if one does, else what it comes to.
fn percent_of(net: Decimal, tax: Decimal, unit: Decimal) -> Decimal {
    if net.is_zero() || tax.is_zero() {
        return Decimal::ZERO;
    }
    let usual = USUAL.map(|hundredths| Decimal::new(i64::from(hundredths), 2));
    let off = |percent: &Decimal| (net * *percent / Decimal::ONE_HUNDRED - tax).abs();
    usual
        .into_iter()
        .filter(|percent| off(percent) <= unit)
        .min_by_key(off)
        .unwrap_or_else(|| tax * Decimal::ONE_HUNDRED / net)
}

fn two_decimals(percent: Decimal) -> Decimal {
    percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize()
}

#[cfg(test)]
mod tests;
