//! A department's stock as read: the list whole, each round, and which of it counts. `SETTINGS.md`, *Stock*: the zero rule.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use retail::{
    Decimal,
    office::{ProductId, StockLine},
    stock::{Stock, quantity},
};
use serde::{Deserialize, Serialize};

use super::{body, item, lease::Lease, padded};
use crate::{
    Engine, Error,
    ports::{Condition, Item, Key, Range, Write},
};

/// So many rows at most are read for each that is asked for.
const BETWEEN: usize = 4;

/// The state of a department's stock reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockState {
    /// The number of the reading that is under way, or was the last.
    pub(crate) reading: u64,
    /// When it began; `None` while there was none.
    pub(crate) began: Option<Timestamp>,
    /// Where the next page starts; `None`: the reading is complete.
    pub(crate) next: Option<u64>,
    /// Counted so far in the reading under way.
    pub(crate) rows: u64,
    /// Products with stock, as it counted before this reading.
    pub(crate) stocked: u64,
    /// Of those, products that this reading is the first to find without.
    pub(crate) fallen: u64,
    /// The last reading that counts.
    pub(crate) accepted: u64,
    /// Readings up to this one were handed over to whoever writes to the shop.
    pub(crate) handed: u64,
    /// Rows changed since.
    pub(crate) changed: bool,
    /// When the last complete reading began, whether it counts or not.
    pub(crate) complete: Option<Timestamp>,
    /// Why the last complete reading does not count yet.
    pub(crate) held: Option<String>,
    /// Rows that could not be read, the first of them.
    #[serde(default)]
    pub(crate) unreadable: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    available: Option<Decimal>,
    /// The reading that found it so first.
    reading: u64,
    /// As it counted before.
    before: Option<Decimal>,
}

impl Row {
    /// What counts, when readings up to `accepted` do.
    fn counts(&self, accepted: u64) -> Option<Decimal> {
        if self.reading <= accepted { self.available } else { self.before }
    }
}

fn state_key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "stock")
}

fn partition(department: &str) -> String {
    format!("S#{department}")
}

fn row_key(department: &str, id: ProductId) -> Key {
    Key::new(partition(department), padded(id.0))
}

pub(crate) async fn state(engine: &Engine, department: &str) -> Result<StockState, Error> {
    Ok(engine.ledger.get(&state_key(department)).await?.as_ref().map(body).transpose()?.unwrap_or_default())
}

pub(crate) fn put_state(department: &str, state: &StockState) -> Result<Write, Error> {
    Ok(Write::Put { item: item(state_key(department), state)?, condition: Condition::Always })
}

/// Takes a page of the list in, and the reading's new state with its last chunk. Counts into `state` what stood and fell.
pub(crate) async fn merge(
    engine: &Engine,
    lease: &mut Lease,
    department: &str,
    lines: &[StockLine],
    state: &mut StockState,
) -> Result<(), Error> {
    let old = rows_of(engine, department, lines).await?;
    let mut puts = BTreeMap::new();
    for line in lines {
        let key = row_key(department, line.id);
        let row: Option<Row> = old.get(&key).map(body).transpose()?;
        let counted = row.as_ref().and_then(|row| row.counts(state.accepted));
        state.rows += 1;
        let stands = is_stocked(counted);
        state.stocked += u64::from(stands);
        let same = row.as_ref().filter(|row| row.available == line.available);
        // Rows stand before the state that counts them: whoever died in between left rows that this reading found so,
        // or that nobody handed over.
        state.changed |= same.is_none_or(|row| row.reading > state.handed);
        let found_so = same.is_none_or(|row| row.reading == state.reading);
        if found_so && stands && line.available.is_some() && !is_stocked(line.available) {
            state.fallen += 1;
        }
        if same.is_none() {
            let row = Row { available: line.available, reading: state.reading, before: counted };
            puts.insert(key.clone(), Write::Put { item: item(key, &row)?, condition: Condition::Always });
        }
    }
    let puts: Vec<Write> = puts.into_values().collect();
    for chunk in puts.chunks(90) {
        lease.keep(engine).await?;
        lease.write(engine, chunk.to_vec()).await?;
    }
    Ok(())
}

/// The rows of these products. Neighbours are read as one range, for which a store that counts what is read asks a fraction of
/// what single rows come to; where much else stands between them, they are read one by one.
async fn rows_of(
    engine: &Engine,
    department: &str,
    lines: &[StockLine],
) -> Result<HashMap<Key, Item>, Error> {
    let ids = || lines.iter().map(|line| line.id);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(HashMap::new()) };
    let range =
        Range { after: first.0.checked_sub(1).map(padded), up_to: Some(padded(last.0)), ..Range::default() };
    let page = engine.ledger.page(&partition(department), range, BETWEEN * lines.len()).await?;
    let items = match page.next {
        None => page.items,
        Some(_) => {
            let keys: Vec<Key> = ids().map(|id| row_key(department, id)).collect();
            engine.ledger.get_many(&keys).await?
        }
    };
    Ok(items.into_iter().map(|item| (item.key.clone(), item)).collect())
}

fn is_stocked(available: Option<Decimal>) -> bool {
    available.and_then(quantity).is_some_and(|(quantity, _)| quantity > 0)
}

/// The stock of these products, as it counts.
pub(crate) async fn of(
    engine: &Engine,
    department: &str,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Stock>, Error> {
    let state = state(engine, department).await?;
    let keys: HashMap<Key, ProductId> = ids.iter().map(|id| (row_key(department, *id), *id)).collect();
    let asked: Vec<Key> = keys.keys().cloned().collect();
    let mut stock = BTreeMap::new();
    for item in engine.ledger.get_many(&asked).await? {
        let row: Row = body(&item)?;
        let waits = row.reading > state.accepted;
        let stands = match row.counts(state.accepted) {
            _ if waits => Stock::Held,
            Some(available) => Stock::Available(available),
            None => Stock::Unknown,
        };
        if let Some(id) = keys.get(&item.key) {
            stock.insert(*id, stands);
        }
    }
    Ok(stock)
}

/// A page of the products whose stock a reading above `since` changed, and where to go on.
pub(crate) async fn changed(
    engine: &Engine,
    department: &str,
    since: u64,
    after: Option<String>,
) -> Result<(Vec<ProductId>, Option<String>), Error> {
    let page = engine.ledger.page(&partition(department), Range::default().after(after), 500).await?;
    let mut ids = Vec::new();
    for item in &page.items {
        let row: Row = body(item)?;
        if row.reading > since {
            ids.extend(item.key.sort.parse().map(ProductId));
        }
    }
    Ok((ids, page.next))
}
