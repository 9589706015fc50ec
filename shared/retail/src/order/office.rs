//! What Loomis Pay is told: customer orders, sales, returns, stock deductions, customers. `API.md` §3, §5.
//!
//! Prices and discounts are per unit, including VAT unless the name says otherwise, to the øre; VAT is in percent.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::office::ProductId;

/// A customer order, or a sale, to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeOrder {
    /// The web order's id, which Loomis Pay echoes.
    pub reference: u64,
    /// Begins with `woo:<department>:<order>`, for a return `…:refund:<refund>`; see [`Effects`](crate::settings::Effects).
    pub reference_comment: String,
    /// For people: the shown number, the customer's note, coupons.
    pub comments: String,
    /// When the web order was placed.
    pub ordered: Timestamp,
    /// The customer, where there is one.
    pub customer: Option<CustomerId>,
    /// Where the bill goes.
    pub billing: Address,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// What kind of order.
    pub kind: Kind,
}

/// What kind of order is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `logistics/orders/save`.
    CustomerOrder {
        /// Where the goods go.
        shipping: Address,
        /// Locked: quantities are reserved.
        locked: bool,
        /// Staff may unlock it.
        may_be_unlocked: bool,
    },
    /// `sale/orders/save`: an external payment in the settlement.
    Sale {
        /// A voucher of its own, or in the same one.
        separate_voucher: bool,
        /// What it belongs to.
        belongs_to: Option<BelongsTo>,
    },
}

/// What a sale belongs to, by Loomis Pay's order id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BelongsTo {
    /// A customer order.
    CustomerOrder(u64),
    /// A sale: this one is its return.
    Sale(u64),
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Street and number, with the second line.
    pub address: String,
    /// City.
    pub city: String,
    /// Postcode.
    pub zip: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// How many; negative in a return, and for a negative fee.
    pub quantity: Decimal,
    /// Without VAT.
    pub price_ex_vat: Decimal,
    /// Including VAT.
    pub price_inc_vat: Decimal,
    /// Percent.
    pub vat_percent: Decimal,
    /// Off each unit, including VAT; above 0.
    pub discount_inc_vat: Option<Decimal>,
    /// What the customer chose.
    pub comments: String,
}

impl Line {
    /// What the line comes to, including VAT.
    pub fn total_inc_vat(&self) -> Decimal {
        (self.price_inc_vat - self.discount_inc_vat.unwrap_or_default()) * self.quantity
    }
}

/// Loomis Pay's `customer_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub u64);

/// A customer as Loomis Pay has it, or is to have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// The name.
    pub name: String,
    /// The phone, in E.164 where we write it.
    pub phone: String,
    /// The e-mail.
    pub email: String,
    /// Street and number.
    pub address: String,
    /// Postcode.
    pub zip: String,
    /// City.
    pub city: String,
}

/// What a save answered for one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Loomis Pay's order id.
    pub order_id: u64,
    /// The number that people see there; may be empty.
    pub order_number: String,
}

/// A customer order or sale as Loomis Pay shows it (`logistics/orders/view`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Loomis Pay's order id.
    pub order_id: u64,
    /// The number that people see there; may be empty.
    pub order_number: String,
    /// `reference_order_number`, where it can be read.
    pub reference: Option<u64>,
    /// `reference_comment`.
    pub reference_comment: String,
    /// `purchase_order_status_id`, 1 to 11: see `API.md` §5.
    pub status: u32,
}
