use super::*;
use crate::order::samples::order;

fn check(country: &str, written: &str, expected: &str) {
    assert_eq!(phone(written, country).unwrap_or_else(|| "none".to_owned()), expected, "{country} {written}");
}

#[test]
fn phones_in_e164() {
    for written in
        ["90000000", "900 00 000", "+47 900 00 000", "0047 90000000", "47 90 00 00 00", "(+47) 900"]
    {
        check("NO", written, if written.starts_with('(') { "none" } else { "+4790000000" });
    }
    // It begins with the country's code, and is a number of the country nevertheless.
    check("NO", "47 00 00 00", "+4747000000");
    check("no", "22.12.34-56", "+4722123456");
    check("NO", "9000000", "none");
    check("NO", "02123456", "none");
    for written in ["070-123 45 67", "+46 (0)70 123 45 67", "0046701234567", "46701234567", "701234567"] {
        check("SE", written, "+46701234567");
    }
    check("SE", "08-12 34 56 78", "+46812345678");
    check("DK", "12 34 56 78", "+4512345678");
    check("DK", "+4512345678", "+4512345678");
    for written in ["040 123 4567", "+358 40 1234567", "358401234567", "00358 (0)40 1234567"] {
        check("FI", written, "+358401234567");
    }
    // The number's own country, not the bill's.
    check("NO", "+46 70 123 45 67", "+46701234567");
    check("DE", "+49 170 1234567", "+491701234567");
    check("DE", "0170 1234567", "none");
    check("", "90000000", "none");
    check("NO", "", "none");
    check("NO", "ring meg", "none");
    check("NO", "900 00 000 x5", "none");
    check("NO", "+", "none");
}

#[test]
fn emails_are_compared_in_small_letters() {
    for (written, expected) in [
        (" Kunde@Example.TEST ", Some("kunde@example.test")),
        ("Å@å.no", Some("å@å.no")),
        ("", None),
        ("kunde", None),
        ("@example.test", None),
        ("kunde@", None),
        ("a@b@c", None),
        ("a b@c", None),
    ] {
        assert_eq!(email(written).as_deref(), expected, "{written}");
    }
}

#[test]
fn a_buyer_is_known_by_email_or_phone() {
    let Buyer::Known { email, phone, customer } = buyer(&order(|_| {})) else { panic!("a web customer") };
    assert_eq!(email.as_deref(), Some("kunde@example.test"));
    assert_eq!(phone.as_deref(), Some("+4790000000"));
    assert_eq!((customer.name.as_str(), customer.phone.as_str()), ("Kåre Ødegård", "+4790000000"));
    assert_eq!((customer.address.as_str(), customer.zip.as_str()), ("Storgata 9", "8006"));
    let named = |change: fn(&mut WebOrder)| match buyer(&order(change)) {
        Buyer::Known { customer, .. } | Buyer::Web(customer) => customer.name,
    };
    assert_eq!(
        named(|o| (o.billing.first_name, o.billing.last_name) = Default::default()),
        "kunde@example.test"
    );
    assert_eq!(named(|o| o.billing.email.clear()), "Kåre Ødegård");
    assert_eq!(named(|o| (o.billing.email, o.billing.phone) = Default::default()), WEB_CUSTOMER_NAME);
    // A phone that can't be one is none.
    assert_eq!(
        named(|o| (o.billing.email, o.billing.phone) = (String::new(), "12".into())),
        WEB_CUSTOMER_NAME
    );
}

#[test]
fn of_several_the_same_one_each_time() {
    let buyer = buyer(&order(|_| {}));
    let customer = |email: &str, phone: &str| Customer {
        email: email.to_owned(),
        phone: phone.to_owned(),
        ..Customer::default()
    };
    let check = |customers: &[(u64, &str, &str)], expected: Option<u64>| {
        let customers: Vec<_> =
            customers.iter().map(|(id, email, phone)| (CustomerId(*id), customer(email, phone))).collect();
        assert_eq!(found(&buyer, "NO", &customers), expected.map(CustomerId));
    };
    check(&[], None);
    check(&[(1, "other@example.test", "90000001")], None);
    check(&[(1, "", "")], None);
    check(&[(1, "", "004790000000")], Some(1));
    check(&[(1, "KUNDE@example.test", "")], Some(1));
    check(&[(1, "", "90000000"), (2, "kunde@example.test", "")], Some(2));
    check(&[(3, "kunde@example.test", ""), (2, "kunde@example.test", "")], Some(2));
    check(&[(1, "kunde@example.test", ""), (9, "kunde@example.test", "90000000")], Some(9));
    // The web customer is found again.
    let web = Buyer::Web(Customer::default());
    let existing = [(CustomerId(5), customer(WEB_CUSTOMER_EMAIL, ""))];
    assert_eq!(found(&web, "", &existing), Some(CustomerId(5)));
    assert_eq!(found(&web, "", &[(CustomerId(5), customer("", ""))]), None);
}
