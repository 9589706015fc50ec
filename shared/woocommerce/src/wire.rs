//! The twins of the shop's JSON: lenient where plugins are inventive, strict about ids.

mod order;
mod product;
mod webhook;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use retail::{
    Decimal,
    shop::{Category, CategoryId, TaxRate},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) use order::{GOODS_FIELDS, Order, REFUND_FIELDS, ROW_FIELDS, RefundRow, Row};
pub(crate) use product::{PRODUCT_FIELDS, Product};
pub(crate) use webhook::{WEBHOOK_FIELDS, WebhookRow};

/// A text, or a number that should have been one.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A number, or a text that holds one; an empty or odd text is none.
fn decimal(value: &Value) -> Option<Decimal> {
    let text = text(value);
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// An id, as a number or a text; 0 is none.
fn positive(value: &Value) -> Option<u64> {
    decimal(value).and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0)
}

/// The items of a list. A PHP array with a hole in its numbers comes as an object: its values then, by their numbers.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(rows) => rows.iter().collect(),
        Value::Object(fields) => {
            let mut rows: Vec<_> = fields.iter().collect();
            rows.sort_by_key(|(number, _)| number.parse().unwrap_or(u64::MAX));
            rows.into_iter().map(|(_, row)| row).collect()
        }
        _ => Vec::new(),
    }
}

/// A flag, in the forms that PHP knows.
fn yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.as_str(), "yes" | "1" | "true"),
        _ => false,
    }
}

/// A `…_gmt` moment, to the second.
fn gmt(value: &Value) -> Option<Timestamp> {
    let civil: DateTime = value.as_str()?.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// One setting of a group, `settings/tax` and its kin.
#[derive(Debug, Deserialize)]
pub(crate) struct Setting {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) value: Value,
}

/// The value of a setting as text; `None` where the group doesn't hold it.
pub(crate) fn setting(group: &[Setting], id: &str) -> Option<String> {
    group.iter().find(|setting| setting.id == id).map(|setting| text(&setting.value))
}

/// One row of `taxes`.
#[derive(Debug, Deserialize)]
pub(crate) struct Tax {
    #[serde(default)]
    country: Value,
    #[serde(default)]
    state: Value,
    #[serde(default)]
    postcode: Value,
    #[serde(default)]
    city: Value,
    #[serde(default)]
    postcodes: Vec<Value>,
    #[serde(default)]
    cities: Vec<Value>,
    #[serde(deserialize_with = "rate")]
    rate: Decimal,
    #[serde(default)]
    class: Value,
    #[serde(default)]
    priority: Value,
}

impl From<Tax> for TaxRate {
    fn from(tax: Tax) -> TaxRate {
        let named = [&tax.state, &tax.postcode, &tax.city].into_iter().any(|place| !text(place).is_empty());
        let class = text(&tax.class);
        TaxRate {
            country: text(&tax.country).to_uppercase(),
            local: named || !tax.postcodes.is_empty() || !tax.cities.is_empty(),
            percent: tax.rate.normalize(),
            class: if class == "standard" { String::new() } else { class },
            priority: decimal(&tax.priority).and_then(|p| u32::try_from(p).ok()).unwrap_or(1),
        }
    }
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let value = Value::deserialize(deserializer)?;
    decimal(&value).ok_or_else(|| serde::de::Error::custom("a rate that is no number"))
}

/// A row of which only the code matters: `data/currencies/current`.
#[derive(Debug, Deserialize)]
pub(crate) struct Currency {
    pub(crate) code: String,
}

/// A category. Its id is all that must be there.
#[derive(Debug, Deserialize)]
pub(crate) struct CategoryRow {
    id: u64,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    parent: Value,
}

impl CategoryRow {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn into_category(self) -> Category {
        Category {
            id: CategoryId(self.id),
            name: decode_entities(&text(&self.name)),
            parent: positive(&self.parent).map(CategoryId),
        }
    }
}

