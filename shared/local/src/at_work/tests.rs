use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use sync::ports::{Lane, Outgoing, Queue};
use world::Clock;

use super::*;

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

fn open(path: &Path) -> Store {
    Store::open(path, Arc::new(Still)).unwrap()
}

async fn take(store: &Store) -> usize {
    store.receive(Lane::Bulk, 1, Duration::ZERO).await.unwrap().len()
}

#[tokio::test]
async fn what_the_dead_had_in_hand_comes_again_for_the_only_one_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = open(&path);
    let message = Outgoing { group: "1".into(), identity: "a".into(), body: "{}".into() };
    store.send(Lane::Bulk, vec![message]).await.unwrap();
    assert_eq!((take(&store).await, take(&store).await), (1, 0));

    let first = store.go_to_work(&path, || async { Ok(()) }).await.unwrap();
    assert_eq!(take(&store).await, 1, "nobody else was at work");
    let mut settled = false;
    let second = open(&path)
        .go_to_work(&path, || {
            settled = true;
            async { Ok(()) }
        })
        .await
        .unwrap();
    assert!(!settled, "the first is still at work");
    assert_eq!(take(&store).await, 0, "and what it has in hand stays there");
    drop((first, second));
    let _third = store.go_to_work(&path, || async { Ok(()) }).await.unwrap();
    assert_eq!(take(&store).await, 1);
}
