//! An item as DynamoDB's attributes, and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::Value;
use sync::ports::{IndexKey, Item, Key, LedgerError};

use super::unavailable;

/// A record as DynamoDB has it.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// Parts the index's sort from the item's key behind it, which tells equal ones apart: below every character that
/// a sort may have.
const PART: char = '\u{1f}';

/// The first character above [`PART`].
const ABOVE_PART: char = ' ';

/// A key's attributes.
pub(super) fn key(key: &Key) -> Attributes {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.partition.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sort.clone())),
    ])
}

/// All of an item's attributes but its key, version and mark.
pub(super) fn content(item: &Item) -> Result<Attributes, LedgerError> {
    let body = serde_dynamo::to_attribute_value(&item.body).map_err(unavailable)?;
    let mut attributes = HashMap::from([
        ("schema".to_owned(), AttributeValue::N(item.schema.to_string())),
        ("body".to_owned(), body),
    ]);
    if let Some(index) = &item.index {
        let Key { partition, sort } = &item.key;
        let place = format!("{}{PART}{partition}{PART}{sort}", index.sort);
        attributes.insert("ix".to_owned(), AttributeValue::S(index.partition.clone()));
        attributes.insert("iy".to_owned(), AttributeValue::S(place));
    }
    if let Some(expires) = item.expires {
        // Whole seconds; nothing expires early.
        let second = expires.as_second() + i64::from(expires.subsec_nanosecond() > 0);
        attributes.insert("ttl".to_owned(), AttributeValue::N(second.to_string()));
    }
    Ok(attributes)
}

/// The last place in the index that has this sort: a bound that includes it.
pub(super) fn index_ceiling(sort: &str) -> String {
    format!("{sort}{ABOVE_PART}")
}

/// A stored record. Without `version` it counts as 0, without `schema` as 1: a person wrote it. One that a person wrote wrongly
/// is handed out as such.
pub(super) fn decode(stored: Attributes) -> Result<Item, LedgerError> {
    let key = Key::new(text(&stored, "pk")?, text(&stored, "sk")?);
    Ok(read(stored, key.clone()).unwrap_or_else(|wrong| Item::unreadable(key, &wrong)))
}

/// The item, or what is wrong with it and what would be right.
fn read(mut stored: Attributes, key: Key) -> Result<Item, String> {
    let number = |name: &str| match stored.get(name) {
        None => Ok(None),
        Some(AttributeValue::N(digits)) if digits.parse::<u64>().is_ok() => Ok(digits.parse::<u64>().ok()),
        Some(_) => Err(format!("{name}: write a whole number of the type N, or leave it out")),
    };
    let version = number("version")?.unwrap_or(0);
    let schema = number("schema")?.unwrap_or(1);
    let schema = u32::try_from(schema).ok().filter(|schema| *schema > 0);
    let schema = schema.ok_or_else(|| "schema: write 1, or leave it out".to_owned())?;
    let expires = number("ttl")?
        .map(|second| i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok()))
        .map(|moment| moment.ok_or_else(|| "ttl: write a second since 1970, or leave it out".to_owned()))
        .transpose()?;
    let index = match (stored.get("ix"), stored.get("iy")) {
        (Some(AttributeValue::S(partition)), Some(AttributeValue::S(place))) => {
            let own = format!("{PART}{}{PART}{}", key.partition, key.sort);
            // A person may have left out what tells equal ones apart.
            let sort = place.strip_suffix(&own).unwrap_or(place);
            Some(IndexKey { partition: partition.clone(), sort: sort.to_owned() })
        }
        _ => None,
    };
    let body = stored.remove("body").filter(AttributeValue::is_m);
    let body = body.ok_or_else(|| "body: write a map of the type M, with a field an attribute".to_owned())?;
    let body: Value = serde_dynamo::from_attribute_value(body).map_err(|error| format!("body: {error}"))?;
    Ok(Item { key, version, schema, body, index, expires })
}

/// A text attribute that every record has.
pub(super) fn text(attributes: &Attributes, name: &str) -> Result<String, LedgerError> {
    match attributes.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(LedgerError::Unavailable(format!("a record without {name}").into())),
    }
}

/// Where a page of the index ended.
pub(super) struct Place {
    pub(super) iy: String,
    pk: String,
    sk: String,
}

impl Place {
    /// From what DynamoDB calls the last evaluated key.
    pub(super) fn of(last: &Attributes) -> Result<Place, LedgerError> {
        Ok(Place { iy: text(last, "iy")?, pk: text(last, "pk")?, sk: text(last, "sk")? })
    }

    /// As `next`.
    pub(super) fn tell(&self) -> Result<String, LedgerError> {
        serde_json::to_string(&[&self.iy, &self.pk, &self.sk]).map_err(unavailable)
    }

    /// From `after`.
    pub(super) fn read(after: &str) -> Result<Place, LedgerError> {
        let [iy, pk, sk] = serde_json::from_str(after)
            .map_err(|_| LedgerError::Unfit("`after` is not where a page of the index ended".to_owned()))?;
        Ok(Place { iy, pk, sk })
    }

    /// As DynamoDB wants it to go on.
    pub(super) fn start(self, partition: &str) -> Attributes {
        let mut start = key(&Key::new(self.pk, self.sk));
        start.insert("ix".to_owned(), AttributeValue::S(partition.to_owned()));
        start.insert("iy".to_owned(), AttributeValue::S(self.iy));
        start
    }
}

#[cfg(test)]
mod tests;
