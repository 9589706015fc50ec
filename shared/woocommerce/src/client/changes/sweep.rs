//! A whole list, read for what changed in it: for shops that can't be asked for changes.
//!
//! Page numbers lose rows while things move, so each page begins with the last rows of the one before. Where it doesn't
//! begin with rows known already, earlier ones went away in between, and the reading goes back. Rows that join late are no
//! loss: they are modified after the sweep began, and the next one has them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cursor, Dated, Found, Listing, Row, UNSETTLED, whole};
use crate::{
    Error,
    client::{
        Client, Query,
        list::{PAGE, more_follow},
    },
};

/// Rows that a page shares with the one before: so many may be trashed between two pages without a step back.
const OVERLAP: usize = 10;

/// Pages in a row that may begin with the same product, before the shop is held to ignore where a page begins.
const SAME: u32 = 3;

/// Where a sweep stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// When it began, by the shop's clock: what is modified from then on is the next one's.
    began: Timestamp,
    /// How many rows lie before the next page.
    offset: usize,
    /// The greatest id that was read.
    last: u64,
    /// The first id of the page before, and how many pages in a row began with it.
    first: u64,
    same: u32,
    /// The greatest id that was read when the reading last went back.
    back: Option<u64>,
}

impl Client {
    /// The next page of a sweep, or the first one of a new sweep.
    pub(super) async fn sweep<T: Dated>(
        &self,
        listing: &Listing<T>,
        after: &Cursor,
    ) -> Result<Found<T>, Error> {
        let offset = after.sweep.as_ref().map_or(0, |place| place.offset);
        let mut query: Query<'_> = vec![("orderby", "id".to_owned()), ("order", "asc".to_owned())];
        query.extend(listing.filters.iter().cloned());
        if let Some(from) = listing.created_from {
            query.push(("after", self.made_after(from)));
            query.extend(self.capabilities.dates_are_gmt.then(|| ("dates_are_gmt", "true".to_owned())));
        }
        query.extend([
            ("per_page", PAGE.to_string()),
            ("offset", offset.to_string()),
            ("_fields", listing.fields.to_owned()),
        ]);
        let asked = self.world.now();
        let (rows, response) = self.read_dated::<Vec<T>>(listing.path, &query).await?;
        let place = after.sweep.clone().unwrap_or_else(|| {
            // The answer's date is that of its end; the rows are as old as the question.
            let took = Duration::try_from(self.world.now().duration_since(asked)).unwrap_or_default();
            let began = whole(self.shop_time(&response)) - took - UNSETTLED.max(listing.overlap);
            Place { began: whole(began), offset: 0, last: 0, first: 0, same: 0, back: None }
        });
        let more = more_follow(rows.len(), offset + PAGE, &response);
        let rows = rows.into_iter().map(|row| Row::of(row, listing.by, after)).collect();
        place.go_on(after, rows, more).ok_or_else(|| {
            Error::setup(
                format!(
                    "the shop's list of {} always begins with the same ones, wherever it is asked to begin: a plugin \
                     changes its order or pages",
                    listing.path
                ),
            )
        })
    }
}

impl Place {
    /// What the rows of the page at this place tell, and the place after it; `None` where the shop doesn't page.
    fn go_on<T: Dated>(mut self, after: &Cursor, rows: Vec<Row<T>>, more: bool) -> Option<Found<T>> {
        let ordered = rows.is_sorted_by(|a, b| a.id < b.id);
        let first = rows.first().map_or(u64::MAX, |row| row.id);
        // In another order than by id there is no telling; then the overlap alone must do. Going back that finds nothing
        // is not repeated: there are many rows there that the shop can't show.
        let lost = self.offset > 0 && ordered && first > self.last;
        if lost && self.back != Some(self.last) {
            self.back = Some(self.last);
            self.offset = self.offset.saturating_sub(PAGE);
            return Some(self.page(after, Vec::new()));
        }
        self.same = if more && !rows.is_empty() && first == self.first { self.same + 1 } else { 0 };
        if self.same >= SAME {
            return None;
        }
        self.first = first;
        let known = self.last;
        self.last = rows.iter().map(|row| row.id).fold(known, u64::max);
        self.offset += PAGE - OVERLAP;
        let mut new: Vec<Row<T>> =
            rows.into_iter().filter(|row| row.is_new(after) && !(ordered && row.id <= known)).collect();
        new.sort_by_key(|row| row.at);
        if more {
            return Some(self.page(after, new));
        }
        let rows = new.into_iter().map(|row| row.row).collect();
        Some(Found { rows, next: Cursor::since(self.began), more: false })
    }

    fn page<T>(self, after: &Cursor, new: Vec<Row<T>>) -> Found<T> {
        let next = Cursor { sweep: Some(self), ..after.clone() };
        Found { rows: new.into_iter().map(|row| row.row).collect(), next, more: true }
    }
}

#[cfg(test)]
mod tests;
