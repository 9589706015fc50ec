//! Reading the variations of a product. They are written in `batch.rs`.

use retail::shop::{ShopId, ShopProduct};

use super::{Client, products::GONE};
use crate::{Error, Version, wire};

/// The code of a variation that does not exist, or not under this parent.
const VARIATION_GONE: &str = "woocommerce_rest_product_variation_invalid_id";

impl Client {
    /// All variations of a product, by id, of any status but the trash; `None` when the product itself is gone. A product
    /// that is no parent has none.
    ///
    /// v2 doesn't tell a variation's status: it is empty then. A variation without an SKU has its parent's; one without an
    /// image, too, where the shop doesn't tell ([`Client::tells_own_images`]).
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn variations(&self, parent: ShopId) -> Result<Option<Vec<ShopProduct>>, Error> {
        let query = vec![("status", "any".to_owned()), as_editor()];
        let path = format!("products/{parent}/variations");
        let rows = match self.list(&path, query, wire::PRODUCT_FIELDS, wire::Product::number).await {
            Ok(rows) => rows,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        // The list of a parent that never was is empty like that of one without variations.
        if rows.is_empty() && self.product(parent).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(rows.into_iter().map(|row| row.into_variation(parent)).collect()))
    }

    /// Whether a variation's own image can be told from its parent's, by [`Client::variations`] and [`Client::variation`]. By
    /// its own address as a product ([`Client::product`]) it never can.
    pub fn tells_own_images(&self) -> bool {
        self.capabilities.own_images && self.connection.version == Version::V3
    }

    /// One variation, in the trash or not; `None` when it is gone, or is another product's. A shop before WooCommerce 9.2
    /// doesn't look whose it is; where it doesn't say so either (v2), another product's is answered as this one's.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn variation(&self, parent: ShopId, id: ShopId) -> Result<Option<ShopProduct>, Error> {
        let query = vec![as_editor(), ("_fields", wire::PRODUCT_FIELDS.to_owned())];
        match self.read::<wire::Product>(&format!("products/{parent}/variations/{id}"), &query).await {
            Ok(row) if row.belongs_to(parent) => Ok(Some(row.into_variation(parent))),
            Ok(_) => Ok(None),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What is stored, not what a customer sees in its place: the parent's image, the parent's tax class.
fn as_editor() -> (&'static str, String) {
    ("context", "edit".to_owned())
}

fn is_gone(error: &Error) -> bool {
    error.status() == Some(404) && matches!(error.code(), Some(GONE | VARIATION_GONE))
}

#[cfg(test)]
mod tests;
