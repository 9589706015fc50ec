//! Families: a parent and its variants are looked at and written together, whatever pages the catalogue gave them on.

use std::collections::{BTreeMap, BTreeSet};

use retail::office::ProductId;

use crate::{
    Engine, Error,
    rows::mirror::{self, Mirrored},
};

/// The most products looked at together; a family is not parted for it.
const TOGETHER: usize = 200;

/// What a page of the mirror is looked at as: units that belong together, several to a look. A variant comes with its
/// parent's page; one whose parent is none, or that is off the web shop itself, comes with its own.
pub(crate) async fn looks(
    engine: &Engine,
    client: &str,
    page: &BTreeMap<ProductId, Mirrored>,
) -> Result<Vec<Vec<Vec<ProductId>>>, Error> {
    let parents: BTreeSet<ProductId> = page.values().filter_map(parent_of).collect();
    let elsewhere: Vec<ProductId> = parents.iter().filter(|id| !page.contains_key(id)).copied().collect();
    let elsewhere = mirror::by_id(engine, client, &elsewhere).await?;
    let takes_care = |id: ProductId| page.get(&id).or_else(|| elsewhere.get(&id)).is_some_and(is_family);
    let heads = page.values().filter(|row| is_family(row)).map(|row| row.product.id);
    let mut variants = mirror::variants(engine, client, heads).await?;
    let (mut looks, mut look, mut size) = (Vec::new(), Vec::new(), 0);
    for (id, row) in page {
        if row.stands() && parent_of(row).is_some_and(takes_care) {
            continue;
        }
        let mut unit = vec![*id];
        unit.extend(variants.remove(id).into_iter().flatten());
        if size > 0 && size + unit.len() > TOGETHER {
            looks.push(std::mem::take(&mut look));
            size = 0;
        }
        size += unit.len();
        look.push(unit);
    }
    if !look.is_empty() {
        looks.push(look);
    }
    Ok(looks)
}

/// The parent of a variant, unless it names itself.
pub(crate) fn parent_of(row: &Mirrored) -> Option<ProductId> {
    row.product.parent.filter(|parent| *parent != row.product.id)
}

/// Whether a row is a parent whose variants are looked at with it.
fn is_family(row: &Mirrored) -> bool {
    row.stands() && row.product.is_parent && row.product.parent.is_none()
}
