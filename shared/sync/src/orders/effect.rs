//! Exactly once, without help from the server. `API.md` §6: *intended* → *sending* → *done*; what nobody knows is looked up,
//! or parked until a person settles it.

use std::time::Duration;

use jiff::Timestamp;
use loomis::Secret;
use retail::{
    Decimal,
    fate::{Fate, Scope},
    order::{
        effects::Effect,
        office::{OfficeOrder, Saved},
        waiting::{Reason, Waiting},
    },
};

use super::{desk::Desk, there};
use crate::{
    Error,
    ports::Condition,
    rows::orders::{EffectRow, State},
};

/// A save's deadline: its time-out, and as long again, since the server may finish late. `PROGRAM.md`, *Attempts*.
const DEADLINE: Duration = Duration::from_secs(60);
/// So long before the deadline it must have been sent.
const TIMEOUT: Duration = Duration::from_secs(30);
/// When an effect whose turn came too late is tried again.
const SOON: Duration = Duration::from_secs(5);

/// What is sent.
pub(super) enum Call {
    Order(Box<OfficeOrder>),
    /// So many are subtracted; below 0 they are added.
    Stock {
        number: String,
        subtract: Decimal,
    },
}

/// What became of an effect.
pub(super) enum Performed {
    Done,
    /// Not yet, or not before a person says so; `next`: when it is tried again by itself.
    Not {
        waiting: Option<Waiting>,
        next: Option<Timestamp>,
    },
}

