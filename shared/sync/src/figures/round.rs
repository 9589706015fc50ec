//! A look round: how many departments are paused and how many orders are parked, by two sparse indexes.

use std::time::Duration;

use super::Metric;
use crate::{
    Engine, Error,
    ports::{IndexKey, Key, Range},
    rows::{
        body,
        pause::{self, Pause},
        records,
    },
};

/// A pause that heals by itself within this time is the world's way, and calls nobody.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// How many parked orders are counted; who has more knows enough.
const MOST: u64 = 1_000;

const PARKED: &str = "parked";

/// Where a parked order is found, by the key of its row.
pub(crate) fn parked(key: &Key) -> IndexKey {
    IndexKey { partition: PARKED.to_owned(), sort: key.sort.clone() }
}

impl Engine {
    /// Measures what a person should act on.
    pub(crate) async fn look_round(&self) -> Result<(), Error> {
        let paused = self.count_paused().await?;
        self.figures.count(Metric::PausedDepartments, paused);
        let parked = self.count_parked().await?;
        self.figures.count(Metric::ParkedOrders, parked);
        Ok(())
    }

    async fn count_paused(&self) -> Result<u64, Error> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.ledger.page_by_index(pause::ALL, Range::default().after(after), 100).await?;
            for item in &page.items {
                let pause: Pause = body(item)?;
                let calls = pause.until.is_none() || self.now() > pause.since + PATIENCE;
                if calls && self.is_wanted(&item.key).await? {
                    count += 1;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Whether the department or client of that pause is one that anything happens for.
    async fn is_wanted(&self, pause: &Key) -> Result<bool, Error> {
        // No secret is opened: the clock that asks may not.
        Ok(match pause.partition.split_once('#') {
            Some(("D", id)) => match records::stored_department(self, id).await? {
                // One that is broken is paused for that.
                Some(stored) => stored.says.map_or(true, |settings| settings.enabled),
                // Removed meanwhile.
                None => false,
            },
            Some(("C", number)) => records::is_client(self, number).await?,
            _ => false,
        })
    }

    async fn count_parked(&self) -> Result<u64, Error> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.ledger.page_by_index(PARKED, Range::default().after(after), 100).await?;
            count += page.items.len() as u64;
            after = page.next;
            if after.is_none() || count >= MOST {
                return Ok(count);
            }
        }
    }
}
