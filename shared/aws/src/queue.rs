//! The queues in SQS: a FIFO queue for each lane, with a FIFO queue for its dead letters.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::{
    operation::{
        change_message_visibility::ChangeMessageVisibilityError, delete_message::DeleteMessageError,
    },
    types::{
        ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
        SendMessageBatchRequestEntry,
    },
};
use serde_json::Value;
use sync::ports::{
    Lane, MAX_ATTEMPTS, Outgoing, Queue, QueueError, Received, VISIBILITY, limits::fits_message,
};

use crate::{
    Aws,
    retry::{Patience, Throttled},
};

/// The most messages that SQS takes or hands out at once.
const MOST: usize = 10;

/// The most bytes that SQS takes at once: 1 MiB, less what surrounds the texts.
const BATCH_BYTES: usize = 1_000_000;

/// The longest wait that SQS knows.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How long dead letters are hidden while they are looked at.
const LOOK: i32 = 20;

/// How long dead letters are hidden while they are sent again.
const MOVE: i32 = 120;

#[async_trait]
impl Queue for Aws {
    async fn send(&self, lane: Lane, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        messages.iter().try_for_each(fits_message)?;
        let mut batch: Vec<&Outgoing> = Vec::new();
        let mut bytes = 0;
        for message in &messages {
            if batch.len() == MOST || bytes + message.body.len() > BATCH_BYTES {
                self.send_batch(lane, std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
            bytes += message.body.len();
            batch.push(message);
        }
        self.send_batch(lane, batch).await
    }

    /// One by one: in one answer SQS may hand out several of a group.
    async fn receive(&self, lane: Lane, most: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let url = self.url(lane)?;
        let mut wait = i32::try_from(wait.min(LONGEST_WAIT).as_secs()).unwrap_or(0);
        let mut received = Vec::new();
        while received.len() < most.clamp(1, MOST) {
            let messages = self.receive_batch(url, 1, wait, None).await?;
            let Some(message) = messages.into_iter().next() else { break };
            received.push(hand_out(message)?);
            wait = 0;
        }
        Ok(received)
    }

    async fn done(&self, lane: Lane, receipt: &str) -> Result<(), QueueError> {
        let request = self.sqs.delete_message().queue_url(self.url(lane)?).receipt_handle(receipt);
        let Err(error) = request.send().await else { return Ok(()) };
        match error.as_service_error() {
            // It has come again by now, or is gone.
            Some(DeleteMessageError::ReceiptHandleIsInvalid(_)) => Ok(()),
            Some(other) if ran_out(other.meta()) => Ok(()),
            _ => Err(unavailable(error)),
        }
    }

    async fn give_back(&self, lane: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let request = self
            .sqs
            .change_message_visibility()
            .queue_url(self.url(lane)?)
            .receipt_handle(receipt)
            .visibility_timeout(seconds(delay.min(VISIBILITY)));
        let Err(error) = request.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(
                ChangeMessageVisibilityError::MessageNotInflight(_)
                | ChangeMessageVisibilityError::ReceiptHandleIsInvalid(_),
            ) => Ok(()),
            Some(other) if ran_out(other.meta()) => Ok(()),
            _ => Err(unavailable(error)),
        }
    }

    /// Of each group at most the ten oldest: SQS shows no more of a group at once. They are hidden from others for
    /// the moment of looking.
    async fn dead(&self, lane: Lane, most: usize) -> Result<Vec<Received>, QueueError> {
        let url = self.dead_url(lane).await?;
        let (mut letters, mut handles) = (Vec::new(), Vec::new());
        while letters.len() < most {
            let batch = i32::try_from((most - letters.len()).min(MOST)).unwrap_or(1);
            let messages = self.receive_batch(url, batch, 0, Some(LOOK)).await?;
            if messages.is_empty() {
                break;
            }
            for message in messages {
                handles.extend(message.receipt_handle.clone());
                let letter = hand_out(message)?;
                letters.push(Received { receipt: String::new(), attempt: MAX_ATTEMPTS, ..letter });
            }
        }
        for handles in handles.chunks(MOST) {
            self.show_again(url, handles).await?;
        }
        Ok(letters)
    }

    /// By receiving, sending and deleting: the queues' own move tasks keep neither to `most` nor to an identity of ours. Each is
    /// deleted before the next ones come, since SQS shows no more than ten of a group at once.
    async fn redrive(&self, lane: Lane, most: usize) -> Result<usize, QueueError> {
        let url = self.dead_url(lane).await?;
        let mut sent = 0;
        while sent < most {
            let batch = i32::try_from((most - sent).min(MOST)).unwrap_or(1);
            let letters = self.receive_batch(url, batch, 0, Some(MOVE)).await?;
            if letters.is_empty() {
                break;
            }
            let letters: Vec<Received> = letters.into_iter().map(hand_out).collect::<Result<_, _>>()?;
            let again = letters.iter().map(|letter| Outgoing {
                group: letter.group.clone(),
                identity: self.world.identity(),
                body: letter.body.clone(),
            });
            self.send(lane, again.collect()).await?;
            for letter in &letters {
                self.sqs
                    .delete_message()
                    .queue_url(url)
                    .receipt_handle(&letter.receipt)
                    .send()
                    .await
                    .map_err(unavailable)?;
            }
            sent += letters.len();
        }
        Ok(sent)
    }
}

impl Aws {
    fn url(&self, lane: Lane) -> Result<&str, QueueError> {
        let url = self.names.queues.get(&lane).map(String::as_str);
        url.ok_or_else(|| QueueError::Unavailable(format!("no queue is named for {}", lane.as_str()).into()))
    }

