//! Whose turn it is: which departments a tick concerns stands in the index, so that a tick reads those and no others.
//!
//! The turns of a department follow from its record and are written with it; a record written by hand gets them from the
//! census (`tick/census.rs`). A department that waits for a person has its turns taken out of the index.

use jiff::Timestamp;
use retail::settings::DepartmentSettings;
use serde::{Deserialize, Serialize};

use super::{body, item, orders::fixed};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Item, Key, LedgerError, Range, Write},
};

/// What a department's turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Finding orders.
    Orders,
    /// Orders that are known.
    Completions,
    /// Reading stock.
    Stock,
    /// Reading what changed.
    Products,
    /// The nightly run.
    Sweep,
    /// The nightly look through all orders.
    OrdersSweep,
    /// Products are due, from a moment on. The only one that doesn't follow from the record.
    Due,
}

impl Kind {
    /// Those that follow from a department's record.
    const OF_RECORD: [Kind; 6] =
        [Kind::Orders, Kind::Completions, Kind::Stock, Kind::Products, Kind::Sweep, Kind::OrdersSweep];

    fn as_str(self) -> &'static str {
        match self {
            Kind::Orders => "orders",
            Kind::Completions => "completions",
            Kind::Stock => "stock",
            Kind::Products => "products",
            Kind::Sweep => "sweep",
            Kind::OrdersSweep => "orders-sweep",
            Kind::Due => "due",
        }
    }

    /// Whether it concerns a department of these settings.
    pub(crate) fn concerns(self, settings: &DepartmentSettings) -> bool {
        let products = &settings.products;
        settings.enabled
            && match self {
                Kind::Orders | Kind::Completions | Kind::OrdersSweep => settings.orders.is_some(),
                Kind::Stock => products.stock_flows(),
                Kind::Products | Kind::Sweep => products.automatic_transfer,
                Kind::Due => false,
            }
    }

    fn key(self, department: &str) -> Key {
        Key::new(format!("D#{department}"), format!("{PREFIX}{}", self.as_str()))
    }

    fn index(self, sort: impl Into<String>) -> IndexKey {
        IndexKey { partition: format!("{PREFIX}{}", self.as_str()), sort: sort.into() }
    }
}

const PREFIX: &str = "turn#";

/// The index partition of the departments that are known.
const KNOWN: &str = "departments";

/// A department's turn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) department: String,
    pub(crate) client: String,
}

impl Turn {
    fn of(settings: &DepartmentSettings) -> Turn {
        Turn { department: settings.id.clone(), client: settings.client_number.clone() }
    }
}

/// What a department is a member of, whatever is switched on in it.
fn known_key(turn: &Turn) -> Key {
    Key::new(format!("C#{}", turn.client), format!("department#{}", turn.department))
}

/// The turns that follow from a record, as writes that belong into the transaction of the record. `old` is what the
/// department was before.
pub(crate) fn follow(settings: &DepartmentSettings, old: Option<&Turn>) -> Result<Vec<Write>, Error> {
    let turn = Turn::of(settings);
    let mut known = item(known_key(&turn), &turn)?;
    known.index = Some(IndexKey { partition: KNOWN.to_owned(), sort: turn.department.clone() });
    let mut writes = vec![Write::Put { item: known, condition: Condition::Always }];
    if let Some(old) = old.filter(|old| known_key(old) != known_key(&turn)) {
        writes.push(Write::Remove { key: known_key(old), condition: Condition::Always });
    }
    for kind in Kind::OF_RECORD {
        let key = kind.key(&turn.department);
        writes.push(if kind.concerns(settings) {
            let mut put = item(key, &turn)?;
            put.index = Some(kind.index(turn.department.clone()));
            Write::Put { item: put, condition: Condition::Always }
        } else {
            Write::Remove { key, condition: Condition::Always }
        });
    }
    Ok(writes)
}

/// Takes all of a department's turns away: it is no more.
pub(crate) fn forget(turn: &Turn) -> Vec<Write> {
    let remove = |key| Write::Remove { key, condition: Condition::Always };
    let turns = Kind::OF_RECORD.into_iter().chain([Kind::Due]).map(|kind| kind.key(&turn.department));
    turns.chain([known_key(turn)]).map(remove).collect()
}

