//! The products, found fast by SKU, barcode and date: a hundred thousand of them must not slow a test down.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::product::{Manage, Product};

/// The shop's products. Every change goes through [`Catalogue::put`] or [`Catalogue::remove`], which keep the indexes.
pub(super) struct Catalogue {
    products: BTreeMap<u64, Product>,
    by_sku: HashMap<String, BTreeSet<u64>>,
    by_gtin: HashMap<String, BTreeSet<u64>>,
    by_modified: BTreeSet<(i64, u64)>,
    next: u64,
}

impl Catalogue {
    pub(super) fn new(next: u64) -> Catalogue {
        Catalogue {
            products: BTreeMap::new(),
            by_sku: HashMap::new(),
            by_gtin: HashMap::new(),
            by_modified: BTreeSet::new(),
            next,
        }
    }

    /// The next free id: products, variations and media files share one row of numbers.
    pub(super) fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn add(&mut self, mut product: Product, now: Timestamp) -> u64 {
        if product.id == 0 {
            product.id = self.next_id();
        }
        self.next = self.next.max(product.id + 1);
        product.created = product.created.or(Some(now));
        product.modified = product.modified.or(Some(now));
        let id = product.id;
        self.put(product);
        id
    }

    pub(super) fn put(&mut self, product: Product) {
        self.remove(product.id);
        let id = product.id;
        if !product.sku.trim().is_empty() {
            self.by_sku.entry(sku_key(&product.sku)).or_default().insert(id);
        }
        if !product.gtin.is_empty() {
            self.by_gtin.entry(product.gtin.clone()).or_default().insert(id);
        }
        self.by_modified.insert((Product::seconds(product.modified), id));
        self.products.insert(id, product);
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Product> {
        let product = self.products.remove(&id)?;
        for (index, key) in
            [(&mut self.by_sku, sku_key(&product.sku)), (&mut self.by_gtin, product.gtin.clone())]
        {
            if let Some(ids) = index.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    index.remove(&key);
                }
            }
        }
        self.by_modified.remove(&(Product::seconds(product.modified), id));
        Some(product)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Product> {
        self.products.get(&id)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Product> {
        self.products.values()
    }

    pub(super) fn with_sku(&self, sku: &str) -> impl Iterator<Item = &Product> {
        self.by_sku.get(&sku_key(sku)).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    pub(super) fn with_gtin(&self, gtin: &str) -> impl Iterator<Item = &Product> {
        self.by_gtin.get(gtin).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// Products modified after that second, the earliest first.
    pub(super) fn modified_after(&self, second: i64) -> impl DoubleEndedIterator<Item = &Product> {
        let from = (second.saturating_add(1), 0);
        self.by_modified.range(from..).filter_map(|(_, id)| self.get(*id))
    }

    /// The variations of a product, by id.
    pub(super) fn variations(&self, product: &Product) -> impl Iterator<Item = &Product> {
        // Only a variable product has any, and ids above its own: a simple one costs nothing.
        let from = if product.kind == "variable" { product.id } else { u64::MAX };
        let id = product.id;
        self.products.range(from..).map(|(_, product)| product).filter(move |other| other.parent == id)
    }

    /// Changes a product; a variation bumps its parent too.
    pub(super) fn edit(
        &mut self,
        id: u64,
        now: Option<Timestamp>,
        change: impl FnOnce(&mut Product),
    ) -> bool {
        let Some(product) = self.get(id) else { return false };
        let mut product = product.clone();
        change(&mut product);
        product.id = id;
        product.modified = now.or(product.modified);
        let parent = self.get(product.parent).filter(|_| now.is_some()).cloned();
        self.put(product);
        if let Some(parent) = parent {
            self.put(Product { modified: now, ..parent });
        }
        true
    }

    pub(super) fn sell(&mut self, id: u64, quantity: i64, now: Timestamp) -> bool {
        let Some(product) = self.get(id) else { return false };
        let holder = if product.manage_stock == Manage::Parent { product.parent } else { id };
        self.edit(id, Some(now), |_| {});
        self.edit(holder, Some(now), |product| {
            if product.manage_stock == Manage::Yes {
                product.stock = Some(product.stock.unwrap_or(0) - quantity);
                product.settle_stock();
            }
        })
    }
}

fn sku_key(sku: &str) -> String {
    sku.trim().to_lowercase()
}
