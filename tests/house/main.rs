//! The tests that need more than one crate, as one binary.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod cost;
#[cfg(target_os = "linux")]
// The functions are programs for Linux, and run on this machine.
mod deploy;
mod families;
mod layout;
mod logs;
mod orders;
mod orders_later;
mod ports;
mod products;
mod records;
mod restored;
mod review;
mod review_orders;
mod runbook;
mod scale;
mod sweep;
mod template;
mod troubles;
mod turns;
