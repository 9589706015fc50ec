//! What a person sees of orders, and what a person can settle. `PROGRAM.md`, *orders waiting*, *order settle*.

use jiff::Timestamp;
use retail::{
    order::{OrderId, differs::Fingerprint, effects::Effect, waiting::Reason},
    settings::Effects,
};
use serde::Serialize;

use super::{effect::told, find};
use crate::{
    Engine, Error,
    orders::place_of,
    pair::{Knowledge, Pair},
    ports::Condition,
    rows::{
        lease::Lease,
        orders::{self, EffectRow, Row, State, Told, Word},
    },
};

/// An order that waits, or needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingOrder {
    /// The number that people see.
    pub order_number: String,
    /// The id.
    pub order_id: u64,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// The particulars.
    pub detail: String,
}

/// The whole story of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderStory {
    /// The number that people see.
    pub order_number: String,
    /// The id.
    pub order_id: u64,
    /// The status that the shop had when it was looked at last.
    pub status: String,
    /// When it was placed.
    pub placed: Timestamp,
    /// When it was first seen here.
    pub seen: Timestamp,
    /// By which rule it was taken, and when.
    pub qualified: Option<(Timestamp, String)>,
    /// What happened in Loomis Pay, or will.
    pub effects: Vec<EffectStory>,
    /// When status and marker were written to the shop.
    pub retrieved: Option<Timestamp>,
    /// When the shop's order was completed by us.
    pub completed: Option<Timestamp>,
    /// What it waits for.
    pub waits: Vec<String>,
    /// When it is looked at again by itself.
    pub next: Option<Timestamp>,
    /// What happened, in order.
    pub story: Vec<Told>,
}

/// One thing that happens in Loomis Pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EffectStory {
    /// What.
    pub effect: String,
    /// `intended`, `sending`, `unconfirmed`, `done`.
    pub state: String,
    /// The number in Loomis Pay, or why not.
    pub detail: String,
    /// When it was done.
    pub at: Option<Timestamp>,
}

/// What a person says of an effect that nobody knows about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It is there, with this id or number.
    Exists(String),
    /// It is not: send it again.
    SendAgain,
}

