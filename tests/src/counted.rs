//! Ports that count what they would cost on AWS, and take as long as there: what `infra/cost.json` is measured with.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sync::ports::{
    Condition, Item, Key, Lane, Ledger, LedgerError, Outgoing, Page, Queue, QueueError, Range, Received,
    Write,
};
use world::Clock;

/// How long a request to the ledger takes within AWS.
const LEDGER: Duration = Duration::from_millis(5);
/// How long a request to a queue takes within AWS.
const QUEUE: Duration = Duration::from_millis(10);

/// What is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// Half read units of DynamoDB: what reads an index costs halves.
    pub half_reads: u64,
    /// Write units of DynamoDB, the index's among them.
    pub writes: u64,
    /// Requests to SQS: those that send, and for each message one that receives and one that deletes.
    pub requests: u64,
    /// Calls of a function.
    pub calls: u64,
    /// What functions take of memory and time: MB × milliseconds.
    pub mb_ms: u64,
}

impl Units {
    /// Each figure by itself.
    fn map(self, other: Units, map: impl Fn(u64, u64) -> u64) -> Units {
        Units {
            half_reads: map(self.half_reads, other.half_reads),
            writes: map(self.writes, other.writes),
            requests: map(self.requests, other.requests),
            calls: map(self.calls, other.calls),
            mb_ms: map(self.mb_ms, other.mb_ms),
        }
    }

    /// Both together.
    pub fn more(self, other: Units) -> Units {
        self.map(other, |one, other| one + other)
    }

    /// So many parts of so many.
    pub fn of(self, parts: u64, all: u64) -> Units {
        self.map(Units::default(), |one, _| one * parts / all)
    }

    /// What is left without the other.
    pub fn less(self, other: Units) -> Units {
        self.map(other, u64::saturating_sub)
    }

    /// The share of one of so many, rounded up.
    pub fn each(self, of: u64) -> Units {
        self.map(Units::default(), |one, _| one.div_ceil(of))
    }

    /// The figures by name.
    pub fn named(self) -> [(&'static str, u64); 5] {
        [
            ("half_reads", self.half_reads),
            ("writes", self.writes),
            ("requests", self.requests),
            ("calls", self.calls),
            ("mb_ms", self.mb_ms),
        ]
    }
}

/// A store, counted.
pub struct Counted {
    store: local::Store,
    clock: Arc<dyn Clock>,
    units: Mutex<Units>,
    /// The message in hand: its lane, and since when.
    in_hand: Mutex<Option<(Lane, Timestamp)>>,
}

/// The memory of the function that works on a lane, in MB, as `template.yaml` gives it.
pub fn memory(lane: Lane) -> u64 {
    match lane {
        Lane::Scan | Lane::Changes | Lane::Bulk => 512,
        _ => 256,
    }
}

impl Counted {
    /// Over this store, on this clock.
    pub fn new(store: local::Store, clock: Arc<dyn Clock>) -> Counted {
        Counted { store, clock, units: Mutex::default(), in_hand: Mutex::default() }
    }

