use std::sync::Arc;

use super::*;
use crate::store::tests::Still;
use sync::ports::Ledger;

fn start() -> (Arc<Still>, Store) {
    let clock = Still::new();
    (clock.clone(), Store::temporary(clock).unwrap())
}

async fn send(store: &Store, identity: &str) {
    let message = Outgoing { group: "g".into(), identity: identity.into(), body: identity.into() };
    store.send(Lane::Scan, vec![message]).await.unwrap();
}

async fn take(store: &Store) -> Option<Received> {
    store.receive(Lane::Scan, 10, Duration::ZERO).await.unwrap().pop()
}

#[tokio::test]
async fn an_abandoned_message_comes_again_when_it_is_visible() {
    let (clock, store) = start();
    send(&store, "a").await;
    let first = take(&store).await.unwrap();
    clock.pass(VISIBILITY - Duration::from_millis(1));
    assert!(take(&store).await.is_none());
    clock.pass(Duration::from_millis(1));
    let second = take(&store).await.unwrap();
    assert_eq!((second.body.as_str(), second.attempt), ("a", 2));
    store.done(Lane::Scan, &first.receipt).await.unwrap();
    store.done(Lane::Scan, &second.receipt).await.unwrap();
    clock.pass(VISIBILITY);
    assert!(take(&store).await.is_none());
}

#[tokio::test]
async fn an_abandoned_message_dies() {
    let (clock, store) = start();
    send(&store, "a").await;
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(take(&store).await.unwrap().attempt, attempt);
        assert!(store.dead(Lane::Scan, 10).await.unwrap().is_empty());
        clock.pass(VISIBILITY);
    }
    assert_eq!(store.dead(Lane::Scan, 10).await.unwrap().len(), 1);
    assert!(take(&store).await.is_none());
}

#[tokio::test]
async fn equal_identities_vanish_for_five_minutes() {
    let (clock, store) = start();
    send(&store, "a").await;
    store.done(Lane::Scan, &take(&store).await.unwrap().receipt).await.unwrap();
    clock.pass(DEDUPLICATION - Duration::from_millis(1));
    send(&store, "a").await;
    assert!(take(&store).await.is_none());
    clock.pass(Duration::from_millis(1));
    send(&store, "a").await;
    assert!(take(&store).await.is_some());
}

#[tokio::test]
async fn waiting_ends_on_the_clock_it_is_given() {
    let (clock, store) = start();
    let begun = now(&clock);
    assert!(store.receive(Lane::Scan, 1, Duration::from_secs(60)).await.unwrap().is_empty());
    assert_eq!(now(&clock).duration_since(begun), jiff::SignedDuration::from_secs(20));
}

fn now(clock: &Still) -> Timestamp {
    *clock.0.lock().unwrap()
}

#[tokio::test]
async fn what_nobody_takes_is_forgotten_in_the_end() {
    let (clock, store) = start();
    send(&store, "a").await;
    clock.pass(RETENTION - Duration::from_secs(1));
    store.purge(now(&clock)).await.unwrap();
    assert!(take(&store).await.is_some());
    clock.pass(VISIBILITY);
    store.purge(now(&clock)).await.unwrap();
    assert!(take(&store).await.is_none());
}

#[tokio::test]
async fn a_receipt_is_one_of_ours() {
    let (_, store) = start();
    let refused = store.done(Lane::Scan, "nonsense").await;
    assert!(matches!(refused, Err(QueueError::Unfit(_))), "{refused:?}");
}
