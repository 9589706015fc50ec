//! A world for this crate's tests: a clock that only moves by sleeping, dice that always fall alike, no network.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use sync::ports::Lane;
use world::{Chance, Clock, Request, Response, Transport, TransportError, World};

use crate::{Aws, Names};

/// The mark that a test's first write carries.
pub(crate) const FIRST_MARK: &str = "0000000000000001";

pub(crate) struct Sleeper(Mutex<Timestamp>);

#[async_trait]
impl Clock for Sleeper {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

struct Counter(AtomicU64);

impl Chance for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, _request: Request) -> Result<Response, TransportError> {
        Err(TransportError::NotSent("a test has no network".to_owned()))
    }
}

pub(crate) fn world() -> World {
    World {
        transport: Arc::new(Nowhere),
        clock: Arc::new(Sleeper(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap()))),
        chance: Arc::new(Counter(AtomicU64::new(1))),
    }
}

/// The ports over clients of a test's own.
pub(crate) fn aws(dynamodb: aws_sdk_dynamodb::Client, sqs: aws_sdk_sqs::Client) -> Aws {
    let url = |lane: Lane| format!("https://sqs.eu-north-1.amazonaws.com/1/house-{}.fifo", lane.as_str());
    let queues: HashMap<_, _> = Lane::ALL.into_iter().map(|lane| (lane, url(lane))).collect();
    Aws::over(dynamodb, sqs, Names { table: "table".into(), queues }, world())
}
