//! Loose scalars: a number as `9`, `"9"` or `"123.00"`, a boolean as `true`, `"true"`, `1`, `"1"`. `API.md` §2.
//!
//! Everything is read from the JSON text: a price never passes through a float, and a number that can't be one fails
//! its field, not its page. An error is the reason, for a person.

#[cfg(test)]
mod tests;

use std::{fmt, marker::PhantomData};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A field as it came: left out and null are the same.
pub(crate) type Field<'a> = Option<&'a RawValue>;

/// A text; numbers as they are written. Null and absence are the empty text.
pub(crate) fn text(field: Field<'_>) -> Result<String, String> {
    let Some(raw) = field else { return Ok(String::new()) };
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).map_err(|_| shown("no readable text", raw)),
        Some(b'-' | b'0'..=b'9') => Ok(raw.get().to_owned()),
        _ if raw.get() == "null" => Ok(String::new()),
        _ => Err(shown("no text", raw)),
    }
}

/// A number, exact. Null, absence and an empty text are none; 0 is a number.
pub(crate) fn decimal(field: Field<'_>) -> Result<Option<Decimal>, String> {
    let Some(raw) = field else { return Ok(None) };
    let text = text(field).map_err(|_| shown("no number", raw))?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        Decimal::from_str_exact(text)
    };
    // Normal form, so that 79.90 and 79.9 are stored as the same text.
    read.map(|number| Some(number.normalize())).map_err(|_| shown("no number", raw))
}

/// A whole number of at least 1: an identity. Null, absence, an empty text and 0 are none.
pub(crate) fn identity(field: Field<'_>) -> Result<Option<u64>, String> {
    let Some(raw) = field else { return Ok(None) };
    match decimal(field)? {
        None => Ok(None),
        Some(number) if number.is_zero() => Ok(None),
        // In normal form a whole number has no decimals.
        Some(number) if number.scale() == 0 => {
            u64::try_from(number).map(Some).map_err(|_| shown("no identity", raw))
        }
        Some(_) => Err(shown("no identity", raw)),
    }
}

/// A whole number that counts something. Null and absence are none.
pub(crate) fn count(field: Field<'_>) -> Result<Option<u64>, String> {
    let Some(raw) = field else { return Ok(None) };
    match decimal(field)? {
        None => Ok(None),
        Some(number) if number.is_zero() => Ok(Some(0)),
        Some(_) => identity(field).map_err(|_| shown("no count", raw)),
    }
}

/// A code. What is none is no code.
pub(crate) fn code(field: Field<'_>) -> Option<i64> {
    decimal(field).ok().flatten().and_then(|number| i64::try_from(number).ok())
}

/// A boolean. Null, absence and an empty text are none.
pub(crate) fn boolean(field: Field<'_>) -> Result<Option<bool>, String> {
    let Some(raw) = field else { return Ok(None) };
    match raw.get() {
        "true" => return Ok(Some(true)),
        "false" => return Ok(Some(false)),
        _ => {}
    }
    let text = text(field).map_err(|_| shown("neither true nor false", raw))?;
    match text.trim() {
        "" => Ok(None),
        "1" => Ok(Some(true)),
        "0" => Ok(Some(false)),
        word if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
        word if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => match decimal(field) {
            Ok(Some(number)) if number.is_zero() => Ok(Some(false)),
            Ok(Some(number)) if number == Decimal::ONE => Ok(Some(true)),
            _ => Err(shown("neither true nor false", raw)),
        },
    }
}

/// A list of whatever it holds. PHP writes a list with a gap as an object: its values count. None of the usual ways,
/// and `false`, are the empty list.
pub(crate) fn list(field: Field<'_>) -> Result<Vec<Field<'_>>, String> {
    let Some(raw) = field else { return Ok(Vec::new()) };
    match raw.get().as_bytes().first() {
        Some(b'[' | b'{') => serde_json::from_str(raw.get())
            .map(|List(entries)| entries)
            .map_err(|_| shown("no readable list", raw)),
        _ if matches!(raw.get(), "null" | "false" | "0" | "\"\"" | "\"0\"") => Ok(Vec::new()),
        _ => Err(shown("no list", raw)),
    }
}

/// What is wrong with a value, and its beginning.
fn shown(what: &str, raw: &RawValue) -> String {
    const LONGEST: usize = 40;
    let text = raw.get();
    let mut start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{what}: {start}")
}

struct List<'a>(Vec<Field<'a>>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries(PhantomData))
    }
}

struct Entries<'a>(PhantomData<&'a ()>);

impl<'de> Visitor<'de> for Entries<'de> {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element::<Field<'de>>()? {
            list.push(entry);
        }
        Ok(List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some((IgnoredAny, entry)) = entries.next_entry::<IgnoredAny, Field<'de>>()? {
            list.push(entry);
        }
        Ok(List(list))
    }
}
