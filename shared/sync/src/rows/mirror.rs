//! The mirror: a client's catalogue as last read, by product id, indexed by number and by parent. Changed rows only are
//! rewritten, under the reader's lease. Departments of one client share it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use retail::{
    number::MatchNumber,
    office::{OfficeProduct, ProductId},
};
use serde::{Deserialize, Serialize};

use super::{body, item, lease::Lease, padded};
use crate::{
    Engine, Error,
    ports::{Condition, Item, Key, MAX_TRANSACTION, Range, Write},
};

/// A mirrored product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mirrored {
    pub(crate) product: OfficeProduct,
    /// The list no longer names it.
    #[serde(default)]
    pub(crate) gone: bool,
    /// The first complete reading that finds, or will find, it hidden, deleted or gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hidden_in: Option<u64>,
}

impl Mirrored {
    /// Whether it may be in a shop at all.
    pub(crate) fn stands(&self) -> bool {
        !self.gone && self.product.visible && !self.product.deleted
    }

    /// Whether two complete readings, `last` being the last complete one, agree that it does not stand.
    pub(crate) fn gone_twice(&self, last: u64) -> bool {
        !self.stands() && self.hidden_in.is_some_and(|first| first < last)
    }
}

/// An index entry: which products have a number, or a parent. Only those that stand count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    ids: BTreeSet<ProductId>,
}

/// Which part of the catalogue a page covers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Covered {
    /// Above this id; `None`: from the first.
    pub(crate) after: Option<ProductId>,
    /// Up to this id; `None`: to the last.
    pub(crate) up_to: Option<ProductId>,
}

fn partition(client: &str) -> String {
    format!("M#{client}")
}

fn product_key(client: &str, id: ProductId) -> Key {
    Key::new(partition(client), format!("p#{}", padded(id.0)))
}

fn number_key(client: &str, number: &MatchNumber) -> Key {
    Key::new(partition(client), format!("n#{number}"))
}

fn parent_key(client: &str, parent: ProductId) -> Key {
    Key::new(partition(client), format!("v#{}", padded(parent.0)))
}

/// How a row of the mirror changes.
pub(crate) struct Difference {
    before: Option<Mirrored>,
    after: Mirrored,
}

impl Difference {
    /// Whether what is decided about the product's variants may be another now.
    fn concerns_variants(&self) -> bool {
        let head = |row: &Mirrored| {
            let product = &row.product;
            let defects: Vec<&str> = product.defects.iter().map(|defect| defect.field.as_str()).collect();
            let defects = defects.contains(&"product_number") || defects.contains(&"product_name");
            (
                row.stands(),
                product.is_parent,
                product.parent,
                product.name.clone(),
                product.number.clone(),
                defects,
            )
        };
        let is_head = |row: &Mirrored| row.product.is_parent;
        (self.before.as_ref().is_some_and(is_head) || is_head(&self.after))
            && self.before.as_ref().map(head) != Some(head(&self.after))
    }
}

/// What a page of the catalogue changes. Of the products that the page covers, those it does not name are gone; without
/// `covered` it names changes only. `reading` is the number of the reading, or of the next complete one.
pub(crate) async fn differences(
    engine: &Engine,
    client: &str,
    rows: Vec<OfficeProduct>,
    covered: Option<Covered>,
    reading: u64,
) -> Result<Vec<Difference>, Error> {
    // A product that the list names twice counts as it was named last.
    let named: BTreeMap<ProductId, OfficeProduct> =
        rows.into_iter().map(|product| (product.id, product)).collect();
    let mut old = by_id(engine, client, &named.keys().copied().collect::<Vec<_>>()).await?;
    if let Some(covered) = covered {
        old.extend(in_range(engine, client, covered).await?);
    }
    let mut differences = Vec::new();
    for (id, product) in &named {
        let before = old.get(id);
        let mut after = Mirrored { product: product.clone(), gone: false, hidden_in: None };
        after.hidden_in = hidden_in(before, &after, reading);
        if before != Some(&after) {
            differences.push(Difference { before: before.cloned(), after });
        }
    }
    for (id, before) in &old {
        if !named.contains_key(id) && !before.gone {
            let mut after = Mirrored { gone: true, ..before.clone() };
            after.hidden_in = hidden_in(Some(before), &after, reading);
            differences.push(Difference { before: Some(before.clone()), after });
        }
    }
    Ok(differences)
}

