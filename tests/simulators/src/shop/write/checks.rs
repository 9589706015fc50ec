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

/// Checks the fields of a single write.
pub(in crate::shop) fn check(fields: &Map<String, Value>) -> Result<(), Refused> {
    let mut wrong = Vec::new();
    // The shop tells them in its schema's order; the alphabet's is near enough. A map of JSON keeps it only as long as no
    // dependency switches `preserve_order` on.
    let fields: BTreeMap<&String, &Value> = fields.iter().collect();
    for (name, value) in fields {
        let no_type =
            |kind: &str| (name.clone(), "rest_invalid_type", format!("{name} is not of type {kind}."));
        let known = name.as_str();
        if STRINGS.contains(&known) && !value.is_string() {
            wrong.push(no_type("string"));
        } else if known == "stock_quantity" && !is_integer(value) {
            wrong.push(no_type("integer"));
        } else if known == "manage_stock" && !is_boolean(value) {
            wrong.push(no_type("boolean"));
        } else if ARRAYS.contains(&known) && !value.is_array() {
            wrong.push(no_type("array"));
        } else if let Some((_, allowed)) = ENUMS.iter().find(|(field, _)| *field == known)
            && !value.as_str().is_some_and(|value| allowed.contains(&value))
        {
            wrong.push((
                name.clone(),
                "rest_not_in_enum",
                format!("{name} is not one of {}.", list(allowed)),
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refused::params(&wrong)) }
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
