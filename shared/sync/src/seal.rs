//! Secrets at rest: sealed with a key that is not in the store, and bound to the record and field they belong to.

mod local;

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use world::Chance;

pub use local::SealKey;
pub use world::Secret;

/// What a secret begins with that was sealed with a key of our own, [`SealKey`].
pub const LOCAL: &str = "sealed:1:";

/// What a secret begins with that was sealed under AWS's KMS.
pub const KMS: &str = "kms:1:";

/// Whether a text is sealed, with whatever key.
pub fn is_sealed(text: &str) -> bool {
    [LOCAL, KMS].iter().any(|prefix| text.starts_with(prefix))
}

/// Seals secrets and opens them. What is sealed for one place can't be opened at another.
#[async_trait]
pub trait Seal: Send + Sync {
    /// What its sealed texts begin with, [`LOCAL`] or [`KMS`].
    fn prefix(&self) -> &'static str;

    /// Seals a secret for one place, `department/1/shop.consumer_key`.
    ///
    /// # Errors
    /// [`SealError`].
    async fn seal(&self, chance: &dyn Chance, place: &str, secret: &Secret) -> Result<String, SealError>;

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError::NotOurs`]; [`SealError::Denied`]; [`SealError::Unavailable`].
    async fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealError>;
}

/// A secret could not be sealed or opened, or the key is none.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not 32 bytes in Base64.
    #[error("the key is 32 bytes in Base64 (44 characters)")]
    NoKey,
    /// Sealed with another key, moved to another field, or damaged.
    #[error("the secret was sealed with another key, or is damaged: put the record again with its secrets")]
    NotOurs,
    /// Sealed in a form for which there is no key here.
    #[error("the secret was sealed {0} here: set it again, or put the record again with its secrets")]
    Elsewhere(&'static str),
    /// Whoever keeps the key doesn't let us use it; the sentence says the mend.
    #[error("{0}")]
    Denied(String),
    /// Whoever keeps the key is out of reach or throttles. The secret is none the worse.
    #[error("the key of the secrets is out of reach")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// The keys of a deployment: one that seals, and others that are being left, which only open.
#[derive(Clone)]
pub struct Keyring {
    first: Arc<dyn Seal>,
    others: Vec<Arc<dyn Seal>>,
}

impl<S: Seal + 'static> From<S> for Keyring {
    fn from(first: S) -> Keyring {
        Keyring { first: Arc::new(first), others: Vec::new() }
    }
}

impl Keyring {
    /// The same keys, and one that only opens what it sealed before.
    pub fn and(mut self, other: impl Seal + 'static) -> Keyring {
        self.others.push(Arc::new(other));
        self
    }

    /// Whether a text is sealed with the key that seals now.
    pub fn is_current(&self, text: &str) -> bool {
        text.starts_with(self.first.prefix())
    }

    /// Seals a secret for one place.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn seal(&self, chance: &dyn Chance, place: &str, secret: &Secret) -> Result<String, SealError> {
        self.first.seal(chance, place, secret).await
    }

    /// Opens what was sealed for this place, with whichever key it was sealed.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealError> {
        let mut keys = std::iter::once(&self.first).chain(&self.others);
        match keys.find(|key| sealed.starts_with(key.prefix())) {
            Some(key) => key.open(place, sealed).await,
            None if sealed.starts_with(KMS) => {
                Err(SealError::Elsewhere("under KMS, and LOOMIS_WOO_KMS_KEY is not set"))
            }
            None if sealed.starts_with(LOCAL) => {
                Err(SealError::Elsewhere("with LOOMIS_WOO_KEY, which is not set beside LOOMIS_WOO_KMS_KEY"))
            }
            None => Err(SealError::NotOurs),
        }
    }
}

#[cfg(test)]
mod tests;