/// Which products these differences are about: their own, those that had the number which one of them takes or gives up,
/// since whether a number is unique decides about every product that has it, and the families that they belong to. To be
/// asked before they are written.
pub(crate) async fn concerned(
    engine: &Engine,
    client: &str,
    differences: &[Difference],
) -> Result<Vec<ProductId>, Error> {
    let mut ids: BTreeSet<ProductId> = differences.iter().map(|one| one.after.product.id).collect();
    let number = |row: &Mirrored| MatchNumber::of(&row.product.number).filter(|_| row.stands());
    let mut numbers = BTreeSet::new();
    for Difference { before, after } in differences {
        let (before, after) = (before.as_ref().and_then(number), number(after));
        if before != after {
            numbers.extend(before.into_iter().chain(after));
        }
    }
    let owners = by_number(engine, client, numbers).await?;
    // Of so many that share a number, no page leaves one alone.
    ids.extend(owners.into_values().filter(|owners| owners.len() <= 101).flatten());
    let parent = |row: &Mirrored| row.product.parent;
    ids.extend(
        differences.iter().flat_map(|one| one.before.iter().filter_map(parent).chain(parent(&one.after))),
    );
    let heads = differences.iter().filter(|one| one.concerns_variants()).map(|one| one.after.product.id);
    ids.extend(variants(engine, client, heads).await?.into_values().flatten());
    Ok(ids.into_iter().collect())
}

/// Takes differences in.
pub(crate) async fn write(
    engine: &Engine,
    lease: &mut Lease,
    client: &str,
    differences: &[Difference],
) -> Result<(), Error> {
    // A row and its index entries are at most one row, two numbers and two parents.
    for chunk in differences.chunks((MAX_TRANSACTION - 1) / 5) {
        lease.keep(engine).await?;
        lease.write(engine, writes(engine, client, chunk).await?).await?;
    }
    Ok(())
}

fn hidden_in(before: Option<&Mirrored>, after: &Mirrored, reading: u64) -> Option<u64> {
    if after.stands() {
        return None;
    }
    before.filter(|before| !before.stands()).and_then(|before| before.hidden_in).or(Some(reading))
}

/// The rows of a chunk, and what they change in the indexes.
async fn writes(engine: &Engine, client: &str, chunk: &[Difference]) -> Result<Vec<Write>, Error> {
    let mut entries: HashMap<Key, Vec<(ProductId, bool)>> = HashMap::new();
    for Difference { before, after } in chunk {
        for key in before.iter().flat_map(|before| index_keys(client, before)) {
            entries.entry(key).or_default().push((after.product.id, false));
        }
        for key in index_keys(client, after) {
            entries.entry(key).or_default().push((after.product.id, true));
        }
    }
    let keys: Vec<Key> = entries.keys().cloned().collect();
    let stored: HashMap<Key, Item> =
        engine.ledger.get_many(&keys).await?.into_iter().map(|item| (item.key.clone(), item)).collect();
    let mut writes = Vec::new();
    for (key, moves) in entries {
        let old: Entry = stored.get(&key).map(body).transpose()?.unwrap_or_default();
        let mut new = old.clone();
        // Leavers first: a row that keeps its number leaves and comes back.
        for (id, _) in moves.iter().filter(|(_, comes)| !comes) {
            new.ids.remove(id);
        }
        new.ids.extend(moves.iter().filter(|(_, comes)| *comes).map(|(id, _)| *id));
        if new.ids.is_empty() {
            writes.push(Write::Remove { key, condition: Condition::Always });
        } else if new != old {
            writes.push(Write::Put { item: item(key, &new)?, condition: Condition::Always });
        }
    }
    for Difference { after, .. } in chunk {
        let put = item(product_key(client, after.product.id), after)?;
        writes.push(Write::Put { item: put, condition: Condition::Always });
    }
    Ok(writes)
}

