//! What is known of an order before it is taken: by a person's word, or because the store was restored and has forgotten. An
//! effect that may have happened begins in doubt.

use jiff::Timestamp;
use retail::order::{
    WebOrder,
    effects::{Cause, Effect},
    qualify::{Compared, OrderFacts, Passed, Qualification, qualify},
};

use super::{
    desk::{Desk, is_own},
    find,
};
use crate::{
    restore::doubted,
    rows::{
        orders::{State, Word},
        restored::Restored,
    },
};

impl Desk<'_> {
    /// Whether and how it qualifies. A person's word stands above a marker, and above the status that it has come to.
    pub(super) fn qualify(&self, order: &WebOrder) -> Qualification {
        let zone = find::zone(self.pair);
        let facts = OrderFacts::of(order, &self.pair.profile.currency, self.known);
        let marked = facts.marked && self.row.word.is_none();
        let qualification = qualify(self.settings, &zone, &OrderFacts { marked, ..facts });
        let exists = matches!(self.row.word, Some(Word::Exists { .. }));
        // What was decided when it qualified is done, although its status moved on before the first of it was sent.
        let is_decided = self.row.taken.is_some();
        let stands = match &qualification {
            Qualification::PassedBy(Passed::Completed) | Qualification::NotYet => exists || is_decided,
            Qualification::PassedBy(_) => exists,
            _ => false,
        };
        match stands {
            true => Qualification::Taken(Compared::of(&order.number, order.id)),
            false => qualification,
        }
    }

    /// How an effect begins whose cause came up then.
    pub(super) fn begins(&self, effect: &Effect, arose: Timestamp, restored: Option<&Restored>) -> State {
        // What is intended here by now was looked up in vain, or a person says to send it.
        let old = self.effects.get(&effect.key()).map(|(row, _)| &row.state);
        let known = matches!(old, Some(State::Intended { .. }));
        match (self.said(effect), restored) {
            (Some(said), _) => said,
            (None, _) if !known && self.may_be_of_another(effect, arose) => {
                let reason =
                    "the order was taken by another installation, which may have done this too".to_owned();
                State::Unconfirmed { since: self.engine.now(), reason, looks: 0, next: None }
            }
            (None, Some(restored)) if !known && restored.may_have_seen(arose) => doubted(effect, restored),
            _ => State::Intended { refused: None },
        }
    }

    /// Whether an installation that took the order before may have done this: its cause was there before a person gave the order
    /// to us. When an order was cancelled nobody says.
    fn may_be_of_another(&self, effect: &Effect, arose: Timestamp) -> bool {
        let (Some(Word::Exists { .. }), Some(taken)) = (&self.row.word, &self.row.taken) else {
            return false;
        };
        let cancelled = matches!(effect, Effect::Restock { cause: Cause::Cancelled, .. });
        !is_own(effect) && (cancelled || arose < taken.at)
    }

    /// How it begins where a person has said what became of the order, until that is taken.
    fn said(&self, effect: &Effect) -> Option<State> {
        let word = self.row.word.as_ref().filter(|_| self.row.taken.is_none())?;
        let (now, by) = (self.engine.now(), "settled by a person".to_owned());
        Some(match (word.clone(), effect) {
            (Word::SendAgain, _) => State::Intended { refused: None },
            // The marker is written before a sale that waits for payment.
            (Word::Exists { .. }, Effect::Sale { linked: true, .. }) => {
                let reason = "its customer order is there, and nobody said so of the sale".to_owned();
                State::Unconfirmed { since: now, reason, looks: 0, next: None }
            }
            (Word::Exists { order_id, number }, Effect::CustomerOrder { .. } | Effect::Sale { .. }) => {
                State::Done { at: now, order_id, number, by }
            }
            (Word::Exists { .. }, _) => State::Done { at: now, order_id: None, number: String::new(), by },
        })
    }
}
