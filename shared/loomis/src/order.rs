//! Customer orders and sales on the wire. `API.md` §5.
//!
//! Amounts are written from their decimals, digit by digit: none passes through a float.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use retail::order::office::{Address, BelongsTo, Kind, Line, OfficeOrder, OrderView, Saved};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    Secret,
    assumptions::{
        ALLOW_UNLOCK, FIRST_STATUS, MAX_NAME, MAX_NUMBER, REF_CUSTOMER_ORDER, REF_SALE, VOUCHER,
        VOUCHER_SAME, VOUCHER_SEPARATE,
    },
    envelope::{local, moment},
    hidden::Hidden,
    loose::{self, Field},
    saved::{identity, object},
};

/// A customer order in a list. `API.md` §3, `logistics/orders/list`, which is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Loomis Pay's order id.
    pub order_id: u64,
    /// `reference_order_number`, where it can be read: the web order's id, if the order came from a shop at all.
    pub reference: Option<u64>,
    /// `purchase_order_status_id`, 1 to 11, where it can be read: see `API.md` §5.
    pub status: Option<u32>,
    /// `updated_at`, where it can be read; to the second.
    pub updated: Option<Timestamp>,
}

/// The customer orders that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedOrders {
    /// The rows whose order is known.
    pub rows: Vec<OrderRow>,
    /// What is wrong with each of the others, for a person.
    pub unreadable: Vec<String>,
    /// The server's clock before the first query ran: for a watermark.
    pub server_time: Timestamp,
}

#[derive(Serialize)]
struct Body {
    orders: BTreeMap<u64, Order>,
}

#[derive(Serialize)]
struct Order {
    order_data: Map<String, Value>,
    product_data: BTreeMap<usize, Product>,
}

#[derive(Serialize)]
struct Product {
    entity_type: &'static str,
    product_id: u64,
    quantity: Box<RawValue>,
    price_ex_vat: String,
    price_inc_vat: Box<RawValue>,
    vatrate_percent: Box<RawValue>,
    /// A number, or `""` for none.
    discount_amount: Box<RawValue>,
    comments: String,
}

/// The body that saves this order; `now` is when it is locked.
pub(crate) fn body(order: &OfficeOrder, department: &Secret, zone: &TimeZone, now: Timestamp) -> Vec<u8> {
    let lines = order.lines.iter().enumerate().map(|(at, line)| (at + 1, product(line)));
    let only = Order { order_data: order_data(order, department, zone, now), product_data: lines.collect() };
    json_bytes(&Body { orders: BTreeMap::from([(order.reference, only)]) })
}

/// What no error may show of it.
pub(crate) fn hidden(order: &OfficeOrder, department: &Secret) -> Hidden {
    let address = |hidden: Hidden, address: &Address| {
        hidden.words(&address.address).words(&address.city).text(&address.zip)
    };
    let hidden = address(Hidden::nothing().secret(department).text(&order.comments), &order.billing);
    match &order.kind {
        Kind::CustomerOrder { shipping, .. } => address(hidden, shipping),
        Kind::Sale { .. } => hidden,
    }
}

fn order_data(
    order: &OfficeOrder,
    department: &Secret,
    zone: &TimeZone,
    now: Timestamp,
) -> Map<String, Value> {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    put("department_id", department.expose().into());
    put("reference_order_number", order.reference.into());
    put("reference_comment", order.reference_comment.as_str().into());
    put("comments", order.comments.as_str().into());
    put("order_date", local(order.ordered, zone).into());
    // Rounding to whole kroner is for cash.
    put("round_off_amount", 0.into());
    if let Some(customer) = order.customer {
        put("customer_id", customer.0.into());
    }
    put("order_address", address(&order.billing));
    match &order.kind {
        Kind::CustomerOrder { shipping, locked, may_be_unlocked } => {
            put("shipping_address", address(shipping));
            put("purchase_order_status_id", FIRST_STATUS.into());
            put("is_locked", (*locked).into());
            if *locked {
                put("is_locked_at", local(now, zone).into());
            }
            for flag in ["is_true", "is_pos", "is_invoice"] {
                put(flag, false.into());
            }
            put(ALLOW_UNLOCK, (*may_be_unlocked).into());
        }
        Kind::Sale { separate_voucher, belongs_to } => {
            put(VOUCHER, if *separate_voucher { VOUCHER_SEPARATE } else { VOUCHER_SAME }.into());
            if let Some(belongs_to) = belongs_to {
                let (kind, id) = match belongs_to {
                    BelongsTo::CustomerOrder(id) => (REF_CUSTOMER_ORDER, *id),
                    BelongsTo::Sale(id) => (REF_SALE, *id),
                };
                put("ref_order_type", kind.into());
                put("ref_order_id", id.into());
            }
        }
    }
    data
}

