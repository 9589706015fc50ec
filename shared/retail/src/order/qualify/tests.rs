use expect_test::{Expect, expect};

use super::*;
use crate::order::samples::{dec, settings};

fn facts(change: impl FnOnce(&mut OrderFacts<'static>)) -> OrderFacts<'static> {
    let mut facts = OrderFacts {
        id: OrderId(664),
        number: "WEB-001234",
        status: "processing",
        created: "2026-11-19T23:30:00Z".parse().unwrap(),
        currency: "NOK",
        shop_currency: "NOK",
        total_inc_tax: dec("100.00"),
        refunded_inc_tax: Decimal::ZERO,
        marked: false,
        known: false,
    };
    change(&mut facts);
    facts
}

fn said(settings: &OrderSettings, zone: &str, facts: &OrderFacts<'_>) -> String {
    let zone = TimeZone::get(zone).unwrap();
    let qualification = qualify(settings, &zone, facts);
    match qualification.waiting() {
        Some(waiting) => waiting.to_string(),
        None => format!("{qualification:?}"),
    }
}

fn check(
    change_settings: impl FnOnce(&mut OrderSettings),
    change: impl FnOnce(&mut OrderFacts<'static>),
    expected: Expect,
) {
    expected.assert_eq(&said(&settings(change_settings), "Europe/Oslo", &facts(change)));
}

#[test]
fn statuses() {
    let status = |status: &'static str, expected: Expect| check(|_| {}, |f| f.status = status, expected);
    status("processing", expect!["Taken(Shown(1234))"]);
    status("pending", expect!["NotYet"]);
    status("on-hold", expect!["NotYet"]);
    status("failed", expect!["NotYet"]);
    status("my-own", expect!["NotYet"]);
    status("checkout-draft", expect!["LeftAlone(NoOrder)"]);
    status("trash", expect!["LeftAlone(NoOrder)"]);
    status("completed", expect!["passed by: completed without ever having a status that is taken"]);
    status("cancelled", expect!["passed by: cancelled without ever having a status that is taken"]);
    status("refunded", expect!["passed by: refunded in full before it was taken"]);
    let custom = |s: &mut OrderSettings| s.retrieve_statuses = vec!["my-own".into(), "completed".into()];
    check(custom, |f| f.status = "my-own", expect!["Taken(Shown(1234))"]);
    check(custom, |f| f.status = "completed", expect!["Taken(Shown(1234))"]);
    check(custom, |f| f.status = "processing", expect!["NotYet"]);
    let never = |s: &mut OrderSettings| s.retrieve_statuses = vec!["checkout-draft".into(), "trash".into()];
    check(never, |f| f.status = "checkout-draft", expect!["LeftAlone(NoOrder)"]);
    check(never, |f| f.status = "trash", expect!["LeftAlone(NoOrder)"]);
}

#[test]
fn the_from_date_is_a_day_in_the_shops_zone() {
    let from = settings(|s| s.from_date = Some("2026-11-20".parse().unwrap()));
    let zone = |zone: &str, expected: Expect| expected.assert_eq(&said(&from, zone, &facts(|_| {})));
    zone("Europe/Oslo", expect!["Taken(Shown(1234))"]);
    zone("UTC", expect!["LeftAlone(BeforeDate)"]);
    zone("America/New_York", expect!["LeftAlone(BeforeDate)"]);
    // Whatever it would be otherwise.
    let from = |s: &mut OrderSettings| s.from_date = Some("2026-11-21".parse().unwrap());
    check(from, |f| f.status = "completed", expect!["LeftAlone(BeforeDate)"]);
    check(from, |f| f.marked = true, expect!["LeftAlone(BeforeDate)"]);
}

#[test]
fn the_from_number_is_the_shown_one() {
    let number = |number: &'static str, from: u64, expected: Expect| {
        check(|s| s.from_order_number = Some(from), |f| f.number = number, expected);
    };
    number("WEB-001234", 1234, expect!["Taken(Shown(1234))"]);
    number("WEB-001234", 1235, expect!["LeftAlone(BeforeNumber)"]);
    // Not the id, which is 664.
    number("100", 600, expect!["LeftAlone(BeforeNumber)"]);
    number("2026-0042", 20_260_000, expect!["Taken(Shown(20260042))"]);
    // No digits, or too many: the id.
    number("WEB", 664, expect!["Taken(Id(664))"]);
    number("", 665, expect!["LeftAlone(BeforeNumber)"]);
    number("99999999999999999999999", 1, expect!["Taken(Id(664))"]);
    // Both must hold.
    let both = |s: &mut OrderSettings| {
        s.from_order_number = Some(1);
        s.from_date = Some("2027-01-01".parse().unwrap());
    };
    check(both, |_| {}, expect!["LeftAlone(BeforeDate)"]);
}

#[test]
fn another_installations() {
    let expected = || {
        expect![
            "another installation's: it carries a marker, and this ledger has not taken it: another installation did, or this one before its store was restored"
        ]
    };
    check(|_| {}, |f| f.marked = true, expected());
    // It has been through the whole of its life there.
    check(|_| {}, |f| (f.marked, f.status) = (true, "completed"), expected());
    check(|_| {}, |f| (f.marked, f.status) = (true, "on-hold"), expected());
    check(|_| {}, |f| (f.marked, f.known) = (true, true), expect!["Known"]);
    check(|_| {}, |f| (f.status, f.known) = ("cancelled", true), expect!["Known"]);
}

#[test]
fn refunded_before_it_was_taken() {
    let full = || expect!["passed by: refunded in full before it was taken"];
    check(|_| {}, |f| f.refunded_inc_tax = dec("100"), full());
    check(|_| {}, |f| f.refunded_inc_tax = dec("99.99"), expect!["Taken(Shown(1234))"]);
    check(|s| s.retrieve_statuses.push("refunded".into()), |f| f.status = "refunded", full());
    check(|_| {}, |f| f.total_inc_tax = Decimal::ZERO, expect!["Taken(Shown(1234))"]);
}

#[test]
fn a_foreign_currency() {
    check(|_| {}, |f| f.currency = "SEK", expect!["foreign currency: it is in SEK, the shop sells in NOK"]);
    check(|_| {}, |f| f.currency = "nok", expect!["Taken(Shown(1234))"]);
    check(|_| {}, |f| (f.currency, f.status) = ("SEK", "pending"), expect!["NotYet"]);
}
