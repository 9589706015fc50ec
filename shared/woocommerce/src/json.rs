//! JSON as shops really send it: behind a byte order mark, or behind the noise of a plugin's PHP warning.

use serde::de::{DeserializeOwned, IgnoredAny};

/// How many braces and brackets are tried as the beginning of the JSON. A warning holds a handful; a page of HTML,
/// hundreds, and is not worth reading to its end over and over.
const TRIES: usize = 64;

/// The part of the body that is JSON: the first `{` or `[` from which it parses to the end. The noise before it may
/// itself hold braces (`BEHAVIOUR.md`, *Errors*).
pub(crate) fn find(body: &[u8]) -> Option<&[u8]> {
    let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let starts = body.iter().enumerate().filter(|(_, byte)| matches!(byte, b'{' | b'['));
    starts.take(TRIES).map(|(at, _)| &body[at..]).find(|rest| is_json(rest))
}

/// Why a body could not be taken for what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misread {
    /// There is no JSON in it.
    NoJson,
    /// There is JSON, but of another shape: the path to the place, and what is wrong there.
    Shape(String),
}

/// Decodes the JSON in a body.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Misread> {
    let text = find(body).ok_or(Misread::NoJson)?;
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        Misread::Shape(format!("at {path}: {}", crate::error::clean(&error.into_inner().to_string())))
    })
}

#[cfg(test)]
mod tests;
