//! Applying: looks at both sides again, plans, writes to the shop, and records. It makes no choices of its own.

mod groups;
mod images;
mod item;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

use futures_util::{StreamExt, TryStreamExt, lock::Mutex, stream};
use retail::{
    change::{Act, Change, FieldChange, StockTarget, Under},
    office::ProductId,
    plan::Plan,
    settings::ProductSettings,
    shop::ShopId,
    stock::{Stock, must_agree, quantity},
};

use crate::{
    Engine, Error, orders,
    pair::Pair,
    record::{self, Outcome},
    rows::{due::Extent, lease::Lease, runs::Counts},
    survey::{Leave, Survey, survey},
};

/// How often what web orders touched is written again at once.
const ROUNDS: u32 = 3;

/// What is being applied.
pub(crate) struct Work<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) pair: &'a Pair,
    /// The department's right to write to the shop.
    pub(crate) lease: Mutex<Lease>,
    pub(crate) leave: Leave,
    /// The run, for the log.
    pub(crate) run: Option<&'a str>,
    /// Products that are to be looked at again by themselves.
    again: std::sync::Mutex<BTreeSet<ProductId>>,
    /// The shop's categories, once they were asked for.
    categories: Mutex<Option<groups::Tree>>,
}

impl Group {
    fn of(changes: &[Change], under: Option<ShopId>) -> Group {
        Group { ids: changes.iter().map(product).collect(), under, looks: 0, failure: None }
    }
}

fn product(change: &Change) -> ProductId {
    change.product
}

/// Whether images go over with it, now or once it is made.
fn has_images(change: &Change) -> bool {
    match &change.act {
        Act::Create(new) => !new.images.is_empty(),
        Act::Update { .. } => change.images().is_some(),
    }
}

/// What applying came to.
pub(crate) struct Applied {
    pub(crate) counts: Counts,
    /// Products that are to be looked at again by themselves: the shop failed on them, or Loomis Pay said nothing of them.
    pub(crate) again: BTreeSet<ProductId>,
}

/// Products to write in one request.
struct Group {
    ids: Vec<ProductId>,
    /// The product that they are variations of.
    under: Option<ShopId>,
    /// How often they were looked at before.
    looks: u32,
    /// What was refused as a whole, if this group is part of it.
    failure: Option<String>,
}

impl<'a> Work<'a> {
    /// Work for a pair, under this lease.
    pub(crate) fn new(
        engine: &'a Engine,
        pair: &'a Pair,
        lease: Lease,
        leave: Leave,
        run: Option<&'a str>,
    ) -> Work<'a> {
        Work {
            engine,
            pair,
            lease: Mutex::new(lease),
            leave,
            run,
            again: Default::default(),
            categories: Mutex::default(),
        }
    }

    fn look_later(&self, ids: impl IntoIterator<Item = ProductId>) {
        self.again.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }
}

