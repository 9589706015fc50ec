//! What customers and staff do with orders, for tests: past the REST API, with the same effects.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{NewRefund, NewRefundLine};
use crate::shop::{NewOrder, Order, Shop};

impl Shop {
    /// A customer places an order; its id. Taxes and totals are worked out as WooCommerce does, and the stock is taken where
    /// the status says so. An order placed earlier ([`NewOrder::at`]) was last modified then.
    pub fn place_order(&self, order: NewOrder, now: Timestamp) -> u64 {
        self.lock().place(order, now)
    }

    /// An order, in the trash or not.
    pub fn order(&self, id: u64) -> Option<Order> {
        self.lock().orders.get(id).cloned()
    }

    /// All orders, the trash included, by id.
    pub fn orders(&self) -> Vec<Order> {
        self.lock().orders.all.values().cloned().collect()
    }

    /// A person, or a payment, gives an order a status: dates, stock and refunds follow. A status that no plugin stands
    /// for any more is taken too, as the database does. `false` where there is no such order.
    pub fn set_order_status(&self, id: u64, status: &str, now: Timestamp) -> bool {
        self.lock().move_to(id, status, now)
    }

    /// Cancels an order; its stock is put back.
    pub fn cancel(&self, id: u64, now: Timestamp) -> bool {
        self.set_order_status(id, "cancelled", now)
    }

    /// A person changes an order, unchecked; its date is bumped, its totals stay.
    pub fn edit_order(&self, id: u64, now: Timestamp, change: impl FnOnce(&mut Order)) -> bool {
        self.lock().change(id, |order| {
            change(order);
            order.id = id;
            order.modified = now;
        })
    }

    /// A plugin writes to the database past WooCommerce: the date of modification stays.
    pub fn edit_order_unseen(&self, id: u64, change: impl FnOnce(&mut Order)) -> bool {
        self.lock().change(id, |order| {
            change(order);
            order.id = id;
        })
    }

    /// Gives money back: an amount including tax, or what so many of these lines (by their ids) cost, or both; and puts the
    /// quantities back on the shelf. All that is left makes the order `refunded`. The refund's id.
    ///
    /// # Errors
    /// The shop's own words: more than there is to give back.
    pub fn refund_order(
        &self,
        id: u64,
        amount: Option<Decimal>,
        lines: &[(u64, Decimal)],
        restock: bool,
        now: Timestamp,
    ) -> Result<u64, String> {
        let mut state = self.lock();
        let order = state.orders.get(id).ok_or("no such order")?;
        let line = |(line, quantity): &(u64, Decimal)| {
            NewRefundLine::of(order, *line, *quantity).ok_or("no such line")
        };
        let lines = lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let refund = NewRefund { amount, lines, restock, ..NewRefund::default() };
        state.refund(id, refund, now).map_err(|refused| refused.message)
    }

    /// Moves an order to the trash; its stock stays taken. `false` where it is there already, or nowhere.
    pub fn trash_order(&self, id: u64, now: Timestamp) -> bool {
        self.lock().trash_order(id, now)
    }

    /// Deletes an order for good.
    pub fn delete_order(&self, id: u64) -> bool {
        self.lock().orders.all.remove(&id).is_some()
    }
}
