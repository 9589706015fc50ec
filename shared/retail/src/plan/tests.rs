mod existing;
mod laws;
mod model;
mod new;
mod variant;

use expect_test::{Expect, expect};

use self::model::{World, dec, office_product, shop_product};
use super::*;
use crate::{
    Decimal,
    change::{Act, Form, Line},
    office::Defect,
    settings::PriceSource,
    shop::ManageStock,
};

/// What becomes of each product, as text; then the plan is applied, and a second one finds nothing to do.
fn check(mut world: World, expected: Expect) {
    let plan = world.plan();
    expected.assert_eq(&told(&plan));
    plan.quiet.iter().for_each(|quiet| world.settle(quiet));
    plan.changes.iter().for_each(|change| world.apply(change));
    assert_eq!(world.plan().changes, []);
}

fn told(plan: &Plan) -> String {
    let mut lines = Vec::new();
    let remark = |id: &ProductId, remark: &Remark| format!("{id}   {}: {}", remark.kind, remark.text);
    for Change { product: id, act, remarks, .. } in &plan.changes {
        lines.push(match act {
            Act::Create(new) => {
                let form = match &new.form {
                    Form::Simple => String::new(),
                    Form::Variable => ", variable".to_owned(),
                    Form::Variation { under, private, .. } => {
                        format!(", {}variation under {under:?}", if *private { "private " } else { "" })
                    }
                };
                format!("{id} create {:?} class {:?}, gtin {:?}{form}", new.sku, new.tax_class, new.gtin)
            }
            Act::Update { shop, adopt: true, .. } => format!("{id} adopts {shop}"),
            Act::Update { shop, adopt: false, .. } => format!("{id} updates {shop}"),
        });
        let line = |Line { kind, from, to }: &Line| format!("{id}   {kind} {from:?} -> {to:?}");
        let change = plan.changes.iter().find(|one| one.product == *id).unwrap();
        lines.extend(change.lines().iter().map(line));
        lines.extend(remarks.iter().map(|one| remark(id, one)));
    }
    for Refused { product: id, reason, waits, .. } in &plan.refused {
        lines.push(format!("{id} {}: {reason}", if *waits { "waits" } else { "refused" }));
    }
    for Quiet { product: id, shop, remarks, .. } in &plan.quiet {
        lines.push(format!(
            "{id} quiet, {}",
            shop.map_or("not in the shop".to_owned(), |id| format!("is {id}"))
        ));
        lines.extend(remarks.iter().map(|one| remark(id, one)));
    }
    lines.join("\n")
}

/// A product linked with product 100, both alike, with these changes.
fn pair(change: impl FnOnce(&mut World)) -> World {
    World::new(vec![office_product(1, "A1")], vec![shop_product(100, "A1")]).linked(1, 100).with(change)
}

fn office(world: &mut World) -> &mut OfficeProduct {
    &mut world.office[0]
}

fn shop(world: &mut World) -> &mut ShopProduct {
    world.shop.get_mut(&ShopId(100)).unwrap()
}

fn seen(world: &mut World) -> &mut Link {
    world.links.get_mut(&ProductId(1)).unwrap()
}

fn unlinked(numbers: &[&str], skus: &[&str]) -> World {
    let office = (1..).zip(numbers).map(|(id, number)| office_product(id, number)).collect();
    let shop = (100..).zip(skus).map(|(id, sku)| shop_product(id, sku)).collect();
    World::new(office, shop)
}

#[test]
fn what_is_alike_needs_nothing() {
    check(pair(|_| ()), expect!["1 quiet, is 100"]);
}

