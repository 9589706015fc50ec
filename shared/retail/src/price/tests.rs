use expect_test::{Expect, expect};

use super::*;
use crate::office::{Defect, ListPrice, ProductId};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A product at 100.00 with 25 % VAT, with these changes.
fn product(change: impl FnOnce(&mut OfficeProduct)) -> OfficeProduct {
    let mut product = OfficeProduct {
        id: ProductId(1),
        number: "A1".to_owned(),
        name: "Cup".to_owned(),
        description: String::new(),
        barcode: String::new(),
        vat_percent: Some(dec("25")),
        price_inc_vat: Some(dec("100")),
        special_price_inc_vat: None,
        ask_price: false,
        currency: None,
        list_prices: Vec::new(),
        visible: true,
        deleted: false,
        use_stock: true,
        is_parent: false,
        parent: None,
        group_path: String::new(),
        brand: String::new(),
        custom_fields: Vec::new(),
        images: Vec::new(),
        defects: Vec::new(),
    };
    change(&mut product);
    product
}

fn listed(price: Option<&str>, active: bool) -> Vec<ListPrice> {
    let entry = |list: &str, price: Option<&str>| ListPrice {
        list: list.to_owned(),
        name: "Members".to_owned(),
        price_inc_vat: price.map(dec),
        active,
    };
    vec![entry("3", Some("55")), entry("7", price)]
}

fn defect(field: &str) -> Vec<Defect> {
    vec![Defect { field: field.to_owned(), reason: format!("{field} is unreadable") }]
}

fn said(product: &OfficeProduct, source: &PriceSource) -> String {
    match asked(product, source, "NOK") {
        Err(reason) => format!("refused: {reason}"),
        Ok(Asked { regular_inc_vat, sale_inc_vat, sale_refused }) => {
            let sale = sale_inc_vat.map(|sale| format!(", on sale {sale}")).unwrap_or_default();
            let refused = sale_refused.map(|reason| format!(", no sale: {reason}")).unwrap_or_default();
            format!("{regular_inc_vat}{sale}{refused}")
        }
    }
}

/// With the normal price.
fn normal(change: impl FnOnce(&mut OfficeProduct), expected: Expect) {
    expected.assert_eq(&said(&product(change), &PriceSource::Normal));
}

/// With price list 7.
fn list(change: impl FnOnce(&mut OfficeProduct), expected: Expect) {
    expected.assert_eq(&said(&product(change), &PriceSource::List("7".to_owned())));
}

#[test]
fn the_normal_price_to_the_ore() {
    normal(|_| {}, expect!["100"]);
    normal(|p| p.price_inc_vat = Some(dec("99.995")), expect!["100.00"]);
    normal(|p| p.price_inc_vat = Some(dec("0.01")), expect!["0.01"]);
    normal(|p| p.list_prices = listed(Some("80"), true), expect!["100"]);
}

#[test]
fn a_price_that_may_not_be_published() {
    normal(|p| p.price_inc_vat = Some(dec("0.00")), expect!["refused: an open price: 0"]);
    normal(|p| p.price_inc_vat = Some(dec("0.004")), expect!["refused: a price that rounds to 0: 0.004"]);
    normal(|p| p.price_inc_vat = Some(dec("-5")), expect!["refused: a negative price: -5"]);
    normal(|p| p.price_inc_vat = None, expect!["refused: Loomis Pay gives no price"]);
    normal(
        |p| p.price_inc_vat = Some(Decimal::MAX),
        expect!["refused: a price beyond belief: 79228162514264337593543950335"],
    );
    normal(|p| p.ask_price = true, expect!["refused: an open price: the cashier types it in"]);
    normal(
        |p| (p.price_inc_vat, p.defects) = (None, defect("price_inc_vat")),
        expect!["refused: price_inc_vat is unreadable"],
    );
    list(
        |p| (p.ask_price, p.list_prices) = (true, listed(Some("80"), true)),
        expect!["refused: an open price: the cashier types it in"],
    );
}

