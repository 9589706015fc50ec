//! What every use case is handed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use url::Url;
use world::World;

use crate::{
    Error,
    figures::{Collected, Meter, Side},
    ports::{Ledger, Queue},
    rows::pace::LedgerGate,
    seal::Keyring,
    trace::Trace,
};

/// Figures that a person may change.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Products in one write to a shop, 1 to 100. 50 is where the shop's rate stops growing (`BEHAVIOUR.md`, *Times*).
    pub write_size: usize,
    /// Writes to a shop at once, within a batch. The rate bends where they equal the shop's cores.
    pub writes_at_once: usize,
    /// How long a line of the log is kept.
    pub log_kept: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { write_size: 50, writes_at_once: 2, log_kept: Duration::from_secs(90 * 24 * 3600) }
    }
}

/// The world, the ports, and the keys of the secrets.
#[derive(Clone)]
pub struct Engine {
    /// Time, chance and the way out.
    pub world: World,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// What secrets are sealed with.
    pub keys: Keyring,
    /// Figures that a person may change.
    pub limits: Limits,
    /// Who is told of orders that wait.
    pub notify: Option<crate::Notify>,
    /// Where shops deliver their webhooks ([`crate::webhook_url`]); none: no webhooks are made.
    pub webhooks: Option<Url>,
    /// Asks everything to stop after the record in hand.
    pub stop: Stop,
    /// Who is handed the figures.
    pub meter: Option<Arc<dyn Meter>>,
    /// What is done here belongs to it.
    pub(crate) trace: Option<Trace>,
    pub(crate) figures: Arc<Collected>,
    /// The offices that were spoken to, by client number: they hold the login.
    offices: Arc<Mutex<HashMap<String, Office>>>,
    /// The ledger that the pace is kept in: a preview must keep the real one.
    pace: Arc<dyn Ledger>,
}

struct Office {
    version: u64,
    client: loomis::Client,
}

impl Engine {
    /// An engine with the usual limits.
    pub fn new(
        world: World,
        ledger: Arc<dyn Ledger>,
        queue: Arc<dyn Queue>,
        keys: impl Into<Keyring>,
    ) -> Engine {
        Engine {
            world,
            pace: ledger.clone(),
            ledger,
            queue,
            keys: keys.into(),
            limits: Limits::default(),
            notify: None,
            webhooks: None,
            stop: Stop::default(),
            meter: None,
            trace: None,
            figures: Arc::default(),
            offices: Arc::default(),
        }
    }

    /// The same engine on another ledger, which keeps the pace in this one all the same.
    pub(crate) fn on(&self, ledger: Arc<dyn Ledger>) -> Engine {
        Engine { ledger, ..self.clone() }
    }

    /// The same engine in the caller's trace: what begins here belongs to it.
    pub fn traced(&self, trace: Option<Trace>) -> Engine {
        Engine { trace, ..self.clone() }
    }

    /// The client of Loomis Pay for this record; one for each client number, so that the login is shared.
    pub(crate) fn office(&self, client: &crate::rows::records::Client) -> Result<loomis::Client, Error> {
        let settings = &client.settings;
        let mut offices = self.offices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(office) =
            offices.get(&settings.client_number).filter(|office| office.version == client.version)
        {
            return Ok(office.client.clone());
        }
        let api_url = match &settings.api_url {
            Some(url) => url.clone(),
            None => loomis::api_url(),
        };
        let account = loomis::Account {
            client_number: settings.client_number.clone(),
            client_token: client.token.clone(),
            api_url,
            time_zone: settings.time_zone.clone(),
        };
        let gate = LedgerGate::new(
            self.world.clone(),
            self.pace.clone(),
            &settings.client_number,
            Duration::from_millis(settings.min_interval_ms),
        );
        let office = loomis::Client::new(account, self.towards(Side::Office), Arc::new(gate));
        offices.insert(
            settings.client_number.clone(),
            Office { version: client.version, client: office.clone() },
        );
        Ok(office)
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Ends the work here if a person or the deadline asked for it.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.stop.asked(self.now()) { Err(Error::Stopped) } else { Ok(()) }
    }
}

/// Asks work to stop: by hand, or at a moment. Cloned, it is the same request.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    at: Option<Timestamp>,
}

impl Stop {
    /// A request that also makes itself at a moment, as before a function's deadline.
    pub fn at(moment: Timestamp) -> Stop {
        Stop { asked: Arc::default(), at: Some(moment) }
    }

    /// Asks.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked, or the moment has come.
    pub fn asked(&self, now: Timestamp) -> bool {
        self.asked.load(Ordering::SeqCst) || self.at.is_some_and(|at| now >= at)
    }
}
