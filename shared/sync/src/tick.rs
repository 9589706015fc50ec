//! The schedule: finds what is due and wakes whoever does it. Firing twice, late or not at all does no harm.

use jiff::Timestamp;
use retail::fate::{Fate, Scope, Trouble};
use serde::{Deserialize, Serialize};

use crate::{
    Engine, Error,
    catalogue::{self, Wanted},
    orders,
    rows::{
        self, due, log,
        pause::{self, Cause},
        records::Department,
        runs,
    },
    wake::Wake,
};

/// Orders that one tick wakes for; the next tick goes on.
const DUE_ORDERS: usize = 500;

/// What a schedule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tick {
    /// Orders, every minute by default; what is due of them, and alarms.
    Orders,
    /// Stock, every two minutes by default.
    Stock,
    /// Changed products, every five minutes by default.
    Products,
    /// Everything, nightly: finds what change queries can't.
    Sweep,
}

impl Tick {
    /// The tick's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Tick::Orders => "orders",
            Tick::Stock => "stock",
            Tick::Products => "products",
            Tick::Sweep => "sweep",
        }
    }
}

impl Engine {
    /// Wakes what is due at `scheduled`, the moment the schedule fired for. Tells how many wake-ups it sent.
    ///
    /// # Errors
    /// When the ledger or the queue fails.
    pub async fn tick(&self, tick: Tick, scheduled: Timestamp) -> Result<u64, Error> {
        let mut sent = 0;
        for id in self.department_ids().await? {
            let department = match self.department(&id).await {
                Ok(department) => department,
                Err(error @ (Error::Broken { .. } | Error::Fault(_))) => {
                    self.stop_broken(&id, &error).await?;
                    continue;
                }
                // Removed meanwhile.
                Err(Error::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            self.lift_mended(&department).await?;
            if department.settings.enabled && self.paused(&id).await?.is_none() {
                sent += self.tick_department(tick, scheduled, &department).await?;
            }
        }
        sent += self.wake_runs().await?;
        if tick == Tick::Sweep {
            self.ledger.purge(self.now()).await?;
        }
        tracing::info!(tick = tick.as_str(), sent, "ticked");
        Ok(sent)
    }

    async fn tick_department(
        &self,
        tick: Tick,
        scheduled: Timestamp,
        department: &Department,
    ) -> Result<u64, Error> {
        let settings = &department.settings;
        let (id, client) = (settings.id.clone(), settings.client_number.clone());
        let products = &settings.products;
        let mut wakes = Vec::new();
        match tick {
            Tick::Orders if settings.orders.is_some() => {
                wakes.push(Wake::Orders { department: id.clone(), all: false });
                if let Some(place) = orders::place_of(self, &id).await? {
                    for order in rows::orders::due(self, &place, self.now(), DUE_ORDERS).await? {
                        wakes.push(Wake::Order { department: id.clone(), order: order.0 });
                    }
                }
            }
            Tick::Stock if products.stock_flows() => {
                wakes.push(Wake::Stock { client, department: id.clone() });
            }
            Tick::Products if products.automatic_transfer => {
                catalogue::want(self, &client, Wanted::Changes(scheduled)).await?;
                wakes.push(Wake::Catalogue { client });
            }
            Tick::Sweep if products.automatic_transfer => {
                let run = runs::begin(self, &id, runs::RunKind::Sweep).await?;
                wakes.push(Wake::Run { department: id.clone(), run: run.id });
            }
            _ => {}
        }
        if tick == Tick::Sweep && settings.orders.is_some() {
            wakes.push(Wake::Orders { department: id.clone(), all: true });
        }
        if tick == Tick::Sweep && self.webhooks.is_some() {
            wakes.push(Wake::Webhooks { department: id.clone() });
        }
        let (first, _) = due::page(self, &id, None, 1).await?;
        if !first.is_empty() {
            wakes.push(Wake::Due { department: id });
        }
        let sent = wakes.len() as u64;
        for wake in wakes {
            // Departments of one client share a reading, and a schedule that fires twice wakes once.
            let identity = format!("{}-{}-{}", tick.as_str(), scheduled.as_second(), wake.identity());
            self.wake_as(wake, identity).await?;
        }
        if tick == Tick::Orders && settings.orders.is_some() {
            orders::raise(self, &settings.id).await?;
        }
        Ok(sent)
    }

    /// Runs that are under way go on, whatever became of their messages.
    async fn wake_runs(&self) -> Result<u64, Error> {
        let mut sent = 0;
        for run in runs::under_way(self).await? {
            if self.paused(&run.department).await?.is_none() {
                self.wake(Wake::Run { department: run.department, run: run.id }).await?;
                sent += 1;
            }
        }
        Ok(sent)
    }

    /// A pause that came of a record that could not be used ends when it can.
    async fn lift_mended(&self, department: &Department) -> Result<(), Error> {
        let (id, client) = (&department.settings.id, &department.settings.client_number);
        match self.client(client).await {
            Ok(_) => {}
            Err(Error::Broken { .. } | Error::Fault(_) | Error::Missing { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        let mended = |cause| cause == Cause::Record;
        let own = pause::lift_if(self, &pause::department(id), mended).await?;
        let shared = pause::lift_if(self, &pause::client(client), mended).await?;
        if own || shared {
            log::say(self, id, None, "the record can be used again: the pause is over".to_owned()).await?;
        }
        Ok(())
    }

    /// A record broken by hand stops its department, visibly, and no other.
    async fn stop_broken(&self, id: &str, error: &Error) -> Result<(), Error> {
        let key = pause::department(id);
        let trouble = Trouble::new(Fate::Settings, Scope::Department, error.to_string());
        if pause::read(self, &key).await?.is_some_and(|pause| pause.reason == trouble.reason) {
            return Ok(());
        }
        pause::set(self, key, &trouble, Cause::Record).await?;
        log::say(self, id, None, format!("paused until a person acts: {}", trouble.reason)).await
    }
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
            Wake::Due { department } => format!("due-{department}"),
        }
    }
}
