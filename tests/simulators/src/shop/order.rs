//! An order as the shop keeps it, and as a customer places it. Amounts are in the shop's currency and without tax, with six
//! decimals, beside the tax of each rate: so WooCommerce keeps them, whatever form prices are entered in.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::product::Meta;

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// The id.
    pub id: u64,
    /// The number that people see: the id, unless a plugin counts by itself.
    pub number: String,
    /// The status, without `wc-`.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
    /// Whether prices included tax when it was placed.
    pub prices_include_tax: bool,
    /// When it was placed.
    pub created: Timestamp,
    /// When it was last modified.
    pub modified: Timestamp,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// When it was completed.
    pub completed: Option<Timestamp>,
    /// The payment method's id.
    pub payment_method: String,
    /// What the customer wrote.
    pub customer_note: String,
    /// Who pays, as WooCommerce names the fields (`first_name`, `address_1`, …).
    pub billing: Value,
    /// Where it goes, likewise.
    pub shipping: Value,
    /// Products bought.
    pub lines: Vec<Line>,
    /// Shipping.
    pub shipping_lines: Vec<Extra>,
    /// Fees; negative ones are discounts or gift cards.
    pub fees: Vec<Extra>,
    /// The coupons: code, percent and discount without and of tax.
    pub coupons: Vec<Coupon>,
    /// The tax by rate, as it was summed up.
    pub tax_lines: Vec<TaxLine>,
    /// What was worked out of its lines.
    pub totals: Totals,
    /// Its refunds, the earliest first.
    pub refunds: Vec<Refund>,
    /// The meta data.
    pub meta: Vec<Meta>,
    /// Whether the stock was taken for it.
    pub stock_reduced: bool,
}

/// The sums of an order, rounded to the shop's decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// What the customer pays in all, including tax.
    pub total: Decimal,
    /// The tax on lines and fees.
    pub cart_tax: Decimal,
    /// Shipping, without tax.
    pub shipping: Decimal,
    /// The tax on shipping.
    pub shipping_tax: Decimal,
    /// What coupons took off, without tax.
    pub discount: Decimal,
    /// The tax on that.
    pub discount_tax: Decimal,
}

/// A product bought, or given back: then everything but the tax's rate is below 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The line's id.
    pub id: u64,
    /// The product's name when it was bought.
    pub name: String,
    /// The product, 0 for none; of a variation its parent.
    pub product: u64,
    /// The variation, or 0.
    pub variation: u64,
    /// The tax class's slug.
    pub tax_class: String,
    /// How many.
    pub quantity: Decimal,
    /// Before discounts.
    pub subtotal: Decimal,
    /// After discounts.
    pub total: Decimal,
    /// The tax by rate.
    pub taxes: Vec<RateTax>,
    /// How many the stock is short of for it (`_reduced_stock`); `None` where nothing was ever taken, or all put back.
    pub reduced_stock: Option<Decimal>,
    /// How many came back on the shelf by refunds (`_restock_refunded_items`).
    pub restocked: Option<Decimal>,
    /// What the customer chose: key, name and value.
    pub choices: Vec<(String, String, String)>,
    /// The line that it gives back (`_refunded_item_id`).
    pub refunds_line: Option<u64>,
}

/// Shipping or a fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extra {
    /// The line's id.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// Without tax.
    pub total: Decimal,
    /// The tax by rate; it has no subtotal.
    pub taxes: Vec<RateTax>,
}

/// The tax at one rate, not rounded to the shop's decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RateTax {
    /// The rate's id.
    pub rate: u64,
    /// After discounts.
    pub total: Decimal,
    /// Before discounts.
    pub subtotal: Decimal,
}

/// The tax of the whole order at one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaxLine {
    /// The line's id.
    pub id: u64,
    /// The rate's id.
    pub rate: u64,
    /// Percent.
    pub percent: Decimal,
    /// A tax on the taxes before it.
    pub compound: bool,
    /// On lines and fees.
    pub tax: Decimal,
    /// On shipping.
    pub shipping_tax: Decimal,
}

/// A coupon that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coupon {
    /// The line's id.
    pub id: u64,
    /// The code.
    pub code: String,
    /// Percent.
    pub percent: Decimal,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refund {
    /// The id.
    pub id: u64,
    /// When.
    pub created: Timestamp,
    /// What was given back, including tax; above 0, or 0.
    pub amount: Decimal,
    /// Why.
    pub reason: String,
    /// It gave back all that was left.
    pub full: bool,
    /// Products given back, with everything below 0.
    pub lines: Vec<Line>,
    /// The tax in that.
    pub tax_lines: Vec<TaxLine>,
}

