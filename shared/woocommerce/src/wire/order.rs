//! An order and its refunds as the shop sends them.

use jiff::Timestamp;
use retail::{
    Decimal,
    order::{
        ExtraLine, LineTax, OrderId, OrderLine, OrderRate, Party, Refund, RefundId, RefundLine, RefundRef,
        WebOrder,
    },
    shop::ShopId,
};
use serde::Deserialize;
use serde_json::Value;

use super::{decimal, decode_entities, gmt, list, positive, text, yes};
use crate::{
    OrderGoods, OrderRow,
    error::clean,
    order::{FOREIGN_MARKER, MARKER},
};

/// The fields of an order in short.
pub(crate) const ROW_FIELDS: &str =
    "id,number,status,date_created_gmt,date_modified_gmt,date_paid_gmt,total,refunds,meta_data";

/// The fields of what an order took of the stock.
pub(crate) const GOODS_FIELDS: &str = "id,status,line_items";

/// The fields of a refund.
pub(crate) const REFUND_FIELDS: &str =
    "id,date_created_gmt,amount,meta_data,line_items,shipping_lines,fee_lines";

/// An order in short. Everything but the id may be missing or of an odd type: a plugin's order must not stop a page.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: u64,
    #[serde(default)]
    number: Value,
    #[serde(default)]
    pub(crate) status: Value,
    #[serde(default)]
    date_created_gmt: Value,
    #[serde(default)]
    date_modified_gmt: Value,
    #[serde(default)]
    date_paid_gmt: Value,
    #[serde(default)]
    total: Value,
    #[serde(default)]
    refunds: Value,
    #[serde(default)]
    meta_data: Value,
}

impl Row {
    pub(crate) fn created(&self) -> Option<Timestamp> {
        gmt(&self.date_created_gmt)
    }

    pub(crate) fn modified(&self) -> Option<Timestamp> {
        gmt(&self.date_modified_gmt)
    }

    pub(crate) fn into_row(self) -> OrderRow {
        OrderRow {
            id: OrderId(self.id),
            number: shown_number(&self.number, self.id),
            status: status(&self.status),
            created: self.created().or_else(|| self.modified()).unwrap_or(Timestamp::UNIX_EPOCH),
            modified: self.modified(),
            paid: gmt(&self.date_paid_gmt),
            total_inc_tax: amount(&self.total),
            refunds: refund_refs(&self.refunds),
            marker: meta(&self.meta_data, MARKER),
            foreign_marker: meta(&self.meta_data, FOREIGN_MARKER),
        }
    }
}

/// An order, whole.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    #[serde(flatten)]
    pub(crate) row: Row,
    #[serde(default)]
    currency: Value,
    #[serde(default)]
    total_tax: Value,
    #[serde(default)]
    payment_method: Value,
    #[serde(default)]
    customer_note: Value,
    #[serde(default)]
    billing: Value,
    #[serde(default)]
    shipping: Value,
    #[serde(default)]
    line_items: Value,
    #[serde(default)]
    shipping_lines: Value,
    #[serde(default)]
    fee_lines: Value,
    #[serde(default)]
    coupon_lines: Value,
    #[serde(default)]
    tax_lines: Value,
}

impl Order {
    pub(crate) fn into_goods(self) -> OrderGoods {
        let row = self.row.into_row();
        let lines = list(&self.line_items).into_iter().map(line).collect();
        OrderGoods { id: row.id, status: row.status, lines }
    }

    pub(crate) fn into_order(self) -> WebOrder {
        let row = self.row.into_row();
        WebOrder {
            id: row.id,
            number: row.number,
            status: row.status,
            currency: text(&self.currency).trim().to_uppercase(),
            created: row.created,
            modified: row.modified,
            paid: row.paid,
            total_inc_tax: row.total_inc_tax,
            total_tax: amount(&self.total_tax),
            payment_method: text(&self.payment_method),
            customer_note: text(&self.customer_note),
            billing: party(&self.billing),
            shipping: party(&self.shipping),
            lines: list(&self.line_items).into_iter().map(line).collect(),
            shipping_lines: list(&self.shipping_lines).into_iter().map(extra).collect(),
            fees: list(&self.fee_lines).into_iter().map(extra).collect(),
            coupons: list(&self.coupon_lines).into_iter().map(|row| text(&row["code"])).collect(),
            rates: list(&self.tax_lines).into_iter().filter_map(rate).collect(),
            refunds: row.refunds,
            marker: row.marker,
            foreign_marker: row.foreign_marker,
        }
    }
}

