//! A catalogue out of nothing: plausible simple products, the same for the same seed.

use jiff::Timestamp;
use rust_decimal::Decimal;
use world::Chance;

use super::{
    product::{Amount, ListEntry, Product},
    state::Client,
};
use crate::transport::SeededChance;

const KINDS: [(&str, &str, u32); 16] = [
    ("Kopp", "Kjøkken > Kopper", 129),
    ("Tallerken", "Kjøkken > Servise", 179),
    ("Skål", "Kjøkken > Servise", 149),
    ("Stekepanne", "Kjøkken > Kokekar", 699),
    ("Brødkniv", "Kjøkken > Kniver", 449),
    ("Duk", "Stue > Tekstil", 349),
    ("Pute", "Stue > Tekstil", 299),
    ("Ullpledd", "Stue > Tekstil", 899),
    ("Lysestake", "Stue > Pynt", 249),
    ("Vase", "Stue > Pynt", 329),
    ("Sengesett", "Soverom", 799),
    ("Håndkle", "Bad", 199),
    ("Såpe", "Bad > Pleie", 89),
    ("Kokebok", "Bøker", 399),
    ("Brunost", "Mat", 119),
    ("Kaffe", "Mat", 99),
];
const LOOKS: [&str; 12] =
    ["blå", "rød", "grønn", "hvit", "sort", "grå", "gul", "rosa", "stripete", "rutete", "matt", "blank"];
const BRANDS: [&str; 8] = ["Fjord", "Vidde", "Østmark", "Nordlys", "Ålesund Glass", "Rørosull", "Hjem", ""];
const SIZES: [&str; 6] = ["liten", "stor", "20 cm", "2 dl", "500 g", "2-pk"];

/// `n` products with numbers from `A-100000` on, and what is on the shelf of each.
pub fn catalogue(n: usize, seed: u64) -> Vec<(Product, Decimal)> {
    let chance = SeededChance::new(seed);
    (0..n).map(|at| product(at as u64, &chance)).collect()
}

pub(super) fn product(at: u64, chance: &dyn Chance) -> (Product, Decimal) {
    let (kind, group, base) = pick(&KINDS, chance);
    let (look, size, brand) = (pick(&LOOKS, chance), pick(&SIZES, chance), pick(&BRANDS, chance));
    let vat = match group {
        "Mat" => Decimal::from(15),
        // Books are free of VAT in Norway; these two rates are here because they exist.
        "Bøker" if at.is_multiple_of(2) => Decimal::from(12),
        "Bøker" => Decimal::new(1111, 2),
        _ => Decimal::from(25),
    };
    // Kroner, most of them with 90 øre.
    let kroner = u64::from(base) * (60 + chance.next() % 120) / 100;
    let price =
        Decimal::new(i64::try_from(kroner * 100).unwrap_or(10_000) + pick(&[0, 90, 90, 50], chance), 2);
    let share = |percent: u32| (price * Decimal::new(i64::from(percent), 2)).round_dp(2);
    let mut product =
        Product::new(&format!("A-{}", 100_000 + at), &format!("{kind} {look} {size} {}", at + 1));
    product.vatrate_percent = vat;
    product.price_inc_vat = price;
    product.cost_price = share(40);
    product.special_price = chance.next().is_multiple_of(20).then(|| share(80));
    product.barcode = ean(at, chance);
    product.category_name = group.to_owned();
    product.brand_name = brand.to_owned();
    product.brand_id =
        BRANDS.iter().position(|known| *known == brand && !brand.is_empty()).map_or(0, |i| i as u64 + 1);
    product.webshop_description = format!("<p>{kind}, {look}, {size}.</p>");
    if chance.next().is_multiple_of(5) {
        product.pricelist.push(ListEntry {
            customer_group_id: 1,
            customer_group_name: "Bedrift".to_owned(),
            price_inc_vat: share(90),
            customer_group_is_active: true,
            customer_group_is_deleted: false,
        });
    }
    (product, Decimal::from(chance.next() % 60))
}

/// A barcode with a good check digit, Norwegian, each once.
pub(super) fn ean(at: u64, chance: &dyn Chance) -> String {
    let digits = format!("70{:02}{at:08}", chance.next() % 100);
    let weighed = digits.bytes().zip([1_u32, 3].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn pick<T: Copy>(from: &[T], chance: &dyn Chance) -> T {
    let at = chance.next() % from.len() as u64;
    from[usize::try_from(at).unwrap_or_default()]
}

impl Client {
    /// Keeps these products, and has so much of each in every department.
    pub(super) fn fill(&mut self, products: Vec<(Product, Decimal)>, now: Timestamp) -> Vec<u64> {
        let kept = products.into_iter().map(|(product, physical)| {
            let id = self.put(product, now);
            for department in self.departments.values_mut() {
                department.stock.insert(id, Amount { physical, reserved: Decimal::ZERO });
            }
            id
        });
        kept.collect()
    }
}
