//! The schedule: finds whose turn it is and wakes whoever does it. Firing twice, late or not at all does no harm.
//!
//! A tick reads the index of turns (`rows/turns.rs`) and nothing of departments that it doesn't concern; whether one is
//! paused, or its record broken, is seen by the worker that is woken.

mod census;

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Engine, Error,
    catalogue::{self, Wanted},
    rows::{
        runs,
        turns::{self, Kind, Turn},
    },
    wake::Wake,
};

/// Turns that are read and woken for at once: what bounds a tick's memory, however many departments there are.
const PAGE: usize = 500;
/// Notes in the ledger that a tick makes side by side.
const AT_ONCE: usize = 16;
/// Wake-ups that are sent in one go; so many goes run side by side.
const SENT_TOGETHER: usize = 50;
/// How old the census may be.
const CENSUS: Duration = Duration::from_secs(15 * 60);

/// What a schedule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tick {
    /// Finding orders, every minute by default.
    Orders,
    /// Orders that are known: what is due of them, finished customer orders, alarms. Every minute by default.
    Completions,
    /// Stock, every two minutes by default.
    Stock,
    /// Changed products, every five minutes by default.
    Products,
    /// Everything, nightly: finds what change queries can't.
    Sweep,
}

impl Tick {
    /// All of them.
    pub const ALL: [Tick; 5] = [Tick::Orders, Tick::Completions, Tick::Stock, Tick::Products, Tick::Sweep];

    /// The tick's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Tick::Orders => "orders",
            Tick::Completions => "completions",
            Tick::Stock => "stock",
            Tick::Products => "products",
            Tick::Sweep => "sweep",
        }
    }

    /// Whose turn it is when it strikes.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Tick::Orders => &[Kind::Orders],
            Tick::Completions => &[Kind::Completions, Kind::Due],
            Tick::Stock => &[Kind::Stock, Kind::Due],
            Tick::Products => &[Kind::Products, Kind::Due],
            Tick::Sweep => &[Kind::Sweep, Kind::OrdersSweep, Kind::Due],
        }
    }
}

/// One strike of the clock.
#[derive(Clone, Copy, Debug)]
struct Strike {
    tick: Tick,
    scheduled: Timestamp,
}

impl Engine {
    /// What [`Engine::tick`] does.
    pub(crate) async fn tick_all(&self, tick: Tick, scheduled: Timestamp) -> Result<u64, Error> {
        let strike = Strike { tick, scheduled };
        let mut sent = 0;
        if matches!(tick, Tick::Products | Tick::Sweep) && self.census_is_old().await? {
            sent += self.send(strike, vec![Wake::Census]).await?;
        }
        for kind in tick.kinds() {
            let mut after = None;
            loop {
                let (turns, next) = turns::page(self, *kind, after, PAGE).await?;
                sent += self.strike(strike, *kind, turns).await?;
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        // Once is enough: a run goes on by itself, and each word to it is another look at all that is left of it.
        if tick == Tick::Products {
            sent += self.wake_runs(strike).await?;
        }
        if tick == Tick::Sweep {
            self.ledger.purge(self.now()).await?;
        }
        tracing::info!(tick = tick.as_str(), sent, "ticked");
        Ok(sent)
    }

    /// It is their turn: notes what is wanted, where that stands in the ledger, and wakes whoever does it.
    async fn strike(&self, strike: Strike, kind: Kind, turns: Vec<Turn>) -> Result<u64, Error> {
        let sweeps = matches!(kind, Kind::Sweep | Kind::OrdersSweep) && self.webhooks.is_some();
        let hooks = turns.iter().filter(|_| sweeps).map(|turn| turn.department.clone());
        let hooks: Vec<_> = hooks.map(|department| Wake::Webhooks { department }).collect();
        let mut wakes: Vec<Wake> = match kind {
            // Departments of one client share a reading.
            Kind::Products => {
                let clients: BTreeSet<String> = turns.into_iter().map(|turn| turn.client).collect();
                let wanted = Wanted::Changes(strike.scheduled);
                stream::iter(clients)
                    .map(async |client| {
                        catalogue::want(self, &client, wanted).await?;
                        Ok::<Wake, Error>(Wake::Catalogue { client })
                    })
                    .buffer_unordered(AT_ONCE)
                    .try_collect()
                    .await?
            }
            Kind::Sweep => {
                stream::iter(turns)
                    .map(async |Turn { department, .. }| {
                        let run = runs::begin(self, &department, runs::RunKind::Sweep).await?;
                        Ok::<Wake, Error>(Wake::Run { department, run: run.id })
                    })
                    .buffer_unordered(AT_ONCE)
                    .try_collect()
                    .await?
            }
            Kind::Orders => all(turns, |department, _| Wake::Orders { department, all: false }),
            Kind::OrdersSweep => all(turns, |department, _| Wake::Orders { department, all: true }),
            Kind::Completions => all(turns, |department, _| Wake::Completions { department }),
            Kind::Stock => {
                let asked = Some(strike.scheduled);
                all(turns, |department, client| Wake::Stock { client, department, asked })
            }
            Kind::Due => all(turns, |department, _| Wake::Due { department }),
        };
        // A department of both sweeps is woken for once: equal identities vanish.
        wakes.extend(hooks);
        self.send(strike, wakes).await
    }

    /// A schedule that fires twice for one moment wakes once.
    async fn send(&self, strike: Strike, wakes: Vec<Wake>) -> Result<u64, Error> {
        let Strike { tick, scheduled } = strike;
        let sent = wakes.len() as u64;
        let named = wakes.into_iter().map(|wake| {
            let identity = format!("{}-{}-{}", tick.as_str(), scheduled.as_second(), wake.identity());
            (wake, identity)
        });
        let named: Vec<(Wake, String)> = named.collect();
        let goes: Vec<Vec<(Wake, String)>> = named.chunks(SENT_TOGETHER).map(<[_]>::to_vec).collect();
        stream::iter(goes)
            .map(async |some| self.wake_all(some).await)
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(sent)
    }

    /// Runs that are under way go on, whatever became of their messages.
    async fn wake_runs(&self, strike: Strike) -> Result<u64, Error> {
        let (mut sent, mut after) = (0, None);
        loop {
            let (runs, next) = runs::under_way(self, after, PAGE).await?;
            let wakes = runs.into_iter().map(|run| Wake::Run { department: run.department, run: run.id });
            sent += self.send(strike, wakes.collect()).await?;
            after = next;
            if after.is_none() {
                return Ok(sent);
            }
        }
    }
}

/// A wake-up for each.
fn all(turns: Vec<Turn>, wake: impl Fn(String, String) -> Wake) -> Vec<Wake> {
    turns.into_iter().map(|turn| wake(turn.department, turn.client)).collect()
}

impl Wake {
    /// What the wake-up is about, for an identity.
    fn identity(&self) -> String {
        match self {
            Wake::Catalogue { client } => format!("catalogue-{client}"),
            Wake::Stock { department, .. } => format!("stock-{department}"),
            Wake::Run { run, .. } => format!("run-{run}"),
            Wake::Batch { run, batch, .. } => format!("batch-{run}-{batch}"),
            Wake::Orders { department, all } => format!("orders-{department}-{all}"),
            Wake::Webhooks { department } => format!("webhooks-{department}"),
            Wake::Order { department, order } => format!("order-{department}-{order}"),
            Wake::Completions { department } => format!("completions-{department}"),
            Wake::Notices { department } => format!("notices-{department}"),
            Wake::Census => "census".to_owned(),
            Wake::Due { department } => format!("due-{department}"),
        }
    }
}
