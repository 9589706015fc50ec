use std::{cell::RefCell, sync::Mutex};

use async_trait::async_trait;
use serde_json::json;
use sync::ports::{Outgoing, QueueError, Received};

use super::*;
use crate::testing;

/// Notes what is given back.
#[derive(Default)]
struct Notes(Mutex<Vec<(String, u64)>>);

#[async_trait]
impl Queue for Notes {
    async fn send(&self, _: Lane, _: Vec<Outgoing>) -> Result<(), QueueError> {
        unreachable!()
    }
    async fn receive(&self, _: Lane, _: usize, _: Duration) -> Result<Vec<Received>, QueueError> {
        unreachable!()
    }
    async fn done(&self, _: Lane, _: &str) -> Result<(), QueueError> {
        unreachable!()
    }
    async fn give_back(&self, _: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        self.0.lock().unwrap().push((receipt.to_owned(), delay.as_secs()));
        Ok(())
    }
    async fn dead(&self, _: Lane, _: usize) -> Result<Vec<Received>, QueueError> {
        unreachable!()
    }
    async fn redrive(&self, _: Lane, _: usize) -> Result<usize, QueueError> {
        unreachable!()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it failed")]
struct Failed;

/// A batch of messages of the lane `changes`, each by group and text.
fn event(messages: &[(&str, &str)]) -> SqsEvent {
    let records: Vec<_> = messages
        .iter()
        .map(|(group, body)| {
            json!({
                "messageId": format!("id-{body}"),
                "receiptHandle": format!("receipt-{body}"),
                "body": body,
                "attributes": { "MessageGroupId": group, "ApproximateReceiveCount": "2" },
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-north-1:1:house-changes.fifo",
                "awsRegion": "eu-north-1",
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Works through a batch with so much time; gives what was worked on, what the answer returns, what was given back.
async fn worked(
    event: SqsEvent,
    time: Duration,
    handle: impl AsyncFn(&dyn Clock, &str) -> Result<(), Failed>,
) -> (Vec<String>, Vec<String>, Vec<(String, u64)>) {
    let world = testing::world();
    let aws = testing::aws(aws_sdk_dynamodb_client(), aws_sdk_sqs_client());
    let (notes, begun) = (Notes::default(), RefCell::new(Vec::new()));
    let deadline = world.now() + time;
    let answer = work(&notes, aws.names(), &*world.clock, event, deadline, async |lane, body: String| {
        assert_eq!(lane, Lane::Changes);
        begun.borrow_mut().push(body.clone());
        handle(&*world.clock, &body).await
    });
    let answer = answer.await;
    let failed = answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    (begun.into_inner(), failed, notes.0.into_inner().unwrap())
}

fn aws_sdk_dynamodb_client() -> aws_sdk_dynamodb::Client {
    aws_smithy_mocks::mock_client!(aws_sdk_dynamodb, [])
}

fn aws_sdk_sqs_client() -> aws_sdk_sqs::Client {
    aws_smithy_mocks::mock_client!(aws_sdk_sqs, [])
}

const PLENTY: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_went_well_is_not_returned() {
    let (begun, failed, back) =
        worked(event(&[("a", "a1"), ("b", "b1"), ("a", "a2")]), PLENTY, async |_, _| Ok(())).await;
    assert_eq!((begun.len(), failed.len(), back.len()), (3, 0, 0));
}

#[tokio::test]
async fn what_fails_is_returned_with_all_that_follow_in_its_group() {
    let batch = event(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("b", "b2")]);
    let handle = async |_: &dyn Clock, body: &str| if body == "a2" { Err(Failed) } else { Ok(()) };
    let (begun, failed, back) = worked(batch, PLENTY, handle).await;
    assert!(!begun.contains(&"a3".to_owned()));
    assert_eq!(failed, ["id-a2", "id-a3"]);
    assert_eq!(back, [("receipt-a2".to_owned(), 8), ("receipt-a3".to_owned(), 8)]);
}

#[tokio::test]
async fn nothing_is_begun_when_the_time_is_nearly_up() {
    let handle = async |clock: &dyn Clock, _: &str| {
        clock.sleep(PLENTY - LAST_CALL).await;
        Ok(())
    };
    // The clock of this test stands still unless somebody sleeps, and the watch over the deadline sleeps last.
    let (begun, failed, back) = worked(event(&[("a", "a1"), ("a", "a2")]), PLENTY, handle).await;
    assert_eq!((begun, failed), (vec!["a1".to_owned()], vec!["id-a2".to_owned()]));
    assert_eq!(back, [("receipt-a2".to_owned(), 0)]);
}

#[tokio::test]
async fn work_that_does_not_stop_is_cut_off() {
    let handle = async |_: &dyn Clock, _: &str| std::future::pending().await;
    let (_, failed, back) = worked(event(&[("a", "a1"), ("a", "a2")]), PLENTY, handle).await;
    assert_eq!(failed, ["id-a1", "id-a2"]);
    assert_eq!(back, [("receipt-a1".to_owned(), 8), ("receipt-a2".to_owned(), 8)]);
}

#[tokio::test]
async fn one_bad_record_fails_alone() {
    let mut batch = event(&[("a", "a1"), ("b", "b1"), ("c", "c1")]);
    batch.records[0].event_source_arn = Some("arn:aws:sqs:eu-north-1:1:another.fifo".to_owned());
    batch.records[1].attributes.clear();
    let (begun, failed, back) = worked(batch, PLENTY, async |_, _| Ok(())).await;
    assert_eq!(begun, ["c1"]);
    assert_eq!(failed, ["id-a1", "id-b1"]);
    assert!(back.is_empty());
}
