//! Forming a run's batches: every product is looked at, and those to change gather.

use std::collections::HashMap;

use retail::{
    change::{Act, Change, FieldChange},
    office::ProductId,
};

use super::{Hand, STEP, shop_lease};
use crate::{
    Engine, Error,
    apply::Work,
    families,
    pair::Knowledge,
    ports::Write,
    rows::{
        due::Extent,
        mirror,
        runs::{self, Batch, BatchState, Counts, Run, Stage},
    },
    survey::{Leave, survey},
};

/// Looks at every product of the mirror, a step at a time; those to change form batches. What needs no write is recorded.
pub(super) async fn form(engine: &Engine, hand: &mut Hand) -> Result<(), Error> {
    let id = hand.run.department.clone();
    let lease = shop_lease(engine, &id).await?;
    let pair = engine.pair(&id, Knowledge::Fresh).await?;
    let run = hand.run.id.clone();
    // Drafts are looked for here, and braked below; whether they are made is decided when all are counted.
    let leave = Leave { extent: Extent::Whole, drafts: true };
    let work = Work::new(engine, &pair, lease, leave, Some(&run));
    let formed = form_all(engine, &work, hand).await;
    work.lease.into_inner().release(engine).await?;
    formed
}

async fn form_all(engine: &Engine, work: &Work<'_>, hand: &mut Hand) -> Result<(), Error> {
    let client = work.pair.client.settings.client_number.clone();
    loop {
        engine.go_on()?;
        let (page, last) = mirror::page(engine, &client, hand.run.after, STEP).await?;
        if let Some(end) = page.keys().next_back().copied() {
            let looks = families::looks(engine, &client, &page).await?;
            form_step(engine, work, hand, looks, end).await?;
        }
        if last {
            break;
        }
    }
    let mut writes = Vec::new();
    if !hand.run.pending.is_empty() {
        let ids = std::mem::take(&mut hand.run.pending);
        writes.push(hand.run.add(ids, false)?);
    }
    if !hand.run.pending_drafts.is_empty() {
        let ids = std::mem::take(&mut hand.run.pending_drafts);
        writes.push(hand.run.add(ids, true)?);
    }
    hand.run.stage = Stage::Applying;
    hand.save_with(engine, writes).await
}

async fn form_step(
    engine: &Engine,
    work: &Work<'_>,
    hand: &mut Hand,
    looks: Vec<Vec<Vec<ProductId>>>,
    end: ProductId,
) -> Result<(), Error> {
    let (mut counts, mut writes, mut ready) = (Counts::default(), Vec::new(), Vec::new());
    for look in looks {
        let ids: Vec<ProductId> = look.iter().flatten().copied().collect();
        let survey = survey(engine, work.pair, &ids, work.leave).await?;
        let plan = survey.plan(&work.pair.department.settings.products, work.leave);
        counts += work.settle(&plan, &survey).await?;
        counts.seen += survey.products().count() as u64;
        let changes: HashMap<ProductId, bool> = plan
            .changes
            .iter()
            .filter(|one| one.writes())
            .map(|one| (one.product, drafts_only(one)))
            .collect();
        for unit in look {
            hand.run.take(&unit, &changes, &mut writes, &mut ready)?;
        }
    }
    hand.run.after = Some(end);
    writes.push(runs::put_step(&hand.run.id, end, counts)?);
    hand.save_with(engine, writes).await?;
    hand.run.wake_batches(engine, &ready).await
}

fn drafts_only(change: &Change) -> bool {
    matches!(&change.act, Act::Update { fields, .. } if fields.iter().any(|field| matches!(field, FieldChange::Draft { .. })))
}

impl Run {
    /// Takes what is to change of a unit into a batch: a family stays together, but for one that fills batches by itself.
    fn take(
        &mut self,
        unit: &[ProductId],
        changes: &HashMap<ProductId, bool>,
        writes: &mut Vec<Write>,
        ready: &mut Vec<u32>,
    ) -> Result<(), Error> {
        for some in unit.chunks(STEP) {
            for id in some {
                match changes.get(id) {
                    Some(true) => {
                        self.drafts += 1;
                        self.pending_drafts.push(*id);
                    }
                    Some(false) => self.pending.push(*id),
                    None => {}
                }
            }
            if self.pending.len() >= STEP {
                let ids = std::mem::take(&mut self.pending);
                ready.push(self.batches);
                writes.push(self.add(ids, false)?);
            }
            if self.pending_drafts.len() >= STEP {
                let ids = std::mem::take(&mut self.pending_drafts);
                writes.push(self.add(ids, true)?);
            }
        }
        Ok(())
    }

    /// A new batch, as a write. Drafts wait until all are counted.
    fn add(&mut self, ids: Vec<ProductId>, drafts: bool) -> Result<Write, Error> {
        let state = if drafts { BatchState::Held } else { BatchState::Ready };
        let batch = Batch { ids, state, drafts, counts: Counts::default() };
        let write = runs::put_batch(&self.id, self.batches, &batch)?;
        self.batches += 1;
        self.draft_batches += u32::from(drafts);
        Ok(write)
    }
}
