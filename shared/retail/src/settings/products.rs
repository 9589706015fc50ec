//! `products.…`: Loomis Pay → shop.

use serde::{Deserialize, Serialize};

use super::{Fault, string_or_number};

/// The product settings as a person writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductsRecord {
    /// Product changes are synced continuously.
    pub automatic_transfer: bool,
    /// Stock flows continuously although *Automatic transfer* is off.
    pub continuous_inventory: bool,
    /// A product that the shop lacks is created as a draft.
    pub new_products: bool,
    /// On creation the group path becomes categories.
    pub new_product_groups: bool,
    /// Prices go over.
    pub prices: bool,
    /// The id of a price list; none: the normal price.
    #[serde(deserialize_with = "string_or_number")]
    pub price_list: Option<String>,
    /// Available stock goes over.
    pub inventory: bool,
    /// A changed name goes over; a product taken off becomes a draft.
    pub product_updates: bool,
    /// Images go over where there is none.
    pub images: bool,
    /// A total sync replaces the shop's attributes by Loomis Pay's.
    pub overwrite_attributes: bool,
}

impl Default for ProductsRecord {
    fn default() -> Self {
        ProductsRecord {
            automatic_transfer: false,
            continuous_inventory: false,
            new_products: true,
            new_product_groups: false,
            prices: true,
            price_list: None,
            inventory: true,
            product_updates: false,
            images: true,
            overwrite_attributes: true,
        }
    }
}

/// The product settings, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductSettings {
    /// Product changes are synced continuously.
    pub automatic_transfer: bool,
    /// Stock flows continuously although *Automatic transfer* is off.
    pub continuous_inventory: bool,
    /// A product that the shop lacks is created as a draft.
    pub new_products: bool,
    /// On creation the group path becomes categories.
    pub new_product_groups: bool,
    /// Prices go over, from which list; `None`: the shop dictates prices.
    pub prices: Option<PriceSource>,
    /// Available stock goes over.
    pub inventory: bool,
    /// A changed name goes over; a product taken off becomes a draft.
    pub product_updates: bool,
    /// Images go over where there is none.
    pub images: bool,
    /// How attributes go over; `None` where only stock is to flow.
    pub attributes: Option<AttributeRule>,
}

/// How attributes go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeRule {
    /// Loomis Pay's replace the shop's.
    Overwrite,
    /// Loomis Pay's come beside the shop's.
    Merge,
}

/// Where prices come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceSource {
    /// The normal price.
    Normal,
    /// The price list with this id; where it has none, the normal price.
    List(String),
}

impl ProductSettings {
    /// Whether stock flows without a person asking for it.
    pub fn stock_flows(&self) -> bool {
        self.inventory && (self.automatic_transfer || self.continuous_inventory)
    }
}

impl ProductSettings {
    /// The same settings where only stock is to flow: nothing else is written, nothing is made.
    pub fn stock_alone(&self) -> ProductSettings {
        ProductSettings {
            new_products: false,
            new_product_groups: false,
            prices: None,
            product_updates: false,
            images: false,
            attributes: None,
            ..self.clone()
        }
    }
}

impl ProductsRecord {
    pub(super) fn check(&self) -> Result<ProductSettings, Fault> {
        if self.continuous_inventory && !self.inventory {
            return Err(Fault::new(
                "products.continuous_inventory",
                "needs Synchronize inventory: set products.inventory to true, or this to false",
            ));
        }
        let list = self.price_list.as_deref().map(str::trim);
        if list == Some("") {
            return Err(Fault::new(
                "products.price_list",
                "is the id of a price list, or null for the normal price",
            ));
        }
        let source = list.map_or(PriceSource::Normal, |id| PriceSource::List(id.to_owned()));
        Ok(ProductSettings {
            automatic_transfer: self.automatic_transfer,
            continuous_inventory: self.continuous_inventory,
            new_products: self.new_products,
            new_product_groups: self.new_product_groups,
            prices: self.prices.then_some(source),
            inventory: self.inventory,
            product_updates: self.product_updates,
            images: self.images,
            attributes: Some(match self.overwrite_attributes {
                true => AttributeRule::Overwrite,
                false => AttributeRule::Merge,
            }),
        })
    }
}
