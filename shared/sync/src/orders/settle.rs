//! What only a person can settle. `PROGRAM.md`, *order settle*.

use std::collections::BTreeMap;

use retail::{
    Decimal,
    order::{
        OrderId, WebOrder,
        differs::Fingerprint,
        effects::{Effect, StockMove},
        waiting::Reason,
    },
    settings::{Effects, Fault},
};

use super::{
    close::is_added_back,
    effect::told,
    find::{self, taking},
    there::{self, There},
};
use crate::{
    Engine, Error,
    pair::{Knowledge, Pair},
    ports::{Condition, Write},
    rows::{
        lease::Lease,
        orders::{self, Attention, EffectRow, Place, Row, State, Word},
    },
};

/// Lines of an order that are settled in one transaction of the ledger: two rows each, with room for the order and the lease.
const LINES: usize = 40;

/// What a person says of an effect that nobody knows about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It is there, with this id or number.
    Exists(String),
    /// It is not: send it again.
    SendAgain,
}

/// An order of which something is to be settled.
struct Settled {
    place: Place,
    row: Row,
    version: u64,
    what: What,
}

/// What is to be settled of an order.
enum What {
    /// Nobody knows whether it happened.
    Doubtful(EffectRow, u64),
    /// It was not sent, since the order was edited before.
    Left(EffectRow, u64),
    /// It carries a marker, and this ledger has not taken it.
    Marked,
    /// It came back after these were added back: with the deduction of each.
    AddedBack(Vec<AddedBack>),
}

struct AddedBack {
    restock: (EffectRow, u64),
    deduction: Option<(EffectRow, u64)>,
}

