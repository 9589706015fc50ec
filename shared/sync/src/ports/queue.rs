//! The queues: they only order and wake. A lost, doubled, late or reordered message does no harm.

use std::{error::Error, time::Duration};

use async_trait::async_trait;

/// How long a received message is hidden from others before it comes again: six times the longest a function may take,
/// which has to outlast a shop's slowest answers.
pub const VISIBILITY: Duration = Duration::from_secs(1800);

/// How often a message is handed out before it goes to the dead letters.
pub const MAX_ATTEMPTS: u32 = 5;

/// The queues there are, by what they carry; a slow kind never stands in a quick one's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Orders, one a message, and finding them. Group: the department.
    Orders,
    /// Reading Loomis Pay. Group: the client.
    Scan,
    /// Changes to a shop as they happen. Group: the department.
    Changes,
    /// Total syncs and sweeps to a shop. Group: the department.
    Bulk,
    /// Telling somebody of orders that wait. Group: the department.
    Notices,
}

impl Lane {
    /// All of them, most urgent first.
    pub const ALL: [Lane; 5] = [Lane::Orders, Lane::Changes, Lane::Scan, Lane::Notices, Lane::Bulk];

    /// The lane's name in a queue's name, a row or a log line.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Orders => "orders",
            Lane::Scan => "scan",
            Lane::Changes => "changes",
            Lane::Bulk => "bulk",
            Lane::Notices => "notices",
        }
    }
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Messages of one group are handed out one at a time, in order. As [`identity`](Outgoing::identity), from 1 byte.
    pub group: String,
    /// A second message of a lane and group with an equal identity within five minutes vanishes; of another group it
    /// may. At most 128 of A–Z a–z 0–9 and punctuation.
    pub identity: String,
    /// The text, 1 byte to 256 KiB, without what XML 1.0 doesn't carry (control characters).
    pub body: String,
}

/// A message that was handed out.
#[derive(Clone, Debug)]
pub struct Received {
    /// What it is answered with.
    pub receipt: String,
    /// Its group.
    pub group: String,
    /// How often it was handed out, this time included.
    pub attempt: u32,
    /// The text.
    pub body: String,
}

/// The queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The message can't be taken: a fault of the caller.
    #[error("the queue can't take it: {0}")]
    Unfit(String),
    /// The queue is out of reach, throttles, or is broken.
    #[error("the queue is out of reach")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// First in, first out within a group; at least once; to the dead letters after [`MAX_ATTEMPTS`].
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages, any number, in order.
    ///
    /// # Errors
    /// [`QueueError`]; some may have been sent.
    async fn send(&self, lane: Lane, messages: Vec<Outgoing>) -> Result<(), QueueError>;

    /// Takes up to `most` (1 to 10) messages, none of a group that has one in hand. Waits up to `wait` (at most 20 s) for the first.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    async fn receive(&self, lane: Lane, most: usize, wait: Duration) -> Result<Vec<Received>, QueueError>;

    /// The message is dealt with: it never comes again. A receipt that has run out does nothing.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    async fn done(&self, lane: Lane, receipt: &str) -> Result<(), QueueError>;

    /// The message comes again after `delay` (at most [`VISIBILITY`]); its group waits with it. A receipt that has run out does nothing.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    async fn give_back(&self, lane: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError>;

    /// The dead letters of a lane, up to `most`, the oldest first, without taking them: their receipts are empty. Of one group
    /// perhaps only the ten oldest.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    async fn dead(&self, lane: Lane, most: usize) -> Result<Vec<Received>, QueueError>;

    /// Sends the dead letters of a lane again, up to `most`, the oldest first, each to its group and under a new identity,
    /// behind what the group has by now. Tells how many. One that fails again ends where it was.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]; some may have been sent, and one of them may be among the dead letters still.
    async fn redrive(&self, lane: Lane, most: usize) -> Result<usize, QueueError>;
}
