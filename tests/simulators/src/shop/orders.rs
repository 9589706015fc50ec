//! The orders: placed, moved from status to status, given back. What each step does to the stock and to dates was measured,
//! or read in WooCommerce's source (`wc-stock-functions.php`, `class-wc-order.php`).

mod hand;
mod list;
mod refunds;
mod show;
mod stock;
mod totals;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(super) use list::{list, statuses_of_orders};
pub(super) use refunds::{NewRefund, NewRefundLine};
pub(super) use write::{How, invalid_id};

use super::{
    Shop, State,
    order::{Coupon, Extra, Line, NewLine, NewOrder, Order, Totals},
    product::{Meta, Product},
};
use totals::Taxes;

/// The orders, and the numbers of their parts.
#[derive(Default)]
pub(super) struct Orders {
    pub(super) all: BTreeMap<u64, Order>,
    /// The coupons of percents off, by id: code, and percent.
    pub(super) coupons: BTreeMap<u64, (String, Decimal)>,
    next_item: u64,
    next_meta: u64,
}

impl Orders {
    fn item_id(&mut self) -> u64 {
        self.next_item += 1;
        self.next_item
    }

    fn meta_id(&mut self) -> u64 {
        self.next_meta += 1;
        self.next_meta
    }

    /// An order, whatever its status: those of a removed plugin are in no list, but answer by id.
    /// How many orders have this status.
    pub(super) fn of_status(&self, status: &str) -> usize {
        self.all.values().filter(|order| order.status == status).count()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Order> {
        self.all.get(&id)
    }
}

impl State {
    /// A customer places an order: lines, tax and totals worked out, the stock taken where its status says so.
    pub(super) fn place(&mut self, new: NewOrder, now: Timestamp) -> u64 {
        let id = self.catalogue.next_id();
        let created = new.created.unwrap_or(now);
        let shipping = if new.shipping_address.is_null() { &new.billing } else { &new.shipping_address };
        let number = new.number.clone().unwrap_or_else(|| match &mut self.setup.next_order_number {
            Some(next) => {
                *next += 1;
                (*next - 1).to_string()
            }
            None => id.to_string(),
        });
        let order = Order {
            id,
            number,
            status: "pending".to_owned(),
            currency: self.setup.currency.clone(),
            prices_include_tax: self.setup.prices_include_tax,
            created,
            modified: created,
            paid: None,
            completed: None,
            payment_method: new.payment_method.clone(),
            customer_note: new.customer_note.clone(),
            billing: new.billing.clone(),
            shipping: shipping.clone(),
            lines: Vec::new(),
            shipping_lines: Vec::new(),
            fees: Vec::new(),
            coupons: Vec::new(),
            tax_lines: Vec::new(),
            totals: Totals::default(),
            refunds: Vec::new(),
            meta: new.meta.iter().map(|(key, value)| self.meta(key, value)).collect(),
            stock_reduced: false,
        };
        self.orders.all.insert(id, order);
        self.add_lines(id, &new.lines);
        let shipping = new.shipping.iter().map(|(name, total)| self.extra(name, *total)).collect();
        let fees = new.fees.iter().map(|(name, total)| self.extra(name, *total)).collect();
        let coupon = new.coupon.as_ref().map(|(code, percent)| Coupon {
            id: self.orders.item_id(),
            code: code.to_lowercase(),
            percent: *percent,
        });
        self.change(id, |order| {
            order.shipping_lines = shipping;
            order.fees = fees;
            order.coupons = coupon.into_iter().collect();
        });
        self.calculate(id);
        self.move_to(id, &new.status, created);
        if new.set_paid {
            self.complete_payment(id, created);
        }
        self.change(id, |order| order.modified = created);
        id
    }

    /// Adds lines to an order, at the prices of now.
    fn add_lines(&mut self, id: u64, lines: &[NewLine]) {
        for new in lines {
            let line = self.line(new);
            self.change(id, |order| order.lines.push(line));
        }
    }

    fn line(&mut self, new: &NewLine) -> Line {
        let id = self.orders.item_id();
        let found = self.catalogue.get(new.product).cloned();
        let product = found.as_ref();
        let parent =
            product.filter(|product| product.is_variation()).and_then(|p| self.catalogue.get(p.parent));
        let tax_class = match (product, parent) {
            (Some(product), Some(parent)) if product.tax_class == "parent" => parent.tax_class.clone(),
            (Some(product), _) => product.tax_class.clone(),
            (None, _) => String::new(),
        };
        let price = product.map(price).unwrap_or_default();
        let taxes = Taxes::of(&self.setup, &tax_class);
        let priced = taxes.without(price * new.quantity, self.setup.prices_include_tax);
        let subtotal = new.total.map_or(priced, |total| total.max(priced));
        Line {
            id,
            name: product.map(|product| title(product, parent)).unwrap_or_default(),
            product: parent.map_or(product.map_or(0, |product| product.id), |parent| parent.id),
            variation: parent.map_or(0, |_| new.product),
            tax_class,
            quantity: new.quantity,
            subtotal: new.subtotal.unwrap_or(subtotal),
            total: new.total.unwrap_or(priced),
            taxes: Vec::new(),
            reduced_stock: None,
            restocked: None,
            choices: product.map(|product| chosen(product, parent)).unwrap_or_default(),
            refunds_line: None,
        }
    }

    fn extra(&mut self, name: &str, total: Decimal) -> Extra {
        Extra { id: self.orders.item_id(), name: name.to_owned(), total, taxes: Vec::new() }
    }

    fn meta(&mut self, key: &str, value: &Value) -> Meta {
        Meta { id: self.orders.meta_id(), key: key.to_owned(), value: value.clone() }
    }