fn index_keys(client: &str, row: &Mirrored) -> Vec<Key> {
    if !row.stands() {
        return Vec::new();
    }
    let number = MatchNumber::of(&row.product.number).map(|number| number_key(client, &number));
    let parent = row.product.parent.map(|parent| parent_key(client, parent));
    number.into_iter().chain(parent).collect()
}

/// The mirrored products of these ids, as far as there are any.
pub(crate) async fn by_id(
    engine: &Engine,
    client: &str,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Mirrored>, Error> {
    let keys: Vec<Key> = ids.iter().map(|id| product_key(client, *id)).collect();
    rows(engine.ledger.get_many(&keys).await?)
}

/// Which products that stand have these numbers.
pub(crate) async fn by_number(
    engine: &Engine,
    client: &str,
    numbers: impl IntoIterator<Item = MatchNumber>,
) -> Result<HashMap<MatchNumber, BTreeSet<ProductId>>, Error> {
    let wanted: HashMap<Key, MatchNumber> =
        numbers.into_iter().map(|number| (number_key(client, &number), number)).collect();
    let keys: Vec<Key> = wanted.keys().cloned().collect();
    let mut found = HashMap::new();
    for item in engine.ledger.get_many(&keys).await? {
        if let Some(number) = wanted.get(&item.key) {
            found.insert(number.clone(), body::<Entry>(&item)?.ids);
        }
    }
    Ok(found)
}

/// The variants of these parents that stand.
pub(crate) async fn variants(
    engine: &Engine,
    client: &str,
    parents: impl IntoIterator<Item = ProductId>,
) -> Result<HashMap<ProductId, BTreeSet<ProductId>>, Error> {
    let wanted: HashMap<Key, ProductId> =
        parents.into_iter().map(|parent| (parent_key(client, parent), parent)).collect();
    let keys: Vec<Key> = wanted.keys().cloned().collect();
    let mut found = HashMap::new();
    for item in engine.ledger.get_many(&keys).await? {
        if let Some(parent) = wanted.get(&item.key) {
            let mut ids = body::<Entry>(&item)?.ids;
            // One that names itself is in no family.
            ids.remove(parent);
            found.insert(*parent, ids);
        }
    }
    Ok(found)
}

/// A page of the mirror in the order of ids, and whether it is the last.
pub(crate) async fn page(
    engine: &Engine,
    client: &str,
    after: Option<ProductId>,
    limit: usize,
) -> Result<(BTreeMap<ProductId, Mirrored>, bool), Error> {
    let mut range = Range::prefix("p#").after(after.map(|id| format!("p#{}", padded(id.0))));
    loop {
        let page = engine.ledger.page(&partition(client), range.clone(), limit).await?;
        if !page.items.is_empty() || page.next.is_none() {
            return Ok((rows(page.items)?, page.next.is_none()));
        }
        range = range.after(page.next);
    }
}

async fn in_range(
    engine: &Engine,
    client: &str,
    covered: Covered,
) -> Result<BTreeMap<ProductId, Mirrored>, Error> {
    let mut range = Range::prefix("p#").after(covered.after.map(|id| format!("p#{}", padded(id.0))));
    range.up_to = covered.up_to.map(|id| format!("p#{}", padded(id.0)));
    let mut found = BTreeMap::new();
    loop {
        let page = engine.ledger.page(&partition(client), range.clone(), 100).await?;
        found.extend(rows(page.items)?);
        if page.next.is_none() {
            return Ok(found);
        }
        range = range.after(page.next);
    }
}

fn rows(items: Vec<Item>) -> Result<BTreeMap<ProductId, Mirrored>, Error> {
    let row = |item: Item| body::<Mirrored>(&item).map(|row| (row.product.id, row));
    items.into_iter().map(row).collect()
}
