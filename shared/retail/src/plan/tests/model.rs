//! A shop and an office small enough to hold in the head, and what the use case does with a change.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::{
    change::{Act, FieldChange, Form, StockTarget, Under},
    link::{Attached, Image},
    settings::AttributeRule,
    shop::{ManageStock, ShopOption, TaxRate},
};

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Both sides, and what we remember.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) settings: ProductSettings,
    pub(super) office: Vec<OfficeProduct>,
    pub(super) stock: BTreeMap<ProductId, Stock>,
    pub(super) gone_twice: bool,
    pub(super) profile: ShopProfile,
    pub(super) shop: BTreeMap<ShopId, ShopProduct>,
    pub(super) links: HashMap<ProductId, Link>,
    pub(super) images: HashMap<String, KnownImage>,
}

pub(super) fn settings() -> ProductSettings {
    ProductSettings {
        automatic_transfer: false,
        continuous_inventory: false,
        new_products: true,
        new_product_groups: false,
        prices: Some(PriceSource::Normal),
        inventory: true,
        product_updates: true,
        images: true,
        attributes: Some(AttributeRule::Overwrite),
    }
}

pub(super) fn profile() -> ShopProfile {
    let rate = |class: &str, percent: &str| TaxRate {
        country: "NO".to_owned(),
        local: false,
        percent: dec(percent),
        class: class.to_owned(),
        priority: 1,
    };
    ShopProfile {
        version: Some("9.9.0".to_owned()),
        currency: "NOK".to_owned(),
        prices_include_tax: true,
        calculates_tax: true,
        manages_stock: true,
        price_decimals: 2,
        time_zone: String::new(),
        order_statuses: Vec::new(),
        base_country: "NO".to_owned(),
        tax_rates: vec![rate("", "25"), rate("reduced-rate", "15")],
    }
}

/// A visible product at 100.00 with 25 % VAT.
pub(super) fn office_product(id: u64, number: &str) -> OfficeProduct {
    OfficeProduct {
        id: ProductId(id),
        number: number.to_owned(),
        name: "Cup".to_owned(),
        description: String::new(),
        barcode: String::new(),
        vat_percent: Some(dec("25")),
        price_inc_vat: Some(dec("100")),
        special_price_inc_vat: None,
        ask_price: false,
        currency: None,
        list_prices: Vec::new(),
        visible: true,
        deleted: false,
        use_stock: true,
        is_parent: false,
        parent: None,
        group_path: String::new(),
        brand: String::new(),
        custom_fields: Vec::new(),
        images: Vec::new(),
        defects: Vec::new(),
    }
}

/// A published product at 100.00 with 7 in stock.
pub(super) fn shop_product(id: u64, sku: &str) -> ShopProduct {
    ShopProduct {
        id: ShopId(id),
        sku: sku.to_owned(),
        name: "Cup".to_owned(),
        status: "publish".to_owned(),
        kind: "simple".to_owned(),
        parent: None,
        regular_price: Some(dec("100")),
        sale_price: None,
        manage_stock: ManageStock::Yes,
        stock: Some(dec("7")),
        tax_class: String::new(),
        images: Vec::new(),
        attributes: Vec::new(),
        options: Vec::new(),
    }
}

pub(super) fn link(product: u64, shop: u64) -> Link {
    Link {
        product: ProductId(product),
        shop: ShopId(shop),
        seen_name: "Cup".to_owned(),
        written: Image::default(),
        before: Image::default(),
    }
}

impl World {
    /// Every product of the office with 7 in stock, and nothing remembered.
    pub(super) fn new(office: Vec<OfficeProduct>, shop: Vec<ShopProduct>) -> World {
        World {
            settings: settings(),
            stock: office.iter().map(|product| (product.id, Stock::Available(dec("7")))).collect(),
            office,
            gone_twice: true,
            profile: profile(),
            shop: shop.into_iter().map(|product| (product.id, product)).collect(),
            links: HashMap::new(),
            images: HashMap::new(),
        }
    }

