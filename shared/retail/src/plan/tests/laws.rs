//! What holds for every world. The generator makes collisions likely: few numbers, in either case, with spaces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    model::{World, dec, link, office_product, profile, shop_product},
    *,
};
use crate::{
    change::{Act, FieldChange, Form, StockTarget, Under},
    office::{Defect, ListPrice},
    settings::AttributeRule,
    shop::{ManageStock, ShopAttribute, ShopOption, TaxRate},
};

const NUMBERS: [&str; 9] = ["A1", "a1", " A1 ", "B2", "b2\t", "C 3", "Ø4", "ø4", ""];
const NAMES: [&str; 5] = ["Cup", "cup", "Kopp ☕", " Cup", ""];
const AMOUNTS: [&str; 10] =
    ["100", "100.00", "79.90", "0.09", "0.004", "0", "-5", "99.995", "80", "79228162514264337593543950335"];
const STATUSES: [&str; 6] = ["publish", "publish", "draft", "private", "pending", "trash"];

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.1)
}

fn mostly() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.9)
}

fn amount() -> impl Strategy<Value = Decimal> {
    select(&AMOUNTS[..]).prop_map(dec)
}

fn maybe<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.7, value)
}

fn stock() -> impl Strategy<Value = Stock> {
    let quantity = select(&["7", "7.5", "0", "-3", "12", "79228162514264337593543950335"][..]).prop_map(dec);
    prop_oneof![8 => quantity.prop_map(Stock::Available), 1 => Just(Stock::Unknown), 1 => Just(Stock::Held)]
}

prop_compose! {
    fn in_office()(
        (number, name, barcode) in (select(&NUMBERS[..]), select(&NAMES[..]), select(&["", "96385074", "1"][..])),
        (price, special, listed, active) in (maybe(amount()), maybe(amount()), maybe(amount()), any::<bool>()),
        vat in maybe(select(&["25", "15", "12", "-25"][..])),
        (visible, deleted, use_stock, ask_price, is_parent) in
            (mostly(), rarely(), mostly(), rarely(), prop::bool::weighted(0.4)),
        (parent, brand, fields) in (prop::option::weighted(0.4, 1_u64..8), select(&["", "Koziol", "a|b"][..]), custom_fields()),
        images in vec(select(&IMAGES[..]), 0..3),
        currency in prop_oneof![8 => Just(None), 1 => Just(Some("NOK")), 1 => Just(Some("SEK"))],
        defect in prop_oneof![
            9 => Just(None),
            1 => select(&["product_name", "price_inc_vat", "special_price", "use_stock"][..]).prop_map(Some),
        ],
    ) -> OfficeProduct {
        let entry = ListPrice { list: "7".to_owned(), name: String::new(), price_inc_vat: listed, active };
        OfficeProduct {
            name: name.to_owned(),
            barcode: barcode.to_owned(),
            vat_percent: vat.map(dec),
            price_inc_vat: price,
            special_price_inc_vat: special,
            ask_price,
            currency: currency.map(ToOwned::to_owned),
            list_prices: vec![entry],
            visible,
            deleted,
            use_stock,
            is_parent,
            parent: parent.map(ProductId),
            brand: brand.to_owned(),
            custom_fields: fields,
            images: images.into_iter().map(ToOwned::to_owned).collect::<BTreeSet<_>>().into_iter().collect(),
            group_path: "Kitchen > Cups".to_owned(),
            defects: defect.into_iter().map(|d| Defect { field: d.to_owned(), reason: "odd".to_owned() }).collect(),
            ..office_product(0, number)
        }
    }
}

prop_compose! {
    fn in_shop()(
        (sku, name, status) in (select(&NUMBERS[..]), select(&NAMES[..]), select(&STATUSES[..])),
        (regular_price, sale_price) in (maybe(amount()), maybe(amount())),
        (managed, quantity) in (any::<bool>(), maybe(select(&["7", "0", "12"][..]))),
        kind in prop_oneof![3 => Just("simple"), 2 => Just("variable"), 3 => Just("variation")],
        (attributes, media) in (vec(in_attribute(), 0..3), vec(1_u64..4, 0..3)),
        options in vec(select(&["Cup", "Kopp ☕", "M"][..]), 0..2),
        tax_class in select(&["", "reduced-rate", "unknown"][..]),
    ) -> ShopProduct {
        ShopProduct {
            name: name.to_owned(),
            status: status.to_owned(),
            kind: kind.to_owned(),
            regular_price,
            sale_price,
            manage_stock: if managed { ManageStock::Yes } else { ManageStock::No },
            stock: quantity.map(dec),
            tax_class: tax_class.to_owned(),
            attributes: if kind == "variation" { Vec::new() } else { attributes },
            options: options
                .into_iter()
                .take(usize::from(kind == "variation"))
                .map(|option| ShopOption { id: 0, name: "Variant".to_owned(), option: option.to_owned() })
                .collect(),
            images: media.into_iter().map(MediaId).collect(),
            ..shop_product(0, sku)
        }
    }
}

