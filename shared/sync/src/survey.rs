//! Looking at both sides: gathers what the plan needs of some products, and plans.

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use retail::{
    Decimal,
    link::Link,
    number::{MatchNumber, sku},
    office::ProductId,
    plan::{Candidate, Plan, ShopView},
    settings::ProductSettings,
    shop::{ShopId, ShopProduct},
    stock::Stock,
};

use crate::{
    Engine, Error, catalogue,
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

/// What is known of some products on both sides.
pub(crate) struct Survey {
    pub(crate) standings: BTreeMap<ProductId, Standing>,
    candidates: Vec<Candidate>,
    shop: ShopView,
    links: HashMap<ProductId, Link>,
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

/// Gathers what is known of these products. Those that neither stand nor are linked are left out: nothing is ever done
/// about them.
pub(crate) async fn survey(
    engine: &Engine,
    pair: &Pair,
    ids: &[ProductId],
    leave: Leave,
) -> Result<Survey, Error> {
    let client = &pair.client.settings.client_number;
    let department = &pair.department.settings;
    let mut mirrored = mirror::by_id(engine, client, ids).await?;
    let standings = pair.links.by_product(engine, ids).await?;
    let links: HashMap<ProductId, Link> =
        standings.iter().filter_map(|(id, standing)| Some((*id, standing.link.clone()?))).collect();
    mirrored.retain(|id, row| row.stands() || links.contains_key(id));
    let stock = if department.products.inventory {
        stock::of(engine, &department.id, &mirrored.keys().copied().collect::<Vec<_>>()).await?
    } else {
        BTreeMap::new()
    };
    let last = catalogue::state(engine, client).await?.0.complete.map_or(0, |complete| complete.number);
    let candidates =
        candidates(engine, client, &mirrored, &stock, |row| leave.drafts && row.gone_twice(last)).await?;
    let shop = look(engine, pair, &mirrored, &links).await?;
    let mut survey = Survey { standings, candidates, shop, links, ours: BTreeMap::new() };
    survey.own_up(engine, pair).await?;
    Ok(survey)
}

async fn candidates(
    engine: &Engine,
    client: &str,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    stock: &BTreeMap<ProductId, Stock>,
    gone_twice: impl Fn(&Mirrored) -> bool,
) -> Result<Vec<Candidate>, Error> {
    let numbers: BTreeSet<MatchNumber> = mirrored
        .values()
        .filter(|row| row.stands())
        .filter_map(|row| MatchNumber::of(&row.product.number))
        .collect();
    let owners = mirror::by_number(engine, client, numbers).await?;
    let candidate = |(id, row): (&ProductId, &Mirrored)| {
        let owners = MatchNumber::of(&row.product.number).and_then(|number| owners.get(&number));
        let mut product = row.product.clone();
        // The list no longer names it: no more visible than one that says so of itself.
        product.deleted |= row.gone;
        Candidate {
            product,
            stock: stock.get(id).copied().unwrap_or(Stock::Unknown),
            twins: owners.into_iter().flatten().filter(|owner| *owner != id).copied().collect(),
            gone_twice: gone_twice(row),
        }
    };
    Ok(mirrored.iter().map(candidate).collect())
}

/// Asks the shop for the linked products, and for those whose number is not linked yet.
async fn look(
    engine: &Engine,
    pair: &Pair,
    mirrored: &BTreeMap<ProductId, Mirrored>,
    links: &HashMap<ProductId, Link>,
) -> Result<ShopView, Error> {
    let linked: Vec<ShopId> = mirrored.keys().filter_map(|id| links.get(id)).map(|link| link.shop).collect();
    let mut by_id: HashMap<ShopId, Option<ShopProduct>> =
        pair.shop.products_by_id(&linked).await?.into_iter().map(|found| (found.id, Some(found))).collect();
    for id in linked {
        if let Entry::Vacant(missing) = by_id.entry(id) {
            // Lists leave the trash out; only asking for the product itself tells trash from gone.
            missing.insert(pair.shop.product(id).await?);
        }
    }
    let numbers: BTreeSet<String> = mirrored
        .values()
        .filter(|row| row.stands())
        .filter(|row| {
            !links.get(&row.product.id).is_some_and(|link| matches!(by_id.get(&link.shop), Some(Some(_))))
        })
        .filter_map(|row| sku(&row.product.number))
        .collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let found = pair.shop.products_by_sku(&numbers).await?;
    let mut by_number: HashMap<MatchNumber, Vec<ShopProduct>> = HashMap::new();
    for product in found {
        if let Some(number) = MatchNumber::of(&product.sku) {
            by_number.entry(number).or_default().push(product);
        }
    }
    let owners = by_number.values().flatten().map(|product| product.id);
    let linked = pair.links.by_shop(engine, owners).await?;
    Ok(ShopView { profile: pair.profile.clone(), by_id, by_number, linked })
}

impl Survey {
    /// What is to be done about the products.
    pub(crate) fn plan(&self, settings: &ProductSettings, leave: Leave) -> Plan {
        match leave.extent {
            Extent::Whole => retail::plan(settings, &self.candidates, &self.shop, &self.links),
            Extent::Stock => retail::plan::plan_stock(settings, &self.candidates, &self.shop, &self.links),
        }
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
        self.shop
            .by_id
            .get(&id)
            .and_then(Option::as_ref)
            .or_else(|| self.shop.by_number.values().flatten().find(|product| product.id == id))
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
        for candidate in &mut self.candidates {
            if let Some(stock) = fresh.get(&candidate.product.id) {
                candidate.stock = *stock;
            }
        }
    }

    /// The stock of these products, as the survey has it.
    pub(crate) fn stock_of(&self, id: ProductId) -> Stock {
        self.candidates
            .iter()
            .find(|candidate| candidate.product.id == id)
            .map_or(Stock::Unknown, |one| one.stock)
    }

    /// The products that are left in.
    pub(crate) fn products(&self) -> impl Iterator<Item = ProductId> {
        self.candidates.iter().map(|candidate| candidate.product.id)
    }
}