impl Engine {
    /// Settles what only a person can about an order: the first effect that is parked as unconfirmed; or, of an order that was
    /// edited while part of it was sent, the first that is not: to send it again is to send it as the order is now; or what became
    /// of one that carries a marker; or, of one that came back after its goods were added back, their deduction. Tells which.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is no such order, or nothing of it is to be settled; [`Error::Fault`] where two shops of
    /// the department have one; [`Error::Taken`] while a worker is at it.
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
        let Settled { place, mut row, version, what } = self.to_settle(pair, number).await?;
        let left_shop = place.base() != pair.base;
        let order = match left_shop || row.waits.iter().all(|waiting| waiting.reason != Reason::Edited) {
            true => None,
            false => pair.shop.order(row.id).await?,
        };
        // What is sent from now on is the order as it is now; what is there already stays another, for a person to see.
        let as_it_is = match &what {
            What::Doubtful(effect, _) => {
                let whole = matches!(effect.effect, Effect::CustomerOrder { .. } | Effect::Sale { .. });
                whole && *settlement == Settlement::SendAgain
            }
            What::Left(..) | What::AddedBack(_) => true,
            What::Marked => false,
        };
        if let (Some(taken), Some(order), true) = (&mut row.taken, &order, as_it_is) {
            taken.was = Fingerprint::of(order);
        }
        let (text, mut writes) = match what {
            What::Doubtful(effect, version) | What::Left(effect, version) => {
                let fresh = matches!(effect.state, State::Intended { .. });
                let order = order.as_ref().filter(|_| fresh);
                let (put, text) = self.one(pair, row.id, effect, settlement, order, left_shop).await?;
                if let Some(taken) = &mut row.taken {
                    let key = put.effect.key();
                    let noted = taken.effects.iter_mut().filter(|effect| effect.key() == key);
                    noted.for_each(|effect| effect.clone_from(&put.effect));
                }
                row.waits.retain(|one| !left_shop || !is_of(one.reason, &one.detail, &put.effect));
                (text, vec![place.put_effect(row.id, &put, Condition::Version(version))?])
            }
            What::Marked => {
                let (word, text) = word(pair, row.id, settlement).await?;
                row.word = Some(word);
                (text, Vec::new())
            }
            What::AddedBack(lines) => {
                if let Some(taken) = &mut row.taken {
                    taken.effects.retain(|effect| !is_added_back(effect));
                }
                (told_again(settlement), again(&place, row.id, lines, settlement)?)
            }
        };
        let now = self.now();
        row.tell(now, text.clone());
        row.next = Some(now);
        let old = orders::attention_for(self, &place, row.id).await?;
        let waits = row.waits.clone();
        let attention = old.filter(|_| !waits.is_empty()).map(|old| Attention { waits, ..old });
        let holds = orders::holds_of(self, &place, row.id).await?;
        let mut first = place.put(&row, Condition::Version(version), attention.as_ref(), holds.as_ref())?;
        first.extend(writes.drain(..writes.len().min(2 * LINES)));
        lease.write(self, first).await?;
        for some in writes.chunks(2 * LINES) {
            lease.write(self, some.to_vec()).await?;
        }
        Ok((row.id, text))
    }

    /// The one order of this name of which something is to be settled.
    async fn to_settle(&self, pair: &Pair, number: &str) -> Result<Settled, Error> {
        let department = &pair.department.settings.id;
        let mut found = Vec::new();
        for (place, row, version) in self.orders_named(department, number).await? {
            let effects = place.effects(self, row.id).await?;
            let present = place.base() == pair.base;
            if let Some(what) = what(pair, &row, &effects, present) {
                found.push(Settled { place, row, version, what });
            }
        }
        if found.len() > 1 {
            let names: Vec<String> =
                found.iter().map(|one| format!("{}@{}", one.row.number, one.place.base())).collect();
            let reason = format!("is one of several shops: say {}", names.join(" or "));
            return Err(Fault { field: "order".to_owned(), reason }.into());
        }
        found.pop().ok_or_else(|| Error::Missing { what: "effect to settle of order", id: number.to_owned() })
    }

    /// One effect, settled, and what is told of it.
    async fn one(
        &self,
        pair: &Pair,
        id: OrderId,
        row: EffectRow,
        settlement: &Settlement,
        order: Option<&WebOrder>,
        left_shop: bool,
    ) -> Result<(EffectRow, String), Error> {
        let EffectRow { effect, .. } = row;
        match settlement {
            Settlement::Exists(found) => {
                let customer_order = matches!(effect, Effect::CustomerOrder { .. });
                let (There { order_id, number }, text) = found_there(pair, id, customer_order, found).await?;
                let text = format!("{}: {text}", told(&effect));
                let by = "settled by a person".to_owned();
                let state = State::Done { at: self.now(), order_id, number, by };
                Ok((EffectRow { effect, state }, text))
            }
            Settlement::SendAgain => {
                let effect = match order {
                    Some(order) => as_it_is_now(effect, order)?,
                    None => effect,
                };
                let text = match left_shop {
                    false => format!("{}: a person says to send it again", told(&effect)),
                    true => format!(
                        "{}: a person says that it did not happen; it is sent if the shop is connected again",
                        told(&effect)
                    ),
                };
                Ok((EffectRow { effect, state: State::Intended { refused: None } }, text))
            }
        }
    }
}

/// What a person says became of an order that carries a marker.
async fn word(pair: &Pair, id: OrderId, settlement: &Settlement) -> Result<(Word, String), Error> {
    let Settlement::Exists(found) = settlement else {
        return Ok((Word::SendAgain, "a person says to send it".to_owned()));
    };
    let orders = pair.department.settings.orders.as_ref();
    let becomes_order = orders.is_some_and(|orders| matches!(orders.effects, Effects::CustomerOrder { .. }));
    let (There { order_id, number }, text) = found_there(pair, id, becomes_order, found).await?;
    Ok((Word::Exists { order_id, number }, text))
}

/// What a person says is there, and what is told of it. A customer order is asked for, so that it can be watched.
async fn found_there(
    pair: &Pair,
    id: OrderId,
    customer_order: bool,
    found: &str,
) -> Result<(There, String), Error> {
    let there = match customer_order {
        true => there::by_name(pair, id, found).await?,
        // Whether it is the id or the number, which may be another sale's id, nothing tells: a return names none then.
        false => There { order_id: None, number: found.trim().to_owned() },
    };
    let unwatched = match there.order_id {
        None if customer_order => {
            "; no customer order of this web order was found by that, so that its completion is not watched"
        }
        _ => "",
    };
    let text = format!("a person says that it is there: {found}{unwatched}");
    Ok((there, text))
}

