//! The tests that need more than one crate, as one binary.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod layout;
mod ports;
mod products;
mod review;
mod scale;
mod template;
mod troubles;
