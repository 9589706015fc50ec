//! Which stock is written. `SETTINGS.md`, *Stock*.

use rust_decimal::{Decimal, prelude::ToPrimitive};

/// What is known of a department's stock of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// Available: physical less reserved, as Loomis Pay says it.
    Available(Decimal),
    /// Loomis Pay's list did not name the product, or its row can't be read.
    Unknown,
    /// The department's last reading fell so far that it waits for a second one that agrees.
    Held,
}

/// The quantity to write: never below 0, fractions rounded down; and what a person should know.
/// `None` for a quantity beyond belief.
pub fn quantity(available: Decimal) -> Option<(i64, Option<String>)> {
    if available < Decimal::ZERO {
        return Some((0, Some(format!("Loomis Pay has {}: written as 0", available.normalize()))));
    }
    let whole = available.floor();
    let quantity = whole.to_i64().filter(|quantity| *quantity <= 1_000_000_000)?;
    let rounded =
        (whole != available).then(|| format!("Loomis Pay has {}: rounded down", available.normalize()));
    Some((quantity, rounded))
}

/// The zero rule: whether a round in which `fallen` of `stocked` products would fall to zero waits for a second
/// reading that agrees: at least 10 products and 30 %.
pub fn must_agree(stocked: u64, fallen: u64) -> bool {
    fallen >= 10 && fallen * 100 >= stocked * 30
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(available: &str, expected: i64, said: bool) {
        let (quantity, remark) = quantity(available.parse().unwrap()).unwrap();
        assert_eq!((quantity, remark.is_some()), (expected, said), "{available}");
    }

    #[test]
    fn never_below_zero_and_rounded_down() {
        check("7", 7, false);
        check("7.00", 7, false);
        check("2.7", 2, true);
        check("0.4", 0, true);
        check("-3.5", 0, true);
        check("0", 0, false);
        assert_eq!(quantity(Decimal::from(1_000_000_000_000_i64)), None);
    }

    #[test]
    fn a_round_waits_from_ten_products_and_thirty_percent() {
        for (stocked, fallen, waits) in [
            (10, 10, true),
            (9, 9, false),
            (100, 29, false),
            (100, 30, true),
            (33, 10, true),
            (34, 10, false),
        ] {
            assert_eq!(must_agree(stocked, fallen), waits, "{fallen} of {stocked}");
        }
    }
}
