//! The decision table of `SETTINGS.md`, *Orders*, from the merchant's words on: every legal and illegal row × paid in the store ×
//! paid or not × kept, refunded in part, refunded in full and put back on the shelf.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::settings::{DepartmentRecord, read};

/// What a merchant switches on: create_customer_order, bookkeeping, deduct_from_stock.
fn record(customer_order: bool, bookkeeping: &str, deduct: bool) -> Value {
    json!({
        "department_id": "1", "client_number": "012345", "shop": {"url": "www.domene.no"},
        "orders": {
            "enabled": true, "create_customer_order": customer_order, "bookkeeping": bookkeeping,
            "deduct_from_stock": deduct, "pay_in_store_methods": ["cod"],
        }
    })
}

/// The settings of a record, or the field that refuses it.
fn checked(record: Value) -> Result<OrderSettings, String> {
    let checked = read::<DepartmentRecord>(record).and_then(|record| record.check());
    let (settings, _) = checked.map_err(|fault| format!("refused: {}", fault.field))?;
    Ok(settings.orders.unwrap())
}

/// One of two pieces came back, or all there was.
fn refunds(what: &str) -> Vec<Refund> {
    match what {
        "kept" => Vec::new(),
        "part" => vec![refund(9, 1, "1", Some(true))],
        _ => vec![refund(9, 1, "2", Some(true)), refund(10, 2, "1.5", Some(true))],
    }
}

/// What happens when it is taken, and what follows once all that may be sent is done.
fn comes_to(settings: &OrderSettings, method: &str, paid: bool, refunded: &str) -> String {
    let steps = taking(settings, method, paid, &lines());
    let said = steps.steps.iter().map(|step| match &step.waits {
        None => told(&step.effect),
        Some(waiting) => format!("[{}] {}", waiting.reason, told(&step.effect)),
    });
    let said: Vec<String> = said.collect();
    let ready: Vec<Effect> = steps.ready().cloned().collect();
    let refunds = refunds(refunded);
    let after = afterwards(settings, &done(&ready), since(&refunds, &BTreeMap::new(), false));
    let after: Vec<String> = after.iter().map(told).collect();
    let then = if after.is_empty() { String::new() } else { format!("; then {}", after.join(", ")) };
    said.join(", ") + &then
}

#[test]
fn every_row_by_payment_and_refund() {
    let on = |yes| if yes { "on" } else { "off" };
    let mut table = String::new();
    for customer_order in [true, false] {
        for bookkeeping in ["off", "separate", "same_voucher"] {
            for deduct in [false, true] {
                table += &format!("{} {bookkeeping} {}\n", on(customer_order), on(deduct));
                let settings = match checked(record(customer_order, bookkeeping, deduct)) {
                    Ok(settings) => settings,
                    Err(refused) => {
                        table += &format!("  {refused}\n");
                        continue;
                    }
                };
                for (method, place) in [("vipps", "web"), ("cod", "store")] {
                    for (paid, state) in [(true, "paid"), (false, "unpaid")] {
                        for refunded in ["kept", "part", "full"] {
                            let said = comes_to(&settings, method, paid, refunded);
                            table += &format!("  {place:<5} {state:<6} {refunded}: {said}\n");
                        }
                    }
                }
            }
        }
    }
    expect![[r#"
        on off off
          web   paid   kept: order
          web   paid   part: order
          web   paid   full: order
          web   unpaid kept: order
          web   unpaid part: order
          web   unpaid full: order
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        on off on
          refused: orders.deduct_from_stock
        on separate off
          web   paid   kept: order, sale (own voucher, linked)
          web   paid   part: order, sale (own voucher, linked); then refund#9
          web   paid   full: order, sale (own voucher, linked); then refund#9, refund#10
          web   unpaid kept: order, [unpaid] sale (own voucher, linked)
          web   unpaid part: order, [unpaid] sale (own voucher, linked)
          web   unpaid full: order, [unpaid] sale (own voucher, linked)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        on separate on
          refused: orders.deduct_from_stock
        on same_voucher off
          web   paid   kept: order, sale (same voucher, linked)
          web   paid   part: order, sale (same voucher, linked); then refund#9
          web   paid   full: order, sale (same voucher, linked); then refund#9, refund#10
          web   unpaid kept: order, [unpaid] sale (same voucher, linked)
          web   unpaid part: order, [unpaid] sale (same voucher, linked)
          web   unpaid full: order, [unpaid] sale (same voucher, linked)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        on same_voucher on
          refused: orders.deduct_from_stock
        off off off
          refused: orders.enabled
        off off on
          web   paid   kept: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
          web   paid   part: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then restock#9#1 (1 of A-1)
          web   paid   full: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then restock#9#1 (2 of A-1), restock#10#2 (1.5 of B-2)
          web   unpaid kept: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
          web   unpaid part: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then restock#9#1 (1 of A-1)
          web   unpaid full: deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then restock#9#1 (2 of A-1), restock#10#2 (1.5 of B-2)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        off separate off
          web   paid   kept: sale (own voucher)
          web   paid   part: sale (own voucher); then refund#9
          web   paid   full: sale (own voucher); then refund#9, refund#10
          web   unpaid kept: [unpaid] sale (own voucher)
          web   unpaid part: [unpaid] sale (own voucher)
          web   unpaid full: [unpaid] sale (own voucher)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        off separate on
          web   paid   kept: sale (own voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
          web   paid   part: sale (own voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then refund#9, restock#9#1 (1 of A-1)
          web   paid   full: sale (own voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then refund#9, restock#9#1 (2 of A-1), refund#10, restock#10#2 (1.5 of B-2)
          web   unpaid kept: [unpaid] sale (own voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          web   unpaid part: [unpaid] sale (own voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          web   unpaid full: [unpaid] sale (own voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        off same_voucher off
          web   paid   kept: sale (same voucher)
          web   paid   part: sale (same voucher); then refund#9
          web   paid   full: sale (same voucher); then refund#9, refund#10
          web   unpaid kept: [unpaid] sale (same voucher)
          web   unpaid part: [unpaid] sale (same voucher)
          web   unpaid full: [unpaid] sale (same voucher)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
        off same_voucher on
          web   paid   kept: sale (same voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2)
          web   paid   part: sale (same voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then refund#9, restock#9#1 (1 of A-1)
          web   paid   full: sale (same voucher), deduct#1 (2 of A-1), deduct#2 (1.5 of B-2); then refund#9, restock#9#1 (2 of A-1), refund#10, restock#10#2 (1.5 of B-2)
          web   unpaid kept: [unpaid] sale (same voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          web   unpaid part: [unpaid] sale (same voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          web   unpaid full: [unpaid] sale (same voucher), [unpaid] deduct#1 (2 of A-1), [unpaid] deduct#2 (1.5 of B-2)
          store paid   kept: order (may be unlocked)
          store paid   part: order (may be unlocked)
          store paid   full: order (may be unlocked)
          store unpaid kept: order (may be unlocked)
          store unpaid part: order (may be unlocked)
          store unpaid full: order (may be unlocked)
    "#]].assert_eq(&table);
}
