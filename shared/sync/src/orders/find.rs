//! Finding orders: what changed, by a cursor with overlap; and all that may be taken, by comparing the sets. A cursor is for
//! speed: the sweep is what no order escapes.

use std::{collections::BTreeSet, time::Duration};

use futures_util::lock::Mutex;
use jiff::{Timestamp, tz::TimeZone};
use retail::{
    order::{OrderId, effects::Effect, waiting::Reason},
    settings::OrderSettings,
};
use woocommerce::{Cursor, OrderQuery, OrderRow};

use super::close::is_added_back;
use crate::{
    Engine, Error,
    pair::{Knowledge, Pair},
    ports::{Condition, LedgerError, Write},
    rows::{
        lease::Lease,
        orders::{self, Attention, Holds, Place, Reading, Row},
        records::Department,
    },
};

/// A modification this old has no sibling in its second, whichever clock runs ahead a little.
pub(super) const SETTLED: Duration = Duration::from_secs(10);
/// Of orders placed in this time the sweep compares the refunds: before about WooCommerce 7.6 (its pull request 37047), and by some
/// payment plugins, an order is not dated anew by a refund.
const REFUNDABLE: Duration = Duration::from_secs(100 * 24 * 3600);
/// Orders in one transaction of the ledger, with room for the lease.
const WRITES: usize = 80;
/// Statuses in which the shop has taken the goods off its stock. `SETTINGS.md`, *Held by the shop*.
pub(super) const HOLDING: [&str; 3] = ["processing", "on-hold", "completed"];

/// Looks through the shop's orders: what changed since the last time, or with `all` everything that may be taken. Tells
/// whether the shop was spoken to.
pub(crate) async fn find(engine: &Engine, department: &str, all: bool) -> Result<bool, Error> {
    let record = engine.department(department).await?;
    if taking(&record).is_none() {
        return Ok(false);
    }
    let pair = engine.pair(department, Knowledge::Recent).await?;
    changed(engine, &pair, None).await?;
    if all {
        sweep(engine, &pair).await?;
    }
    watch_taken(engine, &pair).await?;
    if pair.client.settings.order_lookup {
        finished(engine, &pair).await?;
    }
    Ok(true)
}

/// The order settings of a department that takes orders.
pub(super) fn taking(department: &Department) -> Option<&OrderSettings> {
    department.settings.orders.as_ref().filter(|_| department.settings.enabled)
}

/// The shop's zone; of one that doesn't say, Loomis Pay's.
pub(super) fn zone(pair: &Pair) -> TimeZone {
    woocommerce::time_zone(&pair.profile.time_zone).unwrap_or_else(|| pair.client.settings.time_zone.clone())
}

pub(super) fn place(pair: &Pair) -> Place {
    Place::of(&pair.department.settings.id, &pair.base)
}

/// Reads what changed and notes it, and keeps a lease meanwhile. Safe beside others who do the same: what was read twice is
/// noted once.
pub(super) async fn changed(engine: &Engine, pair: &Pair, lease: Option<&Mutex<Lease>>) -> Result<(), Error> {
    let Some(settings) = taking(&pair.department) else { return Ok(()) };
    let id = &pair.department.settings.id;
    loop {
        engine.go_on()?;
        if let Some(lease) = lease {
            lease.lock().await.keep(engine).await?;
        }
        let (reading, condition) = orders::reading(engine, id, &pair.base).await?;
        let from = first_moment(engine, pair, settings, reading.as_ref());
        let mut reading = reading.filter(|reading| reading.from == from).unwrap_or_else(|| Reading {
            from,
            cursor: Cursor::since(from),
            swept: None,
            watched: None,
        });
        let query = OrderQuery { statuses: Vec::new(), created_from: Some(from) };
        let page = pair.shop.changed_orders(&query, &reading.cursor).await?;
        let noted = note(engine, pair, settings, &page.orders).await?;
        if reading.cursor != page.next {
            reading.cursor = page.next;
            let put = orders::put_reading(id, &pair.base, &reading, condition)?;
            match engine.ledger.write(vec![put]).await {
                // Whoever moved it has read the same, or will.
                Err(LedgerError::Conflict) => {}
                other => other?,
            }
        }
        for order in noted {
            engine.wake_order(id, order).await?;
        }
        if !page.more {
            return Ok(());
        }
    }
}

