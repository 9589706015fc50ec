use expect_test::{Expect, expect};

use super::*;
use crate::{
    number::MatchNumber,
    office::ProductId,
    order::{goods::Numbered, samples::*},
    shop::ShopId,
};

mod property;

fn said(order: &WebOrder, terms: &Terms<'_>, goods: &Goods) -> String {
    match draft(order, terms, goods) {
        Err(waiting) => waiting.to_string(),
        Ok(draft) => told(&draft.lines),
    }
}

/// An order whose total is what its lines come to.
fn check(change: impl FnOnce(&mut WebOrder), expected: Expect) {
    expected.assert_eq(&said(&totalled(order(change)), &TERMS, &goods()));
}

/// With this total, in a shop of so many decimals.
fn total(change: impl FnOnce(&mut WebOrder), total: &str, decimals: u32, expected: Expect) {
    let mut order = order(change);
    order.total_inc_tax = dec(total);
    expected.assert_eq(&said(&order, &Terms { decimals, ..TERMS }, &goods()));
}

#[test]
fn the_recorded_order() {
    let order = recorded();
    let draft = draft(&order, &TERMS, &goods()).unwrap();
    expect![[r#"
        #1: 3 x 14.93 less 1.49 at 12 %, 13.33 without
        #2: 1 x 1450.00 less 145.00 at 0 %, 1450.00 without
        #3: 3 x 2292.01 less 229.20 at 25 %, 1833.61 without
        #4: 1 x 2275.35 less 227.54 at 15 %, 1978.57 without
        #4: 1 x 2275.35 less 227.53 at 15 %, 1978.57 without
        #5: 1 x 851.00 less 85.10 at 25 %, 680.80 without (- Farge: Svart - Størrelse: XL)
        SHIPPING: 1 x 79.20 at 25 %, 63.36 without (Posten)
        FEE: 1 x 30.62 at 25 %, 24.50 without (Gebyr etterkrav)
        FEE: -1 x 0.09 at 12 %, 0.08 without (Avslag)
        FEE: -1 x 6.60 at 25 %, 5.28 without (Avslag)
        FEE: -1 x 3.91 at 15 %, 3.40 without (Avslag)
        FEE: -1 x 1.24 at 0 %, 1.24 without (Avslag)
    "#]]
    .assert_eq(&told(&draft.lines));
    assert_eq!(draft.total_inc_vat(), order.total_inc_tax);
    expect![[r#"
        Web order 664
        Coupons: vaar10
        Ring på døra, 2. etg. «takk»
        Linje 2"#]]
    .assert_eq(&draft.comments);
    assert_eq!((draft.reference, draft.reference_comment.as_str()), (664, "woo:1:664"));
    assert_eq!(draft.shipping, draft.billing);
    let stock: Vec<_> = draft.stock_lines().into_iter().map(|(line, _, quantity)| (line, quantity)).collect();
    assert_eq!(stock, [(1, dec("3")), (2, dec("1")), (3, dec("3")), (4, dec("2")), (5, dec("1"))]);
}

#[test]
fn prices_are_per_unit_and_what_does_not_divide_is_split() {
    check(
        |o| o.lines = vec![line(1, "2", "160.00", &[("25", "40.00")])],
        expect![[r#"
        #1: 2 x 100.00 at 25 %, 80.00 without
    "#]],
    );
    check(
        |o| o.lines = vec![line(1, "3", "80.00", &[("25", "20.00")])],
        expect![[r#"
        #1: 2 x 33.33 at 25 %, 26.66 without
        #1: 1 x 33.34 at 25 %, 26.67 without
    "#]],
    );
    let half_off = || discounted(line(1, "3", "40.00", &[("25", "10.00")]), "80.00", "20.00");
    check(
        |o| o.lines = vec![half_off()],
        expect![[r#"
        #1: 1 x 33.33 less 16.67 at 25 %, 26.66 without
        #1: 2 x 33.33 less 16.66 at 25 %, 26.66 without
    "#]],
    );
    check(
        |o| o.lines = vec![line(1, "1.5", "80.00", &[("25", "20.00")])],
        expect![[r#"
        #1: 1.5 x 66.66 at 25 %, 53.33 without
        FEE: 1 x 0.01 at 25 %, 0.01 without (Cup 1: the rest)
    "#]],
    );
}

#[test]
fn free_lines() {
    check(
        |o| o.lines = vec![line(1, "2", "0.00", &[("25", "0.00")])],
        expect![[r#"
        #1: 2 x 0.00 at 25 %, 0.00 without
    "#]],
    );
    let given = || discounted(line(1, "2", "0.00", &[("15", "0.00")]), "100.00", "15.00");
    check(
        |o| {
            o.lines = vec![given()];
            o.lines[0].taxes[0].subtotal = Some(dec("15.00"));
            o.shipping_lines = vec![extra(2, "Free shipping", "0.00", &[])];
        },
        expect![[r#"
            #1: 2 x 57.50 less 57.50 at 15 %, 50.00 without
        "#]],
    );
}

#[test]
fn several_rates_on_one_line() {
    check(
        |o| o.lines = vec![line(1, "2", "100.00", &[("25", "20.00"), ("15", "3.00")])],
        expect![[r#"
        #1: 2 x 50.00 at 25 %, 40.00 without
        FEE: 1 x 23.00 at 15 %, 20.00 without (Cup 1: the part at 15 % VAT)
    "#]],
    );
    check(
        |o| o.lines = vec![line(1, "2", "100.00", &[("25", "20.00"), ("15", "10.00")])],
        expect![[r#"
        #1: 2 x 50.00 at 25 %, 40.00 without
        FEE: 1 x 76.67 at 15 %, 66.67 without (Cup 1: the part at 15 % VAT)
        FEE: -1 x 46.67 at 0 %, 46.67 without (Cup 1: the part at 0 % VAT)
    "#]],
    );
}

#[test]
fn shipping_fees_and_gift_cards() {
    check(
        |o| {
            o.lines = vec![line(1, "1", "80.00", &[("25", "20.00")])];
            o.shipping_lines = vec![extra(2, "Posten", "63.36", &[("25", "15.84")])];
            o.fees =
                vec![extra(3, "Gift wrap", "10.00", &[("25", "2.50")]), extra(4, "Gift card", "-50.00", &[])];
        },
        expect![[r#"
            #1: 1 x 100.00 at 25 %, 80.00 without
            SHIPPING: 1 x 79.20 at 25 %, 63.36 without (Posten)
            FEE: 1 x 12.50 at 25 %, 10.00 without (Gift wrap)
            FEE: -1 x 50.00 at 0 %, 50.00 without (Gift card)
        "#]],
    );
    // It pays for everything.
    check(
        |o| {
            o.lines = vec![line(1, "1", "80.00", &[("25", "20.00")])];
            o.fees = vec![extra(4, "Gift card", "-100.00", &[])];
        },
        expect![[r#"
            #1: 1 x 100.00 at 25 %, 80.00 without
            FEE: -1 x 100.00 at 0 %, 100.00 without (Gift card)
        "#]],
    );
    // Some plugins make it a product.
    check(
        |o| {
            o.lines =
                vec![line(1, "1", "80.00", &[("25", "20.00")]), line(2, "1", "-40.00", &[("25", "-10.00")])]
        },
        expect![[r#"
            #1: 1 x 100.00 at 25 %, 80.00 without
            #2: 1 x 0.00 at 25 %, 0.00 without
            FEE: -1 x 50.00 at 25 %, 40.00 without (Cup 2: the rest)
        "#]],
    );
}

#[test]
fn what_the_shop_rounded_is_made_up_for() {
    // On a line that needs no split for it.
    let two = |o: &mut WebOrder| {
        o.lines = vec![line(1, "3", "240.00", &[("25", "60.00")]), line(2, "1", "8.00", &[("25", "2.00")])];
    };
    total(
        two,
        "310.01",
        2,
        expect![[r#"
        #1: 3 x 100.00 at 25 %, 80.00 without
        #2: 1 x 10.01 at 25 %, 8.01 without
    "#]],
    );
    total(
        two,
        "309.99",
        2,
        expect![[r#"
        #1: 3 x 100.00 at 25 %, 80.00 without
        #2: 1 x 9.99 at 25 %, 7.99 without
    "#]],
    );
    total(two, "310.10", 2, expect!["totals differ: the shop has 310.10, Loomis Pay would have 310.00"]);
    total(two, "309.00", 2, expect!["totals differ: the shop has 309.00, Loomis Pay would have 310.00"]);
    // Three of 98.75 in a shop without decimals.
    let whole = |o: &mut WebOrder| o.lines = (1..=3).map(|id| line(id, "1", "79", &[("25", "20")])).collect();
    total(
        whole,
        "296",
        0,
        expect![[r#"
        #1: 1 x 98.66 at 25 %, 78.93 without
        #2: 1 x 98.67 at 25 %, 78.94 without
        #3: 1 x 98.67 at 25 %, 78.94 without
    "#]],
    );
    total(whole, "310", 0, expect!["totals differ: the shop has 310, Loomis Pay would have 297.00"]);
}

#[test]
fn three_decimals() {
    let two = |o: &mut WebOrder| {
        o.lines =
            vec![line(1, "1", "40.004", &[("25", "10.001")]), line(2, "1", "39.996", &[("25", "9.999")])];
    };
    total(
        two,
        "100.000",
        3,
        expect![[r#"
        #1: 1 x 50.00 at 25 %, 40.00 without
        #2: 1 x 50.00 at 25 %, 40.00 without
    "#]],
    );
    total(two, "100.005", 3, expect!["totals differ: the shop has 100.005, Loomis Pay would have 100.01"]);
}

#[test]
fn which_product_a_line_is() {
    let products = |change: fn(&mut Goods), create: bool, expected: Expect| {
        let mut goods = Goods::default();
        change(&mut goods);
        let order = totalled(order(|o| {
            o.lines = vec![discounted(line(1, "2", "80.00", &[("25", "20.00")]), "160.00", "40.00")]
        }));
        let terms = Terms { create_products: create, ..TERMS };
        expected.assert_eq(&said(&order, &terms, &goods));
    };
    fn linked(goods: &mut Goods) {
        goods.links.insert(ShopId(101), ProductId(7));
        goods.numbers.insert(MatchNumber::of("s-1").unwrap(), Numbered::One(ProductId(8)));
    }
    fn numbered(goods: &mut Goods) {
        goods.numbers.insert(MatchNumber::of("s-1").unwrap(), Numbered::One(ProductId(8)));
    }
    fn many(goods: &mut Goods) {
        goods.numbers.insert(MatchNumber::of("s-1").unwrap(), Numbered::Many);
    }
    products(
        linked,
        false,
        expect![[r#"
        #7: 2 x 100.00 less 50.00 at 25 %, 80.00 without
    "#]],
    );
    products(
        numbered,
        true,
        expect![[r#"
        #8: 2 x 100.00 less 50.00 at 25 %, 80.00 without
    "#]],
    );
    products(
        many,
        true,
        expect!["unknown product: “Cup 1”: several products in Loomis Pay have the number S-1"],
    );
    products(|_| {}, false, expect!["unknown product: “Cup 1” (S-1)"]);
    products(
        |_| {},
        true,
        expect![[r#"
        new S-1 at 100.00: 2 x 100.00 less 50.00 at 25 %, 80.00 without
    "#]],
    );
}

#[test]
fn a_product_that_is_to_be_made() {
    let made = |change: fn(&mut OrderLine), expected: Expect| {
        let mut order = order(|o| o.lines = vec![line(1, "1", "80.00", &[("25", "20.00")])]);
        change(&mut order.lines[0]);
        let terms = Terms { create_products: true, ..TERMS };
        expected.assert_eq(&said(&totalled(order), &terms, &Goods::default()));
    };
    made(
        |l| l.sku = "  ".to_owned(),
        expect![[r#"
        new WC-101 at 100.00: 1 x 100.00 at 25 %, 80.00 without
    "#]],
    );
    made(
        |l| (l.sku, l.variation) = (String::new(), Some(ShopId(549))),
        expect![[r#"
        new WC-101-549 at 100.00: 1 x 100.00 at 25 %, 80.00 without
    "#]],
    );
    made(
        |l| l.sku = " a  b ".to_owned(),
        expect![[r#"
        new a b at 100.00: 1 x 100.00 at 25 %, 80.00 without
    "#]],
    );
    // The shop's product is gone: nothing is made of it.
    made(|l| l.product = None, expect!["product gone: “Cup 1”: the shop no longer has this product"]);
}

#[test]
fn every_product_that_is_missing_is_named() {
    let mut order = order(|o| {
        o.lines = vec![
            line(50, "1", "8.00", &[("25", "2.00")]),
            line(1, "1", "8.00", &[("25", "2.00")]),
            line(51, "1", "8.00", &[("25", "2.00")]),
        ]
    });
    order = totalled(order);
    expect!["unknown product: “Cup 50” (S-50); “Cup 51” (S-51)"].assert_eq(&said(&order, &TERMS, &goods()));
    order.lines[2].product = None;
    expect!["product gone: “Cup 50” (S-50); “Cup 51”: the shop no longer has this product"].assert_eq(&said(
        &order,
        &TERMS,
        &goods(),
    ));
    let wanted = crate::order::goods::wanted(&order);
    assert_eq!(wanted.shop, [ShopId(101), ShopId(150)]);
    assert_eq!(wanted.numbers.len(), 3);
}

#[test]
fn a_draft_is_filled_with_ids() {
    let order = totalled(order(|o| {
        o.lines = vec![line(1, "1", "80.00", &[("25", "20.00")])];
        o.fees = vec![extra(3, "Gift wrap", "10.00", &[("25", "2.50")])];
    }));
    let draft = draft(&order, &TERMS, &goods()).unwrap();
    let fee = GoodRef::Special(Special::Fee);
    assert_eq!(draft.goods(), [&GoodRef::Known(ProductId(1)), &fee]);
    assert_eq!(draft.fill(draft.customer_order(false), None, |_| None), Err(fee));
    let filled = draft.fill(draft.customer_order(false), None, |_| Some(ProductId(99))).unwrap();
    let lines: Vec<_> = filled.lines.iter().map(|line| (line.product.0, line.total_inc_vat())).collect();
    assert_eq!(lines, [(1, dec("100.00")), (99, dec("12.50"))]);
}
