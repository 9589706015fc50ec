use proptest::prelude::*;

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A split as `quantity x price[-discount] …`, with what is left over.
fn check(quantity: &str, total: Ore, before: Option<Ore>, expected: &str) {
    let told = match split(dec(quantity), total, before) {
        None => "none".to_owned(),
        Some((units, rest)) => {
            let unit = |unit: &Units| match unit.discount {
                0 => format!("{} x {}", unit.quantity, unit.price),
                off => format!("{} x {}-{off}", unit.quantity, unit.price),
            };
            let mut told: Vec<String> = units.iter().map(unit).collect();
            told.extend((rest != 0).then(|| format!("rest {rest}")));
            told.join(", ")
        }
    };
    assert_eq!(told, expected, "{quantity} for {total}");
}

#[test]
fn what_does_not_divide_is_split() {
    check("3", 10_000, None, "2 x 3333, 1 x 3334");
    check("3", 9_999, None, "3 x 3333");
    check("1", 10_001, None, "1 x 10001");
    check("3", 2, None, "1 x 0, 2 x 1");
    check("2", 0, None, "2 x 0");
    check("0", 5, None, "none");
    check("-1", 5, None, "none");
}

#[test]
fn a_discount_takes_up_what_the_price_rounds() {
    check("3", 4_032, Some(1_493), "3 x 1493-149");
    check("3", 10_000, Some(4_000), "2 x 4000-667, 1 x 4000-666");
    check("2", 0, Some(500), "2 x 500-500");
    check("2", 999, Some(500), "1 x 500-1, 1 x 500");
    // A discount of nothing is none.
    check("2", 1_000, Some(500), "2 x 500");
    check("2", 1_000, Some(499), "2 x 500");
}

#[test]
fn a_fraction_keeps_its_quantity() {
    check("1.5", 3_000, None, "1.5 x 2000");
    check("1.5", 10_000, None, "1.5 x 6666, rest 1");
    check("0.25", 1_000, Some(5_000), "0.25 x 5000-1000");
    check("0.333", 5_000, None, "0.333 x 15000, rest 5");
    check("2.000", 3_001, None, "1 x 1500, 1 x 1501");
}

proptest! {
    #[test]
    fn a_split_is_exact(
        (mantissa, scale) in (1_i64..5_000, 0_u32..3), total in 0_i64..5_000_000,
        before in proptest::option::of(0_i64..3_000_000)
    ) {
        let quantity = Decimal::new(mantissa, scale);
        let (units, rest) = split(quantity, total, before).unwrap();
        let sum: Decimal =
            units.iter().map(|unit| unit.quantity * Decimal::from(unit.price - unit.discount)).sum();
        prop_assert_eq!(sum + Decimal::from(rest), Decimal::from(total));
        prop_assert_eq!(units.iter().map(|unit| unit.quantity).sum::<Decimal>(), quantity);
        for unit in &units {
            prop_assert!(unit.quantity > Decimal::ZERO);
            prop_assert!(unit.discount >= 0 && unit.price >= unit.discount);
        }
        prop_assert!(rest >= 0);
        prop_assert!(rest == 0 || !quantity.fract().is_zero());
    }

    #[test]
    fn shares_are_exact_and_never_beyond_their_weights(
        weights in proptest::collection::vec(-500_i64..2_000, 1..6), of in 0_u64..=1_000
    ) {
        let sum: i64 = weights.iter().sum();
        if sum <= 0 {
            return Ok(());
        }
        let total = i64::try_from(i128::from(sum) * i128::from(of) / 1_000).unwrap();
        let as_decimals: Vec<Decimal> = weights.iter().copied().map(Decimal::from).collect();
        let shares = allot(total, &as_decimals);
        prop_assert_eq!(shares.iter().sum::<i64>(), total);
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!(share.abs() <= weight.abs() && share * weight >= 0, "{share} of {weight}");
        }
    }
}

#[test]
fn amounts_in_ore() {
    assert_eq!(ore(dec("12.345")), Some(1_235));
    assert_eq!(ore(dec("-12.345")), Some(-1_235));
    assert_eq!(whole_ore(dec("12.340")), Some(1_234));
    assert_eq!(whole_ore(dec("12.345")), None);
    assert_eq!(ore(dec("1000000000.01")), None);
    assert_eq!(ore(Decimal::MAX), None);
    assert_eq!(allot(5, &[Decimal::ZERO, Decimal::ZERO]), [5, 0]);
}
