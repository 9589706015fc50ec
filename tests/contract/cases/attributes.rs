//! A product's own attributes.

use retail::shop::ShopAttribute;
use woocommerce::ProductChange;

use crate::shop::{Contract, attribute};

fn at(position: i64, attribute: ShopAttribute) -> ShopAttribute {
    ShopAttribute { position, ..attribute }
}

fn change(attributes: Vec<ShopAttribute>) -> ProductChange {
    ProductChange { attributes: Some(attributes), ..ProductChange::default() }
}

pub(crate) async fn whole(shop: &Contract<'_>) {
    let mut new = shop.simple("A");
    let hidden = ShopAttribute { visible: false, ..attribute("Vekt", &["2 kg"], false) };
    let all = vec![
        at(0, attribute("Brand", &["Koziol"], false)),
        at(1, hidden),
        at(2, attribute("Form", &["b", "a"], false)),
    ];
    new.attributes.clone_from(&all);
    let made = shop.make(new).await;
    assert_eq!(made.attributes, all);
    assert_eq!(shop.product(made.id).await.attributes, all);
    // What is read can be written back unchanged; what is left out is gone.
    assert_eq!(shop.change(made.id, change(all.clone())).await.attributes, all);
    let other = ProductChange { name: Some(shop.name("B")), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, other).await.attributes, all);
    assert_eq!(shop.change(made.id, change(all[1..].to_vec())).await.attributes, all[1..]);
    assert_eq!(shop.change(made.id, change(Vec::new())).await.attributes, []);
}

/// Names and options as they come back.
pub(crate) async fn texts(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let check = async |name: &str, options: &[&str], kept: Option<(&str, &[&str])>| {
        let answered = shop.change(made.id, change(vec![attribute(name, options, false)])).await.attributes;
        let expected: Vec<_> =
            kept.map(|(name, options)| attribute(name, options, false)).into_iter().collect();
        assert_eq!(answered, expected, "{name:?} {options:?}");
        assert_eq!(shop.product(made.id).await.attributes, expected, "{name:?} {options:?}");
    };
    let same = async |name: &str, options: &[&str]| check(name, options, Some((name, options))).await;
    same("Vaskes på", &["30 grader", "60 °C"]).await;
    same("Farge & form", &["Rød & hvit", "R&D; x", "\"20\" 'x'", "A\\B", "50 %", "5 > 4"]).await;
    same("Str. (cm)", &["½", "日本"]).await;
    same("Vekt %", &["a <b> c", "x < y", "%41"]).await;
    check(" To  ord ", &["x"], Some(("To ord", &["x"]))).await;
    check("A<i>B</i>", &["x"], Some(("AB", &["x"]))).await;
    check("A%41B", &["x"], Some(("AB", &["x"]))).await;
    // A bar parts options, empty ones go, entities are read.
    check("Form", &["a|b", "c &amp; d", " e "], Some(("Form", &["a", "b", "c & d", "e"]))).await;
    // No name, no attribute; one without a letter is a name.
    check(" ", &["x"], None).await;
    same("!?", &["x"]).await;
}

/// Two names that make one slug are one attribute, the later.
pub(crate) async fn one_name(shop: &Contract<'_>) {
    let mut new = shop.simple("A");
    new.attributes =
        vec![at(0, attribute("Størrelse", &["S"], false)), at(1, attribute("storrelse!", &["M"], false))];
    assert_eq!(shop.make(new).await.attributes, [at(1, attribute("storrelse!", &["M"], false))]);
}
