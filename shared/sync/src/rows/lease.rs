//! Leases: exclusion with a fencing number. Whoever wrote under a lease that was taken over since is refused.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{body, item};
use crate::{
    Engine, Error,
    ports::{Condition, Key, LedgerError, Write},
};

/// How long a lease holds unless it is renewed; longer than the longest single request to a shop or to Loomis Pay.
pub(crate) const TERM: Duration = Duration::from_secs(180);

#[derive(Serialize, Deserialize)]
struct Row {
    holder: String,
    until: Timestamp,
    fence: u64,
}

/// A lease that is held.
#[derive(Debug)]
pub(crate) struct Lease {
    key: Key,
    holder: String,
    until: Timestamp,
    fence: u64,
    /// The item's version: what a write of the holder is conditional on.
    version: u64,
}

impl Lease {
    /// Takes the lease, unless somebody holds it: `None`.
    pub(crate) async fn take(engine: &Engine, key: Key) -> Result<Option<Lease>, Error> {
        let now = engine.now();
        let found = engine.ledger.get(&key).await?;
        let (condition, version, fence) = match &found {
            None => (Condition::Absent, 1, 1),
            Some(found) => {
                let row: Row = body(found)?;
                if row.until > now {
                    return Ok(None);
                }
                (Condition::Version(found.version), found.version + 1, row.fence + 1)
            }
        };
        let lease = Lease { key, holder: engine.world.identity(), until: now + TERM, fence, version };
        match lease.put(engine, condition).await {
            Ok(()) => Ok(Some(lease)),
            Err(Error::Ledger(LedgerError::Conflict)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the lease, waiting up to `patience` for whoever holds it.
    ///
    /// # Errors
    /// [`Error::Taken`] when it is still held then.
    pub(crate) async fn wait_for(engine: &Engine, key: Key, patience: Duration) -> Result<Lease, Error> {
        let last = engine.now() + patience;
        loop {
            if let Some(lease) = Lease::take(engine, key.clone()).await? {
                return Ok(lease);
            }
            engine.go_on()?;
            if engine.now() >= last {
                return Err(Error::Taken);
            }
            engine.world.sleep(engine.world.jitter(Duration::from_millis(400))).await;
        }
    }

    /// Makes sure that at least half a term is left, before something that can't be fenced is done.
    ///
    /// # Errors
    /// [`Error::Taken`] when somebody took over.
    pub(crate) async fn keep(&mut self, engine: &Engine) -> Result<(), Error> {
        let now = engine.now();
        if self.until > now + TERM / 2 {
            return Ok(());
        }
        let condition = Condition::Version(self.version);
        self.until = now + TERM;
        match self.put(engine, condition).await {
            Ok(()) => {
                self.version += 1;
                Ok(())
            }
            Err(Error::Ledger(LedgerError::Conflict)) => Err(Error::Taken),
            Err(error) => Err(error),
        }
    }

    /// The condition under which the holder writes: nobody has taken over.
    pub(crate) fn check(&self) -> Write {
        Write::Check { key: self.key.clone(), condition: Condition::Version(self.version) }
    }

    /// Writes, all or nothing, while nobody has taken over.
    ///
    /// # Errors
    /// [`Error::Taken`] when somebody has.
    pub(crate) async fn write(&self, engine: &Engine, mut writes: Vec<Write>) -> Result<(), Error> {
        writes.push(self.check());
        match engine.ledger.write(writes).await {
            Err(LedgerError::Conflict) => Err(Error::Taken),
            other => Ok(other?),
        }
    }

    /// Gives the lease up. One that was taken over is gone already, and that is no error.
    pub(crate) async fn release(mut self, engine: &Engine) -> Result<(), Error> {
        self.until = engine.now();
        let condition = Condition::Version(self.version);
        match self.put(engine, condition).await {
            Ok(()) | Err(Error::Ledger(LedgerError::Conflict)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn put(&self, engine: &Engine, condition: Condition) -> Result<(), Error> {
        let row = Row { holder: self.holder.clone(), until: self.until, fence: self.fence };
        let put = Write::Put { item: item(self.key.clone(), &row)?, condition };
        Ok(engine.ledger.write(vec![put]).await?)
    }
}

/// Ends a lease whose holder is known to be dead.
pub(crate) async fn void(engine: &Engine, key: Key) -> Result<(), Error> {
    let Some(found) = engine.ledger.get(&key).await? else { return Ok(()) };
    let mut row: Row = body(&found)?;
    if row.until <= engine.now() {
        return Ok(());
    }
    row.until = engine.now();
    let put = Write::Put { item: item(key, &row)?, condition: Condition::Version(found.version) };
    match engine.ledger.write(vec![put]).await {
        // Somebody lives after all.
        Err(LedgerError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}
