//! A product and a variation as JSON, in v2 and v3.

mod fields;
mod images;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

pub(super) use fields::{gmt, local};

use super::{
    catalogue::Catalogue,
    product::{Attribute, Image, Manage, Product},
    setup::Setup,
    write::price,
};

/// How answers look: the version, the shop's setup, and its time zone worked out once.
pub(super) struct Show<'a> {
    pub(super) setup: &'a Setup,
    pub(super) zone: TimeZone,
    pub(super) v2: bool,
    /// The answer to a write: what is stored instead of what it means.
    pub(super) edit: bool,
    /// The shop's address, with a slash at its end.
    pub(super) home: &'a str,
    pub(super) now: Timestamp,
    /// The products that orders name.
    pub(super) catalogue: &'a Catalogue,
}

impl Show<'_> {
    /// A product, whole; a variation too, where it comes by its id or its SKU.
    pub(super) fn product(&self, product: &Product, catalogue: &Catalogue) -> Value {
        let mut fields = self.fields(product, catalogue);
        let mut set = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        let parent = catalogue.get(product.parent).filter(|_| product.is_variation());
        set("name", parent.map_or_else(|| product.name.clone(), |parent| self.title(product, parent)).into());
        set("slug", format!("product-{}", product.id).into());
        set("type", product.kind.as_str().into());
        set("status", product.status.as_str().into());
        set("catalog_visibility", "visible".into());
        set("short_description", product.short_description.as_str().into());
        // A variation's comes as the database has it.
        set("total_sales", if product.is_variation() { "0".into() } else { 0.into() });
        set("categories", self.categories(product));
        if self.setup.since(9, 6) {
            set("brands", json!([]));
        }
        set("tags", json!([]));
        set("images", self.images(product, catalogue, false));
        let attributes = match parent {
            Some(parent) => self.choices(product, parent),
            None => product.attributes.iter().filter_map(|attribute| self.attribute(attribute)).collect(),
        };
        set("attributes", attributes);
        let mut children = Vec::new();
        if product.kind == "variable" {
            set_variable(&mut fields, product, catalogue);
            let alive = catalogue.variations(product.id).filter(|v| v.status != "trash");
            children.extend(alive.map(|variation| (variation.menu_order, variation.id)));
            children.sort_unstable();
        }
        let children = children.into_iter().map(|(_, id)| id).collect::<Vec<_>>();
        fields.insert("variations".to_owned(), json!(children));
        Value::Object(fields)
    }

    /// A variation, as its own endpoints show it.
    pub(super) fn variation(&self, variation: &Product, catalogue: &Catalogue) -> Value {
        let mut fields = self.fields(variation, catalogue);
        let mut set = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        let parent = catalogue.get(variation.parent);
        let image = match self.images(variation, catalogue, self.tells_own()) {
            Value::Array(images) => images.into_iter().next().map_or(Value::Null, |mut image| {
                // These come with a product's alone.
                for name in ["srcset", "sizes", "thumbnail"] {
                    image.as_object_mut().and_then(|image| image.remove(name));
                }
                image
            }),
            _ => Value::Null,
        };
        set("image", image);
        set("attributes", parent.map_or(json!([]), |parent| self.choices(variation, parent)));
        if self.v2 {
            set("visible", (variation.status == "publish").into());
            fields.remove("parent_id");
        } else {
            set("status", variation.status.as_str().into());
            if self.setup.since(8, 0) {
                set("type", "variation".into());
                let names = parent.map(|parent| self.options(variation, parent)).unwrap_or_default();
                set("name", names.join(", ").into());
            } else {
                fields.remove("parent_id");
            }
        }
        Value::Object(fields)
    }

    /// The name of a variation: its parent's, with what is chosen, where that is not too much.
    fn title(&self, variation: &Product, parent: &Product) -> String {
        let names = self.options(variation, parent);
        let differing = parent.attributes.iter().filter(|attribute| attribute.variation);
        let keys = differing.map(Attribute::key).collect::<Vec<_>>();
        let too_much = keys.len() > 2 || keys.len() > 1 && keys.iter().any(|key| key.contains('-'));
        if names.is_empty() || too_much {
            return parent.name.clone();
        }
        format!("{} - {}", parent.name, names.join(", "))
    }

    /// What the variation is of the parent's attributes, by their names.
    fn options(&self, variation: &Product, parent: &Product) -> Vec<String> {
        self.chosen(variation, parent).map(|(_, option)| option).collect()
    }

    /// The parent's attributes that variations differ in, each with what is chosen; those of any value are left out.
    fn chosen<'a>(
        &'a self,
        variation: &'a Product,
        parent: &'a Product,
    ) -> impl Iterator<Item = (&'a Attribute, String)> {
        let differing = parent.attributes.iter().filter(|attribute| attribute.variation);
        differing.filter_map(move |attribute| {
            let key = attribute.key();
            let choice = variation.choices.iter().find(|choice| choice.attribute == key)?;
            let option = match self.global(attribute.id) {
                Some(global) => global.name_of(&choice.option),
                None => &choice.option,
            };
            (!option.is_empty()).then(|| (attribute, option.to_owned()))
        })
    }

    fn choices(&self, variation: &Product, parent: &Product) -> Value {
        let rows = self.chosen(variation, parent).map(|(attribute, option)| {
            let name = self.global(attribute.id).map_or(&attribute.name, |global| &global.name);
            json!({"id": attribute.id, "name": name, "slug": attribute.key(), "option": option})
        });
        rows.collect()
    }

    fn attribute(&self, attribute: &Attribute) -> Option<Value> {
        let (name, options) = if attribute.id == 0 {
            let none = [String::new()];
            let options = if attribute.options.is_empty() { &none[..] } else { &attribute.options };
            (attribute.name.clone(), options.to_vec())
        } else {
            // One whose taxonomy is gone isn't shown; terms come by their names.
            let global = self.global(attribute.id)?;
            let mut names: Vec<String> =
                attribute.options.iter().map(|slug| global.name_of(slug).to_owned()).collect();
            names.sort_by_cached_key(|name| super::text::sort_key(name));
            (global.name.clone(), names)
        };
        Some(json!({"id": attribute.id, "name": name, "slug": attribute.name, "position": attribute.position,
            "visible": attribute.visible, "variation": attribute.variation, "options": options}))
    }

    fn global(&self, id: u64) -> Option<&super::GlobalAttribute> {
        self.setup.attributes.iter().find(|known| known.id == id && id > 0)
    }

    fn categories(&self, product: &Product) -> Value {
        let row = |category: &super::Category| json!({"id": category.id, "name": category.name, "slug": category.slug});
        let known = |id: &u64| self.setup.categories.iter().find(|category| category.id == *id);
        let mut shown = product.categories.iter().filter_map(known).map(row).collect::<Vec<_>>();
        if shown.is_empty() && !product.is_variation() {
            shown.extend(self.setup.categories.first().map(row));
        }
        Value::Array(shown)
    }
}

