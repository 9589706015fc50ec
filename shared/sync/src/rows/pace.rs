//! The pace of a client number: one request at a time, a while from one start to the next, across all its departments
//! and all our workers; orders before stock before catalogue. `API.md` §2.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use loomis::{Gate, GateError, Priority};
use serde::{Deserialize, Serialize};
use world::World;

use super::{body, item};
use crate::{
    Error,
    ports::{Condition, Key, Ledger, LedgerError, Write},
};

/// After this long a request that was never reported back counts as dead: longer than a request may take.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// How long a wish to go first is heeded unless it is renewed.
const WISH: Duration = Duration::from_secs(2);
/// The longest wait before looking again.
const GLANCE: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Row {
    holder: Option<String>,
    /// Until when the holder is believed to be at it.
    until: Option<Timestamp>,
    /// When the next request may start.
    next: Option<Timestamp>,
    /// Until when an order's request asks to go before others.
    orders_wait: Option<Timestamp>,
    /// Until when a stock request asks to go before the catalogue.
    stock_waits: Option<Timestamp>,
}

impl Row {
    /// What is still in the way of a request, if anything: look again then, at the latest.
    fn in_the_way(&self, priority: Priority, now: Timestamp) -> Option<Timestamp> {
        let later = |moment: Option<Timestamp>| moment.filter(|moment| *moment > now);
        let held = self.holder.as_ref().and_then(|_| later(self.until));
        let orders = later(self.orders_wait).filter(|_| priority > Priority::Orders);
        let stock = later(self.stock_waits).filter(|_| priority > Priority::Stock);
        [held, later(self.next), orders, stock].into_iter().flatten().max()
    }
}

/// The pace of one client number, kept in the ledger.
pub(crate) struct LedgerGate {
    world: World,
    ledger: Arc<dyn Ledger>,
    key: Key,
    interval: Duration,
    me: String,
    /// When the request that is under way from here started; the row lets in only one at a time.
    started: Mutex<Option<Timestamp>>,
}

impl LedgerGate {
    pub(crate) fn new(world: World, ledger: Arc<dyn Ledger>, client: &str, interval: Duration) -> LedgerGate {
        LedgerGate {
            key: Key::new(format!("C#{client}"), "pace"),
            me: world.identity(),
            world,
            ledger,
            interval,
            started: Mutex::default(),
        }
    }

    async fn read(&self) -> Result<(Row, Condition), Error> {
        match self.ledger.get(&self.key).await? {
            None => Ok((Row::default(), Condition::Absent)),
            Some(found) => Ok((body(&found)?, Condition::Version(found.version))),
        }
    }

    /// Whether the row was written; `false`: somebody else wrote first.
    async fn write(&self, row: &Row, condition: Condition) -> Result<bool, Error> {
        let put = Write::Put { item: item(self.key.clone(), row)?, condition };
        match self.ledger.write(vec![put]).await {
            Ok(()) => Ok(true),
            Err(LedgerError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn claim(&self, priority: Priority) -> Result<(), Error> {
        loop {
            let (mut row, condition) = self.read().await?;
            let now = self.world.now();
            let Some(moment) = row.in_the_way(priority, now) else {
                row.holder = Some(self.me.clone());
                row.until = Some(now + DEAD_AFTER);
                row.next = Some(now + self.interval);
                match priority {
                    Priority::Orders => row.orders_wait = None,
                    Priority::Stock => row.stock_waits = None,
                    Priority::Catalogue => {}
                }
                if self.write(&row, condition).await? {
                    *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
                    return Ok(());
                }
                continue;
            };
            let wish = match priority {
                Priority::Orders => Some(&mut row.orders_wait),
                Priority::Stock => Some(&mut row.stock_waits),
                Priority::Catalogue => None,
            };
            if let Some(wish) = wish.filter(|wish| wish.is_none_or(|until| until < now + WISH / 2)) {
                *wish = Some(now + WISH);
                // Somebody else's write is no loss: the wish is made again at the next glance.
                self.write(&row, condition).await?;
            }
            let wait = Duration::try_from(moment.duration_since(now)).unwrap_or(GLANCE);
            self.world.sleep(wait.clamp(Duration::from_millis(1), GLANCE)).await;
        }
    }

    async fn give_back(&self, retry_after: Option<Duration>) -> Result<(), Error> {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(started) = started else { return Ok(()) };
        loop {
            let (mut row, condition) = self.read().await?;
            if row.holder.as_deref() != Some(&self.me) {
                return Ok(());
            }
            row.holder = None;
            row.until = None;
            let asked = retry_after.map(|wait| self.world.now() + wait);
            row.next = asked.max(Some(started + self.interval));
            if self.write(&row, condition).await? {
                return Ok(());
            }
        }
    }
}

/// Ends a request whose holder is known to be dead; the pace itself is kept.
pub(crate) async fn void(engine: &crate::Engine, client: &str) -> Result<(), Error> {
    let key = Key::new(format!("C#{client}"), "pace");
    let Some(found) = engine.ledger.get(&key).await? else { return Ok(()) };
    let row = Row { holder: None, until: None, ..body(&found)? };
    let put = Write::Put { item: item(key, &row)?, condition: Condition::Version(found.version) };
    match engine.ledger.write(vec![put]).await {
        // Somebody lives after all.
        Err(LedgerError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}

#[async_trait]
impl Gate for LedgerGate {
    async fn enter(&self, priority: Priority) -> Result<(), GateError> {
        self.claim(priority).await.map_err(|error| GateError(Box::new(error)))
    }

    async fn leave(&self, retry_after: Option<Duration>) -> Result<(), GateError> {
        self.give_back(retry_after).await.map_err(|error| GateError(Box::new(error)))
    }
}
