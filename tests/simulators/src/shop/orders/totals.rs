//! Tax and totals as WooCommerce works them out (`WC_Tax`, `WC_Abstract_Order::calculate_totals`), tax rounded line by line.

use rust_decimal::{Decimal, RoundingStrategy};

use super::super::{
    State,
    order::{Extra, Line, Order, RateTax, TaxLine},
    setup::Setup,
};

/// The decimals that amounts are kept with: four more than those of most currencies.
const KEPT: u32 = 6;

/// The rates that apply to one tax class.
pub(super) struct Taxes {
    rates: Vec<Rate>,
}

#[derive(Clone, Copy)]
struct Rate {
    id: u64,
    percent: Decimal,
    compound: bool,
}

impl Taxes {
    /// The rates of a class at the shop's own place; of each priority the first one counts.
    pub(super) fn of(setup: &Setup, class: &str) -> Taxes {
        let class = if class.is_empty() { "standard" } else { class };
        let country = setup.country.split(':').next().unwrap_or_default();
        let mut rates: Vec<(u32, Rate)> = Vec::new();
        for (id, tax) in (1..).zip(&setup.taxes) {
            let here = tax.class == class && (tax.country.is_empty() || tax.country == country);
            if setup.calculates_tax && here && rates.iter().all(|(priority, _)| *priority != tax.priority) {
                let percent = tax.rate.parse().unwrap_or_default();
                rates.push((tax.priority, Rate { id, percent, compound: tax.compound }));
            }
        }
        rates.sort_by_key(|(priority, _)| *priority);
        Taxes { rates: rates.into_iter().map(|(_, rate)| rate).collect() }
    }

    /// The amount without tax, of one that includes it or doesn't.
    pub(super) fn without(&self, amount: Decimal, includes: bool) -> Decimal {
        if !includes {
            return kept(amount);
        }
        let mut rest = amount;
        for rate in self.rates.iter().rev().filter(|rate| rate.compound) {
            rest -= kept(rest - rest / (Decimal::ONE + rate.percent / Decimal::ONE_HUNDRED));
        }
        let plain = || self.rates.iter().filter(|rate| !rate.compound);
        let sum = plain().map(|rate| rate.percent / Decimal::ONE_HUNDRED).sum::<Decimal>() + Decimal::ONE;
        let taxes =
            plain().map(|rate| kept(rest * (rate.percent / Decimal::ONE_HUNDRED) / sum)).sum::<Decimal>();
        kept(rest - taxes)
    }

    /// The tax of each rate on an amount without tax.
    fn on(&self, amount: Decimal) -> Vec<(u64, Decimal)> {
        let mut taxes: Vec<(u64, Decimal)> = Vec::new();
        let plain = self.rates.iter().filter(|rate| !rate.compound);
        for rate in plain.chain(self.rates.iter().filter(|rate| rate.compound)) {
            let before = if rate.compound { taxes.iter().map(|(_, tax)| *tax).sum() } else { Decimal::ZERO };
            taxes.push((rate.id, kept((amount + before) * rate.percent / Decimal::ONE_HUNDRED)));
        }
        taxes
    }
}

pub(super) fn kept(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(KEPT, RoundingStrategy::MidpointAwayFromZero)
}

