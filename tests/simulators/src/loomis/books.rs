//! What is kept of orders, and what becomes of them: reserved, packed, unlocked, cancelled. `API.md` §5.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    order::{Customer, Deduction, Order, Sale},
    product::Amount,
    state::Client,
};

/// The first keys. Customer orders and sales are counted together: no key means both.
const FIRST_ORDER: u64 = 5_001;
const FIRST_CUSTOMER: u64 = 701;

/// The status of a cancelled order.
const CANCELLED: u32 = 8;

/// How many of each the state shows: the latest.
const SHOWN: usize = 100;

/// The orders, sales, customers and deductions of a client.
#[derive(Default)]
pub(super) struct Books {
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) sales: Vec<Sale>,
    pub(super) customers: BTreeMap<u64, Customer>,
    pub(super) deductions: Vec<Deduction>,
    /// What is refused once.
    pub(super) refusals: Vec<Refusal>,
}

/// The next order with that reference is refused by that call, although all is well.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) call: String,
    pub(super) reference: u64,
    /// The whole `validation_message`, where it is none but a text.
    pub(super) message: Value,
}

impl Books {
    /// The next free key of an order or a sale.
    pub(super) fn next_order(&self) -> u64 {
        let orders = self.orders.last_key_value().map_or(0, |(id, _)| *id);
        let sales = self.sales.last().map_or(0, |sale| sale.order_id);
        (orders.max(sales) + 1).max(FIRST_ORDER)
    }

    pub(super) fn show(&self) -> Value {
        fn latest<T: Serialize>(all: &[T]) -> &[T] {
            &all[all.len().saturating_sub(SHOWN)..]
        }
        let orders: Vec<&Order> = self.orders.values().collect();
        let customers: Vec<_> = self.customers.iter().collect();
        json!({
            "customer_orders": orders.len(), "latest_customer_orders": latest(&orders),
            "sales": self.sales.len(), "latest_sales": latest(&self.sales),
            "deductions": self.deductions.len(), "latest_deductions": latest(&self.deductions),
            "customers": customers.len(), "latest_customers": latest(&customers),
        })
    }

    /// Keeps a new customer.
    pub(super) fn add_customer(&mut self, customer: Customer) -> u64 {
        let id = self.customers.last_key_value().map_or(FIRST_CUSTOMER, |(id, _)| id + 1);
        self.customers.insert(id, customer);
        id
    }

    /// What that save is to be refused with, if it is; once.
    pub(super) fn refused(&mut self, call: &str, reference: u64) -> Option<Value> {
        let at = self.refusals.iter().position(|r| r.call == call && r.reference == reference)?;
        Some(self.refusals.remove(at).message)
    }
}

impl Client {
    /// Keeps a new customer order; where it is locked, its quantities are reserved.
    pub(super) fn keep_order(&mut self, mut order: Order) {
        if order.locked {
            order.reserved = self.moved_by(&order);
            self.reserve(order.department_id, &order.reserved, Decimal::ONE);
        }
        self.books.orders.insert(order.order_id, order);
    }

    /// Generates the packing slip: what was reserved no longer is, and what was ordered is off the shelf.
    pub(super) fn pack(&mut self, id: u64, now: Timestamp) -> Result<(), String> {
        self.change_order(id, now, |order| {
            if order.status == CANCELLED {
                return Err(format!("order {id} is cancelled"));
            }
            order.packed = true;
            Ok(())
        })?;
        let Some(order) = self.books.orders.get(&id).cloned() else { return Ok(()) };
        for (product, quantity) in self.moved_by(&order) {
            self.amount(order.department_id, product, |amount| amount.physical -= quantity);
        }
        Ok(())
    }

    /// Unlocks: nothing is reserved any more.
    pub(super) fn unlock(&mut self, id: u64, now: Timestamp) -> Result<(), String> {
        self.change_order(id, now, |order| {
            if !order.may_be_unlocked {
                return Err(format!("order {id} may not be unlocked"));
            }
            order.locked = false;
            Ok(())
        })
    }

    /// Sets the status; cancelled, nothing is reserved any more.
    pub(super) fn set_order_status(&mut self, id: u64, status: u32, now: Timestamp) -> Result<(), String> {
        if !(1..=11).contains(&status) {
            return Err(format!("no status: {status}"));
        }
        if status == CANCELLED {
            return self.change_order(id, now, |order| {
                order.status = CANCELLED;
                Ok(())
            });
        }
        // A status is no change of what was packed.
        let order = self.books.orders.get_mut(&id).ok_or_else(|| format!("no order {id}"))?;
        order.status = status;
        order.updated_at = now;
        Ok(())
    }

    /// Cancels.
    pub(super) fn cancel_order(&mut self, id: u64, now: Timestamp) -> Result<(), String> {
        self.set_order_status(id, CANCELLED, now)
    }

    /// Changes an order that has no packing slip, and dates it. Whatever it is, the reservation ends.
    fn change_order(
        &mut self,
        id: u64,
        now: Timestamp,
        change: impl FnOnce(&mut Order) -> Result<(), String>,
    ) -> Result<(), String> {
        let order = self.books.orders.get_mut(&id).ok_or_else(|| format!("no order {id}"))?;
        if order.packed {
            return Err(format!("order {id} has a packing slip: it can't be changed"));
        }
        change(order)?;
        order.updated_at = now;
        let (department, reserved) = (order.department_id, std::mem::take(&mut order.reserved));
        self.reserve(department, &reserved, Decimal::NEGATIVE_ONE);
        Ok(())
    }

    /// What the order moves: products whose stock is managed, by what is bought of each.
    fn moved_by(&self, order: &Order) -> Vec<(u64, Decimal)> {
        let bought = order.lines.iter().filter(|line| line.quantity > Decimal::ZERO);
        let managed = |id: &u64| self.catalogue.get(*id).is_some_and(|product| product.use_stock);
        let mut moved: BTreeMap<u64, Decimal> = BTreeMap::new();
        for line in bought.filter(|line| managed(&line.product_id)) {
            *moved.entry(line.product_id).or_default() += line.quantity;
        }
        moved.into_iter().collect()
    }

    /// Reserves so many times these quantities.
    fn reserve(&mut self, department: u64, quantities: &[(u64, Decimal)], times: Decimal) {
        for (product, quantity) in quantities {
            self.amount(department, *product, |amount| amount.reserved += *quantity * times);
        }
    }

    fn amount(&mut self, department: u64, product: u64, change: impl FnOnce(&mut Amount)) {
        if let Some(department) = self.departments.get_mut(&department) {
            change(department.stock.entry(product).or_default());
        }
    }
}
