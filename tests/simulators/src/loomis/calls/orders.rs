//! Customer orders and sales: saved, listed, viewed. `API.md` §5. Nothing makes a repeat harmless.

use jiff::{Timestamp, civil::DateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    Query, page,
    saves::{number, text},
};
use crate::loomis::{
    answer::{Answer, Row, local},
    order::{Address, Line, Order, Sale},
    state::{Client, State},
};

/// Saves customer orders.
pub(super) const SAVE: &str = "logistics/orders/save";
/// Registers sales.
pub(super) const SALE: &str = "sale/orders/save";

pub(super) fn save(client: &mut Client, call: &str, body: &Value, now: Timestamp) -> Answer {
    let orders = entries(&body["orders"]);
    if orders.is_empty() {
        return Answer::no(422, "orders is required");
    }
    let known = |order: &Value, client: &mut Client| {
        let token = text(&order["order_data"]["department_id"]).unwrap_or_default();
        client.department(&token).map(|(id, _)| id)
    };
    if orders.iter().any(|(_, order)| known(order, client).is_none()) {
        return Answer::no(404, "Department not found");
    }
    let (mut taken, mut refused) = (Vec::new(), Refused::default());
    for (key, order) in orders {
        let reference = identity(&order["order_data"]["reference_order_number"]).unwrap_or_default();
        if let Some(message) = client.books.refused(call, reference) {
            refused.by_rule(&key, message);
            continue;
        }
        let department = known(order, client).unwrap_or_default();
        let saved = match call {
            SAVE => customer_order(client, department, order, now),
            _ => sale(client, department, order, now),
        };
        match saved {
            Ok((id, number)) => taken.push(row(id, &number, reference)),
            Err(reason) => refused.add(&key, &reason),
        }
    }
    // They come in any order.
    taken.reverse();
    Answer::saved(taken, &refused.message())
}

/// What was wrong, by the orders' keys.
#[derive(Default)]
struct Refused {
    reasons: Map<String, Value>,
    /// The whole message, if a rule says it.
    whole: Option<Value>,
}

impl Refused {
    fn add(&mut self, key: &str, reason: &str) {
        self.reasons.insert(key.to_owned(), json!([reason]));
    }

    fn by_rule(&mut self, key: &str, message: Value) {
        match message {
            Value::String(reason) => self.add(key, &reason),
            whole => self.whole = Some(whole),
        }
    }

    /// An object for an odd number of rows, a list for an even one.
    fn message(self) -> Value {
        match self.whole {
            Some(whole) => whole,
            None if self.reasons.len().is_multiple_of(2) => {
                self.reasons.into_iter().map(|(_, reasons)| reasons).collect()
            }
            None => Value::Object(self.reasons),
        }
    }
}

fn row(id: u64, order_number: &str, reference: u64) -> String {
    let raw = Default::default();
    let mut row = Row::new(id, &raw);
    row.number("order_id", id.into());
    row.text("order_number", order_number);
    row.number("reference_order_number", reference.into());
    row.done()
}

/// What customer orders and sales have in common.
struct Common {
    reference: u64,
    order_date: String,
    customer_id: u64,
    lines: Vec<Line>,
}

fn common(client: &Client, order: &Value) -> Result<Common, String> {
    let data = &order["order_data"];
    let reference = identity(&data["reference_order_number"]).ok_or("reference_order_number is required")?;
    let order_date = text(&data["order_date"]).unwrap_or_default();
    if order_date.len() != 19 || order_date.parse::<DateTime>().is_err() {
        return Err("order_date is not a valid date".to_owned());
    }
    let customer_id = identity(&data["customer_id"]).unwrap_or_default();
    if customer_id > 0 && !client.books.customers.contains_key(&customer_id) {
        return Err(format!("Customer {customer_id} not found"));
    }
    let lines = entries(&order["product_data"]);
    if lines.is_empty() {
        return Err("product_data is required".to_owned());
    }
    let lines = lines.into_iter().map(|(key, row)| line(client, key, row));
    Ok(Common { reference, order_date, customer_id, lines: lines.collect::<Result<_, _>>()? })
}

fn line(client: &Client, key: String, row: &Value) -> Result<Line, String> {
    let wanted = |name: &str| number(&row[name]).ok_or_else(|| format!("line {key}: {name} is required"));
    let product_id = identity(&row["product_id"]).unwrap_or_default();
    if client.catalogue.get(product_id).is_none_or(|product| product.is_deleted) {
        return Err(format!("line {key}: product {product_id} not found"));
    }
    if row["entity_type"] != "product" {
        return Err(format!("line {key}: entity_type is not supported"));
    }
    let line = Line {
        product_id,
        quantity: wanted("quantity")?,
        price_ex_vat: wanted("price_ex_vat")?,
        price_inc_vat: wanted("price_inc_vat")?,
        vatrate_percent: wanted("vatrate_percent")?,
        discount_amount: number(&row["discount_amount"]),
        comments: text(&row["comments"]).unwrap_or_default(),
        key,
    };
    if line.quantity.is_zero() {
        return Err(format!("line {}: quantity is required", line.key));
    }
    if line.price_inc_vat < Decimal::ZERO || line.discount_amount.is_some_and(|d| d < Decimal::ZERO) {
        return Err(format!("line {}: an amount below 0", line.key));
    }
    Ok(line)
}

