//! A run: the readings it rests on, then batches of what is to change, then the batches. Each step stands in the ledger
//! before the next begins, so a run goes on wherever it was cut off.

mod flow;
mod form;

use std::time::Duration;

use retail::office::ProductId;

pub(crate) use flow::apply_due;

use crate::{
    Engine, Error,
    apply::Work,
    catalogue::{self, Wanted},
    pair::Knowledge,
    ports::{Condition, Key, LedgerError, Write},
    rows::{
        body,
        due::{self, Extent},
        item,
        lease::Lease,
        log,
        runs::{self, Batch, BatchState, Counts, Run, RunKind, Stage},
        stock,
    },
    survey::Leave,
    wake::Wake,
};

/// Products looked at in one step of forming, and in one batch.
const STEP: usize = 100;
/// How long to wait for a worker that writes to the same shop.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a person's word that many products may become drafts holds.
const WORD: Duration = Duration::from_secs(24 * 3600);

/// The department's right to write to its shop.
pub(crate) async fn shop_lease(engine: &Engine, department: &str) -> Result<Lease, Error> {
    Lease::wait_for(engine, Key::new(format!("D#{department}"), "lease#products"), PATIENCE).await
}

/// Begins a run, or joins the one that is under way, and wakes whoever does the work.
pub(crate) async fn begin(engine: &Engine, department: &str, kind: RunKind) -> Result<Run, Error> {
    let run = runs::begin(engine, department, kind).await?;
    engine.wake(Wake::Run { department: department.to_owned(), run: run.id.clone() }).await?;
    Ok(run)
}

/// Brings a run a stage further, as far as it goes now. Tells whether the shop was spoken to, and answered.
pub(crate) async fn advance(engine: &Engine, department: &str, id: &str) -> Result<bool, Error> {
    let Some((run, version)) = runs::get(engine, department, id).await? else { return Ok(false) };
    let mut hand = Hand { run, version };
    if hand.run.stage != Stage::Done && !is_wanted(engine, &hand.run).await? {
        let (counts, _) = runs::tally(engine, &hand.run.id).await?;
        hand.run.remark = Some("stopped: automatic transfer was switched off".to_owned());
        finish(engine, &mut hand, counts).await?;
        return Ok(false);
    }
    if hand.run.stage == Stage::Reading {
        if !readings_are_in(engine, &hand.run).await? {
            return Ok(false);
        }
        hand.run.stage = Stage::Forming;
        let said = stock::state(engine, department).await?.held;
        hand.run.remark = said.map(|held| format!("stock: {held}"));
        hand.save(engine).await?;
    }
    let forming = hand.run.stage == Stage::Forming;
    if forming {
        form::form(engine, &mut hand).await?;
    }
    if hand.run.stage == Stage::Applying {
        collect(engine, &mut hand).await?;
    }
    Ok(forming)
}

/// A sweep goes on only while changes flow by themselves; what a person asked for goes on whatever the settings are.
async fn is_wanted(engine: &Engine, run: &Run) -> Result<bool, Error> {
    if run.kind == RunKind::Synchronize {
        return Ok(true);
    }
    let settings = engine.department(&run.department).await?.settings;
    Ok(settings.enabled && settings.products.automatic_transfer)
}

/// A run and the version it was read at: whoever else moved it meanwhile wins.
struct Hand {
    run: Run,
    version: u64,
}

impl Hand {
    async fn save(&mut self, engine: &Engine) -> Result<(), Error> {
        self.save_with(engine, Vec::new()).await
    }

    async fn save_with(&mut self, engine: &Engine, mut writes: Vec<Write>) -> Result<(), Error> {
        writes.push(self.run.put(Condition::Version(self.version))?);
        match engine.ledger.write(writes).await {
            Err(LedgerError::Conflict) => Err(Error::Taken),
            other => {
                self.version += 1;
                Ok(other?)
            }
        }
    }
}

/// Whether the catalogue and, where it is synced, the stock were read since the run was asked for. If not, they are wanted.
async fn readings_are_in(engine: &Engine, run: &Run) -> Result<bool, Error> {
    let department = engine.department(&run.department).await?;
    let client = department.settings.client_number;
    let (reading, _) = catalogue::state(engine, &client).await?;
    let catalogue = reading.complete.is_some_and(|complete| complete.began >= run.asked);
    if !catalogue {
        catalogue::want(engine, &client, Wanted::Whole(run.asked)).await?;
        engine.wake(Wake::Catalogue { client: client.clone() }).await?;
    }
    let inventory = department.settings.products.inventory;
    let read = stock::state(engine, &run.department).await?.complete;
    let stock = !inventory || read.is_some_and(|began| began >= run.asked);
    if !stock {
        let asked = Some(run.asked);
        engine.wake(Wake::Stock { client, department: run.department.clone(), asked }).await?;
    }
    Ok(catalogue && stock)
}

impl Run {
    async fn wake_batches(&self, engine: &Engine, batches: &[u32]) -> Result<(), Error> {
        let wake =
            |batch: u32| Wake::Batch { department: self.department.clone(), run: self.id.clone(), batch };
        let wakes = batches.iter().map(|batch| (wake(*batch), engine.world.identity()));
        engine.wake_all(wakes.collect()).await
    }
}

