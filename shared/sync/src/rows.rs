//! The rows of the ledger, typed: what stands where, and in which form.
//!
//! | partition | sort | what |
//! |---|---|---|
//! | `client` | client number | the client record |
//! | `department` | department id | the department record |
//! | `C#<client>` | `reading`, `noted`, `pace`, `pause`, `lease#…`, `department#<id>` | the client's state and its departments |
//! | `M#<client>` | `p#<product>`, `n#<number>` | the mirrored catalogue |
//! | `D#<department>` | `profile`, `stock`, `pause`, `restored`, `active`, `run#<id>`, `lease#…`, `turn#…` | the department's state |
//! | `D#<department>` | `webhooks` | the shop's webhooks and what they are signed with |
//! | `W#<department>` | hash | hints that came in, for a day |
//! | `S#<department>` | product | the department's stock as read |
//! | `U#<department>` | product | what is due |
//! | `L#<department>#<base>` | `p#<product>`, `s#<shop id>`, `w#<product>`, `i#<hash>` | links and the last decisions; sale prices being written; images |
//! | `R#<run>` | `b#<n>`, `f#<cursor>` | a run's batches and counted steps |
//! | `G#<department>` | time | the log |

pub(crate) mod due;
pub(crate) mod lease;
pub(crate) mod log;
pub(crate) mod media;
pub(crate) mod mirror;
pub(crate) mod orders;
pub(crate) mod pace;
pub(crate) mod pause;
pub(crate) mod records;
pub(crate) mod restored;
pub(crate) mod runs;
pub(crate) mod sending;
pub(crate) mod standing;
pub(crate) mod stock;
pub(crate) mod turns;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error,
    ports::{Item, Key},
};

/// The number of every row's schema.
pub(crate) const SCHEMA: u32 = 1;

/// An item of this body.
pub(crate) fn item(key: Key, body: &impl Serialize) -> Result<Item, Error> {
    let body = serde_json::to_value(body).map_err(|error| Error::Broken {
        what: format!("{} {}", key.partition, key.sort),
        reason: error.to_string(),
    })?;
    Ok(Item { key, version: 0, schema: SCHEMA, body, index: None, expires: None })
}

/// The item's body, if its schema is ours.
pub(crate) fn body<T: DeserializeOwned>(item: &Item) -> Result<T, Error> {
    let broken =
        |reason: String| Error::Broken { what: format!("{} {}", item.key.partition, item.key.sort), reason };
    if let Some(fault) = item.fault() {
        return Err(broken(fault.to_owned()));
    }
    if item.schema != SCHEMA {
        return Err(broken(format!("its schema is {}, this program knows {SCHEMA}", item.schema)));
    }
    serde_path_to_error::deserialize(&item.body).map_err(|error| broken(error.to_string()))
}

/// A number as a key that sorts by size.
pub(crate) fn padded(number: u64) -> String {
    format!("{number:020}")
}
