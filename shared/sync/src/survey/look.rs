//! Asking the shop: by id for what is linked, by SKU for what is not, and a parent's variations all at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry};

use futures_util::{StreamExt, TryStreamExt, stream};
use retail::{
    link::Link,
    number::{MatchNumber, sku},
    office::ProductId,
    plan::{KnownImage, ShopView},
    shop::{MediaId, ShopId, ShopProduct},
};

use crate::{
    Engine, Error,
    families::parent_of,
    pair::Pair,
    rows::{media, mirror::Mirrored},
};

/// Parents whose variations are read at once. Reading costs a shop an eighth of writing (`BEHAVIOUR.md`, *Times*).
const READS_AT_ONCE: usize = 4;

/// What the shop has of these products.
pub(super) async fn look(
    engine: &Engine,
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
) -> Result<ShopView, Error> {
    let mut view = ShopView {
        profile: pair.profile.clone(),
        by_id: linked_products(pair, mirrored, links).await?,
        by_number: HashMap::new(),
        linked: HashMap::new(),
        variations: HashMap::new(),
        images: HashMap::new(),
    };
    by_number(pair, mirrored, links, &mut view).await?;
    variations(pair, mirrored, links, &mut view).await?;
    linked_variations(pair, mirrored, links, &mut view).await?;
    let ours: HashSet<ShopId> = links.values().map(|link| link.shop).collect();
    let strangers: BTreeSet<ShopId> = view
        .by_number
        .values()
        .chain(view.variations.values())
        .flatten()
        .map(|product| product.id)
        .filter(|id| !ours.contains(id))
        .collect();
    view.linked = pair.links.by_shop(engine, strangers).await?;
    view.linked.extend(links.iter().map(|(product, link)| (link.shop, *product)));
    view.images = images(engine, pair, mirrored, links, &view).await?;
    Ok(view)
}

/// The linked products; a variation is read with its parent.
async fn linked_products(
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
) -> Result<HashMap<ShopId, Option<ShopProduct>>, Error> {
    let linked: Vec<ShopId> = mirrored
        .values()
        .filter(|row| row.product.parent.is_none())
        .filter_map(|row| links.get(&row.product.id))
        .map(|link| link.shop)
        .collect();
    let mut by_id: HashMap<ShopId, Option<ShopProduct>> =
        pair.shop.products_by_id(&linked).await?.into_iter().map(|found| (found.id, Some(found))).collect();
    for id in linked {
        if let Entry::Vacant(missing) = by_id.entry(id) {
            // Lists leave the trash out; only asking for the product itself tells trash from gone.
            missing.insert(pair.shop.product(id).await?);
        }
    }
    Ok(by_id)
}

/// Those whose number is not linked, or whose link leads nowhere any more, are looked for by it.
async fn by_number(
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
    view: &mut ShopView,
) -> Result<(), Error> {
    let leads_somewhere = |row: &Mirrored| {
        let link = links.get(&row.product.id);
        // Of a variant that isn't known before its parent's variations are read: a look too many does no harm.
        link.is_some_and(|link| {
            row.product.parent.is_some() || matches!(view.by_id.get(&link.shop), Some(Some(_)))
        })
    };
    let numbers: BTreeSet<String> = mirrored
        .values()
        .filter(|row| row.stands() && !leads_somewhere(row))
        .filter_map(|row| sku(&row.product.number))
        .collect();
    find(pair, numbers, view).await
}

async fn find(pair: &Pair, numbers: BTreeSet<String>, view: &mut ShopView) -> Result<(), Error> {
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    for product in pair.shop.products_by_sku(&numbers).await? {
        if let Some(number) = MatchNumber::of(&product.sku) {
            let found = view.by_number.entry(number).or_default();
            if !found.iter().any(|other| other.id == product.id) {
                found.push(product);
            }
        }
    }
    Ok(())
}

