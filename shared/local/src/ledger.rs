//! The ledger in SQLite.

mod range;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{
    Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params, types::Value as Sql,
};
use sync::ports::{
    Condition, IndexKey, Item, Key, Ledger, LedgerError, Page, Range, Write,
    limits::{fits_each, fits_key, fits_partition, fits_transaction},
};

use crate::{Store, queue::RETENTION};
use range::{Bounds, Place};

/// A page ends when it has so many bytes of bodies, as DynamoDB's does.
const PAGE_BYTES: usize = 1024 * 1024;

const COLUMNS: &str = "partition, sort, version, schema, body, index_partition, index_sort, expires";

#[async_trait]
impl Ledger for Store {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        Ok(self.get_many(std::slice::from_ref(key)).await?.pop())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        keys.iter().try_for_each(fits_key)?;
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        self.run(move |connection| {
            let mut select = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM items WHERE partition = ? AND sort = ?"))
                .map_err(broken)?;
            let mut items = Vec::with_capacity(keys.len());
            for key in &keys {
                let stored = select
                    .query_row(params![key.partition, key.sort], |row| Ok(stored(row)))
                    .optional()
                    .map_err(broken)?;
                items.extend(stored.transpose()?);
            }
            Ok(items)
        })
        .await
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        fits_partition(partition)?;
        let mut bounds = Bounds::new("partition = ?", partition);
        bounds.narrow("sort", &range);
        if let Some(after) = range.after {
            bounds.behind("sort", vec![Sql::Text(after)]);
        }
        let order = if range.backwards { "sort DESC" } else { "sort" };
        self.run(move |connection| {
            let (items, more) = select(connection, &bounds, order, limit)?;
            let next = if more { items.last().map(|item| item.key.sort.clone()) } else { None };
            Ok(Page { items, next })
        })
        .await
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        fits_partition(partition)?;
        let mut bounds = Bounds::new("index_partition = ?", partition);
        bounds.narrow("index_sort", &range);
        if let Some(after) = &range.after {
            let Place(index, partition, sort) = Place::read(after)?;
            let place = vec![Sql::Text(index), Sql::Text(partition), Sql::Text(sort)];
            bounds.behind("(index_sort, partition, sort)", place);
        }
        let order = if range.backwards {
            "index_sort DESC, partition DESC, sort DESC"
        } else {
            "index_sort, partition, sort"
        };
        self.run(move |connection| {
            let (items, more) = select(connection, &bounds, order, limit)?;
            let next = if more { items.last().and_then(Place::of) } else { None };
            Ok(Page { items, next })
        })
        .await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        fits_transaction(&writes)?;
        if writes.is_empty() {
            return Ok(());
        }
        self.run(move |connection| {
            let transaction = begin(connection)?;
            for write in &writes {
                apply(&transaction, write)?;
            }
            transaction.commit().map_err(broken)
        })
        .await
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        fits_each(&put, &remove)?;
        if put.is_empty() && remove.is_empty() {
            return Ok(());
        }
        self.run(move |connection| {
            let transaction = begin(connection)?;
            for item in &put {
                // As DynamoDB's batches: nobody counts.
                store(&transaction, item, 1)?;
            }
            for key in &remove {
                delete(&transaction, key)?;
            }
            transaction.commit().map_err(broken)
        })
        .await
    }

    /// Also forgets messages that nobody took within [`RETENTION`]; they aren't counted.
    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.run(move |connection| {
            let transaction = begin(connection)?;
            let gone = transaction
                .execute("DELETE FROM items WHERE expires <= ?", [now.as_second()])
                .map_err(broken)?;
            let retained = now.as_millisecond() - i64::try_from(RETENTION.as_millis()).unwrap_or(i64::MAX);
            transaction.execute("DELETE FROM messages WHERE sent <= ?", [retained]).map_err(broken)?;
            transaction.execute("DELETE FROM dead WHERE died <= ?", [retained]).map_err(broken)?;
            transaction.commit().map_err(broken)?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }
}

/// Begins as a writer at once: a transaction that read first might find at its write that another was quicker.
fn begin(connection: &mut Connection) -> Result<Transaction<'_>, LedgerError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)
}

