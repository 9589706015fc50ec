//! Taking an order: what happens to it in Loomis Pay is decided once, and stands in the ledger before the first is sent.

use jiff::Timestamp;
use retail::{
    Decimal,
    number::MatchNumber,
    office::ProductId,
    order::{
        OrderLine, WebOrder,
        differs::Fingerprint,
        draft::{Draft, GoodRef},
        effects::{self, Deductible, Effect},
        qualify::Compared,
        returns::Balance,
    },
};

use super::desk::{Desk, is_own};
use crate::{
    Error,
    ports::{Condition, Write},
    rows::{
        mirror,
        orders::{EffectRow, Taken},
        restored,
    },
};

/// Effects in one transaction of the ledger, with room for the lease and the order.
const CHUNK: usize = 80;

impl Desk<'_> {
    /// What was intended by a worker that died before it noted so on the order.
    pub(super) fn pick_up(&mut self) {
        let Some(taken) = &mut self.row.taken else { return };
        let is_later = |effect: &&Effect| match effect {
            Effect::Deduction(stock) => taken.undeducted.contains(&stock.line),
            other => !is_own(other),
        };
        let later = self.effects.values().map(|(row, _)| &row.effect).filter(is_later);
        let lost: Vec<Effect> = later.filter(|effect| !taken.effects.contains(effect)).cloned().collect();
        taken.undeducted.retain(|line| {
            !lost.iter().any(|effect| matches!(effect, Effect::Deduction(stock) if stock.line == *line))
        });
        taken.effects.extend(lost);
    }

    /// Decides what happens to the order, once: its effects stand in the ledger before the first is sent.
    pub(super) async fn take(
        &mut self,
        order: &WebOrder,
        draft: &Draft,
        compared: Compared,
    ) -> Result<bool, Error> {
        let lines = draft.stock_lines().into_iter().map(|(line, good, n)| (line, good.clone(), n)).collect();
        let lines = self.deductible(&order.lines, lines).await?;
        let paid = order.paid.is_some();
        let steps = effects::taking(self.settings, &order.payment_method, paid, &lines);
        let undeducted = steps.refused.iter().map(|(line, _)| *line).collect();
        for (_, waiting) in &steps.refused {
            self.row.waits.push(waiting.clone());
        }
        if steps.steps.is_empty() {
            return Ok(false);
        }
        let now = self.engine.now();
        let by = match compared {
            Compared::Shown(number) => format!("status {}, number {number}", order.status),
            Compared::Id(id) => format!("status {}, by its id {id}: its number has no digits", order.status),
        };
        let wanted: Vec<Effect> = steps.steps.into_iter().map(|step| step.effect).collect();
        // Nothing was sent yet: what was decided before under other settings is decided anew.
        let keys: Vec<String> = wanted.iter().map(Effect::key).collect();
        self.drop_effects(|key| !keys.contains(&key.to_owned())).await?;
        let placed = |_: &Effect| order.created;
        self.note_effects(&wanted, Condition::Always, placed).await?;
        if self.row.taken.is_none() {
            self.row.tell(now, format!("taken: {by}"));
        }
        let was = Fingerprint::of(order);
        let booked = Balance::booked(draft);
        let settled_refunds = Vec::new();
        let taken = Taken { at: now, by, was, effects: wanted, booked, undeducted, settled_refunds };
        self.row.taken = Some(taken);
        self.save(Vec::new(), None, Some(order)).await?;
        Ok(true)
    }

    /// Notes effects, however many, before the order itself names them: intended, but for what may have happened already.
    /// `arose`: from when on there was a cause for them.
    pub(super) async fn note_effects(
        &mut self,
        effects: &[Effect],
        condition: Condition,
        arose: impl Fn(&Effect) -> Timestamp,
    ) -> Result<(), Error> {
        let restored = restored::last(self.engine, &self.pair.department.settings.id).await?;
        for some in effects.chunks(CHUNK) {
            let mut writes = Vec::new();
            for effect in some {
                let state = self.begins(effect, arose(effect), restored.as_ref());
                let row = EffectRow { effect: effect.clone(), state };
                writes.push(self.place.put_effect(self.row.id, &row, condition)?);
            }
            self.lease.keep(self.engine).await?;
            self.lease.write(self.engine, writes).await?;
        }
        self.effects = self.place.effects(self.engine, self.row.id).await?;
        Ok(())
    }

    /// Removes such effects, however many.
    pub(super) async fn drop_effects(&mut self, gone: impl Fn(&str) -> bool) -> Result<(), Error> {
        let all = self.effects.iter().filter(|(key, _)| gone(key));
        let writes: Vec<Write> = all
            .map(|(_, (row, version))| self.place.remove_effect(self.row.id, &row.effect, *version))
            .collect();
        for some in writes.chunks(CHUNK) {
            self.lease.keep(self.engine).await?;
            self.lease.write(self.engine, some.to_vec()).await?;
        }
        self.effects.retain(|key, _| !gone(key));
        Ok(())
    }

    /// Lines that could not be deducted when it was taken are, once they can be, and as they were taken; until then they are
    /// shown and held.
    pub(super) async fn deduct_more(&mut self, order: &WebOrder) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        if taken.undeducted.is_empty() || order.is_cancelled() || !self.known {
            return Ok(());
        }
        // What the order has become since is shown; it changes nothing of what was taken.
        let then = WebOrder { lines: taken.was.bought(order), ..order.clone() };
        let goods = self.goods(&then).await?;
        let (mut lines, mut refused) = (Vec::new(), Vec::new());
        for line in then.lines.iter().filter(|line| taken.undeducted.contains(&line.id)) {
            match goods.of_stock(line, self.settings.create_products) {
                Ok(good) => lines.push((line.id, good, line.quantity)),
                Err(waiting) => refused.push((line.id, waiting)),
            }
        }
        let lines = self.deductible(&then.lines, lines).await?;
        let (mut fresh, not) = effects::deductions(&lines);
        refused.extend(not);
        fresh.retain(|effect| effects::is_wanted(effect, order));
        for (_, waiting) in &refused {
            self.waits(waiting.clone());
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.note_effects(&fresh, Condition::Absent, |_| order.created).await?;
        let noted: Vec<u64> = fresh.iter().filter_map(deducted_line).collect();
        if let Some(taken) = &mut self.row.taken {
            taken.effects.extend(fresh);
            taken.undeducted.retain(|line| !noted.contains(line));
        }
        self.save(Vec::new(), None, Some(order)).await
    }

    /// The lines whose quantity may be deducted, with their products' numbers.
    async fn deductible(
        &self,
        bought: &[OrderLine],
        lines: Vec<(u64, GoodRef, Decimal)>,
    ) -> Result<Vec<Deductible>, Error> {
        let client = &self.pair.client.settings.client_number;
        let known: Vec<ProductId> = lines
            .iter()
            .filter_map(|(_, good, _)| match good {
                GoodRef::Known(id) => Some(*id),
                GoodRef::Special(_) | GoodRef::ToCreate(_) => None,
            })
            .collect();
        let mirrored = mirror::by_id(self.engine, client, &known).await?;
        let mut deductible = Vec::new();
        for (line, good, quantity) in lines {
            let number = match &good {
                // Of a catalogue that was never read the order itself knows the number.
                GoodRef::Known(id) => mirrored
                    .get(id)
                    .map(|row| row.product.number.clone())
                    .or_else(|| bought.iter().find(|one| one.id == line).and_then(OrderLine::number)),
                GoodRef::Special(special) => Some(special.number().to_owned()),
                GoodRef::ToCreate(new) => Some(new.number.clone()),
            };
            let number = number.unwrap_or_default();
            let unique = match &good {
                GoodRef::Known(_) if MatchNumber::of(&number).is_some() => {
                    let owners = self.pair.office.find_products_by_number(number.trim()).await?;
                    owners.into_iter().filter(|one| !one.deleted).count() == 1
                }
                _ => true,
            };
            deductible.push(Deductible { line, number, unique, quantity });
        }
        Ok(deductible)
    }
}

/// The line that a deduction is of.
fn deducted_line(effect: &Effect) -> Option<u64> {
    match effect {
        Effect::Deduction(stock) => Some(stock.line),
        _ => None,
    }
}
