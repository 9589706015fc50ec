//! Writing products or variations, up to a hundred at once.

use retail::shop::{ShopId, ShopProduct};
use serde_json::{Map, Value};
use world::Method;

use super::Client;
use crate::{
    Error, ItemDone, ItemError, ProductWrite, VariationWrite, Version,
    error::Kind,
    json,
    product::Item,
    wire::{BatchAnswer, BatchItem, Product},
};

/// The most items that the shop takes in one batch (`BEHAVIOUR.md`, *Batch*).
pub const MAX_BATCH: usize = 100;

impl Client {
    /// Writes products, in order; the answer has one result per item, in the same order. No transaction: items are
    /// done one by one, and a failed one stops no other. Never repeated by itself.
    ///
    /// # Errors
    /// The batch as a whole failed; with [`retail::fate::Fate::Ambiguous`], some items or all may have been done.
    pub async fn write_products(
        &self,
        items: &[ProductWrite],
    ) -> Result<Vec<Result<ItemDone, ItemError>>, Error> {
        self.write_batch("products/batch", items, Product::into_product).await
    }

    /// Writes variations of one product, in order, as [`Client::write_products`] does. An update must name a variation of
    /// this parent: another one's is refused alone, but by a shop before WooCommerce 9.2 it would be moved here. A
    /// variation's write bumps the parent's modification too.
    ///
    /// A parent that is gone refuses every item alone, or where it still can, takes it as an orphan: know it by
    /// [`Client::variations`] first.
    ///
    /// # Errors
    /// The batch as a whole failed; with [`retail::fate::Fate::Ambiguous`], some items or all may have been done.
    pub async fn write_variations(
        &self,
        parent: ShopId,
        items: &[VariationWrite],
    ) -> Result<Vec<Result<ItemDone, ItemError>>, Error> {
        let path = format!("products/{parent}/variations/batch");
        self.write_batch(&path, items, |row| row.into_variation(parent)).await
    }

    async fn write_batch<I: Item>(
        &self,
        path: &str,
        items: &[I],
        read: impl Fn(Product) -> ShopProduct,
    ) -> Result<Vec<Result<ItemDone, ItemError>>, Error> {
        let failed = |kind| Error::new(Method::Post, path, true, kind);
        if items.is_empty() {
            return Ok(Vec::new());
        }
        if items.len() > MAX_BATCH {
            return Err(failed(Kind::TooMany(items.len())));
        }
        let body = body(items, self.connection.version).into_bytes();
        // No `_fields`: on a batch it hides the errors.
        let response =
            self.send(self.connection.auth, Method::Post, path, &Vec::new(), Some(body), true).await?;
        let answer = json::decode::<BatchAnswer>(&response.body).map_err(|misread| failed(misread.into()))?;
        by_position(items, answer, read).map_err(|wrong| failed(Kind::Shape(wrong)))
    }
}

fn body<I: Item>(items: &[I], version: Version) -> String {
    let mut body = Map::new();
    for item in items {
        let list = if item.updates().is_some() { "update" } else { "create" };
        let list = body.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(item.to_json(version));
        }
    }
    Value::Object(body).to_string()
}

/// Puts creates and updates back into the order of the items. A failed item may answer with any id, so position is
/// all there is; a done one must answer with an id, and an update with its own.
fn by_position<I: Item>(
    items: &[I],
    answer: BatchAnswer,
    read: impl Fn(Product) -> ShopProduct,
) -> Result<Vec<Result<ItemDone, ItemError>>, String> {
    let creates = items.iter().filter(|item| item.updates().is_none()).count();
    let updates = items.len() - creates;
    if answer.create.len() != creates || answer.update.len() != updates {
        return Err(format!(
            "{creates} creates and {updates} updates were answered by {} and {}",
            answer.create.len(),
            answer.update.len()
        ));
    }
    let (mut created, mut updated) = (answer.create.into_iter(), answer.update.into_iter());
    let mut results = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let wanted = item.updates();
        let answered = if wanted.is_some() { updated.next() } else { created.next() };
        results.push(match answered {
            Some(BatchItem::Failed(failure)) => Err(ItemError::of(&failure)),
            Some(BatchItem::Done(product)) => {
                let id = product.id();
                if id == ShopId(0) || wanted.is_some_and(|wanted| wanted != id) {
                    return Err(format!("item {position} was answered with the id {id}"));
                }
                Ok(ItemDone { id, product: read(*product) })
            }
            None => return Err(format!("item {position} was not answered")),
        });
    }
    Ok(results)
}

#[cfg(test)]
mod tests;
