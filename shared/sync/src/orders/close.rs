//! Closing the desk: what differs, what it waits for, what it holds of the stock, and when it is looked at again.

use std::time::Duration;

use jiff::Timestamp;
use retail::{
    Decimal,
    order::{
        OrderLine, WebOrder,
        differs::differences,
        effects::{Cause, Effect},
        held::Standing,
        waiting::{Reason, Waiting},
    },
};

use super::{
    desk::{Desk, is_own},
    find,
};
use crate::{
    Error,
    figures::Metric,
    ports::{Condition, Write},
    rows::orders::{self, Attention, Holds},
};

/// The first wait of an order that waits for something; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(120);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

impl Desk<'_> {
    /// Whether all of it that bears on stock is done in Loomis Pay.
    fn stock_is_known(&self) -> bool {
        let Some(taken) = &self.row.taken else { return false };
        if !taken.undeducted.is_empty() {
            return false;
        }
        let own = |effect: &&Effect| is_own(effect);
        let bears = |effect: &&Effect| !matches!(effect, Effect::Sale { .. });
        let all: Vec<&Effect> = taken.effects.iter().filter(own).collect();
        // A sale alone is taken to move no stock: that setting is outside the promise.
        let bearing: Vec<&Effect> = all.iter().copied().filter(bears).collect();
        let bearing = if bearing.is_empty() { all } else { bearing };
        !bearing.is_empty() && bearing.into_iter().all(|effect| self.is_done(effect))
    }

    /// How much of a line was added back in Loomis Pay since the order was cancelled.
    fn added_back(&self, line: u64) -> Decimal {
        let rows = self.effects.values().map(|(row, _)| row).filter(|row| row.state.is_done());
        let back = rows.filter_map(|row| match &row.effect {
            Effect::Restock { cause: Cause::Cancelled, back } if back.line == line => Some(back.quantity),
            _ => None,
        });
        back.sum()
    }

    /// Whether goods of it were added back since it was cancelled.
    fn was_added_back(&self) -> bool {
        self.effects.values().any(|(row, _)| row.state.is_done() && is_added_back(&row.effect))
    }

    /// What it holds of the shop's stock.
    fn holds(&self, order: &WebOrder) -> Option<Holds> {
        let lowers = find::holds(self.settings, &order.status);
        if !lowers || self.standing == Standing::Never {
            return None;
        }
        // Another installation took it: Loomis Pay knows of it from there.
        if self.row.taken.is_none() && self.standing == Standing::Known {
            return None;
        }
        if self.stock_is_known() && !self.was_added_back() {
            return None;
        }
        let deducted = |line: u64| {
            self.effects.values().any(|(row, _)| {
                matches!(&row.effect, Effect::Deduction(stock) if stock.line == line) && row.state.is_done()
            })
        };
        let held = |line: &OrderLine| match deducted(line.id) {
            false => line.quantity - line.put_back,
            // Loomis Pay knew of it, until it was told that it was called off.
            true => self.added_back(line.id),
        };
        let lines: Vec<_> = order
            .lines
            .iter()
            .filter_map(|line| Some((line.shop_id()?, held(line))))
            .filter(|(_, quantity)| *quantity > retail::Decimal::ZERO)
            .collect();
        (!lines.is_empty()).then_some(Holds { lines: Some(lines) })
    }

    /// Closes the desk: what differs, what it waits for, when it is looked at again.
    pub(super) async fn close(&mut self, order: Option<&WebOrder>) -> Result<(), Error> {
        if let (Some(order), Some(taken), true) = (order, self.row.taken.clone(), self.is_begun()) {
            let returned = self.returned();
            for difference in differences(&taken.was, order, &returned) {
                // What is completed or refunded by a rule of ours is no difference.
                self.waits(difference);
            }
        }
        let came_back =
            order.filter(|order| self.was_added_back() && find::holds(self.settings, &order.status));
        if let Some(order) = came_back {
            let detail = format!(
                "it is {} again after its goods were added back, and they are held: deduct them by hand and settle it, or settle it to be deducted again",
                order.status
            );
            self.waits(Waiting::new(Reason::Edited, detail));
        }
        // What a person has to see and no look changes is not looked at again by itself.
        let by_itself = self.row.waits.iter().any(|waiting| {
            matches!(
                waiting.reason,
                Reason::UnknownProduct | Reason::ProductGone | Reason::Refused | Reason::NotDeductible
            )
        });
        if by_itself && self.next.is_none() {
            let wait = FIRST_WAIT.saturating_mul(1 << self.row.tries.min(10)).min(LONGEST_WAIT);
            self.row.tries += 1;
            self.next = Some(self.engine.now() + self.engine.world.jitter(wait));
        } else if self.row.waits.is_empty() {
            self.row.tries = 0;
        }
        self.row.next = self.next;
        self.save(Vec::new(), self.next, order).await
    }

    /// Saves the order, all or nothing with these writes, while nobody has taken over.
    pub(super) async fn save(
        &mut self,
        mut writes: Vec<Write>,
        next: Option<Timestamp>,
        order: Option<&WebOrder>,
    ) -> Result<(), Error> {
        let now = self.engine.now();
        self.row.looked = Some(now);
        for waiting in &mut self.row.waits {
            waiting.detail = self.private.hide(&waiting.detail);
        }
        for told in &mut self.row.story {
            told.text = self.private.hide(&told.text);
        }
        // Until the desk is closed, whoever finds it goes on with it.
        self.row.next = next.or(self.row.next);
        let mut was_parked = false;
        let attention = match self.row.waits.as_slice() {
            [] => None,
            waits => {
                let old = orders::attention_for(self.engine, &self.place, self.row.id).await?;
                was_parked = old.as_ref().is_some_and(Attention::is_parked);
                let same = |old: &Attention| {
                    old.waits.iter().map(|one| one.reason).eq(waits.iter().map(|one| one.reason))
                };
                let old = old.filter(same);
                Some(Attention {
                    id: self.row.id,
                    number: self.row.number.clone(),
                    waits: waits.to_vec(),
                    since: old.as_ref().map_or(now, |old| old.since),
                    alarmed: old.and_then(|old| old.alarmed),
                })
            }
        };
        let holds = match order {
            Some(order) => self.holds(order),
            None => {
                let old = orders::holds_of(self.engine, &self.place, self.row.id).await?;
                old.filter(|_| !self.stock_is_known())
            }
        };
        let condition = Condition::Version(self.version);
        writes.extend(self.place.put(&self.row, condition, attention.as_ref(), holds.as_ref())?);
        self.lease.keep(self.engine).await?;
        self.lease.write(self.engine, writes).await?;
        self.version += 1;
        if attention.is_some_and(|attention| attention.is_parked() && !was_parked) {
            self.engine.figures.count(Metric::Parked, 1);
        }
        self.tell();
        Ok(())
    }

    /// What has happened to it since it was last saved, in the program's own log too.
    fn tell(&mut self) {
        for told in self.row.story.iter().filter(|told| !self.told.contains(told)) {
            tracing::info!("{}", told.text);
        }
        for waiting in &self.row.waits {
            tracing::info!("it waits: {waiting}");
        }
        self.told.clone_from(&self.row.story);
    }
}

/// Whether it adds goods back because the order was cancelled.
pub(super) fn is_added_back(effect: &Effect) -> bool {
    matches!(effect, Effect::Restock { cause: Cause::Cancelled, .. })
}