/// The variations of the products that are parents of what is looked at.
async fn variations(
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
    view: &mut ShopView,
) -> Result<(), Error> {
    let parents: BTreeSet<ProductId> = mirrored.values().filter_map(parent_of).collect();
    let heads: BTreeMap<ShopId, Head> = parents
        .iter()
        .filter_map(|id| view.found(&mirrored.get(id)?.product, links.get(id)))
        .filter(|found| found.kind == "variable")
        .map(|found| {
            let image = found.images.iter().take(1).copied().collect();
            (found.id, Head { tax_class: found.tax_class.clone(), image })
        })
        .collect();
    let read: Vec<(ShopId, Vec<ShopProduct>)> = stream::iter(heads.keys().copied())
        .map(|id| async move { Ok::<_, Error>((id, pair.shop.variations(id).await?.unwrap_or_default())) })
        .buffer_unordered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let attached: HashMap<ShopId, &[MediaId]> = links
        .values()
        .filter_map(|link| Some((link.shop, link.written.images.as_ref()?.media.as_slice())))
        .collect();
    for (parent, mut variations) in read {
        let Some(head) = heads.get(&parent) else { continue };
        for one in &mut variations {
            // One that says no more than that has its parent's class.
            if one.tax_class == "parent" {
                one.tax_class.clone_from(&head.tax_class);
            }
            // Where the shop doesn't tell, its parent's image is its own only if we gave it that.
            let ours = attached.get(&one.id).is_some_and(|media| *media == one.images);
            if !pair.shop.tells_own_images() && !ours && one.images == head.image {
                one.images.clear();
            }
        }
        view.variations.insert(parent, variations);
    }
    shown_by_parents(view);
    Ok(())
}

/// What a parent's variations may have from it.
struct Head {
    tax_class: String,
    /// The main image, if it has one.
    image: Vec<MediaId>,
}

/// By its SKU a variation comes as a customer sees it, with its parent's image in place of its own.
fn shown_by_parents(view: &mut ShopView) {
    let own: HashMap<ShopId, &ShopProduct> =
        view.variations.values().flatten().map(|one| (one.id, one)).collect();
    for one in view.by_number.values_mut().flatten() {
        if let Some(own) = own.get(&one.id) {
            one.images.clone_from(&own.images);
            one.tax_class.clone_from(&own.tax_class);
        }
    }
}

/// The linked variations, wherever they stand. One that is gone is looked for by its number after all.
async fn linked_variations(
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
    view: &mut ShopView,
) -> Result<(), Error> {
    let read: HashMap<ShopId, ShopProduct> =
        view.variations.values().flatten().map(|one| (one.id, one.clone())).collect();
    let mut lost = BTreeSet::new();
    for row in mirrored.values().filter(|row| row.product.parent.is_some()) {
        let Some(link) = links.get(&row.product.id) else { continue };
        let found = match read.get(&link.shop) {
            Some(found) => Some(found.clone()),
            None => pair.shop.product(link.shop).await?,
        };
        if found.is_none() && row.stands() {
            lost.extend(sku(&row.product.number));
        }
        view.by_id.insert(link.shop, found);
    }
    find(pair, lost, view).await
}

/// What is known of the images that may go over.
async fn images(
    engine: &Engine,
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
    view: &ShopView,
) -> Result<HashMap<String, KnownImage>, Error> {
    if !pair.department.settings.products.images {
        return Ok(HashMap::new());
    }
    let mut urls = BTreeSet::new();
    for row in mirrored.values().filter(|row| row.stands() && !row.product.images.is_empty()) {
        let link = links.get(&row.product.id);
        let begun = link.and_then(|link| link.written.images.as_ref()).filter(|begun| begun.is_open());
        let bare = view.found(&row.product, link).is_some_and(|found| found.images.is_empty());
        urls.extend(begun.into_iter().flat_map(|begun| begun.urls.clone()));
        urls.extend(row.product.images.iter().filter(|_| bare).cloned());
    }
    let known = media::of(engine, &pair.links, urls).await?;
    let now = engine.now();
    Ok(known.into_iter().filter_map(|(url, state)| Some((url, media::known(&state, now)?))).collect())
}
