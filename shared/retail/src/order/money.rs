//! Amounts in whole øre, and how they are split so that nothing is lost. `API.md` §5: prices and discounts are per unit, with
//! two decimals; what does not divide is split into lines.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// A hundredth of the currency. Amounts include VAT.
pub(crate) type Ore = i64;

/// The largest amount that is believed, in øre: a thousand million.
const LARGEST: Ore = 100_000_000_000;

/// The amount in øre, half away from zero; `None` for one beyond belief.
pub(crate) fn ore(amount: Decimal) -> Option<Ore> {
    let ore = amount
        .checked_mul(Decimal::ONE_HUNDRED)?
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()?;
    (ore.abs() <= LARGEST).then_some(ore)
}

/// The amount in øre, where it has no fraction of one.
pub(crate) fn whole_ore(amount: Decimal) -> Option<Ore> {
    ore(amount).filter(|ore| amount_of(*ore) == amount)
}

/// The amount in the currency, with two decimals.
pub(crate) fn amount_of(ore: Ore) -> Decimal {
    Decimal::new(ore, 2)
}

/// Splits `total` in proportion to `weights`, exactly: rounded down, and what is left by the largest remainder, the first
/// of equals. Where weights and total are whole, all of a sign or with `0 ≤ total ≤ Σ weights > 0`, no share goes beyond
/// its weight. Weights that come to nothing: all to the first.
pub(crate) fn allot(total: Ore, weights: &[Decimal]) -> Vec<Ore> {
    let sum: Decimal = weights.iter().copied().sum();
    let mut shares = vec![0; weights.len()];
    if sum.is_zero() {
        if let Some(first) = shares.first_mut() {
            *first = total;
        }
        return shares;
    }
    let exact: Vec<Decimal> = weights.iter().map(|weight| Decimal::from(total) * *weight / sum).collect();
    for (share, exact) in shares.iter_mut().zip(&exact) {
        *share = exact.floor().to_i64().unwrap_or_default();
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact[*at] - exact[*at].floor()));
    let mut left = total - shares.iter().sum::<Ore>();
    for at in order.into_iter().cycle() {
        if left == 0 {
            break;
        }
        let one = left.signum();
        shares[at] += one;
        left -= one;
    }
    shares
}

/// Some units of one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Units {
    /// How many; above 0.
    pub(crate) quantity: Decimal,
    /// What one costs before its discount; not below 0.
    pub(crate) price: Ore,
    /// Off each; not below 0, not above the price.
    pub(crate) discount: Ore,
}

/// Splits what `quantity` units cost together into units of whole øre, and what no price per unit can say: 0 for whole
/// quantities. `before` is what one cost before its discount, where there is one; the discount takes up what that rounds.
///
/// 3 for 100.00 is 2 × 33.33 and 1 × 33.34. A fraction that doesn't divide keeps its quantity, for the stock: 1.5 for
/// 100.00 is 1.5 × 66.66, and 0.01 is left.
pub(crate) fn split(quantity: Decimal, total: Ore, before: Option<Ore>) -> Option<(Vec<Units>, Ore)> {
    let quantity = quantity.normalize();
    if quantity <= Decimal::ZERO || total < 0 {
        return None;
    }
    let of = |quantity: Decimal, net: Ore| {
        let price = before.filter(|before| *before > net).unwrap_or(net);
        Units { quantity, price, discount: price - net }
    };
    if quantity.scale() == 0 {
        let count = quantity.to_i64()?;
        let (low, high) = (total / count, total % count);
        let mut units = Vec::new();
        for (count, net) in [(count - high, low), (high, low + 1)] {
            if count > 0 {
                units.push(of(Decimal::from(count), net));
            }
        }
        return Some((units, 0));
    }
    // quantity = parts / whole; a price comes to whole øre if it is a multiple of `step`.
    let whole = 10_i128.checked_pow(quantity.scale())?;
    let parts = quantity.mantissa();
    let step = whole / gcd(parts, whole);
    let net = i128::from(total).checked_mul(whole)? / parts / step * step;
    let rest = i128::from(total) - net * parts / whole;
    Some((vec![of(quantity, i64::try_from(net).ok()?)], i64::try_from(rest).ok()?))
}

fn gcd(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests;