#[test]
fn the_currency_is_the_shops() {
    normal(
        |p| p.defects = defect("currency_code"),
        expect!["refused: the currency: currency_code is unreadable"],
    );
    normal(
        |p| p.currency = Some("SEK".to_owned()),
        expect!["refused: Loomis Pay's price is in SEK, the shop sells in NOK"],
    );
    normal(|p| p.currency = Some(" nok ".to_owned()), expect!["100"]);
    normal(|p| p.currency = Some(String::new()), expect!["100"]);
    list(
        |p| (p.currency, p.list_prices) = (Some("EUR".to_owned()), listed(Some("80"), true)),
        expect!["refused: Loomis Pay's price is in EUR, the shop sells in NOK"],
    );
}

#[test]
fn the_chosen_list_and_where_it_has_none_the_normal_price() {
    list(|p| p.list_prices = listed(Some("80"), true), expect!["80"]);
    list(|p| p.list_prices = listed(Some("79.995"), true), expect!["80.00"]);
    list(|p| p.list_prices = listed(Some("120"), true), expect!["120"]);
    list(|_| {}, expect!["100"]);
    list(|p| p.list_prices = listed(None, true), expect!["100"]);
    list(|p| p.list_prices = listed(Some("80"), false), expect!["100"]);
    list(|p| p.list_prices = listed(Some("0"), true), expect!["100"]);
    list(|p| p.list_prices = listed(Some("0.004"), true), expect!["100"]);
    // The list has a price, whatever the normal one is.
    list(|p| (p.price_inc_vat, p.list_prices) = (Some(dec("0")), listed(Some("80"), true)), expect!["80"]);
    list(
        |p| (p.price_inc_vat, p.list_prices) = (Some(dec("0")), listed(Some("0"), true)),
        expect!["refused: an open price: 0"],
    );
    // Only 0 and none mean the normal price.
    list(|p| p.list_prices = listed(Some("-5"), true), expect!["refused: a negative price: -5"]);
    list(|p| p.list_prices = listed(Some("-0.001"), true), expect!["refused: a negative price: -0.001"]);
    list(
        |p| p.list_prices = listed(Some("1000000000000"), true),
        expect!["refused: a price beyond belief: 1000000000000"],
    );
    list(
        |p| (p.list_prices, p.defects) = (listed(None, true), defect("pricelist")),
        expect!["refused: pricelist: pricelist is unreadable"],
    );
    list(|p| (p.list_prices, p.defects) = (listed(Some("80"), true), defect("pricelist")), expect!["80"]);
    list(
        |p| (p.list_prices, p.defects) = (listed(None, true), defect("pricelist[1].price_inc_vat")),
        expect!["refused: pricelist[1].price_inc_vat: pricelist[1].price_inc_vat is unreadable"],
    );
    list(
        |p| p.defects = defect("pricelist[1]"),
        expect!["refused: pricelist[1]: pricelist[1] is unreadable"],
    );
    // Another list's trouble, and a name's.
    list(|p| p.defects = defect("pricelist[0].price_inc_vat"), expect!["100"]);
    list(
        |p| (p.list_prices, p.defects) = (listed(None, true), defect("pricelist[1].customer_group_name")),
        expect!["100"],
    );
    normal(|p| p.defects = defect("pricelist"), expect!["100"]);
}

