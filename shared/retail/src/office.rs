//! The office: what Loomis Pay has. `loomis-pay/API.md` §4.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Loomis Pay's `product_id`: the stable key of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductId(pub u64);

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A product of the client's catalogue, with the fields that the synchronisation needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeProduct {
    /// The stable key.
    pub id: ProductId,
    /// The product number as Loomis Pay spells it; may be empty, and need not be unique.
    pub number: String,
    /// The name.
    pub name: String,
    /// `webshop_description`, or `description` where that is empty. May hold HTML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The barcode as Loomis Pay spells it; may be empty or no GTIN.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub barcode: String,
    /// VAT in percent, up to two decimals.
    pub vat_percent: Option<Decimal>,
    /// The normal price, including VAT. 0 is an open price.
    pub price_inc_vat: Option<Decimal>,
    /// The special price, including VAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_price_inc_vat: Option<Decimal>,
    /// The cashier types the price in: an open price.
    #[serde(default)]
    pub ask_price: bool,
    /// The currency, ISO 4217, where Loomis Pay says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The product's prices by price list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_prices: Vec<ListPrice>,
    /// Shown on the web shop (`view_on_webshop`).
    pub visible: bool,
    /// Deleted in Loomis Pay (`is_deleted`).
    pub deleted: bool,
    /// The stock is managed (`use_stock`).
    pub use_stock: bool,
    /// A parent of variants.
    #[serde(default)]
    pub is_parent: bool,
    /// The parent of this variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ProductId>,
    /// The product group's whole path, `Kitchen > Mugs`; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group_path: String,
    /// The brand's name; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub brand: String,
    /// Custom fields, by name, in Loomis Pay's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<(String, String)>,
    /// URLs: the main image first, then the gallery, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Fields that could not be read or are too long, with the reason. The field itself is then empty or `None`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<Defect>,
}

/// A product's price in one price list (a customer group in Loomis Pay).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrice {
    /// `customer_group_id`.
    pub list: String,
    /// `customer_group_name`.
    pub name: String,
    /// The price, including VAT. `None`: the list has none, or it can't be read (then a [`Defect`] `pricelist…` says so).
    pub price_inc_vat: Option<Decimal>,
    /// Neither inactive nor deleted.
    pub active: bool,
}

/// A field of a record that can't be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// The field's name on the wire (`price_inc_vat`, `description`, …).
    pub field: String,
    /// What is wrong with it, and the mend.
    pub reason: String,
}

/// A department's stock of one product, as `all/product/stock` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    /// The product.
    pub id: ProductId,
    /// Available: physical less reserved. May have decimals and be negative. `None` where the row can't be read.
    pub available: Option<Decimal>,
}
