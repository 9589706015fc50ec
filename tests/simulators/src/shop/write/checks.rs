//! The checks of types and enumerations that a single PUT or POST goes through, and an item of a batch doesn't.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::STATUSES;
use crate::shop::answer::Refused;

const STRINGS: [&str; 8] = [
    "description",
    "global_unique_id",
    "name",
    "regular_price",
    "sale_price",
    "short_description",
    "sku",
    "weight",
];
const ARRAYS: [&str; 4] = ["attributes", "categories", "images", "meta_data"];
const ENUMS: [(&str, &[&str]); 4] = [
    ("status", &STATUSES),
    ("type", &["simple", "grouped", "external", "variable"]),
    ("stock_status", &["instock", "outofstock", "onbackorder"]),
    ("backorders", &["no", "notify", "yes"]),
];

/// What a field must be of: its strings, arrays, and words to choose from.
struct Schema {
    strings: &'static [&'static str],
    arrays: &'static [&'static str],
    enums: &'static [(&'static str, &'static [&'static str])],
    /// Whether `manage_stock` must be a boolean: a variation's may be `parent`.
    manages: bool,
}

const PRODUCT: Schema = Schema { strings: &STRINGS, arrays: &ARRAYS, enums: &ENUMS, manages: true };
const VARIATION: Schema = Schema {
    strings: &[
        "description",
        "global_unique_id",
        "regular_price",
        "sale_price",
        "sku",
        "tax_class",
        "weight",
    ],
    arrays: &["attributes", "meta_data"],
    enums: &[
        ("status", &["draft", "pending", "private", "publish"]),
        ("stock_status", &["instock", "outofstock", "onbackorder"]),
        ("backorders", &["no", "notify", "yes"]),
        ("tax_status", &["taxable", "shipping", "none"]),
    ],
    manages: false,
};

/// Checks the fields of a single write of a product.
pub(in crate::shop) fn check(fields: &Map<String, Value>) -> Result<(), Refused> {
    PRODUCT.check(fields)
}

/// Checks the fields of a single write of a variation.
pub(in crate::shop) fn check_variation(fields: &Map<String, Value>) -> Result<(), Refused> {
    VARIATION.check(fields)
}

impl Schema {
    fn check(&self, fields: &Map<String, Value>) -> Result<(), Refused> {
        // The shop tells them in its schema's order; the alphabet's is near enough. A map of JSON keeps it only as long as
        // no dependency switches `preserve_order` on.
        let fields: BTreeMap<&String, &Value> = fields.iter().collect();
        let wrong =
            fields.into_iter().filter_map(|(name, value)| self.wrong(name, value)).collect::<Vec<_>>();
        if wrong.is_empty() { Ok(()) } else { Err(Refused::params(&wrong)) }
    }

    fn wrong(&self, name: &str, value: &Value) -> Option<(String, &'static str, String)> {
        let allowed = self.enums.iter().find(|(field, _)| *field == name).map(|(_, allowed)| *allowed);
        let kind = match name {
            _ if self.strings.contains(&name) && !value.is_string() => "string",
            "stock_quantity" if !is_integer(value) => "integer",
            "manage_stock" if self.manages && !is_boolean(value) => "boolean",
            "image" if !is_object(value) => "object",
            _ if self.arrays.contains(&name) && !value.is_array() => "array",
            _ => {
                let allowed =
                    allowed.filter(|allowed| !value.as_str().is_some_and(|v| allowed.contains(&v)))?;
                let words = format!("{name} is not one of {}.", list(allowed));
                return Some((name.to_owned(), "rest_not_in_enum", words));
            }
        };
        Some((name.to_owned(), "rest_invalid_type", format!("{name} is not of type {kind}.")))
    }
}

/// An empty text and a list are objects to PHP.
fn is_object(value: &Value) -> bool {
    value.is_object() || value.is_array() || *value == ""
}

fn is_integer(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => text.parse::<i64>().is_ok(),
        _ => false,
    }
}

fn is_boolean(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Number(number) => matches!(number.as_i64(), Some(0 | 1)),
        Value::String(text) => matches!(text.to_lowercase().as_str(), "true" | "false" | "1" | "0" | ""),
        _ => false,
    }
}

/// `a, b, and c`, as WordPress lists.
pub(in crate::shop) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}
