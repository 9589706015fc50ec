//! The use cases, and the two ports they stand on: ledger and queue.

pub mod ports;
