//! Families out of nothing: plausible parents with their variants, the same for the same seed.

use jiff::Timestamp;
use rust_decimal::Decimal;
use world::Chance;

use super::{generate, product::Product, state::Client};
use crate::transport::SeededChance;

const OPTIONS: [&str; 12] =
    ["S", "M", "L", "XL", "XXL", "3XL", "Blå", "Rød", "Grønn", "Blå / S", "Rød & hvit", "20 cm"];
const MATERIALS: [&str; 5] = ["Ull", "Bomull", "Porselen", "Stål & tre", "Glass"];

/// A parent, its children, and what is on the shelf of each child.
pub(super) struct Family {
    parent: Product,
    children: Vec<(Product, Decimal)>,
}

/// `n` families with numbers from `F-100000` on; their keys are given when they are kept.
fn families(n: usize, variants: usize, seed: u64) -> Vec<Family> {
    let chance = SeededChance::new(seed);
    (0..n).map(|at| family(at as u64, variants, &chance)).collect()
}

fn family(at: u64, variants: usize, chance: &dyn Chance) -> Family {
    // Numbers of their own, beside those of simple products.
    let (simple, _) = generate::product(at, chance);
    let number = format!("F-{}", 100_000 + at);
    let image = |end: &str| format!("https://images.example/{}{end}.jpg", number.to_lowercase());
    let material = MATERIALS[usize::try_from(at).unwrap_or_default() % MATERIALS.len()];
    let parent = Product {
        product_number: number.clone(),
        product_image: image(""),
        images: vec![image("-side"), image("-back")],
        barcode: String::new(),
        custom_fields: vec![
            ("Materiale".to_owned(), material.to_owned()),
            ("Vaskes på".to_owned(), format!("{} grader", 30 + chance.next() % 4 * 10)),
        ],
        is_parent: true,
        ..simple
    };
    let children = (0..variants).map(|place| {
        let option = match OPTIONS.get(place) {
            Some(option) => (*option).to_owned(),
            None => format!("Nr. {}", place + 1),
        };
        let child = Product {
            product_name: format!("{} - {option}", parent.product_name),
            product_number: format!("{number}-{}", place + 1),
            // Some have an image of their own.
            product_image: if place.is_multiple_of(2) {
                image(&format!("-{}", place + 1))
            } else {
                String::new()
            },
            images: Vec::new(),
            barcode: generate::ean(1_000_000 + at * 100 + place as u64, chance),
            price_inc_vat: parent.price_inc_vat + Decimal::from(place % 3 * 10),
            is_parent: false,
            ..parent.clone()
        };
        (child, Decimal::from(chance.next() % 40))
    });
    Family { children: children.collect(), parent }
}

impl Client {
    /// Keeps these families, with so much of each child in every department; hands back each parent's key with its
    /// children's. Of every third family the parent's key is the highest.
    pub(super) fn fill_families(
        &mut self,
        n: usize,
        variants: usize,
        seed: u64,
        now: Timestamp,
    ) -> Vec<(u64, Vec<u64>)> {
        let families = families(n, variants, seed).into_iter().enumerate();
        families.map(|(at, family)| self.keep_family(family, at % 3 == 2, now)).collect()
    }

    fn keep_family(&mut self, family: Family, parent_last: bool, now: Timestamp) -> (u64, Vec<u64>) {
        let next = self.catalogue.ids().last().map_or(1, |last| last + 1);
        let size = family.children.len() as u64;
        let (parent, first) = if parent_last { (next + size, next) } else { (next, next + 1) };
        self.put(Product { product_id: parent, ..family.parent }, now);
        let children = family.children.into_iter().zip(first..).map(|((child, physical), id)| {
            (Product { product_id: id, parent_variant: parent, ..child }, physical)
        });
        let children = children.collect();
        (parent, self.fill(children, now))
    }
}
