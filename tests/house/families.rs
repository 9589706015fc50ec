//! Parents and their variants, groups, attributes and images, on both simulators.

use house::stage::{Stage, dawn};
use serde_json::json;
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
    shop::{Manage, Product as InShop},
};
use sync::{Counts, Tick};

/// A parent `S` named Shirt with these variants, `S-<option>`, 5 of each in stock. Gives the parent's key first.
fn shirt(stage: &Stage, options: &[&str]) -> (u64, Vec<u64>) {
    let parent = stage.office.add_product(Product::new("S", "Shirt"));
    stage.office.set_is_parent(parent, true);
    let variant = |option: &&str| {
        let id = stage.office.add_variant(parent, &format!("S-{option}"), option);
        stage.office.set_stock(1, id, "5");
        id
    };
    (parent, options.iter().map(variant).collect())
}

fn in_shop(stage: &Stage, sku: &str) -> InShop {
    stage.shop.product_by_sku(sku).unwrap_or_else(|| panic!("no {sku} in the shop"))
}

async fn reasons(stage: &Stage) -> Vec<String> {
    let mut all: Vec<_> = stage.engine.refused("1").await.unwrap();
    all.sort_by_key(|one| one.product);
    all.into_iter().map(|one| format!("{}: {}", one.number, one.reason)).collect()
}

#[tokio::test]
async fn a_family_becomes_a_variable_product_and_a_second_sync_writes_nothing() {
    let stage = Stage::new(json!({})).await;
    let (_, variants) = shirt(&stage, &["M", "L"]);
    stage.office.change(variants[1], |one| one.special_price = Some("79".parse().unwrap()));
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 3, created: 3, ..Counts::default() });
    assert_eq!(stage.all_writes(), 2, "the parent, then its variations");
    let parent = in_shop(&stage, "S");
    assert_eq!(
        (parent.kind.as_str(), parent.status.as_str(), parent.manage_stock),
        ("variable", "draft", Manage::No)
    );
    let attribute = &parent.attributes[0];
    assert_eq!((attribute.name.as_str(), attribute.variation), ("Variant", true));
    assert_eq!(attribute.options, ["M", "L"]);
    let large = in_shop(&stage, "S-L");
    assert_eq!((large.parent, large.status.as_str(), large.stock), (parent.id, "publish", Some(5)));
    assert_eq!((large.regular_price.as_str(), large.sale_price.as_str()), ("100.00", "79.00"));
    assert_eq!(large.choices[0].option, "L");
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 3, unchanged: 3, ..Counts::default() });
    assert_eq!(stage.all_writes(), 0);
}

#[tokio::test]
async fn variants_may_come_before_their_parent_and_on_another_page() {
    let stage = Stage::new(json!({})).await;
    let families = stage.office.fill_families(60, 3, 7);
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 240, created: 240, ..Counts::default() });
    for (parent, variants) in &families {
        let parent = in_shop(&stage, &stage.office.product(*parent).unwrap().product_number);
        assert_eq!(stage.shop.variations(parent.id).len(), variants.len());
        assert_eq!(parent.attributes.iter().find(|one| one.name == "Variant").unwrap().options.len(), 3);
    }
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!((run.counts.unchanged, stage.all_writes()), (240, 0));
}

#[tokio::test]
async fn changes_of_variants_flow() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let (_, variants) = shirt(&stage, &["M", "L"]);
    stage.synchronized().await;
    stage.office.set_stock(1, variants[0], "2");
    stage.tick(Tick::Stock).await;
    assert_eq!((in_shop(&stage, "S-M").stock, in_shop(&stage, "S-L").stock), (Some(2), Some(5)));
    stage.office.set_price(variants[1], "120");
    stage.tick(Tick::Products).await;
    assert_eq!(
        (in_shop(&stage, "S-M").regular_price, in_shop(&stage, "S-L").regular_price),
        ("100.00".into(), "120.00".into())
    );
}

#[tokio::test]
async fn a_new_variant_of_a_published_parent_is_private_and_one_of_a_draft_is_not() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let (parent, _) = shirt(&stage, &["M"]);
    stage.synchronized().await;
    stage.office.add_variant(parent, "S-L", "L");
    stage.tick(Tick::Products).await;
    assert_eq!(in_shop(&stage, "S-L").status, "publish");
    stage.shop.edit(in_shop(&stage, "S").id, dawn(), |one| one.status = "publish".to_owned());
    stage.office.add_variant(parent, "S-XL", "XL");
    stage.tick(Tick::Products).await;
    let made = in_shop(&stage, "S-XL");
    assert_eq!((made.status.as_str(), made.choices[0].option.as_str()), ("private", "XL"));
    assert_eq!(in_shop(&stage, "S").attributes[0].options, ["M", "L", "XL"]);
}

