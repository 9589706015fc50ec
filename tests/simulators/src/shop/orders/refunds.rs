//! Refunds: of an amount, of lines, of all that is left.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    super::{
        State,
        answer::Refused,
        order::{Line, Order, RateTax, Refund},
    },
    totals::{kept, rounded, tax_rounded},
};

/// A refund to make.
#[derive(Default)]
pub(in crate::shop) struct NewRefund {
    /// How much, including tax; what the lines come to where it isn't said.
    pub(in crate::shop) amount: Option<Decimal>,
    pub(in crate::shop) reason: String,
    pub(in crate::shop) lines: Vec<NewRefundLine>,
    /// Whether the quantities go back on the shelf.
    pub(in crate::shop) restock: bool,
}

/// A line to give back; amounts above 0.
pub(in crate::shop) struct NewRefundLine {
    pub(in crate::shop) line: u64,
    pub(in crate::shop) quantity: Decimal,
    /// Without tax.
    pub(in crate::shop) total: Decimal,
    /// By rate.
    pub(in crate::shop) taxes: Vec<(u64, Decimal)>,
}

impl NewRefundLine {
    /// So many of a line, at what they cost.
    pub(in crate::shop) fn of(order: &Order, line: u64, quantity: Decimal) -> Option<NewRefundLine> {
        let found = order.lines.iter().find(|known| known.id == line)?;
        let share = if found.quantity.is_zero() { Decimal::ZERO } else { quantity / found.quantity };
        let taxes = found.taxes.iter().map(|tax| (tax.rate, kept(tax.total * share))).collect();
        Some(NewRefundLine { line, quantity, total: kept(found.total * share), taxes })
    }
}

impl State {
    /// Makes a refund; its id.
    pub(in crate::shop) fn refund(
        &mut self,
        id: u64,
        new: NewRefund,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        let no_order = || Refused::bare(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.");
        let order = self.orders.get(id).cloned().ok_or_else(no_order)?;
        let of_lines =
            new.lines.iter().map(|line| line.total + line.taxes.iter().map(|(_, tax)| *tax).sum::<Decimal>());
        let of_lines = rounded(of_lines.sum(), &self.setup);
        let amount = new.amount.unwrap_or(of_lines);
        let left = order.totals.total - order.refunded();
        if amount < Decimal::ZERO || amount > left {
            let code = "woocommerce_rest_cannot_create_order_refund";
            return Err(Refused::bare(500, code, "Invalid refund amount."));
        }
        let full = amount == left;
        let refund = self.keep_refund(&order, new.reason, amount, full, &new.lines, now);
        if new.restock {
            for line in &new.lines {
                self.put_back_line(id, line.line, line.quantity, now);
            }
        }
        // Before, a refund of an amount alone dated nothing. Its pull request 37047.
        if self.setup.since(7, 6) {
            self.change(id, |order| order.modified = now);
        }
        if full && left > Decimal::ZERO {
            self.move_to(id, "refunded", now);
        }
        Ok(refund)
    }

    /// A status `refunded` given by hand is a refund of what is left, without lines.
    pub(super) fn refund_the_rest(&mut self, id: u64, now: Timestamp) {
        let Some(order) = self.orders.get(id).cloned() else { return };
        let left = order.totals.total - order.refunded();
        if left > Decimal::ZERO {
            self.keep_refund(&order, "Order fully refunded.".to_owned(), left, true, &[], now);
        }
    }

    fn keep_refund(
        &mut self,
        order: &Order,
        reason: String,
        amount: Decimal,
        full: bool,
        lines: &[NewRefundLine],
        now: Timestamp,
    ) -> u64 {
        let id = self.catalogue.next_id();
        let mut kept = Vec::new();
        let mut by_rate: Vec<(u64, Decimal)> = Vec::new();
        for new in lines {
            let Some(of) = order.lines.iter().find(|known| known.id == new.line) else { continue };
            let tax = |(rate, tax): &(u64, Decimal)| RateTax { rate: *rate, total: -*tax, subtotal: -*tax };
            for (rate, tax) in &new.taxes {
                let tax = -tax_rounded(*tax, &self.setup);
                match by_rate.iter_mut().find(|row| row.0 == *rate) {
                    Some(row) => row.1 += tax,
                    None => by_rate.push((*rate, tax)),
                }
            }
            kept.push(Line {
                id: self.orders.item_id(),
                quantity: -new.quantity,
                subtotal: -new.total,
                total: -new.total,
                taxes: new.taxes.iter().map(tax).collect(),
                reduced_stock: None,
                restocked: None,
                refunds_line: Some(of.id),
                ..of.clone()
            });
        }
        let tax_lines =
            by_rate.into_iter().map(|(rate, tax)| self.tax_line(rate, tax, Decimal::ZERO)).collect();
        let refund = Refund { id, created: now, amount, reason, full, lines: kept, tax_lines };
        self.change(order.id, |order| order.refunds.push(refund));
        id
    }
}