#[test]
fn numbers_meet_skus_trimmed_and_in_any_case() {
    check(unlinked(&[" a1 "], &["A1"]), expect!["1 adopts 100"]);
    check(unlinked(&["Ø4\t"], &["ø4 "]), expect!["1 adopts 100"]);
    check(
        unlinked(&["A1"], &["A11"]),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7""#]],
    );
    check(
        unlinked(&["", " "], &[""]),
        expect![[r#"
        1 refused: no product number: give it one in Loomis Pay
        2 refused: no product number: give it one in Loomis Pay"#]],
    );
}

#[test]
fn twins_are_refused_by_name() {
    check(
        unlinked(&["A1", "B2", " a1"], &["A1"]),
        expect![[r#"
        2 create "B2" class Some(""), gtin None
        2   create "" -> "Cup"
        2   price "" -> "100.00"
        2   stock "" -> "7"
        1 refused: the product number is not unique in Loomis Pay: products 1 and 3 have it; give one of them another
        3 refused: the product number is not unique in Loomis Pay: products 3 and 1 have it; give one of them another"#]],
    );
    check(
        unlinked(&["A1", "a1", "A1 "], &[]).linked(1, 100),
        expect![[r#"
        1 refused: the product number is not unique in Loomis Pay: products 1 and 2, 3 have it; give one of them another
        2 refused: the product number is not unique in Loomis Pay: products 2 and 1, 3 have it; give one of them another
        3 refused: the product number is not unique in Loomis Pay: products 3 and 1, 2 have it; give one of them another"#]],
    );
    // Only what is visible and not deleted counts.
    check(
        unlinked(&["A1", "a1"], &["A1"]).with(|world| world.office[1].visible = false),
        expect![[r#"
        1 adopts 100
        2 quiet, not in the shop"#]],
    );
    check(
        unlinked(&["A1", "a1"], &["A1"]).with(|world| world.office[1].deleted = true),
        expect![[r#"
        1 adopts 100
        2 quiet, not in the shop"#]],
    );
}

#[test]
fn an_sku_that_several_have_is_refused_with_all_their_ids() {
    check(
        unlinked(&["A1"], &["A1", "B2", "a1", "A1 "]),
        expect![
            "1 refused: the SKU is not unique in the shop: products 100, 102, 103 have it, Loomis Pay's product 1 meets them all; give all but one another"
        ],
    );
    check(unlinked(&["A1"], &["A1", "a1"]).linked(1, 101), expect!["1 quiet, is 101"]);
}

#[test]
fn a_variation_that_answers_with_its_parents_sku_is_no_match() {
    let family = |kind: &'static str, own: &'static str| {
        unlinked(&["A1"], &["A1", own]).with(move |world| {
            shop(world).kind = kind.to_owned();
            let child = world.shop.get_mut(&ShopId(101)).unwrap();
            (child.kind, child.parent) = ("variation".to_owned(), Some(ShopId(100)));
        })
    };
    check(
        family("variable", "A1"),
        expect![
            "1 refused: the shop's product 100 is of type variable, Loomis Pay's is simple: change the type or the SKU in the shop"
        ],
    );
    check(family("simple", "A1"), expect!["1 adopts 100"]);
    check(
        family("variable", "B2").with(|world| office(world).number = "B2".to_owned()),
        expect![
            "1 refused: the shop's product 101 is of type variation, Loomis Pay's is simple: change the type or the SKU in the shop"
        ],
    );
}

#[test]
fn what_is_linked_with_another_is_refused() {
    check(
        unlinked(&["A1", "B2"], &["A1"]).linked(2, 100),
        expect![[r#"
        1 refused: the shop's product 100 has this SKU and belongs to product 2 of Loomis Pay: give one of products 1 and 2 another number
        2 quiet, is 100"#]],
    );
    // Also where the other was taken off.
    check(
        unlinked(&["A1", "B2"], &["A1"]).linked(2, 100).with(|world| world.office[1].visible = false),
        expect![[r#"
            2 updates 100
            2   draft "publish" -> "draft"
            1 refused: the shop's product 100 has this SKU and belongs to product 2 of Loomis Pay: give one of products 1 and 2 another number"#]],
    );
}

#[test]
fn the_shop_may_take_two_numbers_for_one() {
    let mut view = unlinked(&["Å1"], &["A1"]).view();
    let found = view.by_number.remove(&MatchNumber::of("A1").unwrap()).unwrap();
    view.by_number.insert(MatchNumber::of("Å1").unwrap(), found);
    let world = unlinked(&["Å1"], &[]);
    expect![[r#"1 refused: to the shop the SKU "A1" of its product 100 is the same as "Å1": give one of them another"#]].assert_eq(&told(&plan(&world.settings, &world.candidates(), &view, &world.links)));
}

#[test]
fn a_linked_product_that_lies_in_the_trash_or_is_gone() {
    check(
        pair(|world| shop(world).status = "trash".to_owned()),
        expect![
            "1 refused: product 100 lies in the shop's trash: restore it, or delete it permanently to have it made anew"
        ],
    );
    check(
        pair(|world| world.shop.clear()),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7""#]],
    );
    check(
        pair(|world| (world.shop.clear(), world.settings.new_products = false).1),
        expect![[r#"
        1 quiet, not in the shop
        1   create: the shop lacks it, and new products is off"#]],
    );
    // Gone, and another has its SKU now.
    check(
        pair(|world| (world.shop.clear(), world.shop.extend([(ShopId(200), shop_product(200, "a1"))])).1),
        expect!["1 adopts 200"],
    );
    // In the trash without a link: the SKU is free.
    check(
        unlinked(&["A1"], &["A1"]).with(|world| shop(world).status = "trash".to_owned()),
        expect![[r#"
        1 create "A1" class Some(""), gtin None
        1   create "" -> "Cup"
        1   price "" -> "100.00"
        1   stock "" -> "7""#]],
    );
}

#[test]
fn what_lies_in_the_trash_is_not_adopted_though_it_is_found() {
    let world = unlinked(&["A1"], &["A1"]);
    let mut view = world.view();
    view.by_number.values_mut().flatten().for_each(|found| found.status = "trash".to_owned());
    let plan = plan(&world.settings, &world.candidates(), &view, &world.links);
    assert!(matches!(plan.changes[0].act, Act::Create(_)));
}

#[test]
fn a_linked_product_that_was_not_read_waits() {
    let world = pair(|_| ());
    let view = ShopView { by_id: HashMap::new(), ..world.view() };
    expect!["1 waits: the shop's product 100 was not read"].assert_eq(&told(&plan(
        &world.settings,
        &world.candidates(),
        &view,
        &world.links,
    )));
}

#[test]
fn adopting_writes_prices_and_stock_and_never_the_name() {
    let differs = |world: &mut World| {
        let product = shop(world);
        product.name = "Another name".to_owned();
        (product.regular_price, product.stock) = (Some(dec("90")), Some(dec("3")));
    };
    check(
        unlinked(&["A1"], &["A1"]).with(differs),
        expect![[r#"
        1 adopts 100
        1   price "90.00" -> "100.00"
        1   stock "3" -> "7""#]],
    );
    check(
        unlinked(&["A1"], &["A1"]).with(differs).with(|world| world.settings.new_products = false),
        expect![[r#"
            1 adopts 100
            1   price "90.00" -> "100.00"
            1   stock "3" -> "7""#]],
    );
    check(
        unlinked(&["A1"], &["A1"]).with(|world| shop(world).kind = "grouped".to_owned()),
        expect![
            "1 refused: the shop's product 100 is of type grouped, Loomis Pay's is simple: change the type or the SKU in the shop"
        ],
    );
}

#[test]
fn a_record_that_can_not_be_taken() {
    let check = |change: fn(&mut OfficeProduct), expected: Expect| {
        check(pair(|world| change(office(world))), expected);
    };
    check(|product| product.name = " ".to_owned(), expect!["1 refused: no name: give it one in Loomis Pay"]);
    check(
        |product| product.number = " ".to_owned(),
        expect!["1 refused: no product number: give it one in Loomis Pay"],
    );
    check(
        |product| product.is_parent = true,
        expect![
            "1 refused: the shop's product 100 is of type simple, Loomis Pay's is a parent of variants: change the type or the SKU in the shop"
        ],
    );
    check(
        |product| product.parent = Some(ProductId(9)),
        expect!["1 refused: its parent 9 is not in Loomis Pay's catalogue"],
    );
    check(
        |product| {
            product.defects = vec![Defect { field: "product_name".to_owned(), reason: "too long".to_owned() }]
        },
        expect!["1 refused: product_name: too long"],
    );
    check(
        |product| {
            product.defects =
                vec![Defect { field: "product_number".to_owned(), reason: "too long".to_owned() }]
        },
        expect!["1 refused: product_number: too long"],
    );
}
