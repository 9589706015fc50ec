//! What is made, and with what.

use super::*;

fn new(change: impl FnOnce(&mut World)) -> World {
    unlinked(&[" A1 "], &[]).with(change)
}

fn made(world: &World) -> crate::change::NewProduct {
    match &world.plan().changes[0].act {
        Act::Create(new) => (**new).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_product_that_the_shop_lacks_is_made() {
    check(
        new(|_| ()),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7""#]],
    );
    check(
        new(|world| world.settings.new_products = false),
        expect![[r#"
        1 quiet, not in the shop
        1   create: the shop lacks it, and new products is off"#]],
    );
    let mut world = new(|_| ());
    let change = world.plan().changes.remove(0);
    world.apply(&change);
    assert_eq!(world.shop[&ShopId(1000)].status, "draft");
}

#[test]
fn what_is_off_is_not_written_on_creation_either() {
    check(
        new(|world| world.settings.prices = None),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   stock "" -> "7""#]],
    );
    check(
        new(|world| world.settings.inventory = false),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00""#]],
    );
    check(
        new(|world| world.profile.manages_stock = false),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock: not written: the shop's stock management is off (WooCommerce → Settings → Products)"#]],
    );
}

#[test]
fn a_price_that_may_not_be_published_is_left_out() {
    let priced = |price: &str, special: &str| {
        new(|world| {
            (office(world).price_inc_vat, office(world).special_price_inc_vat) =
                (Some(dec(price)), Some(dec(special)));
        })
    };
    check(
        priced("100", "80"),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   sale-price "" -> "80.00"
        1   stock "" -> "7""#]],
    );
    check(
        priced("100", "100"),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7"
        1   sale-price: left out: the special price 100 is not below the regular price 100"#]],
    );
    check(
        priced("0", "80"),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   stock "" -> "7"
        1   price: left out: an open price: 0"#]],
    );
    check(
        priced("-1", "0"),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   stock "" -> "7"
        1   price: left out: a negative price: -1"#]],
    );
    check(
        new(|world| office(world).currency = Some("EUR".to_owned())),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   stock "" -> "7"
        1   price: left out: Loomis Pay's price is in EUR, the shop sells in NOK"#]],
    );
}

#[test]
fn the_tax_class_and_the_net_price_of_it() {
    let taxed = |percent: Option<&str>| {
        new(|world| {
            world.profile.prices_include_tax = false;
            office(world).vat_percent = percent.map(dec);
        })
    };
    check(
        taxed(Some("25")),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "80.00"
        1   stock "" -> "7""#]],
    );
    check(
        taxed(Some("15.00")),
        expect![[r#"
        1 create "A1" class Some("reduced-rate"), gtin None
        1   create "" -> "Cup"
        1   price "" -> "86.96"
        1   stock "" -> "7""#]],
    );
    // The standard class: what comes back to 100 is the net amount with its 25 %.
    check(
        taxed(Some("12")),
        expect![[r#"
        1 create "A1" class None, gtin None
        1   create "" -> "Cup"
        1   price "" -> "80.00"
        1   stock "" -> "7"
        1   create: no tax class of the shop has 12 % in NO: the standard tax class"#]],
    );
    check(
        taxed(None),
        expect![[r#"
        1 create "A1" class None, gtin None
        1   create "" -> "Cup"
        1   price "" -> "80.00"
        1   stock "" -> "7"
        1   create: Loomis Pay gives no VAT rate: the standard tax class"#]],
    );
    check(
        taxed(Some("15")).with(|world| world.profile.calculates_tax = false),
        expect![[r#"
        1 create "A1" class None, gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7""#]],
    );
    check(
        taxed(None).with(|world| world.profile.tax_rates.clear()),
        expect![[r#"
        1 create "A1" class None, gtin None
        1   create "" -> "Cup"
        1   stock "" -> "7"
        1   create: Loomis Pay gives no VAT rate: the standard tax class
        1   price: left out: the shop keeps prices without VAT, and no VAT rate is known"#]],
    );
}

#[test]
fn stock_on_creation() {
    let stocked = |stock: Stock| {
        new(move |world| {
            world.stock.insert(ProductId(1), stock);
        })
    };
    check(
        stocked(Stock::Available(dec("2.5"))),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "2"
        1   stock: Loomis Pay has 2.5: rounded down"#]],
    );
    check(
        stocked(Stock::Available(dec("-1"))),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "0"
        1   stock: Loomis Pay has -1: written as 0"#]],
    );
    check(
        stocked(Stock::Unknown),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock: not written: Loomis Pay's stock list does not name it"#]],
    );
    check(
        stocked(Stock::Held),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock: not written: so much would fall to zero at once that it waits for a second reading that agrees"#]],
    );
    check(
        stocked(Stock::Unknown).with(|world| office(world).use_stock = false),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "not managed""#]],
    );
}

#[test]
fn description_and_barcode() {
    let described = |description: &str, barcode: &str| {
        new(|world| {
            (office(world).description, office(world).barcode) = (description.to_owned(), barcode.to_owned());
        })
    };
    let full = made(&described("<p>Blå ☕</p>", " 7038010009457 "));
    assert_eq!(full.description.as_deref(), Some("<p>Blå ☕</p>"));
    assert_eq!(full.gtin.as_deref(), Some("7038010009457"));
    assert_eq!(made(&described(" ", " ")).description, None);
    check(
        described("", "7038010009456"),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7"
        1   create: barcode left out: "7038010009456" is no valid GTIN"#]],
    );
    let long = || Defect { field: "description".to_owned(), reason: "too long".to_owned() };
    check(
        described("", "").with(|world| office(world).defects.push(long())),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7"
        1   create: description left out: too long"#]],
    );
}
