use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

#[test]
fn the_rows_of_the_decision_table() {
    use Effects::{CustomerOrder, Deduction, Sale};
    let check = |customer_order: bool, bookkeeping: &str, deduct: bool, expected: Effects| {
        let over = json!({"create_customer_order": customer_order, "bookkeeping": bookkeeping,
            "deduct_from_stock": deduct});
        assert_eq!(orders(over).effects, expected, "{customer_order} {bookkeeping} {deduct}");
    };
    check(true, "off", false, CustomerOrder { sale: None });
    check(true, "separate", false, CustomerOrder { sale: Some(Voucher::Separate) });
    check(true, "same_voucher", false, CustomerOrder { sale: Some(Voucher::Same) });
    check(false, "separate", false, Sale { voucher: Voucher::Separate, deduct: false });
    check(false, "same_voucher", true, Sale { voucher: Voucher::Same, deduct: true });
    check(false, "off", true, Deduction);
    refused(
        &[json!({"orders": {"enabled": true, "create_customer_order": false}})],
        expect![
            "orders.enabled: Synchronize orders would do nothing: switch on create_customer_order, bookkeeping or deduct_from_stock"
        ],
    );
    // With orders off the last row is no contradiction: nothing is asked for.
    assert_eq!(settings(json!({"orders": {"create_customer_order": false}})).orders, None);
}

#[test]
fn deduction_requires_create_customer_order_off() {
    refused(
        &[
            json!({"orders": {"deduct_from_stock": true}}),
            json!({"orders": {"enabled": true, "deduct_from_stock": true, "bookkeeping": "separate"}}),
        ],
        expect![[r#"
            orders.deduct_from_stock: requires Create Customer Order off (the packing slip deducts): set one of the two to false
            orders.deduct_from_stock: requires Create Customer Order off (the packing slip deducts): set one of the two to false"#]],
    );
}

#[test]
fn what_may_be_unlocked_is_never_a_sale_by_us() {
    let effects = orders(json!({"allow_unlocking": true, "bookkeeping": "separate"})).effects;
    assert_eq!(effects, Effects::CustomerOrder { sale: None });
}

#[test]
fn a_status_is_written_as_the_api_spells_it() {
    refused(
        &[
            json!({"orders": {"retrieve_statuses": []}}),
            json!({"orders": {"retrieve_statuses": ["processing", "wc-packed"]}}),
            json!({"orders": {"status_after_retrieval": "wc-on-hold"}}),
            json!({"orders": {"status_when_completed": "Completed"}}),
            json!({"orders": {"status_when_completed": ""}}),
            json!({"orders": {"retrieve_statuses": ["checkout-draft"]}}),
            json!({"orders": {"status_after_retrieval": "trash"}}),
            json!({"orders": {"retrieve_statuses": ["any"]}}),
        ],
        expect![[r#"
            orders.retrieve_statuses: names at least one status: ["processing"]
            orders.retrieve_statuses[1]: is written without wc-: "packed"
            orders.status_after_retrieval: is written without wc-: "on-hold"
            orders.status_when_completed: is a status's slug, small letters and hyphens: "on-hold"
            orders.status_when_completed: is a status's slug, small letters and hyphens: "on-hold"
            orders.retrieve_statuses[0]: "checkout-draft" is no order yet, or no longer: it is never taken or set
            orders.status_after_retrieval: "trash" is no order yet, or no longer: it is never taken or set
            orders.retrieve_statuses[0]: is one status: name each that is meant"#]],
    );
    assert_eq!(
        orders(json!({"retrieve_statuses": ["on-hold", "my_own-2"]})).retrieve_statuses,
        ["on-hold", "my_own-2"]
    );
}

#[test]
fn the_completed_status_is_one_to_eleven() {
    for right in 1..=11 {
        assert_eq!(orders(json!({"loomis_completed_status": right})).loomis_completed_status, right);
    }
    refused(
        &[
            json!({"orders": {"loomis_completed_status": 0}}),
            json!({"orders": {"loomis_completed_status": 12}}),
        ],
        expect![[r#"
            orders.loomis_completed_status: is a Loomis Pay status from 1 to 11; 5 is finished
            orders.loomis_completed_status: is a Loomis Pay status from 1 to 11; 5 is finished"#]],
    );
}

#[test]
fn a_payment_method_has_a_name() {
    refused(
        &[json!({"orders": {"pay_in_store_methods": ["cod", " "]}})],
        expect!["orders.pay_in_store_methods[1]: must not be empty"],
    );
    assert_eq!(orders(json!({"pay_in_store_methods": ["cod"]})).pay_in_store_methods, ["cod"]);
}

#[test]
fn what_is_saved_with_a_warning() {
    let check = |over: Value, expected: Expect| {
        let (_, warnings) = read_department(over).unwrap();
        expected.assert_eq(&warnings.into_iter().map(|Warning(text)| text + "\n").collect::<String>());
    };
    let sale = json!({"enabled": true, "create_customer_order": false, "bookkeeping": "separate"});
    let with = |over: Value| {
        let mut orders = json!({"enabled": true});
        lay_over(&mut orders, over);
        json!({"orders": orders})
    };
    check(
        json!({"orders": sale}),
        expect![[r#"
        orders.bookkeeping: a sale alone is taken not to move stock in Loomis Pay, so stock may undo a web sale: switch on deduct_from_stock or create_customer_order, or inventory off
    "#]],
    );
    check(json!({"orders": sale, "products": {"inventory": false}}), expect![]);
    check(with(json!({"allow_unlocking": true})), expect![]);
    check(
        with(json!({"allow_unlocking": true, "bookkeeping": "separate"})),
        expect![[r#"
        orders.allow_unlocking: the till books unlocked orders, so no sale is registered whatever bookkeeping says
    "#]],
    );
    check(
        with(json!({"allow_unlocking": true, "status_when_completed": "completed"})),
        expect![[r#"
        orders.status_when_completed: with allow_unlocking the shop's order is not completed by us
    "#]],
    );
    check(with(json!({"status_when_completed": "completed"})), expect![]);
    let deduction = json!({"create_customer_order": false, "deduct_from_stock": true});
    check(with(deduction.clone()), expect![]);
    let mut completed = deduction;
    lay_over(&mut completed, json!({"status_when_completed": "completed", "allow_unlocking": true}));
    check(
        with(completed.clone()),
        expect![[r#"
        orders.allow_unlocking: without a customer order there is nothing to unlock
        orders.status_when_completed: without a customer order nothing completes
    "#]],
    );
    // Nothing is said of orders that are off.
    lay_over(&mut completed, json!({"enabled": false}));
    check(with(completed), expect![]);
}
