//! Reading Loomis Pay's catalogue into the mirror, page by page. `API.md` §2.
//!
//! A reading is wanted by whoever needs one (a run, a schedule) and shared by all departments of the client. Its
//! progress stands in the ledger: whoever is woken goes on where the last one stopped.

use std::time::Duration;

use jiff::Timestamp;
use loomis::ProductQuery;
use retail::{
    fate::{Fate, Scope, Trouble},
    office::{OfficeProduct, ProductId},
    settings::DepartmentSettings,
};
use serde::{Deserialize, Serialize};

use crate::{
    Engine, Error,
    ports::{Condition, Key, LedgerError, Write},
    rows::{
        body, due, item,
        lease::{self, Lease},
        mirror::{self, Covered},
        records::Client,
        runs, turns,
    },
    wake::Wake,
};

/// How far a change query reaches back before the watermark: more than the hour that is repeated in October.
const OVERLAP: Duration = Duration::from_secs(2 * 3600);
/// A reading that has not moved for so long begins anew: its earlier pages say nothing about now.
const STALE: Duration = Duration::from_secs(3600);
/// Changes of the mirror that are noted at once: a page, but for a page behind which much is gone.
const NOTED: usize = 500;
/// How long to wait for a worker that reads the same client.
const PATIENCE: Duration = Duration::from_secs(20);

/// The state of a client's readings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The number of the last complete reading that began.
    number: u64,
    /// A complete reading that began no earlier is wanted.
    #[serde(default)]
    whole_wanted: Option<Timestamp>,
    /// The changes are wanted, as they stand no earlier than this.
    #[serde(default)]
    changes_wanted: Option<Timestamp>,
    /// The reading under way.
    #[serde(default)]
    under_way: Option<Progress>,
    /// The last complete reading: its number, and when it began.
    #[serde(default)]
    pub(crate) complete: Option<Complete>,
    /// When the changes were last read.
    #[serde(default)]
    pub(crate) changes_read: Option<Timestamp>,
    /// By Loomis Pay's clock: everything that changed before it was handed over.
    #[serde(default)]
    pub(crate) watermark: Option<Timestamp>,
    /// Rows of the last complete reading that could not be read at all.
    #[serde(default)]
    pub(crate) unreadable: Vec<String>,
}

/// A complete reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Complete {
    pub(crate) number: u64,
    pub(crate) began: Timestamp,
    pub(crate) products: u64,
}

/// A reading under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// Of the whole catalogue; else of what changed since.
    since: Option<Timestamp>,
    began: Timestamp,
    moved: Timestamp,
    /// Loomis Pay's clock before the first page.
    server_began: Option<Timestamp>,
    start: u64,
    total: u64,
    last: Option<ProductId>,
    /// The order of the rows can't be relied on, so nothing can be said of those that are missing.
    shaky: bool,
    changed: u64,
    unreadable: Vec<String>,
}

fn key(client: &str) -> Key {
    Key::new(format!("C#{client}"), "reading")
}

/// The state of a client's readings, and its item's version.
pub(crate) async fn state(engine: &Engine, client: &str) -> Result<(Reading, Condition), Error> {
    match engine.ledger.get(&key(client)).await? {
        None => Ok((Reading::default(), Condition::Absent)),
        Some(found) => Ok((body(&found)?, Condition::Version(found.version))),
    }
}

/// What a caller wants read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything, in a reading that began no earlier than this.
    Whole(Timestamp),
    /// What changed, as it stands no earlier than this.
    Changes(Timestamp),
}

/// Notes that a reading is wanted; whoever reads next does it.
pub(crate) async fn want(engine: &Engine, client: &str, wanted: Wanted) -> Result<(), Error> {
    loop {
        let (mut reading, condition) = state(engine, client).await?;
        let slot = match wanted {
            Wanted::Whole(_) => &mut reading.whole_wanted,
            Wanted::Changes(_) => &mut reading.changes_wanted,
        };
        let (Wanted::Whole(moment) | Wanted::Changes(moment)) = wanted;
        if slot.is_some_and(|slot| slot >= moment) {
            return Ok(());
        }
        *slot = Some(moment);
        match engine.ledger.write(vec![put(client, &reading, condition)?]).await {
            Err(LedgerError::Conflict) => continue,
            other => return Ok(other?),
        }
    }
}

fn put(client: &str, reading: &Reading, condition: Condition) -> Result<Write, Error> {
    Ok(Write::Put { item: item(key(client), reading)?, condition })
}

