//! The queues in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sync::ports::{
    Lane, MAX_ATTEMPTS, Outgoing, Queue, QueueError, Received, VISIBILITY, limits::fits_message,
};

use crate::Store;

/// How long equal identities vanish; SQS has no other figure.
const DEDUPLICATION: Duration = Duration::from_secs(5 * 60);

/// How long a message is kept that nobody takes, and a dead letter: SQS's longest, and the template's.
pub(crate) const RETENTION: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How often a waiting receiver looks for what other processes sent and for what became visible again.
const LOOK: Duration = Duration::from_millis(250);

/// The longest wait, and the most messages at once, that SQS knows.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const MOST: usize = 10;

impl Store {
    /// Makes what is in hand visible again: whoever took it is dead.
    pub(crate) async fn hand_back_all(&self) -> Result<(), QueueError> {
        let now = after(self.clock().now(), Duration::ZERO);
        self.run(move |connection| {
            connection
                .execute("UPDATE messages SET visible = ?1 WHERE attempt > 0 AND visible > ?1", params![now])
                .map_err(broken)
        })
        .await?;
        self.stirred().notify_waiters();
        Ok(())
    }
}

#[async_trait]
impl Queue for Store {
    async fn send(&self, lane: Lane, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        messages.iter().try_for_each(fits_message)?;
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.clock().now();
        self.run(move |connection| {
            let transaction = begin(connection)?;
            insert(&transaction, lane, &messages, now).map_err(broken)?;
            transaction.commit().map_err(broken)
        })
        .await?;
        self.stirred().notify_waiters();
        Ok(())
    }

    async fn receive(&self, lane: Lane, most: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let most = most.clamp(1, MOST);
        let begun = self.clock().now();
        let wait = wait.min(LONGEST_WAIT);
        loop {
            // Before the look, so that what comes between look and wait is not missed.
            let stirred = self.stirred().notified();
            tokio::pin!(stirred);
            stirred.as_mut().enable();
            let now = self.clock().now();
            let received = self
                .run(move |connection| {
                    let transaction = begin(connection)?;
                    let received = take(&transaction, lane, most, now).map_err(broken)?;
                    transaction.commit().map_err(broken)?;
                    Ok(received)
                })
                .await?;
            let waited = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
            let left = wait.saturating_sub(waited);
            if !received.is_empty() || left.is_zero() {
                return Ok(received);
            }
            tokio::select! {
                () = stirred => {}
                () = self.clock().sleep(left.min(LOOK)) => {}
            }
        }
    }

    async fn done(&self, lane: Lane, receipt: &str) -> Result<(), QueueError> {
        let (id, attempt) = told_apart(receipt)?;
        self.run(move |connection| {
            connection
                .execute(
                    "DELETE FROM messages WHERE id = ? AND attempt = ? AND lane = ?",
                    params![id, attempt, lane.as_str()],
                )
                .map_err(broken)
        })
        .await?;
        // The next of its group may be taken.
        self.stirred().notify_waiters();
        Ok(())
    }

    async fn give_back(&self, lane: Lane, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let (id, attempt) = told_apart(receipt)?;
        let visible = after(self.clock().now(), delay.min(VISIBILITY));
        self.run(move |connection| {
            connection
                .execute(
                    "UPDATE messages SET visible = ? WHERE id = ? AND attempt = ? AND lane = ?",
                    params![visible, id, attempt, lane.as_str()],
                )
                .map_err(broken)
        })
        .await?;
        self.stirred().notify_waiters();
        Ok(())
    }

    async fn dead(&self, lane: Lane, most: usize) -> Result<Vec<Received>, QueueError> {
        let now = self.clock().now();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.run(move |connection| {
            let transaction = begin(connection)?;
            bury(&transaction, lane, now).map_err(broken)?;
            let dead = laid_out(&transaction, lane, most).map_err(broken)?;
            transaction.commit().map_err(broken)?;
            Ok(dead)
        })
        .await
    }

    async fn redrive(&self, lane: Lane, most: usize) -> Result<usize, QueueError> {
        let now = self.clock().now();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sent = self
            .run(move |connection| {
                let transaction = begin(connection)?;
                bury(&transaction, lane, now).map_err(broken)?;
                let sent = raise(&transaction, lane, most, now).map_err(broken)?;
                transaction.commit().map_err(broken)?;
                Ok(sent)
            })
            .await?;
        self.stirred().notify_waiters();
        Ok(sent)
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, QueueError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)
}