/// One write of a transaction.
fn apply(transaction: &Transaction<'_>, write: &Write) -> Result<(), LedgerError> {
    match write {
        Write::Put { item, condition } => {
            let before = holds(transaction, &item.key, *condition)?;
            store(transaction, item, before.unwrap_or(0) + 1)
        }
        Write::Remove { key, condition } => {
            holds(transaction, key, *condition)?;
            delete(transaction, key)
        }
        Write::Check { key, condition } => holds(transaction, key, *condition).map(drop),
    }
}

/// The stored version, if the condition holds.
fn holds(transaction: &Transaction<'_>, key: &Key, condition: Condition) -> Result<Option<i64>, LedgerError> {
    let version: Option<i64> = transaction
        .prepare_cached("SELECT version FROM items WHERE partition = ? AND sort = ?")
        .and_then(|mut select| {
            select.query_row(params![key.partition, key.sort], |row| row.get(0)).optional()
        })
        .map_err(broken)?;
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => version.is_none(),
        Condition::Version(wanted) => version.is_some_and(|found| u64::try_from(found) == Ok(wanted)),
    };
    if holds { Ok(version) } else { Err(LedgerError::Conflict) }
}

fn store(transaction: &Transaction<'_>, item: &Item, version: i64) -> Result<(), LedgerError> {
    let index = item.index.as_ref();
    transaction
        .prepare_cached(&format!("INSERT OR REPLACE INTO items ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"))
        .and_then(|mut insert| {
            insert.execute(params![
                item.key.partition,
                item.key.sort,
                version,
                item.schema,
                item.body.to_string(),
                index.map(|index| &index.partition),
                index.map(|index| &index.sort),
                item.expires.map(whole_second),
            ])
        })
        .map(drop)
        .map_err(broken)
}

fn delete(transaction: &Transaction<'_>, key: &Key) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("DELETE FROM items WHERE partition = ? AND sort = ?")
        .and_then(|mut delete| delete.execute(params![key.partition, key.sort]))
        .map(drop)
        .map_err(broken)
}

/// The items within the bounds, and whether there are more behind them.
fn select(
    connection: &Connection,
    bounds: &Bounds,
    order: &str,
    limit: usize,
) -> Result<(Vec<Item>, bool), LedgerError> {
    let limit = limit.max(1);
    let terms = bounds.terms();
    let mut select = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM items WHERE {terms} ORDER BY {order}"))
        .map_err(broken)?;
    let mut rows = select.query(rusqlite::params_from_iter(bounds.values())).map_err(broken)?;
    let (mut items, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(broken)? {
        if items.len() == limit || bytes > PAGE_BYTES {
            return Ok((items, true));
        }
        bytes += row.get_ref(4).and_then(|body| Ok(body.as_str()?.len())).map_err(broken)?;
        items.push(stored(row)?);
    }
    Ok((items, false))
}

/// An item from its row ([`COLUMNS`]).
fn stored(row: &Row<'_>) -> Result<Item, LedgerError> {
    let key = Key::new(row.get::<_, String>(0).map_err(broken)?, row.get::<_, String>(1).map_err(broken)?);
    let garbled = |part: &'static str, key: &Key| {
        LedgerError::Unavailable(format!("{} / {}: its {part} is garbled", key.partition, key.sort).into())
    };
    let version =
        u64::try_from(row.get::<_, i64>(2).map_err(broken)?).map_err(|_| garbled("version", &key))?;
    let schema = u32::try_from(row.get::<_, i64>(3).map_err(broken)?).map_err(|_| garbled("schema", &key))?;
    let body = row.get_ref(4).and_then(|body| Ok(body.as_str()?)).map_err(broken)?;
    let body = serde_json::from_str(body).map_err(|_| garbled("body", &key))?;
    let index: (Option<String>, Option<String>) = (row.get(5).map_err(broken)?, row.get(6).map_err(broken)?);
    let index = match index {
        (Some(partition), Some(sort)) => Some(IndexKey { partition, sort }),
        _ => None,
    };
    let expires = row.get::<_, Option<i64>>(7).map_err(broken)?;
    let expires = expires.map(Timestamp::from_second).transpose().map_err(|_| garbled("expiry", &key))?;
    Ok(Item { key, version, schema, body, index, expires })
}

/// The second at which it is past: DynamoDB keeps whole seconds, and nothing expires early.
fn whole_second(moment: Timestamp) -> i64 {
    let second = moment.as_second();
    if moment.subsec_nanosecond() > 0 { second + 1 } else { second }
}

fn broken(error: rusqlite::Error) -> LedgerError {
    LedgerError::Unavailable(Box::new(error))
}
