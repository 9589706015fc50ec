//! Runs: total syncs and sweeps, with their batches. Counters are derived from rows, a row a batch, so that a redelivery
//! counts once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use retail::office::ProductId;
use serde::{Deserialize, Serialize};

use super::{body, item};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Item, Key, LedgerError, Range, Write},
};

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id: the time it was asked for, and chance.
    pub id: String,
    /// Whose.
    pub department: String,
    /// Why.
    pub kind: RunKind,
    /// When it was asked for. The readings that it rests on began no earlier.
    pub asked: Timestamp,
    /// How far it is.
    pub stage: Stage,
    /// The last product that was looked at while forming batches.
    pub after: Option<ProductId>,
    /// Products to change that don't fill a batch yet.
    #[serde(default)]
    pub(crate) pending: Vec<ProductId>,
    /// Products taken off the web shop, to become drafts, that don't fill a batch yet.
    #[serde(default)]
    pub(crate) pending_drafts: Vec<ProductId>,
    /// Batches formed so far.
    pub batches: u32,
    /// Of those, batches of drafts, which wait until all are counted.
    pub(crate) draft_batches: u32,
    /// Drafts in them.
    pub drafts: u64,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What a person should know about how it ended, or what it waits for.
    pub remark: Option<String>,
}

/// Why there is a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// A person asked for it.
    Synchronize,
    /// The nightly sweep.
    Sweep,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Loomis Pay's catalogue and stock are read into the mirror.
    Reading,
    /// Every product is looked at, and those to change form batches.
    Forming,
    /// The batches are applied.
    Applying,
    /// All batches are done.
    Done,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Products looked at.
    pub seen: u64,
    /// Of those, products that needed nothing.
    pub unchanged: u64,
    /// Products made.
    pub created: u64,
    /// Products written to.
    pub updated: u64,
    /// Products found in the shop and linked.
    pub linked: u64,
    /// Records refused.
    pub refused: u64,
    /// Records that wait.
    pub waiting: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.seen += other.seen;
        self.unchanged += other.unchanged;
        self.created += other.created;
        self.updated += other.updated;
        self.linked += other.linked;
        self.refused += other.refused;
        self.waiting += other.waiting;
    }
}

/// A batch of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) ids: Vec<ProductId>,
    pub(crate) state: BatchState,
    /// The batch makes drafts of products that were taken off.
    #[serde(default)]
    pub(crate) drafts: bool,
    /// What its records came to, once it is done.
    #[serde(default)]
    pub(crate) counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchState {
    /// To be applied.
    Ready,
    /// Until all drafts are counted, or a person lets them go.
    Held,
    /// Applied: every record of it is linked, refused or waits.
    Done,
}

#[derive(Serialize, Deserialize)]
struct Active {
    run: String,
}

fn run_key(department: &str, run: &str) -> Key {
    Key::new(format!("D#{department}"), format!("run#{run}"))
}

fn active_key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "active")
}

pub(crate) fn batch_key(run: &str, number: u32) -> Key {
    Key::new(format!("R#{run}"), format!("b#{number:08}"))
}

/// A run that is under way stands in the index, so that a schedule finds it again.
const UNDER_WAY: &str = "runs";

impl Run {
    /// The run as a write.
    pub(crate) fn put(&self, condition: Condition) -> Result<Write, Error> {
        let mut put = item(run_key(&self.department, &self.id), self)?;
        put.index = (self.stage != Stage::Done)
            .then(|| IndexKey { partition: UNDER_WAY.to_owned(), sort: self.asked.to_string() });
        Ok(Write::Put { item: put, condition })
    }
}

/// Begins a run, or joins the one that is under way; a sweep that a person joins is the person's from then on.
pub(crate) async fn begin(engine: &Engine, department: &str, kind: RunKind) -> Result<Run, Error> {
    loop {
        if let Some(mut run) = active(engine, department).await? {
            if kind == RunKind::Synchronize && run.kind == RunKind::Sweep {
                let Some((found, version)) = get(engine, department, &run.id).await? else { continue };
                run = Run { kind, ..found };
                match engine.ledger.write(vec![run.put(Condition::Version(version))?]).await {
                    Err(LedgerError::Conflict) => continue,
                    other => other?,
                }
            }
            return Ok(run);
        }
        let asked = engine.now();
        let run = Run {
            id: format!("{}-{:08x}", asked.strftime("%Y%m%dT%H%M%SZ"), engine.world.chance.next() as u32),
            department: department.to_owned(),
            kind,
            asked,
            stage: Stage::Reading,
            after: None,
            pending: Vec::new(),
            pending_drafts: Vec::new(),
            batches: 0,
            draft_batches: 0,
            drafts: 0,
            ended: None,
            remark: None,
        };
        let active = item(active_key(department), &Active { run: run.id.clone() })?;
        let writes =
            vec![run.put(Condition::Absent)?, Write::Put { item: active, condition: Condition::Absent }];
        match engine.ledger.write(writes).await {
            Err(LedgerError::Conflict) => continue,
            other => other?,
        }
        return Ok(run);
    }
}