impl Desk<'_> {
    /// Whether an effect is to be sent now; if not, what became of it. Whoever hears `None` sends it.
    pub(super) async fn settled(&mut self, effect: &Effect) -> Result<Option<Performed>, Error> {
        let key = effect.key();
        // Twice at most: what is looked up and found not to have happened is sent in the same breath.
        loop {
            let now = self.engine.now();
            let (row, _) = self.effect(&key)?.clone();
            return Ok(Some(match row.state {
                State::Done { .. } => Performed::Done,
                State::Intended { .. } => return Ok(None),
                // A live attempt is never taken over.
                State::Sending { deadline, .. } if now < deadline => {
                    Performed::Not { waiting: None, next: Some(deadline) }
                }
                State::Sending { deadline, .. } => {
                    let reason = "whoever sent it was cut off".to_owned();
                    self.doubt(&key, deadline, reason).await?;
                    continue;
                }
                State::Unconfirmed { next: None, reason, .. } => parked(effect, &reason),
                State::Unconfirmed { next: Some(next), reason, .. } if now < next => {
                    Performed::Not { waiting: Some(unconfirmed(effect, &reason)), next: Some(next) }
                }
                // What was left unconfirmed by another set-up, or by a restored store: nothing can be looked up here.
                State::Unconfirmed { since, reason, looks, .. } if !self.looks_up(effect) => {
                    let state = State::Unconfirmed { since, reason, looks, next: None };
                    self.move_effect(&key, state, None).await?;
                    continue;
                }
                State::Unconfirmed { since, reason, looks, .. } => {
                    self.look_up(&key, since, reason, looks, true).await?;
                    continue;
                }
            }));
        }
    }

    /// Sends an effect that is to be sent, or says why it can't be.
    pub(super) async fn perform(
        &mut self,
        effect: &Effect,
        call: Result<Call, Performed>,
    ) -> Result<Performed, Error> {
        match call {
            Ok(call) => self.send(effect, call).await,
            Err(not) => Ok(not),
        }
    }

    async fn send(&mut self, effect: &Effect, call: Call) -> Result<Performed, Error> {
        let key = effect.key();
        let attempt = self.engine.world.identity();
        let deadline = self.engine.now() + DEADLINE;
        self.move_effect(&key, State::Sending { attempt, deadline }, None).await?;
        let token = self.pair.department.token.clone();
        match self.call(&token, call, deadline - TIMEOUT).await {
            Ok(saved) => {
                let (order_id, number) =
                    saved.map_or((None, String::new()), |saved| (Some(saved.order_id), saved.order_number));
                self.done(&key, order_id, number, "sent").await?;
                Ok(Performed::Done)
            }
            Err(error) => {
                let trouble = error.trouble();
                match trouble.fate {
                    Fate::Ambiguous => {
                        // The worker itself saw the connection break: it may adopt at once what it finds.
                        self.doubt(&key, deadline, trouble.reason).await?;
                        self.look_at_once(effect, &key).await
                    }
                    Fate::Refusal => {
                        let refused = Some(trouble.reason.clone());
                        let text = format!("{}: Loomis Pay says no: {}", told(effect), trouble.reason);
                        self.move_effect(&key, State::Intended { refused }, Some(text)).await?;
                        let detail = format!("{}: {}", told(effect), trouble.reason);
                        Ok(Performed::Not {
                            waiting: Some(Waiting::new(Reason::Refused, detail)),
                            next: None,
                        })
                    }
                    // It waited for its turn for too long, and was not sent.
                    Fate::Retry if trouble.scope == Scope::Record => {
                        self.move_effect(&key, State::Intended { refused: None }, None).await?;
                        Ok(Performed::Not { waiting: None, next: Some(self.engine.now() + SOON) })
                    }
                    // It did not happen, and the trouble is not this order's.
                    Fate::Retry | Fate::Settings => {
                        self.move_effect(&key, State::Intended { refused: None }, None).await?;
                        Err(error.into())
                    }
                }
            }
        }
    }

    async fn call(
        &self,
        token: &Secret,
        call: Call,
        latest: Timestamp,
    ) -> Result<Option<Saved>, loomis::Error> {
        let office = self.pair.office.starting_by(latest);
        match call {
            Call::Order(order) => office.save_order(token, &order).await.map(Some),
            Call::Stock { number, subtract } => {
                office.adjust_stock(token, &number, subtract).await.map(|()| None)
            }
        }
    }

    /// Whether Loomis Pay can be asked for it.
    fn looks_up(&self, effect: &Effect) -> bool {
        self.pair.client.settings.order_lookup && matches!(effect, Effect::CustomerOrder { .. })
    }

    /// Nobody knows whether it happened. What can be looked up is, later; the rest is parked.
    async fn doubt(&mut self, key: &str, deadline: Timestamp, reason: String) -> Result<(), Error> {
        let (row, _) = self.effect(key)?.clone();
        let settings = &self.pair.client.settings;
        let lookup = self.looks_up(&row.effect);
        let first = settings.lookup_after_s.first().copied().unwrap_or_default();
        let next = lookup.then(|| deadline + Duration::from_secs(first));
        let text = format!("{}: unconfirmed: {reason}", told(&row.effect));
        let state = State::Unconfirmed { since: deadline, reason, looks: 0, next };
        self.move_effect(key, state, Some(text)).await
    }

    /// Looks right after the connection broke: what is there is adopted, what is not may still come.
    async fn look_at_once(&mut self, effect: &Effect, key: &str) -> Result<Performed, Error> {
        let (row, _) = self.effect(key)?.clone();
        let State::Unconfirmed { since, reason, looks, next: Some(next) } = row.state else {
            return Ok(match row.state {
                State::Unconfirmed { reason, .. } => parked(effect, &reason),
                _ => Performed::Not { waiting: None, next: None },
            });
        };
        self.look_up(key, since, reason.clone(), looks, false).await?;
        Ok(match &self.effect(key)?.0.state {
            State::Done { .. } => Performed::Done,
            State::Unconfirmed { next: None, reason, .. } => parked(effect, reason),
            _ => Performed::Not { waiting: Some(unconfirmed(effect, &reason)), next: Some(next) },
        })
    }

    /// Asks Loomis Pay for the customer order by its reference. One is adopted; several are parked; none, after two looks that
    /// count, means that it did not happen.
    async fn look_up(
        &mut self,
        key: &str,
        since: Timestamp,
        reason: String,
        looks: u32,
        counts: bool,
    ) -> Result<(), Error> {
        let hits = there::by_reference(self.pair, self.row.id).await?;
        match hits.as_slice() {
            [one] => self.done(key, Some(one.order_id), one.order_number.clone(), "found there").await,
            [] if !counts => Ok(()),
            [] => {
                let looks = looks + 1;
                let after = &self.pair.client.settings.lookup_after_s;
                match after.get(looks as usize) {
                    Some(seconds) => {
                        let next = Some(since + Duration::from_secs(*seconds));
                        let state = State::Unconfirmed { since, reason, looks, next };
                        self.move_effect(key, state, Some("looked up: not there yet".to_owned())).await
                    }
                    None => {
                        let text =
                            "looked up again and again: it did not happen; it is sent again".to_owned();
                        self.move_effect(key, State::Intended { refused: None }, Some(text)).await
                    }
                }
            }
            several => {
                let ids: Vec<String> = several.iter().map(|one| one.order_id.to_string()).collect();
                let reason = format!("Loomis Pay has it several times: {}", ids.join(", "));
                let text = reason.clone();
                let state = State::Unconfirmed { since, reason, looks, next: None };
                self.move_effect(key, state, Some(text)).await
            }
        }
    }

    async fn done(
        &mut self,
        key: &str,
        order_id: Option<u64>,
        number: String,
        by: &str,
    ) -> Result<(), Error> {
        let (row, _) = self.effect(key)?.clone();
        let shown = match (&number, order_id) {
            (number, _) if !number.is_empty() => format!(", number {number}"),
            (_, Some(id)) => format!(", id {id}"),
            _ => String::new(),
        };
        let text = format!("{}: {by}{shown}", told(&row.effect));
        let state = State::Done { at: self.engine.now(), order_id, number, by: by.to_owned() };
        self.move_effect(key, state, Some(text)).await
    }

    pub(super) fn effect(&self, key: &str) -> Result<&(EffectRow, u64), Error> {
        self.effects.get(key).ok_or_else(|| Error::Broken {
            what: format!("order {}", self.row.id),
            reason: format!("it has no effect {key}"),
        })
    }

    /// Moves an effect on, under the lease and from the version that was read: whoever moved it meanwhile wins.
    pub(super) async fn move_effect(
        &mut self,
        key: &str,
        state: State,
        story: Option<String>,
    ) -> Result<(), Error> {
        let (row, version) = self.effect(key)?.clone();
        let state = match state {
            State::Intended { refused: Some(text) } => {
                State::Intended { refused: Some(self.discreet(&text)) }
            }
            State::Unconfirmed { since, reason, looks, next } => {
                State::Unconfirmed { since, reason: self.discreet(&reason), looks, next }
            }
            other => other,
        };
        let row = EffectRow { state, ..row };
        let put = self.place.put_effect(self.row.id, &row, Condition::Version(version))?;
        self.lease.keep(self.engine).await?;
        self.lease.write(self.engine, vec![put]).await?;
        self.effects.insert(key.to_owned(), (row, version + 1));
        if let Some(text) = story {
            self.row.tell(self.engine.now(), text);
        }
        Ok(())
    }
}

fn unconfirmed(effect: &Effect, reason: &str) -> Waiting {
    Waiting::new(Reason::Unconfirmed, format!("{}: {reason}", told(effect)))
}

fn parked(effect: &Effect, reason: &str) -> Performed {
    Performed::Not { waiting: Some(unconfirmed(effect, reason)), next: None }
}

/// An effect for a person.
pub(super) fn told(effect: &Effect) -> String {
    match effect {
        Effect::CustomerOrder { .. } => "customer order".to_owned(),
        Effect::Sale { .. } => "sale".to_owned(),
        Effect::Deduction(stock) => {
            format!("deduction of {} of {}", stock.quantity.normalize(), stock.number)
        }
        Effect::Return(refund) => format!("return of refund {refund}"),
        Effect::Restock { back, .. } => {
            format!("{} of {} added back", back.quantity.normalize(), back.number)
        }
    }
}
