//! What every answer has around its rows: success, code, message, count and the server's clock. `API.md` §2.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use world::Response;

use crate::{
    assumptions::MAX_MESSAGE,
    error::Kind,
    hidden::without_addresses,
    loose::{self, Field},
};

/// No `Retry-After` is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The body of an answer as text; an answer's rows borrow from it.
pub(crate) fn text(response: &Response) -> Cow<'_, str> {
    // Bytes that are no UTF-8 spoil one text of one row at worst, which is no reason to lose the page.
    String::from_utf8_lossy(&response.body)
}

/// The parts that are the same in every answer, and the arrays named after the resources.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    status: Field<'a>,
    #[serde(borrow)]
    code: Field<'a>,
    #[serde(borrow)]
    message: Field<'a>,
    #[serde(borrow, rename = "dateTimeBeforeQryExec")]
    clock: Field<'a>,
    #[serde(borrow)]
    total_count: Field<'a>,
    #[serde(borrow)]
    pub(crate) token: Field<'a>,
    #[serde(borrow)]
    pub(crate) departments: Field<'a>,
    #[serde(borrow)]
    pub(crate) products: Field<'a>,
    #[serde(borrow)]
    pub(crate) categories: Field<'a>,
    #[serde(borrow)]
    pub(crate) customers: Field<'a>,
    #[serde(borrow)]
    pub(crate) orders: Field<'a>,
    #[serde(borrow)]
    pub(crate) data: Field<'a>,
    #[serde(borrow)]
    validation_message: Field<'a>,
}

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) enum No {
    /// 401 or 403, in the body or as the HTTP status: the token may be at fault.
    Denied { code: i64, message: String },
    /// Anything else.
    Other(Kind),
}

impl From<Kind> for No {
    fn from(kind: Kind) -> No {
        No::Other(kind)
    }
}

impl<'a> Envelope<'a> {
    /// Reads an answer whose body is `text`; success is what the body says.
    pub(crate) fn open(status: u16, text: &'a str) -> Result<Envelope<'a>, No> {
        if status == 429 {
            return Err(Kind::TooMany.into());
        }
        let json = json(text);
        if json.starts_with('<') {
            return Err(Kind::Html { status }.into());
        }
        if (300..400).contains(&status) {
            return Err(unreadable(status, ".", "a redirect".to_owned()).into());
        }
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read = serde_path_to_error::deserialize::<_, Envelope<'a>>(&mut deserializer)
            .map_err(|error| (error.path().to_string(), error.into_inner().to_string()))
            .and_then(|envelope| match deserializer.end() {
                Ok(()) => Ok(envelope),
                Err(error) => Err((".".to_owned(), error.to_string())),
            });
        match read {
            Ok(envelope) => envelope.judge(status),
            Err(_) if status == 401 || status == 403 => {
                Err(No::Denied { code: status.into(), message: String::new() })
            }
            Err(_) if (400..500).contains(&status) => {
                Err(Kind::Refused { status, code: None, message: String::new() }.into())
            }
            Err((path, reason)) => Err(unreadable(status, &path, reason).into()),
        }
    }

    fn judge(self, status: u16) -> Result<Envelope<'a>, No> {
        let success = loose::boolean(self.status).and_then(|success| success.ok_or("missing".to_owned()));
        let code = loose::code(self.code);
        match (status, success) {
            (401 | 403, _) => Err(No::Denied { code: status.into(), message: self.said() }),
            (200..=299, Ok(true)) => Ok(self),
            (200..=299, Err(reason)) => Err(unreadable(status, "status", reason).into()),
            (_, success) => match code {
                Some(429) => Err(Kind::TooMany.into()),
                Some(code @ (401 | 403)) if success != Ok(true) => {
                    Err(No::Denied { code, message: self.said() })
                }
                _ => Err(Kind::Refused { status, code, message: self.said() }.into()),
            },
        }
    }

    fn said(&self) -> String {
        self.message.map(told).unwrap_or_default()
    }

    /// What a save says about rows that it did not take: `validation_message`, whole; `None` where it says nothing.
    /// How it is built inside is unknown. `API.md` §2.
    pub(crate) fn remarks(&self) -> Option<String> {
        let raw = self.validation_message?;
        let nothing = serde_json::from_str::<Value>(raw.get()).is_ok_and(|value| says_nothing(&value));
        (!nothing).then(|| told(raw))
    }

    /// `total_count`.
    pub(crate) fn total(&self, status: u16) -> Result<u64, Kind> {
        loose::count(self.total_count)
            .and_then(|total| total.ok_or_else(|| "missing".to_owned()))
            .map_err(|reason| unreadable(status, "total_count", reason))
    }

    /// The server's clock before the query ran; in the hour that comes twice, the earlier: a watermark then promises
    /// less.
    pub(crate) fn server_time(&self, status: u16, zone: &TimeZone) -> Result<Timestamp, Kind> {
        loose::text(self.clock)
            .and_then(|text| moment(&text, zone))
            .map_err(|reason| unreadable(status, "dateTimeBeforeQryExec", reason))
    }
}

/// What the server says: a text, or whatever it puts in its place, readable.
fn told(raw: &RawValue) -> String {
    let whole = loose::text(Some(raw)).unwrap_or_else(|_| {
        // Written anew, a letter is a letter and no escape: what must not be read is found.
        serde_json::from_str::<Value>(raw.get()).map(|value| value.to_string()).unwrap_or_default()
    });
    without_addresses(&whole)
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(entries) => entries.iter().all(says_nothing),
        Value::Object(entries) => entries.values().all(says_nothing),
    }
}

/// The rows of `field`, called `name`.
pub(crate) fn rows<'a>(field: Field<'a>, name: &str, status: u16) -> Result<Vec<Field<'a>>, Kind> {
    if field.is_none() {
        return Err(unreadable(status, name, "missing".to_owned()));
    }
    loose::list(field).map_err(|reason| unreadable(status, name, reason))
}

/// An answer that is not what it should be.
pub(crate) fn unreadable(status: u16, path: &str, reason: String) -> Kind {
    Kind::Unreadable { status, path: path.to_owned(), reason }
}

/// As much of a text as an error may hold.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

/// What is left of a body without the byte order mark and the white space, and without the warnings that PHP prints
/// before its JSON.
fn json(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if !text.starts_with("<br") {
        return text;
    }
    let mut starts = text.match_indices("\n{").map(|(at, _)| &text[at + 1..]);
    starts.find(|rest| serde_json::from_str::<&RawValue>(rest).is_ok()).unwrap_or(text)
}

/// A local time, `YYYY-MM-DD HH:MM:SS` or with slashes.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let local: DateTime = text
        .trim()
        .replace('/', "-")
        .parse()
        .map_err(|_| format!("no local time: {}", text.chars().take(40).collect::<String>()))?;
    zone.to_ambiguous_timestamp(local).earlier().map_err(|error| error.to_string())
}

/// A moment as the filters want it: the server's local time, to the second below.
pub(crate) fn local(moment: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `Retry-After`: seconds or a date. RFC 9110 §10.2.3.
pub(crate) fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    let asked = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = rfc2822::parse(value).ok()?.timestamp();
            let wait: SignedDuration = until.duration_since(now);
            wait.max(SignedDuration::ZERO).unsigned_abs()
        }
    };
    Some(asked.min(LONGEST_WAIT))
}
