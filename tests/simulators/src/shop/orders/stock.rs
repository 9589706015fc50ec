//! What orders do to the stock: taken once, put back once, and given back piece by piece.

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::super::{State, order::Line, product::Manage};

impl State {
    /// Takes the stock of an order's lines, unless that was done. Only lines whose product manages its stock, and from which
    /// nothing was taken.
    pub(super) fn take_stock(&mut self, id: u64, now: Timestamp) {
        let Some(mut order) = self.orders.get(id).cloned().filter(|order| !order.stock_reduced) else {
            return;
        };
        for line in order.lines.iter_mut().filter(|line| line.reduced_stock.is_none()) {
            if self.stock_of(line, -line.quantity, now) {
                line.reduced_stock = Some(line.quantity);
            }
        }
        order.stock_reduced = true;
        self.orders.all.insert(id, order);
    }

    /// Puts back what is still taken.
    pub(super) fn put_back_stock(&mut self, id: u64, now: Timestamp) {
        let Some(mut order) = self.orders.get(id).cloned().filter(|order| order.stock_reduced) else {
            return;
        };
        for line in &mut order.lines {
            if let Some(taken) = line.reduced_stock.filter(|taken| *taken > Decimal::ZERO)
                && self.stock_of(line, taken, now)
            {
                line.reduced_stock = None;
            }
        }
        order.stock_reduced = false;
        self.orders.all.insert(id, order);
    }

    /// Puts so many of a line back, as a refund does.
    pub(super) fn put_back_line(&mut self, id: u64, line: u64, quantity: Decimal, now: Timestamp) {
        let keeps_count = self.setup.since(5, 1);
        let Some(mut order) = self.orders.get(id).cloned() else { return };
        let Some(line) = order.lines.iter_mut().find(|known| known.id == line) else { return };
        let Some(taken) = line.reduced_stock.filter(|taken| !taken.is_zero() && !quantity.is_zero()) else {
            return;
        };
        if self.stock_of(line, quantity, now) {
            line.reduced_stock = Some(taken - quantity);
            // In 5.0, which was tried, only what is still taken says so.
            if keeps_count {
                line.restocked = Some(line.restocked.unwrap_or_default() + quantity);
            }
            self.orders.all.insert(id, order);
        }
    }

    /// Changes the stock of a line's product; `false` where it isn't managed, or the product is gone.
    fn stock_of(&mut self, line: &Line, by: Decimal, now: Timestamp) -> bool {
        let id = if line.variation > 0 { line.variation } else { line.product };
        let Some(product) = self.catalogue.get(id) else { return false };
        let managed = product.manager(self.catalogue.get(product.parent)) != Manage::No;
        // The shop keeps whole numbers.
        self.setup.manages_stock && managed && self.catalogue.sell(id, -by.trunc().to_i64().unwrap_or(0), now)
    }
}
