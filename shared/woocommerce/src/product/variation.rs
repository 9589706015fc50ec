//! What is written to a product's variations.

use retail::{
    Decimal,
    shop::{ShopId, ShopOption},
};
use serde_json::{Map, Value, json};

use super::{Item, StockWrite, named, price_text, set, slashed, stock};
use crate::Version;

/// The status of a variation that can't be bought (`private`): the only one that we set on an existing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Private;

/// A variation to create.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVariation {
    /// The SKU; the shop trims it. Without one the variation answers with its parent's.
    pub sku: String,
    /// The regular price in the shop's own form; a variation without one can't be bought.
    pub regular_price: Option<Decimal>,
    /// The sale price, below the regular one; the shop silently drops one that is not.
    pub sale_price: Option<Decimal>,
    /// The description; may hold HTML.
    pub description: Option<String>,
    /// The tax class's slug; none leaves it with its parent's (`parent`).
    pub tax_class: Option<String>,
    /// The stock of the variation itself.
    pub stock: Option<StockWrite>,
    /// The barcode (`global_unique_id`, WooCommerce 9.2 and later; older ones ignore it, and so does v2).
    pub gtin: Option<String>,
    /// One option for each attribute in which the variations differ; an attribute that is left out stands for any. The
    /// parent must have the attribute *and* the option: an attribute that it lacks is ignored silently, and an option
    /// that a global attribute lacks is stored as a slug that nothing shows (recording `variations_batch_mixed`).
    pub options: Vec<ShopOption>,
    /// Made `private`, which a person switches on; else `publish`, which a parent that is a draft keeps out of sight.
    pub private: bool,
}

/// Changes of a variation; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariationChange {
    /// The regular price in the shop's own form.
    pub regular_price: Option<Decimal>,
    /// The sale price in the shop's own form; `Some(None)` clears it.
    pub sale_price: Option<Option<Decimal>>,
    /// The stock of the variation itself.
    pub stock: Option<StockWrite>,
    /// The options, whole. See [`NewVariation::options`].
    pub options: Option<Vec<ShopOption>>,
    /// Makes it private.
    pub status: Option<Private>,
}

impl VariationChange {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == VariationChange::default()
    }
}

/// One item of a batch of one product's variations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariationWrite {
    /// Makes a variation.
    Create(NewVariation),
    /// Changes one.
    Update {
        /// The variation.
        id: ShopId,
        /// What changes.
        change: VariationChange,
    },
}

impl Item for VariationWrite {
    fn updates(&self) -> Option<ShopId> {
        match self {
            VariationWrite::Create(_) => None,
            VariationWrite::Update { id, .. } => Some(*id),
        }
    }

    fn to_json(&self, version: Version) -> Value {
        let mut fields = Map::new();
        match self {
            VariationWrite::Create(new) => {
                status(&mut fields, version, new.private);
                set(&mut fields, "sku", (!new.sku.is_empty()).then(|| new.sku.clone()));
                set(&mut fields, "regular_price", new.regular_price.map(price_text));
                set(&mut fields, "sale_price", new.sale_price.map(price_text));
                set(&mut fields, "description", new.description.as_deref().map(slashed));
                set(&mut fields, "tax_class", new.tax_class.clone());
                set(&mut fields, "global_unique_id", new.gtin.clone());
                stock(&mut fields, new.stock);
                if !new.options.is_empty() {
                    fields.insert("attributes".into(), new.options.iter().map(option).collect());
                }
            }
            VariationWrite::Update { id, change } => {
                fields.insert("id".into(), json!(id.0));
                set(&mut fields, "regular_price", change.regular_price.map(price_text));
                set(
                    &mut fields,
                    "sale_price",
                    change.sale_price.map(|price| price.map(price_text).unwrap_or_default()),
                );
                if change.status == Some(Private) {
                    status(&mut fields, version, true);
                }
                stock(&mut fields, change.stock);
                if let Some(options) = &change.options {
                    fields.insert("attributes".into(), options.iter().map(option).collect());
                }
            }
        }
        Value::Object(fields)
    }
}

/// v2 knows no status of a variation, only whether it is visible, which it takes for the same two.
fn status(fields: &mut Map<String, Value>, version: Version, private: bool) {
    let (field, value): (&str, Value) = match version {
        Version::V2 => ("visible", (!private).into()),
        Version::V3 => ("status", if private { "private" } else { "publish" }.into()),
    };
    fields.insert(field.to_owned(), value);
}

/// An option as a variation's write has it. The shop strips one layer of backslashes from it, though not from the options
/// of the parent, with which it must agree letter by letter.
fn option(option: &ShopOption) -> Value {
    let mut fields = named(option.id, &option.name);
    fields.insert("option".into(), slashed(&option.option).into());
    Value::Object(fields)
}

#[cfg(test)]
mod tests;
