//! What can go wrong between us and a shop, and the one table that says what becomes of it.

mod item;
mod table;

use std::{fmt, time::Duration};

use retail::fate::Trouble;
use world::{Method, Response, TransportError};

pub use item::ItemError;

use crate::json::Misread;

/// Trouble with the shop as a whole. Holds neither a URL nor a credential.
#[derive(Clone, Debug)]
pub struct Error {
    /// Whether repeating the request could do something twice.
    pub(crate) write: bool,
    /// The request, for a person: `POST products/batch`. Empty where no single request is meant.
    pub(crate) request: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// No whole answer.
    Transport(TransportError),
    /// The shop, or what stands before it, said no.
    Answer(Answer),
    /// A good status with something else than the JSON that belongs there: HTML, or JSON cut off.
    NoJson { status: u16 },
    /// JSON of another shape, with the path.
    Shape(String),
    /// A redirect, after the base was resolved.
    Moved { status: u16 },
    /// A batch that the shop would refuse unseen.
    TooMany(usize),
    /// The shop is set up, or its address written, so that nothing can work; the sentence says the mend.
    Setup(String),
}

/// An answer with an error status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The code of the shop's own error; none where the answer isn't the shop's.
    pub(crate) code: Option<String>,
    /// The shop's own words, cut and without tags.
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// The id of what exists already, where the shop says it.
    pub(crate) existing: Option<u64>,
}

impl Error {
    pub(crate) fn new(method: Method, path: &str, write: bool, kind: Kind) -> Error {
        Error { write, request: format!("{method} {path}"), kind }
    }

    pub(crate) fn setup(mend: impl Into<String>) -> Error {
        Error { write: false, request: String::new(), kind: Kind::Setup(mend.into()) }
    }

    /// What becomes of it, and how far it reaches.
    pub fn trouble(&self) -> Trouble {
        table::judge(self)
    }

    /// Whether the batch as a whole failed in a way that a smaller one may not: too large, out of memory, too slow,
    /// an answer that can't be read. Some of its items may have been done all the same.
    pub fn splits(&self) -> bool {
        match &self.kind {
            Kind::Transport(TransportError::NotSent(_) | TransportError::Forbidden(_)) => false,
            Kind::Transport(_) | Kind::NoJson { .. } | Kind::Shape(_) | Kind::TooMany(_) => true,
            Kind::Answer(answer) => matches!(answer.status, 408 | 413 | 500 | 502 | 504 | 524),
            Kind::Moved { .. } | Kind::Setup(_) => false,
        }
    }

    /// The HTTP status, where there was an answer with an error status.
    pub fn status(&self) -> Option<u16> {
        match &self.kind {
            Kind::Answer(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// The code of the shop's own error (`woocommerce_rest_cannot_view`), where it gave one.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            Kind::Answer(answer) => answer.code.as_deref(),
            _ => None,
        }
    }

    /// The shop's own words, without any address, where it could not fetch an image or would not take what it got;
    /// nothing else of the write was done either. The address may answer another time.
    pub fn image_refused(&self) -> Option<String> {
        match &self.kind {
            Kind::Answer(answer) if table::IMAGE_REFUSED.contains(&answer.code.as_deref()?) => {
                Some(answer.message.clone())
            }
            _ => None,
        }
    }

    /// Whether a media file that the write named is no longer there, or is no image.
    pub fn media_gone(&self) -> bool {
        self.code().is_some_and(|code| table::MEDIA_GONE.contains(&code))
    }

    /// The id of what has the name already (`data.resource_id`).
    pub(crate) fn existing(&self) -> Option<u64> {
        match &self.kind {
            Kind::Answer(answer) => answer.existing,
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.request.is_empty() {
            write!(f, "{}: ", self.request)?;
        }
        match &self.kind {
            Kind::Transport(error) => error.fmt(f),
            Kind::Answer(answer) => answer.fmt(f),
            Kind::NoJson { status } => write!(f, "the answer ({status}) is not the JSON that belongs there"),
            Kind::Shape(place) => write!(f, "the answer has another shape than it should: {place}"),
            Kind::Moved { status } => write!(f, "the shop redirects ({status})"),
            Kind::TooMany(count) => write!(f, "{count} items are more than one batch takes"),
            Kind::Setup(mend) => f.write_str(mend),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, " ({})", self.message)?;
        }
        Ok(())
    }
}

impl From<Misread> for Kind {
    fn from(misread: Misread) -> Kind {
        match misread {
            Misread::NoJson => Kind::NoJson { status: 200 },
            Misread::Shape(place) => Kind::Shape(place),
        }
    }
}

impl Answer {
    /// Reads an answer with an error status.
    pub(crate) fn of(response: &Response) -> Answer {
        let failure = crate::json::decode::<crate::wire::Failure>(&response.body).ok();
        Answer {
            status: response.status,
            code: failure.as_ref().map(|failure| clean(&failure.code)),
            existing: failure.as_ref().and_then(crate::wire::Failure::existing),
            message: failure.map(|failure| clean(&failure.message())).unwrap_or_default(),
            retry_after: response.header("retry-after").and_then(|value| retry_after(value.trim(), response)),
        }
    }
}

/// `Retry-After`: seconds, or a moment, counted from the shop's own clock.
fn retry_after(value: &str, response: &Response) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().as_second());
    let wait = moment(value)? - moment(response.header("date")?)?;
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

/// The longest message that is kept, in characters.
const LONGEST: usize = 300;

/// Somebody else's words, fit for a log: without tags, addresses and line breaks, and cut.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    // Cut before anything else, so that a page of HTML costs little.
    for character in text.chars().take(LONGEST * 8) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                out.push(' ');
            }
            _ if in_tag => {}
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    let words = out.split(' ').filter(|word| !word.is_empty()).map(|word| {
        // A message that quotes an address may quote the credentials in its query along.
        if word.contains("://") || holds_key(word) { "…" } else { word }
    });
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Whether a key or a secret stands in a word: `ck_…` or `cs_…`, but not the middle of `stock_quantity`.
fn holds_key(word: &str) -> bool {
    ["ck_", "cs_"].iter().any(|mark| {
        word.match_indices(mark).any(|(at, _)| !word[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests;
