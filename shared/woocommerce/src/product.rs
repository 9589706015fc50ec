//! What is written to the shop's products, in types that can't hold what a batch would silently bend.
//!
//! The items of a batch skip the shop's own checks (`BEHAVIOUR.md`, *Batch*): a stock of 2.7 becomes 2, `"many"`
//! becomes 0, an unknown status becomes a draft. So a wrong value must not be expressible here.

mod variation;

use retail::{
    Decimal,
    shop::{CategoryId, MediaId, ShopAttribute, ShopId, ShopProduct},
};
use serde_json::{Map, Value, json};

pub use variation::{NewVariation, Private, VariationChange, VariationWrite};

use crate::Version;

/// The status that this house sets, the only one: nothing is ever published by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft;

/// A stock to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockWrite {
    /// The shop manages the stock and has this many. An absolute write: it overwrites a sale made since the reading.
    Managed(i64),
    /// The shop does not manage the stock.
    Unmanaged,
}

/// What a new product is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewKind {
    /// A product by itself.
    #[default]
    Simple,
    /// The parent of variations, which are created under it afterwards. The shop drops a price of its own.
    Variable,
}

/// A product to create, as a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewProduct {
    /// Simple, or the parent of variations.
    pub kind: NewKind,
    /// The name. The shop sanitises it (`&` comes back as `&amp;`).
    pub name: String,
    /// The SKU; the shop trims it. With one, a repeated create can't make a second product, except with more than 100
    /// characters or a backslash in it.
    pub sku: String,
    /// The regular price in the shop's own form (inc. or ex. tax); none leaves it without a price.
    pub regular_price: Option<Decimal>,
    /// The sale price, below the regular one; the shop silently drops one that is not.
    pub sale_price: Option<Decimal>,
    /// The description; may hold HTML.
    pub description: Option<String>,
    /// The tax class's slug; none or empty is the standard class. The shop takes an unknown one for the standard.
    pub tax_class: Option<String>,
    /// The stock.
    pub stock: Option<StockWrite>,
    /// The barcode (`global_unique_id`, WooCommerce 9.2 and later; older ones ignore it, and so does v2).
    pub gtin: Option<String>,
    /// The categories; with none, the shop puts it into its default one. An unknown id becomes that too, silently.
    pub categories: Vec<CategoryId>,
    /// The attributes. With an id, the shop finds the global attribute by it and makes options that it lacks; without,
    /// the attribute is the product's own. The shop splits an own option at every `|`.
    pub attributes: Vec<ShopAttribute>,
}

/// Changes of a product; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductChange {
    /// The name.
    pub name: Option<String>,
    /// The regular price in the shop's own form.
    pub regular_price: Option<Decimal>,
    /// The sale price in the shop's own form; `Some(None)` clears it.
    pub sale_price: Option<Option<Decimal>>,
    /// The stock.
    pub stock: Option<StockWrite>,
    /// Makes a draft of it.
    pub status: Option<Draft>,
    /// The attributes, whole: one that is left out is removed from the product. See [`NewProduct::attributes`].
    pub attributes: Option<Vec<ShopAttribute>>,
}

impl ProductChange {
    /// Whether nothing is changed. A write that changes nothing costs as much as one that does: don't send it.
    pub fn is_empty(&self) -> bool {
        *self == ProductChange::default()
    }
}

/// One item of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductWrite {
    /// Makes a draft.
    Create(NewProduct),
    /// Changes a product. Not a variation: those are written under their parent.
    Update {
        /// The product.
        id: ShopId,
        /// What changes.
        change: ProductChange,
    },
}

/// What became of an item that the shop took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDone {
    /// The product's or variation's id; of a create, the new one.
    pub id: ShopId,
    /// The product or variation as the shop has it now.
    pub product: ShopProduct,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// The shop downloads it from here while it answers, and makes a new media file of it: the same address again makes
    /// a second one.
    Url(String),
    /// A media file that the shop has.
    Media(MediaId),
}

impl ImageSource {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            ImageSource::Url(url) => json!({"src": url}),
            ImageSource::Media(id) => json!({"id": id.0}),
        }
    }
}