const IMAGES: [&str; 4] =
    ["https://i/1.png", "https://i/2.png", "https://i/refused.png", "https://i/unsure.png"];

fn custom_fields() -> impl Strategy<Value = Vec<(String, String)>> {
    let field =
        (select(&["Colour", "colour ", "Brand", "Variant", ""][..]), select(&["red", "Red", "blue"][..]));
    vec(field.prop_map(|(name, value)| (name.to_owned(), value.to_owned())), 0..3)
}

prop_compose! {
    fn in_attribute()(
        name in select(&["Colour", "Size", "brand", "Variant"][..]),
        options in vec(select(&["red", "M", "Koziol", "Cup"][..]), 0..3),
        (id, position, visible, variation) in (0_u64..2, 0_i64..5, any::<bool>(), any::<bool>()),
    ) -> ShopAttribute {
        let options = options.into_iter().map(ToOwned::to_owned).collect();
        ShopAttribute { id, name: name.to_owned(), position, visible, variation, options }
    }
}

prop_compose! {
    fn some_settings()(
        (new_products, inventory, product_updates) in (any::<bool>(), any::<bool>(), any::<bool>()),
        (images, overwrite, new_product_groups) in (any::<bool>(), any::<bool>(), any::<bool>()),
        list in any::<bool>(),
        prices in any::<bool>(),
    ) -> ProductSettings {
        let source = if list { PriceSource::List("7".to_owned()) } else { PriceSource::Normal };
        let prices = prices.then_some(source);
        let attributes = Some(if overwrite { AttributeRule::Overwrite } else { AttributeRule::Merge });
        ProductSettings {
            new_products, inventory, product_updates, prices, images, attributes, new_product_groups, ..super::model::settings()
        }
    }
}

prop_compose! {
    fn world()(
        settings in some_settings(),
        office in vec(in_office(), 0..7),
        stock in vec(stock(), 7),
        shop in vec(in_shop(), 0..7),
        // Which product of the shop each is linked with, if it is; some of those don't exist any more.
        links in vec(maybe((100_u64..110, select(&NAMES[..]), any::<bool>())), 7),
        (prices_include_tax, calculates_tax, manages_stock, gone_twice) in (any::<bool>(), mostly(), mostly(), any::<bool>()),
    ) -> World {
        let numbered = |at: usize| u64::try_from(at).unwrap();
        let office: Vec<_> =
            office.into_iter().enumerate().map(|(at, p)| OfficeProduct { id: ProductId(numbered(at) + 1), ..p }).collect();
        let mut shop: Vec<_> =
            shop.into_iter().enumerate().map(|(at, p)| ShopProduct { id: ShopId(numbered(at) + 100), ..p }).collect();
        // A variation belongs to the product before it.
        for at in 1..shop.len() {
            if shop[at].kind == "variation" {
                shop[at].parent = Some(shop[at - 1].id);
            }
        }
        let mut world = World::new(office, shop);
        world.stock = world.office.iter().zip(stock).map(|(product, stock)| (product.id, stock)).collect();
        (world.settings, world.gone_twice) = (settings, gone_twice);
        world.images.insert(IMAGES[2].to_owned(), KnownImage::Refused("no image".to_owned()));
        world.images.insert(IMAGES[3].to_owned(), KnownImage::Unsure);
        world.profile = ShopProfile { prices_include_tax, calculates_tax, manages_stock, ..profile() };
        for (product, found) in world.office.iter().zip(links) {
            let Some((shop, name, ours)) = found else { continue };
            if world.links.values().any(|link| link.shop == ShopId(shop)) {
                continue;
            }
            let mut link = Link { seen_name: name.to_owned(), ..link(product.id.0, shop) };
            link.written.sale_price = ours.then(|| world.shop.get(&ShopId(shop)).and_then(|found| found.sale_price));
            world.links.insert(product.id, link);
        }
        world
    }
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (any::<(u32, u32, u32, bool)>(), 0_u32..=28).prop_map(|((low, middle, high, negative), scale)| {
        Decimal::from_parts(low, middle, high, negative, scale)
    })
}

