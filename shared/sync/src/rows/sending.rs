//! Sale prices that are being written. Only a sale price that we wrote is ever cleared by us; where the answer to the write
//! is lost, this is how whoever looks next knows that what stands in the shop is ours.

use std::{collections::BTreeMap, time::Duration};

use retail::{Decimal, office::ProductId};
use serde::{Deserialize, Serialize};

use super::{body, item, lease::Lease, standing::Links};
use crate::{
    Engine, Error,
    ports::{Condition, Key, Write},
};

/// After this long whoever lost the answer has looked again many times over.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

#[derive(Serialize, Deserialize)]
struct Row {
    /// In the shop's form.
    sale_price: Decimal,
}

/// Notes what is about to be written.
pub(crate) async fn note(
    engine: &Engine,
    lease: &Lease,
    links: &Links,
    sales: &[(ProductId, Decimal)],
) -> Result<(), Error> {
    let put = |(product, sale_price): &(ProductId, Decimal)| {
        let mut put = item(links.sending_key(*product), &Row { sale_price: *sale_price })?;
        put.expires = Some(engine.now() + KEPT);
        Ok(Write::Put { item: put, condition: Condition::Always })
    };
    for chunk in sales.chunks(90) {
        lease.write(engine, chunk.iter().map(put).collect::<Result<_, Error>>()?).await?;
    }
    Ok(())
}

/// The write that forgets a note: what was written is confirmed.
pub(crate) fn forget(links: &Links, product: ProductId) -> Write {
    Write::Remove { key: links.sending_key(product), condition: Condition::Always }
}

/// What was about to be written to these products, and never confirmed.
pub(crate) async fn of(
    engine: &Engine,
    links: &Links,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Decimal>, Error> {
    let keys: BTreeMap<Key, ProductId> = ids.iter().map(|id| (links.sending_key(*id), *id)).collect();
    let asked: Vec<Key> = keys.keys().cloned().collect();
    let mut sales = BTreeMap::new();
    for item in engine.ledger.get_many(&asked).await? {
        if let Some(id) = keys.get(&item.key) {
            sales.insert(*id, body::<Row>(&item)?.sale_price);
        }
    }
    Ok(sales)
}
