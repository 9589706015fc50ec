//! The products, found fast by SKU, barcode and date: a hundred thousand of them must not slow a test down.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    answer::Refused,
    media::Library,
    product::{Manage, Product},
    setup::Setup,
};

/// The shop's products. Every change goes through [`Catalogue::put`] or [`Catalogue::remove`], which keep the indexes.
pub(super) struct Catalogue {
    products: BTreeMap<u64, Product>,
    by_sku: HashMap<String, BTreeSet<u64>>,
    by_gtin: HashMap<String, BTreeSet<u64>>,
    by_modified: BTreeSet<(i64, u64)>,
    by_parent: HashMap<u64, BTreeSet<u64>>,
    pub(super) media: Library,
    next: u64,
}

impl Catalogue {
    pub(super) fn new(next: u64) -> Catalogue {
        Catalogue {
            products: BTreeMap::new(),
            by_sku: HashMap::new(),
            by_gtin: HashMap::new(),
            by_modified: BTreeSet::new(),
            by_parent: HashMap::new(),
            media: Library::default(),
            next,
        }
    }

    /// The next free id: products, variations and media files share one row of numbers.
    pub(super) fn next_id(&mut self) -> u64 {
        let next = self.next;
        self.next = next.saturating_add(1);
        next
    }

    pub(super) fn add(&mut self, mut product: Product, now: Timestamp) -> u64 {
        if product.id == 0 {
            product.id = self.next_id();
        }
        let ids = product.images.iter().map(|image| image.id).chain([product.id]);
        self.next = ids.fold(self.next, |next, id| next.max(id.saturating_add(1)));
        product.created = product.created.or(Some(now));
        product.modified = product.modified.or(Some(now));
        let id = product.id;
        self.put(product);
        id
    }

    pub(super) fn put(&mut self, product: Product) {
        self.take(product.id);
        let id = product.id;
        for image in product.images.iter().filter(|image| image.id > 0) {
            self.media.adopt(image, product.created);
        }
        if product.is_variation() {
            self.by_parent.entry(product.parent).or_default().insert(id);
        }
        if !product.sku.trim().is_empty() {
            self.by_sku.entry(sku_key(&product.sku)).or_default().insert(id);
        }
        if !product.gtin.is_empty() {
            self.by_gtin.entry(product.gtin.clone()).or_default().insert(id);
        }
        self.by_modified.insert((Product::seconds(product.modified), id));
        self.products.insert(id, product);
    }

    /// Deletes a product for good, and its variations with it.
    pub(super) fn remove(&mut self, id: u64) -> Option<Product> {
        let product = self.take(id)?;
        self.remove_variations(id);
        Some(product)
    }

    /// Deletes the variations of a product.
    pub(super) fn remove_variations(&mut self, parent: u64) {
        for id in self.by_parent.get(&parent).cloned().unwrap_or_default() {
            self.take(id);
        }
    }

    fn take(&mut self, id: u64) -> Option<Product> {
        let product = self.products.remove(&id)?;
        if product.is_variation()
            && let Some(ids) = self.by_parent.get_mut(&product.parent)
        {
            ids.remove(&id);
        }
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

    /// The variations of a product, by id, those in the trash too.
    pub(super) fn variations(&self, parent: u64) -> impl Iterator<Item = &Product> {
        self.by_parent.get(&parent).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// The variation with that id, if it is that parent's; before 9.2 whosever it is.
    pub(super) fn variation(&self, setup: &Setup, parent: u64, id: u64) -> Result<&Product, Refused> {
        let belongs = |one: &Product| one.parent == parent || !setup.since(9, 2);
        let found = self.get(id).filter(|variation| variation.is_variation() && belongs(variation));
        found.ok_or_else(|| Refused::new(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID."))
    }

    /// Bumps the date of a product, if there is one.
    pub(super) fn touch(&mut self, id: u64, now: Timestamp) {
        if let Some(product) = self.get(id).cloned() {
            self.put(Product { modified: Some(now), ..product });
        }
    }

    /// Moves a product to the trash, and its variations with it.
    pub(super) fn trash(&mut self, id: u64, now: Timestamp) -> bool {
        for variation in self.by_parent.get(&id).cloned().unwrap_or_default() {
            self.edit(variation, None, |variation| variation.status = "trash".to_owned());
        }
        self.edit(id, Some(now), |product| product.status = "trash".to_owned())
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
        let parent = product.parent;
        self.put(product);
        if let Some(now) = now {
            self.touch(parent, now);
        }
        true
    }

    pub(super) fn sell(&mut self, id: u64, quantity: i64, now: Timestamp) -> bool {
        let Some(product) = self.get(id) else { return false };
        let manager = product.manager(self.get(product.parent));
        let holder = if manager == Manage::Parent { product.parent } else { id };
        self.edit(id, Some(now), |_| {});
        self.edit(holder, Some(now), |product| {
            if product.manage_stock == Manage::Yes {
                product.stock = Some(product.stock.unwrap_or(0).saturating_sub(quantity));
                product.settle_stock();
            }
        })
    }
}

fn sku_key(sku: &str) -> String {
    sku.trim().to_lowercase()
}