/// What a variable product has of its variations: the lowest price, the sale, and the stock where it has none itself.
fn set_variable(fields: &mut Map<String, Value>, product: &Product, catalogue: &Catalogue) {
    let published = || catalogue.variations(product.id).filter(|v| v.status == "publish");
    let priced = published().map(|v| if v.sale_price.is_empty() { &v.regular_price } else { &v.sale_price });
    let lowest = priced.filter(|price| !price.is_empty()).min_by_key(|price| amount(price));
    let lowest = lowest.cloned().unwrap_or_default();
    fields.insert("purchasable".to_owned(), (!lowest.is_empty()).into());
    fields.insert("price".to_owned(), lowest.into());
    fields.insert("on_sale".to_owned(), published().any(|v| !v.sale_price.is_empty()).into());
    if product.manage_stock != Manage::Yes {
        let has = |status: &str| published().any(|variation| variation.stock_status == status);
        let status = ["instock", "onbackorder"].into_iter().find(|s| has(s)).unwrap_or("outofstock");
        for (name, value) in [("stock_status", json!(status)), ("in_stock", json!(status != "outofstock"))] {
            if let Some(field) = fields.get_mut(name) {
                *field = value;
            }
        }
    }
}

fn amount(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap_or(rust_decimal::Decimal::ZERO)
}

/// Whether a sale price holds beside a regular one: the shop drops one that is not below it.
pub(super) fn sale_holds(product: &Product) -> bool {
    product.sale_price.is_empty()
        || amount(&price(&product.sale_price)) < amount(&price(&product.regular_price))
}

/// Keeps the fields that `_fields` names: `id`, or `environment.version` for one inside.
pub(super) fn only(value: Value, fields: &[&str]) -> Value {
    match value {
        Value::Array(rows) => Value::Array(rows.into_iter().map(|row| only(row, fields)).collect()),
        Value::Object(all) => Value::Object(
            all.into_iter()
                .filter_map(|(name, value)| {
                    if fields.contains(&name.as_str()) {
                        return Some((name, value));
                    }
                    let inside: Vec<&str> = fields
                        .iter()
                        .filter_map(|f| f.strip_prefix(name.as_str())?.strip_prefix('.'))
                        .collect();
                    (!inside.is_empty()).then(|| (name, only(value, &inside)))
                })
                .collect(),
        ),
        other => other,
    }
}
