//! What changed in the shop since the last look: keyset paging, the only way that lost no row (`BEHAVIOUR.md`, *Paging*);
//! and where a shop is too old for it, a sweep of the whole list.

mod sweep;

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use retail::shop::{ShopId, ShopProduct};
use serde::{Deserialize, Serialize};
use world::Response;

use super::{
    Client, Query,
    list::{PAGE, more_follow},
};
use crate::{Error, wire};

/// How far the changes have been read: everything modified before `second` was handed over, and of that second itself
/// what is in `seen`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The second that reading goes on with, by the shop's clock.
    second: Timestamp,
    /// The products of that second that were handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<ShopId>,
    /// Where a sweep stands that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweep: Option<sweep::Place>,
}

impl Cursor {
    /// Everything modified in this second or later.
    pub fn since(second: Timestamp) -> Cursor {
        Cursor { second: whole(second), seen: Vec::new(), sweep: None }
    }

    /// The second that reading goes on with.
    pub fn second(&self) -> Timestamp {
        self.second
    }
}

/// Some of what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Changed products, the earliest first (in a sweep, only among themselves); our own writes come back here too.
    /// Variations don't: a variation's write bumps its parent. May be empty although there is more.
    pub products: Vec<ShopProduct>,
    /// Where to go on. Keep it only after the products were handed over.
    pub next: Cursor,
    /// Whether there is more to read now.
    pub more: bool,
}

/// Seconds that are not yet over by the shop's clock: a product may be modified again within one of them.
const UNSETTLED: Duration = Duration::from_secs(2);

/// How a shop can be asked what changed.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// By the moment, in GMT.
    Gmt,
    /// By the moment, in the shop's local time.
    Local(TimeZone),
    /// Not at all: the whole list is read.
    Sweep,
}

impl Client {
    /// Products modified since `after`, the trash excluded: one page, or one crowded second. A cursor is no proof: direct
    /// database writes don't show, so compare everything now and then.
    ///
    /// A shop before WooCommerce 5.8 (see [`Client::with_era`]) can't be asked for changes: its whole list is read, a page
    /// with each call, and those that changed are picked out here. Dear, so ask it seldom.
    ///
    /// A product that is modified while a page is read may come twice; none is left out.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn changed_products(&self, after: &Cursor) -> Result<Page, Error> {
        let way = self.way(after);
        if way == Way::Sweep {
            return self.sweep(after).await;
        }
        let reading = self.modified(&way, after, 1).await?;
        let crowded = reading.full && reading.rows.iter().all(|row| row.at <= after.second);
        if crowded { self.crowded_second(&way, after, reading.rows).await } else { Ok(page(after, reading)) }
    }

    fn way(&self, after: &Cursor) -> Way {
        if after.sweep.is_some() || !self.capabilities.modified_after {
            return Way::Sweep;
        }
        if self.capabilities.dates_are_gmt {
            return Way::Gmt;
        }
        match &self.zone {
            Some(zone) if !repeats_an_hour(zone, after.second, self.world.now()) => Way::Local(zone.clone()),
            _ => Way::Sweep,
        }
    }

    /// More products than a page holds share one second. Page numbers lose rows while things move, so the whole second
    /// is read again until a reading finds nothing new in it; only then is what follows taken.
    async fn crowded_second(&self, way: &Way, after: &Cursor, first: Vec<Row>) -> Result<Page, Error> {
        let mut rows = first;
        for number in 2.. {
            let Reading { rows: further, full, now } = self.modified(way, after, number).await?;
            let last = !full || further.iter().any(|row| row.at > after.second);
            let known = rows.len();
            rows.extend(further);
            dedupe(&mut rows);
            if !last && rows.len() > known {
                continue;
            }
            let new_here = |row: &Row| row.at == after.second && !after.seen.contains(&row.id);
            if !rows.iter().any(new_here) {
                return Ok(page(after, Reading { rows, full, now }));
            }
            rows.retain(new_here);
            let mut next = after.clone();
            next.seen.extend(rows.iter().map(|row| row.id));
            return Ok(Page {
                products: rows.into_iter().map(|row| row.product).collect(),
                next,
                more: true,
            });
        }
        unreachable!("page numbers don't end")
    }

    /// One page of rows.
    async fn modified(&self, way: &Way, after: &Cursor, number: usize) -> Result<Reading, Error> {
        // `modified_after` is exclusive. Naive GMT and the flag: a Z together with the flag is shifted by the shop's
        // offset and misses changes (BEHAVIOUR.md, *Finding what changed*).
        let from = after.second - Duration::from_secs(1);
        let (from, flag) = match way {
            Way::Local(zone) => (zone.to_datetime(from), None),
            _ => (TimeZone::UTC.to_datetime(from), Some(("dates_are_gmt", "true".to_owned()))),
        };
        let mut query: Query<'_> = vec![("modified_after", from.strftime("%Y-%m-%dT%H:%M:%S").to_string())];
        query.extend(flag);
        query.extend([
            ("orderby", "modified".to_owned()),
            ("order", "asc".to_owned()),
            ("status", "any".to_owned()),
            ("per_page", PAGE.to_string()),
            ("page", number.to_string()),
            ("_fields", wire::PRODUCT_FIELDS.to_owned()),
        ]);
        let (rows, response) = self.read_dated::<Vec<wire::Product>>("products", &query).await?;
        let full = more_follow(rows.len(), number * PAGE, &response);
        let rows = rows.into_iter().map(|row| Row::of(row, after)).collect();
        Ok(Reading { rows, full, now: self.shop_time(&response) })
    }

    fn shop_time(&self, response: &Response) -> Timestamp {
        let date = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        date.map_or_else(|| self.world.now(), |date| date.timestamp())
    }
}

