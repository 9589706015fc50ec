use super::*;
use crate::order::samples::order;

fn check(change: impl FnOnce(&mut WebOrder), cases: &[(&str, &str)]) {
    let order = order(change);
    let private = order.private();
    for (said, kept) in cases {
        let hidden = private.hide(said);
        assert_eq!(hidden, *kept, "{said}");
        assert_eq!(private.hide(&hidden), hidden, "once is enough: {said}");
    }
}

#[test]
fn names_places_and_addresses() {
    check(
        |_| {},
        &[
            ("kunden KUNDE@example.test (ødegård) finnes", "kunden … (…) finnes"),
            ("Kåre Ødegård, Storgata 9, 8006 Bodø", "… …, …, … …"),
            ("i STORGATA, og i storgata 91", "i …, og i … 91"),
            ("postnummer 8006 er ukjent", "postnummer … er ukjent"),
            ("ugyldig ordre 1042", "ugyldig ordre 1042"),
            ("", ""),
        ],
    );
}

#[test]
fn a_word_is_known_whole() {
    check(
        |order| {
            order.billing.first_name = "Bo".to_owned();
            order.billing.last_name = "Order".to_owned();
            order.billing.city = "Å".to_owned();
            order.billing.address = "Gate 2".to_owned();
        },
        &[
            ("Bo bor i Bodø", "… bor i Bodø"),
            ("reordered, orders", "reordered, orders"),
            ("å gå", "å gå"),
            ("Gate 2, Gate 22, gate", "…, Gate 22, gate"),
        ],
    );
}

#[test]
fn a_number_that_is_no_postcode() {
    check(
        |_| {},
        &[
            (
                "the shop has 8006.50, Loomis Pay would have 8006,00",
                "the shop has 8006.50, Loomis Pay would have 8006,00",
            ),
            ("1.8006 and 80060 and A8006", "1.8006 and 80060 and A8006"),
            ("in 8006, or 8006.", "in …, or …."),
        ],
    );
    check(|order| order.billing.zip = "123 45".to_owned(), &[("123 45 or 12345, 1234 5", "… or …, 1234 5")]);
    check(|order| order.billing.zip = "SW1A 1AA".to_owned(), &[("to sw1a 1aa or SW1A1AA", "to … or …")]);
}

#[test]
fn a_phone_however_it_is_written() {
    check(
        |_| {},
        &[
            ("tlf 90000000", "tlf …"),
            ("tlf +4790000000, finnes", "tlf …, finnes"),
            ("0047 900 00 000 og (+47) 90 00 00 00", "… og (…"),
            ("900-00-000 stk 2", "… stk 2"),
            ("190000000 og 900000001", "190000000 og 900000001"),
            ("A90000000", "A90000000"),
        ],
    );
    check(
        |order| {
            order.billing.country = "SE".to_owned();
            order.billing.phone = "+46 70-123 45 67".to_owned();
        },
        &[("0701234567, 070-123 45 67, +46 (0)70 1234567", "…, …, …")],
    );
    // Elsewhere it is known as it was written.
    check(
        |order| {
            order.shipping.country = "DE".to_owned();
            order.shipping.phone = "030 1234-567".to_owned();
        },
        &[("0301234567 und 030/1234567", "… und …")],
    );
}

#[test]
fn what_the_customer_wrote() {
    check(
        |order| order.customer_note = "Ring på døra, 2. etg.\nTakk".to_owned(),
        &[("comments too long: Ring på døra, 2. etg. Takk", "comments too long: …. Takk")],
    );
}
