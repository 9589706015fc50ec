//! Looking at both sides: gathers what the plan needs of some products, and plans.

mod look;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use retail::{
    Decimal,
    link::Link,
    number::MatchNumber,
    office::ProductId,
    plan::{Candidate, KnownImage, Plan, ShopView, Variant},
    settings::ProductSettings,
    shop::{ShopId, ShopProduct},
    stock::Stock,
};

use crate::{
    Engine, Error, catalogue,
    families::parent_of,
    orders::{self, held::Held},
    pair::Pair,
    record::Known,
    rows::{
        due::Extent,
        mirror::{self, Mirrored},
        sending,
        standing::Standing,
        stock,
    },
};
use look::look;

/// What is known of some products on both sides.
pub(crate) struct Survey {
    pub(crate) standings: BTreeMap<ProductId, Standing>,
    candidates: Vec<Candidate>,
    shop: ShopView,
    links: HashMap<ProductId, Link>,
    /// What Loomis Pay has available, before what web orders hold.
    available: BTreeMap<ProductId, Stock>,
    /// What web orders hold that Loomis Pay doesn't know of.
    held: Held,
    /// The products that were asked about: a parent may be here for its variants' sake.
    asked: BTreeSet<ProductId>,
    /// Sale prices of the shop that are ours, although the answer to their write was lost.
    ours: BTreeMap<ProductId, Decimal>,
}

/// What a survey may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leave {
    /// How much of a product is looked at.
    pub(crate) extent: Extent,
    /// Whether products that were taken off may become drafts now.
    pub(crate) drafts: bool,
}

/// Gathers what is known of these products, and of their parents. Those that neither stand nor are linked are left out:
/// nothing is ever done about them.
pub(crate) async fn survey(
    engine: &Engine,
    pair: &Pair,
    ids: &[ProductId],
    leave: Leave,
) -> Result<Survey, Error> {
    let client = &pair.client.settings.client_number;
    let department = &pair.department.settings;
    let mut mirrored = mirror::by_id(engine, client, ids).await?;
    let parents: BTreeSet<ProductId> = mirrored.values().filter_map(parent_of).collect();
    let elsewhere: Vec<ProductId> = parents.iter().filter(|id| !mirrored.contains_key(id)).copied().collect();
    mirrored.extend(mirror::by_id(engine, client, &elsewhere).await?);
    let all: Vec<ProductId> = mirrored.keys().copied().collect();
    let standings = pair.links.by_product(engine, &all).await?;
    let links: HashMap<ProductId, Link> =
        standings.iter().filter_map(|(id, standing)| Some((*id, standing.link.clone()?))).collect();
    mirrored.retain(|id, row| row.stands() || links.contains_key(id) || parents.contains(id));
    let asked: BTreeSet<ProductId> = ids
        .iter()
        .filter(|id| mirrored.get(id).is_some_and(|row| row.stands() || links.contains_key(id)))
        .copied()
        .collect();
    let stock = if department.products.inventory {
        stock::of(engine, &department.id, &mirrored.keys().copied().collect::<Vec<_>>()).await?
    } else {
        BTreeMap::new()
    };
    let candidates = candidates(engine, client, &mirrored, &stock, leave).await?;
    let shop = look(engine, pair, &mirrored, &links).await?;
    let held = orders::held::known(engine, pair).await?;
    let available = candidates.iter().map(|one| (one.product.id, one.stock)).collect();
    let ours = BTreeMap::new();
    let mut survey = Survey { standings, candidates, shop, links, available, held, asked, ours };
    survey.own_up(engine, pair).await?;
    survey.hold(None);
    Ok(survey)
}

async fn candidates(
    engine: &Engine,
    client: &str,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    stock: &BTreeMap<ProductId, Stock>,
    leave: Leave,
) -> Result<Vec<Candidate>, Error> {
    let last = catalogue::state(engine, client).await?.0.complete.map_or(0, |complete| complete.number);
    let numbers: BTreeSet<MatchNumber> = mirrored
        .values()
        .filter(|row| row.stands())
        .filter_map(|row| MatchNumber::of(&row.product.number))
        .collect();
    let owners = mirror::by_number(engine, client, numbers).await?;
    let mut variants = variants(engine, client, mirrored, leave.extent).await?;
    let mut candidate = |(id, row): (&ProductId, &Mirrored)| {
        let owners = MatchNumber::of(&row.product.number).and_then(|number| owners.get(&number));
        let mut product = row.product.clone();
        // The list no longer names it: no more visible than one that says so of itself.
        product.deleted |= row.gone;
        Candidate {
            product,
            stock: stock.get(id).copied().unwrap_or(Stock::Unknown),
            twins: owners.into_iter().flatten().filter(|owner| *owner != id).copied().collect(),
            gone_twice: leave.drafts && row.gone_twice(last),
            variants: variants.remove(id).unwrap_or_default(),
        }
    };
    Ok(mirrored.iter().map(&mut candidate).collect())
}

/// The variants of the parents among these; a look at stock alone needs no names.
async fn variants(
    engine: &Engine,
    client: &str,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    extent: Extent,
) -> Result<HashMap<ProductId, Vec<Variant>>, Error> {
    let heads = mirrored.values().filter(|row| row.product.is_parent).map(|row| row.product.id);
    let families = mirror::variants(engine, client, heads).await?;
    let unread = families.values().flatten().filter(|id| !mirrored.contains_key(id)).copied();
    let unread: Vec<ProductId> = unread.filter(|_| extent == Extent::Whole).collect();
    let others = mirror::by_id(engine, client, &unread).await?;
    let variant = |id: ProductId| {
        let row = mirrored.get(&id).or_else(|| others.get(&id));
        Variant { id, name: row.map(|row| row.product.name.clone()).unwrap_or_default() }
    };
    Ok(families.into_iter().map(|(id, ids)| (id, ids.into_iter().map(variant).collect())).collect())
}

