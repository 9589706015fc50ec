//! The ledger in DynamoDB: one table, one index.
//!
//! An item's attributes: `pk`, `sk`; `version`, `schema` (numbers); `body` (a map); `ix` and `iy`, its place in the
//! index; `ttl`, epoch seconds; `mark`, by which a repeated write knows itself. A person who writes a record by hand
//! needs `pk`, `sk` and `body`.

mod item;
mod span;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use sync::ports::{
    Item, Key, Ledger, LedgerError, Page, Range, Write,
    limits::{fits_each, fits_key, fits_partition, fits_transaction},
};

use crate::{
    Aws,
    retry::{Patience, Throttled},
};
use item::Attributes;
use span::{Side, Span};

/// The name of the table's index, over `ix` and `iy`.
pub const INDEX: &str = "by_index";

/// The most keys that DynamoDB reads at once.
const READ_BATCH: usize = 100;

/// How many batches are under way at once.
const SIDE_BY_SIDE: usize = 4;

#[async_trait]
impl Ledger for Aws {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        fits_key(key)?;
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.names.table)
            .set_key(Some(item::key(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        answer.item.map(item::decode).transpose()
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        keys.iter().try_for_each(fits_key)?;
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let batches: Vec<Vec<Attributes>> =
            keys.chunks(READ_BATCH).map(|keys| keys.iter().map(item::key).collect()).collect();
        let batches = stream::iter(batches.into_iter().map(|keys| self.read_batch(keys)));
        let items: Vec<Vec<Item>> = batches.buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        Ok(items.into_iter().flatten().collect())
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        fits_partition(partition)?;
        let span = Span::of(&range, str::to_owned);
        let start = match &range.after {
            None => None,
            Some(after) => match span.side(after) {
                Side::Within => Some(item::key(&Key::new(partition, after))),
                side => match side.beyond(range.backwards) {
                    true => return Ok(Page::default()),
                    false => None,
                },
            },
        };
        let (items, last) = self.query(None, partition, span, start, range.backwards, limit).await?;
        let next = last.map(|last| item::text(&last, "sk")).transpose()?;
        Ok(Page { items, next })
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        fits_partition(partition)?;
        let span = Span::of(&range, item::index_ceiling);
        let start = match &range.after {
            None => None,
            Some(after) => {
                let place = item::Place::read(after)?;
                match span.side(&place.iy) {
                    Side::Within => Some(place.start(partition)),
                    side => match side.beyond(range.backwards) {
                        true => return Ok(Page::default()),
                        false => None,
                    },
                }
            }
        };
        let (items, last) = self.query(Some(INDEX), partition, span, start, range.backwards, limit).await?;
        let next = last.map(|last| item::Place::of(&last)?.tell()).transpose()?;
        Ok(Page { items, next })
    }

    async fn write(&self, mut writes: Vec<Write>) -> Result<(), LedgerError> {
        fits_transaction(&writes)?;
        writes.retain(|write| !write::pointless(write));
        match <[Write; 1]>::try_from(writes) {
            Ok([single]) => self.write_one(single).await,
            Err(writes) if writes.is_empty() => Ok(()),
            Err(writes) => self.transact(&writes).await,
        }
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        fits_each(&put, &remove)?;
        self.write_batches(&put, &remove).await
    }

    /// DynamoDB does it by itself, within days, by the attribute `ttl`.
    async fn purge(&self, _now: Timestamp) -> Result<u64, LedgerError> {
        Ok(0)
    }
}

impl Aws {
    /// Reads until every key was answered.
    async fn read_batch(&self, mut keys: Vec<Attributes>) -> Result<Vec<Item>, LedgerError> {
        let mut items = Vec::with_capacity(keys.len());
        let mut patience = Patience::new(&self.world);
        loop {
            let asked = keys.len();
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(unavailable)?;
            let mut answer = self
                .dynamodb
                .batch_get_item()
                .request_items(&self.names.table, request)
                .send()
                .await
                .map_err(unavailable)?;
            let found = answer.responses.take().and_then(|mut found| found.remove(&self.names.table));
            for found in found.unwrap_or_default() {
                items.push(item::decode(found)?);
            }
            let left = answer.unprocessed_keys.take().and_then(|mut left| left.remove(&self.names.table));
            keys = left.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            if !patience.wait(keys.len() < asked).await {
                return Err(unavailable(Throttled));
            }
        }
    }

    /// One page, and where it ended if it wasn't the end.
    async fn query(
        &self,
        index: Option<&str>,
        partition: &str,
        span: Span,
        start: Option<Attributes>,
        backwards: bool,
        limit: usize,
    ) -> Result<(Vec<Item>, Option<Attributes>), LedgerError> {
        let Some((condition, values)) = span.condition() else { return Ok((Vec::new(), None)) };
        let (hash, sort) = if index.is_some() { ("ix", "iy") } else { ("pk", "sk") };
        let mut query = self
            .dynamodb
            .query()
            .table_name(&self.names.table)
            .set_index_name(index.map(str::to_owned))
            // An index can't be read so.
            .set_consistent_read(index.is_none().then_some(true))
            .key_condition_expression(format!("#hash = :hash{condition}"))
            .expression_attribute_names("#hash", hash)
            .expression_attribute_values(":hash", AttributeValue::S(partition.to_owned()))
            .set_exclusive_start_key(start)
            .scan_index_forward(!backwards)
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX));
        if !values.is_empty() {
            query = query.expression_attribute_names("#sort", sort);
        }
        for (name, value) in values {
            query = query.expression_attribute_values(name, AttributeValue::S(value));
        }
        let answer = query.send().await.map_err(unavailable)?;
        let items =
            answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
        Ok((items, answer.last_evaluated_key.filter(|last: &HashMap<_, _>| !last.is_empty())))
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests;
