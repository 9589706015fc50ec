//! Secrets under AWS's KMS: each is encrypted there by itself, with the record and field it belongs to as encryption
//! context, so that a role may be held to records, and CloudTrail says whose secret was opened.
//!
//! The price: $1 a month for the key, and $0.03 for 10 000 requests. What was opened is remembered for an hour by each
//! process, so a warm worker asks once an hour for each secret that it needs, not once a message: a department's four cost
//! it about a cent a month.

mod opened;

use std::{
    error::Error,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use opened::{Mark, Opened};
use sync::seal::{KMS, Keyring, Seal, SealError, SealKey, Secret};
use world::{Chance, World};

/// The name under which the record and field stand in the encryption context. What was sealed is opened by it: it never
/// changes.
const CONTEXT: &str = "record";

/// The variables that name the keys.
const KMS_KEY: &str = "LOOMIS_WOO_KMS_KEY";
const OWN_KEY: &str = "LOOMIS_WOO_KEY";

/// The keys that the environment names, as `read` gives them: `LOOMIS_WOO_KMS_KEY` (a key's id or ARN) seals; without it
/// `LOOMIS_WOO_KEY` does, and with it opens what it sealed before. `None` when there is neither.
///
/// # Errors
/// [`SealError::NoKey`] when `LOOMIS_WOO_KEY` is none.
pub fn keyring(
    config: &SdkConfig,
    world: &World,
    read: impl Fn(&str) -> Option<String>,
) -> Result<Option<Keyring>, SealError> {
    let given =
        |name: &str| read(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let kms = given(KMS_KEY).map(|key| Kms::new(config.clone(), key, world.clone()));
    let own = given(OWN_KEY).map(|key| SealKey::parse(&key)).transpose()?;
    Ok(match (kms, own) {
        (Some(kms), Some(own)) => Some(Keyring::from(kms).and(own)),
        (Some(kms), None) => Some(kms.into()),
        (None, own) => own.map(Keyring::from),
    })
}

/// A key of KMS. Its client is made when it is first needed: a start that needs no secret doesn't wait for it.
pub struct Kms {
    config: SdkConfig,
    client: OnceLock<Client>,
    key: String,
    world: World,
    opened: Mutex<Opened>,
}

impl Kms {
    /// The key of this id or ARN.
    pub fn new(config: SdkConfig, key: impl Into<String>, world: World) -> Kms {
        Kms { config, client: OnceLock::new(), key: key.into(), world, opened: Mutex::default() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(5))
                .build();
            let config = aws_sdk_kms::config::Builder::from(&self.config)
                // Throttling and broken connections are tried again by the client, with jitter.
                .retry_config(RetryConfig::standard().with_max_attempts(4))
                .timeout_config(timeouts)
                .build();
            Client::from_conf(config)
        })
    }

    fn remember(&self, mark: Mark, secret: Secret) {
        let now = self.world.now();
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).keep(mark, secret, now);
    }

    fn remembered(&self, mark: &Mark) -> Option<Secret> {
        let now = self.world.now();
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(mark, now)
    }
}

#[async_trait]
impl Seal for Kms {
    fn prefix(&self) -> &'static str {
        KMS
    }

    async fn seal(&self, _: &dyn Chance, place: &str, secret: &Secret) -> Result<String, SealError> {
        let answer = self
            .client()
            .encrypt()
            .key_id(&self.key)
            .encryption_context(CONTEXT, place)
            .plaintext(Blob::new(secret.expose()))
            .send()
            .await
            .map_err(judge)?;
        let bytes = answer.ciphertext_blob.ok_or_else(|| empty("Encrypt"))?;
        let sealed = format!("{KMS}{}", STANDARD.encode(bytes));
        self.remember(Mark::of(place, &sealed), secret.clone());
        Ok(sealed)
    }

    async fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealError> {
        let mark = Mark::of(place, sealed);
        if let Some(secret) = self.remembered(&mark) {
            return Ok(secret);
        }
        let bytes = sealed.strip_prefix(KMS).and_then(|encoded| STANDARD.decode(encoded).ok());
        let bytes = bytes.ok_or(SealError::NotOurs)?;
        let answer = self
            .client()
            .decrypt()
            .key_id(&self.key)
            .encryption_context(CONTEXT, place)
            .ciphertext_blob(Blob::new(bytes))
            .send()
            .await
            .map_err(judge)?;
        let opened = answer.plaintext.ok_or_else(|| empty("Decrypt"))?.into_inner();
        let secret = String::from_utf8(opened).map(Secret::new).map_err(|_| SealError::NotOurs)?;
        self.remember(mark, secret.clone());
        Ok(secret)
    }
}

fn empty(call: &str) -> SealError {
    SealError::Unavailable(format!("KMS answered {call} with nothing").into())
}

/// Whose fault it is: the secret's, the deployment's, or the moment's. What is not known is the moment's: it is tried again,
/// and no secret is called damaged that isn't.
fn judge<E>(error: SdkError<E>) -> SealError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let denied = |mend: &str| {
        let said = error.message().unwrap_or("it doesn't say why");
        SealError::Denied(format!("LOOMIS_WOO_KMS_KEY: {mend} (KMS: {said})"))
    };
    match error.code().unwrap_or_default() {
        // Of another key, with another context, or damaged: KMS doesn't tell these apart.
        "InvalidCiphertextException" | "IncorrectKeyException" => SealError::NotOurs,
        "AccessDeniedException" => {
            denied("KMS does not let us use the key: allow our role kms:Encrypt and kms:Decrypt with it")
        }
        "NotFoundException" => denied("there is no such key: give the id or ARN of one in this region"),
        "DisabledException" => denied("the key is disabled: enable it"),
        "KMSInvalidStateException" => {
            denied("the key can't be used as it is: if its deletion is scheduled, cancel that")
        }
        "InvalidKeyUsageException" | "UnsupportedOperationException" => {
            denied("the key is not one that encrypts: give a symmetric one")
        }
        "ValidationException" => denied("KMS does not take the request; a secret has at most 4096 bytes"),
        _ => SealError::Unavailable(Box::new(error)),
    }
}

#[cfg(test)]
mod tests;
