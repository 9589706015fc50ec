//! What staff do with orders. Where something can't be done, these panic: a test's fault.

use jiff::Timestamp;

use super::Office;
use crate::loomis::{
    books::Refusal,
    order::{Customer, Deduction, Order, Sale},
    state::Client,
};

impl Office {
    /// The customer orders, by their keys.
    pub fn orders(&self) -> Vec<Order> {
        self.with(|client| client.books.orders.values().cloned().collect())
    }

    /// The customer order as it is.
    pub fn order(&self, id: u64) -> Option<Order> {
        self.with(|client| client.books.orders.get(&id).cloned())
    }

    /// The sales and returns, in the order in which they were booked.
    pub fn sales(&self) -> Vec<Sale> {
        self.with(|client| client.books.sales.clone())
    }

    /// The customers, with their keys.
    pub fn customers(&self) -> Vec<(u64, Customer)> {
        self.with(|client| client.books.customers.iter().map(|(id, one)| (*id, one.clone())).collect())
    }

    /// The deductions from stock (`product/adjust-stock`), in turn; packing slips are none.
    pub fn deductions(&self) -> Vec<Deduction> {
        self.with(|client| client.books.deductions.clone())
    }

    /// Keeps a customer that staff entered. Hands back the key.
    pub fn add_customer(&self, customer: Customer) -> u64 {
        self.with(|client| client.books.add_customer(customer))
    }

    /// Generates the packing slip: the quantities leave the shelf, and the reservation with them.
    ///
    /// # Panics
    /// Where there is no such order, it has one, or is cancelled.
    pub fn pack(&self, id: u64) {
        self.staff(|client, now| client.pack(id, now));
    }

    /// Unlocks it: nothing is reserved any more, and it may be paid at the till.
    ///
    /// # Panics
    /// Where there is no such order, it has a packing slip, or may not be unlocked.
    pub fn unlock(&self, id: u64) {
        self.staff(|client, now| client.unlock(id, now));
    }

    /// Sets the status, 1 to 11, also after the packing slip; 8 cancels.
    ///
    /// # Panics
    /// Where there is no such order or status, or it can't be cancelled.
    pub fn set_order_status(&self, id: u64, status: u32) {
        self.staff(|client, now| client.set_order_status(id, status, now));
    }

    /// Cancels it: nothing is reserved any more.
    ///
    /// # Panics
    /// Where there is no such order, or it has a packing slip.
    pub fn cancel(&self, id: u64) {
        self.staff(|client, now| client.cancel_order(id, now));
    }

    /// The next order with that reference is not taken by that call (`logistics/orders/save`, `sale/orders/save`), under
    /// status true. `message` is the whole `validation_message` where it is JSON, else a text in it.
    pub fn refuse_next(&self, call: &str, reference: u64, message: &str) {
        let message = serde_json::from_str(message).unwrap_or_else(|_| message.into());
        self.with(|client| client.books.refusals.push(Refusal { call: call.to_owned(), reference, message }));
    }

    /// Whether orders can be looked up: see [`Loomis::set_order_lookup`](crate::loomis::Loomis::set_order_lookup).
    pub fn set_order_lookup(&self, on: bool) {
        self.server.set_order_lookup(on);
    }

    fn staff(&self, work: impl FnOnce(&mut Client, Timestamp) -> Result<(), String>) {
        let now = self.server.clock.now();
        if let Err(reason) = self.with(|client| work(client, now)) {
            panic!("{reason}");
        }
    }
}
