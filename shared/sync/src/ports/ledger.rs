//! The ledger: items by key, conditional and transactional writes, one secondary index.
//!
//! What is due stands here; whoever holds the truth about "was it done" is an item of the ledger.

use std::error::Error;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most writes in one transaction (DynamoDB's limit).
pub const MAX_TRANSACTION: usize = 100;

/// Where an item stands. Within a partition items are ordered by `sort`, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Which items belong together. 1 to 1 024 bytes, without control characters.
    pub partition: String,
    /// The item's place among them. 1 to 1 024 bytes.
    pub sort: String,
}

impl Key {
    /// A key.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Key {
        Key { partition: partition.into(), sort: sort.into() }
    }
}

/// Where an item is found besides its key. Sparse: an item without one is not in the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IndexKey {
    /// Which items belong together in the index. As [`Key::partition`].
    pub partition: String,
    /// The order among them; equal ones are told apart by the item's key. Without control characters; with the item's
    /// key at most 1 022 bytes.
    pub sort: String,
}

/// An item. Its body is a JSON object of at most 390 KiB, at most [`limits::MAX_DEPTH`](super::limits::MAX_DEPTH) deep,
/// with names that aren't empty and numbers that are integers of 64 bits: an amount is a text. It comes back exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where it stands.
    pub key: Key,
    /// How often it was written. The ledger counts: what a caller puts in is ignored on writing.
    /// 0 where a person wrote the record by hand, without a version.
    pub version: u64,
    /// The number of the body's schema.
    pub schema: u32,
    /// A JSON object.
    pub body: Value,
    /// Where else it is found.
    pub index: Option<IndexKey>,
    /// From when on it may be removed. Only housekeeping: an expired item may still be returned. Kept to the second,
    /// rounded up.
    pub expires: Option<Timestamp>,
}

/// The schema's number of an item that is there and can't be read, by which nobody takes it for something else.
const UNREADABLE: u32 = 0;

impl Item {
    /// An item whose stored form a person has broken. `reason` says what is wrong and what would be right. It is handed out like
    /// any other: one that can't be read must not hide those beside it.
    pub fn unreadable(key: Key, reason: &str) -> Item {
        let body = serde_json::json!({ "fault": reason });
        Item { key, version: 0, schema: UNREADABLE, body, index: None, expires: None }
    }

    /// What is wrong with the stored form, if something is.
    pub fn fault(&self) -> Option<&str> {
        (self.schema == UNREADABLE).then(|| self.body["fault"].as_str().unwrap_or("it can't be read"))
    }
}

/// What must hold for a write to take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no such item.
    Absent,
    /// The item is there, with this version.
    Version(u64),
}

/// One write of a transaction. A key occurs at most once in a transaction.
#[derive(Clone, Debug)]
pub enum Write {
    /// Makes or replaces an item. Its stored version becomes the replaced one's plus 1, or 1.
    Put {
        /// The item; its `version` is ignored.
        item: Item,
        /// What must hold.
        condition: Condition,
    },
    /// Removes an item; one that isn't there is no error unless the condition says so.
    Remove {
        /// Which.
        key: Key,
        /// What must hold.
        condition: Condition,
    },
    /// Writes nothing: only a condition of the transaction.
    Check {
        /// Which.
        key: Key,
        /// What must hold; [`Condition::Always`] is pointless here, and allowed.
        condition: Condition,
    },
}

/// Which part of a partition is read, in the order of `sort`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Only keys above this one (exclusive): where the last page ended. By the index it must be such a place.
    pub after: Option<String>,
    /// Only keys up to this one (inclusive).
    pub up_to: Option<String>,
    /// From the last to the first; `after` then means below.
    pub backwards: bool,
}

impl Range {
    /// All keys that begin with `prefix`.
    pub fn prefix(prefix: impl Into<String>) -> Range {
        Range { prefix: prefix.into(), ..Range::default() }
    }

    /// The same range, beginning behind this key.
    pub fn after(mut self, after: Option<String>) -> Range {
        self.after = after;
        self
    }
}

/// A page of a range.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The items, in order. May be empty although `next` is there.
    pub items: Vec<Item>,
    /// Give this as `after` to go on; `None` at the end.
    pub next: Option<String>,
}

/// The ledger failed, or refused.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A condition did not hold, or another write came between: nothing was written. Read again and decide anew.
    #[error("somebody else wrote first")]
    Conflict,
    /// The item is too large, a key is empty, a key occurs twice, or the transaction has more than [`MAX_TRANSACTION`] writes: a fault of the caller.
    #[error("the ledger can't take it: {0}")]
    Unfit(String),
    /// The store is out of reach, throttles, or is broken. Whether a write took place is unknown: the answer to it may
    /// be what was lost.
    #[error("the ledger is out of reach")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// Items by key. Reads by key and by partition see every write that was confirmed before; reads by index may lag.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The item, if there is one.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError>;

    /// Those of the items that are there, in no order. Any number of keys; a key given twice answers once.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError>;

    /// At most `limit` items of a partition. Fewer doesn't mean the end: only `next` tells.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError>;

    /// The same by the index: `range` and the order are over [`IndexKey::sort`], and `next` is opaque.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError>;

    /// All or nothing.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when a condition did not hold; [`LedgerError::Unfit`]; [`LedgerError::Unavailable`].
    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError>;

    /// Each by itself, in no order, any number; what a failure leaves half done is done again by the caller.
    /// A key occurs at most once. The stored versions are not counted on: no other writer may rely on them.
    ///
    /// # Errors
    /// [`LedgerError::Unfit`]; [`LedgerError::Unavailable`], with some written perhaps.
    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError>;

    /// Removes what has expired; where the store does so by itself, does nothing. Tells how many.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError>;
}