fn customer_order(
    client: &mut Client,
    department_id: u64,
    order: &Value,
    now: Timestamp,
) -> Result<(u64, String), String> {
    let common = common(client, order)?;
    let data = &order["order_data"];
    let status = number(&data["purchase_order_status_id"]).and_then(|status| u32::try_from(status).ok());
    let status = status.filter(|status| (1..=11).contains(status)).ok_or("unknown status")?;
    let order_id = client.books.next_order();
    let order_number = format!("K-{order_id}");
    let order = Order {
        order_id,
        order_number: order_number.clone(),
        department_id,
        reference: common.reference,
        reference_comment: text(&data["reference_comment"]).unwrap_or_default(),
        comments: text(&data["comments"]).unwrap_or_default(),
        order_date: common.order_date,
        customer_id: common.customer_id,
        order_address: address(&data["order_address"]),
        shipping_address: address(&data["shipping_address"]),
        status,
        locked: truth(&data["is_locked"]),
        locked_at: text(&data["is_locked_at"]).unwrap_or_default(),
        may_be_unlocked: truth(&data["allow_unlock"]),
        packed: false,
        lines: common.lines,
        created_at: now,
        updated_at: now,
        reserved: Vec::new(),
    };
    client.keep_order(order);
    Ok((order_id, order_number))
}

fn sale(
    client: &mut Client,
    department_id: u64,
    order: &Value,
    now: Timestamp,
) -> Result<(u64, String), String> {
    let common = common(client, order)?;
    let data = &order["order_data"];
    let voucher = text(&data["voucher"]).filter(|voucher| matches!(voucher.as_str(), "separate" | "same"));
    let order_id = client.books.next_order();
    let order_number = format!("S-{order_id}");
    let sale = Sale {
        order_id,
        order_number: order_number.clone(),
        department_id,
        reference: common.reference,
        reference_comment: text(&data["reference_comment"]).unwrap_or_default(),
        comments: text(&data["comments"]).unwrap_or_default(),
        order_date: common.order_date,
        customer_id: common.customer_id,
        order_address: address(&data["order_address"]),
        voucher: voucher.ok_or("voucher must be separate or same")?,
        belongs_to: belongs_to(client, data)?,
        lines: common.lines,
        created_at: now,
    };
    client.books.sales.push(sale);
    Ok((order_id, order_number))
}

fn belongs_to(client: &Client, data: &Value) -> Result<Option<(String, u64)>, String> {
    let Some(kind) = text(&data["ref_order_type"]) else { return Ok(None) };
    let id = identity(&data["ref_order_id"]).unwrap_or_default();
    let there = match kind.as_str() {
        "customer_order" => client.books.orders.contains_key(&id),
        "sale" => client.books.sales.iter().any(|sale| sale.order_id == id),
        _ => return Err(format!("unknown ref_order_type {kind}")),
    };
    if there { Ok(Some((kind, id))) } else { Err(format!("{kind} {id} not found")) }
}

pub(super) fn list(state: &mut State, client: &str, query: &Query<'_>) -> Answer {
    let zone = state.zone.clone();
    let reference: Option<u64> = query.filter("reference_order_number").and_then(|asked| asked.parse().ok());
    // Local times are compared as the texts that they are.
    let since = query.filter("last_update_date").map(|since| since.replace('/', "-"));
    let orders = state.client(client).books.orders.values();
    let found: Vec<&Order> = orders
        .filter(|order| reference.is_none_or(|asked| order.reference == asked))
        .filter(|order| since.as_ref().is_none_or(|since| local(order.updated_at, &zone) >= *since))
        .collect();
    let rows = page(&found, query).iter().map(|order| order.row(&zone));
    Answer::list("orders", rows, found.len())
}

pub(super) fn view(state: &mut State, client: &str, id: &str) -> Answer {
    let zone = state.zone.clone();
    let client = state.client(client);
    let order = id.parse().ok().and_then(|id: u64| client.books.orders.get(&id));
    let Some(order) = order else { return Answer::no(404, "Order not found") };
    let department = client.departments.get(&order.department_id).map(|d| d.token.as_str());
    Answer::Yes(vec![("data", order.view(department.unwrap_or_default(), &zone))])
}

/// The entries of an object or a list, with their keys or places; those of an object by their keys, numbers as such.
fn entries(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, entry)| (key.clone(), entry)).collect();
            entries.sort_by_key(|(key, _)| key.parse().unwrap_or(u64::MAX));
            entries
        }
        Value::Array(entries) => entries.iter().enumerate().map(|(at, e)| (at.to_string(), e)).collect(),
        _ => Vec::new(),
    }
}

fn identity(value: &Value) -> Option<u64> {
    number(value).and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0)
}

fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| text(value).is_some_and(|text| matches!(text.as_str(), "1" | "true")))
}

fn address(value: &Value) -> Address {
    let part = |name: &str| text(&value[name]).unwrap_or_default();
    Address { address: part("address"), city: part("city"), zip: part("zip"), country: part("country") }
}
