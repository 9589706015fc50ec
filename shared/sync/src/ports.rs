//! The two ports that the use cases stand on. Each has two implementations: `local` (SQLite) and `aws` (DynamoDB, SQS).

mod ledger;
pub mod limits;
mod queue;

pub use ledger::{Condition, IndexKey, Item, Key, Ledger, LedgerError, MAX_TRANSACTION, Page, Range, Write};
pub use queue::{Lane, MAX_ATTEMPTS, Outgoing, Queue, QueueError, Received, VISIBILITY};
