//! Sending what was decided, one effect after the other.

use retail::order::{
    WebOrder,
    differs::Fingerprint,
    draft::Draft,
    effects::{Effect, is_wanted},
    office::{BelongsTo, Kind},
    returns::Balance,
    waiting::{Reason, Waiting},
};

use super::{
    desk::{Desk, is_own},
    effect::{Call, Performed},
};
use crate::Error;

impl Desk<'_> {
    /// Sends what is left of the order's own effects, one after the other.
    pub(super) async fn send_all(&mut self, order: &WebOrder, draft: &Draft) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        for effect in &taken.effects {
            if !is_own(effect) || self.is_done(effect) {
                continue;
            }
            self.engine.go_on()?;
            // Nothing more is booked for what was called off; what may have happened is still cleared up.
            if !is_wanted(effect, order) && !self.is_under_way(effect) {
                continue;
            }
            // What was sent and what would be are no longer one order: a person says what is right.
            if self.is_begun()
                && !self.is_under_way(effect)
                && !taken.was.edits(&Fingerprint::of(order)).is_empty()
            {
                return Ok(());
            }
            if matches!(effect, Effect::Sale { .. }) && order.paid.is_none() && !self.is_under_way(effect) {
                self.waits(Waiting::new(Reason::Unpaid, "no sale is booked before the order is paid"));
                return Ok(());
            }
            let performed = match self.settled(effect).await? {
                Some(performed) => performed,
                // All that may have happened turned out not to have: does it qualify at all by now?
                None if self.known && !self.is_begun() => {
                    self.look_again(Some(self.engine.now()));
                    return Ok(());
                }
                None => {
                    let call = self.call_of(effect, order, draft).await?;
                    self.perform(effect, call).await?
                }
            };
            if !self.went(performed) {
                return Ok(());
            }
            if matches!(effect, Effect::Sale { .. })
                && let Some(taken) = &mut self.row.taken
            {
                taken.booked = Balance::booked(draft);
            }
        }
        Ok(())
    }

    /// What is sent for one of the order's own effects.
    async fn call_of(
        &mut self,
        effect: &Effect,
        order: &WebOrder,
        draft: &Draft,
    ) -> Result<Result<Call, Performed>, Error> {
        match effect {
            Effect::CustomerOrder { may_be_unlocked } => {
                self.order_call(order, draft, draft.customer_order(*may_be_unlocked)).await
            }
            Effect::Sale { separate_voucher, linked } => {
                let belongs_to = self.order_id("order").filter(|_| *linked).map(BelongsTo::CustomerOrder);
                let kind = Kind::Sale { separate_voucher: *separate_voucher, belongs_to };
                self.order_call(order, draft, kind).await
            }
            Effect::Deduction(stock) => {
                // What has to be made first is made by its customer order or here.
                if let Err(not) = self.new_products_of(draft).await? {
                    return Ok(Err(not));
                }
                Ok(Ok(Call::Stock { number: stock.number.clone(), subtract: stock.quantity }))
            }
            Effect::Return(_) | Effect::Restock { .. } => {
                Ok(Err(Performed::Not { waiting: None, next: None }))
            }
        }
    }

    /// An order with its customer and its products, which are made where they have to be.
    pub(super) async fn order_call(
        &mut self,
        order: &WebOrder,
        draft: &Draft,
        kind: Kind,
    ) -> Result<Result<Call, Performed>, Error> {
        let products = match self.products_of(draft).await? {
            Ok(products) => products,
            Err(not) => return Ok(Err(not)),
        };
        let customer = match self.customer(order).await? {
            Ok(customer) => customer,
            Err(not) => return Ok(Err(not)),
        };
        let filled = draft.fill(kind, Some(customer), |good| products.get(good).copied());
        let order = filled.map_err(|good| Error::Broken {
            what: format!("order {}", self.row.id),
            reason: format!("no product for {good:?}"),
        })?;
        Ok(Ok(Call::Order(Box::new(order))))
    }

    /// Whether nothing of its own effects is left to send.
    pub(super) fn all_is_sent(&self) -> bool {
        let Some(taken) = &self.row.taken else { return false };
        taken.undeducted.is_empty()
            && taken.effects.iter().filter(|one| is_own(one)).all(|effect| self.is_done(effect))
    }

    /// What may have happened is looked up, or shown, although nothing can be sent.
    pub(super) async fn clear_up(&mut self) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        for effect in taken.effects.iter().filter(|one| is_own(one)) {
            if self.is_under_way(effect)
                && let Some(performed) = self.settled(effect).await?
            {
                self.went(performed);
            }
        }
        // All of it turned out not to have: does it qualify at all by now?
        if !self.is_begun() {
            self.look_again(Some(self.engine.now()));
        }
        Ok(())
    }
}
