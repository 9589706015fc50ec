//! A web order as lines for Loomis Pay, exact to the øre. `SETTINGS.md`, *Lines*; `API.md` §5.

use rust_decimal::Decimal;

use super::{
    OrderId, OrderLine, WebOrder,
    amounts::{self, Amount},
    draft::{Draft, DraftLine, GoodRef, Special},
    goods::{Goods, Missing},
    money::{self, Ore, Units},
    rates::Part,
    waiting::{Reason, Waiting},
};

/// What else the rule needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Our name for the department.
    pub department: &'a str,
    /// The decimals of the shop's amounts (`woocommerce_price_num_decimals`).
    pub decimals: u32,
    /// Products that Loomis Pay lacks are made there.
    pub create_products: bool,
}

/// The order as it is told to Loomis Pay. Coupons are in the lines already.
///
/// # Errors
/// Parked with both totals, or waiting for its products.
pub fn draft(order: &WebOrder, terms: &Terms<'_>, goods: &Goods) -> Result<Draft, Waiting> {
    let mut amounts = Vec::new();
    for line in &order.lines {
        amounts.push(Amount::of_line(line, &order.rates, terms.decimals)?);
    }
    for extra in order.shipping_lines.iter().chain(&order.fees) {
        amounts.push(Amount::of_extra(extra, &order.rates, terms.decimals)?);
    }
    amounts::come_to(&mut amounts, order.total_inc_tax, terms.decimals)?;

    let (products, extras) = amounts.split_at(order.lines.len());
    let (shipping, fees) = extras.split_at(order.shipping_lines.len());
    let mut lines = Vec::new();
    let mut missing = Vec::new();
    for (line, amount) in order.lines.iter().zip(products) {
        let (price, percent) = price_of(amount);
        match goods.of(line, terms.create_products, price, percent) {
            Ok(good) => lines.extend(Way::Out.product(line, &good, amount, &amount.shares())),
            Err(why) => missing.push(why),
        }
    }
    if !missing.is_empty() {
        return Err(waits_for(missing));
    }
    for (of, amounts, special) in
        [(&order.shipping_lines, shipping, Special::Shipping), (&order.fees, fees, Special::Fee)]
    {
        for (extra, amount) in of.iter().zip(amounts) {
            lines.extend(Way::Out.extra(&extra.name, special, amount, &amount.shares()));
        }
    }
    let draft = Draft {
        reference: order.id.0,
        reference_comment: reference_comment(terms.department, order.id),
        comments: comments(order),
        ordered: order.created,
        billing: order.billing.to_address(),
        shipping: shipping_address(order),
        lines,
    };
    // The last word: whatever happened above, what is sent comes to what the customer paid.
    let office = draft.total_inc_vat();
    if office == order.total_inc_tax { Ok(draft) } else { Err(unequal(order.total_inc_tax, office)) }
}

/// Both totals, for a person.
pub(crate) fn unequal(shop: Decimal, office: Decimal) -> Waiting {
    Waiting::new(
        Reason::UnequalTotals,
        format!("the shop has {shop}, Loomis Pay would have {}", office.round_dp(2)),
    )
}

/// How Loomis Pay's order says which web order it is. `API.md` §5.
pub fn reference_comment(department: &str, order: OrderId) -> String {
    format!("woo:{department}:{order}")
}

fn comments(order: &WebOrder) -> String {
    let mut said = vec![format!("Web order {}", order.number)];
    if !order.coupons.is_empty() {
        said.push(format!("Coupons: {}", order.coupons.join(", ")));
    }
    if !order.customer_note.trim().is_empty() {
        said.push(order.customer_note.trim().to_owned());
    }
    said.join("\n")
}

pub(crate) fn shipping_address(order: &WebOrder) -> super::office::Address {
    let shipping = order.shipping.to_address();
    let nowhere = shipping.address.is_empty() && shipping.zip.is_empty() && shipping.city.is_empty();
    if nowhere { order.billing.to_address() } else { shipping }
}

