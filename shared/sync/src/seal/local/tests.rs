use super::*;
use crate::seal::is_sealed;

struct Counter(std::sync::atomic::AtomicU64);

impl Chance for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

const PLACE: &str = "department/1/shop.consumer_secret";

#[tokio::test]
async fn opens_only_at_its_place_and_with_its_key() {
    let (key, chance) = (SealKey::new([7; 32]), Counter(Default::default()));
    let secret = Secret::new("cs_æøå 🙂");
    let sealed = key.seal(&chance, PLACE, &secret).await.unwrap();
    assert!(is_sealed(&sealed) && !sealed.contains("cs_"));
    assert_eq!(key.open(PLACE, &sealed).await.unwrap(), secret);
    let mut damaged = sealed.clone();
    damaged.truncate(sealed.len() - 4);
    let other = SealKey::new([8; 32]);
    for (key, place, sealed) in [
        (&key, "department/2/shop.consumer_secret", &sealed),
        (&other, PLACE, &sealed),
        (&key, PLACE, &damaged),
    ] {
        let error = key.open(place, sealed).await.unwrap_err();
        assert!(matches!(error, SealError::NotOurs), "{error}");
    }
    assert_ne!(key.seal(&chance, PLACE, &secret).await.unwrap(), sealed, "a nonce came twice");
    assert_eq!(format!("{secret:?} {secret}"), "… …");
}

#[test]
fn a_key_is_32_bytes_in_base64() {
    assert!(SealKey::parse(&STANDARD.encode([1; 32])).is_ok());
    for wrong in ["", "abc", &STANDARD.encode([1; 31])] {
        assert!(matches!(SealKey::parse(wrong), Err(SealError::NoKey)), "{wrong}");
    }
}
