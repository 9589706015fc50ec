//! Attributes: Loomis Pay's brand, custom fields and variants, as local attributes of the shop. `SETTINGS.md`, *Attributes*.

use std::collections::HashSet;

use crate::{
    change::{Kind, Line},
    office::OfficeProduct,
    plan::Variant,
    shop::{ShopAttribute, ShopOption},
};

/// The attribute of the brand.
pub const BRAND: &str = "Brand";
/// The attribute that variants differ in.
pub const VARIANT: &str = "Variant";

/// What tells a variant from its siblings: its name less its parent's; where it doesn't begin so, the whole name.
pub fn option(parent: &str, child: &str) -> String {
    let (parent, child) = (cleaned(parent), cleaned(child));
    let rest = child.strip_prefix(parent.as_str()).filter(|_| !parent.is_empty());
    let rest = rest.map(|rest| rest.trim_matches(|c: char| c.is_whitespace() || "-–—,:/".contains(c)));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(&child).to_owned()
}

/// A product's own attributes, each name once.
pub fn ours(product: &OfficeProduct, variants: &[Variant]) -> Vec<ShopAttribute> {
    let mut all: Vec<ShopAttribute> = Vec::new();
    let mut add = |name: &str, option: &str, variation: bool| {
        let (name, option) = (cleaned(name), cleaned(option));
        if name.is_empty() || option.is_empty() {
            return;
        }
        let position = i64::try_from(all.len()).unwrap_or(i64::MAX);
        match all.iter_mut().find(|one| same(&one.name, &name)) {
            Some(one) if one.options.iter().any(|other| same(other, &option)) => {}
            // A custom field must not be taken for a variant's option.
            Some(one) if one.variation == variation => one.options.push(option),
            Some(_) => {}
            None => {
                let options = vec![option];
                all.push(ShopAttribute { id: 0, name, position, visible: true, variation, options });
            }
        }
    };
    let mut variants: Vec<&Variant> = variants.iter().collect();
    variants.sort_by_key(|variant| variant.id);
    for variant in variants {
        add(VARIANT, &option(&product.name, &variant.name), true);
    }
    add(BRAND, &product.brand, false);
    for (name, value) in &product.custom_fields {
        add(name, value, false);
    }
    all
}

/// The attributes that the shop's product should have, or `None` where it has them.
pub fn target(ours: &[ShopAttribute], shop: &[ShopAttribute], overwrite: bool) -> Option<Vec<ShopAttribute>> {
    let of_shop = |one: &ShopAttribute| shop.iter().find(|other| same(&other.name, &one.name));
    let satisfied = |one: &ShopAttribute| {
        of_shop(one).is_some_and(|other| if overwrite { is_as(other, one) } else { has(other, one) })
    };
    let only_ours = shop.iter().all(|other| ours.iter().any(|one| same(&other.name, &one.name)));
    if ours.iter().all(satisfied) && (only_ours || !overwrite) {
        return None;
    }
    if overwrite {
        return Some(ours.to_vec());
    }
    // What only the shop has survives letter by letter; what both have keeps its place and whether it is shown.
    let mut merged: Vec<ShopAttribute> = shop.to_vec();
    for one in ours {
        match merged.iter_mut().find(|other| same(&other.name, &one.name)) {
            Some(other) if has(other, one) => {}
            Some(other) => {
                other.options = merged_options(other, one);
                other.variation |= one.variation;
            }
            None => {
                let last = merged.iter().map(|other| other.position).max();
                let position = last.map_or(0, |last| last.saturating_add(1));
                merged.push(ShopAttribute { position, ..one.clone() });
            }
        }
    }
    Some(merged)
}