/// An order as a customer places it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewOrder {
    /// The status that the shop gives it at once.
    pub status: String,
    /// The payment method's id. `cod` counts as paid when the order is completed; others as soon as it is in processing.
    pub payment_method: String,
    /// The payment is complete at once.
    pub set_paid: bool,
    /// What is bought.
    pub lines: Vec<NewLine>,
    /// Shipping: name, and price without tax.
    pub shipping: Vec<(String, Decimal)>,
    /// Fees: name, and price without tax.
    pub fees: Vec<(String, Decimal)>,
    /// A coupon: code, and percent.
    pub coupon: Option<(String, Decimal)>,
    /// The number that a plugin gives it.
    pub number: Option<String>,
    /// What the customer writes.
    pub customer_note: String,
    /// Who pays, as WooCommerce names the fields.
    pub billing: Value,
    /// Where it goes; who pays, where nothing is said.
    pub shipping_address: Value,
    /// Meta data.
    pub meta: Vec<(String, Value)>,
    /// When, where it isn't now.
    pub created: Option<Timestamp>,
}

/// A line as it is bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The product or variation; an unknown one makes a line without name and price.
    pub product: u64,
    /// How many.
    #[serde(default = "one")]
    pub quantity: Decimal,
    /// What all of them cost, without tax, where it isn't their price.
    #[serde(default)]
    pub total: Option<Decimal>,
    /// The same before discounts.
    #[serde(default)]
    pub subtotal: Option<Decimal>,
}

fn one() -> Decimal {
    Decimal::ONE
}

impl Default for NewOrder {
    /// Nothing, in processing, paid by card.
    fn default() -> NewOrder {
        NewOrder {
            status: "processing".to_owned(),
            payment_method: "vipps".to_owned(),
            set_paid: false,
            lines: Vec::new(),
            shipping: Vec::new(),
            fees: Vec::new(),
            coupon: None,
            number: None,
            customer_note: String::new(),
            billing: serde_json::json!({"first_name": "Kari", "last_name": "Åse", "address_1": "Gate 2", "postcode": "0155",
                "city": "Oslo", "country": "NO", "email": "kari@example.test", "phone": "99887766"}),
            shipping_address: Value::Null,
            meta: Vec::new(),
            created: None,
        }
    }
}

impl NewOrder {
    /// So many of a product or variation, in processing.
    pub fn of(product: u64, quantity: i64) -> NewOrder {
        NewOrder::default().and(product, quantity)
    }

    /// And so many of another.
    pub fn and(mut self, product: u64, quantity: i64) -> NewOrder {
        self.lines.push(NewLine { product, quantity: quantity.into(), total: None, subtotal: None });
        self
    }

    /// The last line costs so much in all, without tax.
    pub fn for_total(mut self, total: &str) -> NewOrder {
        if let Some(line) = self.lines.last_mut() {
            line.total = Some(decimal(total));
        }
        self
    }

    /// With this status at once.
    pub fn status(mut self, status: &str) -> NewOrder {
        self.status = status.to_owned();
        self
    }

    /// Paid by this method: `cod`, `bacs`, `vipps`.
    pub fn paid_by(mut self, method: &str) -> NewOrder {
        self.payment_method = method.to_owned();
        self
    }

    /// With shipping for so much, without tax.
    pub fn shipped(mut self, name: &str, total: &str) -> NewOrder {
        self.shipping.push((name.to_owned(), decimal(total)));
        self
    }

    /// With a fee of so much, without tax; a negative one is a gift card.
    pub fn fee(mut self, name: &str, total: &str) -> NewOrder {
        self.fees.push((name.to_owned(), decimal(total)));
        self
    }

    /// With a coupon for so many percent off.
    pub fn coupon(mut self, code: &str, percent: &str) -> NewOrder {
        self.coupon = Some((code.to_owned(), decimal(percent)));
        self
    }

    /// With this number instead of the id.
    pub fn number(mut self, number: &str) -> NewOrder {
        self.number = Some(number.to_owned());
        self
    }

    /// With a piece of meta data.
    pub fn meta(mut self, key: &str, value: &str) -> NewOrder {
        self.meta.push((key.to_owned(), value.into()));
        self
    }

    /// Placed then.
    pub fn at(mut self, created: Timestamp) -> NewOrder {
        self.created = Some(created);
        self
    }
}

/// A number as a test writes it; 0 for what is none.
fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_default()
}

impl Order {
    /// What was given back so far, including tax.
    pub fn refunded(&self) -> Decimal {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// A piece of meta data as text.
    pub fn meta(&self, key: &str) -> Option<String> {
        self.meta.iter().find(|meta| meta.key == key).map(|meta| super::write::text(&meta.value))
    }

    /// Whether it awaits payment.
    pub(super) fn needs_payment(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "failed") && self.totals.total > Decimal::ZERO
    }

    /// The status of an order that is paid: nothing to send is completed at once, and cash on delivery is not paid before.
    pub(super) fn paid_status(&self) -> &'static str {
        let to_send = self.lines.iter().any(|line| line.product > 0);
        if to_send && self.payment_method != "cod" { "processing" } else { "completed" }
    }
}
