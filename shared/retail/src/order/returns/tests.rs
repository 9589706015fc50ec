use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::order::{RefundId, samples::*};

fn refund(id: u64, amount: &str, change: impl FnOnce(&mut Refund)) -> Refund {
    let mut refund = Refund {
        id: RefundId(id),
        created: "2026-11-24T12:00:00Z".parse().unwrap(),
        amount_inc_tax: dec(amount),
        lines: Vec::new(),
        shipping_lines: Vec::new(),
        fees: Vec::new(),
    };
    change(&mut refund);
    refund
}

fn given(of_line: u64, quantity: &str, net: &str, taxes: &[(&str, &str)]) -> RefundLine {
    let line = line(of_line, quantity, net, taxes);
    RefundLine { of_line: Some(of_line), line, restocked: None }
}

/// These refunds of an order, one after the other, and what is left.
fn check(order: &WebOrder, refunds: &[Refund], expected: Expect) {
    let mut balance = Balance::booked(&mapping::draft(order, &TERMS, &goods()).unwrap());
    let mut said = String::new();
    for refund in refunds {
        match returning(order, refund, &TERMS, &goods(), &balance) {
            Ok(None) => said += "nothing\n",
            Err(waiting) => said += &format!("{waiting}\n"),
            Ok(Some(draft)) => {
                assert_eq!(-draft.total_inc_vat(), refund.amount_inc_tax);
                balance.take(&draft);
                said += &told(&draft.lines);
            }
        }
        said += &format!("left {}\n", balance.left());
    }
    expected.assert_eq(&said);
}

/// 3 for 100.00 at 25 %, 2 for 115.00 at 15 %, shipping at 25 %.
fn two_rates() -> WebOrder {
    totalled(order(|o| {
        o.lines = vec![line(1, "3", "80.00", &[("25", "20.00")]), line(2, "2", "100.00", &[("15", "15.00")])];
        o.shipping_lines = vec![extra(3, "Posten", "40.00", &[("25", "10.00")])];
    }))
}

