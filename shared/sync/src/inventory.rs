//! Reading a department's stock: no change query exists, so the list is read whole and compared. `SETTINGS.md`, *Stock*.

use std::time::Duration;

use jiff::Timestamp;
use retail::{
    fate::{Fate, Scope, Trouble},
    stock::must_agree,
};

use crate::{
    Engine, Error,
    ports::Key,
    rows::{
        due,
        lease::{self, Lease},
        log, runs,
        stock::{self, StockState},
    },
    wake::Wake,
};

/// How long to wait for a worker that reads the same department.
const PATIENCE: Duration = Duration::from_secs(20);
/// After so many pages it is kept how far a reading is; whoever goes on reads at most so many again.
const KEPT_EVERY: u32 = 10;
/// A reading that has not moved for so long begins anew.
const STALE: Duration = Duration::from_secs(15 * 60);

/// Reads a department's stock, to the end, and hands over what changed; unless it was read since `asked`.
///
/// # Errors
/// [`Error::Taken`], [`Error::Stopped`], trouble with Loomis Pay.
pub(crate) async fn read(engine: &Engine, department: &str, asked: Option<Timestamp>) -> Result<(), Error> {
    let flows = read_and(engine, department, asked).await?;
    if flows {
        engine.wake(Wake::Due { department: department.to_owned() }).await?;
    }
    if let Some(run) = runs::active(engine, department).await? {
        engine.wake(Wake::Run { department: department.to_owned(), run: run.id }).await?;
    }
    Ok(())
}

/// The same, and wakes nobody: for a preview, which has a ledger of its own and must not touch the queue.
pub(crate) async fn read_quietly(engine: &Engine, department: &str) -> Result<(), Error> {
    lease::void(engine, lease_key(department)).await?;
    read_and(engine, department, None).await.map(drop)
}

fn lease_key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "lease#stock")
}

/// Tells whether something is due now.
async fn read_and(engine: &Engine, department: &str, asked: Option<Timestamp>) -> Result<bool, Error> {
    let mut lease = Lease::wait_for(engine, lease_key(department), PATIENCE).await?;
    let done = read_all(engine, department, asked, &mut lease).await;
    lease.release(engine).await?;
    done
}

async fn read_all(
    engine: &Engine,
    id: &str,
    asked: Option<Timestamp>,
    lease: &mut Lease,
) -> Result<bool, Error> {
    let department = engine.department(id).await?;
    let client = engine.client(&department.settings.client_number).await?;
    let office = engine.office(&client)?;
    let token = department.token.clone();
    let mut state = stock::state(engine, id).await?;
    let now = engine.now();
    let fresh = |began: Timestamp| now <= began + STALE;
    engine.lags(id, state.complete);
    let flows = department.settings.products.stock_flows();
    // Wishes that piled up behind a long reading are met by one.
    let is_met = |asked: Timestamp| state.complete.is_some_and(|began| began >= asked);
    if state.next.is_none() && asked.is_some_and(is_met) {
        return hand_over(engine, id, lease, &mut state, flows).await;
    }
    if state.next.is_none() || !state.began.is_some_and(fresh) {
        state.begin(now);
    }
    let mut unkept = 0;
    while let Some(start) = state.next {
        engine.go_on()?;
        lease.keep(engine).await?;
        let page = office.stock(&token, start, &[]).await?;
        if page.received == 0 && start < page.total {
            let reason = format!("Loomis Pay's stock list ended at {start} of {}", page.total);
            return Err(Error::Trouble(Trouble::new(Fate::Retry, Scope::Department, reason)));
        }
        stock::merge(engine, lease, id, &page.rows, &mut state).await?;
        state
            .unreadable
            .extend(page.unreadable.into_iter().map(|row| format!("{}: {}", row.row, row.reason)));
        state.unreadable.truncate(20);
        let next = start + page.received;
        state.next = (next < page.total).then_some(next);
        if state.next.is_none() {
            state.complete(engine, id).await?;
        }
        unkept += 1;
        if state.next.is_none() || unkept == KEPT_EVERY {
            lease.write(engine, vec![stock::put_state(id, &state)?]).await?;
            unkept = 0;
        }
    }
    hand_over(engine, id, lease, &mut state, flows).await
}

impl StockState {
    fn begin(&mut self, now: Timestamp) {
        // A reading that was cut short is begun anew under its number: what it found first stays found by it.
        if self.next.is_none() {
            self.reading += 1;
        }
        self.began = Some(now);
        self.next = Some(0);
        (self.rows, self.stocked, self.fallen) = (0, 0, 0);
        self.unreadable.clear();
    }

    /// The zero rule: a reading that falls too far, or is empty, waits for a second one that agrees.
    async fn complete(&mut self, engine: &Engine, department: &str) -> Result<(), Error> {
        self.complete = self.began;
        let held = if self.rows == 0 && self.accepted > 0 {
            Some("Loomis Pay's stock list came empty: nothing is written until a reading has rows".to_owned())
        } else if must_agree(self.stocked, self.fallen) {
            Some(format!(
                "{} of {} products in stock would fall to zero at once: waits for a second reading that agrees",
                self.fallen, self.stocked
            ))
        } else {
            None
        };
        if held != self.held {
            let text = held.clone().unwrap_or_else(|| "a second stock reading agreed".to_owned());
            log::say(engine, department, None, text).await?;
        }
        if held.is_none() {
            self.accepted = self.reading;
        }
        self.held = held;
        Ok(())
    }
}

/// Marks as due what readings changed that count and were not handed over yet. Tells whether something is.
async fn hand_over(
    engine: &Engine,
    id: &str,
    lease: &mut Lease,
    state: &mut StockState,
    flows: bool,
) -> Result<bool, Error> {
    if state.handed >= state.accepted {
        return Ok(false);
    }
    let due = flows && state.changed && !runs::will_look(engine, id).await?;
    if due {
        let mut after = None;
        loop {
            let (ids, next) = stock::changed(engine, id, state.handed, after).await?;
            due::mark(engine, id, &ids, due::How::changed(due::Extent::Stock)).await?;
            after = next;
            if after.is_none() {
                break;
            }
            lease.keep(engine).await?;
        }
    }
    state.handed = state.accepted;
    state.changed = false;
    lease.write(engine, vec![stock::put_state(id, state)?]).await?;
    Ok(due)
}