/// The run that is under way.
pub(crate) async fn active(engine: &Engine, department: &str) -> Result<Option<Run>, Error> {
    let Some(active) = engine.ledger.get(&active_key(department)).await? else { return Ok(None) };
    let Active { run } = body(&active)?;
    Ok(get(engine, department, &run).await?.map(|(run, _)| run))
}

/// Whether a run is under way that has yet to look at every product: what changes until then need not be due besides.
pub(crate) async fn will_look(engine: &Engine, department: &str) -> Result<bool, Error> {
    Ok(active(engine, department).await?.is_some_and(|run| run.stage == Stage::Reading))
}

/// A run and its item's version.
pub(crate) async fn get(engine: &Engine, department: &str, run: &str) -> Result<Option<(Run, u64)>, Error> {
    let found = engine.ledger.get(&run_key(department, run)).await?;
    found.map(|found| Ok((body(&found)?, found.version))).transpose()
}

/// The writes that end a run: it is no longer the one under way.
pub(crate) fn end(run: &Run, condition: Condition) -> Result<Vec<Write>, Error> {
    let active = Write::Remove { key: active_key(&run.department), condition: Condition::Always };
    Ok(vec![run.put(condition)?, active])
}

/// The last run of a department, ended or not.
pub(crate) async fn last(engine: &Engine, department: &str) -> Result<Option<Run>, Error> {
    let range = Range { backwards: true, ..Range::prefix("run#") };
    let page = engine.ledger.page(&format!("D#{department}"), range, 1).await?;
    page.items.first().map(body).transpose()
}

/// A page of the runs that are under way, and where to go on. One that can't be read is told of, and hides no other.
pub(crate) async fn under_way(
    engine: &Engine,
    after: Option<String>,
    limit: usize,
) -> Result<(Vec<Run>, Option<String>), Error> {
    let page = engine.ledger.page_by_index(UNDER_WAY, Range::default().after(after), limit).await?;
    let read = |item: &Item| {
        body(item)
            .inspect_err(|error| tracing::error!(row = %item.key.sort, %error, "a run can't be read"))
            .ok()
    };
    Ok((page.items.iter().filter_map(read).collect(), page.next))
}

pub(crate) async fn batch(engine: &Engine, run: &str, number: u32) -> Result<Option<Batch>, Error> {
    engine.ledger.get(&batch_key(run, number)).await?.as_ref().map(body).transpose()
}

pub(crate) fn put_batch(run: &str, number: u32, batch: &Batch) -> Result<Write, Error> {
    Ok(Write::Put { item: item(batch_key(run, number), batch)?, condition: Condition::Always })
}

/// The counted step of forming that ended at `after`.
pub(crate) fn put_step(run: &str, after: ProductId, counts: Counts) -> Result<Write, Error> {
    let key = Key::new(format!("R#{run}"), format!("f#{}", super::padded(after.0)));
    Ok(Write::Put { item: item(key, &counts)?, condition: Condition::Always })
}

/// What a run came to so far, and the batches that are not done.
pub(crate) async fn tally(engine: &Engine, run: &str) -> Result<(Counts, BTreeMap<u32, BatchState>), Error> {
    let (mut counts, mut open, mut after) = (Counts::default(), BTreeMap::new(), None);
    loop {
        let page = engine.ledger.page(&format!("R#{run}"), Range::default().after(after), 200).await?;
        for item in &page.items {
            tally_row(item, &mut counts, &mut open)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok((counts, open));
        }
    }
}

fn tally_row(item: &Item, counts: &mut Counts, open: &mut BTreeMap<u32, BatchState>) -> Result<(), Error> {
    let Some(number) = item.key.sort.strip_prefix("b#") else {
        *counts += body::<Counts>(item)?;
        return Ok(());
    };
    let batch: Batch = body(item)?;
    *counts += batch.counts;
    if batch.state != BatchState::Done {
        open.extend(number.parse().map(|number: u32| (number, batch.state)));
    }
    Ok(())
}
