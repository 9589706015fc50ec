//! Applying: looks at both sides again, plans, writes to the shop, and records. It makes no choices of its own.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::PoisonError,
};

use futures_util::{StreamExt, TryStreamExt, lock::Mutex, stream};
use retail::{
    change::{Act, Change, FieldChange, Kind, Line, Remark, StockTarget},
    fate::Fate,
    office::ProductId,
    plan::Plan,
    settings::ProductSettings,
    stock::{Stock, must_agree, quantity},
};
use woocommerce::{Draft, ItemDone, ItemError, NewProduct, ProductChange, ProductWrite, StockWrite};

use crate::{
    Engine, Error,
    pair::Pair,
    record::{self, Outcome},
    rows::{due::Extent, lease::Lease, runs::Counts, sending},
    survey::{Leave, Survey, survey},
};

/// How often a record is looked at again because the shop knew more than it showed.
const LOOKS: u32 = 3;

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
        Work { engine, pair, lease: Mutex::new(lease), leave, run, again: Default::default() }
    }

    fn look_later(&self, ids: impl IntoIterator<Item = ProductId>) {
        self.again.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }
}

impl Work<'_> {
    /// Brings these products over. Every one of them is linked, refused or waits afterwards, or an error says why not.
    pub(crate) async fn apply(&self, ids: &[ProductId]) -> Result<Applied, Error> {
        let mut survey = survey(self.engine, self.pair, ids, self.leave).await?;
        self.read_stock_again(&mut survey).await?;
        let plan = survey.plan(self.settings(), self.leave);
        let mut counts = self.settle(&plan, &survey).await?;
        let groups: Vec<Group> = plan
            .changes
            .chunks(self.engine.limits.write_size)
            .map(|changes| Group {
                ids: changes.iter().map(|change| change.product).collect(),
                looks: 0,
                failure: None,
            })
            .collect();
        let survey = &survey;
        let done: Vec<Counts> = stream::iter(groups)
            .map(|group| self.work_off(group, survey))
            .buffer_unordered(self.engine.limits.writes_at_once)
            .try_collect()
            .await?;
        done.into_iter().for_each(|one| counts += one);
        let again = std::mem::take(&mut *self.again.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Applied { counts, again })
    }

    fn settings(&self) -> &ProductSettings {
        &self.pair.department.settings.products
    }

    /// Records what needs no write to the shop: refusals, silence, and links that are all there is to do.
    pub(crate) async fn settle(&self, plan: &Plan, survey: &Survey) -> Result<Counts, Error> {
        let mut outcomes = record::untouched(plan, |id| survey.known(id));
        for change in plan.changes.iter().filter(|change| !change.writes()) {
            if let Act::Update { shop, .. } = change.act {
                let known = survey.known(change.product);
                outcomes.push(Outcome::done(change, shop, survey.in_shop(shop), known));
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
        Ok(record::sum(&outcomes))
    }

    /// Only stock is read again right before it is written. A batch in which too much would fall to zero at once keeps
    /// what it has: one reading is not enough for that.
    async fn read_stock_again(&self, survey: &mut Survey) -> Result<(), Error> {
        let plan = survey.plan(self.settings(), self.leave);
        let ids: Vec<ProductId> =
            plan.changes.iter().filter(|change| writes_stock(change)).map(|change| change.product).collect();
        if ids.is_empty() {
            return Ok(());
        }
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

    /// Writes a group, in one request if that will do. A group that fails as a whole is looked at again and halved, until
    /// the one bad record stands alone and is refused.
    async fn work_off(&self, group: Group, first: &Survey) -> Result<Counts, Error> {
        let (mut groups, mut counts) = (VecDeque::from([group]), Counts::default());
        while let Some(group) = groups.pop_front() {
            self.engine.go_on()?;
            let again;
            let survey = if group.looks == 0 {
                first
            } else {
                again = self.look_again(&group).await?;
                &again
            };
            let mut plan = survey.plan(self.settings(), self.leave);
            plan.changes.retain(|change| group.ids.contains(&change.product));
            if group.looks > 0 {
                counts += self.settle(&plan, survey).await?;
            }
            plan.changes.retain(Change::writes);
            let whole = self.write(&plan.changes, survey, &group, &mut counts).await?;
            groups.extend(whole.into_iter().rev());
        }
        Ok(counts)
    }

    async fn look_again(&self, group: &Group) -> Result<Survey, Error> {
        let mut survey = survey(self.engine, self.pair, &group.ids, self.leave).await?;
        self.read_stock_again(&mut survey).await?;
        Ok(survey)
    }

    /// One request. Gives back what is to be tried again: halves of a group that failed, or records to look at anew.
    async fn write(
        &self,
        changes: &[Change],
        survey: &Survey,
        group: &Group,
        counts: &mut Counts,
    ) -> Result<Vec<Group>, Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.note_sales(changes).await?;
        let items: Vec<ProductWrite> = changes.iter().map(item).collect();
        let answers = match self.pair.shop.write_products(&items).await {
            Ok(answers) => answers,
            Err(error) if error.splits() => return self.split(changes, survey, group, &error, counts).await,
            Err(error) => return Err(error.into()),
        };
        let (mut outcomes, mut anew, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for (change, answer) in changes.iter().zip(answers) {
            let known = survey.known(change.product);
            match answer {
                Ok(ItemDone { id, product }) => {
                    let mut outcome = Outcome::done(change, id, survey.in_shop(id), known);
                    if let Some(note) = dropped_sale(change, product.sale_price.is_none()) {
                        outcome = outcome.with_note(&note);
                    }
                    outcomes.push(outcome);
                }
                Err(error) if error.existing.is_some() && group.looks < LOOKS => {
                    anew.push((change, error));
                }
                Err(error) if error.barcode_taken => match without_barcode(change) {
                    Some(change) => bare.push(change),
                    None => outcomes.push(Outcome::failed(change, error.trouble().reason, false, known)),
                },
                Err(error) => {
                    let trouble = error.trouble();
                    let waits = trouble.fate == Fate::Retry;
                    self.look_later(waits.then_some(change.product));
                    outcomes.push(Outcome::failed(
                        change,
                        format!("the shop refuses it: {}", trouble.reason),
                        waits,
                        known,
                    ));
                }
            }
        }
        *counts += self.record(&outcomes).await?;
        let mut again = Box::pin(self.write(&bare, survey, group, counts)).await?;
        again.extend(self.adopt_anew(anew, survey, group, counts).await?);
        Ok(again)
    }

    /// What is to be known even if the answer is lost.
    async fn note_sales(&self, changes: &[Change]) -> Result<(), Error> {
        let sales: Vec<_> =
            changes.iter().filter_map(|change| Some((change.product, change.sale_price()?))).collect();
        let mut lease = self.lease.lock().await;
        lease.keep(self.engine).await?;
        sending::note(self.engine, &lease, &self.pair.links, &sales).await
    }

    /// A create that met an SKU which exists already: the answer of an earlier one was lost, or the list did not show it.
    async fn adopt_anew(
        &self,
        anew: Vec<(&Change, ItemError)>,
        survey: &Survey,
        group: &Group,
        counts: &mut Counts,
    ) -> Result<Vec<Group>, Error> {
        let mut again = Vec::new();
        for (change, error) in anew {
            let Some(existing) = error.existing else { continue };
            let known = survey.known(change.product);
            let product = self.pair.shop.product(existing).await?;
            let Some(product) = product.filter(|product| product.status != "trash") else {
                let reason = format!(
                    "the shop's product {existing} has this SKU and can't be read: {}",
                    error.trouble()
                );
                *counts += self.record(&[Outcome::failed(change, reason, false, known)]).await?;
                continue;
            };
            let mut alone = survey_of(self, change.product).await?;
            alone.found_after_all(&change.number, product);
            alone.own_up(self.engine, self.pair).await?;
            let mut plan = alone.plan(self.settings(), self.leave);
            *counts += self.settle(&plan, &alone).await?;
            plan.changes.retain(|change| change.writes() && matches!(change.act, Act::Update { .. }));
            if !plan.changes.is_empty() {
                let looks = group.looks + 1;
                let one = Group { ids: vec![change.product], looks, failure: None };
                again.extend(Box::pin(self.write(&plan.changes, &alone, &one, counts)).await?);
            }
        }
        Ok(again)
    }

    /// The group failed as a whole, perhaps after the shop had begun: halves of it are looked at again. One record alone
    /// is refused if the shop takes writes otherwise.
    async fn split(
        &self,
        changes: &[Change],
        survey: &Survey,
        group: &Group,
        error: &woocommerce::Error,
        counts: &mut Counts,
    ) -> Result<Vec<Group>, Error> {
        let reason = error.trouble().reason;
        tracing::warn!(products = changes.len(), reason, "a write to the shop failed as a whole");
        if changes.len() > 1 {
            let ids: Vec<ProductId> = changes.iter().map(|change| change.product).collect();
            let (left, right) = ids.split_at(ids.len() / 2);
            let half =
                |ids: &[ProductId]| Group { ids: ids.to_vec(), looks: 1, failure: Some(reason.clone()) };
            return Ok(vec![half(left), half(right)]);
        }
        // Does the shop take writes at all? If not, the trouble is not this record's.
        self.pair.shop.can_write().await?;
        if group.failure.is_none() || group.looks < LOOKS {
            let looks = group.looks + 1;
            return Ok(vec![Group { ids: vec![changes[0].product], looks, failure: Some(reason) }]);
        }
        let known = survey.known(changes[0].product);
        let reason = format!("the shop fails on this product, and takes others: {reason}");
        *counts += self.record(&[Outcome::failed(&changes[0], reason, false, known)]).await?;
        Ok(Vec::new())
    }
}

async fn survey_of(work: &Work<'_>, product: ProductId) -> Result<Survey, Error> {
    survey(work.engine, work.pair, &[product], work.leave).await
}

fn writes_stock(change: &Change) -> bool {
    match &change.act {
        Act::Create(new) => matches!(new.stock, Some(StockTarget::Managed(_))),
        Act::Update { fields, .. } => {
            fields.iter().any(|field| matches!(field, FieldChange::Stock { to: StockTarget::Managed(_), .. }))
        }
    }
}

/// The same creation without its barcode, which another product of the shop has.
fn without_barcode(change: &Change) -> Option<Change> {
    let mut bare = change.clone();
    let Act::Create(new) = &mut bare.act else { return None };
    let barcode = new.gtin.take()?;
    let text = format!("barcode left out: another product of the shop has {barcode}");
    bare.remarks.push(Remark { kind: Kind::Create, text });
    Some(bare)
}

/// The shop drops a sale price that is not below the regular one, and says nothing.
fn dropped_sale(change: &Change, without: bool) -> Option<Line> {
    let line = change.lines().into_iter().find(|line| line.kind == Kind::SalePrice && !line.to.is_empty())?;
    without.then_some(line)
}

fn item(change: &Change) -> ProductWrite {
    let stock = |target: StockTarget| match target {
        StockTarget::Managed(quantity) => StockWrite::Managed(quantity),
        StockTarget::Unmanaged => StockWrite::Unmanaged,
    };
    match &change.act {
        Act::Create(new) => ProductWrite::Create(NewProduct {
            name: new.name.clone(),
            sku: new.sku.clone(),
            regular_price: new.regular_price,
            sale_price: new.sale_price,
            description: new.description.clone(),
            tax_class: new.tax_class.clone(),
            stock: new.stock.map(stock),
            gtin: new.gtin.clone(),
            ..NewProduct::default()
        }),
        Act::Update { shop, fields, .. } => {
            let mut change = ProductChange::default();
            for field in fields {
                match field {
                    FieldChange::Name { to, .. } => change.name = Some(to.clone()),
                    FieldChange::RegularPrice { to, .. } => change.regular_price = Some(*to),
                    FieldChange::SalePrice { to, .. } => change.sale_price = Some(*to),
                    FieldChange::Stock { to, .. } => change.stock = Some(stock(*to)),
                    FieldChange::Draft { .. } => change.status = Some(Draft),
                }
            }
            ProductWrite::Update { id: *shop, change }
        }
    }
}
