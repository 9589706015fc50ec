//! Pauses: a department or a client that is left alone, visibly, until the world heals or a person acts.

use std::time::Duration;

use jiff::Timestamp;
use retail::fate::{Fate, Trouble};
use serde::{Deserialize, Serialize};

use super::{body, item, turns};
use crate::{
    Engine, Error,
    ports::{Condition, Key, LedgerError, Write},
};

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
    let put = Write::Put { item: item(key.clone(), &pause)?, condition: Condition::Always };
    write(engine, &key, put, rests).await?;
    Ok(pause)
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

/// Ends a pause, if there is one. Tells whether there was.
pub(crate) async fn lift(engine: &Engine, key: &Key) -> Result<bool, Error> {
    lift_if(engine, key, |_| true).await
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
