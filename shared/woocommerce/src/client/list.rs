//! Whole lists, page by page.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use world::Response;

use super::{Client, Query};
use crate::Error;

/// The most rows that the shop gives a page (`BEHAVIOUR.md`, *Errors*).
pub(super) const PAGE: usize = 100;

impl Client {
    /// All rows of a list, by id. For lists of which few are longer than a page: by page number, a row is lost where an
    /// earlier one is removed between two pages (`BEHAVIOUR.md`, *Paging*).
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Query<'_>,
        fields: &str,
        id: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, Error> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for page in 1.. {
            let mut query = query.clone();
            query.extend([
                ("per_page", PAGE.to_string()),
                ("page", page.to_string()),
                ("orderby", "id".to_owned()),
                ("order", "asc".to_owned()),
                ("_fields", fields.to_owned()),
            ]);
            let (rows, response) = self.read_dated::<Vec<T>>(path, &query).await?;
            let (full, more) = (rows.len() >= PAGE, more_follow(rows.len(), page * PAGE, &response));
            let known = found.len();
            found.extend(rows.into_iter().filter(|row| seen.insert(id(row))));
            // A full page with nothing new in it is a shop that ignores `page`: it would go on for ever.
            if !more || (full && found.len() == known) {
                break;
            }
        }
        Ok(found)
    }
}

/// Whether rows follow a page that ends with the row of this number. A full page says so; but the shop leaves out a
/// product that it can't load (its plugin is gone), and then only the total tells that a short page isn't the last.
pub(super) fn more_follow(rows: usize, end: usize, response: &Response) -> bool {
    let total = response.header("x-wp-total").and_then(|total| total.trim().parse::<usize>().ok());
    rows >= PAGE || total.is_some_and(|total| total > end)
}
