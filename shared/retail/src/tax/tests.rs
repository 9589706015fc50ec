use proptest::prelude::*;

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rate(country: &str, class: &str, percent: &str) -> TaxRate {
    TaxRate {
        country: country.to_owned(),
        local: false,
        percent: dec(percent),
        class: class.to_owned(),
        priority: 1,
    }
}

fn shop(tax_rates: Vec<TaxRate>) -> ShopProfile {
    ShopProfile {
        version: None,
        currency: "NOK".to_owned(),
        prices_include_tax: false,
        calculates_tax: true,
        manages_stock: true,
        price_decimals: 2,
        time_zone: String::new(),
        order_statuses: Vec::new(),
        base_country: "NO".to_owned(),
        tax_rates,
    }
}

#[test]
fn the_class_whose_rate_at_home_equals_the_products() {
    let local = TaxRate { local: true, ..rate("NO", "local", "6") };
    let second = TaxRate { priority: 2, ..rate("NO", "reduced-rate", "11.11") };
    let shop = shop(vec![
        rate("NO", "reduced-rate", "15.0000"),
        rate("NO", "also-25", "25"),
        rate("NO", "", "25"),
        rate("SE", "swedish", "12"),
        rate("", "everywhere", "20"),
        rate("", "zero-rate", "0"),
        rate("", "own", "7"),
        rate("NO", "own", "8"),
        local,
        second,
    ]);
    let check = |percent: &str, expected: Option<&str>| {
        assert_eq!(class_for(&shop, dec(percent)), expected, "{percent} %");
    };
    check("25", Some(""));
    check("25.00", Some(""));
    check("15", Some("reduced-rate"));
    check("0", Some("zero-rate"));
    check("20", Some("everywhere"));
    // Another country's, a town's, a second one on top, and one that the country's own overrides.
    check("12", None);
    check("6", None);
    check("11.11", None);
    check("7", None);
    check("8", Some("own"));
    check("25.5", None);
    assert_eq!(rate_of(&shop, "unknown"), None);
}

#[test]
fn a_net_price_has_as_few_decimals_as_it_takes() {
    let check = |gross: &str, percent: &str, expected: Option<&str>| {
        let net = net_of(dec(gross), dec(percent)).map(|net| net.to_string());
        assert_eq!(net.as_deref(), expected, "{gross} with {percent} %");
    };
    check("100", "25", Some("80"));
    check("99.90", "25", Some("79.92"));
    check("99.99", "25", Some("79.99"));
    check("99.98", "25", Some("79.98"));
    check("0.01", "25", Some("0.01"));
    check("0.03", "25", Some("0.02"));
    check("0.02", "25", Some("0.016"));
    check("1.07", "25", Some("0.856"));
    check("100", "11.11", Some("90.00"));
    check("49.90", "0", Some("49.90"));
    check("49.90", "0.00", Some("49.90"));
    check("100", "-25", None);
    check("100", "79228162514264337593543950335", None);
    // At 6, 12 and 15 % WooCommerce would show an øre too much with three decimals.
    check("0.09", "6", Some("0.0849"));
    check("0.33", "12", Some("0.2946"));
    check("0.50", "15", Some("0.4348"));
    // At 20 % no net amount does both.
    check("0.15", "20", Some("0.125"));
}

#[test]
fn no_amount_is_too_large_to_be_refused() {
    for percent in
        [Decimal::MAX, Decimal::MIN, Decimal::ZERO, dec("-100"), dec("0.0000000000000000000000000001")]
    {
        for amount in [Decimal::MAX, Decimal::MIN, Decimal::ZERO, dec("0.0000000000000000000000000001")] {
            let _ = (net_of(amount, percent), gross_of(amount, percent), to_ore(amount));
        }
    }
}

proptest! {
    /// Any gross amount from 0.01 to 1 000 000 comes back to the øre, and no fewer decimals would do.
    #[test]
    fn the_gross_amount_comes_back(
        ore in 1_i64..=100_000_000,
        percent in proptest::sample::select(vec!["0", "6", "11.11", "12", "15", "20", "25", "25.5"]),
    ) {
        let (gross, percent) = (Decimal::new(ore, 2), dec(percent));
        let net = net_of(gross, percent).unwrap();
        prop_assert_eq!(gross_of(net, percent), Some(gross));
        let by_the_piece = gross_by_the_piece(net, percent) == Some(gross);
        if net.scale() > 2 {
            let shorter = net.round_dp_with_strategy(net.scale() - 1, RoundingStrategy::MidpointAwayFromZero);
            let would_do = gross_of(shorter, percent) == Some(gross)
                && (!by_the_piece || gross_by_the_piece(shorter, percent) == Some(gross));
            prop_assert!(!would_do, "{} would do", shorter);
        }
        // Only the tax that ends on half an øre can't be told.
        prop_assert!(by_the_piece || net.scale() == 3, "{}", net);
    }

    /// Two gross amounts keep their order, so a sale price stays below the regular one.
    #[test]
    fn net_amounts_keep_their_order(ore in 1_i64..=100_000_000, more in 1_i64..100, percent in 0_i64..3000) {
        let net = |ore| net_of(Decimal::new(ore, 2), Decimal::new(percent, 2)).unwrap();
        prop_assert!(net(ore) < net(ore + more));
    }
}