/// The options that the shop's variation should have, or `None` where it has them.
pub fn options_target(option: &str, shop: &[ShopOption], overwrite: bool) -> Option<Vec<ShopOption>> {
    let ours = ShopOption { id: 0, name: VARIANT.to_owned(), option: option.to_owned() };
    let satisfied = shop.iter().any(|one| same(&one.name, VARIANT) && one.option == option);
    if satisfied && (shop.len() == 1 || !overwrite) {
        return None;
    }
    if overwrite {
        return Some(vec![ours]);
    }
    let mut merged = shop.to_vec();
    match merged.iter_mut().find(|one| same(&one.name, VARIANT)) {
        Some(one) => one.option = ours.option,
        None => merged.push(ours),
    }
    Some(merged)
}

/// Whether an attribute of the shop says what one of ours says. Where it stands and whether it is shown is a person's.
fn is_as(shop: &ShopAttribute, ours: &ShopAttribute) -> bool {
    shop.options == ours.options && (shop.variation || !ours.variation)
}

/// Whether an attribute of the shop says what one of ours says, and perhaps more. One that varies has the options of all its
/// variations, those that only the shop has among them; any other has one value, and it is ours.
fn has(shop: &ShopAttribute, ours: &ShopAttribute) -> bool {
    match ours.variation {
        true => shop.variation && ours.options.iter().all(|option| shop.options.contains(option)),
        false => is_as(shop, ours),
    }
}

/// The options of both: the shop's where they stand, spelt as ours where they are ours, then those it lacks.
fn merged_options(shop: &ShopAttribute, ours: &ShopAttribute) -> Vec<String> {
    if !ours.variation {
        return ours.options.clone();
    }
    let spelt = |option: &String| ours.options.iter().find(|one| same(one, option)).unwrap_or(option).clone();
    let mut merged: Vec<String> = Vec::new();
    for option in shop.options.iter().map(spelt).chain(ours.options.iter().cloned()) {
        if !merged.contains(&option) {
            merged.push(option);
        }
    }
    merged
}

/// Whether two names or options are one to a customer.
pub fn same(one: &str, other: &str) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded(one) == folded(other)
}

/// A text as the shop keeps it in an attribute: white space folded, and no bar, which parts options there.
fn cleaned(text: &str) -> String {
    text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An attribute for a person: `Brand: Koziol`.
pub fn told(attribute: &ShopAttribute) -> String {
    format!("{}: {}", attribute.name, attribute.options.join(", "))
}

/// How attributes differ: a line each; one that is lost says so.
pub(crate) fn lines(from: &[ShopAttribute], to: &[ShopAttribute]) -> Vec<Line> {
    let line = |from, to| Line { kind: Kind::Attribute, from, to };
    let lost = from.iter().filter(|old| !to.iter().any(|new| same(&new.name, &old.name)));
    let mut lines: Vec<Line> = lost.map(|old| line(told(old), "lost".to_owned())).collect();
    for new in to {
        match from.iter().find(|old| same(&old.name, &new.name)) {
            Some(old) if old.options == new.options && old.variation == new.variation => {}
            Some(old) => {
                let gone: HashSet<&String> =
                    old.options.iter().filter(|one| !new.options.contains(one)).collect();
                let mut after = told(new);
                if !gone.is_empty() {
                    let gone: Vec<&str> =
                        old.options.iter().filter(|one| gone.contains(one)).map(String::as_str).collect();
                    after = format!("{after} (lost: {})", gone.join(", "));
                }
                lines.push(line(told(old), after));
            }
            None => lines.push(line(String::new(), told(new))),
        }
    }
    lines
}

/// How a variation's options differ.
pub(crate) fn option_lines(from: &[ShopOption], to: &[ShopOption]) -> Vec<Line> {
    let one = |option: &ShopOption| ShopAttribute {
        id: option.id,
        name: option.name.clone(),
        position: 0,
        visible: true,
        variation: true,
        options: vec![option.option.clone()],
    };
    let all = |options: &[ShopOption]| options.iter().map(one).collect::<Vec<_>>();
    lines(&all(from), &all(to))
}

#[cfg(test)]
mod tests;
