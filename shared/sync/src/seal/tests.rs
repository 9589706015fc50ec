use super::*;

struct Counter(std::sync::atomic::AtomicU64);

impl Chance for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

#[test]
fn opens_only_at_its_place_and_with_its_key() {
    let (key, chance) = (SealKey::new([7; 32]), Counter(Default::default()));
    let secret = Secret::new("cs_æøå 🙂");
    let sealed = key.seal(&chance, "department/1/shop.consumer_secret", &secret).unwrap();
    assert!(SealKey::is_sealed(&sealed) && !sealed.contains("cs_"));
    assert_eq!(key.open("department/1/shop.consumer_secret", &sealed), Ok(secret.clone()));
    assert_eq!(key.open("department/2/shop.consumer_secret", &sealed), Err(SealError::NotOurs));
    assert_eq!(
        SealKey::new([8; 32]).open("department/1/shop.consumer_secret", &sealed),
        Err(SealError::NotOurs)
    );
    let mut damaged = sealed.clone();
    damaged.truncate(sealed.len() - 4);
    assert_eq!(key.open("department/1/shop.consumer_secret", &damaged), Err(SealError::NotOurs));
    assert_ne!(
        key.seal(&chance, "department/1/shop.consumer_secret", &secret).unwrap(),
        sealed,
        "a nonce came twice"
    );
    assert_eq!(format!("{secret:?} {secret}"), "… …");
}

#[test]
fn a_key_is_32_bytes_in_base64() {
    assert!(SealKey::parse(&STANDARD.encode([1; 32])).is_ok());
    for wrong in ["", "abc", &STANDARD.encode([1; 31])] {
        assert_eq!(SealKey::parse(wrong).err(), Some(SealError::NoKey), "{wrong}");
    }
}