/// A refund, whole.
#[derive(Debug, Deserialize)]
pub(crate) struct RefundRow {
    pub(crate) id: u64,
    #[serde(default)]
    date_created_gmt: Value,
    #[serde(default)]
    amount: Value,
    #[serde(default)]
    line_items: Value,
    #[serde(default)]
    shipping_lines: Value,
    #[serde(default)]
    fee_lines: Value,
}

impl RefundRow {
    pub(crate) fn into_refund(self) -> Refund {
        let negated = |mut extra: ExtraLine| {
            turn_extra(&mut extra, |amount| -amount);
            extra
        };
        let above_zero = |mut extra: ExtraLine| {
            turn_extra(&mut extra, |amount| amount.abs());
            extra
        };
        Refund {
            id: RefundId(self.id),
            created: gmt(&self.date_created_gmt).unwrap_or(Timestamp::UNIX_EPOCH),
            amount_inc_tax: amount(&self.amount).abs(),
            lines: list(&self.line_items).into_iter().map(refund_line).collect(),
            shipping_lines: list(&self.shipping_lines).into_iter().map(extra).map(above_zero).collect(),
            // A negative fee that is given back stands there as a positive one: it lessens the refund.
            fees: list(&self.fee_lines).into_iter().map(extra).map(negated).collect(),
        }
    }
}

fn refund_line(row: &Value) -> RefundLine {
    let mut line = line(row);
    for amount in [
        &mut line.quantity,
        &mut line.subtotal_ex_tax,
        &mut line.subtotal_tax,
        &mut line.total_ex_tax,
        &mut line.total_tax,
    ] {
        *amount = amount.abs();
    }
    turn_taxes(&mut line.taxes, |amount| amount.abs());
    RefundLine {
        of_line: meta(&row["meta_data"], "_refunded_item_id").and_then(|id| id.parse().ok()),
        line,
        restocked: meta_value(&row["meta_data"], "_restock_refunded_items")
            .map(|value| yes(value) || decimal(value).is_some_and(|n| !n.is_zero())),
    }
}

fn turn_extra(extra: &mut ExtraLine, turn: impl Fn(Decimal) -> Decimal) {
    extra.total_ex_tax = turn(extra.total_ex_tax);
    extra.total_tax = turn(extra.total_tax);
    turn_taxes(&mut extra.taxes, turn);
}

fn turn_taxes(taxes: &mut [LineTax], turn: impl Fn(Decimal) -> Decimal) {
    for tax in taxes {
        tax.total = turn(tax.total);
        tax.subtotal = tax.subtotal.map(&turn);
    }
}

/// An amount; what is none is 0. `-0` is 0.
fn amount(value: &Value) -> Decimal {
    let amount = decimal(value).unwrap_or_default().normalize();
    if amount.is_zero() { Decimal::ZERO } else { amount }
}

/// The number that people see; where a plugin leaves it empty, the id.
fn shown_number(number: &Value, id: u64) -> String {
    let number = text(number).trim().to_owned();
    if number.is_empty() { id.to_string() } else { number }
}

fn status(value: &Value) -> String {
    let status = text(value);
    status.strip_prefix("wc-").map(str::to_owned).unwrap_or(status)
}

fn refund_refs(value: &Value) -> Vec<RefundRef> {
    let refund = |row: &Value| {
        Some(RefundRef { id: RefundId(positive(&row["id"])?), amount_inc_tax: amount(&row["total"]).abs() })
    };
    list(value).into_iter().filter_map(refund).collect()
}

