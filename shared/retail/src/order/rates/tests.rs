use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rate(id: u64, percent: &str) -> OrderRate {
    let compound = false;
    match percent.parse() {
        Ok(percent) => OrderRate { id, percent: Some(percent), label: String::new(), compound },
        Err(_) => OrderRate { id, percent: None, label: percent.to_owned(), compound },
    }
}

/// `rates` and what each took of `net`, by position; the parts as `weight at percent`.
fn check(net: &str, rates: &[&str], taxes: &[&str], expected: &str) {
    let rates: Vec<OrderRate> = (0_u64..).zip(rates).map(|(id, percent)| rate(id, percent)).collect();
    let taxes: Vec<LineTax> =
        (0_u64..).zip(taxes).map(|(rate, tax)| LineTax { rate, total: dec(tax), subtotal: None }).collect();
    let tax = taxes.iter().map(|tax| tax.total).sum();
    let part = |part: &Part| format!("{} at {}", part.weight.round_dp(2).normalize(), part.percent);
    let parts = parts(&rates, dec(net), tax, &taxes, dec("0.01"));
    let told = parts.iter().map(part).collect::<Vec<_>>().join(", ");
    assert_eq!(told, expected, "{net} {taxes:?}");
}

#[test]
fn one_rate_is_the_line() {
    check("80", &["25"], &["20"], "100 at 25");
    check("1234.50", &["11.11"], &["137.15"], "1371.65 at 11.11");
    check("10", &["25.0000"], &["2.5"], "12.5 at 25");
    // Tiny or free: the tax rounds to nothing.
    check("0.01", &["25"], &["0.00"], "0.01 at 25");
    check("0", &["15"], &["0"], "0 at 15");
    // Exempt: it would have been taxed.
    check("80", &["25"], &["0"], "80 at 0");
    check("80", &[], &[], "80 at 0");
    check("80", &["0"], &["0.00"], "80 at 0");
    // A rate that took nothing is none of the line's.
    check("80", &["25", "15"], &["20", "0"], "100 at 25");
}

#[test]
fn several_rates_have_each_its_part() {
    check("100", &["25", "15"], &["20", "3"], "100 at 25, 23 at 15");
    check("100", &["25", "15", "25"], &["10", "3", "10"], "100 at 25, 23 at 15");
    // Beyond them it is untaxed.
    check("100", &["25", "15"], &["10", "3"], "50 at 25, 23 at 15, 40 at 0");
    check("100", &["25", "0"], &["10", "0"], "50 at 25, 60 at 0");
    // The recorded negative fee, with two decimals and with four; the weights have no sign.
    let rates = ["12", "0", "25", "15"];
    check("-10", &rates, &["-0.01", "0", "-1.32", "-0.51"], "0.09 at 12, 6.6 at 25, 3.91 at 15, 1.24 at 0");
    check(
        "-10",
        &rates,
        &["-0.0099", "0", "-1.3250", "-0.5069"],
        "0.09 at 12, 6.62 at 25, 3.89 at 15, 1.24 at 0",
    );
}

#[test]
fn rates_on_top_of_one_another() {
    check("100", &["5", "7"], &["5", "7"], "105 at 5, 107 at 7, -100 at 0");
    check("100", &["5", "7"], &["5", "7.35"], "105 at 5, 112.35 at 7, -105 at 0");
    check("100", &["25", "15"], &["20", "10"], "100 at 25, 76.67 at 15, -46.67 at 0");
}

#[test]
fn a_rate_that_the_shop_does_not_tell() {
    check("80", &["MVA 25%"], &["20"], "100 at 25");
    check("80", &["Moms 11,11 %"], &["8.89"], "88.89 at 11.11");
    check("80", &["MVA"], &["20.01"], "100.01 at 25");
    check("80", &["MVA"], &["9.60"], "89.6 at 12");
    check("80", &["MVA"], &["6.40"], "86.4 at 8");
}
