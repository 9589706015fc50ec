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

/// The net amount with as few decimals (two or more) as it takes for the gross to come back to the øre.
/// `None` where no such amount exists within eight decimals, or the percentage is below zero.
pub fn net_of(gross_inc_vat: Decimal, percent: Decimal) -> Option<Decimal> {
    if percent.is_sign_negative() {
        return None;
    }
    let factor = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let exact = gross_inc_vat.checked_div(factor)?;
    (2..=8).find_map(|decimals| {
        let net = exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        (gross_of(net, percent)? == to_ore(gross_inc_vat)).then_some(net)
    })
}

/// The gross amount of a net one, to the øre.
pub fn gross_of(net_ex_vat: Decimal, percent: Decimal) -> Option<Decimal> {
    net_ex_vat.checked_mul(Decimal::ONE + percent / Decimal::ONE_HUNDRED).map(to_ore)
}

#[cfg(test)]
mod tests;
