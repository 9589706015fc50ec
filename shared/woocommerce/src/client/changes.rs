//! What changed in the shop since the last look: keyset paging, the only way that lost no row (`BEHAVIOUR.md`, *Paging*).

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use retail::shop::{ShopId, ShopProduct};
use serde::{Deserialize, Serialize};

use super::{Client, Query, list::PAGE};
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
}

impl Cursor {
    /// Everything modified in this second or later.
    pub fn since(second: Timestamp) -> Cursor {
        Cursor { second: whole(second), seen: Vec::new() }
    }

    /// The second that reading goes on with.
    pub fn second(&self) -> Timestamp {
        self.second
    }
}

/// Some of what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Changed products, the earliest first; our own writes come back here too. Variations don't: a variation's write
    /// bumps its parent.
    pub products: Vec<ShopProduct>,
    /// Where to go on. Keep it only after the products were handed over.
    pub next: Cursor,
    /// Whether there is more to read now.
    pub more: bool,
}

/// Seconds that are not yet over by the shop's clock: a product may be modified again within one of them.
const UNSETTLED: Duration = Duration::from_secs(2);

impl Client {
    /// Products modified since `after`, the trash excluded: one page, or one crowded second. A cursor is no proof: direct
    /// database writes don't show, so compare everything now and then. Needs WooCommerce 5.8.
    ///
    /// A product that is modified while a page is read may come twice; none is left out.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn changed_products(&self, after: &Cursor) -> Result<Page, Error> {
        let (rows, now) = self.modified(after, 1).await?;
        let crowded = rows.len() >= PAGE && rows.iter().all(|row| row.at <= after.second);
        if crowded { self.crowded_second(after, rows).await } else { Ok(page(after, rows, now)) }
    }

    /// More products than a page holds share one second. Page numbers lose rows while things move, so the whole second
    /// is read again until a reading finds nothing new in it; only then is what follows taken.
    async fn crowded_second(&self, after: &Cursor, first: Vec<Row>) -> Result<Page, Error> {
        let mut rows = first;
        for number in 2.. {
            let (further, now) = self.modified(after, number).await?;
            let last = further.len() < PAGE || further.iter().any(|row| row.at > after.second);
            let known = rows.len();
            rows.extend(further);
            dedupe(&mut rows);
            if !last && rows.len() > known {
                continue;
            }
            let new_here = |row: &Row| row.at == after.second && !after.seen.contains(&row.id);
            if !rows.iter().any(new_here) {
                return Ok(page(after, rows, now));
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

    /// One page of rows, and the shop's time.
    async fn modified(&self, after: &Cursor, number: usize) -> Result<(Vec<Row>, Timestamp), Error> {
        // `modified_after` is exclusive. Naive GMT and the flag: a Z together with the flag is shifted by the shop's
        // offset and misses changes (BEHAVIOUR.md, *Finding what changed*).
        let from = TimeZone::UTC.to_datetime(after.second - Duration::from_secs(1));
        let query: Query<'_> = vec![
            ("modified_after", from.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            ("dates_are_gmt", "true".to_owned()),
            ("orderby", "modified".to_owned()),
            ("order", "asc".to_owned()),
            ("status", "any".to_owned()),
            ("per_page", PAGE.to_string()),
            ("page", number.to_string()),
            ("_fields", wire::PRODUCT_FIELDS.to_owned()),
        ];
        let (rows, response) = self.read_dated::<Vec<wire::Product>>("products", &query).await?;
        // A row without a date can't be placed; it counts as modified when reading goes on, and so comes again.
        let rows = rows.into_iter().map(|row| Row {
            id: row.id(),
            at: row.modified().unwrap_or(after.second),
            product: row.into_product(),
        });
        let date = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let now = date.map_or_else(|| self.world.now(), |date| date.timestamp());
        Ok((rows.collect(), now))
    }
}

struct Row {
    id: ShopId,
    at: Timestamp,
    product: ShopProduct,
}

/// The new rows of a reading that began with `after`, and where the next one begins.
fn page(after: &Cursor, rows: Vec<Row>, now: Timestamp) -> Page {
    let more = rows.len() >= PAGE;
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
    // What is older was handed over before: an old shop that knows no `dates_are_gmt` reaches back by its offset.
    let new = |row: &Row| row.at > after.second || (row.at == after.second && !after.seen.contains(&row.id));
    let new = rows.into_iter().filter(new);
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