/// `system_status?_fields=environment.version,settings…`
#[derive(Debug, Deserialize)]
pub(crate) struct SystemStatus {
    #[serde(default)]
    pub(crate) environment: Environment,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Environment {
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// WordPress's index, `wp-json/?_fields=timezone_string,gmt_offset`.
#[derive(Debug, Deserialize)]
pub(crate) struct Index {
    #[serde(default)]
    timezone_string: Value,
    #[serde(default)]
    gmt_offset: Value,
}

impl Index {
    /// An IANA name, an offset (`+05:30`), or nothing. A shop set to a bare offset has no name.
    pub(crate) fn time_zone(&self) -> String {
        let name = text(&self.timezone_string).trim().to_owned();
        if name.is_empty() { self.offset().unwrap_or_default() } else { name }
    }

    /// `gmt_offset` is hours, perhaps with a half or a quarter: 2, -3.5, "5.75".
    fn offset(&self) -> Option<String> {
        let minutes = decimal(&self.gmt_offset)?.checked_mul(60.into())?.round();
        let minutes = i64::try_from(minutes).ok().filter(|minutes| minutes.abs() <= 14 * 60)?;
        let sign = if minutes < 0 { '-' } else { '+' };
        Some(format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))
    }
}

/// One row of `orders/statuses` or of `reports/orders/totals`.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderStatus {
    #[serde(default)]
    slug: Value,
}

impl OrderStatus {
    pub(crate) fn into_slug(self) -> Option<String> {
        let slug = text(&self.slug);
        let slug = slug.strip_prefix("wc-").unwrap_or(&slug);
        (!slug.is_empty()).then(|| slug.to_owned())
    }
}

/// What a batch answers. An empty batch answers `[]`, which is why it isn't decoded with this.
#[derive(Debug, Deserialize)]
pub(crate) struct BatchAnswer {
    #[serde(default)]
    pub(crate) create: Vec<BatchItem>,
    #[serde(default)]
    pub(crate) update: Vec<BatchItem>,
}

/// An item of a batch's answer. `id` of a failed one is what was sent, or 0.
#[derive(Debug)]
pub(crate) enum BatchItem {
    Done(Box<Product>),
    Failed(Failure),
}

impl<'de> Deserialize<'de> for BatchItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let custom = |error: serde_json::Error| serde::de::Error::custom(error);
        match value.get("error") {
            Some(error) => Failure::deserialize(error).map(BatchItem::Failed).map_err(custom),
            None => {
                Product::deserialize(value).map(|product| BatchItem::Done(Box::new(product))).map_err(custom)
            }
        }
    }
}

/// `{"code","message","data"}`: the shape of every error. `data` is an object, a bare status, or missing.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    data: Value,
}

impl Failure {
    pub(crate) fn message(&self) -> String {
        text(&self.message)
    }

    /// The status in `data`, where an item of a batch keeps it.
    pub(crate) fn status(&self) -> Option<u16> {
        let status = if self.data.is_object() { self.data.get("status") } else { Some(&self.data) };
        status.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
    }

    /// `data.resource_id`: the product or variation that has the SKU or the barcode already, or the category that has
    /// the name.
    pub(crate) fn existing(&self) -> Option<u64> {
        self.data.get("resource_id").and_then(positive)
    }
}

/// The characters that WordPress writes as entities in a name; the rest stay as they are.
const ENTITIES: [(&str, &str); 16] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("hellip", "…"),
    ("times", "×"),
];

/// Undoes the shop's sanitising: each entity once, so that `&amp;lt;` becomes `&lt;`.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let decoded =
            rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((entity(&rest[1..end])?, end)));
        match decoded {
            Some((character, end)) => {
                out.push_str(&character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<String> {
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => return ENTITIES.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned()),
    };
    code.and_then(char::from_u32).map(String::from)
}

#[cfg(test)]
mod tests;
