//! Customer orders, sales and what belongs to them, as the back office keeps them. `API.md` §5.

use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::answer::{Row, array};

/// A customer order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// The key.
    pub order_id: u64,
    /// The number that people see.
    pub order_number: String,
    /// The department that it was saved in.
    pub department_id: u64,
    /// `reference_order_number`: the web order's id; twins are taken.
    pub reference: u64,
    /// `reference_comment`.
    pub reference_comment: String,
    /// For people.
    pub comments: String,
    /// In the server's local time, as it was sent.
    pub order_date: String,
    /// 0 for none.
    pub customer_id: u64,
    /// Where the bill goes.
    pub order_address: Address,
    /// Where the goods go.
    pub shipping_address: Address,
    /// `purchase_order_status_id`, 1 to 11.
    pub status: u32,
    /// Its quantities are reserved, until it is packed, unlocked or cancelled.
    pub locked: bool,
    /// When it was locked, as it was sent.
    pub locked_at: String,
    /// `allow_unlock`.
    pub may_be_unlocked: bool,
    /// It has a packing slip: its quantities are deducted, and it can't be changed.
    pub packed: bool,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// When it was saved.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What it has reserved: product and quantity.
    pub reserved: Vec<(u64, Decimal)>,
}

/// A registered sale: append-only. It moves no stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sale {
    /// The key.
    pub order_id: u64,
    /// The number that people see.
    pub order_number: String,
    /// The department that it was saved in.
    pub department_id: u64,
    /// `reference_order_number`: the web order's id; twins are taken.
    pub reference: u64,
    /// `reference_comment`.
    pub reference_comment: String,
    /// For people.
    pub comments: String,
    /// In the server's local time, as it was sent.
    pub order_date: String,
    /// 0 for none.
    pub customer_id: u64,
    /// Where the bill goes.
    pub order_address: Address,
    /// `separate` or `same`.
    pub voucher: String,
    /// `ref_order_type` and `ref_order_id`: what it belongs to; a sale's sale is its return.
    pub belongs_to: Option<(String, u64)>,
    /// The lines, in order; a return's have negative quantities.
    pub lines: Vec<Line>,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The line's key, as it was sent; its place where the lines were a list.
    pub key: String,
    /// The product.
    pub product_id: u64,
    /// How many.
    pub quantity: Decimal,
    /// Per unit, without VAT.
    pub price_ex_vat: Decimal,
    /// Per unit, including VAT.
    pub price_inc_vat: Decimal,
    /// Percent.
    pub vatrate_percent: Decimal,
    /// Off each unit, including VAT.
    pub discount_amount: Option<Decimal>,
    /// What was chosen.
    pub comments: String,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Street and number.
    pub address: String,
    /// City.
    pub city: String,
    /// Postcode.
    pub zip: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// A customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// The name.
    pub customer_name: String,
    /// The phone, as it was written.
    pub phone: String,
    /// The e-mail.
    pub email: String,
    /// Street and number.
    pub primary_address: String,
    /// Postcode.
    pub primary_zip: String,
    /// City.
    pub city: String,
}

/// A deduction from stock (`product/adjust-stock`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deduction {
    /// Whose stock.
    pub department_id: u64,
    /// The product.
    pub product_id: u64,
    /// The number that it was named by.
    pub product_number: String,
    /// What was subtracted; negative for added.
    pub quantity: Decimal,
    /// When.
    pub at: Timestamp,
}

impl Line {
    /// What the line comes to, including VAT.
    pub fn total_inc_vat(&self) -> Decimal {
        (self.price_inc_vat - self.discount_amount.unwrap_or_default()) * self.quantity
    }

    fn row(&self, key: u64) -> String {
        let raw = Default::default();
        let mut row = Row::new(key, &raw);
        row.text("entity_type", "product");
        row.number("product_id", self.product_id.into());
        row.number("quantity", self.quantity);
        row.number("price_ex_vat", self.price_ex_vat);
        row.number("price_inc_vat", self.price_inc_vat);
        row.number("vatrate_percent", self.vatrate_percent);
        match self.discount_amount {
            Some(discount) => row.number("discount_amount", discount),
            None => row.text("discount_amount", ""),
        }
        row.text("comments", &self.comments);
        row.done()
    }
}

impl Order {
    /// What it comes to, including VAT.
    pub fn total_inc_vat(&self) -> Decimal {
        self.lines.iter().map(Line::total_inc_vat).sum()
    }

    /// Its row in the list.
    pub(super) fn row(&self, zone: &TimeZone) -> String {
        let raw = Default::default();
        let mut row = Row::new(self.order_id, &raw);
        row.number("order_id", self.order_id.into());
        row.number("reference_order_number", self.reference.into());
        row.number("purchase_order_status_id", self.status.into());
        row.moment("updated_at", self.updated_at, zone);
        row.done()
    }

    /// What a view shows: the data as they were sent, what became of them, and the lines, by their keys or as a list.
    pub(super) fn view(&self, department: &str, zone: &TimeZone) -> String {
        let raw = Default::default();
        let mut row = Row::new(self.order_id, &raw);
        row.number("order_id", self.order_id.into());
        row.text("order_number", &self.order_number);
        row.text("department_id", department);
        row.number("reference_order_number", self.reference.into());
        row.text("reference_comment", &self.reference_comment);
        row.text("comments", &self.comments);
        row.text("order_date", &self.order_date);
        row.number("round_off_amount", Decimal::ZERO);
        row.reference("customer_id", self.customer_id);
        row.json("order_address", &serde_json::json!(self.order_address));
        row.json("shipping_address", &serde_json::json!(self.shipping_address));
        row.number("purchase_order_status_id", self.status.into());
        row.boolean("is_locked", self.locked);
        row.text_or_none("is_locked_at", &self.locked_at);
        row.boolean("allow_unlock", self.may_be_unlocked);
        row.moment("created_at", self.created_at, zone);
        row.moment("updated_at", self.updated_at, zone);
        let lines = self.lines.iter().map(|line| line.row(self.order_id));
        let lines = if self.order_id.is_multiple_of(2) {
            array(lines)
        } else {
            let named = self.lines.iter().zip(lines);
            let named =
                named.map(|(line, row)| format!("{}:{row}", serde_json::Value::from(line.key.as_str())));
            format!("{{{}}}", named.collect::<Vec<_>>().join(","))
        };
        format!("{{\"order_data\":{},\"product_data\":{lines}}}", row.done())
    }
}

impl Sale {
    /// What it comes to, including VAT; a return is below 0.
    pub fn total_inc_vat(&self) -> Decimal {
        self.lines.iter().map(Line::total_inc_vat).sum()
    }
}

impl Customer {
    /// Its row in the list.
    pub(super) fn row(&self, id: u64) -> String {
        let raw = Default::default();
        let mut row = Row::new(id, &raw);
        row.number("customer_id", id.into());
        row.text("customer_name", &self.customer_name);
        row.text_or_none("phone", &self.phone);
        row.text_or_none("email", &self.email);
        row.text("primary_address", &self.primary_address);
        row.text("primary_zip", &self.primary_zip);
        row.text("city", &self.city);
        row.done()
    }
}
