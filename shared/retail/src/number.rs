//! Product numbers, which meet the shop's SKUs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A product number as it is compared: trimmed, runs of white space as one space (the shop keeps no others), and without
/// regard to case (`SETTINGS.md`, *Numbers*).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchNumber(String);

impl MatchNumber {
    /// The comparable form of a product number or an SKU; `None` where nothing is left of it.
    pub fn of(number: &str) -> Option<MatchNumber> {
        let folded = folded(number);
        (!folded.is_empty()).then(|| MatchNumber(folded.to_lowercase()))
    }

    /// The comparable form, for keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SKU that a shop keeps for this number. `None` where it would keep another: WordPress strips what looks like a tag,
/// percent-encoded bytes and control characters, and a product whose SKU is stripped to nothing is made again each time
/// (seen on WooCommerce 10.5).
pub fn sku(number: &str) -> Option<String> {
    let folded = folded(number);
    (survives(&folded) && !folded.is_empty()).then_some(folded)
}

/// The longest SKU, in characters, that a shop compares whole: its table of SKUs has no room for more.
const LONGEST: usize = 100;

/// Whether the shop notices that a second product is to have this SKU; without that, one whose creation was lost could be
/// made twice (seen on WooCommerce 5.0 and 10.5).
pub fn is_guarded(sku: &str) -> bool {
    sku.chars().count() <= LONGEST && !sku.contains('\\')
}

/// Whether WordPress leaves a text of one line as it is.
pub fn survives(text: &str) -> bool {
    let encoded = text
        .as_bytes()
        .windows(3)
        .any(|three| three[0] == b'%' && three[1].is_ascii_hexdigit() && three[2].is_ascii_hexdigit());
    !encoded && !text.contains('<') && !text.chars().any(char::is_control)
}

fn folded(number: &str) -> String {
    number.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_meet_trimmed_and_in_any_case() {
        for (one, other) in [(" A-1 ", "a-1"), ("ÆØÅ", "æøå"), ("a b  c", "A B C"), ("x\ty", "x y")] {
            assert_eq!(MatchNumber::of(one), MatchNumber::of(other), "{one:?} {other:?}");
        }
        assert_ne!(MatchNumber::of("7"), MatchNumber::of("007"));
        for nothing in ["", " ", "\t\n"] {
            assert_eq!(MatchNumber::of(nothing), None);
        }
    }

    #[test]
    fn a_number_that_the_shop_would_change_is_no_sku() {
        for (number, kept) in
            [(" K,1 ", "K,1"), ("\"q\"", "\"q\""), ("X-100%", "X-100%"), ("a  b", "a b"), ("0", "0")]
        {
            assert_eq!(sku(number).as_deref(), Some(kept));
        }
        assert!(is_guarded(&"å".repeat(100)));
        for doubled in [r"A\1".to_owned(), "å".repeat(101)] {
            assert!(sku(&doubled).is_some() && !is_guarded(&doubled), "found, but not made");
        }
        for changed in ["<i>", "a<b", "X-100%25", "a\u{7}b", "", "  "] {
            assert_eq!(sku(changed), None, "{changed:?}");
        }
    }
}