/// Rounded to the shop's decimals.
pub(super) fn rounded(amount: Decimal, setup: &Setup) -> Decimal {
    amount.round_dp_with_strategy(setup.price_decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// A tax rounded to the shop's decimals: halves go down where prices include tax, else up.
pub(super) fn tax_rounded(tax: Decimal, setup: &Setup) -> Decimal {
    let strategy = if setup.prices_include_tax {
        RoundingStrategy::MidpointTowardZero
    } else {
        RoundingStrategy::MidpointAwayFromZero
    };
    tax.round_dp_with_strategy(setup.price_decimals, strategy)
}

impl State {
    /// Works out coupons, taxes and totals of an order.
    pub(super) fn calculate(&mut self, id: u64) {
        let Some(mut order) = self.orders.all.remove(&id) else { return };
        let costs = costs(&order);
        self.discount(&mut order);
        let setup = &self.setup;
        for line in &mut order.lines {
            let taxes = Taxes::of(setup, &line.tax_class);
            let before = taxes.on(line.subtotal);
            let pairs = taxes.on(line.total).into_iter().zip(before);
            line.taxes =
                pairs.map(|((rate, total), (_, subtotal))| RateTax { rate, total, subtotal }).collect();
        }
        let shipping = shipping_class(setup, &order);
        for extra in &mut order.shipping_lines {
            extra.taxes = plain(Taxes::of(setup, &shipping).on(extra.total));
        }
        self.fees(&mut order, &costs);
        self.sum_up(&mut order);
        self.orders.all.insert(id, order);
    }

    /// Percents off, in the form that prices are entered in, a line at a time, rounded down to the smallest coin; what is
    /// then missing of the whole goes to the lines of the dearest goods, a coin for each piece.
    fn discount(&self, order: &mut Order) {
        let Some(percent) = order.coupons.first().map(|coupon| coupon.percent) else { return };
        let setup = &self.setup;
        let coin = Decimal::new(1, setup.price_decimals);
        let gross = |class: &str, amount: Decimal| {
            let tax = Taxes::of(setup, class).on(amount).iter().map(|(_, tax)| *tax).sum::<Decimal>();
            rounded(if setup.prices_include_tax { amount + tax } else { amount }, setup)
        };
        let prices = order.lines.iter().map(|line| gross(&line.tax_class, line.subtotal)).collect::<Vec<_>>();
        let share = |price: Decimal| price * percent / Decimal::ONE_HUNDRED;
        let down =
            |amount: Decimal| amount.round_dp_with_strategy(setup.price_decimals, RoundingStrategy::ToZero);
        let mut off = prices.iter().map(|price| down(share(*price))).collect::<Vec<_>>();
        let mut rest = tax_rounded(share(prices.iter().sum()), setup) - off.iter().sum::<Decimal>();
        let mut dearest: Vec<usize> = (0..prices.len()).collect();
        // By what one costs, of an amount that only its tax is rounded in; of the same price the first.
        let fine = |line: &Line| {
            let taxes = Taxes::of(setup, &line.tax_class).on(line.subtotal);
            let tax = tax_rounded(taxes.iter().map(|(_, tax)| *tax).sum(), setup);
            line.subtotal + if setup.prices_include_tax { tax } else { Decimal::ZERO }
        };
        dearest.sort_by(|one, other| {
            let (one, other) = (*one, *other);
            let by = |at: usize| order.lines[at].quantity;
            (fine(&order.lines[other]) * by(one)).cmp(&(fine(&order.lines[one]) * by(other)))
        });
        for at in dearest {
            let more = rest.min(coin * order.lines[at].quantity.trunc()).max(Decimal::ZERO);
            off[at] += more;
            rest -= more;
        }
        for (line, off) in order.lines.iter_mut().zip(off) {
            let taxes = Taxes::of(setup, &line.tax_class);
            line.total = line.subtotal - taxes.without(off, setup.prices_include_tax);
        }
    }

    /// A negative fee can't take off more than there is, and its tax is shared out by what it takes off.
    fn fees(&self, order: &mut Order, costs: &[(String, Decimal)]) {
        let setup = &self.setup;
        let all = costs.iter().map(|(_, cost)| *cost).sum::<Decimal>();
        let lines = order.lines.iter().map(|line| rounded(line.total, setup)).sum::<Decimal>();
        let mut before =
            lines + order.shipping_lines.iter().map(|extra| rounded(extra.total, setup)).sum::<Decimal>();
        for fee in &mut order.fees {
            let most = -rounded(before, setup);
            if fee.total < most && most < Decimal::ZERO {
                fee.total = most;
            }
            before += fee.total;
            if fee.total >= Decimal::ZERO {
                fee.taxes = plain(Taxes::of(setup, "").on(fee.total));
                continue;
            }
            fee.taxes = Vec::new();
            for (class, cost) in costs.iter().filter(|(_, cost)| !cost.is_zero() && !all.is_zero()) {
                for tax in plain(Taxes::of(setup, class).on(fee.total * cost / all)) {
                    match fee.taxes.iter_mut().find(|known| known.rate == tax.rate) {
                        Some(known) => known.total += tax.total,
                        None => fee.taxes.push(tax),
                    }
                }
            }
        }
    }

    fn sum_up(&mut self, order: &mut Order) {
        let mut by_rate: Vec<(u64, Decimal, Decimal)> = Vec::new();
        let mut add =
            |rate: u64, tax: Decimal, shipping: Decimal| match by_rate.iter_mut().find(|row| row.0 == rate) {
                Some(row) => {
                    row.1 += tax;
                    row.2 += shipping;
                }
                None => by_rate.push((rate, tax, shipping)),
            };
        let setup = &self.setup;
        let taxes = order.lines.iter().map(|line| &line.taxes).chain(order.fees.iter().map(|fee| &fee.taxes));
        for tax in taxes.flatten() {
            add(tax.rate, tax_rounded(tax.total, setup), Decimal::ZERO);
        }
        for tax in order.shipping_lines.iter().flat_map(|extra| &extra.taxes) {
            add(tax.rate, Decimal::ZERO, tax_rounded(tax.total, setup));
        }
        let sum = |amounts: &mut dyn Iterator<Item = Decimal>| {
            amounts.map(|amount| rounded(amount, setup)).sum::<Decimal>()
        };
        let lines = sum(&mut order.lines.iter().map(|line| line.total));
        let before = sum(&mut order.lines.iter().map(|line| line.subtotal));
        let fees = order.fees.iter().map(|fee| fee.total).sum::<Decimal>();
        let exact = order.lines.iter().flat_map(|line| &line.taxes);
        let discount_tax = exact.map(|tax| tax.subtotal - tax.total).sum::<Decimal>();
        let totals = &mut order.totals;
        totals.shipping = sum(&mut order.shipping_lines.iter().map(|extra| extra.total));
        totals.cart_tax = by_rate.iter().map(|row| row.1).sum();
        totals.shipping_tax = by_rate.iter().map(|row| row.2).sum();
        totals.discount = rounded(before - lines, setup);
        totals.discount_tax = tax_rounded(discount_tax, setup);
        totals.total = rounded(lines + fees + totals.shipping + totals.cart_tax + totals.shipping_tax, setup);
        order.tax_lines =
            by_rate.into_iter().map(|(rate, tax, shipping)| self.tax_line(rate, tax, shipping)).collect();
    }

    pub(super) fn tax_line(&mut self, rate: u64, tax: Decimal, shipping_tax: Decimal) -> TaxLine {
        let id = self.orders.item_id();
        let known = usize::try_from(rate).ok().and_then(|at| self.setup.taxes.get(at.wrapping_sub(1)));
        TaxLine {
            id,
            rate,
            percent: known.and_then(|known| known.rate.parse().ok()).unwrap_or_default(),
            compound: known.is_some_and(|known| known.compound),
            tax,
            shipping_tax,
        }
    }
}

/// What there is of each tax class, in the order in which the classes turn up: by this a negative fee's tax is shared out. It
/// looks at the order as it was saved before its coupons were used.
fn costs(order: &Order) -> Vec<(String, Decimal)> {
    let mut costs: Vec<(String, Decimal)> = Vec::new();
    // Shipping counts to the class of the first line, whichever it is taxed by.
    let first = order.lines.first().map(|line| line.tax_class.clone()).unwrap_or_default();
    let lines = order.lines.iter().map(|line| (line.tax_class.clone(), line.total));
    let fees = order.fees.iter().map(|fee| (String::new(), fee.total));
    let shipping = order.shipping_lines.iter().map(|extra| (first.clone(), extra.total));
    for (class, total) in lines.chain(fees).chain(shipping).filter(|(_, total)| *total > Decimal::ZERO) {
        match costs.iter_mut().find(|(known, _)| *known == class) {
            Some((_, cost)) => *cost += total,
            None => costs.push((class, total)),
        }
    }
    costs
}

/// Shipping is taxed by the first class that a line has: the standard one before the others, which stand by their names.
fn shipping_class(setup: &Setup, order: &Order) -> String {
    let has = |class: &str| order.lines.iter().any(|line| line.tax_class == class);
    let mut others: Vec<&(String, String)> = setup.tax_classes.iter().collect();
    others.sort_by_key(|(_, name)| name.to_lowercase());
    let others = others.into_iter().map(|(slug, _)| slug.as_str());
    std::iter::once("").chain(others).find(|class| has(class)).unwrap_or_default().to_owned()
}

fn plain(taxes: Vec<(u64, Decimal)>) -> Vec<RateTax> {
    taxes.into_iter().map(|(rate, total)| RateTax { rate, total, subtotal: Decimal::ZERO }).collect()
}

/// What an extra's tax comes to, rounded rate by rate.
pub(super) fn extra_tax(extra: &Extra, setup: &Setup) -> Decimal {
    extra.taxes.iter().map(|tax| tax_rounded(tax.total, setup)).sum()
}