/// Wakes the batches that are left, lets drafts go or holds them, and ends the run when all is done.
async fn collect(engine: &Engine, hand: &mut Hand) -> Result<(), Error> {
    let (counts, open) = runs::tally(engine, &hand.run.id).await?;
    let ready: Vec<u32> =
        open.iter().filter(|(_, state)| **state == BatchState::Ready).map(|(n, _)| *n).collect();
    hand.run.wake_batches(engine, &ready).await?;
    if !ready.is_empty() {
        return Ok(());
    }
    let held: Vec<u32> = open.into_keys().collect();
    if !held.is_empty() {
        if !braked(engine, &hand.run).await? {
            return release(engine, &hand.run, &held).await;
        }
        let text = format!(
            "{} products were taken off the web shop at once: they become drafts when a person says `resume {}` and synchronizes again",
            hand.run.drafts, hand.run.department
        );
        hand.run.remark = Some(text);
    }
    finish(engine, hand, counts).await
}

/// More than 20 products and 5 % of the links at once wait for a person.
async fn braked(engine: &Engine, run: &Run) -> Result<bool, Error> {
    if run.drafts <= 20 {
        return Ok(false);
    }
    let word: Option<Word> =
        engine.ledger.get(&word_key(&run.department)).await?.as_ref().map(body).transpose()?;
    if word.is_some_and(|word| word.until > engine.now()) {
        return Ok(false);
    }
    let pair = engine.pair(&run.department, Knowledge::Recent).await?;
    let links = pair.links.count(engine).await?;
    Ok(run.drafts * 100 > links * 5)
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Word {
    until: jiff::Timestamp,
}

fn word_key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "drafts")
}

/// A person's word that many products may become drafts at once.
pub(crate) async fn allow_drafts(engine: &Engine, department: &str) -> Result<(), Error> {
    let put = item(word_key(department), &Word { until: engine.now() + WORD })?;
    Ok(engine.ledger.write(vec![Write::Put { item: put, condition: Condition::Always }]).await?)
}

async fn release(engine: &Engine, run: &Run, held: &[u32]) -> Result<(), Error> {
    for number in held {
        if let Some(mut batch) = runs::batch(engine, &run.id, *number).await? {
            batch.state = BatchState::Ready;
            engine.ledger.write(vec![runs::put_batch(&run.id, *number, &batch)?]).await?;
        }
    }
    run.wake_batches(engine, held).await
}

async fn finish(engine: &Engine, hand: &mut Hand, counts: Counts) -> Result<(), Error> {
    hand.run.stage = Stage::Done;
    hand.run.ended = Some(engine.now());
    let run = &hand.run;
    let mut text = format!(
        "{} ended: {} looked at, {} created, {} updated, {} linked, {} refused, {} waiting",
        match run.kind {
            RunKind::Synchronize => "synchronize",
            RunKind::Sweep => "sweep",
        },
        counts.seen,
        counts.created,
        counts.updated,
        counts.linked,
        counts.refused,
        counts.waiting
    );
    if let Some(remark) = &run.remark {
        text = format!("{text}; {remark}");
    }
    match engine.ledger.write(runs::end(run, Condition::Version(hand.version))?).await {
        Err(LedgerError::Conflict) => return Err(Error::Taken),
        other => other?,
    }
    log::say(engine, &run.department, Some(&run.id), text).await
}

/// Applies a batch, unless it is done or held; the last one ends the run. Tells whether the shop was spoken to.
pub(crate) async fn apply_batch(
    engine: &Engine,
    department: &str,
    run: &str,
    number: u32,
) -> Result<bool, Error> {
    let ready = async || {
        let batch = runs::batch(engine, run, number).await?;
        Ok::<_, Error>(batch.filter(|batch| batch.state == BatchState::Ready))
    };
    let mut spoke = false;
    if let (Some(_), Some(kind)) = (ready().await?, wanted(engine, department, run).await?) {
        let lease = shop_lease(engine, department).await?;
        // Whoever held the lease before may have done it.
        let Some(batch) = ready().await? else {
            lease.release(engine).await?;
            return Ok(false);
        };
        spoke = true;
        let pair = engine.pair(department, Knowledge::Recent).await?;
        let leave = Leave { extent: Extent::Whole, drafts: batch.drafts };
        let work = Work::new(engine, &pair, lease, leave, Some(run));
        let done = apply_and_count(&work, kind, run, number, batch).await;
        work.lease.into_inner().release(engine).await?;
        done?;
    }
    match runs::get(engine, department, run).await? {
        Some((run, _)) if run.stage == Stage::Applying && number + 1 >= run.batches - run.draft_batches => {
            engine.wake(Wake::Run { department: department.to_owned(), run: run.id }).await?;
        }
        _ => {}
    }
    Ok(spoke)
}

/// Why there is this run; `None`: it is over, or nobody wants it any more, and it writes nothing further.
async fn wanted(engine: &Engine, department: &str, run: &str) -> Result<Option<RunKind>, Error> {
    let Some((run, _)) = runs::get(engine, department, run).await? else { return Ok(None) };
    let wanted = run.stage != Stage::Done && is_wanted(engine, &run).await?;
    Ok(wanted.then_some(run.kind))
}

async fn apply_and_count(
    work: &Work<'_>,
    kind: RunKind,
    run: &str,
    number: u32,
    mut batch: Batch,
) -> Result<(), Error> {
    let applied = work.apply(&batch.ids).await?;
    let engine = work.engine;
    let again: Vec<ProductId> = applied.again.into_iter().collect();
    let how = due::How { extent: Extent::Whole, asked: kind == RunKind::Synchronize, later: true };
    due::mark(engine, &work.pair.department.settings.id, &again, how).await?;
    batch.counts = applied.counts;
    batch.state = BatchState::Done;
    let writes = vec![runs::put_batch(run, number, &batch)?];
    let mut lease = work.lease.lock().await;
    lease.keep(engine).await?;
    lease.write(engine, writes).await
}
