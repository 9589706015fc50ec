//! The records that a person writes, read into types in which the illegal pair can't be written. `SETTINGS.md`.

mod client;
mod department;
mod orders;
mod products;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use client::{ClientRecord, ClientSettings};
pub use department::{ApiVersion, DepartmentRecord, DepartmentSettings, ShopRecord};
pub use orders::{Bookkeeping, Effects, OrderSettings, OrdersRecord, Voucher};
pub use products::{AttributeRule, PriceSource, ProductSettings, ProductsRecord};

/// The number of the records' schema.
pub const SCHEMA: u32 = 1;

/// What is wrong with a record: the field, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The field's path, `orders.deduct_from_stock`; empty where the whole record is meant.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Fault {
    pub(crate) fn new(field: &str, reason: impl Into<String>) -> Fault {
        Fault { field: field.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.field, self.reason)
        }
    }
}

/// Something that is allowed, and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

/// Reads a record, naming the field that doesn't fit.
///
/// # Errors
/// [`Fault`] for a wrong type, an unknown or a missing field.
pub fn read<T: DeserializeOwned>(record: Value) -> Result<T, Fault> {
    let Some(fields) = record.as_object() else {
        return Err(Fault::new("", "a record is a JSON object: { … }"));
    };
    // The decoder would take a list for an object, field by field.
    for part in ["shop", "products", "orders"] {
        if fields.get(part).is_some_and(|value| !value.is_object()) {
            return Err(Fault::new(part, "is a JSON object: { … }"));
        }
    }
    serde_path_to_error::deserialize(record).map_err(|error| {
        let path = error.path().to_string();
        fault(if path == "." { "" } else { &path }, &error.into_inner().to_string())
    })
}

/// A decoder's error in our words. For an unknown field the path already ends in its name.
fn fault(path: &str, error: &str) -> Fault {
    if let Some(name) = error.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let dot = if path.is_empty() { "" } else { "." };
        return Fault::new(&format!("{path}{dot}{name}"), "is missing, and has no default");
    }
    if SECRETS.iter().any(|secret| secret.trim_start_matches('/').replace('/', ".") == path) {
        return Fault::new(path, "is a secret, as a string (what was given is not shown)");
    }
    let error = error.replacen("unknown variant", "unknown value", 1);
    let Some((wrong, right)) = error.split_once(", expected ") else { return Fault::new(path, error) };
    let right = match right {
        "u8" => "a whole number from 1 to 11",
        "u32" | "u64" => "a whole number",
        "a sequence" => "a list: [ … ]",
        "string or map" => "one of its words, as a string",
        other => other,
    };
    Fault::new(path, format!("{wrong}, expected {right}"))
}

/// Where a record keeps its secrets.
const SECRETS: [&str; 4] =
    ["/client_token", "/department_token", "/shop/consumer_key", "/shop/consumer_secret"];

/// A record for a log: what it says, without its secrets.
pub(crate) fn without_secrets(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    record: &impl Serialize,
) -> fmt::Result {
    let mut shown = serde_json::to_value(record).map_err(|_| fmt::Error)?;
    for secret in SECRETS.into_iter().chain(["/consumer_key", "/consumer_secret"]) {
        if let Some(value) = shown.pointer_mut(secret) {
            *value = "…".into();
        }
    }
    write!(f, "{name} {shown}")
}

/// A string that people also write as a number.
pub(crate) fn string_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
        Some(other) => {
            Err(serde::de::Error::custom(format!("expected a string or a whole number, not {other}")))
        }
    }
}

/// A day, in the one form that is shown again.
pub(crate) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let written = match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => return Ok(None),
        Some(written) => written,
    };
    let day =
        written.as_str().and_then(|text| text.parse::<Date>().ok().filter(|day| day.to_string() == text));
    day.map(Some).ok_or_else(|| {
        serde::de::Error::custom(format!("expected a day as YYYY-MM-DD, \"2026-11-20\", not {written}"))
    })
}

/// Refuses an empty or blank text.
pub(crate) fn filled(field: &str, text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() { Err(Fault::new(field, "must not be empty")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
