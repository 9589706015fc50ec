//! What a person sees of orders. `PROGRAM.md`, *orders waiting*, *order show*.

use jiff::Timestamp;
use serde::Serialize;

use super::{effect::told, of_a_left_shop, places_of};
use crate::{
    Engine, Error,
    rows::orders::{self, EffectRow, Place, Row, State, Told},
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
        for (nth, place) in places_of(self, department).await?.into_iter().enumerate() {
            for (attention, _) in orders::attention(self, &place).await? {
                for waiting in &attention.waits {
                    let detail = match nth {
                        0 => waiting.detail.clone(),
                        _ => of_a_left_shop(&place, &attention.number, &waiting.detail),
                    };
                    all.push(WaitingOrder {
                        order_number: attention.number.clone(),
                        order_id: attention.id.0,
                        reason: waiting.reason.to_string(),
                        since: attention.since,
                        detail,
                    });
                }
            }
        }
        all.sort_by_key(|one| (one.since, one.order_id));
        Ok(all)
    }

    /// The whole story of an order, by its shown number or its id.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger fails.
    pub async fn order(&self, department: &str, number: &str) -> Result<OrderStory, Error> {
        self.department(department).await?;
        let named = self.orders_named(department, number).await?;
        let missing = || Error::Missing { what: "order", id: number.to_owned() };
        let (place, row, _) = named.into_iter().next().ok_or_else(missing)?;
        let effects = place.effects(self, row.id).await?;
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

    /// An order by its shown number or its id: the present shop's, else one of a shop that was left. `1042@https://…/` is the
    /// one of that shop.
    pub(super) async fn orders_named(
        &self,
        department: &str,
        name: &str,
    ) -> Result<Vec<(Place, Row, u64)>, Error> {
        let name = name.trim().trim_start_matches('#');
        let mut places = places_of(self, department).await?;
        let bare = |base: &str| base.trim_end_matches('/').to_owned();
        let of_shop = name
            .split_once('@')
            .filter(|(_, shop)| places.iter().any(|place| bare(place.base()) == bare(shop)));
        let name = match of_shop {
            Some((name, shop)) => {
                places.retain(|place| bare(place.base()) == bare(shop));
                name
            }
            None => name,
        };
        let mut named = Vec::new();
        for place in places {
            if let Some((row, version)) = place.named(self, name).await? {
                named.push((place, row, version));
            }
        }
        match named.is_empty() {
            true => Err(Error::Missing { what: "order", id: name.to_owned() }),
            false => Ok(named),
        }
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
