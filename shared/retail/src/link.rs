//! Links: the remembered pairs of ids, and what was last confirmed written.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    office::ProductId,
    shop::{ManageStock, MediaId, ShopAttribute, ShopId, ShopOption, ShopProduct},
};

/// A product of Loomis Pay and its product in one shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// The product in the shop.
    pub shop: ShopId,
    /// The name last seen in Loomis Pay while nothing was left to do about it.
    pub seen_name: String,
    /// What we last wrote and the shop confirmed, field by field.
    #[serde(default)]
    pub written: Image,
    /// What the shop had in those fields before our first write of each.
    #[serde(default)]
    pub before: Image,
}

/// The fields that we write, as the shop keeps them; `None` where we never wrote one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The regular price in the shop's form; `Some(None)` is an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "maybe")]
    pub regular_price: Option<Option<Decimal>>,
    /// The sale price in the shop's form; `Some(None)` is an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "maybe")]
    pub sale_price: Option<Option<Decimal>>,
    /// The stock; `Some(None)` where it was not managed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "maybe")]
    pub stock: Option<Option<Decimal>>,
    /// The status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A product's attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Kept<ShopAttribute>>,
    /// A variation's options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Kept<ShopOption>>,
    /// The images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Attached>,
}

/// A list that a shop may bend: what it was asked for, and what it kept of that. While it keeps the same, asking again
/// changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// What was written.
    pub asked: Vec<T>,
    /// What the shop had afterwards.
    pub kept: Vec<T>,
}

/// Images on their way into a product, or there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The whole list of addresses, the main one first, as it stood when the first was attached.
    pub urls: Vec<String>,
    /// So many of them are done with: attached or refused.
    pub done: usize,
    /// The media files that came of them.
    pub media: Vec<MediaId>,
}

impl Attached {
    /// Whether some of the list is still to be attached.
    pub fn is_open(&self) -> bool {
        self.done < self.urls.len()
    }
}

/// `None` is left out, `Some(None)` is null.
mod maybe {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<Decimal>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<Decimal>>, D::Error> {
        Option::<Decimal>::deserialize(from).map(Some)
    }
}

impl Image {
    /// Takes in the shop's present value of the field that `change` is about to write, unless one is held already.
    pub fn remember(&mut self, existing: &ShopProduct, change: &crate::change::FieldChange) {
        use crate::change::FieldChange as F;
        match change {
            F::Name { .. } => {
                self.name.get_or_insert_with(|| existing.name.clone());
            }
            F::RegularPrice { .. } => {
                self.regular_price.get_or_insert(existing.regular_price);
            }
            F::SalePrice { .. } => {
                self.sale_price.get_or_insert(existing.sale_price);
            }
            F::Stock { .. } => {
                let managed = existing.manage_stock == ManageStock::Yes;
                self.stock.get_or_insert(existing.stock.filter(|_| managed));
            }
            F::Draft { .. } => {
                self.status.get_or_insert_with(|| existing.status.clone());
            }
            F::Attributes { from, .. } => {
                self.attributes.get_or_insert_with(|| Kept { asked: Vec::new(), kept: from.clone() });
            }
            F::Options { from, .. } => {
                self.options.get_or_insert_with(|| Kept { asked: Vec::new(), kept: from.clone() });
            }
            // There were none.
            F::Images { .. } => {}
        }
    }

    /// Takes in what `change` wrote.
    pub fn confirm(&mut self, change: &crate::change::FieldChange) {
        use crate::change::{FieldChange as F, StockTarget};
        match change {
            F::Name { to, .. } => self.name = Some(to.clone()),
            F::RegularPrice { to, .. } => self.regular_price = Some(Some(*to)),
            F::SalePrice { to, .. } => self.sale_price = Some(*to),
            F::Stock { to: StockTarget::Managed(quantity), .. } => {
                self.stock = Some(Some(Decimal::from(*quantity)))
            }
            F::Stock { to: StockTarget::Unmanaged, .. } => self.stock = Some(None),
            F::Draft { to, .. } => self.status = Some(to.as_str().to_owned()),
            F::Attributes { to, .. } => {
                self.attributes = Some(Kept { asked: to.clone(), kept: to.clone() });
            }
            F::Options { to, .. } => self.options = Some(Kept { asked: to.clone(), kept: to.clone() }),
            F::Images { present, urls, done } => {
                self.images = Some(Attached { urls: urls.clone(), done: *done, media: present.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests;
