use super::*;

#[tokio::test]
async fn a_form_without_a_key_names_the_one_that_is_missing() {
    let keys = Keyring::from(SealKey::new([7; 32]));
    let error = keys.open("client/012345/client_token", "kms:1:AAAA").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the secret was sealed under KMS, and LOOMIS_WOO_KMS_KEY is not set here: set it again, or put the record \
         again with its secrets"
    );
    let error = keys.open("client/012345/client_token", "a token in plain text").await.unwrap_err();
    assert!(matches!(error, SealError::NotOurs), "{error}");
}

#[test]
fn what_is_sealed_is_seen_whatever_key_there_is() {
    let keys = Keyring::from(SealKey::new([7; 32]));
    for (text, sealed, current) in [
        ("sealed:1:AAAA", true, true),
        ("kms:1:AAAA", true, false),
        ("cs_0123", false, false),
        ("", false, false),
    ] {
        assert_eq!((is_sealed(text), keys.is_current(text)), (sealed, current), "{text}");
    }
}