prop_compose! {
    /// A product with whatever a wire can carry, and a shop to match.
    fn odd_world()(
        world in world(),
        (number, name, sku) in any::<(String, String, String)>(),
        text in any::<(String, String, String)>(),
        amounts in vec(any_decimal(), 8),
        same in any::<bool>(),
    ) -> World {
        let mut world = world;
        let product = OfficeProduct {
            name,
            description: text.0,
            barcode: text.1,
            vat_percent: Some(amounts[0]),
            price_inc_vat: Some(amounts[1]),
            special_price_inc_vat: Some(amounts[2]),
            list_prices: vec![ListPrice {
                list: "7".to_owned(), name: text.2, price_inc_vat: Some(amounts[3]), active: true,
            }],
            ..office_product(77, &number)
        };
        let sku = if same { number } else { sku };
        let found = ShopProduct {
            regular_price: Some(amounts[4]),
            sale_price: Some(amounts[5]),
            stock: Some(amounts[6]),
            tax_class: "odd".to_owned(),
            ..shop_product(777, &sku)
        };
        world.profile.tax_rates.push(TaxRate {
            country: "NO".to_owned(), local: false, percent: amounts[0], class: "odd".to_owned(), priority: 1,
        });
        world.stock.insert(product.id, Stock::Available(amounts[7]));
        world.office.push(product);
        world.shop.insert(found.id, found);
        world
    }
}

/// Applies any prefix of the plan; exactly the rest comes out. After all of it, nothing.
fn exactly_the_rest_comes_out(mut world: World, cut: usize) -> Result<(), TestCaseError> {
    let first = world.plan();
    let cut = cut.min(first.changes.len());
    let (done, rest) = first.changes.split_at(cut);
    first.quiet.iter().for_each(|quiet| world.settle(quiet));
    done.iter().for_each(|change| world.apply(change));

    let second = world.plan();
    prop_assert_eq!(homeless(&second.changes), homeless(rest));
    prop_assert_eq!(&second.refused, &first.refused);

    rest.iter().for_each(|change| world.apply(change));
    let third = world.plan();
    prop_assert_eq!(&third.changes[..], &[]);
    prop_assert_eq!(third.refused, first.refused);
    prop_assert_eq!(third.quiet.len(), first.quiet.len() + first.changes.len());
    Ok(())
}

/// The same changes, whatever became of the parents that are made.
fn homeless(changes: &[Change]) -> Vec<Change> {
    let mut changes = changes.to_vec();
    for change in &mut changes {
        if let Act::Create(new) = &mut change.act
            && let Form::Variation { under, .. } = &mut new.form
        {
            *under = Under::ToBeMade;
        }
    }
    changes
}

/// Whether only the shop has an attribute of this name, so that a merge must let it live.
fn lost_to_ours(world: &World, product: ProductId, attribute: &ShopAttribute) -> bool {
    let candidates = world.candidates();
    let candidate = candidates.iter().find(|one| one.product.id == product).unwrap();
    let ours = crate::attribute::ours(&candidate.product, &candidate.variants);
    !ours.iter().any(|one| crate::attribute::same(&one.name, &attribute.name))
}

