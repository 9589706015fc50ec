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
    /// The tax class's slug; empty for the standard class.
    pub tax_class: String,
    /// How many images it has.
    pub images: usize,
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
