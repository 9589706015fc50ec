//! The census: whose turn it is, compared with what the records say. It finds what a person wrote into the store by hand: a new
//! department, a setting switched on, a record that can't be used, one that is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use retail::{
    fate::{Fate, Scope, Trouble},
    settings::DepartmentSettings,
};
use serde::{Deserialize, Serialize};

use super::{CENSUS, Strike, Tick};
use crate::{
    Engine, Error,
    ports::{Condition, Key, LedgerError, Write},
    rows::{
        body, item, log,
        pause::{self, Cause},
        records::{self, Stored},
        turns::{self, Kind, Turn},
    },
};

/// Records that are looked at together.
const PAGE: usize = 100;

#[derive(Serialize, Deserialize)]
struct Census {
    at: Timestamp,
}

fn key() -> Key {
    Key::new("installation", "census")
}

impl Engine {
    /// Whether the last census was long ago.
    pub(super) async fn census_is_old(&self) -> Result<bool, Error> {
        let last = self.ledger.get(&key()).await?.as_ref().map(body::<Census>).transpose()?;
        Ok(last.is_none_or(|last| self.now() >= last.at + CENSUS))
    }

    /// Takes the census. What it finds to be new is woken for at once.
    pub(crate) async fn census(&self) -> Result<(), Error> {
        let at = self.now();
        let mut known: BTreeMap<String, Vec<Turn>> = BTreeMap::new();
        for turn in turns::known(self).await? {
            known.entry(turn.department.clone()).or_default().push(turn);
        }
        let mut after = None;
        loop {
            self.go_on()?;
            let (records, next) = records::department_page(self, after, PAGE).await?;
            for stored in records {
                let known = known.remove(&stored.id).unwrap_or_default();
                match &stored.says {
                    Ok(settings) => self.count(settings, &stored, known).await?,
                    Err(fault) => {
                        let reason = format!("the stored department {} can't be used: {fault}", stored.id);
                        self.stop_broken(&stored.id, reason).await?;
                    }
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        // Their records are gone.
        for turn in known.into_values().flatten() {
            self.ledger.write(turns::forget(&turn)).await?;
        }
        let put = Write::Put { item: item(key(), &Census { at })?, condition: Condition::Always };
        Ok(self.ledger.write(vec![put]).await?)
    }

    /// The census of one department, for a person who asks about it.
    pub(crate) async fn census_of(&self, department: &str) -> Result<(), Error> {
        let Some(stored) = records::stored_department(self, department).await? else { return Ok(()) };
        match &stored.says {
            Ok(settings) => self.count(settings, &stored, Vec::new()).await,
            Err(_) => Ok(()),
        }
    }

    /// Gives a department the turns that follow from its record, if it hasn't them.
    async fn count(
        &self,
        settings: &DepartmentSettings,
        stored: &Stored,
        known: Vec<Turn>,
    ) -> Result<(), Error> {
        let former = known.into_iter().find(|turn| turn.client != settings.client_number);
        if former.is_none() && turns::stand(self, settings).await? {
            return Ok(());
        }
        tracing::info!(
            department = settings.id,
            "its record was written by hand: its turns follow from it now"
        );
        let mut writes = turns::follow(settings, former.as_ref())?;
        // Whoever puts the record meanwhile is right.
        writes.push(stored.unchanged());
        match self.ledger.write(writes).await {
            Err(LedgerError::Conflict) => return Ok(()),
            other => other?,
        }
        self.strike_all(settings).await
    }

    /// What is new has its turn at once.
    async fn strike_all(&self, settings: &DepartmentSettings) -> Result<(), Error> {
        let turn = Turn { department: settings.id.clone(), client: settings.client_number.clone() };
        for tick in Tick::ALL {
            for kind in tick.kinds().iter().filter(|kind| **kind != Kind::Due && kind.concerns(settings)) {
                self.strike(Strike { tick, scheduled: self.now() }, *kind, vec![turn.clone()]).await?;
            }
        }
        Ok(())
    }

    /// A record broken by hand stops its department, visibly, and no other.
    pub(crate) async fn stop_broken(&self, id: &str, reason: String) -> Result<(), Error> {
        let key = pause::department(id);
        let trouble = Trouble::new(Fate::Settings, Scope::Department, reason);
        let known = |pause: &pause::Pause| pause.reason == trouble.reason || pause.cause == Cause::Restored;
        if pause::read(self, &key).await?.as_ref().is_some_and(known) {
            return Ok(());
        }
        pause::set(self, key, &trouble, Cause::Record).await?;
        log::say(self, id, None, format!("paused until a person acts: {}", trouble.reason)).await
    }
}
