//! What follows: status and marker in the shop, refunds, and the day the customer order is finished.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use retail::{
    Decimal,
    fate::Fate,
    order::{
        Refund, RefundId, WebOrder,
        effects::{self, Cause, Done, Effect, Since},
        goods::Goods,
        office::{BelongsTo, Kind},
        progress::{CANCELLED, reaches},
        returns::{self, Balance},
        waiting::{Reason, Waiting},
    },
};
use woocommerce::OrderChange;

use super::{
    desk::{Desk, is_own},
    effect::{Call, told},
};
use crate::{
    Error,
    ports::Condition,
    rows::orders::{EffectRow, State, Watch},
};

/// How often a customer order is looked at by how long ago it was taken: young ones often, old ones seldom.
const AGES: [(Duration, Duration); 3] = [
    (Duration::from_secs(24 * 3600), Duration::from_secs(5 * 60)),
    (Duration::from_secs(7 * 24 * 3600), Duration::from_secs(30 * 60)),
    (Duration::from_secs(60 * 24 * 3600), Duration::from_secs(6 * 3600)),
];
/// Older ones.
const SELDOM: Duration = Duration::from_secs(24 * 3600);
/// When a write to the shop that was lost is looked at again.
const SOON: Duration = Duration::from_secs(30);

impl Desk<'_> {
    /// Writes the status after retrieval and the marker, in one write, once Loomis Pay has confirmed.
    pub(super) async fn retrieve(&mut self, order: &WebOrder) -> Result<(), Error> {
        if self.row.retrieved.is_some() || !self.is_sent() {
            return Ok(());
        }
        let marker = format!("{}:{}", super::installation(self.engine).await?, self.number());
        // Somebody has moved it on meanwhile: then the status is theirs.
        let stands = self.settings.retrieve_statuses.contains(&order.status);
        let status = self.settings.status_after_retrieval.clone().filter(|_| stands);
        let status = match status.filter(|status| *status != order.status) {
            Some(status) if self.stays(order).await? => Some(status),
            _ => None,
        };
        let there = order.marker.as_deref() == Some(&marker);
        let change = OrderChange { status, set_paid: false, marker: (!there).then_some(marker) };
        if change.is_empty() || self.write_shop(order, &change, "retrieved").await? {
            self.row.retrieved = Some(self.engine.now());
        }
        Ok(())
    }

    /// Whether its status is still the one that was read before anything was sent, which may be a minute ago. If not, it is
    /// somebody's, and looked at anew.
    async fn stays(&mut self, order: &WebOrder) -> Result<bool, Error> {
        self.lease.keep(self.engine).await?;
        let now = self.pair.shop.order(order.id).await?;
        let stays = now.is_some_and(|now| now.status == order.status);
        if !stays {
            self.look_again(Some(self.engine.now()));
        }
        Ok(stays)
    }

    /// Whether all of its own effects that may be sent are done, and there is one.
    fn is_sent(&self) -> bool {
        let Some(taken) = &self.row.taken else { return false };
        let own = taken.effects.iter().filter(|effect| is_own(effect));
        let mut sent = false;
        for effect in own {
            match self.is_done(effect) {
                true => sent = true,
                // A sale that waits for payment follows later.
                false
                    if matches!(effect, Effect::Sale { .. })
                        && self.row.waits.iter().any(|one| one.reason == Reason::Unpaid) =>
                {
                    return sent;
                }
                false => return false,
            }
        }
        sent
    }

    /// The number in Loomis Pay, for people.
    fn number(&self) -> String {
        for key in ["order", "sale"] {
            if let Some((EffectRow { state: State::Done { order_id, number, .. }, .. }, _)) =
                self.effects.get(key)
            {
                return match order_id {
                    Some(id) if number.is_empty() => id.to_string(),
                    _ => number.clone(),
                };
            }
        }
        "deducted".to_owned()
    }

    /// One write to the shop's order. Tells whether it is there; a lost one is looked at again soon.
    async fn write_shop(
        &mut self,
        order: &WebOrder,
        change: &OrderChange,
        what: &str,
    ) -> Result<bool, Error> {
        self.lease.keep(self.engine).await?;
        match self.pair.shop.write_order(order.id, change).await {
            Ok(now) => {
                let status = if now.status == order.status {
                    String::new()
                } else {
                    format!(", {} -> {}", order.status, now.status)
                };
                self.row.tell(self.engine.now(), format!("{what}: written to the shop{status}"));
                self.row.status = now.status;
                // It comes back as changed once more, and is then looked at as a whole.
                self.row.modified = None;
                Ok(true)
            }
            Err(error) => {
                let trouble = error.trouble();
                match trouble.fate {
                    Fate::Ambiguous => {
                        self.look_again(Some(self.engine.now() + SOON));
                        Ok(false)
                    }
                    Fate::Refusal => {
                        let detail = format!("the shop refuses it ({what}): {}", trouble.reason);
                        self.waits(Waiting::new(Reason::Refused, detail));
                        Ok(false)
                    }
                    Fate::Retry | Fate::Settings => Err(error.into()),
                }
            }
        }
    }

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
        let deleted = self.effects.values().filter_map(|(row, version)| {
            let refund = refund_of(&row.effect).filter(|refund| !is_there(*refund))?;
            Some((refund, row.clone(), *version))
        });
        for (refund, row, version) in deleted.collect::<Vec<_>>() {
            match row.state {
                State::Intended { .. } => {
                    let text =
                        format!("refund {refund} was deleted in the shop: {} is not sent", told(&row.effect));
                    self.row.tell(self.engine.now(), text);
                    if let Some(taken) = &mut self.row.taken {
                        taken.effects.retain(|one| *one != row.effect);
                    }
                    let removal = self.place.remove_effect(self.row.id, &row.effect, version);
                    self.save(vec![removal], None, Some(order)).await?;
                    self.effects.remove(&row.effect.key());
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
        let arose = |effect: &Effect| match effect {
            Effect::Return(id) | Effect::Restock { cause: Cause::Refund(id), .. } => {
                refunds.iter().find(|refund| refund.id == *id).map_or(order.created, |refund| refund.created)
            }
            _ => order.created,
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
        let key = effect.key();
        let (row, version) = self.effect(&key)?.clone();
        if let Some(taken) = &mut self.row.taken {
            taken.settled_refunds.push(refund.id);
            taken.effects.retain(|one| one != effect);
        }
        let removal = self.place.remove_effect(self.row.id, &row.effect, version);
        self.save(vec![removal], None, Some(order)).await?;
        self.effects.remove(&key);
        Ok(())
    }

    /// Watches the customer order; the day it is finished the shop's order is completed, and its payment with it.
    pub(super) async fn watch(&mut self, order: &WebOrder) -> Result<(), Error> {
        let Some(completed) = self.settings.status_when_completed.clone() else { return Ok(()) };
        let Some((EffectRow { effect: Effect::CustomerOrder { may_be_unlocked: false }, state }, _)) =
            self.effects.get("order")
        else {
            // Staff may unlock it: the status link to the shop is dropped.
            return Ok(());
        };
        let State::Done { order_id: Some(order_id), at, .. } = state else { return Ok(()) };
        let (order_id, since) = (*order_id, *at);
        if self.row.completed.is_some() {
            return Ok(());
        }
        let now = self.engine.now();
        // One that was taken long ago, and never watched, is looked at now.
        let first = since + every(since, since);
        let mut watch = self.row.watch.unwrap_or(Watch { order_id, status: 0, gone: false, next: first });
        if now >= watch.next {
            let view = self.pair.office.view_order(order_id).await?;
            watch.gone = view.is_none();
            if let Some(view) = view.filter(|view| view.status != watch.status) {
                self.row.tell(now, format!("status {} in Loomis Pay", view.status));
                watch.status = view.status;
            }
            watch.next = now + every(since, now);
        }
        self.row.watch = Some(watch);
        if watch.gone {
            let detail = format!("the customer order {order_id} is no longer in Loomis Pay");
            self.waits(Waiting::new(Reason::Cancelled, detail));
        }
        if watch.status == CANCELLED {
            let detail = format!("the customer order {order_id} was cancelled in Loomis Pay");
            self.waits(Waiting::new(Reason::Cancelled, detail));
        }
        if reaches(watch.status, u32::from(self.settings.loomis_completed_status))
            && self.complete(order, completed).await?
        {
            self.row.completed = Some(self.engine.now());
            return Ok(());
        }
        self.look_again(Some(watch.next));
        Ok(())
    }

    async fn complete(&mut self, order: &WebOrder, completed: String) -> Result<bool, Error> {
        if order.is_cancelled() || order.status == "refunded" {
            let detail = format!("finished in Loomis Pay, and {} in the shop: left as it is", order.status);
            self.waits(Waiting::new(Reason::Cancelled, detail));
            return Ok(false);
        }
        if order.status == completed {
            self.row.tell(self.engine.now(), "completed in the shop already");
            return Ok(true);
        }
        if !self.stays(order).await? {
            return Ok(false);
        }
        // These two make WooCommerce set the payment by themselves.
        let pays = matches!(completed.as_str(), "processing" | "completed");
        let set_paid = order.paid.is_none() && !pays;
        let change = OrderChange { status: Some(completed), set_paid, marker: None };
        self.write_shop(order, &change, "completed").await
    }
}

/// The refund that an effect is because of.
fn refund_of(effect: &Effect) -> Option<RefundId> {
    match effect {
        Effect::Return(refund) | Effect::Restock { cause: Cause::Refund(refund), .. } => Some(*refund),
        _ => None,
    }
}

fn every(since: Timestamp, now: Timestamp) -> Duration {
    let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    AGES.iter().find(|(up_to, _)| age < *up_to).map_or(SELDOM, |(_, every)| *every)
}