/// Clocks of shop and house may differ by so much where it is asked whether an hour repeats itself. An hour that repeats
/// itself lasts two, at most, and is within it too.
const NEAR: Duration = Duration::from_secs(3 * 60 * 60);

/// Whether clocks went back between two moments, or will shortly: local times don't follow each other then, and neither a
/// `modified_after` nor an order by modification in local time can be trusted.
fn repeats_an_hour(zone: &TimeZone, from: Timestamp, to: Timestamp) -> bool {
    let start = from.checked_sub(NEAR).unwrap_or(from);
    let end = to.checked_add(NEAR).unwrap_or(to);
    let mut before = zone.to_offset(start);
    for transition in zone.following(start).take_while(|transition| transition.timestamp() <= end) {
        if transition.offset() < before {
            return true;
        }
        before = transition.offset();
    }
    false
}

struct Reading {
    rows: Vec<Row>,
    /// Whether more rows follow.
    full: bool,
    /// The shop's time.
    now: Timestamp,
}

struct Row {
    id: ShopId,
    at: Timestamp,
    product: ShopProduct,
}

impl Row {
    /// A row without a date can't be placed; it counts as modified when reading goes on, and so comes again.
    fn of(row: wire::Product, after: &Cursor) -> Row {
        Row { id: row.id(), at: row.modified().unwrap_or(after.second), product: row.into_product() }
    }

    /// What is older was handed over before: an old shop that knows no `dates_are_gmt` reaches back by its offset.
    fn is_new(&self, after: &Cursor) -> bool {
        self.at > after.second || (self.at == after.second && !after.seen.contains(&self.id))
    }
}

/// The new rows of a reading that began with `after`, and where the next one begins.
fn page(after: &Cursor, Reading { rows, full: more, now }: Reading) -> Page {
    let last = rows.iter().map(|row| row.at).max().unwrap_or(after.second).max(after.second);
    let mut next = if last == after.second { after.clone() } else { Cursor::since(last) };
    // A second that is not over may still change what was seen in it: then its products come once more.
    let settled = more || last < whole(now) - UNSETTLED;
    for row in rows.iter().filter(|row| row.at >= last) {
        if !next.seen.contains(&row.id) {
            next.seen.push(row.id);
        }
    }
    if !settled {
        next.seen.clear();
    }
    let new = rows.into_iter().filter(|row| row.is_new(after));
    Page { products: new.map(|row| row.product).collect(), next, more }
}

fn dedupe(rows: &mut Vec<Row>) {
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert((row.id, row.at)));
}

fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
