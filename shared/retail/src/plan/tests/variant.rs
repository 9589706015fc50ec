//! Parents and their variants.

use super::*;
use crate::{
    settings::AttributeRule,
    shop::{ShopAttribute, ShopOption},
};

fn parent(id: u64, number: &str) -> OfficeProduct {
    OfficeProduct { name: "Shirt".to_owned(), is_parent: true, ..office_product(id, number) }
}

fn child(id: u64, number: &str, of: u64, option: &str) -> OfficeProduct {
    OfficeProduct {
        name: format!("Shirt {option}"),
        parent: Some(ProductId(of)),
        ..office_product(id, number)
    }
}

fn variable(id: u64, sku: &str, options: &[&str]) -> ShopProduct {
    let attribute = ShopAttribute {
        id: 0,
        name: "Variant".to_owned(),
        position: 0,
        visible: true,
        variation: true,
        options: options.iter().map(|one| (*one).to_owned()).collect(),
    };
    ShopProduct {
        kind: "variable".to_owned(),
        name: "Shirt".to_owned(),
        regular_price: None,
        manage_stock: ManageStock::No,
        stock: None,
        attributes: vec![attribute],
        ..shop_product(id, sku)
    }
}

fn variation(id: u64, sku: &str, of: u64, option: &str) -> ShopProduct {
    ShopProduct {
        kind: "variation".to_owned(),
        parent: Some(ShopId(of)),
        options: vec![ShopOption { id: 0, name: "Variant".to_owned(), option: option.to_owned() }],
        ..shop_product(id, sku)
    }
}

