//! Secrets sealed with a key of our own.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use world::Chance;

use super::{LOCAL, Seal, SealError, Secret};

/// The key that secrets are sealed with: 32 bytes.
pub struct SealKey(XChaCha20Poly1305);

impl SealKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> SealKey {
        SealKey(XChaCha20Poly1305::new(&bytes.into()))
    }

    /// The key as people keep it: Base64.
    ///
    /// # Errors
    /// [`SealError::NoKey`].
    pub fn parse(text: &str) -> Result<SealKey, SealError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| SealError::NoKey)?;
        Ok(SealKey::new(bytes.try_into().map_err(|_| SealError::NoKey)?))
    }
}

#[async_trait]
impl Seal for SealKey {
    fn prefix(&self) -> &'static str {
        LOCAL
    }

    async fn seal(&self, chance: &dyn Chance, place: &str, secret: &Secret) -> Result<String, SealError> {
        let mut nonce = [0; 24];
        for chunk in nonce.chunks_exact_mut(8) {
            chunk.copy_from_slice(&chance.next().to_le_bytes());
        }
        let payload = Payload { msg: secret.expose().as_bytes(), aad: place.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::NotOurs)?;
        Ok(format!("{LOCAL}{}", STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    async fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealError> {
        let bytes = sealed
            .strip_prefix(LOCAL)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| bytes.len() > 24)
            .ok_or(SealError::NotOurs)?;
        let (nonce, sealed) = bytes.split_at(24);
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| SealError::NotOurs)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let opened = self.0.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::NotOurs)?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| SealError::NotOurs)
    }
}

#[cfg(test)]
mod tests;