    /// Changes an order, if there is one; its date stays.
    pub(super) fn change(&mut self, id: u64, change: impl FnOnce(&mut Order)) -> bool {
        match self.orders.all.get_mut(&id) {
            Some(order) => {
                change(order);
                true
            }
            None => false,
        }
    }

    /// Gives an order a status, with what WooCommerce does besides: dates, stock, and the refund of a refunded order.
    pub(super) fn move_to(&mut self, id: u64, status: &str, now: Timestamp) -> bool {
        let Some(order) = self.orders.all.get_mut(&id) else { return false };
        order.modified = now;
        if order.status == status {
            return true;
        }
        status.clone_into(&mut order.status);
        if order.paid.is_none() {
            let paid_status = order.paid_status();
            if status == paid_status || (paid_status == "processing" && status == "completed") {
                order.paid = Some(now);
            }
        }
        if status == "completed" {
            order.completed = order.completed.or(Some(now));
        }
        match status {
            "processing" | "on-hold" | "completed" => self.take_stock(id, now),
            "cancelled" | "pending" => self.put_back_stock(id, now),
            "refunded" => self.refund_the_rest(id, now),
            _ => {}
        }
        true
    }

    /// The payment is complete: the shop heeds that only of an order that awaits it.
    pub(super) fn complete_payment(&mut self, id: u64, now: Timestamp) {
        let Some(order) = self.orders.all.get_mut(&id) else { return };
        if !matches!(order.status.as_str(), "on-hold" | "pending" | "failed" | "cancelled") {
            return;
        }
        order.paid = order.paid.or(Some(now));
        let status = order.paid_status();
        self.move_to(id, status, now);
    }

    /// Moves an order to the trash; its stock stays taken.
    pub(super) fn trash_order(&mut self, id: u64, now: Timestamp) -> bool {
        let Some(status) = self.orders.get(id).map(|order| order.status.clone()) else { return false };
        if status == "trash" {
            return false;
        }
        let was = self.meta("_wp_trash_meta_status", &format!("wc-{status}").into());
        let when = self.meta("_wp_trash_meta_time", &now.as_second().to_string().into());
        self.change(id, |order| {
            order.meta.extend([was, when]);
            "trash".clone_into(&mut order.status);
            order.modified = now;
        })
    }

    /// Whether a status is of WooCommerce or of a plugin that is there.
    pub(super) fn has_status(&self, status: &str) -> bool {
        statuses_of_orders(&self.setup).iter().any(|known| known == status)
    }
}

/// What one costs now, in the form that the shop enters prices in.
fn price(product: &Product) -> Decimal {
    let price = if product.sale_price.is_empty() { &product.regular_price } else { &product.sale_price };
    price.parse().unwrap_or_default()
}

/// The name of a line: a variation's with what was chosen.
fn title(product: &Product, parent: Option<&Product>) -> String {
    let Some(parent) = parent else { return product.name.clone() };
    let options = product.choices.iter().map(|choice| choice.option.as_str()).collect::<Vec<_>>().join(", ");
    if options.is_empty() { parent.name.clone() } else { format!("{} - {options}", parent.name) }
}

fn chosen(product: &Product, parent: Option<&Product>) -> Vec<(String, String, String)> {
    let name = |key: &str| {
        let attributes = parent.into_iter().flat_map(|parent| &parent.attributes);
        attributes
            .into_iter()
            .find(|attribute| attribute.key() == key)
            .map_or(key, |attribute| &attribute.name)
            .to_owned()
    };
    let row =
        |choice: &super::Choice| (choice.attribute.clone(), name(&choice.attribute), choice.option.clone());
    product.choices.iter().filter(|choice| !choice.option.is_empty()).map(row).collect()
}

/// `POST orders`: one order, or a list, in the fields of [`NewOrder`].
pub(super) fn add(shop: &Shop, value: Value, now: Timestamp) -> Result<Value, String> {
    let list = if value.is_array() { value } else { Value::Array(vec![value]) };
    let orders: Vec<NewOrder> = serde_json::from_value(list).map_err(|error| error.to_string())?;
    let ids = orders.into_iter().map(|order| shop.place_order(order, now)).collect::<Vec<_>>();
    Ok(json!({ "ids": ids }))
}

/// `POST order-status` (`{"id","status"}`), `POST order-trash` and `POST order-delete` (`{"id"}`), `POST refund`
/// (`{"id","amount","lines":[[line, quantity]],"restock"}`).
pub(super) fn happen(shop: &Shop, what: &str, value: &Value, now: Timestamp) -> Result<Value, String> {
    let id = value["id"].as_u64().ok_or("an id is needed")?;
    let done = match what {
        "order-status" => {
            shop.set_order_status(id, value["status"].as_str().ok_or("a status is needed")?, now)
        }
        "order-trash" => shop.trash_order(id, now),
        "order-delete" => shop.delete_order(id),
        _ => {
            let field = |name: &str| value.get(name).filter(|value| !value.is_null()).cloned();
            let wrong = |error: serde_json::Error| error.to_string();
            let amount = field("amount").map(serde_json::from_value::<Decimal>).transpose().map_err(wrong)?;
            let lines = field("lines")
                .map(serde_json::from_value::<Vec<(u64, Decimal)>>)
                .transpose()
                .map_err(wrong)?;
            let restock = value["restock"].as_bool().unwrap_or(false);
            let refund = shop.refund_order(id, amount, &lines.unwrap_or_default(), restock, now)?;
            return Ok(json!({ "id": refund }));
        }
    };
    if done { Ok(json!({ "id": id })) } else { Err("no such order".to_owned()) }
}
