//! Money as a law: orders as WooCommerce makes them come to their total to the øre, or are parked for a reason that is known
//! beforehand.

use proptest::prelude::*;
use rust_decimal::RoundingStrategy;

use super::*;
use crate::order::{ExtraLine, LineTax, OrderLine};

const PERCENTS: [&str; 6] = ["0", "6", "11.11", "12", "15", "25"];

/// A basket, before the shop has calculated anything.
#[derive(Clone, Debug)]
struct Basket {
    decimals: u32,
    prices_include_tax: bool,
    /// Tax is rounded for each line, not for the total (`woocommerce_tax_round_at_subtotal` off).
    round_each_line: bool,
    /// Amounts are told with six decimals (`dp=6`).
    fine: bool,
    /// Price of one in thousandths, how many, percent, discount in percent; and where two things are sold as one, the percent of
    /// the other, which is two fifths of it.
    goods: Vec<(i64, i64, usize, i64, Option<usize>)>,
    /// Net amounts in thousandths; a negative one is spread over the rates of the goods, as WooCommerce does.
    fees: Vec<(i64, usize)>,
    shipping: Option<(i64, usize)>,
}

fn baskets(decimals: impl Strategy<Value = u32>) -> impl Strategy<Value = Basket> {
    let goods = (
        0_i64..2_000_000,
        1_i64..=30,
        0..PERCENTS.len(),
        prop_oneof![Just(0_i64), 1_i64..=100],
        prop_oneof![3 => Just(None), 1 => (0..PERCENTS.len()).prop_map(Some)],
    );
    let fee = (-20_000_i64..60_000, 0..PERCENTS.len());
    let shipping = proptest::option::of((0_i64..150_000, 0..PERCENTS.len()));
    let goods = proptest::collection::vec(goods, 1..8);
    let fees = proptest::collection::vec(fee, 0..3);
    (decimals, any::<[bool; 3]>(), goods, fees, shipping).prop_map(
        |(decimals, [prices_include_tax, round_each_line, fine], goods, fees, shipping)| Basket {
            decimals,
            prices_include_tax,
            round_each_line,
            fine,
            goods,
            fees,
            shipping,
        },
    )
}

fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

impl Basket {
    fn percent(at: usize) -> Decimal {
        dec(PERCENTS[at])
    }

    fn tax(&self, tax: Decimal) -> Decimal {
        if self.round_each_line { round(tax, self.decimals) } else { round(tax, 6) }
    }

    /// What the shop keeps: with six decimals.
    fn kept(&self) -> WebOrder {
        let hundred = Decimal::ONE_HUNDRED;
        let mut order = order(|_| {});
        for (id, (price, quantity, percent, off, other)) in (1..).zip(&self.goods) {
            let price = round(Decimal::new(*price, 3), self.decimals);
            let percent = Self::percent(*percent);
            let amounts = |each: Decimal| {
                let all = each * Decimal::from(*quantity);
                if self.prices_include_tax {
                    let tax = self.tax(all - all / (Decimal::ONE + percent / hundred));
                    (round(all - tax, 6), tax)
                } else {
                    (round(all, 6), self.tax(all * percent / hundred))
                }
            };
            let (subtotal, subtotal_tax) = amounts(price);
            let (total, tax) = amounts(round(price * Decimal::from(100 - off) / hundred, self.decimals + 2));
            let mut bought = line(id, "1", "0", &[]);
            bought.quantity = Decimal::from(*quantity);
            (bought.subtotal_ex_tax, bought.subtotal_tax) = (subtotal, subtotal_tax);
            (bought.total_ex_tax, bought.total_tax) = (total, tax);
            bought.taxes = vec![LineTax {
                rate: rate_id(&percent.to_string()),
                total: tax,
                subtotal: Some(subtotal_tax),
            }];
            if let Some(other) = other {
                self.bundle(&mut bought, percent, Self::percent(*other));
            }
            order.lines.push(bought);
        }
        for (id, (net, percent)) in (20..).zip(&self.fees) {
            order.fees.push(self.fee(
                id,
                round(Decimal::new(*net, 3), self.decimals),
                *percent,
                &order.lines,
            ));
        }
        if let Some((net, percent)) = &self.shipping {
            let net = round(Decimal::new(*net, 3), self.decimals);
            order.shipping_lines.push(self.fee(30, net, *percent, &[]));
        }
        let extras = order.shipping_lines.iter().chain(&order.fees);
        let net: Decimal = order.lines.iter().map(|line| line.total_ex_tax).sum::<Decimal>()
            + extras.clone().map(|extra| extra.total_ex_tax).sum::<Decimal>();
        let tax: Decimal = order.lines.iter().map(|line| line.total_tax).sum::<Decimal>()
            + extras.map(|extra| extra.total_tax).sum::<Decimal>();
        order.total_tax = round(tax, self.decimals);
        order.total_inc_tax = round(net + tax, self.decimals);
        order
    }

    /// Three fifths are taxed at one rate, two fifths at another.
    fn bundle(&self, line: &mut OrderLine, one: Decimal, other: Decimal) {
        let at = |net: Decimal, fifths: u32, percent: Decimal| {
            round(net * Decimal::new(2 * i64::from(fifths), 1) * percent / Decimal::ONE_HUNDRED, 6)
        };
        line.taxes = [(one, 3), (other, 2)]
            .into_iter()
            .map(|(percent, fifths)| LineTax {
                rate: rate_id(&percent.to_string()),
                total: at(line.total_ex_tax, fifths, percent),
                subtotal: Some(at(line.subtotal_ex_tax, fifths, percent)),
            })
            .collect();
        line.total_tax = self.tax(line.taxes.iter().map(|tax| tax.total).sum());
        line.subtotal_tax = self.tax(line.taxes.iter().filter_map(|tax| tax.subtotal).sum());
    }

