//! The tests that need more than one crate, as one binary.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod between;
mod compared;
mod cost;
#[cfg(target_os = "linux")]
// The functions are programs for Linux, and run on this machine.
mod deploy;
mod dice;
mod families;
mod histories;
mod interleavings;
mod layout;
mod life;
mod logs;
mod once;
mod orders;
mod orders_later;
mod orders_left;
mod orders_moved;
mod ports;
mod products;
mod records;
mod restored;
mod review;
mod review_orders;
mod runbook;
mod scale;
mod secrets;
mod sweep;
mod template;
mod troubles;
mod turns;
mod webhooks;
