use expect_test::{Expect, expect};

use super::*;

fn attribute(name: &str, options: &[&str], variation: bool) -> ShopAttribute {
    ShopAttribute {
        id: 0,
        name: name.to_owned(),
        position: 0,
        visible: true,
        variation,
        options: options.iter().map(|one| (*one).to_owned()).collect(),
    }
}

#[test]
fn an_option_is_the_childs_name_less_its_parents() {
    for (parent, child, wanted) in [
        ("Shirt", "Shirt M", "M"),
        ("Shirt", "Shirt - M/L", "M/L"),
        ("Shirt ", " Shirt:  Blue   M ", "Blue M"),
        ("Shirt", "Shirt", "Shirt"),
        ("Shirt", "Genser L", "Genser L"),
        ("", "Genser L", "Genser L"),
        ("Shirt", "Shirt a|b", "a/b"),
        ("Ærlig", "Ærlig – grå", "grå"),
    ] {
        assert_eq!(option(parent, child), wanted, "{child:?} of {parent:?}");
    }
}

fn check(shop: &[ShopAttribute], ours: &[ShopAttribute], overwrite: bool, expected: Expect) {
    let wanted = target(ours, shop, overwrite);
    let text = wanted.as_ref().map(|all| {
        let one = |one: &ShopAttribute| {
            format!(
                "{}{} @{}{}{}",
                if one.id > 0 { "global " } else { "" },
                told(one),
                one.position,
                if one.visible { "" } else { " hidden" },
                if one.variation { " varies" } else { "" }
            )
        };
        all.iter().map(one).collect::<Vec<_>>().join("\n")
    });
    expected.assert_eq(&text.unwrap_or_else(|| "as it is".to_owned()));
    if let Some(wanted) = wanted {
        assert_eq!(target(ours, &wanted, overwrite), None, "what was written is what was wanted");
    }
}

#[test]
fn overwriting_replaces_and_merging_keeps() {
    let shop = [
        ShopAttribute {
            id: 3,
            position: 4,
            visible: false,
            ..attribute("Materiale", &["Ull &amp; silke"], false)
        },
        ShopAttribute { position: 7, visible: false, ..attribute("brand", &["Old"], false) },
    ];
    let ours = [attribute("Brand", &["Koziol"], false), attribute("Colour", &["red"], false)];
    check(
        &shop,
        &ours,
        true,
        expect![[r#"
        Brand: Koziol @0
        Colour: red @0"#]],
    );
    check(
        &shop,
        &ours,
        false,
        expect![[r#"
        global Materiale: Ull &amp; silke @4 hidden
        brand: Koziol @7 hidden
        Colour: red @8"#]],
    );
    check(&shop, &[], true, expect![""]);
    check(&shop, &[], false, expect!["as it is"]);
    check(&ours, &ours, true, expect!["as it is"]);
    check(&[], &[], true, expect!["as it is"]);
}

#[test]
fn a_merge_makes_room_for_variants_and_takes_nothing() {
    let size = attribute("Size", &["S", "M"], true);
    check(
        &[size],
        &[attribute("Variant", &["Red"], true)],
        false,
        expect![[r#"
        Size: S, M @0 varies
        Variant: Red @1 varies"#]],
    );
}

#[test]
fn a_merge_keeps_the_options_that_only_the_shop_has() {
    let shop = [attribute("variant", &["green", "Blue", "red"], true)];
    let ours = [attribute("Variant", &["Red", "Yellow"], true)];
    check(&shop, &ours, false, expect!["variant: green, Blue, Red, Yellow @0 varies"]);
    check(&shop, &ours, true, expect!["Variant: Red, Yellow @0 varies"]);
    check(&shop, &[attribute("Variant", &["Blue", "green"], true)], false, expect!["as it is"]);
    check(
        &[attribute("Variant", &["Blue"], false)],
        &[attribute("Variant", &["Blue"], true)],
        false,
        expect!["Variant: Blue @0 varies"],
    );
}

#[test]
fn a_variations_options() {
    let one =
        |name: &str, option: &str| ShopOption { id: 0, name: name.to_owned(), option: option.to_owned() };
    let shop = [one("Size", "M"), one("variant", "Blue")];
    assert_eq!(options_target("Red", &shop, true), Some(vec![one("Variant", "Red")]));
    assert_eq!(options_target("Red", &shop, false), Some(vec![one("Size", "M"), one("variant", "Red")]));
    assert_eq!(options_target("Blue", &shop, false), None);
    assert_eq!(options_target("Blue", &shop, true), Some(vec![one("Variant", "Blue")]));
    assert_eq!(options_target("Red", &[one("Variant", "Red")], true), None);
}
