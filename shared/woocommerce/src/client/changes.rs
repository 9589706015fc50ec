//! What changed in the shop since the last look: keyset paging, the only way that lost no row (`BEHAVIOUR.md`, *Paging*);
//! and where a shop is too old for it, a sweep of the whole list. Products and orders are read alike.

mod sweep;

use std::{marker::PhantomData, time::Duration};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use retail::shop::ShopProduct;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use world::Response;

use super::{
    Client, Query,
    list::{PAGE, more_follow},
};
use crate::{Error, wire};

/// How far a list has been read: everything modified (or made) before `second` was handed over, and of that second itself
/// what is in `seen`. Belongs to the call, and to the question, that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The second that reading goes on with, by the shop's clock.
    second: Timestamp,
    /// What was handed over of that second, by its ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<u64>,
    /// Where a sweep stands that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweep: Option<sweep::Place>,
}

impl Cursor {
    /// Everything modified (or made) in this second or later.
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

/// By so much the next reading of orders reaches back behind the shop's present: a modification may be dated before it can be seen,
/// and a clock may be set back.
pub(super) const OVERLAP: Duration = Duration::from_secs(120);

/// No zone is farther from GMT.
const ANY_ZONE: Duration = Duration::from_secs(24 * 60 * 60);

/// By which of its moments a row is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// When it was last modified.
    Modified,
    /// When it was made.
    Created,
}

/// A row of a list that is read by moments.
pub(super) trait Dated: DeserializeOwned {
    /// The id.
    fn id(&self) -> u64;
    /// The moment, to the second; `None` where the shop doesn't say.
    fn at(&self, by: By) -> Option<Timestamp>;
}

impl Dated for wire::Product {
    fn id(&self) -> u64 {
        self.number()
    }

    fn at(&self, _: By) -> Option<Timestamp> {
        self.modified()
    }
}

