//! The ports on one machine: ledger and queue in one SQLite file.
