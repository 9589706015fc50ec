//! JSON values as PHP reads them.

use serde_json::Value;

/// A text as PHP makes one of a JSON value.
pub(in crate::shop) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "1".to_owned(),
        _ => String::new(),
    }
}

/// A yes as WooCommerce reads one: `parent` is none.
pub(in crate::shop) fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.to_lowercase().as_str(), "yes" | "true" | "1" | "on"),
        _ => false,
    }
}

/// A whole number as PHP makes one: decimals cut off, words are 0.
pub(super) fn whole(value: &Value) -> i64 {
    let text = text(value);
    let number: rust_decimal::Decimal = text.trim().parse().unwrap_or_default();
    i64::try_from(number.trunc()).unwrap_or_default()
}

/// An id as PHP makes one (`absint`): 0 for none.
pub(super) fn id(value: &Value) -> u64 {
    whole(value).unsigned_abs()
}

/// A price as WooCommerce keeps it: as sent, with a dot for the comma, without spaces and letters; of several dots the
/// last; what is then no number is no price.
pub(in crate::shop) fn price(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c == ',' { '.' } else { c })
        .filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
        .collect();
    let kept = match kept.rsplit_once('.') {
        Some((whole, decimals)) if whole.contains('.') => format!("{}.{decimals}", whole.replace('.', "")),
        _ => kept,
    };
    if kept.parse::<rust_decimal::Decimal>().is_ok() { kept } else { String::new() }
}
