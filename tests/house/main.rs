//! The tests that need more than one crate, as one binary.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod between;
mod compared;
#[cfg(target_os = "linux")]
// The functions are programs for Linux, and run on this machine.
mod deploy;
mod dice;
mod families;
mod histories;
mod interleavings;
mod layout;
mod life;
mod once;
mod orders;
mod ports;
mod products;
mod review;
mod review_orders;
mod scale;
mod sweep;
mod template;
mod troubles;
