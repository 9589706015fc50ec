use super::*;
use crate::order::{
    qualify::{Compared, LeftAlone, Passed},
    samples::dec,
    waiting::Waiting,
};

fn line(of: Option<u64>, quantity: &str) -> HoldingLine {
    HoldingLine {
        stock_of: of.map(ShopId),
        quantity: dec(quantity),
        put_back: Decimal::ZERO,
        deducted: false,
    }
}

fn holding(status: &str, standing: Standing, lines: Vec<HoldingLine>) -> Holding {
    Holding { status: status.to_owned(), standing, lines }
}

fn check(orders: &[Holding], expected: &[(u64, &str)]) {
    let expected: BTreeMap<ShopId, Decimal> =
        expected.iter().map(|(id, quantity)| (ShopId(*id), dec(quantity))).collect();
    assert_eq!(held(orders, &["processing".to_owned(), "packed".to_owned()]), expected);
}

#[test]
fn what_loomis_pay_does_not_know_yet() {
    use Standing::{Known, Never, OnItsWay};
    let two = |status, standing| holding(status, standing, vec![line(Some(7), "2")]);
    for status in ["processing", "on-hold", "completed", "packed"] {
        check(&[two(status, OnItsWay)], &[(7, "2")]);
        check(&[two(status, Known)], &[]);
        check(&[two(status, Never)], &[]);
    }
    for status in ["pending", "cancelled", "refunded", "failed", "own"] {
        check(&[two(status, OnItsWay)], &[]);
    }
    check(&[two("processing", OnItsWay), two("on-hold", OnItsWay), two("processing", Known)], &[(7, "4")]);
}

#[test]
fn line_by_line() {
    let mut deducted = line(Some(7), "2");
    deducted.deducted = true;
    let mut put_back = line(Some(8), "3");
    put_back.put_back = dec("1");
    let mut all_back = line(Some(9), "3");
    all_back.put_back = dec("3");
    let lines = vec![deducted, put_back, all_back, line(None, "5"), line(Some(8), "0.5")];
    check(&[holding("processing", Standing::OnItsWay, lines)], &[(8, "2.5")]);
}

#[test]
fn where_an_order_stands() {
    let held = |reason| Qualification::Held(Waiting::new(reason, ""));
    for (qualification, standing) in [
        (Qualification::Taken(Compared::Id(1)), Standing::OnItsWay),
        (Qualification::NotYet, Standing::OnItsWay),
        (Qualification::Known, Standing::Known),
        (Qualification::LeftAlone(LeftAlone::BeforeDate), Standing::Never),
        (Qualification::PassedBy(Passed::Completed), Standing::Never),
        (held(Reason::ForeignCurrency), Standing::Never),
        (held(Reason::AnotherInstallation), Standing::Known),
        (held(Reason::UnequalTotals), Standing::OnItsWay),
    ] {
        assert_eq!(Standing::of(&qualification), standing, "{qualification:?}");
    }
}