impl Reading {
    /// The next reading to begin, if one is wanted that has not been done.
    fn next(&self, now: Timestamp) -> Option<Progress> {
        let began = self.complete.map(|complete| complete.began);
        let whole = self.whole_wanted.filter(|wanted| began.is_none_or(|began| began < *wanted)).is_some();
        let read = self.changes_read.max(began);
        let changes = self.changes_wanted.filter(|wanted| read.is_none_or(|read| read < *wanted)).is_some();
        // Without a first complete reading there is nothing that changes could be changes of.
        let since = match (whole, changes, self.watermark) {
            (false, false, _) => return None,
            (true, _, _) | (_, _, None) => None,
            (false, true, Some(watermark)) => Some(watermark - OVERLAP),
        };
        Some(Progress {
            since,
            began: now,
            moved: now,
            server_began: None,
            start: 0,
            total: 0,
            last: None,
            shaky: false,
            changed: 0,
            unreadable: Vec::new(),
        })
    }
}

/// Reads what is wanted of a client's catalogue, to the end, and wakes whoever waits for it.
///
/// # Errors
/// [`Error::Taken`] when another worker reads on and on; [`Error::Stopped`]; trouble with Loomis Pay.
pub(crate) async fn read(engine: &Engine, number: &str) -> Result<(), Error> {
    read_and(engine, number, true).await
}

/// The same, and wakes nobody: for a preview, which has a ledger of its own, where nobody else works, and must not touch the
/// queue.
pub(crate) async fn read_quietly(engine: &Engine, number: &str) -> Result<(), Error> {
    lease::void(engine, lease_key(number)).await?;
    read_and(engine, number, false).await
}

fn lease_key(client: &str) -> Key {
    Key::new(format!("C#{client}"), "lease#read")
}

async fn read_and(engine: &Engine, number: &str, wake: bool) -> Result<(), Error> {
    let client = engine.client(number).await?;
    let mut lease = Lease::wait_for(engine, lease_key(number), PATIENCE).await?;
    let done = read_all(engine, &client, &mut lease, wake).await;
    lease.release(engine).await?;
    done
}

async fn read_all(engine: &Engine, client: &Client, lease: &mut Lease, wake: bool) -> Result<(), Error> {
    let number = &client.settings.client_number;
    let office = engine.office(client)?;
    let mut some_changed = hand_over_noted(engine, number).await?;
    loop {
        let (mut reading, condition) = state(engine, number).await?;
        let now = engine.now();
        let stale = |progress: &Progress| now > progress.moved + STALE;
        if reading.under_way.as_ref().is_none_or(stale) {
            let again = reading.under_way.take().is_some_and(|old| old.since.is_none());
            let Some(progress) = reading.next(now) else { return Ok(()) };
            if progress.since.is_none() && !again {
                reading.number += 1;
            }
            reading.under_way = Some(progress);
        }
        let Some(mut progress) = reading.under_way.take() else { return Ok(()) };
        engine.go_on()?;
        lease.keep(engine).await?;
        let query = ProductQuery { start: progress.start, changed_since: progress.since };
        let page = office.products(&query).await?;
        some_changed |= take_page(engine, lease, number, &reading, &mut progress, page).await?;
        let over = progress.start >= progress.total;
        let before = reading.changes_read.max(reading.complete.map(|complete| complete.began));
        if over {
            reading.finish(progress.clone());
        } else {
            reading.under_way = Some(progress.clone());
        }
        let handed = Write::Remove { key: noted_key(number), condition: Condition::Always };
        match lease.write(engine, vec![put(number, &reading, condition)?, handed]).await {
            // Somebody noted a wish meanwhile: read the state again, and this page with it.
            Err(Error::Taken) => {
                lease.keep(engine).await?;
                continue;
            }
            other => other?,
        }
        if over && wake {
            let changed = std::mem::take(&mut some_changed) || progress.changed > 0;
            wake_departments(engine, number, changed, before).await?;
        }
    }
}

impl Reading {
    /// How many rows of how many the reading under way has read; nothing is known before its first page.
    pub(crate) fn reached(&self) -> Option<(u64, u64)> {
        let progress = self.under_way.as_ref().filter(|progress| progress.total > 0)?;
        Some((progress.start.min(progress.total), progress.total))
    }

    fn finish(&mut self, progress: Progress) {
        match progress.since {
            None => {
                self.complete =
                    Some(Complete { number: self.number, began: progress.began, products: progress.total });
                self.unreadable = progress.unreadable;
            }
            Some(_) => self.changes_read = Some(progress.began),
        }
        // Never back: a watermark is a promise.
        self.watermark = self.watermark.max(progress.server_began);
    }
}

