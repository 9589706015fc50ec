//! The real world: HTTP by reqwest, the system's clock, the system's randomness.

mod addresses;
mod https;

use std::{env, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use world::{Chance, Clock, World};

pub use addresses::Addresses;
pub use https::Https;

/// The real world: one connection pool, the system's clock, the system's randomness. Where the environment has private
/// addresses refused (see [`Addresses::from_environment`]), it speaks to public ones only.
///
/// # Errors
/// [`OutsideError`] when the TLS roots can't be loaded, or the environment doesn't say which addresses.
pub fn world() -> Result<World, OutsideError> {
    Ok(over(Https::new(addresses()?)?))
}

/// The real world, in which the certificates of this PEM bundle are trusted too: a shop with an authority of its own.
///
/// # Errors
/// [`OutsideError`] when a certificate can't be read, the system's roots can't be loaded, or the environment doesn't say
/// which addresses.
pub fn world_trusting(pem: &[u8]) -> Result<World, OutsideError> {
    Ok(over(Https::trusting(pem, addresses()?)?))
}

fn over(transport: Https) -> World {
    World { transport: Arc::new(transport), clock: Arc::new(SystemClock), chance: Arc::new(SystemChance) }
}

fn addresses() -> Result<Addresses, OutsideError> {
    Addresses::from_environment(|name| env::var(name).ok()).map_err(OutsideError::Addresses)
}

/// The HTTP side could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// TLS.
    #[error("HTTPS can't be set up (are the system's certificates, or SSL_CERT_FILE, readable?)")]
    Tls(#[source] reqwest::Error),
    /// The environment says neither which addresses nor nothing.
    #[error("LOOMIS_WOO_PRIVATE_ADDRESSES is \"refuse\" or \"allow\", not {0:?}")]
    Addresses(String),
}

/// The system's clock.
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The system's randomness.
pub struct SystemChance;

impl Chance for SystemChance {
    fn next(&self) -> u64 {
        getrandom::u64().expect("the system gives random numbers")
    }
}