fn address(address: &Address) -> Value {
    json!({
        "address": address.address, "city": address.city, "zip": address.zip, "country": address.country,
    })
}

fn product(line: &Line) -> Product {
    let none = || RawValue::from_string("\"\"".to_owned()).expect("a text is JSON");
    Product {
        entity_type: "product",
        product_id: line.product.0,
        quantity: number(line.quantity),
        price_ex_vat: line.price_ex_vat.normalize().to_string(),
        price_inc_vat: number(line.price_inc_vat),
        vatrate_percent: number(line.vat_percent),
        discount_amount: line.discount_inc_vat.map_or_else(none, number),
        comments: line.comments.clone(),
    }
}

/// A JSON number with exactly these digits.
pub(crate) fn number(number: Decimal) -> Box<RawValue> {
    RawValue::from_string(number.normalize().to_string()).expect("a decimal is a JSON number")
}

/// A body of ours as JSON.
pub(crate) fn json_bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("maps by texts, and nothing that can fail")
}

#[derive(Deserialize)]
struct SavedRow<'a> {
    #[serde(borrow)]
    order_id: Field<'a>,
    #[serde(borrow)]
    order_number: Field<'a>,
    #[serde(borrow)]
    reference_order_number: Field<'a>,
}

/// A row of what a save answered; `None` if it is not of the order with that reference.
pub(crate) fn saved(row: Field<'_>, reference: u64) -> Result<Option<Saved>, String> {
    let row: SavedRow<'_> = object(row)?;
    if identity("reference_order_number", row.reference_order_number)? != reference {
        return Ok(None);
    }
    let order_id = identity("order_id", row.order_id)?;
    Ok(Some(Saved { order_id, order_number: order_number(row.order_number) }))
}

fn order_number(field: Field<'_>) -> String {
    loose::text(field).unwrap_or_default().trim().chars().take(MAX_NUMBER).collect()
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    order_id: Field<'a>,
    #[serde(borrow)]
    reference_order_number: Field<'a>,
    #[serde(borrow)]
    purchase_order_status_id: Field<'a>,
    #[serde(borrow)]
    updated_at: Field<'a>,
}

/// A row of the list of orders.
pub(crate) fn listed(row: Field<'_>, zone: &TimeZone) -> Result<OrderRow, String> {
    let row: Listed<'_> = object(row)?;
    Ok(OrderRow {
        order_id: identity("order_id", row.order_id)?,
        reference: loose::identity(row.reference_order_number).ok().flatten(),
        status: status(row.purchase_order_status_id).ok(),
        updated: loose::text(row.updated_at).and_then(|text| moment(&text, zone)).ok(),
    })
}

fn status(field: Field<'_>) -> Result<u32, String> {
    let id = identity("purchase_order_status_id", field)?;
    u32::try_from(id).map_err(|_| "purchase_order_status_id: no status".to_owned())
}

#[derive(Deserialize)]
struct Viewed<'a> {
    #[serde(borrow)]
    order_data: Field<'a>,
}

#[derive(Deserialize)]
struct ViewedData<'a> {
    #[serde(borrow)]
    order_id: Field<'a>,
    #[serde(borrow)]
    order_number: Field<'a>,
    #[serde(borrow)]
    reference_order_number: Field<'a>,
    #[serde(borrow)]
    reference_comment: Field<'a>,
    #[serde(borrow)]
    purchase_order_status_id: Field<'a>,
}

/// The order in `data` of a view that was asked for `order_id`.
pub(crate) fn viewed(data: Field<'_>, order_id: u64) -> Result<OrderView, String> {
    let viewed: Viewed<'_> = object(data)?;
    let data: ViewedData<'_> = object(viewed.order_data).map_err(|reason| format!("order_data: {reason}"))?;
    match loose::identity(data.order_id) {
        // It need not be said again.
        Ok(None) => {}
        Ok(Some(id)) if id == order_id => {}
        Ok(Some(_)) => return Err("order_data.order_id: of another order".to_owned()),
        Err(reason) => return Err(format!("order_data.order_id: {reason}")),
    }
    Ok(OrderView {
        order_id,
        order_number: order_number(data.order_number),
        reference: loose::identity(data.reference_order_number).ok().flatten(),
        reference_comment: loose::text(data.reference_comment)
            .unwrap_or_default()
            .chars()
            .take(MAX_NAME)
            .collect(),
        status: status(data.purchase_order_status_id).map_err(|reason| format!("order_data.{reason}"))?,
    })
}