impl Survey {
    /// What is to be done about the products that were asked about, and about parents that they can't be without.
    pub(crate) fn plan(&self, settings: &ProductSettings, leave: Leave) -> Plan {
        let mut plan = match leave.extent {
            Extent::Whole => retail::plan(settings, &self.candidates, &self.shop, &self.links),
            Extent::Stock => retail::plan::plan_stock(settings, &self.candidates, &self.shop, &self.links),
        };
        let mut ids = self.asked.clone();
        // A variant's option must be one of its parent's before it is made.
        let made = plan.changes.iter().filter(|one| ids.contains(&one.product) && one.needs_its_parent());
        let made: BTreeSet<ProductId> = made.map(|one| one.product).collect();
        let parents = self.candidates.iter().filter(|one| made.contains(&one.product.id));
        ids.extend(parents.filter_map(|one| one.product.parent));
        plan.changes.retain(|one| ids.contains(&one.product));
        let changes = std::mem::take(&mut plan.changes);
        plan.keep(&self.asked);
        plan.changes = changes;
        plan
    }

    /// What is known of a product before something becomes of it.
    pub(crate) fn known(&self, id: ProductId) -> Known<'_> {
        Known { old: self.standings.get(&id), ours: self.ours.get(&id).copied() }
    }

    /// Finds out which of the sale prices that we don't know to be ours are all the same.
    pub(crate) async fn own_up(&mut self, engine: &Engine, pair: &Pair) -> Result<(), Error> {
        let strange: BTreeMap<ProductId, Decimal> = self
            .candidates
            .iter()
            .filter_map(|candidate| {
                let id = candidate.product.id;
                let link = self.links.get(&id);
                let standing = self.shop.found(&candidate.product, link)?.sale_price?;
                let known = link.and_then(|link| link.written.sale_price).flatten();
                (known != Some(standing)).then_some((id, standing))
            })
            .collect();
        if strange.is_empty() {
            return Ok(());
        }
        let ids: Vec<ProductId> = strange.keys().copied().collect();
        for (id, sale) in sending::of(engine, &pair.links, &ids).await? {
            if strange.get(&id) == Some(&sale) {
                self.ours.insert(id, sale);
                self.links.entry(id).and_modify(|link| link.written.sale_price = Some(Some(sale)));
            }
        }
        Ok(())
    }

    /// What is known of one product in the shop.
    pub(crate) fn in_shop(&self, id: ShopId) -> Option<&ShopProduct> {
        self.shop.product(id)
    }

    /// What is known of an image by its address.
    pub(crate) fn image(&self, url: &str) -> Option<&KnownImage> {
        self.shop.images.get(url)
    }

    /// Takes in a product that the shop says has this number, although it was not found by it.
    pub(crate) fn found_after_all(&mut self, number: &str, product: ShopProduct) {
        if let Some(number) = MatchNumber::of(number) {
            let found = self.shop.by_number.entry(number).or_default();
            if !found.iter().any(|other| other.id == product.id) {
                found.push(product);
            }
        }
    }

    /// Takes in stock that was just read again.
    pub(crate) fn restock(&mut self, fresh: &BTreeMap<ProductId, Stock>) {
        for (id, stock) in fresh {
            if let Some(available) = self.available.get_mut(id) {
                *available = *stock;
            }
        }
        self.hold(None);
    }

    /// What Loomis Pay has available of a product, as the survey has it.
    pub(crate) fn stock_of(&self, id: ProductId) -> Stock {
        self.available.get(&id).copied().unwrap_or(Stock::Unknown)
    }

    /// Takes off what web orders hold, or what they hold now: a sale that Loomis Pay doesn't know of is not undone.
    pub(crate) fn hold(&mut self, now: Option<Held>) {
        self.held = now.unwrap_or_else(|| std::mem::take(&mut self.held));
        for candidate in &mut self.candidates {
            let id = candidate.product.id;
            let available = self.available.get(&id).copied().unwrap_or(Stock::Unknown);
            let shop = self.shop.found(&candidate.product, self.links.get(&id)).map(|found| found.id);
            let held = shop.and_then(|shop| self.held.get(&shop)).copied().unwrap_or_default();
            candidate.stock = match available {
                // What is held beyond what there is leaves nothing.
                Stock::Available(amount) if amount >= Decimal::ZERO => {
                    Stock::Available((amount - held).max(Decimal::ZERO))
                }
                other => other,
            };
        }
    }

    /// Which of these products web orders hold more or less of now.
    pub(crate) fn touched(&self, ids: &[ProductId], now: &Held) -> Vec<ProductId> {
        let of = |id: &&ProductId| {
            let product = self.candidates.iter().find(|one| one.product.id == **id);
            let shop = product.and_then(|one| self.shop.found(&one.product, self.links.get(*id)));
            shop.is_some_and(|shop| self.held.get(&shop.id) != now.get(&shop.id))
        };
        ids.iter().filter(of).copied().collect()
    }

    /// The products that were asked about and are left in.
    pub(crate) fn products(&self) -> impl Iterator<Item = ProductId> {
        self.asked.iter().copied()
    }
}
