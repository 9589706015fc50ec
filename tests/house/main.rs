//! The tests that need more than one crate, as one binary.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

// The functions are programs for Linux, and run on this machine.
#[cfg(target_os = "linux")]
mod deploy;
mod layout;
mod ports;
mod products;
mod scale;
mod template;
mod troubles;