#[tokio::test]
async fn a_variant_that_was_taken_off_becomes_private_and_the_last_one_leaves_the_parent_as_it_is() {
    let stage = Stage::new(json!({"product_updates": true})).await;
    let (_, variants) = shirt(&stage, &["M", "L"]);
    stage.synchronized().await;
    stage.office.hide(variants[0]);
    stage.synchronized().await;
    assert_eq!(in_shop(&stage, "S-M").status, "publish", "one reading is not enough");
    stage.synchronized().await;
    assert_eq!(
        (in_shop(&stage, "S-M").status.as_str(), in_shop(&stage, "S-L").status.as_str()),
        ("private", "publish")
    );
    assert_eq!(in_shop(&stage, "S").attributes[0].options, ["L"]);
    stage.office.delete(variants[1]);
    stage.synchronized().await;
    stage.synchronized().await;
    assert_eq!(in_shop(&stage, "S-L").status, "private");
    assert_eq!(
        (in_shop(&stage, "S").status.as_str(), in_shop(&stage, "S").attributes[0].options.len()),
        ("draft", 1)
    );
    stage.shop_faults.clear_log();
    stage.synchronized().await;
    assert_eq!(stage.all_writes(), 0);
}

#[tokio::test]
async fn a_variant_that_moved_to_another_parent_is_refused_until_a_person_makes_room() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let (_, variants) = shirt(&stage, &["M", "L"]);
    let other = stage.office.add_product(Product::new("T", "Shirt T"));
    stage.office.set_is_parent(other, true);
    stage.office.add_variant(other, "T-1", "One");
    stage.synchronized().await;
    stage.office.set_parent(variants[0], other);
    stage.tick(Tick::Products).await;
    let (old, new) = (in_shop(&stage, "S"), in_shop(&stage, "T"));
    let moved = in_shop(&stage, "S-M");
    assert_eq!(moved.parent, old.id);
    let told = reasons(&stage).await;
    assert!(
        told.len() == 1
            && told[0].contains(&format!("variation {} stands under its product {}", moved.id, old.id)),
        "{told:?}"
    );
    stage.shop.delete(moved.id);
    stage.tick(Tick::Sweep).await;
    assert_eq!(in_shop(&stage, "S-M").parent, new.id);
    assert_eq!(in_shop(&stage, "S").attributes[0].options, ["L"]);
}

#[tokio::test]
async fn a_variant_of_a_hidden_parent_is_refused_and_comes_with_its_parent() {
    let stage = Stage::new(json!({"automatic_transfer": true})).await;
    let (parent, _) = shirt(&stage, &["M", "L"]);
    stage.office.hide(parent);
    let own = stage.office.add_product(Product::new("OWN", "Own"));
    stage.office.set_parent(own, own);
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (0, 3));
    let told = reasons(&stage).await;
    assert!(
        told[0].contains("its parent 1 is not on the web shop") || told[0].contains("is not on the web shop"),
        "{told:?}"
    );
    assert!(told.iter().any(|one| one.starts_with("OWN: says it is its own parent")), "{told:?}");
    stage.office.show(parent);
    stage.tick(Tick::Products).await;
    assert_eq!(stage.shop.variations(in_shop(&stage, "S").id).len(), 2);
    assert_eq!(reasons(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_variable_product_of_the_shop_is_adopted_with_its_variations() {
    let stage = Stage::new(json!({"overwrite_attributes": false})).await;
    shirt(&stage, &["M", "L", "XL"]);
    let parent = InShop { status: "publish".to_owned(), ..InShop::simple("s", "Shirt!", "") };
    let parent = stage.shop.add_product(parent.variable("Size", &["M", "L", "XL"]).with_stock(40), dawn());
    let variation = |sku: &str, option: &str| {
        let one = InShop::variation(parent, sku, "90.00").choosing("Size", option);
        stage.shop.add_product(InShop { manage_stock: Manage::Parent, ..one }, dawn())
    };
    let medium = variation("S-M", "M");
    // Without an SKU of its own: found by its option.
    let large = variation("", "L");
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.linked, run.counts.refused), (1, 3, 0));
    let all = stage.shop.variations(parent);
    assert_eq!(all.len(), 3);
    let of = |id: u64| all.iter().find(|one| one.id == id).unwrap().clone();
    assert_eq!(
        (of(medium).regular_price.as_str(), of(medium).manage_stock, of(medium).stock),
        ("100.00", Manage::Yes, Some(5))
    );
    assert_eq!((of(large).sku.as_str(), of(large).stock), ("", Some(5)));
    let made = in_shop(&stage, "S-XL");
    assert_eq!(made.status, "private");
    // What only the shop has survives.
    let parent = stage.shop.product(parent).unwrap();
    assert_eq!(parent.name, "Shirt!");
    assert_eq!(
        parent.attributes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Size", "Variant"]
    );
    assert_eq!(of(medium).choices.len(), 2);
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!((run.counts.unchanged, stage.all_writes()), (4, 0));
}

