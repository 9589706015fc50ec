//! The network in one process: hosts that are simulators, a clock that a test moves, and a seeded chance.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use world::{Chance, Clock, Request, Response, Transport, TransportError};

use crate::{
    Server,
    faults::{Faults, Outcome},
};

/// Simulated hosts by name, reached without a socket.
pub struct Network {
    clock: Arc<dyn Clock>,
    sites: Mutex<BTreeMap<String, Site>>,
}

#[derive(Clone)]
struct Site {
    server: Arc<dyn Server>,
    faults: Arc<Faults>,
    latency: Duration,
}

impl Network {
    /// A network without hosts; `clock` tells the servers the time and passes it.
    pub fn new(clock: Arc<dyn Clock>) -> Network {
        Network { clock, sites: Mutex::new(BTreeMap::new()) }
    }

    /// Puts a server at `host` (any port) or `host:port`, replacing what was there. Hands back its faults and log.
    pub fn host(&self, host: &str, server: Arc<dyn Server>) -> Arc<Faults> {
        let faults = Arc::new(Faults::default());
        let site = Site { server, faults: faults.clone(), latency: Duration::ZERO };
        self.lock().insert(host.to_owned(), site);
        faults
    }

    /// How long each answer of that host takes on the clock; it is processed when it arrives, at once.
    pub fn latency(&self, host: &str, latency: Duration) {
        if let Some(site) = self.lock().get_mut(host) {
            site.latency = latency;
        }
    }

    /// Takes the host off the network.
    pub fn remove(&self, host: &str) {
        self.lock().remove(host);
    }

    fn site(&self, request: &Request) -> Option<Site> {
        let host = request.url.host_str()?;
        let port = request.url.port_or_known_default()?;
        let sites = self.lock();
        sites.get(&format!("{host}:{port}")).or_else(|| sites.get(host)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(site) = self.site(&request) else {
            return Err(TransportError::NotSent("unknown host".to_owned()));
        };
        let outcome = site.faults.exchange(&*site.server, &request, self.clock.now());
        let hangs = matches!(outcome, Outcome::Hang) || site.latency >= request.timeout;
        self.clock.sleep(if hangs { request.timeout } else { site.latency }).await;
        match outcome {
            _ if hangs => Err(TransportError::TimedOut(request.timeout)),
            Outcome::Answer(response) if response.body.len() > request.max_body => {
                Err(TransportError::TooLarge(request.max_body))
            }
            Outcome::Answer(response) => Ok(response),
            Outcome::Hang | Outcome::Cut => Err(TransportError::Broken("reset by peer".to_owned())),
        }
    }
}

/// A clock for tests. Moving by itself, a sleeper moves it to the moment it waits for, the earliest first, and gives
/// way to the others; moved by hand, sleepers wait for [`TestClock::advance`].
pub struct TestClock {
    now: watch::Sender<Timestamp>,
    by_itself: bool,
    sleepers: Mutex<BTreeSet<(Timestamp, u64)>>,
    next: AtomicU64,
}

/// How often a sleeper gives way to an earlier one. That one may be a future that nobody polls any more; without an
/// end, both would wait for ever.
const PATIENCE: u32 = 256;

impl TestClock {
    /// A clock that sleepers move.
    pub fn moving(start: Timestamp) -> TestClock {
        TestClock::new(start, true)
    }

    /// A clock that only [`TestClock::advance`] moves.
    pub fn by_hand(start: Timestamp) -> TestClock {
        TestClock::new(start, false)
    }

    fn new(start: Timestamp, by_itself: bool) -> TestClock {
        TestClock {
            now: watch::Sender::new(start),
            by_itself,
            sleepers: Mutex::new(BTreeSet::new()),
            next: AtomicU64::new(0),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.move_to(self.now() + by);
    }

    /// Moves the clock to that moment; never back.
    pub fn move_to(&self, to: Timestamp) {
        self.now.send_if_modified(|now| {
            let forward = to > *now;
            *now = to.max(*now);
            forward
        });
    }

    fn sleepers(&self) -> MutexGuard<'_, BTreeSet<(Timestamp, u64)>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now() + duration;
        if !self.by_itself {
            let mut now = self.now.subscribe();
            // The sender is `self`: it can't be gone while we are borrowed.
            let _ = now.wait_for(|now| *now >= until).await;
            return;
        }
        let sleeper = Sleeper { clock: self, key: (until, self.next.fetch_add(1, Ordering::Relaxed)) };
        self.sleepers().insert(sleeper.key);
        give_way().await;
        for _ in 0..PATIENCE {
            if self.now() >= until || self.sleepers().first() == Some(&sleeper.key) {
                break;
            }
            give_way().await;
        }
        self.move_to(until);
    }
}

/// A sleep that may be dropped before its end.
struct Sleeper<'a> {
    clock: &'a TestClock,
    key: (Timestamp, u64),
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.sleepers().remove(&self.key);
    }
}

/// Lets everybody else have a turn. Not tokio's own, so that any executor will do.
async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Chance from a seed: splitmix64.
#[derive(Debug)]
pub struct SeededChance(AtomicU64);

impl SeededChance {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> SeededChance {
        SeededChance(AtomicU64::new(seed))
    }
}

impl Chance for SeededChance {
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