    fn fee(&self, id: u64, net: Decimal, percent: usize, goods: &[OrderLine]) -> ExtraLine {
        let mut fee = extra(id, "Fee", "0", &[]);
        let all: Decimal = goods.iter().map(|line| line.total_ex_tax).sum();
        let spread: Vec<(u64, Decimal)> = if net < Decimal::ZERO && !all.is_zero() {
            goods.iter().map(|line| (line.taxes[0].rate, net * line.total_ex_tax / all)).collect()
        } else {
            vec![(rate_id(PERCENTS[percent]), net)]
        };
        for (rate, part) in spread {
            let percent = dec(["25", "15", "12", "11.11", "6", "0", "5"][usize::try_from(rate).unwrap() - 1]);
            let tax = part * percent / Decimal::ONE_HUNDRED;
            match fee.taxes.iter_mut().find(|tax| tax.rate == rate) {
                Some(of_rate) => of_rate.total += tax,
                None => fee.taxes.push(LineTax { rate, total: tax, subtotal: None }),
            }
        }
        fee.taxes.iter_mut().for_each(|tax| tax.total = round(tax.total, 6));
        fee.total_ex_tax = net;
        fee.total_tax = self.tax(fee.taxes.iter().map(|tax| tax.total).sum());
        fee
    }

    /// What the shop tells: each amount rounded by itself.
    fn told(&self) -> WebOrder {
        let mut order = self.kept();
        if self.fine {
            return order;
        }
        let told = |amount: &mut Decimal| *amount = round(*amount, self.decimals);
        for line in &mut order.lines {
            for amount in [
                &mut line.subtotal_ex_tax,
                &mut line.subtotal_tax,
                &mut line.total_ex_tax,
                &mut line.total_tax,
            ] {
                told(amount);
            }
            for tax in &mut line.taxes {
                told(&mut tax.total);
                tax.subtotal.iter_mut().for_each(told);
            }
        }
        for extra in order.shipping_lines.iter_mut().chain(&mut order.fees) {
            told(&mut extra.total_ex_tax);
            told(&mut extra.total_tax);
            extra.taxes.iter_mut().for_each(|tax| told(&mut tax.total));
        }
        order
    }
}

/// To the øre, or parked with a total that is no whole number of øre.
fn equal_or_parked(basket: &Basket) -> Result<(), TestCaseError> {
    let order = basket.told();
    let terms = Terms { decimals: basket.decimals, ..TERMS };
    match draft(&order, &terms, &goods()) {
        Ok(draft) => {
            prop_assert_eq!(draft.total_inc_vat(), order.total_inc_tax);
            for line in &draft.lines {
                let special = matches!(line.good, GoodRef::Special(_));
                prop_assert!(line.quantity > Decimal::ZERO || special, "{line:?}");
                prop_assert!(line.price_inc_vat >= Decimal::ZERO);
                prop_assert_eq!(line.price_inc_vat, line.price_inc_vat.round_dp(2));
                let off = line.discount_inc_vat.unwrap_or_default();
                prop_assert!(off >= Decimal::ZERO && off <= line.price_inc_vat);
                prop_assert!(PERCENTS.iter().any(|percent| dec(percent) == line.vat_percent));
            }
            let quantities: Vec<Decimal> =
                draft.stock_lines().into_iter().map(|(_, _, quantity)| quantity).collect();
            let bought: Vec<Decimal> = order.lines.iter().map(|line| line.quantity).collect();
            prop_assert_eq!(quantities, bought);
        }
        Err(waiting) => {
            prop_assert_eq!(waiting.reason, Reason::UnequalTotals);
            prop_assert_eq!(basket.decimals, 3, "{}", waiting);
            prop_assert!(order.total_inc_tax != order.total_inc_tax.round_dp(2), "{waiting}");
        }
    }
    Ok(())
}

/// By rate, what Loomis Pay books is what the shop taxed, but for what it rounded.
fn the_rates_are_the_shops(basket: &Basket) -> Result<(), TestCaseError> {
    let order = basket.told();
    let Ok(draft) = draft(&order, &TERMS, &goods()) else { return Ok(()) };
    let roundings = Decimal::from(draft.lines.len() + order.lines.len() + order.fees.len() + 2);
    let office: Decimal = draft
        .lines
        .iter()
        .map(|line| line.total_inc_vat() * line.vat_percent / (Decimal::ONE_HUNDRED + line.vat_percent))
        .sum();
    prop_assert!((office - order.total_tax).abs() <= roundings * dec("0.01"), "{office} {}", order.total_tax);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_order_comes_to_its_total(basket in baskets(prop_oneof![Just(0_u32), Just(2), Just(3)])) {
        equal_or_parked(&basket)?;
    }

    #[test]
    fn a_plain_order_is_never_parked(basket in baskets(Just(2_u32))) {
        let order = basket.told();
        prop_assert!(draft(&order, &TERMS, &goods()).is_ok());
        equal_or_parked(&basket)?;
        the_rates_are_the_shops(&basket)?;
    }
}
