//! Rows that follow from an order: that it waits, and what it holds of the stock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use retail::{
    Decimal,
    order::{OrderId, waiting::Waiting},
    shop::ShopId,
};
use serde::{Deserialize, Serialize};

use super::Place;
use crate::{
    Engine, Error,
    figures::parked,
    ports::{Condition, Item, Key, Range, Write},
    rows::{body, item, padded},
};

/// An order that waits or needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attention {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) waits: Vec<Waiting>,
    pub(crate) since: Timestamp,
    /// Somebody was told.
    #[serde(default)]
    pub(crate) alarmed: Option<Timestamp>,
}

impl Attention {
    /// Whether nothing more happens until a person settles it.
    pub(crate) fn is_parked(&self) -> bool {
        self.waits.iter().any(|waiting| waiting.reason.is_parked())
    }

    /// Its row; those of parked orders are counted by an index.
    pub(super) fn item(&self, key: Key) -> Result<Item, Error> {
        let index = self.is_parked().then(|| parked(&key));
        Ok(Item { index, ..item(key, self)? })
    }
}

/// What an order holds of the stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holds {
    /// By product or variation; `None`: the order was found and not read yet.
    pub(crate) lines: Option<Vec<(ShopId, Decimal)>>,
}

/// The orders of a department that wait or need a person, by id.
pub(crate) async fn attention(engine: &Engine, place: &Place) -> Result<Vec<(Attention, u64)>, Error> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page =
            engine.ledger.page(&place.attention_partition(), Range::default().after(after), 200).await?;
        for item in &page.items {
            all.push((body(item)?, item.version));
        }
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The attention for one order.
pub(crate) async fn attention_for(
    engine: &Engine,
    place: &Place,
    id: OrderId,
) -> Result<Option<Attention>, Error> {
    let key = Key::new(place.attention_partition(), padded(id.0));
    engine.ledger.get(&key).await?.as_ref().map(body).transpose()
}

/// Notes that somebody was told, unless the order got on meanwhile.
pub(crate) fn put_attention(place: &Place, attention: &Attention, version: u64) -> Result<Write, Error> {
    let key = Key::new(place.attention_partition(), padded(attention.id.0));
    Ok(Write::Put { item: attention.item(key)?, condition: Condition::Version(version) })
}

/// What each order holds, by id.
pub(crate) async fn holds(engine: &Engine, place: &Place) -> Result<BTreeMap<OrderId, Holds>, Error> {
    let (mut all, mut after) = (BTreeMap::new(), None);
    loop {
        let page = engine.ledger.page(&place.holds_partition(), Range::default().after(after), 200).await?;
        for item in &page.items {
            let holds: Holds = body(item)?;
            let id = item.key.sort.parse().map(OrderId).map_err(|_| Error::Broken {
                what: format!("{} {}", item.key.partition, item.key.sort),
                reason: "its key is no order id".to_owned(),
            })?;
            all.insert(id, holds);
        }
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// What one order holds.
pub(crate) async fn holds_of(engine: &Engine, place: &Place, id: OrderId) -> Result<Option<Holds>, Error> {
    let key = Key::new(place.holds_partition(), padded(id.0));
    engine.ledger.get(&key).await?.as_ref().map(body).transpose()
}

/// Fills in what an order that was only found holds, unless somebody looked after it meanwhile.
pub(crate) async fn fill_holds(
    engine: &Engine,
    place: &Place,
    id: OrderId,
    holds: Option<&Holds>,
) -> Result<(), Error> {
    let key = Key::new(place.holds_partition(), padded(id.0));
    let Some(found) = engine.ledger.get(&key).await? else { return Ok(()) };
    if body::<Holds>(&found)?.lines.is_some() {
        return Ok(());
    }
    let condition = Condition::Version(found.version);
    let write = match holds {
        Some(holds) => Write::Put { item: item(key, holds)?, condition },
        None => Write::Remove { key, condition },
    };
    match engine.ledger.write(vec![write]).await {
        Err(crate::ports::LedgerError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}