/// The turns of a department that follow from its record, out of the index or back in it, as writes that may conflict.
pub(crate) async fn rest(engine: &Engine, department: &str, resting: bool) -> Result<Vec<Write>, Error> {
    let keys: Vec<Key> = Kind::OF_RECORD.iter().map(|kind| kind.key(department)).collect();
    let found = engine.ledger.get_many(&keys).await?;
    let mut writes = Vec::new();
    for kind in Kind::OF_RECORD {
        let key = kind.key(department);
        let Some(one) = found.iter().find(|one| one.key == key) else { continue };
        let index = (!resting).then(|| kind.index(department));
        if one.index != index {
            let condition = Condition::Version(one.version);
            writes.push(Write::Put { item: Item { index, ..one.clone() }, condition });
        }
    }
    Ok(writes)
}

/// A page of those whose turn it is, and where to go on.
pub(crate) async fn page(
    engine: &Engine,
    kind: Kind,
    after: Option<String>,
    limit: usize,
) -> Result<(Vec<Turn>, Option<String>), Error> {
    let up_to = (kind == Kind::Due).then(|| fixed(engine.now()));
    let range = Range { up_to, ..Range::default() }.after(after);
    let page = engine.ledger.page_by_index(&kind.index("").partition, range, limit).await?;
    Ok((page.items.iter().map(body).collect::<Result<_, _>>()?, page.next))
}

/// Every department that is known.
pub(crate) async fn known(engine: &Engine) -> Result<Vec<Turn>, Error> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = engine.ledger.page_by_index(KNOWN, Range::default().after(after), 500).await?;
        for item in &page.items {
            all.push(body(item)?);
        }
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The ids of the departments of a client, as their records said when they were last looked at.
pub(crate) async fn members(engine: &Engine, client: &str) -> Result<Vec<String>, Error> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let range = Range::prefix("department#").after(after);
        let page = engine.ledger.page(&format!("C#{client}"), range, 200).await?;
        for item in &page.items {
            all.push(body::<Turn>(item)?.department);
        }
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Whether the turns stand as they follow from the record, in the index or, while it waits for a person, out of it.
pub(crate) async fn stand(engine: &Engine, settings: &DepartmentSettings) -> Result<bool, Error> {
    let turn = Turn::of(settings);
    let mut keys: Vec<Key> = Kind::OF_RECORD.iter().map(|kind| kind.key(&turn.department)).collect();
    keys.push(known_key(&turn));
    let found = engine.ledger.get_many(&keys).await?;
    let stands = |key: &Key| found.iter().find(|one| one.key == *key);
    let same = |one: &Item| body::<Turn>(one).is_ok_and(|stored| stored == turn);
    Ok(stands(&known_key(&turn)).is_some_and(same)
        && Kind::OF_RECORD.iter().all(|kind| match stands(&kind.key(&turn.department)) {
            Some(one) => kind.concerns(settings) && same(one),
            None => !kind.concerns(settings),
        }))
}

/// The write that notes that something may be due for a department: it belongs into the transaction that makes it so.
pub(crate) fn due(engine: &Engine, department: &str) -> Result<Write, Error> {
    let turn = Turn { department: department.to_owned(), client: String::new() };
    let mut put = item(Kind::Due.key(department), &turn)?;
    put.index = Some(Kind::Due.index(fixed(engine.now())));
    Ok(Write::Put { item: put, condition: Condition::Always })
}

/// The turn of what is due, as it stands now.
pub(crate) async fn due_now(engine: &Engine, department: &str) -> Result<Option<Item>, Error> {
    Ok(engine.ledger.get(&Kind::Due.key(department)).await?)
}

/// Nothing is due any more before `next`; unless something became due since the turn was read.
pub(crate) async fn due_next(
    engine: &Engine,
    read: Option<Item>,
    next: Option<Timestamp>,
) -> Result<(), Error> {
    let Some(read) = read else { return Ok(()) };
    let condition = Condition::Version(read.version);
    let write = match next {
        None => Write::Remove { key: read.key, condition },
        Some(next) => {
            let index = Some(Kind::Due.index(fixed(next)));
            Write::Put { item: Item { index, ..read }, condition }
        }
    };
    match engine.ledger.write(vec![write]).await {
        Err(LedgerError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}
