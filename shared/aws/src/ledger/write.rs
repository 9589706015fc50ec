//! Writing: one item, a transaction, or many by themselves.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
    types::{
        AttributeValue, ConditionCheck, Delete, DeleteRequest, Put, PutRequest,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, WriteRequest,
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};
use sync::ports::{Condition, Item, Key, Ledger, LedgerError, Write};

use super::{
    SIDE_BY_SIDE,
    item::{self, Attributes},
    unavailable,
};
use crate::{
    Aws,
    retry::{Patience, Throttled},
};

/// The most writes that DynamoDB takes at once when each stands by itself.
const WRITE_BATCH: usize = 25;

/// A check of nothing, which DynamoDB wouldn't take.
pub(super) fn pointless(write: &Write) -> bool {
    matches!(write, Write::Check { condition: Condition::Always, .. })
}

impl Aws {
    /// One write: half the price of a transaction.
    pub(super) async fn write_one(&self, write: Write) -> Result<(), LedgerError> {
        match write {
            Write::Put { item, condition: Condition::Always } => self.replace(&item).await,
            Write::Put { item, condition } => self.put(&item, condition).await,
            Write::Remove { key, condition: Condition::Always } => self.remove(&key).await,
            // The client repeats a request whose answer was lost. A repeated removal would find nothing and look
            // like a conflict; a transaction knows itself by its token.
            Write::Remove { .. } => self.transact(&[write]).await,
            Write::Check { key, condition } => {
                let found = self.get(&key).await?.map(|item| item.version);
                let holds = match condition {
                    Condition::Always => true,
                    Condition::Absent => found.is_none(),
                    Condition::Version(version) => found == Some(version),
                };
                if holds { Ok(()) } else { Err(LedgerError::Conflict) }
            }
        }
    }

    /// Makes or replaces an item, counting on from whatever version is there.
    async fn replace(&self, item: &Item) -> Result<(), LedgerError> {
        let update = Replacement::of(item)?;
        let sent = self
            .dynamodb
            .update_item()
            .table_name(&self.names.table)
            .set_key(Some(item::key(&item.key)))
            .update_expression(update.expression)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.as_service_error() {
                Some(UpdateItemError::TransactionConflictException(_)) => LedgerError::Conflict,
                _ => unavailable(error),
            }),
        }
    }

    /// Makes or replaces an item of a known version.
    async fn put(&self, item: &Item, condition: Condition) -> Result<(), LedgerError> {
        let mark = format!("{:016x}", self.world.chance.next());
        let mut attributes = record(item, next_version(condition))?;
        attributes.insert("mark".to_owned(), AttributeValue::S(mark.clone()));
        let condition = Expression::of(condition);
        let sent = self
            .dynamodb
            .put_item()
            .table_name(&self.names.table)
            .set_item(Some(attributes))
            .set_condition_expression(condition.text.map(str::to_owned))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // The client repeats a request whose answer was lost: then it is our own write that is in the way.
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item.as_ref().and_then(|found| found.get("mark"));
                    let ours = found == Some(&AttributeValue::S(mark));
                    if ours { Ok(()) } else { Err(LedgerError::Conflict) }
                }
                Some(PutItemError::TransactionConflictException(_)) => Err(LedgerError::Conflict),
                _ => Err(unavailable(error)),
            },
        }
    }

    async fn remove(&self, key: &Key) -> Result<(), LedgerError> {
        let request = self.dynamodb.delete_item().table_name(&self.names.table);
        match request.set_key(Some(item::key(key))).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.as_service_error() {
                Some(DeleteItemError::TransactionConflictException(_)) => LedgerError::Conflict,
                _ => unavailable(error),
            }),
        }
    }

    /// All or nothing. The client gives each a token of its own, so that a repeated one counts once.
    pub(super) async fn transact(&self, writes: &[Write]) -> Result<(), LedgerError> {
        let writes: Vec<TransactWriteItem> =
            writes.iter().map(|write| self.transacted(write)).collect::<Result<_, _>>()?;
        let mut patience = Patience::new(&self.world);
        loop {
            let request = self.dynamodb.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(error) = request.send().await else { return Ok(()) };
            match verdict(&error) {
                Verdict::Conflict => return Err(LedgerError::Conflict),
                Verdict::Throttled if patience.wait(false).await => {}
                Verdict::Throttled | Verdict::Trouble => return Err(unavailable(error)),
            }
        }
    }

    /// A write as part of a transaction.
    fn transacted(&self, write: &Write) -> Result<TransactWriteItem, LedgerError> {
        let table = &self.names.table;
        let part = TransactWriteItem::builder();
        let part = match write {
            Write::Put { item, condition: Condition::Always } => {
                let update = Replacement::of(item)?;
                let update = Update::builder()
                    .table_name(table)
                    .set_key(Some(item::key(&item.key)))
                    .update_expression(update.expression)
                    .set_expression_attribute_names(Some(update.names))
                    .set_expression_attribute_values(Some(update.values));
                part.update(update.build().map_err(unavailable)?)
            }
            Write::Put { item, condition } => {
                let attributes = record(item, next_version(*condition))?;
                let condition = Expression::of(*condition);
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(attributes))
                    .set_condition_expression(condition.text.map(str::to_owned))
                    .set_expression_attribute_names(condition.names())
                    .set_expression_attribute_values(condition.values());
                part.put(put.build().map_err(unavailable)?)
            }
            Write::Remove { key, condition } => {
                let condition = Expression::of(*condition);
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(item::key(key)))
                    .set_condition_expression(condition.text.map(str::to_owned))
                    .set_expression_attribute_names(condition.names())
                    .set_expression_attribute_values(condition.values());
                part.delete(delete.build().map_err(unavailable)?)
            }
            Write::Check { key, condition } => {
                let condition = Expression::of(*condition);
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(item::key(key)))
                    .set_condition_expression(condition.text.map(str::to_owned))
                    .set_expression_attribute_names(condition.names())
                    .set_expression_attribute_values(condition.values());
                part.condition_check(check.build().map_err(unavailable)?)
            }
        };
        Ok(part.build())
    }

    /// Each by itself.
    pub(super) async fn write_batches(&self, put: &[Item], remove: &[Key]) -> Result<(), LedgerError> {
        let mut requests = Vec::with_capacity(put.len() + remove.len());
        for item in put {
            // Nobody counts on the version: reading the one there would double the price.
            let put = PutRequest::builder().set_item(Some(record(item, 1)?)).build().map_err(unavailable)?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        for key in remove {
            let delete =
                DeleteRequest::builder().set_key(Some(item::key(key))).build().map_err(unavailable)?;
            requests.push(WriteRequest::builder().delete_request(delete).build());
        }
        let batches: Vec<_> = requests.chunks(WRITE_BATCH).map(<[WriteRequest]>::to_vec).collect();
        stream::iter(batches.into_iter().map(|batch| self.write_batch(batch)))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await
    }

    /// Writes until every request was answered.
    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), LedgerError> {
        let mut patience = Patience::new(&self.world);
        loop {
            let asked = requests.len();
            let answer = self
                .dynamodb
                .batch_write_item()
                .request_items(&self.names.table, requests)
                .send()
                .await
                .map_err(unavailable)?;
            let left = answer.unprocessed_items.and_then(|mut left| left.remove(&self.names.table));
            requests = left.unwrap_or_default();
            if requests.is_empty() {
                return Ok(());
            }
            if !patience.wait(requests.len() < asked).await {
                return Err(unavailable(Throttled));
            }
        }
    }
}