impl Engine {
    /// The orders of a department that wait or need a person, the oldest wait first.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger fails.
    pub async fn orders_waiting(&self, department: &str) -> Result<Vec<WaitingOrder>, Error> {
        match self.department(department).await {
            Ok(_) | Err(Error::Broken { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut all = Vec::new();
        let Some(place) = place_of(self, department).await? else { return Ok(all) };
        for (attention, _) in orders::attention(self, &place).await? {
            for waiting in &attention.waits {
                all.push(WaitingOrder {
                    order_number: attention.number.clone(),
                    order_id: attention.id.0,
                    reason: waiting.reason.to_string(),
                    since: attention.since,
                    detail: waiting.detail.clone(),
                });
            }
        }
        all.sort_by_key(|one| (one.since, one.order_id));
        Ok(all)
    }

    /// The whole story of an order, by its shown number or its id.
    ///
    /// # Errors
    /// [`Error::Missing`]; trouble with the shop.
    pub async fn order(&self, department: &str, number: &str) -> Result<OrderStory, Error> {
        let pair = self.pair(department, Knowledge::Recent).await?;
        let (row, _) = self.order_named(&pair, number).await?;
        let effects = find::place(&pair).effects(self, row.id).await?;
        Ok(OrderStory {
            order_number: row.number,
            order_id: row.id.0,
            status: row.status,
            placed: row.placed,
            seen: row.seen,
            qualified: row.taken.as_ref().map(|taken| (taken.at, taken.by.clone())),
            effects: row
                .taken
                .iter()
                .flat_map(|taken| &taken.effects)
                .filter_map(|effect| effects.get(&effect.key()))
                .map(|(row, _)| story(row))
                .collect(),
            retrieved: row.retrieved,
            completed: row.completed,
            waits: row.waits.iter().map(ToString::to_string).collect(),
            next: row.next,
            story: row.story,
        })
    }

    async fn order_named(&self, pair: &Pair, number: &str) -> Result<(Row, u64), Error> {
        let place = find::place(pair);
        let missing = || Error::Missing { what: "order", id: number.to_owned() };
        let named = place.named(self, number.trim_start_matches('#')).await?.ok_or_else(missing)?;
        place.order(self, named.id).await?.ok_or_else(missing)
    }

    /// Settles what only a person can about an order: the first effect that is parked as unconfirmed or, of an order that was
    /// edited while part of it was sent, the first that is not: to send it again is to send it as the order is now. Tells
    /// which.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is no such order, or nothing of it is to be settled; [`Error::Taken`] while a worker is
    /// at it.
    pub async fn settle_order(
        &self,
        department: &str,
        number: &str,
        settlement: &Settlement,
    ) -> Result<String, Error> {
        let pair = self.pair(department, Knowledge::Recent).await?;
        let lease = super::lease(self, department).await?;
        let settled = self.settle(&pair, number, settlement, &lease).await;
        lease.release(self).await?;
        let (id, text) = settled?;
        self.wake_order(department, id).await?;
        Ok(text)
    }

    async fn settle(
        &self,
        pair: &Pair,
        number: &str,
        settlement: &Settlement,
        lease: &Lease,
    ) -> Result<(OrderId, String), Error> {
        let place = find::place(pair);
        let (mut row, version) = self.order_named(pair, number).await?;
        let effects = place.effects(self, row.id).await?;
        let edited = row.waits.iter().any(|waiting| waiting.reason == Reason::Edited);
        let in_order = row.taken.iter().flat_map(|taken| &taken.effects);
        let in_order: Vec<_> = in_order.filter_map(|effect| effects.get(&effect.key())).collect();
        let doubtful = in_order.iter().find(|(one, _)| matches!(one.state, State::Unconfirmed { .. }));
        let left = in_order.iter().find(|(one, _)| edited && matches!(one.state, State::Intended { .. }));
        let Some((effect, effect_version)) = doubtful.or(left) else {
            let marked = row.waits.iter().any(|waiting| waiting.reason == Reason::AnotherInstallation);
            if marked && row.taken.is_none() {
                return self.take_at_word(pair, row, version, settlement, lease).await;
            }
            return Err(Error::Missing { what: "effect to settle of order", id: number.to_owned() });
        };
        if edited && let (Some(taken), Some(order)) = (&mut row.taken, pair.shop.order(row.id).await?) {
            taken.was = Fingerprint::of(&order);
        }
        let now = self.now();
        let (state, text) = match settlement {
            Settlement::Exists(found) => {
                let (order_id, number) = self.found_there(pair, &effect.effect, found).await?;
                let text = format!("{}: a person says that it is there: {found}", told(&effect.effect));
                (State::Done { at: now, order_id, number, by: "settled by a person".to_owned() }, text)
            }
            Settlement::SendAgain => {
                let text = format!("{}: a person says to send it again", told(&effect.effect));
                (State::Intended { refused: None }, text)
            }
        };
        row.tell(now, text.clone());
        row.next = Some(now);
        let attention = orders::attention_for(self, &place, row.id).await?;
        let holds = orders::holds_of(self, &place, row.id).await?;
        let put = EffectRow { effect: effect.effect.clone(), state };
        let mut writes = vec![place.put_effect(row.id, &put, Condition::Version(*effect_version))?];
        let condition = Condition::Version(version);
        writes.extend(place.put(&row, condition, attention.as_ref(), holds.as_ref())?);
        lease.write(self, writes).await?;
        Ok((row.id, text))
    }

    /// An order that carries a marker, and that this ledger has not taken: a person says what became of it.
    async fn take_at_word(
        &self,
        pair: &Pair,
        mut row: Row,
        version: u64,
        settlement: &Settlement,
        lease: &Lease,
    ) -> Result<(OrderId, String), Error> {
        let place = find::place(pair);
        let orders = pair.department.settings.orders.as_ref();
        let (word, text) = match settlement {
            Settlement::Exists(found) => {
                let becomes_order =
                    orders.is_some_and(|orders| matches!(orders.effects, Effects::CustomerOrder { .. }));
                let (order_id, number) = match becomes_order {
                    true => {
                        self.found_there(pair, &Effect::CustomerOrder { may_be_unlocked: false }, found)
                            .await?
                    }
                    false => (found.trim().parse().ok(), found.trim().to_owned()),
                };
                (Word::Exists { order_id, number }, format!("a person says that it is there: {found}"))
            }
            Settlement::SendAgain => (Word::SendAgain, "a person says to send it".to_owned()),
        };
        let now = self.now();
        row.word = Some(word);
        row.tell(now, text.clone());
        row.next = Some(now);
        let attention = orders::attention_for(self, &place, row.id).await?;
        let holds = orders::holds_of(self, &place, row.id).await?;
        let writes = place.put(&row, Condition::Version(version), attention.as_ref(), holds.as_ref())?;
        lease.write(self, writes).await?;
        Ok((row.id, text))
    }

    /// The id and number of what a person says is there. A customer order is asked for, so that it can be watched.
    async fn found_there(
        &self,
        pair: &Pair,
        effect: &Effect,
        found: &str,
    ) -> Result<(Option<u64>, String), Error> {
        let id: Option<u64> = found.trim().parse().ok();
        if !matches!(effect, Effect::CustomerOrder { .. }) {
            return Ok((id, found.trim().to_owned()));
        }
        if let Some(id) = id
            && let Some(view) = pair.office.view_order(id).await?
        {
            return Ok((Some(view.order_id), view.order_number));
        }
        Ok((None, found.trim().to_owned()))
    }
}

fn story(row: &EffectRow) -> EffectStory {
    let (state, detail, at) = match &row.state {
        State::Intended { refused } => ("intended", refused.clone().unwrap_or_default(), None),
        State::Sending { deadline, .. } => ("sending", format!("until {deadline}"), None),
        State::Unconfirmed { reason, next: Some(next), .. } => {
            ("unconfirmed", format!("{reason}; looked up again at {next}"), None)
        }
        State::Unconfirmed { reason, .. } => ("unconfirmed", format!("{reason}; waits for a person"), None),
        State::Done { at, order_id, number, by } => {
            let id = order_id.map(|id| format!("id {id}"));
            let number = Some(number.clone()).filter(|number| !number.is_empty());
            let shown = number.map(|number| format!("number {number}")).or(id);
            let parts: Vec<String> = shown.into_iter().chain([by.clone()]).collect();
            ("done", parts.join(", "), Some(*at))
        }
    };
    EffectStory { effect: told(&row.effect), state: state.to_owned(), detail, at }
}