#[tokio::test]
async fn groups_become_categories_on_creation_only_by_their_whole_path() {
    let stage = Stage::new(json!({"new_product_groups": true})).await;
    let add = |number: &str, group: &str| stage.office.add_product(Product::new(number, number).group(group));
    let cup = add("G-1", "Kitchen > Mugs");
    add("G-2", "Office > mugs");
    add("G-3", "Kitchen & Co > Mugs");
    add("G-4", "");
    let kitchen = stage.shop.add_category("kitchen", 0);
    stage.synchronized().await;
    let name = |id: u64| {
        let all = stage.shop.categories();
        let of = |id: u64| all.iter().find(|one| one.id == id).cloned();
        let leaf = of(id).unwrap();
        let above = of(leaf.parent).map(|one| one.name).unwrap_or_default();
        format!("{above} > {}", leaf.name)
    };
    let of = |sku: &str| in_shop(&stage, sku).categories.into_iter().map(name).collect::<Vec<_>>();
    assert_eq!(of("G-1"), ["kitchen > Mugs"]);
    assert_eq!(of("G-2"), ["Office > mugs"]);
    assert_eq!(of("G-3"), ["Kitchen &amp; Co > Mugs"]);
    assert_eq!(stage.shop.categories().iter().filter(|one| one.parent == kitchen).count(), 1);
    // Not on creation any more: nothing.
    stage.office.set_group(cup, "Elsewhere");
    stage.shop_faults.clear_log();
    stage.synchronized().await;
    assert_eq!(stage.all_writes(), 0);
}

#[tokio::test]
async fn attributes_are_overwritten_or_merged_and_the_preview_says_what_is_lost() {
    for overwrite in [true, false] {
        let stage = Stage::new(json!({"overwrite_attributes": overwrite})).await;
        let id = stage.office.add_product(Product::new("A-1", "Cup").brand(3, "Koziol"));
        stage.office.set_stock(1, id, "1");
        stage.office.set_custom(id, "Colour", Some("red"));
        let global = stage.shop.add_attribute("Materiale", &["Ull"]);
        let own = simulators::shop::Attribute {
            id: global,
            name: "pa_materiale".to_owned(),
            position: 3,
            visible: false,
            variation: false,
            options: vec!["ull".to_owned()],
        };
        let there =
            InShop { attributes: vec![own.clone()], ..InShop::simple("A-1", "Cup", "100.00").with_stock(1) };
        stage.shop.add_product(there, dawn());
        let preview = stage.engine.preview("1").await.unwrap();
        let lines: Vec<String> = preview
            .changes
            .iter()
            .map(|one| format!("{} {} -> {}", one.line.kind, one.line.from, one.line.to))
            .collect();
        let lost = "attribute Materiale: Ull -> lost".to_owned();
        assert_eq!(lines.contains(&lost), overwrite, "{lines:?}");
        stage.synchronized().await;
        let now = in_shop(&stage, "A-1");
        let names: Vec<&str> = now.attributes.iter().map(|one| one.name.as_str()).collect();
        if overwrite {
            assert_eq!(names, ["Brand", "Colour"]);
        } else {
            assert_eq!(names, ["pa_materiale", "Brand", "Colour"]);
            assert_eq!(now.attributes[0], own);
        }
        stage.shop_faults.clear_log();
        stage.synchronized().await;
        assert_eq!(stage.all_writes(), 0, "overwrite: {overwrite}");
    }
}

const PICTURES: [&str; 3] =
    ["https://img.example/1.png", "https://img.example/2.png", "https://img.example/3.png"];

