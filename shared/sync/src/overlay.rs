//! A ledger laid over another: reads fall through, writes stay above and are forgotten. A preview runs on it, and so can't
//! change anything.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ports::{
    Condition, IndexKey, Item, Key, Ledger, LedgerError, MAX_TRANSACTION, Page, Range, Write,
};

/// The ledger below, and what was written above; `None`: removed.
pub struct Overlay {
    below: Arc<dyn Ledger>,
    above: Mutex<BTreeMap<Key, Option<Item>>>,
}

impl Overlay {
    /// Lies over `below`, which it never writes to.
    pub fn over(below: Arc<dyn Ledger>) -> Overlay {
        Overlay { below, above: Mutex::default() }
    }

    fn above(&self) -> MutexGuard<'_, BTreeMap<Key, Option<Item>>> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One page of what lies below, and what was written above in the part of the order that it covers.
    fn merge(
        &self,
        range: &Range,
        below: Page,
        limit: usize,
        place: impl Fn(&Item) -> Option<String>,
    ) -> Page {
        let ahead = |sort: &str| match &range.after {
            None => true,
            Some(after) if range.backwards => sort < after.as_str(),
            Some(after) => sort > after.as_str(),
        };
        let covered = |sort: &str| match &below.next {
            None => true,
            Some(next) if range.backwards => sort >= next.as_str(),
            Some(next) => sort <= next.as_str(),
        };
        let asked = |sort: &str| {
            sort.starts_with(&range.prefix)
                && range.up_to.as_ref().is_none_or(|up_to| sort <= up_to.as_str())
                && ahead(sort)
                && covered(sort)
        };
        let above = self.above();
        let mut merged: Vec<(String, Item)> = below
            .items
            .into_iter()
            .filter(|item| !above.contains_key(&item.key))
            .chain(above.values().flatten().cloned())
            .filter_map(|item| Some((place(&item)?, item)))
            .filter(|(sort, _)| asked(sort))
            .collect();
        merged.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.key.cmp(&b.key)));
        if range.backwards {
            merged.reverse();
        }
        // What the page below did not reach comes with the next one; what is too much here, likewise.
        let more = merged.len() > limit;
        merged.truncate(limit);
        let next = if more { merged.last().map(|(sort, _)| sort.clone()) } else { below.next };
        Page { items: merged.into_iter().map(|(_, item)| item).collect(), next }
    }

    async fn check(&self, key: &Key, condition: Condition) -> Result<(), LedgerError> {
        let found = self.get(key).await?.map(|item| item.version);
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => found.is_none(),
            Condition::Version(version) => found == Some(version),
        };
        if holds { Ok(()) } else { Err(LedgerError::Conflict) }
    }
}

#[async_trait]
impl Ledger for Overlay {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        let written = self.above().get(key).cloned();
        match written {
            Some(written) => Ok(written),
            None => self.below.get(key).await,
        }
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        let mut found = self.below.get_many(keys).await?;
        let above = self.above();
        found.retain(|item| !above.contains_key(&item.key));
        let keys: std::collections::BTreeSet<&Key> = keys.iter().collect();
        found.extend(keys.into_iter().filter_map(|key| above.get(key).cloned().flatten()));
        Ok(found)
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let below = self.below.page(partition, range.clone(), limit).await?;
        Ok(self.merge(&range, below, limit, |item| {
            (item.key.partition == partition).then(|| item.key.sort.clone())
        }))
    }

    /// By the index the place in the order is opaque below, so everything above comes with the first page.
    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let first = range.after.is_none();
        let mut page = self.below.page_by_index(partition, range.clone(), limit).await?;
        let above = self.above();
        page.items.retain(|item| !above.contains_key(&item.key));
        if first {
            let of = |index: &IndexKey| index.partition == partition && index.sort.starts_with(&range.prefix);
            page.items
                .extend(above.values().flatten().filter(|item| item.index.as_ref().is_some_and(of)).cloned());
        }
        Ok(page)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        if writes.len() > MAX_TRANSACTION {
            return Err(LedgerError::Unfit(format!("{} writes in one transaction", writes.len())));
        }
        for write in &writes {
            let (key, condition) = match write {
                Write::Put { item, condition } => (&item.key, condition),
                Write::Remove { key, condition } | Write::Check { key, condition } => (key, condition),
            };
            self.check(key, *condition).await?;
        }
        for write in writes {
            match write {
                Write::Put { mut item, .. } => {
                    item.version = self.get(&item.key).await?.map_or(0, |old| old.version) + 1;
                    self.above().insert(item.key.clone(), Some(item));
                }
                Write::Remove { key, .. } => drop(self.above().insert(key, None)),
                Write::Check { .. } => {}
            }
        }
        Ok(())
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        let mut above = self.above();
        above.extend(put.into_iter().map(|item| (item.key.clone(), Some(item))));
        above.extend(remove.into_iter().map(|key| (key, None)));
        Ok(())
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, LedgerError> {
        Ok(0)
    }
}