/// An item of a batch: of products, or of one product's variations.
pub(crate) trait Item {
    /// The id of what is changed; none for a create.
    fn updates(&self) -> Option<ShopId>;
    /// The item as the batch holds it.
    fn to_json(&self, version: Version) -> Value;
}

impl Item for ProductWrite {
    fn updates(&self) -> Option<ShopId> {
        match self {
            ProductWrite::Create(_) => None,
            ProductWrite::Update { id, .. } => Some(*id),
        }
    }

    fn to_json(&self, _: Version) -> Value {
        let mut fields = Map::new();
        match self {
            ProductWrite::Create(new) => {
                let kind = match new.kind {
                    NewKind::Simple => "simple",
                    NewKind::Variable => "variable",
                };
                fields.insert("type".into(), kind.into());
                fields.insert("status".into(), "draft".into());
                fields.insert("name".into(), slashed(&new.name).into());
                set(&mut fields, "sku", (!new.sku.is_empty()).then(|| new.sku.clone()));
                set(&mut fields, "regular_price", new.regular_price.map(price_text));
                set(&mut fields, "sale_price", new.sale_price.map(price_text));
                set(&mut fields, "description", new.description.as_deref().map(slashed));
                set(&mut fields, "tax_class", new.tax_class.clone());
                set(&mut fields, "global_unique_id", new.gtin.clone());
                stock(&mut fields, new.stock);
                if !new.categories.is_empty() {
                    let categories = new.categories.iter().map(|category| json!({"id": category.0}));
                    fields.insert("categories".into(), categories.collect());
                }
                if !new.attributes.is_empty() {
                    fields.insert("attributes".into(), new.attributes.iter().map(attribute).collect());
                }
            }
            ProductWrite::Update { id, change } => {
                fields.insert("id".into(), json!(id.0));
                set(&mut fields, "name", change.name.as_deref().map(slashed));
                set(&mut fields, "regular_price", change.regular_price.map(price_text));
                // An empty string is how a price is cleared; null would be ignored.
                set(
                    &mut fields,
                    "sale_price",
                    change.sale_price.map(|p| p.map(price_text).unwrap_or_default()),
                );
                set(&mut fields, "status", change.status.map(|Draft| "draft".to_owned()));
                stock(&mut fields, change.stock);
                if let Some(attributes) = &change.attributes {
                    fields.insert("attributes".into(), attributes.iter().map(attribute).collect());
                }
            }
        }
        Value::Object(fields)
    }
}

/// An attribute as a product's write has it: the id of a global one, the name of the product's own.
fn attribute(attribute: &ShopAttribute) -> Value {
    let mut fields = named(attribute.id, &attribute.name);
    fields.insert("position".into(), attribute.position.into());
    fields.insert("visible".into(), attribute.visible.into());
    fields.insert("variation".into(), attribute.variation.into());
    fields.insert("options".into(), attribute.options.clone().into());
    Value::Object(fields)
}

fn named(id: u64, name: &str) -> Map<String, Value> {
    let (field, value) = if id > 0 { ("id", id.into()) } else { ("name", name.into()) };
    Map::from_iter([(field.to_owned(), value)])
}

/// A text from which the shop strips one layer of backslashes (`stripslashes`), as it does from names and descriptions.
pub(crate) fn slashed(text: &str) -> String {
    text.replace('\\', r"\\")
}

fn set(fields: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), Value::String(value));
    }
}

fn stock(fields: &mut Map<String, Value>, stock: Option<StockWrite>) {
    match stock {
        None => {}
        // A quantity is ignored where the stock isn't managed, so both always travel together.
        Some(StockWrite::Managed(quantity)) => {
            fields.insert("manage_stock".into(), true.into());
            fields.insert("stock_quantity".into(), quantity.into());
        }
        Some(StockWrite::Unmanaged) => {
            fields.insert("manage_stock".into(), false.into());
        }
    }
}

/// A price as the wire has it: plain decimal notation, at least two decimals, no more than it takes.
pub(crate) fn price_text(price: Decimal) -> String {
    let mut price = price.normalize();
    if price.scale() < 2 {
        price.rescale(2);
    }
    price.to_string()
}

#[cfg(test)]
mod tests;
