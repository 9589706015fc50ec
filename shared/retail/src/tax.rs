//! VAT: the shop's classes, and net prices from gross ones. `SETTINGS.md`, *Prices* and *VAT*.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::shop::{ShopProfile, TaxRate};

/// The class whose rate for the shop's base country equals `vat_percent`; the standard class first. Empty is the
/// standard class.
pub fn class_for(profile: &ShopProfile, vat_percent: Decimal) -> Option<&str> {
    let mut classes: Vec<&str> = home_rates(profile).map(|rate| rate.class.as_str()).collect();
    classes.sort_unstable();
    classes.dedup();
    classes.into_iter().find(|class| rate_of(profile, class) == Some(vat_percent))
}

/// The rate that the shop applies to a class in its base country, in percent.
pub fn rate_of(profile: &ShopProfile, class: &str) -> Option<Decimal> {
    let of_class = |country: &str| {
        home_rates(profile)
            .filter(|rate| rate.class == class && rate.country == country)
            .min_by_key(|rate| rate.priority)
            .map(|rate| rate.percent)
    };
    of_class(&profile.base_country).or_else(|| of_class(""))
}

fn home_rates(profile: &ShopProfile) -> impl Iterator<Item = &TaxRate> {
    profile
        .tax_rates
        .iter()
        .filter(|rate| !rate.local && (rate.country == profile.base_country || rate.country.is_empty()))
}

/// Rounds to the øre, half away from zero.
pub fn to_ore(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The net amount with as few decimals (two or more) as it takes for the gross to come back to the øre; where it can be,
/// also in a shop that rounds the tax of a piece before it adds it, as WooCommerce does unless told to round at subtotal.
/// `None` where no such amount exists within eight decimals, or the percentage is below zero.
pub fn net_of(gross_inc_vat: Decimal, percent: Decimal) -> Option<Decimal> {
    if percent < Decimal::ZERO {
        return None;
    }
    let factor = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let exact = gross_inc_vat.checked_div(factor)?;
    let gross = Some(to_ore(gross_inc_vat));
    let nets = || {
        (2..=8)
            .map(|decimals| exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
            .filter(|net| gross_of(*net, percent) == gross)
    };
    nets().find(|net| gross_by_the_piece(*net, percent) == gross).or_else(|| nets().next())
}

/// The gross amount of a net one, to the øre.
pub fn gross_of(net_ex_vat: Decimal, percent: Decimal) -> Option<Decimal> {
    net_ex_vat.checked_mul(Decimal::ONE + percent / Decimal::ONE_HUNDRED).map(to_ore)
}

/// The gross amount as `wc_get_price_including_tax` has it: the tax to the øre first, then the sum.
fn gross_by_the_piece(net_ex_vat: Decimal, percent: Decimal) -> Option<Decimal> {
    let tax = to_ore(net_ex_vat.checked_mul(percent / Decimal::ONE_HUNDRED)?);
    net_ex_vat.checked_add(tax).map(to_ore)
}

#[cfg(test)]
mod tests;
