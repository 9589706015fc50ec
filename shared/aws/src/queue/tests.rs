//! What no stand-in for SQS does: refusing part of a batch.

use aws_sdk_sqs::{
    Client,
    operation::send_message_batch::SendMessageBatchOutput,
    types::{BatchResultErrorEntry, SendMessageBatchResultEntry},
};
use aws_smithy_mocks::{Rule, mock, mock_client};

use super::*;
use crate::testing::aws;

fn queue(rule: &Rule) -> Aws {
    aws(mock_client!(aws_sdk_dynamodb, [rule]), mock_client!(aws_sdk_sqs, [rule]))
}

fn messages(count: usize) -> Vec<Outgoing> {
    let message = |n: usize| Outgoing { group: "g".into(), identity: n.to_string(), body: n.to_string() };
    (0..count).map(message).collect()
}

/// An answer that takes and refuses entries by these ids.
fn answer(sent: &[&str], refused: &[&str], fault: bool) -> SendMessageBatchOutput {
    let sent = sent.iter().map(|id| {
        let entry = SendMessageBatchResultEntry::builder().id(*id).message_id(*id);
        entry.md5_of_message_body("").build().unwrap()
    });
    let refused = refused.iter().map(|id| {
        let entry = BatchResultErrorEntry::builder().id(*id).sender_fault(fault).code("Code");
        entry.message("the reason").build().unwrap()
    });
    SendMessageBatchOutput::builder()
        .set_successful(Some(sent.collect()))
        .set_failed(Some(refused.collect()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again() {
    let rule = mock!(Client::send_message_batch)
        .sequence()
        .output(|| answer(&["0", "2"], &["1"], false))
        .output(|| answer(&["0"], &[], false))
        .build();
    queue(&rule).send(Lane::Scan, messages(3)).await.unwrap();
    assert_eq!(rule.num_calls(), 2);
}

#[tokio::test]
async fn a_queue_that_takes_nothing_is_out_of_reach() {
    let rule = mock!(Client::send_message_batch)
        .sequence()
        .output(|| answer(&[], &["0"], false))
        .repeatedly()
        .build();
    let error = queue(&rule).send(Lane::Scan, messages(1)).await.unwrap_err();
    assert!(matches!(error, QueueError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_fault_of_ours_is_told() {
    let rule = mock!(Client::send_message_batch).then_output(|| answer(&["0"], &["1"], true));
    let error = queue(&rule).send(Lane::Scan, messages(2)).await.unwrap_err();
    assert!(matches!(error, QueueError::Unfit(ref reason) if reason == "the reason"), "{error:?}");
}

#[test]
fn a_delay_is_never_cut_short() {
    for (delay, expected) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (360_000, 360)] {
        assert_eq!(seconds(Duration::from_millis(delay)), expected);
    }
}
