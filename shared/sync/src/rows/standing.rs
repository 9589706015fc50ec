//! Standings: for each product of a department and shop, the link and the last decision about it.

use std::collections::{BTreeMap, HashMap};

use retail::{link::Link, office::ProductId, shop::ShopId};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::{body, item, padded};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Item, Key, Range, Write},
};

/// What the ledger knows of a product in a shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Its number when it was last decided about.
    #[serde(default)]
    pub(crate) number: String,
    /// The link, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<Link>,
    /// What is not done about it, as it was last decided; empty: everything is.
    #[serde(default, skip_serializing_if = "Decision::is_clear")]
    pub(crate) decision: Decision,
}

/// The decision about a product, as far as something is left undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    /// The record is refused, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
    /// The record waits, for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waits: Option<String>,
    /// A round that looked at stock alone found so: the next one may find otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) of_stock: bool,
    /// Fields that are not written, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<retail::change::Remark>,
}

impl Decision {
    fn is_clear(&self) -> bool {
        *self == Decision::default()
    }
}

/// Which product a product of the shop is linked with.
#[derive(Serialize, Deserialize)]
struct Owner {
    product: ProductId,
}

/// The links of a department with one shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    department: String,
    partition: String,
}

impl Links {
    /// Of this department with this shop; another shop has other links.
    pub(crate) fn of(department: &str, base: &str) -> Links {
        Links { department: department.to_owned(), partition: format!("L#{department}#{base}") }
    }

    fn product_key(&self, id: ProductId) -> Key {
        Key::new(&self.partition, format!("p#{}", padded(id.0)))
    }

    fn shop_key(&self, id: ShopId) -> Key {
        Key::new(&self.partition, format!("s#{}", padded(id.0)))
    }

    /// Where a sale price stands that is being written.
    pub(crate) fn sending_key(&self, id: ProductId) -> Key {
        Key::new(&self.partition, format!("w#{}", padded(id.0)))
    }

    /// Where an image stands, by its address.
    pub(crate) fn media_key(&self, url: &str) -> Key {
        let hash = sha2::Sha256::digest(url);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Key::new(&self.partition, format!("i#{hash}"))
    }

    /// What is known of these products.
    pub(crate) async fn by_product(
        &self,
        engine: &Engine,
        ids: &[ProductId],
    ) -> Result<BTreeMap<ProductId, Standing>, Error> {
        let keys: HashMap<Key, ProductId> = ids.iter().map(|id| (self.product_key(*id), *id)).collect();
        let asked: Vec<Key> = keys.keys().cloned().collect();
        let mut standings = BTreeMap::new();
        for item in engine.ledger.get_many(&asked).await? {
            if let Some(id) = keys.get(&item.key) {
                standings.insert(*id, body(&item)?);
            }
        }
        Ok(standings)
    }

    /// Which products these products of the shop are linked with.
    pub(crate) async fn by_shop(
        &self,
        engine: &Engine,
        ids: impl IntoIterator<Item = ShopId>,
    ) -> Result<HashMap<ShopId, ProductId>, Error> {
        let keys: HashMap<Key, ShopId> = ids.into_iter().map(|id| (self.shop_key(id), id)).collect();
        let asked: Vec<Key> = keys.keys().cloned().collect();
        let mut linked = HashMap::new();
        for item in engine.ledger.get_many(&asked).await? {
            if let Some(shop) = keys.get(&item.key) {
                linked.insert(*shop, body::<Owner>(&item)?.product);
            }
        }
        Ok(linked)
    }

    /// The writes that put a standing in an older one's place: at most three.
    pub(crate) fn writes(
        &self,
        id: ProductId,
        old: Option<&Standing>,
        new: &Standing,
    ) -> Result<Vec<Write>, Error> {
        let mut put = item(self.product_key(id), new)?;
        let undone = new.decision.refused.is_some() || new.decision.waits.is_some();
        put.index =
            undone.then(|| IndexKey { partition: refused_partition(&self.department), sort: padded(id.0) });
        let mut writes = vec![Write::Put { item: put, condition: Condition::Always }];
        let shop_of = |standing: &Standing| standing.link.as_ref().map(|link| link.shop);
        let (before, after) = (old.and_then(shop_of), shop_of(new));
        if before != after {
            if let Some(shop) = before {
                writes.push(Write::Remove { key: self.shop_key(shop), condition: Condition::Always });
            }
            if let Some(shop) = after {
                let put = item(self.shop_key(shop), &Owner { product: id })?;
                // A product of the shop that got another owner meanwhile is a conflict, not a second link.
                writes.push(Write::Put { item: put, condition: Condition::Absent });
            }
        }
        Ok(writes)
    }

    /// The products that are linked.
    pub(crate) async fn all(&self, engine: &Engine) -> Result<Vec<ProductId>, Error> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = engine.ledger.page(&self.partition, Range::prefix("s#").after(after), 1000).await?;
            for item in &page.items {
                ids.push(body::<Owner>(item)?.product);
            }
            after = page.next;
            if after.is_none() {
                return Ok(ids);
            }
        }
    }

    /// How many products are linked.
    pub(crate) async fn count(&self, engine: &Engine) -> Result<u64, Error> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = engine.ledger.page(&self.partition, Range::prefix("s#").after(after), 1000).await?;
            count += page.items.len() as u64;
            after = page.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }
}

fn refused_partition(department: &str) -> String {
    format!("F#{department}")
}

/// A page of what is refused or waits in a department with this shop.
pub(crate) async fn refused(
    engine: &Engine,
    department: &str,
    base: &str,
    after: Option<String>,
) -> Result<(Vec<(ProductId, Standing)>, Option<String>), Error> {
    let page = engine
        .ledger
        .page_by_index(&refused_partition(department), Range::default().after(after), 100)
        .await?;
    let parsed = |item: &Item| {
        let index = item.index.as_ref().map_or("", |index| index.sort.as_str());
        let id = index.parse().map_err(|_| Error::Broken {
            what: format!("{} {}", item.key.partition, item.key.sort),
            reason: "its index key is no product id".to_owned(),
        })?;
        Ok((ProductId(id), body(item)?))
    };
    // The index has those of shops that were left too.
    let links = Links::of(department, base);
    let here = page.items.iter().filter(|item| item.key.partition == links.partition);
    Ok((here.map(parsed).collect::<Result<_, Error>>()?, page.next))
}