/// A list, and what is asked of it besides moments.
pub(super) struct Listing<T> {
    pub(super) path: &'static str,
    pub(super) fields: &'static str,
    pub(super) by: By,
    pub(super) filters: Vec<(&'static str, String)>,
    /// Only what was made in this second or later, or little before it.
    pub(super) created_from: Option<Timestamp>,
    /// How far the next reading reaches back behind the shop's present.
    pub(super) overlap: Duration,
    pub(super) rows: PhantomData<T>,
}

/// What one call found.
pub(super) struct Found<T> {
    pub(super) rows: Vec<T>,
    pub(super) next: Cursor,
    pub(super) more: bool,
}

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
        let listing = Listing::<wire::Product> {
            path: "products",
            fields: wire::PRODUCT_FIELDS,
            by: By::Modified,
            filters: vec![("status", "any".to_owned())],
            created_from: None,
            overlap: Duration::ZERO,
            rows: PhantomData,
        };
        let Found { rows, next, more } = self.changed(&listing, after).await?;
        Ok(Page { products: rows.into_iter().map(wire::Product::into_product).collect(), next, more })
    }

    /// What is new in a list since `after`.
    pub(super) async fn changed<T: Dated>(
        &self,
        listing: &Listing<T>,
        after: &Cursor,
    ) -> Result<Found<T>, Error> {
        let way = self.way(listing.by, after);
        if way == Way::Sweep {
            return self.sweep(listing, after).await;
        }
        let reading = self.since(listing, &way, after, 1).await?;
        let last = reading.rows.iter().map(|row| row.at).max();
        if let (Some(zone), Some(last), true) = (&self.zone, last, reading.full)
            && repeats_an_hour(zone, last, last)
        {
            // Even where GMT is asked for, posts are put in order by local time: where that repeats itself, a page that
            // is cut off there leaves out earlier rows.
            return self.sweep(listing, after).await;
        }
        let crowded = reading.full && last.is_none_or(|last| last <= after.second);
        if crowded {
            self.crowded_second(listing, &way, after, reading.rows).await
        } else {
            Ok(page(listing, after, reading))
        }
    }

    fn way(&self, by: By, after: &Cursor) -> Way {
        if after.sweep.is_some() || (by == By::Modified && !self.capabilities.modified_after) {
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

    /// More rows than a page holds share one second. Page numbers lose rows while things move, so the whole second
    /// is read again until a reading finds nothing new in it; only then is what follows taken.
    async fn crowded_second<T: Dated>(
        &self,
        listing: &Listing<T>,
        way: &Way,
        after: &Cursor,
        first: Vec<Row<T>>,
    ) -> Result<Found<T>, Error> {
        let mut rows = first;
        for number in 2.. {
            let Reading { rows: further, full, now } = self.since(listing, way, after, number).await?;
            let last = !full || further.iter().any(|row| row.at > after.second);
            let known = rows.len();
            rows.extend(further);
            dedupe(&mut rows);
            if !last && rows.len() > known {
                continue;
            }
            let new_here = |row: &Row<T>| row.at == after.second && !after.seen.contains(&row.id);
            if !rows.iter().any(new_here) {
                let beyond = rows.iter().any(|row| row.at > after.second);
                if full && !beyond {
                    return Err(Error::setup(format!(
                        "the shop's list of {} has the same ones on every page: a plugin changes its pages",
                        listing.path
                    )));
                }
                // What lies beyond was read by page number, and so perhaps not all of it: it is read on from.
                return Ok(page(listing, after, Reading { rows, full: beyond, now }));
            }
            rows.retain(new_here);
            let mut next = after.clone();
            next.seen.extend(rows.iter().map(|row| row.id));
            return Ok(Found { rows: rows.into_iter().map(|row| row.row).collect(), next, more: true });
        }
        unreachable!("page numbers don't end")
    }

    /// One page of rows.
    async fn since<T: Dated>(
        &self,
        listing: &Listing<T>,
        way: &Way,
        after: &Cursor,
        number: usize,
    ) -> Result<Reading<T>, Error> {
        // These are exclusive. Naive GMT and the flag: a Z together with the flag is shifted by the shop's offset and
        // misses changes (BEHAVIOUR.md, *Finding what changed*).
        let from = after.second - Duration::from_secs(1);
        let (from, flag) = match way {
            Way::Local(zone) => (zone.to_datetime(from), None),
            _ => (TimeZone::UTC.to_datetime(from), Some(("dates_are_gmt", "true".to_owned()))),
        };
        let (parameter, order) = match listing.by {
            By::Modified => ("modified_after", "modified"),
            By::Created => ("after", "date"),
        };
        let mut query: Query<'_> = vec![(parameter, naive(from))];
        query.extend(flag);
        query.extend([("orderby", order.to_owned()), ("order", "asc".to_owned())]);
        query.extend(listing.filters.iter().cloned());
        if let (By::Modified, Some(from)) = (listing.by, listing.created_from) {
            query.push(("after", self.made_after(from)));
        }
        query.extend([
            ("per_page", PAGE.to_string()),
            ("page", number.to_string()),
            ("_fields", listing.fields.to_owned()),
        ]);
        let (rows, response) = self.read_dated::<Vec<T>>(listing.path, &query).await?;
        let full = more_follow(rows.len(), number * PAGE, &response);
        let rows = rows.into_iter().map(|row| Row::of(row, listing.by, after)).collect();
        Ok(Reading { rows, full, now: self.shop_time(&response) })
    }

    /// What `after` must say for everything made in that second or later to come: it is exclusive, and before WooCommerce
    /// 5.4 in the shop's own time.
    fn made_after(&self, from: Timestamp) -> String {
        let margin = if self.capabilities.dates_are_gmt { Duration::from_secs(1) } else { ANY_ZONE };
        naive(TimeZone::UTC.to_datetime(from.checked_sub(margin).unwrap_or(from)))
    }

    fn shop_time(&self, response: &Response) -> Timestamp {
        let date = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        date.map_or_else(|| self.world.now(), |date| date.timestamp())
    }
}

/// A moment as a query has it: without an offset.
fn naive(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()
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

struct Reading<T> {
    rows: Vec<Row<T>>,
    /// Whether more rows follow.
    full: bool,
    /// The shop's time.
    now: Timestamp,
}

struct Row<T> {
    id: u64,
    at: Timestamp,
    row: T,
}

impl<T: Dated> Row<T> {
    /// A row without a date can't be placed; it counts as of the moment when reading goes on, and so comes again.
    fn of(row: T, by: By, after: &Cursor) -> Row<T> {
        Row { id: row.id(), at: row.at(by).unwrap_or(after.second), row }
    }

    /// What is older was handed over before: an old shop that knows no `dates_are_gmt` reaches back by its offset.
    fn is_new(&self, after: &Cursor) -> bool {
        self.at > after.second || (self.at == after.second && !after.seen.contains(&self.id))
    }
}

/// The new rows of a reading that began with `after`, and where the next one begins: never behind the shop's present, whatever
/// date a row bears, for what changes until that moment would be passed over.
fn page<T: Dated>(
    listing: &Listing<T>,
    after: &Cursor,
    Reading { rows, full: more, now }: Reading<T>,
) -> Found<T> {
    let last = rows.iter().map(|row| row.at).max().unwrap_or(after.second).max(after.second);
    let last = if more { last } else { last.min(whole(now) - listing.overlap) };
    let mut next = if last == after.second { after.clone() } else { Cursor::since(last) };
    // A second that is not over may still change what was seen in it: then its rows come once more.
    let settled = more || last < whole(now) - UNSETTLED;
    for row in rows.iter().filter(|row| row.at == last) {
        if !next.seen.contains(&row.id) {
            next.seen.push(row.id);
        }
    }
    if !settled {
        next.seen.clear();
    }
    let new = rows.into_iter().filter(|row| row.is_new(after));
    Found { rows: new.map(|row| row.row).collect(), next, more }
}

fn dedupe<T>(rows: &mut Vec<Row<T>>) {
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert((row.id, row.at)));
}

fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