impl Work<'_> {
    /// Brings these products over: products first, then variations under their parents, then images. Every one of them is
    /// linked, refused or waits afterwards, or an error says why not.
    pub(crate) async fn apply(&self, ids: &[ProductId]) -> Result<Applied, Error> {
        let (counts, mut touched) = self.apply_once(ids).await?;
        // Web orders came in beside the write: what it undid is put right at once.
        for _ in 1..ROUNDS {
            if touched.is_empty() {
                break;
            }
            touched = self.apply_once(&touched).await?.1;
        }
        self.look_later(touched);
        let again = std::mem::take(&mut *self.again.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Applied { counts, again })
    }

    /// One round. Tells which products web orders touched meanwhile.
    async fn apply_once(&self, ids: &[ProductId]) -> Result<(Counts, Vec<ProductId>), Error> {
        // Web orders first, then the shop's stock, whether it is written in the end or not.
        orders::held::now(self.engine, self.pair, &self.lease).await?;
        let mut survey = survey(self.engine, self.pair, ids, self.leave).await?;
        self.read_stock_again(&mut survey).await?;
        let plan = survey.plan(self.settings(), self.leave);
        let mut counts = self.settle(&plan, &survey).await?;
        let mut pictured: Vec<ProductId> =
            plan.changes.iter().filter(|one| has_images(one)).map(product).collect();
        let written: Vec<Change> =
            plan.changes.into_iter().map(Change::without_images).filter(Change::writes).collect();
        let (variations, products): (Vec<Change>, Vec<Change>) =
            written.into_iter().partition(|change| change.under().is_some());
        let groups = products.chunks(self.engine.limits.write_size).map(|some| Group::of(some, None));
        counts += self.work_off_all(groups.collect(), &survey).await?;
        // What a new parent's variations belong to is known only now.
        let unsettled = !products.is_empty() && variations.iter().any(Change::needs_its_parent);
        counts += match unsettled {
            false => self.write_variations(&variations, &survey).await?,
            true => {
                let ids: Vec<ProductId> = variations.iter().map(product).collect();
                let mut again = crate::survey::survey(self.engine, self.pair, &ids, self.leave).await?;
                self.read_stock_again(&mut again).await?;
                let mut plan = again.plan(self.settings(), self.leave);
                plan.changes.retain(|change| ids.contains(&change.product));
                let counts = self.settle(&plan, &again).await?;
                pictured.extend(plan.changes.iter().filter(|one| has_images(one)).map(product));
                let written: Vec<Change> =
                    plan.changes.into_iter().map(Change::without_images).filter(Change::writes).collect();
                let mut all = self.write_variations(&written, &again).await?;
                all += counts;
                all
            }
        };
        let changed: BTreeSet<ProductId> = products.iter().chain(&variations).map(product).collect();
        counts += self.attach_images(&pictured, &changed).await?;
        let touched = self.touched_meanwhile(&survey, ids).await?;
        Ok((counts, touched))
    }

    /// Asks for the web orders again after stock was compared and written. `orders/held.rs` says why.
    async fn touched_meanwhile(&self, survey: &Survey, ids: &[ProductId]) -> Result<Vec<ProductId>, Error> {
        let settings = &self.pair.department.settings;
        if !settings.products.inventory || settings.orders.is_none() {
            return Ok(Vec::new());
        }
        let now = orders::held::now(self.engine, self.pair, &self.lease).await?;
        Ok(survey.touched(ids, &now))
    }

    async fn work_off_all(&self, groups: Vec<Group>, survey: &Survey) -> Result<Counts, Error> {
        let done: Vec<Counts> = stream::iter(groups)
            .map(|group| self.work_off(group, survey))
            .buffer_unordered(self.engine.limits.writes_at_once)
            .try_collect()
            .await?;
        let mut counts = Counts::default();
        done.into_iter().for_each(|one| counts += one);
        Ok(counts)
    }

    /// Writes variations, those of one parent together. Those whose parent could not be made wait for it.
    async fn write_variations(&self, changes: &[Change], survey: &Survey) -> Result<Counts, Error> {
        let mut families: BTreeMap<ShopId, Vec<Change>> = BTreeMap::new();
        let mut orphans = Vec::new();
        for change in changes {
            match change.under() {
                Some(Under::Shop(parent)) => families.entry(parent).or_default().push(change.clone()),
                _ => {
                    let reason = "its parent is not in the shop yet".to_owned();
                    orphans.push(Outcome::failed(change, reason, true, survey.known(change.product)));
                }
            }
        }
        let mut counts = self.record(&orphans).await?;
        let size = self.engine.limits.write_size;
        let groups = families.iter().flat_map(|(parent, changes)| {
            changes.chunks(size).map(|some| Group::of(some, Some(*parent))).collect::<Vec<_>>()
        });
        counts += self.work_off_all(groups.collect(), survey).await?;
        Ok(counts)
    }

    fn settings(&self) -> &ProductSettings {
        &self.pair.department.settings.products
    }

    /// Records what needs no write to the shop: refusals, silence, and links that are all there is to do.
    pub(crate) async fn settle(&self, plan: &Plan, survey: &Survey) -> Result<Counts, Error> {
        let mut outcomes = record::untouched(plan, |id| survey.known(id));
        // A link is all there is to do, but for images perhaps, which come last.
        let links = plan.changes.iter().cloned().map(Change::without_images);
        for change in links.filter(|change| !change.writes()) {
            if let Act::Update { shop, adopt: true, .. } = change.act {
                let known = survey.known(change.product);
                outcomes.push(Outcome::done(&change, survey.in_shop(shop), None, shop, known));
            }
        }
        self.record(&outcomes).await
    }

    async fn record(&self, outcomes: &[Outcome]) -> Result<Counts, Error> {
        let outcomes: Vec<Outcome> = match self.leave.extent {
            Extent::Whole => outcomes.to_vec(),
            Extent::Stock => outcomes.iter().cloned().map(Outcome::of_stock_alone).collect(),
        };
        let mut lease = self.lease.lock().await;
        lease.keep(self.engine).await?;
        record::record(self.engine, self.pair, &lease, self.run, &outcomes).await?;
        let counts = record::sum(&outcomes);
        self.engine.figures.add_counts(&self.pair.department.settings.id, &counts);
        Ok(counts)
    }

    /// Only stock is read again right before it is written. A batch in which too much would fall to zero at once keeps
    /// what it has: one reading is not enough for that.
    async fn read_stock_again(&self, survey: &mut Survey) -> Result<(), Error> {
        let mut ids = self.writes_stock_of(survey);
        if ids.is_empty() {
            return Ok(());
        }
        // Web orders first: a sale is then either in what Loomis Pay has available, or held.
        survey.hold(Some(orders::held::now(self.engine, self.pair, &self.lease).await?));
        // What is held no more joins them: nothing is written of what the list said a while ago.
        ids.extend(self.writes_stock_of(survey));
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let token = self.pair.department.token.clone();
        let mut fresh: BTreeMap<ProductId, Stock> = ids.iter().map(|id| (*id, Stock::Unknown)).collect();
        for ids in ids.chunks(100) {
            let page = self.pair.office.stock(&token, 0, ids).await?;
            fresh.extend(
                page.rows
                    .iter()
                    .map(|line| (line.id, line.available.map_or(Stock::Unknown, Stock::Available))),
            );
        }
        let stocked =
            |stock: Stock| matches!(stock, Stock::Available(n) if quantity(n).is_some_and(|(n, _)| n > 0));
        // One reading names a product and the next doesn't: a third one decides.
        let silent = fresh.iter().filter(|(_, stock)| **stock == Stock::Unknown).map(|(id, _)| *id);
        self.look_later(silent.filter(|id| survey.stock_of(*id) != Stock::Unknown));
        // What is written now is not what the list said. Should it come back to that, the next reading would see no change.
        let moved = |(id, stock): &(&ProductId, &Stock)| match (survey.stock_of(**id), stock) {
            (Stock::Available(listed), Stock::Available(fresh)) => listed != *fresh,
            _ => false,
        };
        self.look_later(fresh.iter().filter(moved).map(|(id, _)| *id));
        let (mut stood, mut fell) = (0, Vec::new());
        for (id, stock) in &fresh {
            if stocked(survey.stock_of(*id)) {
                stood += 1;
                if !stocked(*stock) && *stock != Stock::Unknown {
                    fell.push(*id);
                }
            }
        }
        if must_agree(stood, fell.len() as u64) {
            fresh.extend(fell.into_iter().map(|id| (id, Stock::Held)));
        }
        survey.restock(&fresh);
        Ok(())
    }

    /// The products whose stock would be written.
    fn writes_stock_of(&self, survey: &Survey) -> BTreeSet<ProductId> {
        let plan = survey.plan(self.settings(), self.leave);
        plan.changes.iter().filter(|change| writes_stock(change)).map(product).collect()
    }
}

fn writes_stock(change: &Change) -> bool {
    match &change.act {
        Act::Create(new) => matches!(new.stock, Some(StockTarget::Managed(_))),
        Act::Update { fields, .. } => {
            fields.iter().any(|field| matches!(field, FieldChange::Stock { to: StockTarget::Managed(_), .. }))
        }
    }
}