fn meta_value<'a>(list_of: &'a Value, key: &str) -> Option<&'a Value> {
    list(list_of).into_iter().find(|entry| entry["key"] == key).map(|entry| &entry["value"])
}

/// A text kept as meta data; an empty one is none.
fn meta(list_of: &Value, key: &str) -> Option<String> {
    meta_value(list_of, key).map(text).filter(|value| !value.is_empty())
}

fn party(value: &Value) -> Party {
    let field = |name: &str| text(&value[name]).trim().to_owned();
    Party {
        first_name: field("first_name"),
        last_name: field("last_name"),
        company: field("company"),
        address: field("address_1"),
        address_2: field("address_2"),
        zip: field("postcode"),
        city: field("city"),
        country: field("country").to_uppercase(),
        email: field("email"),
        phone: field("phone"),
    }
}

fn line(row: &Value) -> OrderLine {
    OrderLine {
        id: positive(&row["id"]).unwrap_or(0),
        name: decode_entities(&text(&row["name"])),
        product: positive(&row["product_id"]).map(ShopId),
        variation: positive(&row["variation_id"]).map(ShopId),
        sku: text(&row["sku"]),
        quantity: amount(&row["quantity"]),
        subtotal_ex_tax: amount(&row["subtotal"]),
        subtotal_tax: amount(&row["subtotal_tax"]),
        total_ex_tax: amount(&row["total"]),
        total_tax: amount(&row["total_tax"]),
        taxes: taxes(&row["taxes"]),
        choices: list(&row["meta_data"]).into_iter().filter_map(choice).collect(),
        put_back: put_back(row),
    }
}

/// How many of a line came back on the shelf by refunds. The shop counts them; WooCommerce 5.0 lessens what it notes as taken from
/// the stock instead, and removes that note when it puts all of it back for a cancelled order.
fn put_back(row: &Value) -> Decimal {
    let noted = |key: &str| meta_value(&row["meta_data"], key).and_then(decimal);
    if let Some(counted) = noted("_restock_refunded_items") {
        return counted;
    }
    let taken = noted("_reduced_stock");
    taken.map_or(Decimal::ZERO, |taken| (amount(&row["quantity"]) - taken).max(Decimal::ZERO).normalize())
}

/// What the customer chose; keys that begin with `_` are the shop's own. Older shops have no `display_…` fields.
fn choice(entry: &Value) -> Option<(String, String)> {
    let shown = |display: &str, plain: &str| {
        let value = entry.get(display).filter(|value| !text(value).is_empty()).unwrap_or(&entry[plain]);
        decode_entities(&clean(&text(value)))
    };
    let (name, value) = (shown("display_key", "key"), shown("display_value", "value"));
    (!text(&entry["key"]).starts_with('_') && !name.is_empty() && !value.is_empty()).then_some((name, value))
}

fn extra(row: &Value) -> ExtraLine {
    let name = if row["method_title"].is_null() { &row["name"] } else { &row["method_title"] };
    ExtraLine {
        id: positive(&row["id"]).unwrap_or(0),
        name: decode_entities(&text(name)),
        total_ex_tax: amount(&row["total"]),
        total_tax: amount(&row["total_tax"]),
        taxes: taxes(&row["taxes"]),
    }
}

/// A rate that is not used on a line may stand there with an empty text.
fn taxes(value: &Value) -> Vec<LineTax> {
    let tax = |row: &Value| {
        let total = decimal(&row["total"])?;
        let total = if total.is_zero() { Decimal::ZERO } else { total.normalize() };
        Some(LineTax {
            rate: positive(&row["id"])?,
            total,
            subtotal: decimal(&row["subtotal"]).map(|_| amount(&row["subtotal"])),
        })
    };
    list(value).into_iter().filter_map(tax).collect()
}

fn rate(row: &Value) -> Option<OrderRate> {
    Some(OrderRate {
        id: positive(&row["rate_id"])?,
        percent: decimal(&row["rate_percent"]).map(|percent| percent.normalize()),
        label: text(&row["label"]),
        compound: yes(&row["compound"]),
    })
}
