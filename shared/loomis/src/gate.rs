//! The pace: one request at a time for a client number, and a pause from one start to the next. `API.md` §2.

use std::{error::Error, time::Duration};

use async_trait::async_trait;

/// What a request is for. Who is less goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Orders, and whatever a person waits for.
    Orders,
    /// Stock.
    Stock,
    /// The catalogue.
    Catalogue,
}

/// Lets one request at a time through, for one client number. Every request enters and leaves, logins included.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Returns when the request may start.
    ///
    /// # Errors
    /// [`GateError`] when the pace can't be kept; the request is then not sent.
    async fn enter(&self, priority: Priority) -> Result<(), GateError>;

    /// The request has ended, well or not. `retry_after`: the server wants none before that long from now. Not called
    /// when the caller's future is dropped: a gate must let go by itself in the end.
    ///
    /// # Errors
    /// [`GateError`] when that could not be noted.
    async fn leave(&self, retry_after: Option<Duration>) -> Result<(), GateError>;
}

/// The gate itself is in trouble.
#[derive(Debug, thiserror::Error)]
#[error("the pace can't be kept")]
pub struct GateError(#[source] pub Box<dyn Error + Send + Sync>);
