//! What comes in from outside: the HTTP transport, time and chance, as traits.
//!
//! Nothing in the libraries opens a socket, asks the system for the time or rolls a die: they are handed a [`World`].
//! The program hands in the real one (crate `outside`); a test hands in the simulators' transport, a clock that it
//! moves itself and a seeded chance, and so replays a whole day from one number. Nothing in the libraries spawns a
//! task either: they run several futures side by side inside the caller's, so the runtime stays at the edge.

mod http;
mod retry;
mod secret;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

pub use http::{Method, Request, Response, Transport, TransportError};
pub use retry::{Retry, Wait};
pub use secret::Secret;

/// The time, and waiting for it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Returns when `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Chance: for nonces, jitter, identities, and the secrets of webhooks. Never for the keys of secrets at rest. The real one is
/// the system's own generator.
pub trait Chance: Send + Sync {
    /// The next 64 random bits.
    fn next(&self) -> u64;
}

/// All that a use case may know of the outside.
#[derive(Clone)]
pub struct World {
    /// Carries HTTP requests.
    pub transport: Arc<dyn Transport>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Rolls the dice.
    pub chance: Arc<dyn Chance>,
}

impl World {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns when `duration` has passed.
    pub async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    /// 32 hexadecimal digits that nobody has seen before: an identity, or a nonce.
    pub fn identity(&self) -> String {
        format!("{:016x}{:016x}", self.chance.next(), self.chance.next())
    }

    /// A duration between half of `duration` and the whole of it, so that many waiting at once don't come back at once.
    pub fn jitter(&self, duration: Duration) -> Duration {
        let half = duration / 2;
        let span = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_millis(self.chance.next() % span)
    }
}