fn insert(
    transaction: &Transaction<'_>,
    lane: Lane,
    messages: &[Outgoing],
    now: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM seen WHERE until <= ?", [now.as_millisecond()])?;
    let until = after(now, DEDUPLICATION);
    for message in messages {
        let new = transaction
            .prepare_cached("INSERT OR IGNORE INTO seen (lane, identity, until) VALUES (?, ?, ?)")?
            .execute(params![lane.as_str(), message.identity, until])?;
        if new == 0 {
            continue;
        }
        let now = now.as_millisecond();
        transaction
            .prepare_cached("INSERT INTO messages (lane, team, body, visible, sent) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![lane.as_str(), message.group, message.body, now, now])?;
    }
    Ok(())
}

/// Hands out the first of each group, unless it is in hand or delayed: then its group waits.
fn take(
    transaction: &Transaction<'_>,
    lane: Lane,
    most: usize,
    now: Timestamp,
) -> rusqlite::Result<Vec<Received>> {
    bury(transaction, lane, now)?;
    let mut select = transaction.prepare_cached(
        "SELECT id, team, attempt + 1, body FROM messages
         WHERE id IN (SELECT min(id) FROM messages WHERE lane = ? GROUP BY team) AND visible <= ?
         ORDER BY id LIMIT ?",
    )?;
    let mut hide = transaction.prepare_cached("UPDATE messages SET attempt = ?, visible = ? WHERE id = ?")?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = select.query(params![lane.as_str(), now.as_millisecond(), most])?;
    let mut received = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, attempt): (i64, u32) = (row.get(0)?, row.get(2)?);
        let receipt = format!("{id}:{attempt}");
        received.push((id, Received { receipt, group: row.get(1)?, attempt, body: row.get(3)? }));
    }
    for (id, received) in &received {
        hide.execute(params![received.attempt, after(now, VISIBILITY), id])?;
    }
    Ok(received.into_iter().map(|(_, received)| received).collect())
}

/// Moves what was handed out too often, and has come back, to the dead letters.
fn bury(transaction: &Transaction<'_>, lane: Lane, now: Timestamp) -> rusqlite::Result<()> {
    let now = now.as_millisecond();
    let which = "lane = ?1 AND attempt >= ?2 AND visible <= ?3";
    transaction
        .prepare_cached(&format!(
            "INSERT INTO dead (id, lane, team, body, died)
             SELECT id, lane, team, body, ?3 FROM messages WHERE {which}"
        ))?
        .execute(params![lane.as_str(), MAX_ATTEMPTS, now])?;
    transaction.prepare_cached(&format!("DELETE FROM messages WHERE {which}"))?.execute(params![
        lane.as_str(),
        MAX_ATTEMPTS,
        now
    ])?;
    Ok(())
}

/// Sends dead letters again. Their identities are of no account: nothing is sent twice within one transaction.
fn raise(transaction: &Transaction<'_>, lane: Lane, most: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let which = "SELECT id FROM dead WHERE lane = ?1 ORDER BY id LIMIT ?2";
    transaction
        .prepare_cached(&format!(
            "INSERT INTO messages (lane, team, body, visible, sent)
             SELECT lane, team, body, ?3, ?3 FROM dead WHERE id IN ({which}) ORDER BY id"
        ))?
        .execute(params![lane.as_str(), most, now.as_millisecond()])?;
    transaction
        .prepare_cached(&format!("DELETE FROM dead WHERE id IN ({which})"))?
        .execute(params![lane.as_str(), most])
}

fn laid_out(transaction: &Transaction<'_>, lane: Lane, most: i64) -> rusqlite::Result<Vec<Received>> {
    transaction
        .prepare_cached("SELECT team, body FROM dead WHERE lane = ? ORDER BY id LIMIT ?")?
        .query_map(params![lane.as_str(), most], |row| {
            let (group, body) = (row.get(0)?, row.get(1)?);
            Ok(Received { receipt: String::new(), group, attempt: MAX_ATTEMPTS, body })
        })?
        .collect()
}

/// A receipt names the message and the hand-out: one that has run out matches nothing once another has the message.
fn told_apart(receipt: &str) -> Result<(i64, u32), QueueError> {
    receipt
        .split_once(':')
        .and_then(|(id, attempt)| Some((id.parse().ok()?, attempt.parse().ok()?)))
        .ok_or_else(|| QueueError::Unfit(format!("the receipt {receipt:?}")))
}

/// So much later, in milliseconds since 1970.
fn after(now: Timestamp, delay: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}

fn broken(error: rusqlite::Error) -> QueueError {
    QueueError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests;
