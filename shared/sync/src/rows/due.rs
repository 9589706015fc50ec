//! What is due for a department: products that changed in Loomis Pay and were not yet brought over.

use jiff::Timestamp;
use retail::office::ProductId;
use serde::{Deserialize, Serialize};

use super::{body, item, padded};
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
}

/// A product that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) product: ProductId,
    pub(crate) extent: Extent,
    key: Key,
    version: u64,
}

fn partition(department: &str) -> String {
    format!("U#{department}")
}

/// Marks products as due; what is due already becomes due anew, and no less than it was.
pub(crate) async fn mark(
    engine: &Engine,
    department: &str,
    ids: &[ProductId],
    extent: Extent,
) -> Result<(), Error> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(partition(department), padded(id.0))).collect();
    for keys in keys.chunks(50) {
        loop {
            let found = engine.ledger.get_many(keys).await?;
            let mut writes = Vec::new();
            for key in keys {
                let old = found.iter().find(|item| item.key == *key);
                let row: Option<Row> = old.map(body).transpose()?;
                let condition = old.map_or(Condition::Absent, |old| Condition::Version(old.version));
                let row = Row {
                    extent: row.as_ref().map_or(extent, |row| row.extent.max(extent)),
                    since: row.map_or(engine.now(), |row| row.since),
                };
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
        Ok(Due { product, extent: row.extent, key: item.key.clone(), version: item.version })
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
