//! The records that a person writes, read into types in which the illegal pair can't be written. `SETTINGS.md`.

mod client;
mod department;
mod orders;
mod products;

use std::fmt;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

pub use client::{ClientRecord, ClientSettings};
pub use department::{ApiVersion, DepartmentRecord, DepartmentSettings, ShopRecord};
pub use orders::{Bookkeeping, Effects, OrderSettings, OrdersRecord, Voucher};
pub use products::{PriceSource, ProductSettings, ProductsRecord};

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
    if !record.is_object() {
        return Err(Fault::new("", "a record is a JSON object: { … }"));
    }
    serde_path_to_error::deserialize(record).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        let inner = error.into_inner().to_string();
        // For an unknown field the path already ends in its name.
        Fault { field, reason: inner }
    })
}

/// A string that people also write as a number.
pub(crate) fn string_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(serde::de::Error::custom(format!("expected a string or a number, not {other}"))),
    }
}

/// Refuses an empty or blank text.
pub(crate) fn filled(field: &str, text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() { Err(Fault::new(field, "must not be empty")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