#[test]
fn a_family_is_made_parent_first_whatever_the_order() {
    check(
        World::new(
            vec![child(1, "S-M", 3, "M"), child(2, "S-L", 3, "L"), parent(3, "S"), office_product(4, "A1")],
            Vec::new(),
        ),
        expect![[r#"
            3 create "S" class Some(""), gtin None, variable
            3   create "" -> "Shirt"
            3   attribute "" -> "Variant: M, L"
            4 create "A1" class Some(""), gtin None
            4   create "" -> "Cup"
            4   price "" -> "100.00"
            4   stock "" -> "7"
            1 create "S-M" class None, gtin None, variation under ToBeMade
            1   create "" -> "Shirt M"
            1   price "" -> "100.00"
            1   stock "" -> "7"
            1   attribute "" -> "Variant: M"
            2 create "S-L" class None, gtin None, variation under ToBeMade
            2   create "" -> "Shirt L"
            2   price "" -> "100.00"
            2   stock "" -> "7"
            2   attribute "" -> "Variant: L""#]],
    );
}

#[test]
fn a_new_variant_of_a_published_parent_is_private_and_its_option_comes_first() {
    check(
        World::new(
            vec![parent(1, "S"), child(2, "S-M", 1, "M"), child(3, "S-L", 1, "L")],
            vec![variable(100, "S", &["M"]), variation(101, "S-M", 100, "M")],
        )
        .linked(1, 100)
        .linked(2, 101)
        .with(|world| {
            world.links.get_mut(&ProductId(1)).unwrap().seen_name = "Shirt".to_owned();
        }),
        expect![[r#"
            1 updates 100
            1   attribute "Variant: M" -> "Variant: M, L"
            3 create "S-L" class None, gtin None, private variation under Shop(ShopId(100))
            3   create "" -> "Shirt L"
            3   price "" -> "100.00"
            3   stock "" -> "7"
            3   attribute "" -> "Variant: L"
            2 quiet, is 101"#]],
    );
}

#[test]
fn a_family_is_adopted_by_sku_and_by_option() {
    check(
        World::new(
            vec![parent(1, "S"), child(2, "S-M", 1, "M"), child(3, "S-L", 1, "L")],
            vec![
                variable(100, "s", &["M", "L"]),
                variation(101, " s-m", 100, "M"),
                // Without an SKU of its own it answers with its parent's.
                ShopProduct { manage_stock: ManageStock::Parent, ..variation(102, "s", 100, "l") },
            ],
        ),
        expect![[r#"
            1 adopts 100
            2 adopts 101
            3 adopts 102
            3   stock "not managed" -> "7"
            3   attribute "Variant: l" -> "Variant: L (lost: l)""#]],
    );
}

#[test]
fn what_can_be_no_variant_is_refused() {
    check(
        World::new(
            vec![
                child(1, "OWN", 1, "M"),
                child(2, "LOST", 77, "M"),
                OfficeProduct { visible: false, ..parent(3, "HIDDEN") },
                child(4, "OF-HIDDEN", 3, "M"),
                office_product(5, "SIMPLE"),
                child(6, "OF-SIMPLE", 5, "M"),
                child(7, "OF-CHILD", 4, "M"),
                OfficeProduct { number: String::new(), ..parent(8, "") },
                child(9, "OF-NAMELESS", 8, "M"),
                OfficeProduct { is_parent: true, ..child(10, "BOTH", 8, "M") },
            ],
            Vec::new(),
        )
        .with(|world| world.settings.new_products = false),
        expect![[r#"
            8 refused: no product number: give it one in Loomis Pay
            1 refused: says it is its own parent: correct it in Loomis Pay
            2 refused: its parent 77 is not in Loomis Pay's catalogue
            4 refused: its parent 3 is not on the web shop: show it, or hide this variant
            6 refused: its parent 5 is no parent of variants: correct it in Loomis Pay
            7 refused: its parent 4 is itself a variant: correct it in Loomis Pay
            9 refused: its parent 8: no product number: give it one in Loomis Pay
            10 refused: is both a parent and a variant: correct it in Loomis Pay
            3 quiet, not in the shop
            5 quiet, not in the shop
            5   create: the shop lacks it, and new products is off"#]],
    );
}

#[test]
fn a_variant_that_moved_to_another_parent_is_refused_with_both() {
    check(
        World::new(
            vec![parent(1, "S"), parent(2, "T"), child(3, "T-M", 2, "M"), child(4, "S-M", 1, "M")],
            vec![
                variable(100, "S", &["M"]),
                variable(200, "T", &["M"]),
                variation(101, "T-M", 100, "M"),
                variation(102, "S-M", 100, "M"),
            ],
        )
        .linked(3, 101),
        expect![[r#"
            1 adopts 100
            2 adopts 200
            4 adopts 102
            3 refused: the shop's variation 101 stands under its product 100, which is not that of its parent 2: delete the variation in the shop, or give it another SKU, to have it made anew"#]],
    );
}

#[test]
fn a_parent_without_variants_waits_or_stays_as_it_is() {
    check(
        World::new(vec![parent(1, "S"), parent(2, "T")], vec![variable(100, "S", &["M"])])
            .linked(1, 100)
            .with(|world| world.links.get_mut(&ProductId(1)).unwrap().seen_name = "Shirt".to_owned()),
        expect![[r#"
            2 waits: a parent without variants on the web shop: is made when it has one
            1 quiet, is 100
            1   attribute: no variant is left on the web shop: stay as they are"#]],
    );
}

#[test]
fn a_variant_that_was_taken_off_becomes_private() {
    check(
        World::new(
            vec![
                parent(1, "S"),
                OfficeProduct { visible: false, ..child(2, "S-M", 1, "M") },
                child(3, "S-L", 1, "L"),
            ],
            vec![
                variable(100, "S", &["M", "L"]),
                variation(101, "S-M", 100, "M"),
                variation(102, "S-L", 100, "L"),
            ],
        )
        .linked(1, 100)
        .linked(2, 101)
        .linked(3, 102)
        .with(|world| world.settings.attributes = Some(AttributeRule::Merge)),
        // It may come back: its option stays with it.
        expect![[r#"
            2 updates 101
            2   draft "publish" -> "private"
            1 quiet, is 100
            3 quiet, is 102"#]],
    );
}

#[test]
fn variants_of_one_name_are_refused_and_a_simple_product_is_no_variation() {
    check(
        World::new(
            vec![
                parent(1, "S"),
                child(2, "S-1", 1, "M"),
                child(3, "S-2", 1, "m"),
                child(4, "S-3", 1, "L"),
                office_product(5, "V"),
            ],
            vec![
                variable(100, "S", &["M", "L"]),
                shop_product(101, "S-3"),
                ShopProduct { parent: Some(ShopId(100)), ..variation(102, "V", 100, "XL") },
            ],
        )
        .linked(1, 100)
        .with(|world| world.links.get_mut(&ProductId(1)).unwrap().seen_name = "Shirt".to_owned()),
        expect![[r#"
            5 refused: the shop's product 102 is of type variation, Loomis Pay's is simple: change the type or the SKU in the shop
            2 refused: variants 2 and 3 have one name: give them different ones
            3 refused: variants 3 and 2 have one name: give them different ones
            4 refused: the shop's product 101 is of type simple, Loomis Pay's is a variant: change the type or the SKU in the shop
            1 quiet, is 100"#]],
    );
}

#[test]
fn images_go_over_only_where_there_are_none_and_a_begun_list_is_finished() {
    let urls = ["https://i/1.png", "https://i/2.png", "https://i/bad.png"].map(ToOwned::to_owned);
    let with_images = |id, number| OfficeProduct { images: urls.to_vec(), ..office_product(id, number) };
    let begun = |media: &[u64], done| crate::link::Attached {
        urls: urls.to_vec(),
        done,
        media: media.iter().copied().map(MediaId).collect(),
    };
    let in_shop = |id, sku, media: &[u64]| ShopProduct {
        images: media.iter().copied().map(MediaId).collect(),
        ..shop_product(id, sku)
    };
    check(
        World::new(
            vec![
                with_images(1, "NONE"),
                with_images(2, "OWN"),
                with_images(3, "BEGUN"),
                with_images(4, "LOST"),
            ],
            vec![
                in_shop(100, "NONE", &[]),
                in_shop(101, "OWN", &[5]),
                in_shop(102, "BEGUN", &[6]),
                in_shop(103, "LOST", &[7]),
            ],
        )
        .linked(1, 100)
        .linked(2, 101)
        .linked(3, 102)
        .linked(4, 103)
        .with(|world| {
            world.images.insert(urls[2].clone(), KnownImage::Refused("no image".to_owned()));
            world.links.get_mut(&ProductId(3)).unwrap().written.images = Some(begun(&[6], 1));
            world.links.get_mut(&ProductId(4)).unwrap().written.images = Some(begun(&[], 0));
        }),
        expect![[r#"
            1 updates 100
            1   image "" -> "https://i/1.png"
            1   image "" -> "https://i/2.png"
            1   image "" -> "https://i/bad.png"
            1   image: https://i/bad.png left out: no image
            3 updates 102
            3   image "" -> "https://i/2.png"
            3   image "" -> "https://i/bad.png"
            3   image: https://i/bad.png left out: no image
            4 updates 103
            4   image "" -> "https://i/2.png"
            4   image "" -> "https://i/bad.png"
            4   image: https://i/bad.png left out: no image
            2 quiet, is 101"#]],
    );
}
