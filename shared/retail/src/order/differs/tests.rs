use expect_test::{Expect, expect};

use super::*;
use crate::order::{
    RefundRef,
    samples::{dec, extra, line, recorded},
};

fn check(change: impl FnOnce(&mut WebOrder), expected: Expect) {
    let mut order = recorded();
    let taken = Fingerprint::of(&order);
    change(&mut order);
    let returned = BTreeSet::from([RefundId(1)]);
    let said: Vec<String> = differences(&taken, &order, &returned).iter().map(Waiting::to_string).collect();
    expected.assert_eq(&said.join("\n"));
}

fn refunded(order: &mut WebOrder, id: u64, amount: &str) {
    order.refunds.push(RefundRef { id: RefundId(id), amount_inc_tax: dec(amount) });
}

#[test]
fn what_is_no_difference() {
    check(|_| {}, expect![""]);
    check(|o| o.status = "completed".to_owned(), expect![""]);
    check(|o| o.customer_note.clear(), expect![""]);
    check(|o| o.total_inc_tax = dec("12493.2600"), expect![""]);
    // The shop deleted the product since.
    check(|o| o.lines[0].product = None, expect![""]);
    check(|o| refunded(o, 1, "13.44"), expect![""]);
}

#[test]
fn edited() {
    check(|o| o.lines[0].quantity = dec("2"), expect!["edited: line 1 quantity 3 -> 2"]);
    check(
        |o| (o.lines[0].total_ex_tax, o.total_inc_tax) = (dec("30.00"), dec("12487.26")),
        expect!["edited: total 12493.26 -> 12487.26, line 1 amount 40.32 -> 34.32"],
    );
    check(|o| drop(o.lines.remove(1)), expect!["edited: line 2 removed"]);
    check(|o| o.lines.push(line(9, "1", "8.00", &[])), expect!["edited: line 9 added"]);
    check(|o| o.lines[0].product = Some(ShopId(5)), expect!["edited: line 1 another product"]);
    check(|o| o.fees.push(extra(9, "Fee", "8.00", &[])), expect!["edited: line 9 amount 0 -> 8"]);
    check(|o| o.shipping_lines.clear(), expect!["edited: line 6 amount 79.2 -> 0"]);
}

#[test]
fn cancelled_or_refunded() {
    check(|o| o.status = "cancelled".to_owned(), expect!["cancelled: after it was taken"]);
    check(|o| o.status = "trash".to_owned(), expect!["cancelled: put in the bin after it was taken"]);
    check(|o| refunded(o, 2, "13.44"), expect!["refunded: in part, 13.44, and no return sale says so"]);
    check(|o| refunded(o, 2, "12493.26"), expect!["refunded: in full, 12493.26, and no return sale says so"]);
    check(
        |o| {
            o.status = "cancelled".to_owned();
            refunded(o, 2, "13.44");
            o.lines[0].quantity = dec("2");
        },
        expect![[r#"
            cancelled: after it was taken
            edited: line 1 quantity 3 -> 2
            refunded: in part, 13.44, and no return sale says so"#]],
    );
}

#[test]
fn a_fingerprint_is_kept_and_knows_no_customer() {
    let order = recorded();
    let taken = Fingerprint::of(&order);
    let stored = serde_json::to_string(&taken).unwrap();
    assert_eq!(serde_json::from_str::<Fingerprint>(&stored).unwrap(), taken);
    for theirs in [&order.billing.last_name, &order.billing.email, &order.billing.zip, &order.customer_note] {
        assert!(!stored.contains(theirs.as_str()));
    }
}

#[test]
fn what_was_bought_whatever_was_edited() {
    let mut order = recorded();
    let taken = Fingerprint::of(&order);
    order.lines[0].quantity = dec("9");
    order.lines[1].product = Some(ShopId(7));
    order.lines.remove(2);
    order.lines[2].product = None;
    order.lines.push(line(77, "4", "80", &[]));
    let bought = taken.bought(&order);
    let told: Vec<String> = bought
        .iter()
        .map(|line| {
            let product = line.product.map_or("none".to_owned(), |id| id.to_string());
            format!("{} x{} of {product} {:?}", line.id, line.quantity, line.sku)
        })
        .collect();
    let expected = expect![[r#"
        1 x3 of 101 "S-1"
        2 x1 of 102 ""
        3 x3 of 103 ""
        4 x2 of 104 "S-4"
        5 x1 of 105 "S-5""#]];
    expected.assert_eq(&told.join("\n"));
}