/// What of a change is written where: the settings that are off have no part in it.
fn only_what_is_on(world: &World, change: &Change) -> Result<(), TestCaseError> {
    let on = &world.settings;
    match &change.act {
        Act::Create(new) => {
            prop_assert!(on.new_products);
            prop_assert!(on.prices.is_some() || (new.regular_price, new.sale_price) == (None, None));
            prop_assert!(on.inventory || new.stock.is_none());
            prop_assert!(new.sale_price.is_none() || new.sale_price < new.regular_price);
            prop_assert!(on.images || new.images.is_empty());
            prop_assert!(on.new_product_groups || new.group.is_none());
        }
        Act::Update { shop, adopt, fields, .. } => {
            prop_assert_eq!(*adopt, world.links.get(&change.product).is_none_or(|link| link.shop != *shop));
            prop_assert!(*adopt || !fields.is_empty());
            for field in fields {
                prop_assert!(
                    match field {
                        FieldChange::Name { from, to } => on.product_updates && !adopt && from != to,
                        FieldChange::Draft { .. } => on.product_updates && world.gone_twice && !adopt,
                        FieldChange::RegularPrice { from, to } => on.prices.is_some() && *from != Some(*to),
                        FieldChange::SalePrice { from, to: Some(to) } =>
                            on.prices.is_some() && *from != Some(*to),
                        FieldChange::SalePrice { from, to: None } => {
                            let ours = world.links[&change.product].written.sale_price;
                            on.prices.is_some() && from.is_some() && ours == Some(*from)
                        }
                        FieldChange::Attributes { from, to } => {
                            let survives = |one: &ShopAttribute| {
                                to.iter().any(|other| other == one)
                                    || !lost_to_ours(world, change.product, one)
                            };
                            from != to
                                && (on.attributes == Some(AttributeRule::Overwrite)
                                    || from.iter().all(survives))
                        }
                        FieldChange::Options { from, to } => from != to,
                        FieldChange::Images { present, .. } =>
                            on.images && *present == world.shop[shop].images,
                        FieldChange::Stock { to, .. } =>
                            on.inventory
                                && match world.stock[&change.product] {
                                    Stock::Available(_) => true,
                                    Stock::Unknown | Stock::Held => *to == StockTarget::Unmanaged,
                                },
                    },
                    "{:?}",
                    field
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_law(world in world(), cut in 0_usize..8) {
        exactly_the_rest_comes_out(world, cut)?;
    }

    #[test]
    fn the_law_of_odd_worlds(world in odd_world(), cut in 0_usize..8) {
        exactly_the_rest_comes_out(world, cut)?;
    }

    /// A crash after the shop made it and before we noted it: it is found by its number, and nothing is left to write.
    #[test]
    fn what_was_made_and_not_noted_is_adopted_as_it_is(world in world()) {
        let mut world = world;
        for change in world.plan().changes {
            if matches!(change.act, Act::Create(_)) {
                let shop = world.write(&change);
                let again = world.plan().changes.into_iter().find(|one| one.product == change.product);
                let under = world.shop[&shop].parent;
                let adoption = Act::Update { shop, under, adopt: true, fields: Vec::new() };
                prop_assert_eq!(again.map(|one| one.without_images().act), Some(adoption));
            }
        }
    }

    #[test]
    fn a_setting_that_is_off_is_never_written(world in world()) {
        for change in world.plan().changes {
            only_what_is_on(&world, &change)?;
        }
    }

    #[test]
    fn stock_alone_writes_stock_alone(world in world()) {
        let plan = plan_stock(&world.settings, &world.candidates(), &world.view(), &world.links);
        for change in plan.changes {
            prop_assert!(change.lines().iter().all(|line| line.kind == Kind::Stock), "{:?}", change);
            let made = matches!(change.act, Act::Create(_));
            prop_assert!(!made);
            // The name was not looked at, so it is no more seen than before.
            let seen = world.links.get(&change.product).map(|link| &link.seen_name);
            prop_assert!(seen.is_none_or(|seen| *seen == change.name));
        }
    }

    #[test]
    fn no_product_is_decided_about_twice_or_not_at_all(world in world()) {
        let plan = world.plan();
        let mut decided: Vec<_> = plan.changes.iter().map(|one| one.product).collect();
        decided.extend(plan.refused.iter().map(|one| one.product));
        decided.extend(plan.quiet.iter().map(|one| one.product));
        decided.sort_unstable();
        let mut given: Vec<_> = world.office.iter().map(|one| one.id).collect();
        given.sort_unstable();
        prop_assert_eq!(decided, given);
        let target = |change: &Change| match &change.act {
            Act::Update { shop, .. } => Some(*shop),
            Act::Create(_) => None,
        };
        let written: Vec<_> = plan.changes.iter().filter_map(target).collect();
        prop_assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len());
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (world, office) in odd_world().prop_flat_map(|world| {
            let office = Just(world.office.clone()).prop_shuffle();
            (Just(world), office)
        })
    ) {
        let told = |plan: Plan| {
            let changes: BTreeMap<_, _> = plan.changes.into_iter().map(|one| (one.product, one)).collect();
            let refused: BTreeMap<_, _> = plan.refused.into_iter().map(|one| (one.product, one)).collect();
            let quiet: BTreeMap<_, _> = plan.quiet.into_iter().map(|one| (one.product, one)).collect();
            (changes, refused, quiet)
        };
        let mut view = world.view();
        view.by_number.values_mut().for_each(|found| found.reverse());
        let shuffled = World { office, ..world.clone() };
        let links: HashMap<_, _> = shuffled.links.clone();
        let other = plan(&shuffled.settings, &shuffled.candidates(), &view, &links);
        prop_assert_eq!(told(other), told(world.plan()));
    }

    #[test]
    fn nothing_panics(world in odd_world()) {
        for change in world.plan().changes {
            let _ = (change.lines(), change.writes());
        }
    }
}
