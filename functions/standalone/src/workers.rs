//! Workers in this process: tasks that take messages of the lanes, and the queue they take them from, watched.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::FutureExt;
use sync::{
    Engine, Error, Stop,
    ports::{Lane, Outgoing, Queue, QueueError, Received},
};
use tokio::task::JoinSet;

use crate::{failure::Failure, house::House};

/// How many messages of a lane are dealt with at once; those of one client or department never are.
const PER_LANE: usize = 4;
/// How long a worker waits for a message before it looks whether it shall stop.
const WAIT: Duration = Duration::from_millis(500);
/// How long a worker of a long run waits when the store fails.
const RECOVER: Duration = Duration::from_secs(5);

/// What a worker does when the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Ends, and says so.
    None,
    /// Says so, and tries again after a while.
    Endless,
}

/// Workers at work.
pub(crate) struct Workers {
    engine: Engine,
    tasks: JoinSet<()>,
    failed: Arc<Mutex<Option<Error>>>,
}

impl Workers {
    /// Sets workers to work on all lanes.
    pub(crate) fn start(house: &House, patience: Patience) -> Workers {
        let mut engine = house.engine.clone();
        // Of their own: the house may have other workers after these.
        engine.stop = Stop::default();
        let mut workers = Workers { engine, tasks: JoinSet::new(), failed: Arc::default() };
        for lane in Lane::ALL {
            for _ in 0..PER_LANE {
                let (engine, watched) = (workers.engine.clone(), house.watched.clone());
                let failed = workers.failed.clone();
                workers.tasks.spawn(work(engine, watched, lane, patience, failed));
            }
        }
        workers
    }

    /// The store failed under a worker.
    pub(crate) fn failed(&self) -> Option<Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Asks them to stop, and waits until what is in hand is finished and the rest given back.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        self.engine.stop.ask();
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|error| Failure::failed("a worker broke down").because(&error))?;
        }
        match self.failed() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

async fn work(
    engine: Engine,
    watched: Arc<Watched>,
    lane: Lane,
    patience: Patience,
    failed: Arc<Mutex<Option<Error>>>,
) {
    while !engine.stop.asked(engine.world.now()) {
        match AssertUnwindSafe(engine.work_one(lane, WAIT)).catch_unwind().await {
            Ok(Ok(_)) => {}
            // Its message is hidden for a while and comes again, to the dead letters if it does this each time.
            Err(_) => {
                watched.drop_one();
                tracing::error!(
                    lane = lane.as_str(),
                    "a message broke its worker, which goes on with the next"
                );
            }
            Ok(Err(error)) if patience == Patience::Endless => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, lane = lane.as_str(), "a worker tries again in a moment");
                tokio::time::sleep(RECOVER).await;
            }
            Ok(Err(error)) => {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return;
            }
        }
    }
}

/// A queue that knows what is in hand here, and when something last moved.
pub(crate) struct Watched {
    queue: Arc<dyn Queue>,
    /// How long nothing has to move before the queue counts as idle: longer than a message takes through it.
    settled_after: Duration,
    state: Mutex<State>,
}

struct State {
    in_hand: usize,
    /// When something moved last, or, for a message that was given back with a delay, will.
    moved: Instant,
}

impl Watched {
    /// The same queue, watched.
    pub(crate) fn new(queue: Arc<dyn Queue>, settled_after: Duration) -> Watched {
        Watched { queue, settled_after, state: Mutex::new(State { in_hand: 0, moved: Instant::now() }) }
    }

    /// Whether nothing is in hand here, nothing has come for a while, and nothing will come back soon.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        state.in_hand == 0 && Instant::now() > state.moved + self.settled_after
    }

    fn drop_one(&self) {
        let mut state = self.state();
        state.in_hand = state.in_hand.saturating_sub(1);
    }

    fn moves(&self, in_hand: impl FnOnce(usize) -> usize, delay: Duration) {
        let mut state = self.state();
        state.in_hand = in_hand(state.in_hand);
        state.moved = state.moved.max(Instant::now() + delay);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for Watched {
    async fn send(&self, lane: Lane, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        self.queue.send(lane, messages).await?;
        self.moves(|in_hand| in_hand, Duration::ZERO);
        Ok(())
    }

    async fn receive(&self, lane: Lane, most: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let received = self.queue.receive(lane, most, wait).await?;
        if !received.is_empty() {
            self.moves(|in_hand| in_hand + received.len(), Duration::ZERO);
        }
        Ok(received)
    }

    async fn done(&self, lane: Lane, receipt: &str) -> Result<(), QueueError> {
        let done = self.queue.done(lane, receipt).await;
        self.moves(|in_hand| in_hand.saturating_sub(1), Duration::ZERO);
        done
    }

    async fn give_back(&self, lane: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let given = self.queue.give_back(lane, receipt, delay).await;
        self.moves(|in_hand| in_hand.saturating_sub(1), delay);
        given
    }

    async fn dead(&self, lane: Lane, most: usize) -> Result<Vec<Received>, QueueError> {
        self.queue.dead(lane, most).await
    }

    async fn redrive(&self, lane: Lane, most: usize) -> Result<usize, QueueError> {
        let sent = self.queue.redrive(lane, most).await?;
        self.moves(|in_hand| in_hand, Duration::ZERO);
        Ok(sent)
    }
}
