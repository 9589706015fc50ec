//! What no stand-in for KMS does: refusing and throttling; and what is asked of it, and how often.

use aws_sdk_kms::{
    error::ErrorMetadata,
    operation::{
        decrypt::{DecryptError, DecryptOutput},
        encrypt::EncryptOutput,
    },
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::testing::world;

const PLACE: &str = "department/1/shop.consumer_secret";
const KEY: &str = "alias/loomis-woo";

/// A key behind these rules.
fn key(rules: &[&Rule]) -> Kms {
    let client = mock_client!(aws_sdk_kms, RuleMode::MatchAny, rules);
    let kms = Kms::new(SdkConfig::builder().build(), KEY, world());
    kms.client.set(client).expect("it has none yet");
    kms
}

fn opens(place: &'static str) -> Rule {
    mock!(Client::decrypt)
        .match_requests(move |request| {
            let context = request.encryption_context().expect("a context");
            request.key_id() == Some(KEY)
                && context.len() == 1
                && context.get("record").is_some_and(|record| record == place)
                && request.ciphertext_blob().is_some_and(|bytes| bytes.as_ref() == b"sealed")
        })
        .then_output(|| DecryptOutput::builder().plaintext(Blob::new("cs_1")).build())
}

#[tokio::test]
async fn a_secret_is_opened_once_an_hour_and_only_at_its_place() {
    let (rule, other) = (opens(PLACE), opens("department/2/shop.consumer_secret"));
    let kms = key(&[&rule, &other]);
    let sealed = format!("kms:1:{}", STANDARD.encode("sealed"));
    for _ in 0..3 {
        assert_eq!(kms.open(PLACE, &sealed).await.unwrap(), Secret::new("cs_1"));
    }
    assert_eq!(rule.num_calls(), 1);
    // What is remembered is remembered of one place.
    kms.open("department/2/shop.consumer_secret", &sealed).await.unwrap();
    assert_eq!(other.num_calls(), 1);
    kms.world.sleep(Duration::from_secs(3600)).await;
    kms.open(PLACE, &sealed).await.unwrap();
    assert_eq!(rule.num_calls(), 2);
}

#[tokio::test]
async fn what_was_just_sealed_need_not_be_opened() {
    let rule = mock!(Client::encrypt)
        .match_requests(|request| {
            let context = request.encryption_context().expect("a context");
            request.key_id() == Some(KEY)
                && context.get("record").is_some_and(|record| record == PLACE)
                && request.plaintext().is_some_and(|bytes| bytes.as_ref() == b"cs_1")
        })
        .then_output(|| EncryptOutput::builder().ciphertext_blob(Blob::new("sealed")).build());
    let kms = key(&[&rule]);
    let sealed = kms.seal(&*kms.world.chance, PLACE, &Secret::new("cs_1")).await.unwrap();
    assert_eq!(sealed, format!("kms:1:{}", STANDARD.encode("sealed")));
    assert_eq!(kms.open(PLACE, &sealed).await.unwrap(), Secret::new("cs_1"));
}

#[tokio::test]
async fn whose_fault_it_is() {
    let check = async |code: &'static str, expected: &str| {
        let said = move || ErrorMetadata::builder().code(code).message("no").build();
        let rule = mock!(Client::decrypt).then_error(move || DecryptError::generic(said()));
        let sealed = format!("kms:1:{}", STANDARD.encode("sealed"));
        let error = key(&[&rule]).open(PLACE, &sealed).await.unwrap_err();
        let kind = match &error {
            SealError::Denied(_) => "settings",
            SealError::NotOurs => "record",
            SealError::Unavailable(_) => "moment",
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(kind, expected, "{code}: {error}");
        assert_eq!(kind == "settings", error.to_string().contains("LOOMIS_WOO_KMS_KEY"), "{error}");
    };
    for code in ["InvalidCiphertextException", "IncorrectKeyException"] {
        check(code, "record").await;
    }
    for code in
        ["AccessDeniedException", "NotFoundException", "DisabledException", "KMSInvalidStateException"]
    {
        check(code, "settings").await;
    }
    for code in ["InvalidKeyUsageException", "UnsupportedOperationException", "ValidationException"] {
        check(code, "settings").await;
    }
    for code in [
        "ThrottlingException",
        "LimitExceededException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "KeyUnavailableException",
        "ExpiredTokenException",
        "SomethingNew",
    ] {
        check(code, "moment").await;
    }
}

#[tokio::test]
async fn what_is_no_sealed_text_is_not_sent() {
    let kms = key(&[]);
    for text in ["kms:1:%", "sealed:1:AAAA", "cs_1"] {
        let error = kms.open(PLACE, text).await.unwrap_err();
        assert!(matches!(error, SealError::NotOurs), "{text}: {error:?}");
    }
}

#[test]
fn the_environment_names_the_keys() {
    let config = SdkConfig::builder().build();
    let keys = |kms: &'static str, own: &'static str| {
        let read = |name: &str| {
            Some(if name == "LOOMIS_WOO_KMS_KEY" { kms } else { own }.to_owned()).filter(|text| text != "-")
        };
        keyring(&config, &world(), read)
    };
    let own = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let sealing = |kms, own| {
        let keys = keys(kms, own).unwrap()?;
        Some(if keys.is_current("kms:1:") { "kms" } else { "own" })
    };
    assert_eq!(sealing("-", "-"), None);
    assert_eq!(sealing("", ""), None);
    assert_eq!(sealing("-", own), Some("own"));
    assert_eq!(sealing(KEY, "-"), Some("kms"));
    assert_eq!(sealing(KEY, own), Some("kms"));
    assert!(matches!(keys(KEY, "short").err(), Some(SealError::NoKey)));
}
