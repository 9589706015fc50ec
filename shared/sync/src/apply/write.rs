//! Writing: one request a group, halved where it fails as a whole.

use std::collections::VecDeque;

use retail::{
    change::{Act, Change, Kind, Line, Remark},
    fate::Fate,
    office::ProductId,
};
use woocommerce::{ItemDone, ItemError, ProductWrite, VariationWrite};

use super::{Group, Work, item};
use crate::{
    Error,
    record::Outcome,
    rows::{runs::Counts, sending},
    survey::{Survey, survey},
};

/// How often a record is looked at again because the shop knew more than it showed.
const LOOKS: u32 = 3;

impl Work<'_> {
    /// Writes a group, in one request if that will do. A group that fails as a whole is looked at again and halved, until
    /// the one bad record stands alone and is refused.
    pub(super) async fn work_off(&self, group: Group, first: &Survey) -> Result<Counts, Error> {
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
            let changes: Vec<Change> =
                plan.changes.into_iter().map(Change::without_images).filter(Change::writes).collect();
            let whole = self.write(&changes, survey, &group, &mut counts).await?;
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
        let mut changes = changes.to_vec();
        let groups = self.categories_of(&mut changes).await?;
        let sent = match group.under {
            None => {
                let items: Vec<ProductWrite> =
                    changes.iter().map(|one| item::product(one, &groups)).collect();
                self.pair.shop.write_products(&items).await
            }
            Some(parent) => {
                let items: Vec<VariationWrite> = changes.iter().map(item::variation).collect();
                self.pair.shop.write_variations(parent, &items).await
            }
        };
        let changes = changes.as_slice();
        let answers = match sent {
            Ok(answers) => answers,
            Err(error) if error.splits() => return self.split(changes, survey, group, &error, counts).await,
            Err(error) => return Err(error.into()),
        };
        let (mut outcomes, mut anew, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for (change, answer) in changes.iter().zip(answers) {
            let known = survey.known(change.product);
            match answer {
                Ok(ItemDone { id, product }) => {
                    let existing = survey.in_shop(id);
                    let mut outcome = Outcome::done(change, existing, Some(&product), id, known);
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
            plan.changes.retain(|one| one.product == change.product);
            *counts += self.settle(&plan, &alone).await?;
            let changes = plan.changes.into_iter().map(Change::without_images);
            let changes: Vec<Change> = changes
                .filter(|change| change.writes() && matches!(change.act, Act::Update { .. }))
                .collect();
            if !changes.is_empty() {
                let looks = group.looks + 1;
                let one = Group { ids: vec![change.product], under: group.under, looks, failure: None };
                again.extend(Box::pin(self.write(&changes, &alone, &one, counts)).await?);
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
            let half = |ids: &[ProductId]| Group {
                ids: ids.to_vec(),
                under: group.under,
                looks: 1,
                failure: Some(reason.clone()),
            };
            return Ok(vec![half(left), half(right)]);
        }
        // Does the shop take writes at all? If not, the trouble is not this record's.
        self.pair.shop.can_write().await?;
        if group.failure.is_none() || group.looks < LOOKS {
            let looks = group.looks + 1;
            let ids = vec![changes[0].product];
            return Ok(vec![Group { ids, under: group.under, looks, failure: Some(reason) }]);
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
