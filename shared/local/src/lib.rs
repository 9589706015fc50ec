//! The ports on one machine: ledger and queue in one SQLite file.
//!
//! Several processes may have the file open at once. A write that was confirmed survives `kill -9` and a power cut
//! (WAL with `synchronous = FULL`). The file belongs on a local disk: WAL doesn't work across a network.

mod at_work;
mod backup;
mod ledger;
mod meter;
mod queue;
mod store;

pub use at_work::{AtWork, AtWorkError};
pub use backup::{BackupError, Made, Restored};
pub use meter::Lines;
pub use store::{OpenError, Store};