/// A whole record.
fn record(item: &Item, version: u64) -> Result<Attributes, LedgerError> {
    let mut attributes = item::content(item)?;
    attributes.extend(item::key(&item.key));
    attributes.insert("version".to_owned(), AttributeValue::N(version.to_string()));
    Ok(attributes)
}

/// The version that a put under this condition leaves; not asked for [`Condition::Always`].
fn next_version(condition: Condition) -> u64 {
    match condition {
        Condition::Version(version) => version + 1,
        Condition::Absent | Condition::Always => 1,
    }
}

/// A condition in DynamoDB's words.
struct Expression {
    text: Option<&'static str>,
    version: Option<u64>,
}

impl Expression {
    fn of(condition: Condition) -> Expression {
        let text = match condition {
            Condition::Always => None,
            Condition::Absent => Some("attribute_not_exists(#pk)"),
            // A person wrote it.
            Condition::Version(0) => {
                Some("attribute_exists(#pk) AND (attribute_not_exists(#version) OR #version = :version)")
            }
            Condition::Version(_) => Some("#version = :version"),
        };
        let version = match condition {
            Condition::Version(version) => Some(version),
            Condition::Always | Condition::Absent => None,
        };
        Expression { text, version }
    }

    /// DynamoDB refuses names and values that aren't used.
    fn names(&self) -> Option<std::collections::HashMap<String, String>> {
        let text = self.text?;
        let used =
            [("#pk", "pk"), ("#version", "version")].into_iter().filter(|(name, _)| text.contains(name));
        Some(used.map(|(name, attribute)| (name.to_owned(), attribute.to_owned())).collect())
    }

    fn values(&self) -> Option<Attributes> {
        let version = AttributeValue::N(self.version?.to_string());
        Some(Attributes::from([(":version".to_owned(), version)]))
    }
}

/// An item's whole content as an update: the only write that counts on from a version nobody has read.
struct Replacement {
    expression: String,
    names: std::collections::HashMap<String, String>,
    values: Attributes,
}

impl Replacement {
    fn of(item: &Item) -> Result<Replacement, LedgerError> {
        let mut content = item::content(item)?;
        let mut names = std::collections::HashMap::from([("#version".to_owned(), "version".to_owned())]);
        let mut values = Attributes::from([(":one".to_owned(), AttributeValue::N("1".to_owned()))]);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for name in ["schema", "body", "ix", "iy", "ttl"] {
            names.insert(format!("#{name}"), name.to_owned());
            match content.remove(name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let mut expression = format!("SET {} ADD #version :one", set.join(", "));
        if !remove.is_empty() {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        }
        Ok(Replacement { expression, names, values })
    }
}

enum Verdict {
    Conflict,
    Throttled,
    Trouble,
}

/// Why a transaction was cancelled: a conflict above all, since then nothing else matters.
fn verdict<R>(error: &SdkError<TransactWriteItemsError, R>) -> Verdict {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return Verdict::Trouble;
    };
    let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    if codes().any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict")) {
        Verdict::Conflict
    } else if codes().any(|code| matches!(code, "ThrottlingError" | "ProvisionedThroughputExceeded")) {
        Verdict::Throttled
    } else {
        Verdict::Trouble
    }
}