fn waits_for(missing: Vec<Missing>) -> Waiting {
    let gone = missing.iter().any(|why| matches!(why, Missing::Gone(_)));
    let details: Vec<String> = missing
        .into_iter()
        .map(|why| match why {
            Missing::Gone(detail) | Missing::Unknown(detail) => detail,
        })
        .collect();
    let reason = if gone { Reason::ProductGone } else { Reason::UnknownProduct };
    Waiting::new(reason, details.join("; "))
}

/// What one unit cost before its discount, and its VAT: for a product that is to be made.
fn price_of(amount: &Amount) -> (Decimal, Decimal) {
    let percent = amount.parts.get(amount.main()).map(|part| part.percent).unwrap_or_default();
    let all = amount.before.unwrap_or_else(|| money::amount_of(amount.gross)).max(Decimal::ZERO);
    let price = if amount.quantity > Decimal::ZERO { all / amount.quantity } else { all };
    (money::ore(price).map(money::amount_of).unwrap_or_default(), percent)
}

/// Which way lines go, and what carries what a product's line can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Sold; rests on `FEE`.
    Out,
    /// Given back; rests on `REFUND`.
    Back,
}

impl Way {
    /// A line on a special product; a negative amount is quantity −1 of a positive price (`API.md` §5).
    pub(crate) fn special(
        self,
        special: Special,
        amount: Ore,
        percent: Decimal,
        said: String,
    ) -> Option<DraftLine> {
        let negative = (amount < 0) != (self == Way::Back);
        let units = Units { quantity: Decimal::ONE, price: amount.abs(), discount: 0 };
        (amount != 0).then(|| DraftLine::new(GoodRef::Special(special), units, negative, percent, said))
    }

    fn rest(self, amount: Ore, percent: Decimal, said: String) -> Option<DraftLine> {
        let special = if self == Way::Back { Special::Refund } else { Special::Fee };
        self.special(special, amount, percent, said)
    }

    /// The lines of a product whose VAT parts come to `shares`: the largest part carries the quantity, so that the stock is
    /// moved once; each other part is a line of its own.
    pub(crate) fn product(
        self,
        line: &OrderLine,
        good: &GoodRef,
        amount: &Amount,
        shares: &[Ore],
    ) -> Vec<DraftLine> {
        let choices: Vec<String> =
            line.choices.iter().map(|(name, value)| format!("- {name}: {value}")).collect();
        let main = amount.main();
        let mut lines = Vec::new();
        for (at, (share, part)) in shares.iter().copied().zip(&amount.parts).enumerate() {
            if at != main {
                let said = format!("{}: the part at {} % VAT", line.name, part.percent);
                lines.extend(self.rest(share, part.percent, said));
                continue;
            }
            // A product with a negative price: the goods go over for nothing, the amount as a negative fee.
            let payable = share.max(0);
            let mut rest = share;
            if let Some((units, left)) = money::split(amount.quantity, payable, unit_before(amount, share)) {
                rest -= payable - left;
                lines.extend(units.into_iter().map(|units| DraftLine {
                    of_line: Some(line.id),
                    ..DraftLine::new(good.clone(), units, self == Way::Back, part.percent, choices.join("\n"))
                }));
            }
            lines.extend(self.rest(rest, part.percent, format!("{}: the rest", line.name)));
        }
        lines
    }

    /// Shipping or a fee, a line for each of its VAT rates. One that costs nothing has none.
    pub(crate) fn extra(
        self,
        name: &str,
        special: Special,
        amount: &Amount,
        shares: &[Ore],
    ) -> Vec<DraftLine> {
        let of_part =
            |(share, part): (&Ore, &Part)| self.special(special, *share, part.percent, name.to_owned());
        shares.iter().zip(&amount.parts).filter_map(of_part).collect()
    }
}

/// What one unit of a part that comes to `share` cost before the discount.
fn unit_before(amount: &Amount, share: Ore) -> Option<Ore> {
    let before = amount.before.filter(|_| amount.quantity > Decimal::ZERO)? / amount.quantity;
    let of_part = match amount.gross {
        0 => before,
        gross => before * Decimal::from(share.abs()) / Decimal::from(gross.abs()),
    };
    money::ore(of_part)
}

#[cfg(test)]
mod tests;
