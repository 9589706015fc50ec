//! Reading products.

use std::collections::HashSet;

use retail::shop::{ShopId, ShopProduct};

use super::{Client, list::PAGE};
use crate::{Error, oauth, wire};

/// The longest list of SKUs in one query, in characters as they travel; servers take URLs of 8 000, proxies half of it.
const SKU_LIST: usize = 3_500;

impl Client {
    /// Products by id, in no order; those that are gone, in the trash, or variations are missing.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn products_by_id(&self, ids: &[ShopId]) -> Result<Vec<ShopProduct>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(PAGE) {
            let list = chunk.iter().map(ShopId::to_string).collect::<Vec<_>>().join(",");
            let query = vec![
                ("include", list),
                ("status", "any".to_owned()),
                ("per_page", PAGE.to_string()),
                ("_fields", wire::PRODUCT_FIELDS.to_owned()),
            ];
            let rows: Vec<wire::Product> = self.read("products", &query).await?;
            found.extend(rows.into_iter().map(wire::Product::into_product));
        }
        Ok(found)
    }

    /// One product, in the trash (status `trash`) or not; `None` when it is gone.
    ///
    /// A variation's id is answered too (recording `variation_via_products`): kind `variation`, with its parent, its
    /// options, its own status even in v2, and the name `Parent - Option, Option` where its parent's list says
    /// `Option, Option`. It can't be *written* by this way: 404 `woocommerce_rest_invalid_product_id`.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn product(&self, id: ShopId) -> Result<Option<ShopProduct>, Error> {
        let query = vec![("_fields", wire::PRODUCT_FIELDS.to_owned())];
        match self.read::<wire::Product>(&format!("products/{id}"), &query).await {
            Ok(product) => Ok(Some(product.into_product())),
            Err(error) if error.status() == Some(404) && error.code() == Some(GONE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Products and variations by SKU, in no order; drafts count, the trash does not. The shop ignores case and
    /// spaces around an SKU, and so may answer with another spelling.
    ///
    /// An SKU that is empty or holds a comma can't be asked for (the comma parts the list) and is skipped: a create of
    /// such a product still meets the shop's own check, and is adopted by it.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn products_by_sku(&self, skus: &[&str]) -> Result<Vec<ShopProduct>, Error> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for list in lists(skus) {
            let query = vec![("sku", list), ("status", "any".to_owned())];
            let rows = self.list("products", query, wire::PRODUCT_FIELDS, wire::Product::number).await?;
            found.extend(
                rows.into_iter().filter(|row| seen.insert(row.id())).map(wire::Product::into_product),
            );
        }
        Ok(found)
    }
}

/// The code of a product that does not exist.
pub(super) const GONE: &str = "woocommerce_rest_product_invalid_id";

/// The SKUs as comma lists, none too long for a URL; each SKU once.
fn lists(skus: &[&str]) -> Vec<String> {
    let mut asked = HashSet::new();
    let mut lists: Vec<(String, usize, usize)> = Vec::new();
    for sku in skus.iter().map(|sku| sku.trim()).filter(|sku| !sku.is_empty() && !sku.contains(',')) {
        if !asked.insert(sku.to_lowercase()) {
            continue;
        }
        let length = oauth::encode(sku).len() + "%2C".len();
        match lists.last_mut() {
            Some((list, size, count)) if *size + length <= SKU_LIST && *count < PAGE => {
                list.push(',');
                list.push_str(sku);
                *size += length;
                *count += 1;
            }
            _ => lists.push((sku.to_owned(), length, 1)),
        }
    }
    lists.into_iter().map(|(list, _, _)| list).collect()
}

#[cfg(test)]
mod tests;