    /// Sends up to ten, in order, until every one was answered.
    async fn send_batch(&self, lane: Lane, mut messages: Vec<&Outgoing>) -> Result<(), QueueError> {
        let mut patience = Patience::new(&self.world);
        while !messages.is_empty() {
            let mut entries = Vec::with_capacity(messages.len());
            for (number, message) in messages.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .message_group_id(&message.group)
                    .message_deduplication_id(&message.identity)
                    .message_body(&message.body);
                entries.push(entry.build().map_err(unavailable)?);
            }
            let request = self.sqs.send_message_batch().queue_url(self.url(lane)?).set_entries(Some(entries));
            let answer = request.send().await.map_err(unavailable)?;
            if let Some(refused) = answer.failed().iter().find(|failed| failed.sender_fault()) {
                let reason = refused.message().unwrap_or(refused.code());
                return Err(QueueError::Unfit(reason.to_owned()));
            }
            let failed: Vec<&str> = answer.failed().iter().map(|failed| failed.id()).collect();
            let sent = messages.len() - failed.len();
            messages = (0usize..)
                .zip(messages)
                .filter(|(number, _)| failed.contains(&number.to_string().as_str()))
                .map(|(_, message)| message)
                .collect();
            if !messages.is_empty() && !patience.wait(sent > 0).await {
                return Err(unavailable(Throttled));
            }
        }
        Ok(())
    }

    async fn receive_batch(
        &self,
        url: &str,
        most: i32,
        wait: i32,
        hide: Option<i32>,
    ) -> Result<Vec<Message>, QueueError> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(most)
            .wait_time_seconds(wait)
            .set_visibility_timeout(hide)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Ends the hiding of messages that were only looked at.
    async fn show_again(&self, url: &str, handles: &[String]) -> Result<(), QueueError> {
        let mut entries = Vec::with_capacity(handles.len());
        for (number, handle) in handles.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(handle)
                .visibility_timeout(0);
            entries.push(entry.build().map_err(unavailable)?);
        }
        let request = self.sqs.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        let answer = request.send().await.map_err(unavailable)?;
        for failed in answer.failed() {
            tracing::debug!(code = failed.code(), "a dead letter stays hidden for {LOOK} s");
        }
        Ok(())
    }

    /// The dead letters' queue, as the lane's queue names it.
    async fn dead_url(&self, lane: Lane) -> Result<&str, QueueError> {
        let url = self.url(lane)?;
        let Some(cell) = self.dead.get(&lane) else {
            return Err(QueueError::Unavailable(format!("the lane {} is unknown", lane.as_str()).into()));
        };
        let found = cell.get_or_try_init(|| async {
            let answer = self
                .sqs
                .get_queue_attributes()
                .queue_url(url)
                .attribute_names(QueueAttributeName::RedrivePolicy)
                .send()
                .await
                .map_err(unavailable)?;
            let policy = answer.attributes().and_then(|all| all.get(&QueueAttributeName::RedrivePolicy));
            let name = policy
                .and_then(|policy| serde_json::from_str::<Value>(policy).ok())
                .and_then(|policy| {
                    Some(policy["deadLetterTargetArn"].as_str()?.rsplit(':').next()?.to_owned())
                })
                .ok_or_else(|| QueueError::Unavailable(format!("{url} has no dead letters' queue").into()))?;
            let answer = self.sqs.get_queue_url().queue_name(name).send().await.map_err(unavailable)?;
            answer.queue_url.ok_or_else(|| QueueError::Unavailable("the queue has no URL".into()))
        });
        Ok(found.await?.as_str())
    }
}

fn hand_out(message: Message) -> Result<Received, QueueError> {
    let attributes = message.attributes.unwrap_or_default();
    let group = attributes.get(&MessageSystemAttributeName::MessageGroupId).cloned();
    let attempt = attributes
        .get(&MessageSystemAttributeName::ApproximateReceiveCount)
        .and_then(|count| count.parse().ok());
    match (message.receipt_handle, group, attempt, message.body) {
        (Some(receipt), Some(group), Some(attempt), Some(body)) => {
            Ok(Received { receipt, group, attempt, body })
        }
        _ => Err(QueueError::Unavailable("a message came without receipt, group, count or text".into())),
    }
}

/// Whole seconds, not fewer.
pub(crate) fn seconds(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

/// For a receipt that has run out SQS has several answers, not all of them typed.
fn ran_out(meta: &aws_sdk_sqs::error::ErrorMetadata) -> bool {
    let expired = meta.message().is_some_and(|message| message.contains("expired"));
    matches!(meta.code(), Some("InvalidParameterValue" | "InvalidParameterCombination")) && expired
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> QueueError {
    QueueError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests;