#[test]
fn the_recorded_refund() {
    let lines = vec![given(1, "1", "12.00", &[("12", "1.44")])];
    let order = recorded();
    let refund = refund(727, "13.44", |r| r.lines = lines);
    check(
        &order,
        std::slice::from_ref(&refund),
        expect![[r#"
        #1: -1 x 14.93 less 1.49 at 12 %, 13.33 without
        left 12479.82
    "#]],
    );
    let balance = Balance::booked(&mapping::draft(&order, &TERMS, &goods()).unwrap());
    let draft = returning(&order, &refund, &TERMS, &goods(), &balance).unwrap().unwrap();
    assert_eq!(draft.reference_comment, "woo:1:664:refund:727");
    assert_eq!(draft.reference, 664);
}

#[test]
fn with_lines_and_shipping() {
    let lines =
        || vec![given(1, "2", "53.33", &[("25", "13.33")]), given(2, "1", "50.00", &[("15", "7.50")])];
    let shipping = || vec![extra(9, "Posten", "40.00", &[("25", "10.00")])];
    check(
        &two_rates(),
        &[refund(1, "174.16", |r| (r.lines, r.shipping_lines) = (lines(), shipping()))],
        expect![[r#"
            #1: -2 x 33.33 at 25 %, 26.66 without
            #2: -1 x 57.50 at 15 %, 50.00 without
            SHIPPING: -1 x 50.00 at 25 %, 40.00 without (Posten)
            left 90.84
        "#]],
    );
    // An amount beyond the lines.
    check(
        &two_rates(),
        &[refund(1, "134.16", |r| r.lines = lines())],
        expect![[r#"
        #1: -2 x 33.33 at 25 %, 26.66 without
        #2: -1 x 57.50 at 15 %, 50.00 without
        REFUND: -1 x 4.08 at 15 %, 3.55 without (Refund)
        REFUND: -1 x 5.92 at 25 %, 4.74 without (Refund)
        left 130.84
    "#]],
    );
    // Lines beyond the amount.
    check(
        &two_rates(),
        &[refund(1, "100.00", |r| r.lines = lines())],
        expect![[r#"
        totals differ: the shop has 100.00, Loomis Pay would have 124.16
        left 265.00
    "#]],
    );
}

#[test]
fn an_amount_without_lines() {
    check(
        &two_rates(),
        &[refund(1, "100.00", |_| {}), refund(2, "165.00", |_| {})],
        expect![[r#"
        REFUND: -1 x 43.40 at 15 %, 37.74 without (Refund)
        REFUND: -1 x 56.60 at 25 %, 45.28 without (Refund)
        left 165.00
        REFUND: -1 x 71.60 at 15 %, 62.26 without (Refund)
        REFUND: -1 x 93.40 at 25 %, 74.72 without (Refund)
        left 0.00
    "#]],
    );
    check(
        &two_rates(),
        &[refund(1, "265.00", |_| {})],
        expect![[r#"
        REFUND: -1 x 115.00 at 15 %, 100.00 without (Refund)
        REFUND: -1 x 150.00 at 25 %, 120.00 without (Refund)
        left 0.00
    "#]],
    );
    check(
        &two_rates(),
        &[refund(1, "265.01", |_| {})],
        expect![[r#"
        refund too large: the shop gave back 265.01, 265.00 is left of what was booked
        left 265.00
    "#]],
    );
    check(
        &two_rates(),
        &[refund(1, "0.00", |_| {})],
        expect![[r#"
        nothing
        left 265.00
    "#]],
    );
    check(
        &two_rates(),
        &[refund(1, "10.005", |_| {})],
        expect![[r#"
        totals differ: the shop has 10.005, Loomis Pay would have 0.00
        left 265.00
    "#]],
    );
    // Money only, on a line.
    let money = vec![given(2, "0", "10.00", &[("15", "1.50")])];
    check(
        &two_rates(),
        &[refund(1, "11.50", |r| r.lines = money)],
        expect![[r#"
        REFUND: -1 x 11.50 at 15 %, 10.00 without (Cup 2)
        left 253.50
    "#]],
    );
}

#[test]
fn a_rate_gives_back_no_more_than_it_has() {
    let all_of_one = || vec![given(2, "2", "100.00", &[("15", "15.00")])];
    check(
        &two_rates(),
        &[
            refund(1, "100.00", |_| {}),
            refund(2, "115.00", |r| r.lines = all_of_one()),
            refund(3, "115.00", |r| r.lines = all_of_one()),
            refund(4, "50.00", |_| {}),
        ],
        expect![[r#"
            REFUND: -1 x 43.40 at 15 %, 37.74 without (Refund)
            REFUND: -1 x 56.60 at 25 %, 45.28 without (Refund)
            left 165.00
            #2: -2 x 35.80 at 15 %, 31.13 without
            REFUND: -1 x 43.40 at 25 %, 34.72 without (Refund)
            left 50.00
            refund too large: the shop gave back 115.00, 50.00 is left of what was booked
            left 50.00
            REFUND: -1 x 50.00 at 25 %, 40.00 without (Refund)
            left 0.00
        "#]],
    );
}

#[test]
fn a_negative_fee_gives_less_back() {
    let order = totalled(order(|o| {
        o.lines = vec![line(1, "1", "80.00", &[("25", "20.00")])];
        o.fees = vec![extra(2, "Gift card", "-30.00", &[])];
    }));
    check(
        &order,
        &[refund(1, "70.00", |_| {})],
        expect![[r#"
        REFUND: 1 x 30.00 at 0 %, 30.00 without (Refund)
        REFUND: -1 x 100.00 at 25 %, 80.00 without (Refund)
        left 0.00
    "#]],
    );
    let both = refund(1, "70.00", |r| {
        r.lines = vec![given(1, "1", "80.00", &[("25", "20.00")])];
        r.fees = vec![extra(9, "Gift card", "30.00", &[])];
    });
    check(
        &order,
        &[both],
        expect![[r#"
        #1: -1 x 100.00 at 25 %, 80.00 without
        FEE: 1 x 30.00 at 0 %, 30.00 without (Gift card)
        left 0.00
    "#]],
    );
}

#[test]
fn a_product_that_is_gone_waits_for_nobody() {
    let mut order = two_rates();
    let refund = refund(1, "57.50", |r| r.lines = vec![given(2, "1", "50.00", &[("15", "7.50")])]);
    let balance = Balance::booked(&mapping::draft(&order, &TERMS, &goods()).unwrap());
    order.lines[1].product = None;
    let draft = returning(&order, &refund, &TERMS, &goods(), &balance).unwrap().unwrap();
    expect![[r#"
        REFUND: -1 x 57.50 at 15 %, 50.00 without (Cup 2)
    "#]]
    .assert_eq(&told(&draft.lines));
}

#[test]
fn a_discount_stays_positive_per_unit() {
    let order = totalled(order(|o| {
        o.lines = vec![discounted(line(1, "2", "80.00", &[("25", "20.00")]), "160.00", "40.00")];
    }));
    let lines = vec![given(1, "1", "40.00", &[("25", "10.00")])];
    check(
        &order,
        &[refund(1, "50.00", |r| r.lines = lines)],
        expect![[r#"
        #1: -1 x 100.00 less 50.00 at 25 %, 80.00 without
        left 50.00
    "#]],
    );
}

#[test]
fn the_balance_is_kept() {
    let balance = Balance::booked(&mapping::draft(&two_rates(), &TERMS, &goods()).unwrap());
    let stored = serde_json::to_string(&balance).unwrap();
    expect![[r#"{"15":"115.00","25":"150.00"}"#]].assert_eq(&stored);
    assert_eq!(serde_json::from_str::<Balance>(&stored).unwrap(), balance);
}

proptest! {
    /// Whatever is refunded in whatever order: each return comes to its refund, and no rate gives back more than it booked.
    #[test]
    fn no_row_of_refunds_gives_back_more_than_was_booked(
        prices in proptest::collection::vec((1_i64..50_000, 1_i64..5, 0_usize..5), 1..5),
        fee in -3_000_i64..3_000,
        refunds in proptest::collection::vec((0_u32..=1_000, proptest::option::of((0_usize..5, 1_i64..5))), 1..8),
    ) {
        let percents = ["25", "15", "12", "11.11", "0"];
        let taxed = |net: i64, at: usize| {
            let net = Decimal::new(net, 2);
            let tax = money::amount_of(money::ore(net * dec(percents[at]) / Decimal::ONE_HUNDRED).unwrap());
            (net.to_string(), tax.to_string())
        };
        let order = totalled(order(|o| {
            o.lines = (1..).zip(&prices).map(|(id, (net, quantity, at))| {
                let (net, tax) = taxed(net * quantity, *at);
                line(id, &quantity.to_string(), &net, &[(percents[*at], &tax)])
            }).collect();
            let (net, tax) = taxed(fee, 0);
            o.fees = vec![extra(30, "Fee", &net, &[("25", &tax)])];
        }));
        if order.total_inc_tax <= Decimal::ZERO {
            return Ok(());
        }
        let booked = Balance::booked(&mapping::draft(&order, &TERMS, &goods()).unwrap());
        let mut left = booked.clone();
        for (id, (share, of)) in (1..).zip(&refunds) {
            let mut asked = refund(id, "0", |_| {});
            if let Some((at, quantity)) = of {
                let at = at % prices.len();
                let (net, sold, percent) = prices[at];
                let quantity = sold.min(*quantity);
                let (net, tax) = taxed(net * quantity, percent);
                let back = given(at as u64 + 1, &quantity.to_string(), &net, &[(percents[percent], &tax)]);
                asked.amount_inc_tax = back.line.total_ex_tax + back.line.total_tax;
                asked.lines = vec![back];
            }
            asked.amount_inc_tax += (left.left() * Decimal::from(*share) / dec("1000")).round_dp(2);
            let before = left.left();
            match returning(&order, &asked, &TERMS, &goods(), &left) {
                Ok(None) => prop_assert!(asked.amount_inc_tax.is_zero()),
                Ok(Some(draft)) => {
                    prop_assert_eq!(-draft.total_inc_vat(), asked.amount_inc_tax);
                    left.take(&draft);
                    prop_assert_eq!(left.left(), before - asked.amount_inc_tax);
                }
                Err(waiting) => {
                    prop_assert_eq!(waiting.reason, Reason::RefundTooLarge);
                    prop_assert!(asked.amount_inc_tax > before, "{waiting}");
                }
            }
            for (percent, booked) in booked.by_rate() {
                let left = left.by_rate().find(|(rate, _)| *rate == percent).unwrap().1;
                prop_assert!(left.abs() <= booked.abs() && left * booked >= Decimal::ZERO, "{percent} %: {left} of {booked}");
            }
        }
    }
}
