//! What is written to the shop's products, in types that can't hold what a batch would silently bend.
//!
//! The items of a batch skip the shop's own checks (`BEHAVIOUR.md`, *Batch*): a stock of 2.7 becomes 2, `"many"`
//! becomes 0, an unknown status becomes a draft. So a wrong value must not be expressible here.

use retail::{
    Decimal,
    shop::{ShopId, ShopProduct},
};
use serde_json::{Map, Value, json};

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

/// A product to create, as a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewProduct {
    /// The name. The shop sanitises it (`&` comes back as `&amp;`).
    pub name: String,
    /// The SKU; the shop trims it. With one, a repeated create can't make a second product.
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
    /// The barcode (`global_unique_id`, WooCommerce 9.2 and later; older ones ignore it).
    pub gtin: Option<String>,
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
    /// The product's id; of a create, the new one.
    pub id: ShopId,
    /// The product as the shop has it now.
    pub product: ShopProduct,
}

impl ProductWrite {
    pub(crate) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        match self {
            ProductWrite::Create(new) => {
                fields.insert("type".into(), "simple".into());
                fields.insert("status".into(), "draft".into());
                fields.insert("name".into(), new.name.as_str().into());
                set(&mut fields, "sku", (!new.sku.is_empty()).then(|| new.sku.clone()));
                set(&mut fields, "regular_price", new.regular_price.map(price_text));
                set(&mut fields, "sale_price", new.sale_price.map(price_text));
                set(&mut fields, "description", new.description.clone());
                set(&mut fields, "tax_class", new.tax_class.clone());
                set(&mut fields, "global_unique_id", new.gtin.clone());
                stock(&mut fields, new.stock);
            }
            ProductWrite::Update { id, change } => {
                fields.insert("id".into(), json!(id.0));
                set(&mut fields, "name", change.name.clone());
                set(&mut fields, "regular_price", change.regular_price.map(price_text));
                // An empty string is how a price is cleared; null would be ignored.
                set(
                    &mut fields,
                    "sale_price",
                    change.sale_price.map(|p| p.map(price_text).unwrap_or_default()),
                );
                set(&mut fields, "status", change.status.map(|Draft| "draft".to_owned()));
                stock(&mut fields, change.stock);
            }
        }
        Value::Object(fields)
    }
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
