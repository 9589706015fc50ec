//! What comes back: refunds become returns, and deducted goods are added back, each once.

use std::collections::{BTreeMap, BTreeSet};

use retail::{
    Decimal,
    order::{
        Refund, RefundId, WebOrder,
        effects::{self, Cause, Done, Effect, Since},
        goods::Goods,
        office::{BelongsTo, Kind},
        returns::{self, Balance},
        waiting::{Reason, Waiting},
    },
};

use super::{
    desk::Desk,
    effect::{Call, told},
};
use crate::{Error, ports::Condition, rows::orders::State};

impl Desk<'_> {
    /// Refunds become return sales, and what was deducted is added back, each once.
    pub(super) async fn after(&mut self, order: &WebOrder) -> Result<(), Error> {
        let cancelled = order.is_cancelled();
        self.drop_deleted_refunds(order).await?;
        if self.row.taken.is_none() || (order.refunds.is_empty() && !cancelled && !self.gives_back()) {
            return Ok(());
        }
        let refunds = match order.refunds.is_empty() {
            true => Vec::new(),
            false => self.pair.shop.refunds(order.id).await?,
        };
        let restocked: BTreeMap<u64, Decimal> = order
            .lines
            .iter()
            .filter(|line| line.put_back > Decimal::ZERO)
            .map(|line| (line.id, line.put_back))
            .collect();
        let since = Since { refunds: &refunds, restocked: &restocked, cancelled };
        let fresh = effects::afterwards(self.settings, &self.done_so_far(), since);
        if !fresh.is_empty() {
            self.intend(fresh, order, &refunds).await?;
        }
        self.give_back(order, &refunds).await
    }

    /// Whether something of a refund is done, or to be.
    fn gives_back(&self) -> bool {
        self.effects.values().any(|(row, _)| refund_of(&row.effect).is_some())
    }

    /// A refund that is deleted in the shop before anything was sent for it gives nothing back; what was is shown.
    async fn drop_deleted_refunds(&mut self, order: &WebOrder) -> Result<(), Error> {
        let is_there = |id: RefundId| order.refunds.iter().any(|refund| refund.id == id);
        let deleted = self.effects.values().filter_map(|(row, _)| {
            let refund = refund_of(&row.effect).filter(|refund| !is_there(*refund))?;
            Some((refund, row.clone()))
        });
        for (refund, row) in deleted.collect::<Vec<_>>() {
            match row.state {
                State::Intended { .. } => {
                    let text =
                        format!("refund {refund} was deleted in the shop: {} is not sent", told(&row.effect));
                    self.row.tell(self.engine.now(), text);
                    self.drop_effect(&row.effect, order).await?;
                }
                State::Done { .. } => {
                    let detail = format!(
                        "refund {refund} was deleted in the shop after it was told to Loomis Pay ({}): see to it by hand",
                        told(&row.effect)
                    );
                    self.waits(Waiting::new(Reason::Edited, detail));
                }
                // What became of it is cleared up first.
                State::Sending { .. } | State::Unconfirmed { .. } => {}
            }
        }
        Ok(())
    }

    fn done_so_far(&self) -> Done {
        let mut done = Done::default();
        for (key, (row, _)) in &self.effects {
            match &row.effect {
                Effect::Sale { .. } => done.sale |= row.state.is_done(),
                Effect::Deduction(stock) if row.state.is_done() => done.deducted.push(stock.clone()),
                Effect::Restock { back, .. } => drop(done.restocked.insert(key.clone(), back.clone())),
                Effect::CustomerOrder { .. } | Effect::Deduction(_) | Effect::Return(_) => {}
            }
        }
        done.returned = self.returned();
        done
    }

    /// Refunds that a return stands for, done or on its way, and those that give nothing back.
    pub(super) fn returned(&self) -> BTreeSet<RefundId> {
        let returns = self.effects.values().filter_map(|(row, _)| match row.effect {
            Effect::Return(refund) => Some(refund),
            _ => None,
        });
        returns.chain(self.row.taken.iter().flat_map(|taken| taken.settled_refunds.iter().copied())).collect()
    }

    async fn intend(
        &mut self,
        fresh: Vec<Effect>,
        order: &WebOrder,
        refunds: &[Refund],
    ) -> Result<(), Error> {
        // When an order was cancelled nobody says.
        let arose = |effect: &Effect| {
            let refund = refund_of(effect).and_then(|id| refunds.iter().find(|refund| refund.id == id));
            refund.map_or(order.created, |refund| refund.created)
        };
        self.note_effects(&fresh, Condition::Absent, arose).await?;
        if let Some(taken) = &mut self.row.taken {
            taken.effects.extend(fresh);
        }
        self.save(Vec::new(), None, Some(order)).await
    }

    async fn give_back(&mut self, order: &WebOrder, refunds: &[Refund]) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        for effect in &taken.effects {
            if self.is_done(effect) {
                continue;
            }
            self.engine.go_on()?;
            let went = match effect {
                Effect::Return(id) => match refunds.iter().find(|refund| refund.id == *id) {
                    Some(refund) => self.give_back_money(order, effect, refund, refunds).await?,
                    // Deleted in the shop while nobody knew whether it was sent.
                    None => match self.settled(effect).await? {
                        Some(performed) => self.went(performed),
                        None => true,
                    },
                },
                // It came back before it was sent.
                Effect::Restock { cause: Cause::Cancelled, .. }
                    if !order.is_cancelled() && !self.is_under_way(effect) =>
                {
                    true
                }
                Effect::Restock { back, .. } => {
                    let performed = match self.settled(effect).await? {
                        Some(performed) => performed,
                        None => {
                            let call = Call::Stock { number: back.number.clone(), subtract: -back.quantity };
                            self.perform(effect, Ok(call)).await?
                        }
                    };
                    self.went(performed)
                }
                Effect::CustomerOrder { .. } | Effect::Sale { .. } | Effect::Deduction(_) => true,
            };
            if !went {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn give_back_money(
        &mut self,
        order: &WebOrder,
        effect: &Effect,
        refund: &Refund,
        refunds: &[Refund],
    ) -> Result<bool, Error> {
        let goods = self.goods(order).await?;
        let left = match self.left(order, refunds, &goods) {
            Ok(left) => left,
            Err(waiting) => {
                self.waits(waiting);
                return Ok(false);
            }
        };
        let draft = match returns::returning(order, refund, &self.terms(), &goods, &left) {
            Ok(Some(draft)) => draft,
            Ok(None) => return self.nothing_to_give_back(effect, refund, order).await.map(|()| true),
            Err(waiting) => {
                self.waits(waiting);
                return Ok(false);
            }
        };
        let sale = self.order_id("sale").map(BelongsTo::Sale);
        let kind = Kind::Sale { separate_voucher: self.has_voucher_of_its_own(), belongs_to: sale };
        let performed = match self.settled(effect).await? {
            Some(performed) => performed,
            None => {
                let call = self.order_call(order, &draft, kind).await?;
                self.perform(effect, call).await?
            }
        };
        Ok(self.went(performed))
    }

    /// Whether its sale is on a voucher of its own: then its return is too.
    fn has_voucher_of_its_own(&self) -> bool {
        let sale = self.effects.get("sale").map(|(row, _)| &row.effect);
        !matches!(sale, Some(Effect::Sale { separate_voucher: false, .. }))
    }

    /// What is left of the sale after the returns that are done, one after the other.
    fn left(&self, order: &WebOrder, refunds: &[Refund], goods: &Goods) -> Result<Balance, Waiting> {
        let mut left = self.row.taken.as_ref().map(|taken| taken.booked.clone()).unwrap_or_default();
        let done = refunds.iter().filter(|refund| self.is_done(&Effect::Return(refund.id)));
        let mut done: Vec<&Refund> = done.collect();
        done.sort_by_key(|refund| refund.id);
        for refund in done {
            if let Some(draft) = returns::returning(order, refund, &self.terms(), goods, &left)? {
                left.take(&draft);
            }
        }
        Ok(left)
    }

    async fn nothing_to_give_back(
        &mut self,
        effect: &Effect,
        refund: &Refund,
        order: &WebOrder,
    ) -> Result<(), Error> {
        if let Some(taken) = &mut self.row.taken {
            taken.settled_refunds.push(refund.id);
        }
        self.drop_effect(effect, order).await
    }

    /// An effect of the order that is not to be sent after all.
    async fn drop_effect(&mut self, effect: &Effect, order: &WebOrder) -> Result<(), Error> {
        let key = effect.key();
        let (row, version) = self.effect(&key)?.clone();
        if let Some(taken) = &mut self.row.taken {
            taken.effects.retain(|one| one != effect);
        }
        let removal = self.place.remove_effect(self.row.id, &row.effect, version);
        self.save(vec![removal], None, Some(order)).await?;
        self.effects.remove(&key);
        Ok(())
    }
}

/// The refund that an effect is because of.
fn refund_of(effect: &Effect) -> Option<RefundId> {
    match effect {
        Effect::Return(refund) | Effect::Restock { cause: Cause::Refund(refund), .. } => Some(*refund),
        _ => None,
    }
}