#[test]
fn a_special_price_is_below_the_regular_one() {
    let special = |price: &str| Some(dec(price));
    normal(|p| p.special_price_inc_vat = special("80"), expect!["100, on sale 80"]);
    normal(|p| p.special_price_inc_vat = special("99.99"), expect!["100, on sale 99.99"]);
    normal(
        |p| p.special_price_inc_vat = special("99.996"),
        expect!["100, no sale: the special price 100.00 is not below the regular price 100"],
    );
    normal(
        |p| p.special_price_inc_vat = special("100"),
        expect!["100, no sale: the special price 100 is not below the regular price 100"],
    );
    normal(
        |p| p.special_price_inc_vat = special("120"),
        expect!["100, no sale: the special price 120 is not below the regular price 100"],
    );
    normal(|p| p.special_price_inc_vat = special("0"), expect!["100"]);
    normal(|p| p.special_price_inc_vat = special("-1"), expect!["100, no sale: a negative price: -1"]);
    normal(|p| p.defects = defect("special_price"), expect!["100, no sale: special_price is unreadable"]);
}

#[test]
fn a_special_price_applies_where_the_normal_price_does() {
    list(
        |p| (p.special_price_inc_vat, p.list_prices) = (Some(dec("70")), listed(Some("80"), true)),
        expect!["80"],
    );
    list(
        |p| (p.special_price_inc_vat, p.list_prices) = (Some(dec("70")), listed(None, true)),
        expect!["100, on sale 70"],
    );
    list(
        |p| (p.special_price_inc_vat, p.list_prices) = (Some(dec("70")), listed(Some("80"), false)),
        expect!["100, on sale 70"],
    );
}

#[test]
fn the_form_is_the_shops() {
    let rate = |class: &str, percent: &str| crate::shop::TaxRate {
        country: "NO".to_owned(),
        local: false,
        percent: dec(percent),
        class: class.to_owned(),
        priority: 1,
    };
    let profile = |prices_include_tax, calculates_tax| ShopProfile {
        version: None,
        currency: "NOK".to_owned(),
        prices_include_tax,
        calculates_tax,
        manages_stock: true,
        price_decimals: 2,
        time_zone: String::new(),
        order_statuses: Vec::new(),
        base_country: "NO".to_owned(),
        tax_rates: vec![rate("", "25"), rate("reduced", "15")],
    };
    let check = |profile: &ShopProfile, class: &str, vat: Option<&str>, expected: Result<Form, &str>| {
        let office = product(|p| p.vat_percent = vat.map(dec));
        assert_eq!(Form::of_class(profile, class, &office), expected.map_err(ToOwned::to_owned));
    };
    let net = profile(false, true);
    check(&profile(true, true), "", Some("25"), Ok(Form::IncVat));
    check(&profile(false, false), "", Some("25"), Ok(Form::IncVat));
    check(&net, "", Some("25"), Ok(Form::ExVat(dec("25"))));
    // What the customer pays is what the shop's class says, not what Loomis Pay says.
    check(&net, "reduced", Some("25"), Ok(Form::ExVat(dec("15"))));
    check(&net, "no-rates", Some("12"), Ok(Form::ExVat(dec("12"))));
    check(&net, "no-rates", None, Err("the shop keeps prices without VAT, and no VAT rate is known"));
}

#[test]
fn an_amount_is_the_same_when_its_gross_is() {
    let check = |form: Form, kept: Option<&str>, gross: &str, expected: bool| {
        assert_eq!(form.is_same(kept.map(dec), dec(gross)), expected, "{form:?} {kept:?} {gross}");
    };
    let net = Form::ExVat(dec("25"));
    check(Form::IncVat, Some("100"), "100.00", true);
    check(Form::IncVat, Some("99.996"), "100.00", false);
    check(Form::IncVat, None, "100.00", false);
    check(net, Some("80"), "100.00", true);
    check(net, Some("79.99996"), "100.00", true);
    check(net, Some("79.99"), "100.00", false);
    check(net, None, "100.00", false);
    assert_eq!(net.write(dec("99.90")), Ok(dec("79.92")));
    assert_eq!(Form::IncVat.write(dec("99.90")), Ok(dec("99.90")));
    let reason = Form::ExVat(dec("-25")).write(dec("100")).unwrap_err();
    assert_eq!(reason, "no price without -25 % VAT comes back to 100");
}
