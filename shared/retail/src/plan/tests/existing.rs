//! What is written of a product that the shop has.

use super::*;

#[test]
fn the_name_goes_over_when_it_changes_in_loomis_pay() {
    let renamed = |seen_name: &'static str, now: &'static str, in_shop: &'static str| {
        pair(move |world| {
            seen(world).seen_name = seen_name.to_owned();
            office(world).name = now.to_owned();
            shop(world).name = in_shop.to_owned();
        })
    };
    check(
        renamed("Cup", "Mug ☕", "Cup"),
        expect![[r#"
        1 updates 100
        1   name "Cup" -> "Mug ☕""#]],
    );
    check(
        renamed("Cup", "Mug", "The shop's own"),
        expect![[r#"
        1 updates 100
        1   name "The shop's own" -> "Mug""#]],
    );
    // Seen already: what the shop calls it is the shop's matter.
    check(renamed("Mug", "Mug", "The shop's own"), expect!["1 quiet, is 100"]);
    check(renamed("Cup", "Mug", "Mug"), expect!["1 quiet, is 100"]);
    let off = |world: &mut World| world.settings.product_updates = false;
    check(
        renamed("Cup", "Mug", "Cup").with(off),
        expect![[r#"
        1 quiet, is 100
        1   name: now "Mug" in Loomis Pay; product updates is off"#]],
    );
    // Switched on later, what was seen meanwhile is not sent.
    let mut later = renamed("Cup", "Mug", "Cup").with(off);
    later.plan().quiet.iter().for_each(|quiet| later.settle(quiet));
    later.settings.product_updates = true;
    check(later, expect!["1 quiet, is 100"]);
}

#[test]
fn a_round_of_stock_alone_does_not_see_the_name() {
    let world = pair(|world| {
        (office(world).name, office(world).price_inc_vat) = ("Mug".to_owned(), None);
        shop(world).stock = Some(dec("3"));
    });
    let plan = plan_stock(&world.settings, &world.candidates(), &world.view(), &world.links);
    assert_eq!(plan.changes[0].name, "Cup");
    expect![[r#"
        1 updates 100
        1   stock "3" -> "7""#]]
    .assert_eq(&told(&plan));
    let mut world = world;
    world.apply(&plan.changes[0]);
    check(
        world,
        expect![[r#"
        1 updates 100
        1   name "Cup" -> "Mug"
        1   price: not written: Loomis Pay gives no price"#]],
    );
}

#[test]
fn taken_off_the_web_shop() {
    let hidden = |change: fn(&mut World)| pair(|world| office(world).visible = false).with(change);
    check(
        hidden(|_| ()),
        expect![[r#"
        1 updates 100
        1   draft "publish" -> "draft""#]],
    );
    check(
        pair(|world| office(world).deleted = true),
        expect![[r#"
        1 updates 100
        1   draft "publish" -> "draft""#]],
    );
    check(
        hidden(|world| shop(world).status = "private".to_owned()),
        expect![[r#"
        1 updates 100
        1   draft "private" -> "draft""#]],
    );
    check(
        hidden(|world| world.settings.product_updates = false),
        expect![[r#"
        1 quiet, is 100
        1   draft: taken off the web shop in Loomis Pay, and product updates is off: stays as it is"#]],
    );
    check(hidden(|world| shop(world).status = "draft".to_owned()), expect!["1 quiet, is 100"]);
    check(hidden(|world| shop(world).status = "trash".to_owned()), expect!["1 quiet, is 100"]);
    check(hidden(|world| world.shop.clear()), expect!["1 quiet, not in the shop"]);
    check(hidden(|world| world.links.clear()), expect!["1 quiet, not in the shop"]);
    let once = hidden(|world| world.gone_twice = false);
    expect!["1 waits: taken off the web shop in Loomis Pay: waits for a second reading"]
        .assert_eq(&told(&once.plan()));
    // Nothing else goes over with it, and nothing is published when it is back.
    check(
        hidden(|world| (shop(world).stock, office(world).price_inc_vat) = (None, Some(dec("1")))),
        expect![[r#"
            1 updates 100
            1   draft "publish" -> "draft""#]],
    );
    check(pair(|world| shop(world).status = "draft".to_owned()), expect!["1 quiet, is 100"]);
}

#[test]
fn prices_of_an_existing_product() {
    let check = |change: fn(&mut World), expected: Expect| check(pair(change), expected);
    check(
        |world| office(world).price_inc_vat = Some(dec("79.90")),
        expect![[r#"
        1 updates 100
        1   price "100.00" -> "79.90""#]],
    );
    check(
        |world| shop(world).regular_price = None,
        expect![[r#"
        1 updates 100
        1   price "" -> "100.00""#]],
    );
    check(
        |world| office(world).price_inc_vat = Some(dec("0")),
        expect![[r#"
        1 quiet, is 100
        1   price: not written: an open price: 0"#]],
    );
    check(
        |world| (world.settings.prices, shop(world).regular_price) = (None, None),
        expect!["1 quiet, is 100"],
    );
    check(
        |world| (world.profile.currency, shop(world).regular_price) = ("SEK".to_owned(), None),
        expect![[r#"
        1 updates 100
        1   price "" -> "100.00""#]],
    );
    check(
        |world| office(world).currency = Some("SEK".to_owned()),
        expect![[r#"
        1 quiet, is 100
        1   price: not written: Loomis Pay's price is in SEK, the shop sells in NOK"#]],
    );
    // Net: 80 is 100 with 25 %; the class of the shop's product decides.
    let net = |world: &mut World| world.profile.prices_include_tax = false;
    check(
        net,
        expect![[r#"
        1 updates 100
        1   price "100.00" -> "80.00""#]],
    );
    check(
        |world| (world.profile.prices_include_tax, shop(world).regular_price) = (false, Some(dec("80"))),
        expect!["1 quiet, is 100"],
    );
    check(
        |world| {
            world.profile.prices_include_tax = false;
            shop(world).tax_class = "reduced-rate".to_owned();
        },
        expect![[r#"
            1 updates 100
            1   price "100.00" -> "86.96""#]],
    );
}

#[test]
fn sale_prices_and_who_wrote_them() {
    let special = |price: Option<&str>, in_shop: Option<&str>, ours: Option<&str>| {
        pair(|world| {
            office(world).special_price_inc_vat = price.map(dec);
            shop(world).sale_price = in_shop.map(dec);
            seen(world).written.sale_price = ours.map(|price| Some(dec(price)));
        })
    };
    check(
        special(Some("80"), None, None),
        expect![[r#"
        1 updates 100
        1   sale-price "" -> "80.00""#]],
    );
    check(special(Some("80"), Some("80.00"), None), expect!["1 quiet, is 100"]);
    check(
        special(Some("80"), Some("70"), None),
        expect![[r#"
        1 updates 100
        1   sale-price "70.00" -> "80.00""#]],
    );
    check(
        special(None, Some("80"), Some("80.00")),
        expect![[r#"
        1 updates 100
        1   sale-price "80.00" -> """#]],
    );
    check(special(None, Some("70"), Some("80")), expect!["1 quiet, is 100"]);
    check(special(None, Some("80"), None), expect!["1 quiet, is 100"]);
    check(
        special(Some("100"), Some("80"), Some("80")),
        expect![[r#"
        1 quiet, is 100
        1   sale-price: not written: the special price 100 is not below the regular price 100"#]],
    );
    check(
        special(Some("0"), Some("80"), Some("80")),
        expect![[r#"
        1 updates 100
        1   sale-price "80.00" -> """#]],
    );
    let off = |world: &mut World| world.settings.prices = None;
    check(special(None, Some("80"), Some("80")).with(off), expect!["1 quiet, is 100"]);
    // A refused special price leaves the regular one alone.
    check(
        special(Some("120"), None, None).with(|world| shop(world).regular_price = None),
        expect![[r#"
        1 updates 100
        1   price "" -> "100.00"
        1   sale-price: not written: the special price 120 is not below the regular price 100"#]],
    );
    check(
        special(Some("80"), Some("80"), Some("80")).with(|world| {
            world.settings.prices = Some(PriceSource::List("7".to_owned()));
            office(world).list_prices = vec![crate::office::ListPrice {
                list: "7".to_owned(),
                name: "Members".to_owned(),
                price_inc_vat: Some(dec("90")),
                active: true,
            }];
        }),
        expect![[r#"
            1 updates 100
            1   price "100.00" -> "90.00"
            1   sale-price "80.00" -> """#]],
    );
}

#[test]
fn stock_of_an_existing_product() {
    let stock = |now: Stock, managed: ManageStock, in_shop: Option<&str>| {
        pair(|world| {
            world.stock.insert(ProductId(1), now);
            (shop(world).manage_stock, shop(world).stock) = (managed, in_shop.map(dec));
        })
    };
    let available = |n: &str| Stock::Available(dec(n));
    let yes = ManageStock::Yes;
    check(
        stock(available("12"), yes, Some("7")),
        expect![[r#"
        1 updates 100
        1   stock "7" -> "12""#]],
    );
    check(stock(available("7.0"), yes, Some("7")), expect!["1 quiet, is 100"]);
    check(
        stock(available("7.9"), yes, Some("7")),
        expect![[r#"
        1 quiet, is 100
        1   stock: Loomis Pay has 7.9: rounded down"#]],
    );
    check(
        stock(available("-3"), yes, Some("7")),
        expect![[r#"
        1 updates 100
        1   stock "7" -> "0"
        1   stock: Loomis Pay has -3: written as 0"#]],
    );
    check(
        stock(available("0"), yes, None),
        expect![[r#"
        1 updates 100
        1   stock "not managed" -> "0""#]],
    );
    check(
        stock(available("7"), ManageStock::No, None),
        expect![[r#"
        1 updates 100
        1   stock "not managed" -> "7""#]],
    );
    check(
        stock(available("7"), ManageStock::No, Some("7")),
        expect![[r#"
        1 updates 100
        1   stock "not managed" -> "7""#]],
    );
    check(
        stock(Stock::Available(Decimal::MAX), yes, Some("7")),
        expect![[r#"
        1 quiet, is 100
        1   stock: not written: a stock beyond belief: 79228162514264337593543950335"#]],
    );
    check(
        stock(Stock::Unknown, yes, Some("7")),
        expect![[r#"
        1 quiet, is 100
        1   stock: not written: Loomis Pay's stock list does not name it"#]],
    );
    check(
        stock(Stock::Held, yes, Some("7")),
        expect![[r#"
        1 quiet, is 100
        1   stock: not written: so much would fall to zero at once that it waits for a second reading that agrees"#]],
    );
    check(
        stock(available("12"), yes, Some("7")).with(|world| world.settings.inventory = false),
        expect!["1 quiet, is 100"],
    );
    check(
        stock(available("12"), yes, Some("7")).with(|world| world.profile.manages_stock = false),
        expect![[r#"
            1 quiet, is 100
            1   stock: not written: the shop's stock management is off (WooCommerce → Settings → Products)"#]],
    );
}

#[test]
fn a_product_whose_stock_is_not_managed() {
    let unmanaged = |change: fn(&mut World)| pair(|world| office(world).use_stock = false).with(change);
    check(
        unmanaged(|_| ()),
        expect![[r#"
        1 updates 100
        1   stock "7" -> "not managed""#]],
    );
    check(unmanaged(|world| shop(world).manage_stock = ManageStock::No), expect!["1 quiet, is 100"]);
    check(unmanaged(|world| world.settings.inventory = false), expect!["1 quiet, is 100"]);
    let unreadable =
        || Defect { field: "use_stock".to_owned(), reason: "\"perhaps\" is no boolean".to_owned() };
    check(
        unmanaged(|_| ()).with(|world| office(world).defects.push(unreadable())),
        expect![[r#"
        1 quiet, is 100
        1   stock: not written: use_stock: "perhaps" is no boolean"#]],
    );
}