    pub(super) fn linked(mut self, product: u64, shop: u64) -> World {
        self.links.insert(ProductId(product), link(product, shop));
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut World)) -> World {
        change(&mut self);
        self
    }

    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let counts = |one: &&OfficeProduct| one.visible && !one.deleted;
        let candidate = |product: &OfficeProduct| {
            let number = MatchNumber::of(&product.number);
            let twin = |one: &&OfficeProduct| one.id != product.id && MatchNumber::of(&one.number) == number;
            let twins = self.office.iter().filter(counts).filter(twin).map(|one| one.id);
            Candidate {
                product: product.clone(),
                stock: self.stock.get(&product.id).copied().unwrap_or(Stock::Unknown),
                twins: if number.is_some() { twins.collect() } else { Vec::new() },
                gone_twice: self.gone_twice,
                variants: self
                    .office
                    .iter()
                    .filter(counts)
                    .filter(|one| one.parent == Some(product.id) && one.id != product.id)
                    .map(|one| Variant { id: one.id, name: one.name.clone() })
                    .collect(),
            }
        };
        self.office.iter().map(candidate).collect()
    }

    /// What the use case would see: links looked up by id, the rest by number. Lists leave the trash out.
    pub(super) fn view(&self) -> ShopView {
        let mut by_number: HashMap<MatchNumber, Vec<ShopProduct>> = HashMap::new();
        for product in self.shop.values().filter(|product| product.status != "trash") {
            if let Some(number) = MatchNumber::of(&product.sku) {
                by_number.entry(number).or_default().push(product.clone());
            }
        }
        let mut variations: HashMap<ShopId, Vec<ShopProduct>> = HashMap::new();
        for product in self.shop.values().filter(|product| product.status != "trash") {
            if let Some(parent) = product.parent {
                variations.entry(parent).or_default().push(product.clone());
            }
        }
        ShopView {
            profile: self.profile.clone(),
            variations,
            images: self.images.clone(),
            by_id: self.links.values().map(|link| (link.shop, self.shop.get(&link.shop).cloned())).collect(),
            by_number,
            linked: self.links.values().map(|link| (link.shop, link.product)).collect(),
        }
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.settings, &self.candidates(), &self.view(), &self.links)
    }

    /// A linked product that needs nothing: its name counts as seen.
    pub(super) fn settle(&mut self, quiet: &Quiet) {
        if let Some(link) = self.links.get_mut(&quiet.product).filter(|link| quiet.shop == Some(link.shop)) {
            link.seen_name.clone_from(&quiet.name);
        }
    }

    /// The shop does it, and it is remembered.
    pub(super) fn apply(&mut self, change: &Change) {
        let existing = self.shop.clone();
        let shop = self.write(change);
        let known = self.links.remove(&change.product).filter(|link| link.shop == shop);
        let mut link = known.unwrap_or_else(|| self::link(change.product.0, shop.0));
        link.seen_name.clone_from(&change.name);
        match &change.act {
            Act::Create(new) => {
                link.written.sale_price = new.sale_price.map(Some);
                link.written.regular_price = new.regular_price.map(Some);
                link.written.images = self.attach(shop, &new.images, 0);
            }
            Act::Update { fields, .. } => {
                for field in fields {
                    link.before.remember(&existing[&shop], field);
                    link.written.confirm(field);
                    if let FieldChange::Images { urls, done, .. } = field {
                        link.written.images = self.attach(shop, urls, *done);
                    }
                }
            }
        }
        self.links.insert(change.product, link);
    }

    /// Every image that is not refused becomes a media file.
    fn attach(&mut self, shop: ShopId, urls: &[String], done: usize) -> Option<Attached> {
        let product = self.shop.get_mut(&shop).unwrap();
        for url in &urls[done.min(urls.len())..] {
            if !matches!(self.images.get(url), Some(KnownImage::Refused(_) | KnownImage::Unsure)) {
                product.images.push(MediaId(10_000 + product.images.len() as u64));
            }
        }
        let whole = !urls.is_empty();
        whole.then(|| Attached { urls: urls.to_vec(), done: urls.len(), media: product.images.clone() })
    }

    /// The shop's product of a product's parent.
    fn parent_of(&self, product: ProductId) -> Option<ShopId> {
        let parent = self.office.iter().find(|one| one.id == product)?.parent?;
        let number = MatchNumber::of(&self.office.iter().find(|one| one.id == parent)?.number);
        let linked = self.links.get(&parent).map(|link| link.shop).filter(|id| self.shop.contains_key(id));
        let found =
            || self.shop.values().find(|one| one.kind == "variable" && MatchNumber::of(&one.sku) == number);
        linked.or_else(|| found().map(|found| found.id))
    }

    /// The shop does it; what is remembered is another matter.
    pub(super) fn write(&mut self, change: &Change) -> ShopId {
        match &change.act {
            Act::Create(new) => {
                // The shop never gives an id twice, not even one that is gone.
                let taken = self.shop.keys().copied().chain(self.links.values().map(|link| link.shop));
                let id = ShopId(taken.map(|id| id.0).max().unwrap_or_default().max(999) + 1);
                let (kind, parent, status) = match &new.form {
                    Form::Simple => ("simple", None, "draft"),
                    Form::Variable => ("variable", None, "draft"),
                    Form::Variation { under: Under::Shop(parent), private, .. } => {
                        ("variation", Some(*parent), if *private { "private" } else { "publish" })
                    }
                    Form::Variation { under: Under::ToBeMade, .. } => {
                        ("variation", self.parent_of(change.product), "publish")
                    }
                };
                let options = match &new.form {
                    Form::Variation { option, .. } => {
                        vec![ShopOption { id: 0, name: "Variant".to_owned(), option: option.clone() }]
                    }
                    Form::Simple | Form::Variable => Vec::new(),
                };
                let parents =
                    parent.and_then(|parent| self.shop.get(&parent)).map(|one| one.tax_class.clone());
                let mut made = ShopProduct {
                    kind: kind.to_owned(),
                    parent,
                    options,
                    attributes: new.attributes.clone(),
                    name: new.name.clone(),
                    status: status.to_owned(),
                    regular_price: new.regular_price,
                    sale_price: new.sale_price,
                    manage_stock: ManageStock::No,
                    stock: None,
                    tax_class: new.tax_class.clone().or(parents).unwrap_or_default(),
                    ..shop_product(id.0, &new.sku)
                };
                new.stock.into_iter().for_each(|stock| made.keep(stock));
                self.shop.insert(id, made);
                id
            }
            Act::Update { shop, fields, .. } => {
                let product = self.shop.get_mut(shop).unwrap();
                for field in fields {
                    match field {
                        FieldChange::Name { to, .. } => product.name.clone_from(to),
                        FieldChange::RegularPrice { to, .. } => product.regular_price = Some(*to),
                        FieldChange::SalePrice { to, .. } => product.sale_price = *to,
                        FieldChange::Stock { to, .. } => product.keep(*to),
                        FieldChange::Draft { to, .. } => to.as_str().clone_into(&mut product.status),
                        FieldChange::Attributes { to, .. } => product.attributes.clone_from(to),
                        FieldChange::Options { to, .. } => product.options.clone_from(to),
                        // Attached when it is remembered.
                        FieldChange::Images { .. } => {}
                    }
                }
                *shop
            }
        }
    }
}

impl ShopProduct {
    fn keep(&mut self, target: StockTarget) {
        (self.manage_stock, self.stock) = match target {
            StockTarget::Managed(quantity) => (ManageStock::Yes, Some(Decimal::from(quantity))),
            StockTarget::Unmanaged => (ManageStock::No, None),
        };
    }
}
