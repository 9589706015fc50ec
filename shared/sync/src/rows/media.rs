//! Images by their addresses: which media file of the shop each became, so that none is made twice.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use retail::{plan::KnownImage, shop::MediaId};
use serde::{Deserialize, Serialize};

use super::{body, item, standing::Links};
use crate::{
    Engine, Error,
    ports::{Condition, Key, Write},
};

/// How long the shop may still be fetching an image whose answer was lost: PHP goes on after we have gone.
const UNSURE: Duration = Duration::from_secs(10 * 60);
/// How long an address that the shop refused is left alone: a nightly sweep tries it again.
const REFUSED: Duration = Duration::from_secs(20 * 3600);
/// After so many lost answers the image counts as refused.
const TRIES: u32 = 3;

/// What is known of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    url: String,
    pub(crate) state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The shop was asked to fetch it, the last of so many times then.
    Sending { at: Timestamp, tries: u32 },
    /// The shop has it.
    Media(MediaId),
    /// The shop would not take it.
    Refused { at: Timestamp, reason: String },
}

impl State {
    /// The next try; `None` when there were enough.
    pub(crate) fn again(old: Option<&State>, now: Timestamp) -> Option<State> {
        let tries = match old {
            Some(State::Sending { tries, .. }) => tries + 1,
            _ => 1,
        };
        (tries <= TRIES).then_some(State::Sending { at: now, tries })
    }
}

/// The row as a write.
pub(crate) fn put(links: &Links, url: &str, state: State) -> Result<Write, Error> {
    let item = item(links.media_key(url), &Row { url: url.to_owned(), state })?;
    Ok(Write::Put { item, condition: Condition::Always })
}

/// What is known of these addresses.
pub(crate) async fn of(
    engine: &Engine,
    links: &Links,
    urls: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, State>, Error> {
    let keys: HashMap<Key, String> = urls.into_iter().map(|url| (links.media_key(&url), url)).collect();
    let asked: Vec<Key> = keys.keys().cloned().collect();
    let mut known = HashMap::new();
    for item in engine.ledger.get_many(&asked).await? {
        let row: Row = body(&item)?;
        known.insert(row.url, row.state);
    }
    Ok(known)
}

/// What a plan needs to know of it now.
pub(crate) fn known(state: &State, now: Timestamp) -> Option<KnownImage> {
    match state {
        State::Media(id) => Some(KnownImage::Media(*id)),
        State::Sending { at, .. } => (now < *at + UNSURE).then_some(KnownImage::Unsure),
        State::Refused { at, reason } => (now < *at + REFUSED).then(|| KnownImage::Refused(reason.clone())),
    }
}