/// What is to be settled of an order. Of a shop that was left only what nobody knows about is: nothing more is sent of it.
fn what(pair: &Pair, row: &Row, effects: &BTreeMap<String, (EffectRow, u64)>, present: bool) -> Option<What> {
    let in_order = row.taken.iter().flat_map(|taken| &taken.effects);
    let in_order: Vec<&(EffectRow, u64)> = in_order.filter_map(|effect| effects.get(&effect.key())).collect();
    let first = |is: fn(&State) -> bool| in_order.iter().find(|(one, _)| is(&one.state)).copied().cloned();
    if let Some((effect, version)) = first(|state| matches!(state, State::Unconfirmed { .. })) {
        return Some(What::Doubtful(effect, version));
    }
    let marked = row.waits.iter().any(|waiting| waiting.reason == Reason::AnotherInstallation);
    if present && marked && row.taken.is_none() {
        return Some(What::Marked);
    }
    if !present || row.waits.iter().all(|waiting| waiting.reason != Reason::Edited) {
        return None;
    }
    if let Some((effect, version)) = first(|state| matches!(state, State::Intended { .. })) {
        return Some(What::Left(effect, version));
    }
    let stands = taking(&pair.department).is_some_and(|settings| find::holds(settings, &row.status));
    let back = in_order.into_iter().filter(|(one, _)| one.state.is_done() && is_added_back(&one.effect));
    let lines = back.map(|restock| {
        let Effect::Restock { back, .. } = &restock.0.effect else { return None };
        let deduction = effects.get(&Effect::Deduction(back.clone()).key()).cloned();
        Some(AddedBack { restock: restock.clone(), deduction })
    });
    let lines: Vec<AddedBack> = lines.flatten().collect();
    (stands && !lines.is_empty()).then_some(What::AddedBack(lines))
}

/// Goods that were added back count as deducted again, or are to be.
fn again(
    place: &Place,
    id: OrderId,
    lines: Vec<AddedBack>,
    settlement: &Settlement,
) -> Result<Vec<Write>, Error> {
    let mut writes = Vec::new();
    for AddedBack { restock: (restock, version), deduction } in lines {
        writes.push(place.remove_effect(id, &restock.effect, version));
        if let (Some((deduction, version)), Settlement::SendAgain) = (deduction, settlement) {
            let row = EffectRow { state: State::Intended { refused: None }, ..deduction };
            writes.push(place.put_effect(id, &row, Condition::Version(version))?);
        }
    }
    Ok(writes)
}

fn told_again(settlement: &Settlement) -> String {
    match settlement {
        Settlement::Exists(found) => {
            format!("its goods were added back: a person says that they were deducted again: {found}")
        }
        Settlement::SendAgain => "its goods were added back: a person says to deduct them again".to_owned(),
    }
}

/// What is sent of an order that was edited is what it is now. A line that it no longer has can't be deducted.
fn as_it_is_now(effect: Effect, order: &WebOrder) -> Result<Effect, Error> {
    let Effect::Deduction(stock) = effect else { return Ok(effect) };
    let line = order.lines.iter().find(|line| line.id == stock.line);
    let quantity = line.map(|line| line.quantity).filter(|quantity| *quantity > Decimal::ZERO);
    let Some(quantity) = quantity else {
        let reason = format!(
            "no longer has the line of {}: there is nothing to send; deduct by hand what has to be, and say --exists with any word",
            stock.number
        );
        return Err(Fault { field: "order".to_owned(), reason }.into());
    };
    Ok(Effect::Deduction(StockMove { quantity, ..stock }))
}

/// Whether what is waited for is that this effect is confirmed.
fn is_of(reason: Reason, detail: &str, effect: &Effect) -> bool {
    reason == Reason::Unconfirmed && detail.starts_with(&told(effect))
}
