//! What no stand-in for DynamoDB does: leaving part of a batch undone, conflicts, throttling, lost answers.

use aws_sdk_dynamodb::{
    Client,
    operation::{
        batch_get_item::BatchGetItemOutput,
        batch_write_item::BatchWriteItemOutput,
        put_item::{PutItemError, PutItemOutput},
        query::QueryOutput,
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    },
    types::{
        CancellationReason, DeleteRequest, WriteRequest,
        error::{
            ConditionalCheckFailedException, TransactionCanceledException, TransactionConflictException,
        },
    },
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;
use sync::ports::Condition;

use super::*;
use crate::testing::{FIRST_MARK, aws};

fn ledger(rule: &Rule) -> Aws {
    aws(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [rule]), mock_client!(aws_sdk_sqs, [rule]))
}

fn item(sort: &str) -> Item {
    Item { key: Key::new("p", sort), version: 0, schema: 1, body: json!({}), index: None, expires: None }
}

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|n| Key::new("p", n.to_string())).collect()
}

fn deletion(sort: &str) -> WriteRequest {
    let delete = DeleteRequest::builder().set_key(Some(item::key(&Key::new("p", sort)))).build().unwrap();
    WriteRequest::builder().delete_request(delete).build()
}

#[tokio::test]
async fn what_a_batch_left_undone_is_written_again() {
    let left = || vec![deletion("1"), deletion("2")];
    let rule = mock!(Client::batch_write_item)
        .sequence()
        .output(move || BatchWriteItemOutput::builder().unprocessed_items("table", left()).build())
        .output(|| BatchWriteItemOutput::builder().unprocessed_items("table", vec![deletion("2")]).build())
        .output(|| BatchWriteItemOutput::builder().build())
        .build();
    ledger(&rule).write_each(vec![], keys(3)).await.unwrap();
    assert_eq!(rule.num_calls(), 3);
}

#[tokio::test]
async fn only_what_was_left_undone_is_written_again() {
    let rule = mock!(Client::batch_write_item)
        .match_requests(|request| request.request_items().unwrap()["table"] == [deletion("0")])
        .sequence()
        .output(|| BatchWriteItemOutput::builder().unprocessed_items("table", vec![deletion("0")]).build())
        .output(|| BatchWriteItemOutput::builder().build())
        .build();
    ledger(&rule).write_each(vec![], keys(1)).await.unwrap();
    assert_eq!(rule.num_calls(), 2);
}

#[tokio::test]
async fn a_table_that_takes_nothing_is_out_of_reach() {
    let rule = mock!(Client::batch_write_item)
        .sequence()
        .output(|| BatchWriteItemOutput::builder().unprocessed_items("table", vec![deletion("0")]).build())
        .repeatedly()
        .build();
    let ledger = ledger(&rule);
    let begun = ledger.world.now();
    let error = ledger.write_each(vec![], keys(1)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error:?}");
    assert_eq!(rule.num_calls(), 8);
    // It didn't hammer, and didn't hang.
    let waited = ledger.world.now().duration_since(begun).as_secs();
    assert!((3..20).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn keys_left_unread_are_read_again() {
    let stored = |sort: &str| {
        let mut stored = item::key(&Key::new("p", sort));
        stored.extend(item::content(&item(sort)).unwrap());
        stored
    };
    let left = || KeysAndAttributes::builder().keys(item::key(&Key::new("p", "1"))).build().unwrap();
    let rule = mock!(Client::batch_get_item)
        .sequence()
        .output(move || {
            let answer = BatchGetItemOutput::builder().responses("table", vec![stored("0")]);
            answer.unprocessed_keys("table", left()).build()
        })
        .output(move || BatchGetItemOutput::builder().responses("table", vec![stored("1")]).build())
        .build();
    let found = ledger(&rule).get_many(&keys(2)).await.unwrap();
    assert_eq!(found, [item("0"), item("1")]);
}

#[tokio::test]
async fn an_empty_page_is_not_the_end() {
    let rule = mock!(Client::query).then_output(|| {
        QueryOutput::builder().set_last_evaluated_key(Some(item::key(&Key::new("p", "m")))).build()
    });
    let page = ledger(&rule).page("p", Range::default(), 10).await.unwrap();
    assert_eq!((page.items.len(), page.next.as_deref()), (0, Some("m")));
}

fn cancelled(codes: &[&str]) -> TransactWriteItemsError {
    let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
    TransactWriteItemsError::TransactionCanceledException(
        TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build(),
    )
}

fn two_writes() -> Vec<Write> {
    let put = |sort| Write::Put { item: item(sort), condition: Condition::Always };
    vec![put("a"), put("b")]
}

#[tokio::test]
async fn a_transaction_in_another_s_way_conflicts() {
    for codes in [
        ["None", "TransactionConflict"],
        ["ConditionalCheckFailed", "None"],
        ["ThrottlingError", "ConditionalCheckFailed"],
    ] {
        let rule = mock!(Client::transact_write_items).then_error(move || cancelled(&codes));
        let error = ledger(&rule).write(two_writes()).await.unwrap_err();
        assert!(matches!(error, LedgerError::Conflict), "{error:?}");
        assert_eq!(rule.num_calls(), 1);
    }
}

#[tokio::test]
async fn a_throttled_transaction_is_tried_again() {
    let rule = mock!(Client::transact_write_items)
        .sequence()
        .error(|| cancelled(&["None", "ThrottlingError"]))
        .error(|| cancelled(&["ProvisionedThroughputExceeded", "None"]))
        .output(|| TransactWriteItemsOutput::builder().build())
        .build();
    ledger(&rule).write(two_writes()).await.unwrap();
    assert_eq!(rule.num_calls(), 3);

    let rule = mock!(Client::transact_write_items)
        .sequence()
        .error(|| cancelled(&["ThrottlingError", "None"]))
        .repeatedly()
        .build();
    let error = ledger(&rule).write(two_writes()).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_single_write_in_a_transaction_s_way_conflicts() {
    let rule = mock!(Client::put_item).then_error(|| {
        PutItemError::TransactionConflictException(TransactionConflictException::builder().build())
    });
    let write = Write::Put { item: item("a"), condition: Condition::Absent };
    let error = ledger(&rule).write(vec![write]).await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict), "{error:?}");
}

/// The client repeats a request whose answer was lost: the second finds what the first wrote.
#[tokio::test]
async fn one_s_own_write_is_no_conflict() {
    for (mark, ours) in [(FIRST_MARK, true), ("another's", false)] {
        let rule = mock!(Client::put_item)
            .sequence()
            .http_status(500, None)
            .error(move || {
                let found =
                    ConditionalCheckFailedException::builder().item("mark", AttributeValue::S(mark.into()));
                PutItemError::ConditionalCheckFailedException(found.build())
            })
            .output(|| PutItemOutput::builder().build())
            .build();
        let write = Write::Put { item: item("a"), condition: Condition::Version(3) };
        let result = ledger(&rule).write(vec![write]).await;
        assert_eq!(rule.num_calls(), 2);
        assert!(if ours { result.is_ok() } else { matches!(result, Err(LedgerError::Conflict)) });
    }
}
