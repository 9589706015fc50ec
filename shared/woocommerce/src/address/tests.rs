use expect_test::{Expect, expect};

use super::*;

fn check(text: &str, expected: Expect) {
    let told = match Address::parse(text) {
        Ok(address) => address.candidates().iter().map(Base::to_string).collect::<Vec<_>>().join(" "),
        Err(error) => format!("{error:?}"),
    };
    expected.assert_eq(&told);
}

#[test]
fn what_merchants_type() {
    check("www.domene.no", expect!["https://www.domene.no/ http://www.domene.no/"]);
    check("  WWW.Domene.NO/ ", expect!["https://www.domene.no/ http://www.domene.no/"]);
    check("https://domene.no", expect!["https://domene.no/"]);
    check("HTTP://domene.no//", expect!["http://domene.no/"]);
    check("domene.no/butikk", expect!["https://domene.no/butikk/ http://domene.no/butikk/"]);
    check("https://domene.no/Butikk/wp-admin/", expect!["https://domene.no/Butikk/"]);
    check("https://domene.no/wp-json/wc/v3/products?per_page=1", expect!["https://domene.no/"]);
    check("https://domene.no/wp-admin/edit.php?post_type=product#top", expect!["https://domene.no/"]);
    check("https://domene.no/wp-login.php?redirect_to=x://y", expect!["https://domene.no/"]);
    check("http://127.0.0.1:8099/shop", expect!["http://127.0.0.1:8099/shop/"]);
    check("localhost:8080", expect!["https://localhost:8080/ http://localhost:8080/"]);
    check("https://domene.no:443/", expect!["https://domene.no/"]);
    check("https://blåbær.no", expect!["https://xn--blbr-roah.no/"]);
    check("http://[::1]:80/", expect!["http://[::1]/"]);
    check("//domene.no", expect!["https://domene.no/ http://domene.no/"]);
    check("domene.no#kurv", expect!["https://domene.no/ http://domene.no/"]);
}

#[test]
fn what_can_not_be_a_shop() {
    check("", expect!["Empty"]);
    check("   ", expect!["Empty"]);
    check("https://", expect!["Empty"]);
    check("https://user:pass@domene.no", expect!["Credentials"]);
    check("user@domene.no", expect!["Credentials"]);
    check("ftp://domene.no", expect!["Scheme"]);
    check("mailto:kari", expect!["Scheme"]);
    check("https:///butikk", expect!["Unreadable"]);
    check("www.domene.no/?p=3", expect!["Query"]);
    check("min butikk", expect!["Unreadable"]);
    check("https://domene.no:99999", expect!["Unreadable"]);
    check("domene.no:x", expect!["Unreadable"]);
}

#[test]
fn a_stored_base_comes_back() {
    let base: Base = "https://domene.no/butikk/".parse().unwrap();
    assert_eq!(base.as_str(), "https://domene.no/butikk/");
    assert_eq!("domene.no".parse::<Base>(), Err(AddressError::NoScheme));
}
