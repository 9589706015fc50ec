use super::*;

#[test]
fn what_is_kept_says_nothing_of_the_customer() {
    let private = ["kari@example.test", "Åse", "Gate 2"].map(ToOwned::to_owned);
    for (said, kept) in [
        ("kunden KARI@example.test (åse) finnes", "kunden … (…) finnes"),
        ("Gate 2, Gate 22", "…, …2"),
        ("ÅseÅse", "……"),
        ("ugyldig ordre 1042", "ugyldig ordre 1042"),
        ("", ""),
    ] {
        assert_eq!(discreet(said, &private), kept);
    }
}
