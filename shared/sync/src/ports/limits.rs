//! What both ports refuse, in one place, so that the implementations can't differ in it. Callers don't need it:
//! an implementation asks here before it writes.

use std::collections::HashSet;

use serde_json::Value;

use super::{Item, Key, LedgerError, MAX_TRANSACTION, Outgoing, QueueError, Write};

/// The largest body, in bytes as DynamoDB counts them: its limit of 400 KiB an item, less the keys.
pub const MAX_BODY: usize = 390 * 1024;

/// The largest transaction, in bytes of its items: DynamoDB's limit of 4 MB, less what surrounds them.
pub const MAX_TRANSACTION_BYTES: usize = 3_900_000;

/// How deep objects and arrays may stand in one another (DynamoDB: 32, the body itself and its record included).
pub const MAX_DEPTH: usize = 30;

/// The largest text of a message, in bytes.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Whether a transaction can be taken.
///
/// # Errors
/// [`LedgerError::Unfit`] with the reason.
pub fn fits_transaction(writes: &[Write]) -> Result<(), LedgerError> {
    if writes.len() > MAX_TRANSACTION {
        return unfit(format!("{} writes in one transaction, {MAX_TRANSACTION} at most", writes.len()));
    }
    let mut keys = HashSet::with_capacity(writes.len());
    let mut bytes = 0;
    for write in writes {
        let key = match write {
            Write::Put { item, .. } => {
                bytes += fits_item(item)?;
                &item.key
            }
            Write::Remove { key, .. } | Write::Check { key, .. } => key,
        };
        fits_key(key)?;
        once(&mut keys, key)?;
    }
    if bytes > MAX_TRANSACTION_BYTES {
        return unfit(format!("{bytes} bytes in one transaction, {MAX_TRANSACTION_BYTES} at most"));
    }
    Ok(())
}

/// Whether writes that stand each by itself can be taken.
///
/// # Errors
/// [`LedgerError::Unfit`] with the reason.
pub fn fits_each(put: &[Item], remove: &[Key]) -> Result<(), LedgerError> {
    let mut keys = HashSet::with_capacity(put.len() + remove.len());
    for item in put {
        fits_item(item)?;
        once(&mut keys, &item.key)?;
    }
    for key in remove {
        fits_key(key)?;
        once(&mut keys, key)?;
    }
    Ok(())
}

/// Whether a key can be one.
///
/// # Errors
/// [`LedgerError::Unfit`] with the reason.
pub fn fits_key(key: &Key) -> Result<(), LedgerError> {
    fits_partition(&key.partition)?;
    if key.sort.is_empty() || key.sort.len() > 1024 {
        return unfit(format!("a sort of {} bytes", key.sort.len()));
    }
    Ok(())
}

/// Whether a partition's name, in the table or in the index, can be one.
///
/// # Errors
/// [`LedgerError::Unfit`] with the reason.
pub fn fits_partition(partition: &str) -> Result<(), LedgerError> {
    if partition.is_empty() || partition.len() > 1024 || partition.contains(char::is_control) {
        return unfit(format!("a partition of {} bytes, or with control characters", partition.len()));
    }
    Ok(())
}

/// Whether an item can be one, and its size in bytes.
fn fits_item(item: &Item) -> Result<usize, LedgerError> {
    fits_key(&item.key)?;
    let mut bytes = item.key.partition.len() + item.key.sort.len();
    if let Some(index) = &item.index {
        fits_partition(&index.partition)?;
        // In DynamoDB the three stand in one key of at most 1 024 bytes, parted by a control character.
        let place = index.sort.len() + item.key.partition.len() + item.key.sort.len() + 2;
        if index.sort.contains(char::is_control) || place > 1024 {
            return unfit(format!(
                "an index sort that makes {place} bytes with the key, or with control characters"
            ));
        }
        bytes += index.partition.len() + place;
    }
    if !item.body.is_object() {
        return unfit("a body that is no JSON object".to_owned());
    }
    let body = size(&item.body, 1)?;
    if body > MAX_BODY {
        return unfit(format!("a body of {body} bytes, {MAX_BODY} at most"));
    }
    Ok(bytes + body)
}

/// A value's size as DynamoDB counts it, never less. Floats are refused: the stores would round them differently.
fn size(value: &Value, depth: usize) -> Result<usize, LedgerError> {
    if depth > MAX_DEPTH {
        return unfit(format!("a body more than {MAX_DEPTH} levels deep"));
    }
    Ok(match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) if number.is_i64() || number.is_u64() => 12,
        Value::Number(number) => return unfit(format!("a number that is no integer of 64 bits: {number}")),
        Value::String(text) => text.len(),
        Value::Array(values) => {
            let mut bytes = 3 + values.len();
            for value in values {
                bytes += size(value, depth + 1)?;
            }
            bytes
        }
        Value::Object(fields) => {
            let mut bytes = 3 + fields.len();
            for (name, value) in fields {
                if name.is_empty() {
                    return unfit("a field without a name".to_owned());
                }
                bytes += name.len() + size(value, depth + 1)?;
            }
            bytes
        }
    })
}

/// Whether a message can be sent.
///
/// # Errors
/// [`QueueError::Unfit`] with the reason.
pub fn fits_message(message: &Outgoing) -> Result<(), QueueError> {
    let name =
        |text: &str| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !name(&message.group) {
        return Err(QueueError::Unfit(format!("the group {:?}", message.group)));
    }
    if !name(&message.identity) {
        return Err(QueueError::Unfit(format!("the identity {:?}", message.identity)));
    }
    if !(1..=MAX_MESSAGE).contains(&message.body.len()) {
        return Err(QueueError::Unfit(format!("a text of {} bytes", message.body.len())));
    }
    // SQS carries what XML 1.0 allows.
    let carried = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if let Some(strange) = message.body.chars().find(|char| !carried(*char)) {
        return Err(QueueError::Unfit(format!("the character {strange:?} in a text")));
    }
    Ok(())
}

/// Notes a key; a second time is refused.
fn once<'a>(keys: &mut HashSet<&'a Key>, key: &'a Key) -> Result<(), LedgerError> {
    if keys.insert(key) { Ok(()) } else { unfit(format!("{} / {} twice", key.partition, key.sort)) }
}

fn unfit<T>(reason: String) -> Result<T, LedgerError> {
    Err(LedgerError::Unfit(reason))
}
