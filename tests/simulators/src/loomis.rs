//! Loomis Pay, simulated: the wire of `API.md` sections 1 to 5, quirks included.
//!
//! [`Loomis`] is the server; an [`Office`] is a client of it, seen by whoever works in its back office.

mod answer;
mod books;
mod calls;
mod control;
mod families;
mod generate;
mod office;
mod order;
mod product;
mod state;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use world::{Clock, Method, Request, Response};

pub use generate::catalogue;
pub use office::Office;
pub use order::{Address, Customer, Deduction, Line, Order, Sale};
pub use product::{Amount, ListEntry, Product};

use crate::Server;
use state::State;

/// The server. Clones are the same one.
#[derive(Clone)]
pub struct Loomis {
    state: Arc<Mutex<State>>,
    /// Dates what is changed behind the API's back.
    clock: Arc<dyn Clock>,
}

impl Loomis {
    /// A server without clients, in Oslo.
    pub fn new(clock: Arc<dyn Clock>) -> Loomis {
        Loomis { state: Arc::default(), clock }
    }

    /// The client with that number, made where it isn't there yet; its token becomes `token`.
    pub fn client(&self, number: &str, token: &str) -> Office {
        self.lock().client(number).token = token.to_owned();
        Office::new(self.clone(), number)
    }

    /// The zone of every local time on the wire.
    pub fn set_zone(&self, zone: TimeZone) {
        self.lock().zone = zone;
    }

    /// Requests of a client that start sooner after the one before get 429. Zero for any pace.
    pub fn set_min_interval(&self, interval: Duration) {
        self.lock().min_interval = interval;
    }

    /// Where requests come from, from now on: tokens asked for from elsewhere are refused.
    pub fn set_caller(&self, ip: &str) {
        self.lock().caller = ip.to_owned();
    }

    /// Refusals come with their code as the HTTP status too, instead of under 200.
    pub fn set_codes_as_status(&self, on: bool) {
        self.lock().codes_as_status = on;
    }

    /// Dates come as `YYYY/MM/DD`.
    pub fn set_slashes(&self, on: bool) {
        self.lock().slashes = on;
    }

    /// Whether `logistics/orders/list` is known: our assumption, which the real server need not share. On at first.
    pub fn set_order_lookup(&self, on: bool) {
        self.lock().order_lookup = on;
    }

    /// Forgets all tokens: whoever has one must log in again.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for Loomis {
    fn handle(&self, request: &Request, now: Timestamp) -> Response {
        calls::answer(&mut self.lock(), request, now)
    }

    fn state(&self) -> Value {
        self.lock().show()
    }

    fn control(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Option<Result<Value, String>> {
        control::call(&mut self.lock(), method, path, body, now)
    }
}
