//! What a save answered for its one row. `API.md` §2: match by what was saved, never by position.

use serde::Deserialize;

use crate::{
    envelope::{Envelope, unreadable},
    error::Kind,
    loose::{self, Field},
};

/// What became of the one row that was saved: `read` makes it of its row in `data[]`, and `None` of a row that is not
/// ours.
///
/// # Errors
/// [`Kind::RowRefused`] where the server says that it did not take it; [`Kind::Unreadable`], which of a save is
/// ambiguous, where nobody can tell.
pub(crate) fn ours<T: PartialEq>(
    envelope: &Envelope<'_>,
    status: u16,
    read: impl Fn(Field<'_>) -> Result<Option<T>, String>,
) -> Result<T, Kind> {
    let rows = loose::list(envelope.data).map_err(|reason| unreadable(status, "data", reason))?;
    let mut found: Option<T> = None;
    let mut doubtful = None;
    for (at, row) in rows.iter().enumerate() {
        match read(*row) {
            Ok(None) => {}
            Ok(Some(row)) if found.as_ref().is_none_or(|found| *found == row) => found = Some(row),
            Ok(Some(_)) => return Err(unreadable(status, "data", "saved more than once".to_owned())),
            Err(reason) => doubtful = Some(unreadable(status, &format!("data[{at}]"), reason)),
        }
    }
    match (found, doubtful, envelope.remarks()) {
        (Some(row), _, _) => Ok(row),
        (None, Some(doubtful), _) => Err(doubtful),
        (None, None, Some(message)) => Err(Kind::RowRefused { message }),
        (None, None, None) => Err(unreadable(status, "data", "what was saved is not in it".to_owned())),
    }
}

/// Whether a save without rows in its answer was taken.
///
/// # Errors
/// [`Kind::RowRefused`].
pub(crate) fn taken(envelope: &Envelope<'_>) -> Result<(), Kind> {
    envelope.remarks().map_or(Ok(()), |message| Err(Kind::RowRefused { message }))
}

/// The object in a row.
pub(crate) fn object<'a, T: Deserialize<'a>>(row: Field<'a>) -> Result<T, String> {
    let raw = row.ok_or("no row, but null")?;
    // What serde says of a row that is none may quote it, and it may hold a customer.
    serde_json::from_str(raw.get()).map_err(|_| "no readable row".to_owned())
}

/// An identity that must be there.
pub(crate) fn identity(name: &str, field: Field<'_>) -> Result<u64, String> {
    loose::identity(field)
        .and_then(|id| id.ok_or_else(|| "missing".to_owned()))
        .map_err(|reason| format!("{name}: {reason}"))
}
