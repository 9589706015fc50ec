//! What variations choose of their parent's options.

use retail::shop::ShopOption;
use woocommerce::{NewVariation, ProductChange, VariationChange};

use crate::shop::{Contract, attribute, option};

fn choosing(options: Vec<ShopOption>) -> NewVariation {
    NewVariation { options, ..NewVariation::default() }
}

pub(crate) async fn options(shop: &Contract<'_>) {
    let mut parent = shop.parent("P", &["Blå", "Rød"]);
    parent.attributes.push(attribute("Størrelse", &["S", "M"], true));
    parent.attributes.push(attribute("Vekt", &["2 kg"], false));
    for (position, attribute) in parent.attributes.iter_mut().enumerate() {
        attribute.position = i64::try_from(position).unwrap();
    }
    let parent = shop.make(parent).await;
    let both = vec![option("Farge", "Blå"), option("Størrelse", "M")];
    let one = shop.make_variation(parent.id, choosing(both.clone())).await;
    assert_eq!(one.options, both);
    // Replaced whole: what is left out stands for any.
    let change = |options| VariationChange { options: Some(options), ..VariationChange::default() };
    let changed = shop.change_variation(parent.id, one.id, change(vec![option("Størrelse", "S")])).await;
    assert_eq!(changed.options, [option("Størrelse", "S")]);
    // An attribute that the parent lacks, or that variations don't differ in, is passed over.
    let odd = vec![option("Farge", "Rød"), option("Form", "rund"), option("Vekt", "2 kg")];
    assert_eq!(shop.change_variation(parent.id, one.id, change(odd)).await.options, [option("Farge", "Rød")]);
    // An option that it lacks is kept, as a text; the name is matched by its slug.
    let odd = vec![option("farge", "Grønn")];
    assert_eq!(
        shop.change_variation(parent.id, one.id, change(odd)).await.options,
        [option("Farge", "Grønn")]
    );
    assert_eq!(shop.variations(parent.id).await[0].options, [option("Farge", "Grønn")]);
    // Other changes leave them alone.
    let other = VariationChange { regular_price: crate::shop::price("5"), ..VariationChange::default() };
    assert_eq!(shop.change_variation(parent.id, one.id, other).await.options, [option("Farge", "Grønn")]);
    assert_eq!(shop.change_variation(parent.id, one.id, change(Vec::new())).await.options, []);
}

/// What `retail` takes for an option that survives does: parent and variation agree on it letter by letter.
pub(crate) async fn texts(shop: &Contract<'_>) {
    let fine = [
        "Blå",
        "Rød & hvit",
        "20 cm",
        "2,5\"",
        "1/2",
        "L'été",
        "A\\B",
        "5 > 4",
        "50 %",
        "Ø (stor) #1 @ *",
        "日本",
        "R&D; x",
        "a:b;c",
        "½ + ¼",
    ];
    let parent = shop.make(shop.parent("P", &fine)).await;
    assert_eq!(parent.attributes, [attribute("Farge", &fine, true)]);
    for text in fine {
        assert!(retail::number::survives(text), "{text}");
        let one = shop.make_variation(parent.id, choosing(vec![option("Farge", text)])).await;
        assert_eq!(one.options, [option("Farge", text)]);
    }
    let listed = shop.variations(parent.id).await;
    let listed: Vec<_> = listed.iter().map(|one| one.options[0].option.as_str()).collect();
    assert_eq!(listed, fine);
    // And what it refuses doesn't.
    let odd = ["a <b> c", "%41", "x < y"];
    let parent = shop.make(shop.parent("Q", &odd)).await;
    for text in odd {
        assert!(!retail::number::survives(text), "{text}");
        let one = shop.make_variation(parent.id, choosing(vec![option("Farge", text)])).await;
        assert_ne!(one.options, [option("Farge", text)]);
    }
}

/// The parent loses an attribute, or an option, that a variation has chosen.
pub(crate) async fn lost(shop: &Contract<'_>) {
    let parent = shop.make(shop.parent("P", &["Blå", "Rød"])).await;
    let one = shop.make_variation(parent.id, choosing(vec![option("Farge", "Blå")])).await;
    let change = |attributes| ProductChange { attributes: Some(attributes), ..ProductChange::default() };
    shop.change(parent.id, change(vec![attribute("Farge", &["Rød"], true)])).await;
    assert_eq!(
        shop.variations(parent.id).await[0].options,
        [option("Farge", "Blå")],
        "an option is only a text"
    );
    shop.change(parent.id, change(Vec::new())).await;
    let listed = shop.variations(parent.id).await;
    assert_eq!((listed[0].id, listed[0].options.len()), (one.id, 0));
    // What it chose is there again with the attribute.
    shop.change(parent.id, change(vec![attribute("Farge", &["Blå"], true)])).await;
    assert_eq!(shop.variations(parent.id).await[0].options, [option("Farge", "Blå")]);
}
