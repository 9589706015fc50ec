//! Loomis Pay and a WooCommerce shop, simulated: state, quirks and faults.
//!
//! A simulator is a [`Server`]: a state machine that answers one request at a time. The same one is reached in-process
//! ([`transport::Network`], for a whole day of the system in a test) and over real HTTP ([`serve`], for the programs
//! of this package). [`faults`] stands before it either way.

pub mod faults;
pub mod loomis;
pub mod serve;
pub mod shop;
pub mod transport;

use jiff::Timestamp;
use serde_json::Value;
use world::{Method, Request, Response};

/// A simulated host. Keeps its state behind a lock of its own; asks nobody for the time.
pub trait Server: Send + Sync {
    /// Answers a request that came in at `now`.
    fn handle(&self, request: &Request, now: Timestamp) -> Response;

    /// What `GET /_sim/state` shows.
    fn state(&self) -> Value;

    /// A call of the server's own control, `/_sim/<path>`; `path` is without slash at either end. `None`: no such call.
    ///
    /// # Errors
    /// What is wrong with the call, for the person who made it.
    fn control(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Option<Result<Value, String>>;
}
