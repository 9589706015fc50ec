//! Orders: what a customer bought in the shop, and what Loomis Pay is told of it. `SETTINGS.md`, *Orders*; `API.md` §5.
//!
//! Amounts are in the shop's currency. WooCommerce keeps amounts without tax and the tax of each rate beside them, whatever
//! form its prices are entered in.

mod amounts;
pub mod customer;
pub mod differs;
pub mod draft;
pub mod effects;
pub mod goods;
pub mod held;
pub mod mapping;
mod money;
pub mod office;
pub mod private;
pub mod progress;
pub mod qualify;
mod rates;
pub mod returns;
#[cfg(test)]
mod samples;
pub mod waiting;

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::shop::ShopId;

pub use private::Private;
pub use waiting::Waiting;

/// WooCommerce's order id; the shown number may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub u64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a refund of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefundId(pub u64);

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An order of the shop, whole. Holds a customer's data: it is neither stored nor logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrder {
    /// The id.
    pub id: OrderId,
    /// The number that people see.
    pub number: String,
    /// The status, without `wc-`.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
    /// When it was placed.
    pub created: Timestamp,
    /// When it was last modified, to the second.
    pub modified: Option<Timestamp>,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// What the customer pays in all, including tax.
    pub total_inc_tax: Decimal,
    /// The tax in it.
    pub total_tax: Decimal,
    /// The payment method's id (`cod`, `bacs`, …); may be empty.
    pub payment_method: String,
    /// What the customer wrote.
    pub customer_note: String,
    /// Who pays.
    pub billing: Party,
    /// Where it goes.
    pub shipping: Party,
    /// Products bought.
    pub lines: Vec<OrderLine>,
    /// Shipping.
    pub shipping_lines: Vec<ExtraLine>,
    /// Fees; negative ones are discounts or gift cards.
    pub fees: Vec<ExtraLine>,
    /// The codes of the coupons used. Their discounts are in the lines already.
    pub coupons: Vec<String>,
    /// The rates that tax was calculated by.
    pub rates: Vec<OrderRate>,
    /// Its refunds, in short.
    pub refunds: Vec<RefundRef>,
    /// Our marker (`_loomis_woo`), where it carries one.
    pub marker: Option<String>,
    /// The predecessor's (`_duell_order_id`).
    pub foreign_marker: Option<String>,
}

impl WebOrder {
    /// Whether it is cancelled, or as good as that: the goods are on the shelf again, or never left it.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.status.as_str(), "cancelled" | "failed" | "trash")
    }
}

/// Who pays, or where it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Company.
    pub company: String,
    /// Street and number.
    pub address: String,
    /// The second line.
    pub address_2: String,
    /// Postcode.
    pub zip: String,
    /// City.
    pub city: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// E-mail; billing only.
    pub email: String,
    /// Phone, as the customer wrote it.
    pub phone: String,
}

/// A product bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// The line's id.
    pub id: u64,
    /// The product's name when it was bought.
    pub name: String,
    /// The product; `None` where the shop no longer has it, or never had.
    pub product: Option<ShopId>,
    /// The variation.
    pub variation: Option<ShopId>,
    /// The SKU; empty where there is none.
    pub sku: String,
    /// How many. Some plugins sell fractions.
    pub quantity: Decimal,
    /// Before discounts, without tax, for all of them.
    pub subtotal_ex_tax: Decimal,
    /// The tax on that.
    pub subtotal_tax: Decimal,
    /// After discounts, without tax, for all of them.
    pub total_ex_tax: Decimal,
    /// The tax on that.
    pub total_tax: Decimal,
    /// The tax by rate; a line may be taxed at several.
    pub taxes: Vec<LineTax>,
    /// What the customer chose, as the shop shows it: name and value.
    pub choices: Vec<(String, String)>,
    /// How many of them the shop has put back on its shelf after refunds. It says so on the order's line.
    pub put_back: Decimal,
}

impl OrderLine {
    /// A line of which nothing is known but its id.
    pub fn unknown(id: u64) -> OrderLine {
        OrderLine {
            id,
            name: String::new(),
            product: None,
            variation: None,
            sku: String::new(),
            quantity: Decimal::ZERO,
            subtotal_ex_tax: Decimal::ZERO,
            subtotal_tax: Decimal::ZERO,
            total_ex_tax: Decimal::ZERO,
            total_tax: Decimal::ZERO,
            taxes: Vec::new(),
            choices: Vec::new(),
            put_back: Decimal::ZERO,
        }
    }
}

/// Shipping or a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraLine {
    /// The line's id.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// Without tax; may be negative for a fee.
    pub total_ex_tax: Decimal,
    /// The tax on it.
    pub total_tax: Decimal,
    /// The tax by rate.
    pub taxes: Vec<LineTax>,
}

/// The tax of a line at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTax {
    /// The rate: see [`WebOrder::rates`].
    pub rate: u64,
    /// After discounts.
    pub total: Decimal,
    /// Before discounts; `None` for shipping and fees.
    pub subtotal: Option<Decimal>,
}

/// A rate that an order's tax was calculated by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRate {
    /// The rate's id.
    pub id: u64,
    /// Percent; 11.11 exists.
    pub percent: Option<Decimal>,
    /// What it is called.
    pub label: String,
    /// It is a tax on the taxes before it.
    pub compound: bool,
}

/// A refund, in short, as the order names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRef {
    /// Which.
    pub id: RefundId,
    /// What was given back, including tax; above 0.
    pub amount_inc_tax: Decimal,
}

/// A refund, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Which.
    pub id: RefundId,
    /// When.
    pub created: Timestamp,
    /// What was given back, including tax; above 0.
    pub amount_inc_tax: Decimal,
    /// Products given back: quantities and amounts are above 0 here, whatever the shop's sign.
    pub lines: Vec<RefundLine>,
    /// Shipping given back, likewise.
    pub shipping_lines: Vec<ExtraLine>,
    /// Fees given back, likewise.
    pub fees: Vec<ExtraLine>,
}

/// A product given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundLine {
    /// The order's line that it gives back, where the shop says so (`_refunded_item_id`).
    pub of_line: Option<u64>,
    /// The line, with quantities and amounts above 0. A quantity of 0 gives back money only.
    pub line: OrderLine,
    /// Whether the shop put it back on its shelf, where it says so (`_restock_refunded_items`).
    pub restocked: Option<bool>,
}
