//! The shop: what WooCommerce has, and how it is set up.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// WooCommerce's product id (or variation id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShopId(pub u64);

impl fmt::Display for ShopId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A product of the shop, with the fields that the synchronisation needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopProduct {
    /// The id.
    pub id: ShopId,
    /// The SKU as the shop spells it; may be empty. A variation without one of its own answers with its parent's.
    pub sku: String,
    /// The name as written, entities decoded.
    pub name: String,
    /// `publish`, `draft`, `pending`, `private`, `trash` or a plugin's own.
    pub status: String,
    /// `simple`, `variable`, `variation`, `grouped`, `external` or a plugin's own.
    pub kind: String,
    /// The parent, for a variation.
    pub parent: Option<ShopId>,
    /// The regular price in the shop's own form (see [`ShopProfile::prices_include_tax`]).
    pub regular_price: Option<Decimal>,
    /// The sale price in the shop's own form.
    pub sale_price: Option<Decimal>,
    /// Whether the shop manages the stock.
    pub manage_stock: ManageStock,
    /// The stock where it is managed.
    pub stock: Option<Decimal>,
    /// The tax class's slug; empty for the standard class. `parent` for a variation that says no more than that.
    pub tax_class: String,
    /// Its media files, the main image first; at most one for a variation.
    pub images: Vec<MediaId>,
    /// A product's attributes, in the shop's order.
    pub attributes: Vec<ShopAttribute>,
    /// A variation's options.
    pub options: Vec<ShopOption>,
}

/// The id of a media file of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaId(pub u64);

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a category of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryId(pub u64);

/// A category of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// The id.
    pub id: CategoryId,
    /// The name, entities decoded.
    pub name: String,
    /// The category above it.
    pub parent: Option<CategoryId>,
}

/// An attribute of a product. Texts are the shop's own, letter by letter: what was read can be written back unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopAttribute {
    /// The id of a global attribute; 0 for a local one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: u64,
    /// The name.
    pub name: String,
    /// Its place among the attributes.
    #[serde(default)]
    pub position: i64,
    /// Shown on the product's page.
    #[serde(default)]
    pub visible: bool,
    /// Variations differ in it.
    #[serde(default)]
    pub variation: bool,
    /// The options, in order.
    pub options: Vec<String>,
}

/// One attribute's option, of a variation. Texts are the shop's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopOption {
    /// The id of a global attribute; 0 for a local one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: u64,
    /// The attribute's name.
    pub name: String,
    /// The option.
    pub option: String,
}

fn is_zero(id: &u64) -> bool {
    *id == 0
}

/// Who manages the stock of a product or a variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManageStock {
    /// Nobody.
    No,
    /// The product or variation itself.
    Yes,
    /// The variation's parent; a quantity written to the variation is ignored.
    Parent,
}

/// How a shop is set up, as far as it bears on what is written to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopProfile {
    /// WooCommerce's version, where the shop tells it.
    pub version: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Prices are entered including tax (`woocommerce_prices_include_tax`).
    pub prices_include_tax: bool,
    /// Taxes are calculated at all (`woocommerce_calc_taxes`).
    pub calculates_tax: bool,
    /// Stock management is on for the whole shop (`woocommerce_manage_stock`).
    pub manages_stock: bool,
    /// Shown decimals of a price.
    pub price_decimals: u32,
    /// The base country, ISO 3166-1 alpha-2.
    pub base_country: String,
    /// The tax rates.
    pub tax_rates: Vec<TaxRate>,
    /// The shop's time zone: an IANA name, or an offset (`+02:00`); empty where the shop doesn't say.
    #[serde(default)]
    pub time_zone: String,
    /// The statuses that an order can have, without `wc-`; empty where the shop can't be asked (v2).
    #[serde(default)]
    pub order_statuses: Vec<String>,
}

/// One tax rate of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// ISO 3166-1 alpha-2; empty for every country.
    pub country: String,
    /// Whether the rate holds for one state, town or postcode only.
    pub local: bool,
    /// Percent.
    pub percent: Decimal,
    /// The class's slug; empty for the standard class.
    pub class: String,
    /// One rate of each priority is applied; 1 is the first.
    pub priority: u32,
}
