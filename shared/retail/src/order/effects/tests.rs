mod table;

use expect_test::{Expect, expect};

use super::*;
use crate::order::{
    RefundLine,
    samples::{dec, line, settings},
};

fn lines() -> Vec<Deductible> {
    let line = |line, number: &str, unique, quantity| Deductible {
        line,
        number: number.to_owned(),
        unique,
        quantity: dec(quantity),
    };
    vec![line(1, "A-1", true, "2"), line(2, "B-2", true, "1.5")]
}

fn told(effect: &Effect) -> String {
    let key = effect.key();
    match effect {
        Effect::CustomerOrder { may_be_unlocked: true } => format!("{key} (may be unlocked)"),
        Effect::Sale { separate_voucher, linked } => {
            let voucher = if *separate_voucher { "own voucher" } else { "same voucher" };
            format!("{key} ({voucher}{})", if *linked { ", linked" } else { "" })
        }
        Effect::Deduction(stock) | Effect::Restock { back: stock, .. } => {
            format!("{key} ({} of {})", stock.quantity, stock.number)
        }
        _ => key,
    }
}

/// A refund of one of the first line, put back on the shelf.
fn refund(id: u64, line_id: u64, quantity: &str, restocked: Option<bool>) -> Refund {
    Refund {
        id: RefundId(id),
        created: "2026-11-24T12:00:00Z".parse().unwrap(),
        amount_inc_tax: dec("100"),
        lines: vec![RefundLine {
            of_line: Some(line_id),
            line: line(line_id + 300, quantity, "80", &[("25", "20")]),
            restocked,
        }],
        shipping_lines: Vec::new(),
        fees: Vec::new(),
    }
}

fn since<'a>(refunds: &'a [Refund], restocked: &'a BTreeMap<u64, Decimal>, cancelled: bool) -> Since<'a> {
    Since { refunds, restocked, cancelled }
}

/// The ledger after these effects.
fn done(effects: &[Effect]) -> Done {
    let mut done = Done::default();
    for effect in effects {
        match effect {
            Effect::CustomerOrder { .. } => {}
            Effect::Sale { .. } => done.sale = true,
            Effect::Deduction(stock) => done.deducted.push(stock.clone()),
            Effect::Return(id) => {
                done.returned.insert(*id);
            }
            Effect::Restock { back, .. } => {
                done.restocked.insert(effect.key(), back.clone());
            }
        }
    }
    done
}

#[test]
fn what_is_still_wanted_of_an_order_that_moved_on() {
    let stock = |line, quantity| StockMove { line, number: String::new(), quantity: dec(quantity) };
    let effects = [
        Effect::CustomerOrder { may_be_unlocked: false },
        Effect::Sale { separate_voucher: true, linked: true },
        Effect::Deduction(stock(1, "3")),
        Effect::Deduction(stock(2, "3")),
        Effect::Deduction(stock(9, "1")),
    ];
    let mut order = crate::order::samples::order(|order| {
        order.lines = vec![line(1, "3", "80", &[]), line(2, "3", "80", &[])];
    });
    order.lines[0].put_back = dec("2");
    order.lines[1].put_back = dec("3");
    for (status, wanted) in [
        ("processing", "order sale deduct#1 deduct#2 deduct#9"),
        ("completed", "order sale deduct#1 deduct#2 deduct#9"),
        // Money back; of the second line nothing left the shop in the end.
        ("refunded", "deduct#1 deduct#9"),
        ("cancelled", ""),
        ("failed", ""),
        ("trash", ""),
    ] {
        order.status = status.to_owned();
        let keys: Vec<String> =
            effects.iter().filter(|effect| is_wanted(effect, &order)).map(Effect::key).collect();
        assert_eq!(keys.join(" "), wanted, "{status}");
    }
}