/// Takes a page into the mirror, hands over what changed, and moves the progress behind it. Tells whether something did.
async fn take_page(
    engine: &Engine,
    lease: &mut Lease,
    number: &str,
    reading: &Reading,
    progress: &mut Progress,
    page: loomis::ProductPage,
) -> Result<bool, Error> {
    progress.server_began.get_or_insert(page.server_time);
    progress.moved = engine.now();
    if page.received == 0 && progress.start < page.total {
        return Err(Error::Trouble(Trouble::new(
            Fate::Retry,
            Scope::Client,
            format!("Loomis Pay's product list ended at {} of {}", progress.start, page.total),
        )));
    }
    // Rows were removed while reading: those behind them moved up, so step back by as many.
    let removed = progress.total.saturating_sub(page.total);
    let mut ids = page.rows.iter().map(|product| product.id);
    let ascending = ids.clone().is_sorted() && ids.next().is_none_or(|first| progress.last < Some(first));
    progress.shaky |= removed > 0 || !ascending;
    let last = page.rows.iter().map(|product| product.id).max();
    let end = progress.start + page.received >= page.total;
    let covers = progress.since.is_none() && !progress.shaky && page.unreadable.is_empty();
    let covered = covers.then_some(Covered { after: progress.last, up_to: last.filter(|_| !end) });
    // What a change query finds hidden, the next complete reading is the first to find so.
    let counted = if progress.since.is_none() { reading.number } else { reading.number + 1 };
    let changed = take_rows(engine, lease, number, page.rows, covered, counted).await?;
    progress
        .unreadable
        .extend(page.unreadable.into_iter().map(|row| format!("{}: {}", row.row, row.reason)).take(20));
    progress.unreadable.truncate(20);
    progress.last = progress.last.max(last);
    progress.start = (progress.start + page.received).saturating_sub(removed);
    progress.total = page.total;
    progress.changed += changed;
    Ok(changed > 0)
}

/// Takes rows into the mirror and hands over what they change. Once a row stands in the mirror nothing tells any more that
/// it changed: so what is about to change is noted before, and whoever finds the note hands it over. Tells how many.
async fn take_rows(
    engine: &Engine,
    lease: &mut Lease,
    client: &str,
    rows: Vec<OfficeProduct>,
    covered: Option<Covered>,
    reading: u64,
) -> Result<u64, Error> {
    let differences = mirror::differences(engine, client, rows, covered, reading).await?;
    if differences.is_empty() {
        return Ok(0);
    }
    let flow_to = flow_to(engine, client).await?;
    for some in differences.chunks(NOTED) {
        let changed = mirror::concerned(engine, client, some).await?;
        if !flow_to.is_empty() {
            let note = item(noted_key(client), &Noted { changed: changed.clone() })?;
            lease.write(engine, vec![Write::Put { item: note, condition: Condition::Always }]).await?;
        }
        mirror::write(engine, lease, client, some).await?;
        hand_over(engine, &flow_to, &changed).await?;
    }
    Ok(differences.len() as u64)
}

/// What is about to change in the mirror, until it is handed over.
#[derive(Serialize, Deserialize)]
struct Noted {
    changed: Vec<ProductId>,
}

fn noted_key(client: &str) -> Key {
    Key::new(format!("C#{client}"), "noted")
}

/// Hands over what a reader noted that died before it did. Tells whether there was something.
async fn hand_over_noted(engine: &Engine, client: &str) -> Result<bool, Error> {
    let Some(found) = engine.ledger.get(&noted_key(client)).await? else { return Ok(false) };
    let noted: Noted = body(&found)?;
    hand_over(engine, &flow_to(engine, client).await?, &noted.changed).await?;
    Ok(true)
}

/// The departments to which changes flow by themselves. Of one whose record can't be used nobody knows: what changes until
/// it is mended is due for it, and is then let go if it doesn't flow.
async fn flow_to(engine: &Engine, client: &str) -> Result<Vec<String>, Error> {
    let flows = |settings: &DepartmentSettings| settings.enabled && settings.products.automatic_transfer;
    let mut departments = Vec::new();
    for id in turns::members(engine, client).await? {
        match engine.department(&id).await {
            Ok(one) if one.settings.client_number != client || !flows(&one.settings) => {}
            Ok(_) | Err(Error::Broken { .. }) => departments.push(id),
            Err(Error::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(departments)
}

/// Marks what changed as due for these departments.
async fn hand_over(engine: &Engine, departments: &[String], changed: &[ProductId]) -> Result<(), Error> {
    for department in departments {
        if !runs::will_look(engine, department).await? {
            due::mark(engine, department, changed, due::How::changed(due::Extent::Whole)).await?;
        }
    }
    Ok(())
}

/// Wakes whoever waits for a reading; `before`: when the one before it began.
async fn wake_departments(
    engine: &Engine,
    client: &str,
    changed: bool,
    before: Option<Timestamp>,
) -> Result<(), Error> {
    for department in engine.departments_of(client).await? {
        let id = department.settings.id;
        if department.settings.enabled && department.settings.products.automatic_transfer {
            engine.lags(&id, before);
        }
        if let Some(run) = runs::active(engine, &id).await? {
            engine.wake(Wake::Run { department: id.clone(), run: run.id }).await?;
        }
        if changed && department.settings.enabled && department.settings.products.automatic_transfer {
            engine.wake(Wake::Due { department: id }).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
