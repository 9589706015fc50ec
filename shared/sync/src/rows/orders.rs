//! Orders: ids and states, and no customer's data. What happens in Loomis Pay has a row an effect (`API.md` §6).
//!
//! | partition | sort | what |
//! |---|---|---|
//! | `D#<department>` | `orders#<base>` | how far the shop's orders were read |
//! | `O#<department>#<base>` | `o#<order>`, `e#<order>#<effect>` | orders and their effects |
//! | `A#<department>#<base>` | order | orders that wait or need a person |
//! | `H#<department>#<base>` | order | orders that hold stock which Loomis Pay doesn't know of yet |

mod following;
mod place;
mod reading;

use jiff::Timestamp;
use retail::order::{
    OrderId, RefundId, differs::Fingerprint, effects::Effect, returns::Balance, waiting::Waiting,
};
use serde::{Deserialize, Serialize};

pub(crate) use following::{
    Attention, Holds, attention, attention_for, fill_holds, holds, holds_of, put_attention,
};
pub(crate) use place::Place;
pub(crate) use reading::{Reading, bases_read, office_read, put_office_read, put_reading, reading};

use super::body;
use crate::{Engine, Error, ports::Range};

/// The longest story that is kept of an order; the middle of a longer one is forgotten first.
const STORY: usize = 60;

/// An order of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: OrderId,
    /// The number that people see.
    pub(crate) number: String,
    /// The status that was seen last.
    pub(crate) status: String,
    /// When it was placed.
    pub(crate) placed: Timestamp,
    /// When it was first seen here.
    pub(crate) seen: Timestamp,
    /// The modification that was looked after last.
    #[serde(default)]
    pub(crate) modified: Option<Timestamp>,
    /// The refunds that it had then.
    #[serde(default)]
    pub(crate) refunds: Vec<RefundId>,
    /// When it was looked after last.
    #[serde(default)]
    pub(crate) looked: Option<Timestamp>,
    /// What was decided when it was taken.
    #[serde(default)]
    pub(crate) taken: Option<Taken>,
    /// What a person says of an order that carries a marker, and that this ledger has not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) word: Option<Word>,
    /// When status and marker were written to the shop.
    #[serde(default)]
    pub(crate) retrieved: Option<Timestamp>,
    /// The customer order that is watched.
    #[serde(default)]
    pub(crate) watch: Option<Watch>,
    /// When the shop's order was completed by us.
    #[serde(default)]
    pub(crate) completed: Option<Timestamp>,
    /// What it waits for, or why a person is needed.
    #[serde(default)]
    pub(crate) waits: Vec<Waiting>,
    /// It is to be looked at again then, by itself.
    #[serde(default)]
    pub(crate) next: Option<Timestamp>,
    /// How often it was looked at in vain since it last got on.
    #[serde(default)]
    pub(crate) tries: u32,
    /// What happened, for `order show`.
    #[serde(default)]
    pub(crate) story: Vec<Told>,
}

impl Row {
    pub(crate) fn tell(&mut self, at: Timestamp, text: impl Into<String>) {
        let text = text.into();
        if self.story.last().is_some_and(|last| last.text == text) {
            return;
        }
        self.story.push(Told { at, text });
        if self.story.len() > STORY {
            self.story.remove(STORY / 2);
        }
    }
}

/// A person's word about an order that somebody else, or this installation before its store was restored, has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    /// Loomis Pay has it.
    Exists {
        /// Loomis Pay's order id, where there is one.
        order_id: Option<u64>,
        /// The number that people see there.
        number: String,
    },
    /// It has not.
    SendAgain,
}

/// What was decided when an order was taken. Later settings change nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) at: Timestamp,
    /// By which rule it qualified, for a person.
    pub(crate) by: String,
    /// What it was.
    pub(crate) was: Fingerprint,
    /// What happens in Loomis Pay, in this order. Returns and restocks come behind as they come up.
    pub(crate) effects: Vec<Effect>,
    /// What the sale books, or would.
    #[serde(default)]
    pub(crate) booked: Balance,
    /// Lines that are to be deducted and can't be yet: tried again with each look.
    #[serde(default)]
    pub(crate) undeducted: Vec<u64>,
    /// Refunds that give nothing back in Loomis Pay, and are done with.
    #[serde(default)]
    pub(crate) settled_refunds: Vec<RefundId>,
}

/// A customer order that is watched for its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) order_id: u64,
    /// The status that was seen last.
    #[serde(default)]
    pub(crate) status: u32,
    /// Loomis Pay had none of that id at the last look.
    #[serde(default)]
    pub(crate) gone: bool,
    /// When it is looked at next.
    pub(crate) next: Timestamp,
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// One thing that happens in Loomis Pay, at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EffectRow {
    pub(crate) effect: Effect,
    pub(crate) state: State,
}

/// How far an effect is. `API.md` §6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub(crate) enum State {
    /// It did not happen.
    Intended {
        /// What Loomis Pay last said against it.
        #[serde(default)]
        refused: Option<String>,
    },
    /// It is being sent, or whoever sent it died.
    Sending { attempt: String, deadline: Timestamp },
    /// Nobody knows whether it happened.
    Unconfirmed {
        since: Timestamp,
        reason: String,
        /// Looked up in vain so often, after the attempt's deadline.
        looks: u32,
        /// When it is looked up next; `None`: parked until a person settles it.
        next: Option<Timestamp>,
    },
    /// It happened.
    Done {
        at: Timestamp,
        /// Loomis Pay's order id, where there is one.
        order_id: Option<u64>,
        /// The number that people see there; may be empty.
        number: String,
        /// How that is known.
        by: String,
    },
}

impl State {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, State::Done { .. })
    }
}

/// A moment as a text that sorts by time.
pub(super) fn fixed(moment: Timestamp) -> String {
    let moment = moment.round(jiff::Unit::Microsecond).unwrap_or(moment);
    format!("{moment:.6}")
}

/// The orders of a department, with one shop, that are to be looked at by now.
pub(crate) async fn due(
    engine: &Engine,
    place: &Place,
    now: Timestamp,
    most: usize,
) -> Result<Vec<OrderId>, Error> {
    let (mut due, mut after) = (Vec::new(), None);
    loop {
        let range = Range { up_to: Some(fixed(now)), ..Range::default() }.after(after);
        let page = engine.ledger.page_by_index(&place.due_partition(), range, 100).await?;
        for item in &page.items {
            due.push(body::<Row>(item)?.id);
        }
        after = page.next;
        if after.is_none() || due.len() >= most {
            due.truncate(most);
            return Ok(due);
        }
    }
}

/// How many orders of a department were first seen since then.
pub(crate) async fn seen_since(engine: &Engine, place: &Place, since: Timestamp) -> Result<u64, Error> {
    let (mut count, mut after) = (0, None);
    loop {
        let range = Range { backwards: true, ..Range::prefix("o#") }.after(after);
        let page = engine.ledger.page(&place.partition(), range, 200).await?;
        let mut late = 0;
        for item in &page.items {
            late += u64::from(body::<Row>(item)?.seen >= since);
        }
        count += late;
        after = page.next;
        // A shop's ids rise: behind a page of which none is as young, none is.
        if after.is_none() || (late == 0 && !page.items.is_empty()) {
            return Ok(count);
        }
    }
}
