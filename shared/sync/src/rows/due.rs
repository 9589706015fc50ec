//! What is due for a department: products that changed in Loomis Pay and were not yet brought over.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use retail::office::ProductId;
use serde::{Deserialize, Serialize};

use super::{body, item, padded, turns};
use crate::{
    Engine, Error,
    ports::{Condition, Key, LedgerError, Range, Write},
};

/// How much of a product is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    /// The stock alone.
    Stock,
    /// Everything that the settings let through.
    Whole,
}

#[derive(Serialize, Deserialize)]
struct Row {
    extent: Extent,
    since: Timestamp,
    /// A person asked for it: it goes over whatever flows by itself.
    #[serde(default)]
    asked: bool,
    /// How often it was put off since it became due.
    #[serde(default)]
    tries: u32,
    /// It is not tried again before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
}

/// A product that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) product: ProductId,
    pub(crate) extent: Extent,
    /// Since when.
    pub(crate) since: Timestamp,
    /// A person asked for it.
    pub(crate) asked: bool,
    /// Put off until then.
    pub(crate) not_before: Option<Timestamp>,
    key: Key,
    version: u64,
}

/// The first wait of what is put off; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

impl Row {
    /// The same row, not to be tried again for a while.
    fn put_off(mut self, engine: &Engine) -> Row {
        let wait = FIRST_WAIT.saturating_mul(1 << self.tries.min(10)).min(LONGEST_WAIT);
        self.tries += 1;
        self.not_before = Some(engine.now() + engine.world.jitter(wait));
        self
    }
}

fn partition(department: &str) -> String {
    format!("U#{department}")
}

/// How products become due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) extent: Extent,
    /// A person asked for it.
    pub(crate) asked: bool,
    /// It was just tried, in vain: not at once again.
    pub(crate) later: bool,
}

impl How {
    /// Because it changed.
    pub(crate) fn changed(extent: Extent) -> How {
        How { extent, asked: false, later: false }
    }
}

/// Marks products as due; what is due already becomes due anew, and no less than it was.
pub(crate) async fn mark(
    engine: &Engine,
    department: &str,
    ids: &[ProductId],
    how: How,
) -> Result<(), Error> {
    // Once each: a product may be refused in the shop of now and in the one before.
    let ids: BTreeSet<ProductId> = ids.iter().copied().collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(partition(department), padded(id.0))).collect();
    for keys in keys.chunks(50) {
        loop {
            let found = engine.ledger.get_many(keys).await?;
            let mut writes = vec![turns::due(engine, department)?];
            for key in keys {
                let old = found.iter().find(|item| item.key == *key);
                let condition = old.map_or(Condition::Absent, |old| Condition::Version(old.version));
                let row = marked(engine, old.map(body).transpose()?, how);
                writes.push(Write::Put { item: item(key.clone(), &row)?, condition });
            }
            match engine.ledger.write(writes).await {
                Err(LedgerError::Conflict) => continue,
                other => break other?,
            }
        }
    }
    Ok(())
}

fn marked(engine: &Engine, old: Option<Row>, how: How) -> Row {
    let extent = old.as_ref().map_or(how.extent, |old| old.extent.max(how.extent));
    let asked = how.asked || old.as_ref().is_some_and(|old| old.asked);
    let tries = old.as_ref().filter(|_| how.later).map_or(0, |old| old.tries);
    let since = old.map_or(engine.now(), |old| old.since);
    let row = Row { extent, since, asked, tries, not_before: None };
    if how.later { row.put_off(engine) } else { row }
}

/// Puts these off, except those that became due anew meanwhile.
pub(crate) async fn put_off(engine: &Engine, due: &[Due]) -> Result<(), Error> {
    for one in due {
        let Some(found) = engine.ledger.get(&one.key).await?.filter(|found| found.version == one.version)
        else {
            continue;
        };
        let row = body::<Row>(&found)?.put_off(engine);
        let put =
            Write::Put { item: item(one.key.clone(), &row)?, condition: Condition::Version(one.version) };
        match engine.ledger.write(vec![put]).await {
            Err(LedgerError::Conflict) => {}
            other => other?,
        }
    }
    Ok(())
}

/// A page of what is due, and where to go on.
pub(crate) async fn page(
    engine: &Engine,
    department: &str,
    after: Option<String>,
    limit: usize,
) -> Result<(Vec<Due>, Option<String>), Error> {
    let page = engine.ledger.page(&partition(department), Range::default().after(after), limit).await?;
    let due = page.items.iter().map(|item| {
        let row: Row = body(item)?;
        let product = item.key.sort.parse().map(ProductId).map_err(|_| Error::Broken {
            what: format!("{} {}", item.key.partition, item.key.sort),
            reason: "its key is no product id".to_owned(),
        })?;
        Ok(Due {
            product,
            extent: row.extent,
            since: row.since,
            asked: row.asked,
            not_before: row.not_before,
            key: item.key.clone(),
            version: item.version,
        })
    });
    Ok((due.collect::<Result<_, Error>>()?, page.next))
}

/// Strikes these off, except those that became due anew meanwhile.
pub(crate) async fn strike(engine: &Engine, due: &[Due]) -> Result<(), Error> {
    let remove =
        |due: &Due| Write::Remove { key: due.key.clone(), condition: Condition::Version(due.version) };
    for chunk in due.chunks(50) {
        match engine.ledger.write(chunk.iter().map(remove).collect()).await {
            Err(LedgerError::Conflict) => {}
            other => {
                other?;
                continue;
            }
        }
        for one in chunk {
            match engine.ledger.write(vec![remove(one)]).await {
                Err(LedgerError::Conflict) => {}
                other => other?,
            }
        }
    }
    Ok(())
}

/// When the next of what is due is to be tried; `None` when nothing is.
pub(crate) async fn next(engine: &Engine, department: &str) -> Result<Option<Timestamp>, Error> {
    let (mut first, mut after) = (None::<Timestamp>, None);
    loop {
        let (page, next) = page(engine, department, after, 100).await?;
        for due in page {
            let moment = due.not_before.unwrap_or(engine.now());
            first = Some(first.map_or(moment, |first| first.min(moment)));
        }
        after = next;
        if after.is_none() {
            return Ok(first);
        }
    }
}

/// How many are due, counted up to `most`.
pub(crate) async fn count(engine: &Engine, department: &str, most: usize) -> Result<usize, Error> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = engine.ledger.page(&partition(department), Range::default().after(after), 100).await?;
        count += page.items.len();
        after = page.next;
        if after.is_none() || count >= most {
            return Ok(count);
        }
    }
}
