//! Pauses: a department or a client that is left alone, visibly, until the world heals or a person acts.

use std::time::Duration;

use jiff::Timestamp;
use retail::fate::{Fate, Trouble};
use serde::{Deserialize, Serialize};

use super::{body, item, turns};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Key, LedgerError, Write},
};

/// The index's partition in which all pauses are found.
pub(crate) const ALL: &str = "paused";
/// The longest wait before the world is tried again.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The longest wait that the other side is believed to mean.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);

/// Why something is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What happened, and the mend.
    pub reason: String,
    /// [`Fate::Retry`] heals by itself; [`Fate::Settings`] waits for a person.
    pub fate: Fate,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again; `None`: when a person acted.
    pub until: Option<Timestamp>,
    /// How often it was tried since.
    pub tries: u32,
    /// What ends it.
    #[serde(default)]
    pub cause: Cause,
}

/// What a pause comes of, and so what ends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Work that spoke to the shop: the next such work that goes well ends it.
    #[default]
    Work,
    /// A reading of Loomis Pay: the next one that goes well ends it.
    Reading,
    /// A record that can't be used: it ends when the record can.
    Record,
    /// The store was restored from a backup: only a person's `resume` ends it, whatever goes well meanwhile.
    Restored,
}

impl Pause {
    /// Whether work is to be left alone now; once `until` has come, the next work is the probe.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

pub(crate) fn department(id: &str) -> Key {
    Key::new(format!("D#{id}"), "pause")
}

pub(crate) fn client(number: &str) -> Key {
    Key::new(format!("C#{number}"), "pause")
}

pub(crate) async fn read(engine: &Engine, key: &Key) -> Result<Option<Pause>, Error> {
    engine.ledger.get(key).await?.as_ref().map(body).transpose()
}

/// Pauses for this trouble; each further try waits twice as long. Tells the pause.
pub(crate) async fn set(engine: &Engine, key: Key, trouble: &Trouble, cause: Cause) -> Result<Pause, Error> {
    let now = engine.now();
    let old = read(engine, &key).await?;
    // No other trouble takes its place.
    if let Some(old) = old.as_ref().filter(|old| old.cause == Cause::Restored) {
        return Ok(old.clone());
    }
    let tries = old.as_ref().map_or(0, |old| old.tries + 1);
    let doubled = Duration::from_secs(30).saturating_mul(1 << tries.min(10)).min(LONGEST);
    let asked = trouble.retry_after.unwrap_or_default().min(BELIEVED);
    let wait = asked.max(engine.world.jitter(doubled));
    let pause = Pause {
        reason: trouble.reason.clone(),
        fate: trouble.fate,
        since: old.map_or(now, |old| old.since),
        until: (trouble.fate != Fate::Settings).then(|| now + wait),
        tries,
        cause,
    };
    // What waits for a person is not asked for in vain each minute; a record that is mended by hand has to be noticed.
    let rests = pause.until.is_none() && cause != Cause::Record;
    write(engine, &key, put(key.clone(), &pause)?, rests).await?;
    Ok(pause)
}

/// Pauses a department of a restored store, whatever other pause there was.
pub(crate) async fn set_restored(engine: &Engine, key: Key, reason: String) -> Result<(), Error> {
    let (fate, since) = (Fate::Settings, engine.now());
    let pause = Pause { reason, fate, since, until: None, tries: 0, cause: Cause::Restored };
    write(engine, &key, put(key.clone(), &pause)?, true).await
}

/// A pause as a write; all of them are found by an index.
fn put(key: Key, pause: &Pause) -> Result<Write, Error> {
    let mut put = item(key.clone(), pause)?;
    put.index = Some(IndexKey { partition: ALL.to_owned(), sort: key.partition });
    Ok(Write::Put { item: put, condition: Condition::Always })
}

/// Writes a pause, and takes the department's turns out of the index or puts them back.
async fn write(engine: &Engine, key: &Key, pause: Write, resting: bool) -> Result<(), Error> {
    loop {
        let mut writes = match key.partition.strip_prefix("D#") {
            Some(department) => turns::rest(engine, department, resting).await?,
            None => Vec::new(),
        };
        writes.push(pause.clone());
        match engine.ledger.write(writes).await {
            Err(LedgerError::Conflict) => continue,
            other => return Ok(other?),
        }
    }
}

/// Ends a pause, if there is one that work or a mend may end. Tells whether there was.
pub(crate) async fn lift(engine: &Engine, key: &Key) -> Result<bool, Error> {
    lift_if(engine, key, |cause| cause != Cause::Restored).await
}

/// Ends the pause of a restored store, as only a person may. Tells whether there was one.
pub(crate) async fn lift_restored(engine: &Engine, key: &Key) -> Result<bool, Error> {
    lift_if(engine, key, |cause| cause == Cause::Restored).await
}

/// Ends a pause of such a cause, if there is one. Tells whether there was.
pub(crate) async fn lift_if(engine: &Engine, key: &Key, ends: impl Fn(Cause) -> bool) -> Result<bool, Error> {
    if !read(engine, key).await?.is_some_and(|pause| ends(pause.cause)) {
        return Ok(false);
    }
    let remove = Write::Remove { key: key.clone(), condition: Condition::Always };
    write(engine, key, remove, false).await?;
    Ok(true)
}
