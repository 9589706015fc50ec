//! A [`Range`] as SQL: never two bounds on one side, or SQLite may begin at the wider one and count its way.

use std::fmt::Write as _;

use rusqlite::types::Value as Sql;
use serde::{Deserialize, Serialize};
use sync::ports::{Item, LedgerError, Range};

/// The terms of a `WHERE`, and the values in them.
pub(super) struct Bounds {
    terms: String,
    values: Vec<Sql>,
    lower: Option<(String, Sql)>,
    upper: Option<(String, Sql)>,
    backwards: bool,
    behind: Option<(&'static str, Vec<Sql>)>,
}

impl Bounds {
    pub(super) fn new(term: &str, partition: &str) -> Bounds {
        Bounds {
            terms: term.to_owned(),
            values: vec![Sql::Text(partition.to_owned())],
            lower: None,
            upper: None,
            backwards: false,
            behind: None,
        }
    }

    /// The range without its `after`.
    pub(super) fn narrow(&mut self, column: &str, range: &Range) {
        self.backwards = range.backwards;
        if !range.prefix.is_empty() {
            self.lower = Some((format!("{column} >= ?"), Sql::Text(range.prefix.clone())));
        }
        let end = successor(&range.prefix);
        self.upper = match (&range.up_to, end) {
            (Some(up_to), Some(end)) if *up_to >= end => Some((format!("{column} < ?"), Sql::Text(end))),
            (Some(up_to), _) => Some((format!("{column} <= ?"), Sql::Text(up_to.clone()))),
            (None, Some(end)) => Some((format!("{column} < ?"), Sql::Text(end))),
            (None, None) => None,
        };
    }

    /// Only what comes behind this place, in the direction of reading.
    pub(super) fn behind(&mut self, columns: &'static str, place: Vec<Sql>) {
        // It replaces the bound on its side, unless a caller made it up and it lies outside.
        let side = if self.backwards { &mut self.upper } else { &mut self.lower };
        let outside = match (&*side, place.first()) {
            (Some((_, Sql::Text(bound))), Some(Sql::Text(first))) => {
                if self.backwards {
                    first > bound
                } else {
                    first < bound
                }
            }
            _ => false,
        };
        if !outside {
            *side = None;
            self.behind = Some((columns, place));
        }
    }

    pub(super) fn terms(&self) -> String {
        let mut terms = self.terms.clone();
        for (term, _) in self.lower.iter().chain(&self.upper) {
            let _ = write!(terms, " AND {term}");
        }
        if let Some((columns, place)) = &self.behind {
            let sign = if self.backwards { "<" } else { ">" };
            let marks = vec!["?"; place.len()].join(", ");
            let _ = write!(terms, " AND {columns} {sign} ({marks})");
        }
        terms
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Sql> {
        let bounds = self.lower.iter().chain(&self.upper).map(|(_, value)| value);
        self.values.iter().chain(bounds).chain(self.behind.iter().flat_map(|(_, place)| place))
    }
}

/// Where a page of the index ended: the index's sort, the item's partition, the item's sort.
#[derive(Serialize, Deserialize)]
pub(super) struct Place(pub(super) String, pub(super) String, pub(super) String);

impl Place {
    /// An item's place, as `next` tells it.
    pub(super) fn of(item: &Item) -> Option<String> {
        let index = item.index.as_ref()?;
        let place = Place(index.sort.clone(), item.key.partition.clone(), item.key.sort.clone());
        serde_json::to_string(&place).ok()
    }

    pub(super) fn read(after: &str) -> Result<Place, LedgerError> {
        serde_json::from_str(after)
            .map_err(|_| LedgerError::Unfit("`after` is not where a page of the index ended".to_owned()))
    }
}

/// The least text above all that begin with `prefix`; none if nothing is above.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The next character; `char`'s range leaps over the surrogates, and UTF-8 orders as the numbers do.
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests;