#[tokio::test]
async fn images_go_over_where_there_are_none_and_no_address_becomes_two_files() {
    let stage = Stage::new(json!({})).await;
    let (parent, variants) = shirt(&stage, &["M", "L"]);
    stage.office.set_pictures(parent, &PICTURES);
    variants.iter().for_each(|id| stage.office.set_pictures(*id, &PICTURES[..1]));
    let own = stage.office.add_product(Product::new("OWN", "Own"));
    stage.office.set_pictures(own, &PICTURES[1..2]);
    let there = stage.shop.add_product(InShop::simple("OWN", "Own", "100.00"), dawn());
    let image = simulators::shop::Image {
        id: 77,
        src: "https://shop/own.png".to_owned(),
        name: String::new(),
        alt: String::new(),
    };
    stage.shop.edit(there, dawn(), |one| one.images = vec![image]);
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 4, created: 3, linked: 1, updated: 1, ..Counts::default() });
    assert_eq!(in_shop(&stage, "S").images.len(), 3);
    assert_eq!(in_shop(&stage, "S-M").images[0].id, in_shop(&stage, "S").images[0].id);
    assert_eq!(in_shop(&stage, "OWN").images[0].id, 77);
    let fetched = stage.shop.media().into_iter().filter(|one| one.source.starts_with("https://img.example/"));
    assert_eq!(fetched.count(), 3);
    // A later change in Loomis Pay changes nothing.
    stage.office.set_pictures(parent, &["https://img.example/other.png"]);
    stage.shop_faults.clear_log();
    stage.synchronized().await;
    assert_eq!(stage.all_writes(), 0);
}

#[tokio::test]
async fn a_bad_image_costs_itself_and_is_tried_again_another_day() {
    let stage = Stage::new(json!({})).await;
    let id = stage.office.add_product(Product::new("A-1", "Cup"));
    stage
        .office
        .set_pictures(id, &["https://img.example/404.png", PICTURES[0], "https://img.example/html.png"]);
    let run = stage.synchronized().await;
    assert_eq!((run.counts.created, run.counts.refused), (1, 0));
    assert_eq!(in_shop(&stage, "A-1").images.len(), 1);
    let query = sync::LogQuery { product: Some("A-1".to_owned()), refused: false, most: 50 };
    let lines = stage.engine.log("1", &query).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.text.contains("left out")).count(), 2, "{lines:#?}");
    stage.shop_faults.clear_log();
    stage.synchronized().await;
    assert_eq!(stage.all_writes(), 0);
}

#[tokio::test]
async fn an_image_whose_answer_is_lost_is_never_sent_twice() {
    let kinds = [
        Kind::CutAfter,
        Kind::HangAfter,
        Kind::NoiseBefore { noise: None },
        Kind::CutBefore,
        Kind::Html { status: 502 },
    ];
    for kind in kinds {
        for nth in 1..=3 {
            let stage = Stage::new(json!({"automatic_transfer": true})).await;
            let id = stage.office.add_product(Product::new("A-1", "Cup"));
            stage.office.set_pictures(id, &PICTURES);
            stage.shop_faults.add(Rule::next(kind.clone()).on("PUT").nth(nth));
            stage.synchronize().await;
            for _ in 0..4 {
                stage.pass(std::time::Duration::from_secs(1200));
                stage.tick(Tick::Stock).await;
            }
            let attached = in_shop(&stage, "A-1").images;
            assert_eq!(
                attached.iter().map(|one| one.src.as_str()).collect::<Vec<_>>(),
                PICTURES,
                "{kind:?} {nth}"
            );
            assert_eq!(stage.shop.media().len(), 3, "{kind:?} {nth}");
        }
    }
}

#[tokio::test]
async fn old_shops_and_v2_take_families_too() {
    for version in ["10.5.0", "5.5.0", "5.0.0", "3.2.0"] {
        for api in ["v2", "v3"] {
            if version == "3.2.0" && api == "v3" {
                continue;
            }
            let stage = Stage::new(json!({"product_updates": true, "new_product_groups": true})).await;
            stage.shop.set(|setup| setup.version = version.to_owned());
            let mut record = house::stage::department(
                "1",
                house::stage::TOKEN,
                "shop.example",
                json!({"product_updates": true, "new_product_groups": true}),
            );
            record["shop"]["api_version"] = json!(api);
            stage.engine.put_department(record).await.unwrap();
            let (parent, variants) = shirt(&stage, &["M", "L"]);
            stage.office.set_pictures(parent, &PICTURES[..1]);
            stage.office.set_group(parent, "Clothes > Shirts");
            let run = stage.synchronized().await;
            assert_eq!(run.counts, Counts { seen: 3, created: 3, ..Counts::default() }, "{version} {api}");
            stage.office.hide(variants[0]);
            stage.synchronized().await;
            stage.synchronized().await;
            assert_eq!(in_shop(&stage, "S-M").status, "private", "{version} {api}");
            stage.shop_faults.clear_log();
            stage.synchronized().await;
            assert_eq!(stage.all_writes(), 0, "{version} {api}");
            assert_eq!((stage.shop.products().len(), stage.shop.media().len()), (3, 1));
        }
    }
}
