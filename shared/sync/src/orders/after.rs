//! What follows in the shop: status and marker, and the day the customer order is finished.

use std::time::Duration;

use jiff::Timestamp;
use retail::{
    fate::Fate,
    order::{
        WebOrder,
        effects::Effect,
        progress::{CANCELLED, reaches},
        waiting::{Reason, Waiting},
    },
};
use woocommerce::OrderChange;

use super::desk::{Desk, is_own};
use crate::{
    Error,
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

fn every(since: Timestamp, now: Timestamp) -> Duration {
    let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    AGES.iter().find(|(up_to, _)| age < *up_to).map_or(SELDOM, |(_, every)| *every)
}