/// Taken with these settings; then, all of it done, a refund of one piece that was put back.
fn row(change: impl FnOnce(&mut OrderSettings), method: &str, paid: bool, refunded: bool) -> String {
    let settings = settings(|s| {
        s.pay_in_store_methods = vec!["cod".to_owned()];
        change(s);
    });
    let taking = taking(&settings, method, paid, &lines());
    let mut said: Vec<String> = taking
        .steps
        .iter()
        .map(|step| match &step.waits {
            None => told(&step.effect),
            Some(waiting) => format!("[{}] {}", waiting.reason, told(&step.effect)),
        })
        .collect();
    if refunded {
        let ready: Vec<Effect> = taking.ready().cloned().collect();
        let refunds = [refund(9, 1, "1", Some(true))];
        let after = afterwards(&settings, &done(&ready), since(&refunds, &BTreeMap::new(), false));
        said.push("then".to_owned());
        said.extend(after.iter().map(told));
    }
    said.join(", ")
}

/// The decision table of `SETTINGS.md` × paid in the store × paid or not × refunded or not.
#[test]
fn the_decision_table() {
    let rows = [
        ("order", Effects::CustomerOrder { sale: None }),
        ("order, sale", Effects::CustomerOrder { sale: Some(Voucher::Separate) }),
        ("sale", Effects::Sale { voucher: Voucher::Same, deduct: false }),
        ("sale, deduct", Effects::Sale { voucher: Voucher::Separate, deduct: true }),
        ("deduct", Effects::Deduction),
    ];
    let mut table = String::new();
    for (name, effects) in rows {
        for (method, place) in [("bacs", "web"), ("cod", "store")] {
            for paid in [true, false] {
                for refunded in [false, true] {
                    let state = format!(
                        "{name} | {place} | {} | {}",
                        if paid { "paid" } else { "unpaid" },
                        if refunded { "refunded" } else { "kept" }
                    );
                    let said = row(|s| s.effects = effects, method, paid, refunded);
                    table += &format!("{state:<40} => {said}\n");
                }
            }
        }
    }
    expect![[r#"
        order | web | paid | kept                => order
        order | web | paid | refunded            => order, then
        order | web | unpaid | kept              => order
        order | web | unpaid | refunded          => order, then
        order | store | paid | kept              => order (may be unlocked)
        order | store | paid | refunded          => order (may be unlocked), then
        order | store | unpaid | kept            => order (may be unlocked)
        order | store | unpaid | refunded        => order (may be unlocked), then
        order, sale | web | paid | kept          => order, sale (own voucher, linked)
        order, sale | web | paid | refunded      => order, sale (own voucher, linked), then, refund#9
        order, sale | web | unpaid | kept        => order, [unpaid] sale (own voucher, linked)
        order, sale | web | unpaid | refunded    => order, [unpaid] sale (own voucher, linked), then
        order, sale | store | paid | kept        => order (may be unlocked)
        order, sale | store | paid | refunded    => order (may be unlocked), then
        order, sale | store | unpaid | kept      => order (may be unlocked)
        order, sale | store | unpaid | refunded  => order (may be unlocked), then
        sale | web | paid | kept                 => sale (same voucher)
        sale | web | paid | refunded             => sale (same voucher), then, refund#9
        sale | web | unpaid | kept               => [unpaid] sale (same voucher)
        sale | web | unpaid | refunded           => [unpaid] sale (same voucher), then
        sale | store | paid | kept               => order (may be unlocked)
        sale | store | paid | refunded           => order (may be unlocked), then
        sale | store | unpaid | kept             => order (may be unlocked)
        sale | store | unpaid | refunded         => order (may be unlocked), then
        sale, deduct | web | paid | kept         => sale (own voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
        sale, deduct | web | paid | refunded     => sale (own voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2), then, refund#9, restock#9#1 (1 of A-1)
        sale, deduct | web | unpaid | kept       => [unpaid] sale (own voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
        sale, deduct | web | unpaid | refunded   => [unpaid] sale (own voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2), then
        sale, deduct | store | paid | kept       => order (may be unlocked)
        sale, deduct | store | paid | refunded   => order (may be unlocked), then
        sale, deduct | store | unpaid | kept     => order (may be unlocked)
        sale, deduct | store | unpaid | refunded => order (may be unlocked), then
        deduct | web | paid | kept               => deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
        deduct | web | paid | refunded           => deduct#1 (2 of A-1), deduct#2 (1.5 of B-2), then, restock#9#1 (1 of A-1)
        deduct | web | unpaid | kept             => deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
        deduct | web | unpaid | refunded         => deduct#1 (2 of A-1), deduct#2 (1.5 of B-2), then, restock#9#1 (1 of A-1)
        deduct | store | paid | kept             => order (may be unlocked)
        deduct | store | paid | refunded         => order (may be unlocked), then
        deduct | store | unpaid | kept           => order (may be unlocked)
        deduct | store | unpaid | refunded       => order (may be unlocked), then
    "#]].assert_eq(&table);
}

#[test]
fn unlocking() {
    let check = |change: fn(&mut OrderSettings), expected: Expect| {
        expected.assert_eq(&row(change, "bacs", true, false));
    };
    check(|s| s.allow_unlocking = true, expect!["order (may be unlocked)"]);
    // Never a sale by us, whatever is said.
    let both = |s: &mut OrderSettings| {
        s.allow_unlocking = true;
        s.effects = Effects::CustomerOrder { sale: Some(Voucher::Same) };
    };
    check(both, expect!["order (may be unlocked)"]);
}

#[test]
fn refunds_off_keeps_the_stock_right() {
    let off = |s: &mut OrderSettings| {
        s.refunds = false;
        s.effects = Effects::Sale { voucher: Voucher::Same, deduct: true };
    };
    expect!["sale (same voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2), then, restock#9#1 (1 of A-1)"]
        .assert_eq(&row(off, "bacs", true, true));
}

#[test]
fn a_line_that_can_not_be_deducted_is_refused() {
    let mut lines = lines();
    lines.push(Deductible { line: 3, number: "  ".to_owned(), unique: true, quantity: dec("1") });
    lines.push(Deductible { line: 4, number: "C".to_owned(), unique: false, quantity: dec("1") });
    lines.push(Deductible { line: 5, number: "D".to_owned(), unique: true, quantity: dec("0") });
    let steps = taking(&settings(|s| s.effects = Effects::Deduction), "bacs", true, &lines);
    let keys: Vec<String> = steps.ready().map(Effect::key).collect();
    assert_eq!(keys, ["deduct#1", "deduct#2"]);
    let refused: String = steps.refused.iter().map(|(line, why)| format!("{line}: {why}\n")).collect();
    expect![[r#"
        3: not deductible: its product has no number in Loomis Pay
        4: not deductible: several products in Loomis Pay have the number C
        5: not deductible: a quantity of 0
    "#]]
    .assert_eq(&refused);
}

#[test]
fn what_waits_stops_what_comes_after() {
    let effects = Effects::Sale { voucher: Voucher::Same, deduct: true };
    let steps = taking(&settings(|s| s.effects = effects), "bacs", false, &lines());
    assert_eq!((steps.ready().count(), steps.steps.len()), (0, 3));
    assert_eq!(steps.waits().map(|waiting| waiting.reason), Some(Reason::Unpaid));
}

#[test]
fn lines_are_added_back_once_and_never_beyond() {
    let settings = settings(|s| s.effects = Effects::Deduction);
    let mut effects: Vec<Effect> = taking(&settings, "bacs", true, &lines()).ready().cloned().collect();
    let mut after = |refunds: &[Refund], restocked: &[(u64, &str)], cancelled, expected: Expect| {
        let restocked = restocked.iter().map(|(line, quantity)| (*line, dec(quantity))).collect();
        let more = afterwards(&settings, &done(&effects), since(refunds, &restocked, cancelled));
        expected.assert_eq(&more.iter().map(told).collect::<Vec<_>>().join(", "));
        effects.extend(more);
    };
    let refunds = [refund(9, 1, "1", Some(true)), refund(8, 2, "1", None), refund(7, 7, "1", Some(true))];
    after(&refunds, &[], false, expect!["restock#9#1 (1 of A-1)"]);
    // Again: nothing.
    after(&refunds, &[], false, expect![""]);
    // The shop says on the order's line that one of the second came back as well.
    after(&refunds, &[(2, "1")], false, expect!["restock#8#2 (1 of B-2)"]);
    after(&refunds, &[(1, "1"), (2, "1")], false, expect![""]);
    // Cancelled: the rest, once.
    after(&refunds, &[], true, expect!["restock#cancelled#1 (1 of A-1), restock#cancelled#2 (0.5 of B-2)"]);
    after(&refunds, &[(1, "9"), (2, "9")], true, expect![""]);
}