    /// What was counted since the last time.
    pub fn take(&self) -> Units {
        std::mem::take(&mut *self.units.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a call of a function with so much memory that began then.
    pub fn call(&self, memory: u64, began: Timestamp) {
        let took = u64::try_from(self.clock.now().duration_since(began).as_millis()).unwrap_or_default();
        // A function is billed by the millisecond, and its own work takes one.
        self.count(|units| {
            units.calls += 1;
            units.mb_ms += (took + 1) * memory;
        });
    }

    fn count(&self, count: impl FnOnce(&mut Units)) {
        count(&mut self.units.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn ledger(&self, half_reads: u64, writes: u64) {
        self.count(|units| {
            units.half_reads += half_reads;
            units.writes += writes;
        });
        self.clock.sleep(LEDGER).await;
    }

    async fn queue(&self, requests: u64) {
        self.count(|units| units.requests += requests);
        self.clock.sleep(QUEUE).await;
    }

    /// The units of a write: the item's, and the index's, where it is and where it was.
    async fn units_of(&self, write: &Write) -> Result<u64, LedgerError> {
        let (key, new) = match write {
            Write::Put { item, .. } => (&item.key, Some(item)),
            Write::Remove { key, .. } => (key, None),
            Write::Check { .. } => return Ok(1),
        };
        let old = self.store.get(key).await?;
        let larger = old.iter().chain(new).map(bytes).max().unwrap_or(1);
        let place = |item: &Item| item.index.clone();
        let index = match (old.as_ref().and_then(place), new.and_then(place)) {
            (None, None) => 0,
            (Some(was), Some(is)) if was != is => 2 * kilobytes(larger),
            _ => kilobytes(larger),
        };
        Ok(kilobytes(larger) + index)
    }
}

/// An item's size as DynamoDB counts it, nearly.
fn bytes(item: &Item) -> u64 {
    let Key { partition, sort } = &item.key;
    (partition.len() + sort.len() + item.body.to_string().len() + 40) as u64
}

fn kilobytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024).max(1)
}

/// Half units of a read of so many bytes, at least of one item.
fn halves(bytes: u64, consistent: bool) -> u64 {
    bytes.div_ceil(4096).max(1) * if consistent { 2 } else { 1 }
}

#[async_trait]
impl Ledger for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerError> {
        let found = self.store.get(key).await?;
        self.ledger(halves(found.as_ref().map_or(0, bytes), true), 0).await;
        Ok(found)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, LedgerError> {
        let found = self.store.get_many(keys).await?;
        let missing = (keys.len() - found.len().min(keys.len())) as u64;
        let read = found.iter().map(|item| halves(bytes(item), true)).sum::<u64>() + 2 * missing;
        for _ in keys.chunks(100) {
            self.clock.sleep(LEDGER).await;
        }
        self.count(|units| units.half_reads += read);
        Ok(found)
    }

    async fn page(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let page = self.store.page(partition, range, limit).await?;
        self.ledger(halves(page.items.iter().map(bytes).sum(), true), 0).await;
        Ok(page)
    }

    async fn page_by_index(&self, partition: &str, range: Range, limit: usize) -> Result<Page, LedgerError> {
        let page = self.store.page_by_index(partition, range, limit).await?;
        self.ledger(halves(page.items.iter().map(bytes).sum(), false), 0).await;
        Ok(page)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<(), LedgerError> {
        if let [Write::Check { .. }] = writes.as_slice() {
            self.ledger(2, 0).await;
            return self.store.write(writes).await;
        }
        let mut units = 0;
        for write in &writes {
            units += self.units_of(write).await?;
        }
        // A transaction costs twice as much; a conditional removal is one.
        let alone = writes.len() == 1
            && !matches!(
                writes[0],
                Write::Remove { condition: Condition::Absent | Condition::Version(_), .. }
            );
        self.ledger(0, if alone { units } else { 2 * units }).await;
        self.store.write(writes).await
    }

    async fn write_each(&self, put: Vec<Item>, remove: Vec<Key>) -> Result<(), LedgerError> {
        let writes = put.iter().map(|item| Write::Put { item: item.clone(), condition: Condition::Always });
        let removals =
            remove.iter().map(|key| Write::Remove { key: key.clone(), condition: Condition::Always });
        let mut units = 0;
        for write in writes.chain(removals) {
            units += self.units_of(&write).await?;
        }
        for _ in 0..(put.len() + remove.len()).div_ceil(25) {
            self.clock.sleep(LEDGER).await;
        }
        self.count(|all| all.writes += units);
        self.store.write_each(put, remove).await
    }

    /// DynamoDB does so by itself, and for nothing.
    async fn purge(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.store.purge(now).await
    }
}

#[async_trait]
impl Queue for Counted {
    async fn send(&self, lane: Lane, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        for _ in messages.chunks(10) {
            self.queue(1).await;
        }
        self.store.send(lane, messages).await
    }

    /// Lambda asks by itself, whether there is something or not: only what it hands out is counted here, and the rest by the
    /// month.
    async fn receive(&self, lane: Lane, most: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let received = self.store.receive(lane, most, wait).await?;
        if !received.is_empty() {
            self.count(|units| units.requests += 1);
            *self.in_hand.lock().unwrap_or_else(PoisonError::into_inner) = Some((lane, self.clock.now()));
        }
        Ok(received)
    }

    async fn done(&self, lane: Lane, receipt: &str) -> Result<(), QueueError> {
        self.count(|units| units.requests += 1);
        let begun = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((lane, began)) = begun {
            self.call(memory(lane), began);
        }
        self.store.done(lane, receipt).await
    }

    async fn give_back(&self, lane: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        self.queue(1).await;
        self.store.give_back(lane, receipt, delay).await
    }

    async fn dead(&self, lane: Lane, most: usize) -> Result<Vec<Received>, QueueError> {
        self.store.dead(lane, most).await
    }

    async fn redrive(&self, lane: Lane, most: usize) -> Result<usize, QueueError> {
        self.store.redrive(lane, most).await
    }
}