/// The moment from which on orders are taken: the start of the from date in the shop's zone.
fn first_moment(
    engine: &Engine,
    pair: &Pair,
    settings: &OrderSettings,
    reading: Option<&Reading>,
) -> Timestamp {
    // A day that begins in a gap begins behind it.
    let midnight = |day: jiff::civil::Date| {
        zone(pair).to_ambiguous_timestamp(day.to_datetime(jiff::civil::Time::midnight())).compatible().ok()
    };
    let day = settings.from_date.and_then(midnight);
    day.or(reading.map(|reading| reading.from)).unwrap_or_else(|| engine.now())
}

/// Compares the orders that qualify with those that were taken.
async fn sweep(engine: &Engine, pair: &Pair) -> Result<(), Error> {
    let Some(settings) = taking(&pair.department) else { return Ok(()) };
    let id = &pair.department.settings.id;
    let began = engine.now();
    let (reading, _) = orders::reading(engine, id, &pair.base).await?;
    let from = first_moment(engine, pair, settings, reading.as_ref());
    // A status whose plugin is gone would refuse the whole question; `check` says so.
    let has = &pair.profile.order_statuses;
    let asked = settings.retrieve_statuses.iter().filter(|status| has.is_empty() || has.contains(status));
    let asked: Vec<String> = asked.cloned().collect();
    if asked.is_empty() {
        return Ok(());
    }
    let mut listed = pair.shop.orders_since(from, &asked).await?;
    let recent = pair.shop.orders_since(from.max(began - REFUNDABLE), &[]).await?;
    unlisted(engine, pair, listed.iter().chain(&recent)).await?;
    let refunded = recent.into_iter().filter(|one| !one.refunds.is_empty() && !asked.contains(&one.status));
    listed.extend(refunded);
    for some in listed.chunks(100) {
        engine.go_on()?;
        for order in note(engine, pair, settings, some).await? {
            engine.wake_order(id, order).await?;
        }
    }
    let (reading, condition) = orders::reading(engine, id, &pair.base).await?;
    if let Some(reading) = reading {
        let reading = Reading { swept: Some(began), ..reading };
        match engine.ledger.write(vec![orders::put_reading(id, &pair.base, &reading, condition)?]).await {
            // Only for people to see.
            Err(LedgerError::Conflict) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Orders that wait, or hold stock, and that no list names are in the bin, or gone: they are looked at.
async fn unlisted(
    engine: &Engine,
    pair: &Pair,
    listed: impl Iterator<Item = &OrderRow>,
) -> Result<(), Error> {
    let place = place(pair);
    // What passed by waits for nothing, and there may be thousands of them.
    let waits = |one: &Attention| one.waits.iter().any(|waiting| waiting.reason != Reason::PassedBy);
    let waiting = orders::attention(engine, &place).await?.into_iter().filter(|(one, _)| waits(one));
    let mut ids: BTreeSet<OrderId> = waiting.map(|(one, _)| one.id).collect();
    ids.extend(orders::holds(engine, &place).await?.into_keys());
    for one in listed {
        ids.remove(&one.id);
    }
    for id in ids {
        engine.go_on()?;
        let Some((row, version)) = place.order(engine, id).await? else { continue };
        let row = Row { next: Some(engine.now()), ..row };
        match engine.ledger.write(vec![place.put_alone(&row, Condition::Version(version))?]).await {
            // Somebody is at it.
            Err(LedgerError::Conflict) => {}
            other => other?,
        }
        engine.wake_order(&pair.department.settings.id, id).await?;
    }
    Ok(())
}

/// Notes orders that are to be looked after, in the ledger. Gives their ids.
async fn note(
    engine: &Engine,
    pair: &Pair,
    settings: &OrderSettings,
    listed: &[OrderRow],
) -> Result<Vec<OrderId>, Error> {
    let place = place(pair);
    let ids: Vec<OrderId> = listed.iter().map(|one| one.id).collect();
    let known = place.orders(engine, &ids).await?;
    let mut noted = Vec::new();
    for one in listed {
        if note_one(engine, pair, settings, one, known.get(&one.id).cloned()).await? {
            noted.push(one.id);
        }
    }
    Ok(noted)
}

/// Notes an order, unless it was looked after as it is. Tells whether somebody is to be woken for it now.
async fn note_one(
    engine: &Engine,
    pair: &Pair,
    settings: &OrderSettings,
    one: &OrderRow,
    mut known: Option<(Row, u64)>,
) -> Result<bool, Error> {
    let place = place(pair);
    loop {
        let now = engine.now();
        let (row, condition) = match known {
            // As it was looked after: our own writes come back here too.
            Some((row, _))
                if row.modified == one.modified && row.status == one.status && has_refunds(&row, one) =>
            {
                return Ok(false);
            }
            Some((row, version)) => (row, Condition::Version(version)),
            None if !concerns_us(settings, &one.status) => return Ok(false),
            None => (found(one, now), Condition::Absent),
        };
        let fresh = condition == Condition::Absent;
        // What was looked after a moment ago comes back until its second is over: once more then, and not at once.
        let is_other = row.status != one.status || !has_refunds(&row, one);
        let next = row.looked.filter(|_| !is_other).map_or(now, |looked| now.max(looked + SETTLED));
        let row = Row { next: Some(next), ..row };
        let attention = orders::attention_for(engine, &place, row.id).await?;
        let found = orders::holds_of(engine, &place, row.id).await?;
        // From this moment, also if it comes back after its goods were added back.
        let takes = holds(settings, &one.status) && (fresh || came_back(settings, &row));
        let holds = found.or(takes.then_some(Holds { lines: None }));
        match engine.ledger.write(place.put(&row, condition, attention.as_ref(), holds.as_ref())?).await {
            // Somebody is at it, and may have looked before it changed: the cursor will not name it again.
            Err(LedgerError::Conflict) => known = place.order(engine, one.id).await?,
            other => return Ok(other.map(|()| next <= now)?),
        }
    }
}

/// Whether a known order that takes goods off the shop's stock now has to be held again: they were added back.
fn came_back(settings: &OrderSettings, row: &Row) -> bool {
    let effects = row.taken.iter().flat_map(|taken| &taken.effects);
    !holds(settings, &row.status) && effects.into_iter().any(is_added_back)
}

/// A shop's hint that an order changed: what is known of it becomes due, by these writes. One that isn't known takes none: it is
/// found by the poll.
pub(crate) async fn hinted(engine: &Engine, place: &Place, id: OrderId) -> Result<Vec<Write>, Error> {
    let Some((row, version)) = place.order(engine, id).await? else { return Ok(Vec::new()) };
    let now = engine.now();
    // Our own writes come back so too: what was looked after a moment ago is looked at when its second is over.
    let next = row.looked.map_or(now, |looked| now.max(looked + SETTLED));
    let next = row.next.map_or(next, |already| already.min(next));
    let row = Row { next: Some(next), ..row };
    let attention = orders::attention_for(engine, place, id).await?;
    let holds = orders::holds_of(engine, place, id).await?;
    let condition = crate::ports::Condition::Version(version);
    place.put(&row, condition, attention.as_ref(), holds.as_ref())
}

/// Whether the order has the refunds that it had when it was looked after.
fn has_refunds(row: &Row, one: &OrderRow) -> bool {
    row.refunds.iter().eq(one.refunds.iter().map(|refund| &refund.id))
}

fn found(one: &OrderRow, now: Timestamp) -> Row {
    let mut row = Row {
        id: one.id,
        number: one.number.clone(),
        status: one.status.clone(),
        placed: one.created,
        seen: now,
        modified: None,
        refunds: Vec::new(),
        looked: None,
        taken: None,
        word: None,
        retrieved: None,
        watch: None,
        completed: None,
        waits: Vec::new(),
        next: None,
        tries: 0,
        story: Vec::new(),
    };
    row.tell(now, format!("seen in the shop as {}", one.status));
    row
}

/// Whether an order of this status that isn't known yet has to be looked at: it may be taken, holds stock, or has passed
/// by; or it may have lowered the shop's stock for a moment, in which it was compared. Then it is none of ours.
fn concerns_us(settings: &OrderSettings, status: &str) -> bool {
    holds(settings, status) || matches!(status, "refunded" | "cancelled")
}

/// Whether an order of this status has lowered the shop's stock.
pub(super) fn holds(settings: &OrderSettings, status: &str) -> bool {
    HOLDING.contains(&status) || settings.retrieve_statuses.iter().any(|one| one == status)
}

/// Orders that were taken while none was to be completed have no next look. Once the record has changed they are given one.
async fn watch_taken(engine: &Engine, pair: &Pair) -> Result<(), Error> {
    let (id, version) = (&pair.department.settings.id, pair.department.version);
    let Some(completed) = taking(&pair.department).and_then(|one| one.status_when_completed.as_deref())
    else {
        return Ok(());
    };
    let (reading, condition) = orders::reading(engine, id, &pair.base).await?;
    let Some(reading) = reading.filter(|reading| reading.watched != Some(version)) else { return Ok(()) };
    // Whoever is at an order by an older record closes it before this goes on, and gives it no look.
    let mut lease = match super::lease(engine, id).await {
        Ok(lease) => lease,
        Err(Error::Taken) => return Ok(()),
        Err(error) => return Err(error),
    };
    let watched = watch_all(engine, &place(pair), completed, &mut lease).await;
    lease.release(engine).await?;
    match watched {
        // With the next tick.
        Err(Error::Taken) => return Ok(()),
        other => other?,
    }
    let reading = Reading { watched: Some(version), ..reading };
    match engine.ledger.write(vec![orders::put_reading(id, &pair.base, &reading, condition)?]).await {
        Err(LedgerError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}

async fn watch_all(engine: &Engine, place: &Place, completed: &str, lease: &mut Lease) -> Result<(), Error> {
    let mut after = None;
    loop {
        engine.go_on()?;
        let (rows, next) = place.page(engine, after).await?;
        let mut writes = Vec::new();
        for (mut row, version) in rows.into_iter().filter(|(row, _)| is_unwatched(row, completed)) {
            row.next = Some(engine.now());
            writes.push(place.put_alone(&row, Condition::Version(version))?);
        }
        for some in writes.chunks(WRITES) {
            lease.keep(engine).await?;
            lease.write(engine, some.to_vec()).await?;
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Whether an order is to be completed one day, and nobody looks at it. One that has the status, or was called off, is left.
fn is_unwatched(row: &Row, completed: &str) -> bool {
    let taken = row.taken.iter().flat_map(|taken| &taken.effects);
    let linked = |effect: &Effect| matches!(effect, Effect::CustomerOrder { may_be_unlocked: false });
    let over = matches!(row.status.as_str(), "cancelled" | "failed" | "refunded" | "trash");
    row.next.is_none()
        && row.completed.is_none()
        && row.status != completed
        && !over
        && taken.into_iter().any(linked)
}

/// Customer orders that changed in Loomis Pay, where it can be asked for them: those that are watched are looked at now.
async fn finished(engine: &Engine, pair: &Pair) -> Result<(), Error> {
    let place = place(pair);
    let since = orders::office_read(engine, &pair.department.settings.id, &pair.base).await?;
    let read = pair.office.changed_orders(since.unwrap_or_else(|| engine.now())).await?;
    let ids: Vec<OrderId> = read.rows.iter().filter_map(|row| row.reference.map(OrderId)).collect();
    for (id, (mut row, version)) in place.orders(engine, &ids).await? {
        let Some(watch) = row.watch.filter(|_| row.completed.is_none()) else { continue };
        let moved = read.rows.iter().any(|one| {
            one.order_id == watch.order_id && one.status.is_none_or(|status| status != watch.status)
        });
        if !moved {
            continue;
        }
        let now = engine.now();
        row.watch = Some(orders::Watch { next: now, ..watch });
        row.next = Some(now);
        let department = &pair.department.settings.id;
        let attention = orders::attention_for(engine, &place, id).await?;
        let holds = orders::holds_of(engine, &place, id).await?;
        let condition = Condition::Version(version);
        match engine.ledger.write(place.put(&row, condition, attention.as_ref(), holds.as_ref())?).await {
            Err(LedgerError::Conflict) => {}
            other => other?,
        }
        engine.wake_order(department, id).await?;
    }
    orders::put_office_read(engine, &pair.department.settings.id, &pair.base, read.server_time).await
}
