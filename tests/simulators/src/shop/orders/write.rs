//! What `POST` and `PUT` do to an order.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{
    super::{
        State,
        answer::Refused,
        order::{NewLine, NewOrder},
        write::{check_list, text, truthy},
    },
    refunds::{NewRefund, NewRefundLine},
};

/// How a write came in: an item of a batch skips the check of its status.
pub(in crate::shop) use super::super::write::How;

pub(in crate::shop) fn invalid_id(status: u16) -> Refused {
    Refused::new(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
}

impl State {
    /// `POST orders`.
    pub(in crate::shop) fn create_order(
        &mut self,
        fields: &Map<String, Value>,
        how: How,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        let status = self.status_of(fields, how)?.unwrap_or_else(|| "pending".to_owned());
        let field = |name: &str| fields.get(name).map(text).unwrap_or_default();
        let coupon = self.coupon_of(fields)?;
        let order = NewOrder {
            coupon,
            status,
            payment_method: field("payment_method"),
            set_paid: fields.get("set_paid").is_some_and(truthy),
            lines: self.lines_of(fields),
            shipping: extras(fields, "shipping_lines", "method_title"),
            fees: extras(fields, "fee_lines", "name"),
            customer_note: field("customer_note"),
            billing: fields.get("billing").cloned().unwrap_or_default(),
            shipping_address: fields.get("shipping").cloned().unwrap_or(Value::Object(Map::new())),
            ..NewOrder::default()
        };
        let id = self.place(order, now);
        self.write_meta(id, fields);
        Ok(id)
    }

    /// `PUT orders/{id}`. The date is bumped whatever is sent; one in the trash comes out of it by any other status.
    pub(in crate::shop) fn update_order(
        &mut self,
        id: u64,
        fields: &Map<String, Value>,
        how: How,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let status = self.status_of(fields, how)?;
        if self.orders.get(id).is_none() {
            return Err(invalid_id(400));
        }
        self.write_meta(id, fields);
        // A line without an id is a further one.
        let lines = self.lines_of(fields);
        let changed = self.change_lines(id, fields);
        if changed || !lines.is_empty() {
            self.add_lines(id, &lines);
            self.calculate(id);
        }
        self.change(id, |order| {
            order.modified = now;
            if let Some(note) = fields.get("customer_note") {
                order.customer_note = text(note);
            }
        });
        if let Some(status) = status {
            self.move_to(id, &status, now);
        }
        let pays = fields.get("set_paid").is_some_and(truthy);
        if pays && self.orders.get(id).is_some_and(super::Order::needs_payment) {
            self.complete_payment(id, now);
        }
        Ok(())
    }

    /// `POST orders/{id}/refunds`.
    pub(in crate::shop) fn create_refund(
        &mut self,
        id: u64,
        fields: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        // No payment method here gives money back by itself.
        if fields.get("api_refund").is_none_or(truthy) {
            let words = "The payment gateway for this order does not support automatic refunds.";
            return Err(Refused::bare(500, "woocommerce_rest_cannot_create_order_refund", words));
        }
        let line = |row: &Value| {
            let taxes = row["refund_tax"].as_array().into_iter().flatten();
            NewRefundLine {
                line: number(&row["id"]),
                quantity: amount(&row["quantity"]).unwrap_or_default(),
                total: amount(&row["refund_total"]).unwrap_or_default(),
                taxes: taxes
                    .map(|tax| (number(&tax["id"]), amount(&tax["refund_total"]).unwrap_or_default()))
                    .collect(),
            }
        };
        let refund = NewRefund {
            amount: fields.get("amount").and_then(amount),
            reason: fields.get("reason").map(text).unwrap_or_default(),
            lines: fields
                .get("line_items")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(line)
                .collect(),
            restock: fields.get("api_restock").is_none_or(truthy),
        };
        self.refund(id, refund, now)
    }

    /// The status that is asked for: checked, but for an item of a batch, of which an unknown one becomes `pending`.
    fn status_of(&self, fields: &Map<String, Value>, how: How) -> Result<Option<String>, Refused> {
        let Some(status) = fields.get("status").filter(|status| !status.is_null()).map(text) else {
            return Ok(None);
        };
        if status == "auto-draft" || self.has_status(&status) {
            return Ok(Some(status));
        }
        if how == How::Item {
            return Ok(Some("pending".to_owned()));
        }
        let known = super::statuses_of_orders(&self.setup);
        let allowed =
            std::iter::once("auto-draft").chain(known.iter().map(String::as_str)).collect::<Vec<_>>();
        let words = format!("status is not one of {}.", check_list(&allowed));
        Err(Refused::params(&[("status".to_owned(), "rest_not_in_enum", words)]))
    }

    fn lines_of(&self, fields: &Map<String, Value>) -> Vec<NewLine> {
        let rows = fields.get("line_items").and_then(Value::as_array).into_iter().flatten();
        let row = |row: &Value| {
            let by_sku =
                row["sku"].as_str().and_then(|sku| self.catalogue.with_sku(sku).next()).map(|found| found.id);
            let named = [&row["variation_id"], &row["product_id"]].map(number).into_iter().find(|id| *id > 0);
            NewLine {
                product: named.or(by_sku).unwrap_or(0),
                quantity: amount(&row["quantity"]).unwrap_or(Decimal::ONE),
                total: amount(&row["total"]),
                subtotal: amount(&row["subtotal"]),
            }
        };
        rows.filter(|row| number(&row["id"]) == 0).map(row).collect()
    }

    /// A coupon, by its code.
    fn coupon_of(&self, fields: &Map<String, Value>) -> Result<Option<(String, Decimal)>, Refused> {
        let rows = fields.get("coupon_lines").and_then(Value::as_array).into_iter().flatten();
        let Some(code) = rows.map(|row| text(&row["code"]).to_lowercase()).next() else { return Ok(None) };
        let found = self.orders.coupons.values().find(|(known, _)| *known == code).cloned();
        let unknown = || {
            let words = format!("Coupon \"{code}\" cannot be applied because it does not exist.");
            Refused::new(400, "woocommerce_rest_invalid_coupon", words)
        };
        found.map(Some).ok_or_else(unknown)
    }

    /// Lines with an id are changed: quantity and amounts, each as far as it is sent; the stock stays. Tells whether any was.
    fn change_lines(&mut self, id: u64, fields: &Map<String, Value>) -> bool {
        let rows = fields.get("line_items").and_then(Value::as_array).into_iter().flatten();
        let mut changed = false;
        for row in rows.filter(|row| number(&row["id"]) > 0) {
            self.change(id, |order| {
                let Some(line) = order.lines.iter_mut().find(|line| line.id == number(&row["id"])) else {
                    return;
                };
                line.quantity = amount(&row["quantity"]).unwrap_or(line.quantity);
                line.total = amount(&row["total"]).unwrap_or(line.total);
                line.subtotal = amount(&row["subtotal"]).unwrap_or(line.subtotal);
                changed = true;
            });
        }
        changed
    }

    /// The same key is written in place; null deletes.
    fn write_meta(&mut self, id: u64, fields: &Map<String, Value>) {
        for entry in fields.get("meta_data").and_then(Value::as_array).into_iter().flatten() {
            let Some(key) = entry["key"].as_str() else { continue };
            let new = self.meta(key, &entry["value"]);
            self.change(id, |order| match order.meta.iter().position(|meta| meta.key == key) {
                Some(at) if new.value.is_null() => {
                    order.meta.remove(at);
                }
                Some(at) => order.meta[at].value = new.value,
                None if new.value.is_null() => {}
                None => order.meta.push(new),
            });
        }
    }
}

fn extras(fields: &Map<String, Value>, list: &str, name: &str) -> Vec<(String, Decimal)> {
    let rows = fields.get(list).and_then(Value::as_array).into_iter().flatten();
    rows.map(|row| (text(&row[name]), amount(&row["total"]).unwrap_or_default())).collect()
}

fn amount(value: &Value) -> Option<Decimal> {
    text(value).trim().parse().ok()
}

fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}
