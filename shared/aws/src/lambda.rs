//! What a function deployed to Lambda adds: building the engine, and answering a batch of messages one by one.

mod hook;
mod life;

use std::{collections::BTreeMap, env, error::Error, sync::Arc, time::Duration};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{
    future::{Either, join_all, select},
    pin_mut,
};
use jiff::Timestamp;
use sync::{
    Engine, Fault, Stop, Trace,
    ports::{Lane, Queue, VISIBILITY},
    seal::SealError,
};
use world::{Clock, World};

use crate::{Aws, ConfigError, Embedded, NAMESPACE, Names};

pub use life::{Error as FunctionError, notifier, receiver, schedule, worker};

/// What is left of a function's time when nothing new is begun and work is asked to stop: a shop's slow answer.
const LAST_CALL: Duration = Duration::from_secs(15);

/// What is left when work that doesn't stop is cut off, so that there is time to answer for the rest.
const CUT_OFF: Duration = Duration::from_secs(2);

/// The wait before a message that failed comes again; it doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The function can't begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address can't be used: where webhooks come in.
    #[error(transparent)]
    Address(#[from] Fault),
    /// `LOOMIS_WOO_KEY` is no key.
    #[error("LOOMIS_WOO_KEY can't be used")]
    Key(#[from] SealError),
}

/// The engine on AWS, by the environment's variables (`template.yaml`), and the ports beneath it.
///
/// # Errors
/// [`StartError`] naming the variable.
pub async fn start(world: World) -> Result<(Engine, Aws), StartError> {
    let config = crate::config().await;
    let keys = crate::keyring(&config, &world, |name| env::var(name).ok())?;
    let keys = keys.ok_or(ConfigError("LOOMIS_WOO_KMS_KEY"))?;
    let aws = Aws::new(&config, Names::from_env()?, world.clone());
    let ports = Arc::new(aws.clone());
    let mut engine = Engine::new(world, ports.clone(), ports, keys);
    let namespace = env::var("LOOMIS_WOO_METRICS").unwrap_or_else(|_| NAMESPACE.to_owned());
    engine.meter = Some(Arc::new(Embedded::to(std::io::stdout(), namespace)));
    engine.webhooks = sync::webhook_url(|name| env::var(name).ok())?;
    Ok((engine, aws))
}

/// The trace that X-Ray knows this invocation by, as the runtime hands it on; a message that has one of its own keeps it.
pub fn trace() -> Option<Trace> {
    Trace::parse(&env::var("_X_AMZN_TRACE_ID").ok()?)
}

/// The moment from which on nothing new is begun, for a function that ends at `deadline`.
pub fn last_call(deadline: Timestamp) -> Timestamp {
    deadline - LAST_CALL
}

/// Lets the engine look after each message of a batch that came by one of these lanes, until shortly before `deadline`.
pub async fn messages(
    engine: &Engine,
    aws: &Aws,
    lanes: &[Lane],
    event: SqsEvent,
    deadline: Timestamp,
) -> SqsBatchResponse {
    let mut engine = engine.traced(trace());
    engine.stop = Stop::at(last_call(deadline));
    let handle = async |_lane, text: String| engine.handle(&text).await;
    work(aws, &aws.names().only(lanes), &*engine.world.clock, event, deadline, handle).await
}

/// Hands each message of a batch to `handle`: groups side by side, the messages of a group in order. What fails comes
/// again after a while, and all that follow in its group with it; what there is no time for comes again at once.
pub async fn work<E: Error>(
    queue: &dyn Queue,
    names: &Names,
    clock: &dyn Clock,
    event: SqsEvent,
    deadline: Timestamp,
    handle: impl AsyncFn(Lane, String) -> Result<(), E>,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut groups: BTreeMap<(Lane, String), Vec<Message>> = BTreeMap::new();
    for record in event.records {
        // An answer with an empty identity means the whole batch, and nothing less is right without one.
        let id = record.message_id.clone().unwrap_or_default();
        match Message::decode(names, record) {
            Some(message) => groups.entry((message.lane, message.group.clone())).or_default().push(message),
            None => {
                tracing::error!(id, "a record without queue, group, receipt or text: it is none of ours");
                response.add_failure(id);
            }
        }
    }
    let shift = Shift { queue, clock, deadline };
    let failed = groups.into_values().map(|group| shift.work_through(group, &handle));
    for id in join_all(failed).await.into_iter().flatten() {
        response.add_failure(id);
    }
    response
}

/// A message of an event.
struct Message {
    id: String,
    lane: Lane,
    group: String,
    receipt: String,
    attempt: u32,
    body: String,
}

impl Message {
    fn decode(names: &Names, record: SqsMessage) -> Option<Message> {
        let attribute = |name: &str| record.attributes.get(name);
        Some(Message {
            lane: names.lane(record.event_source_arn.as_deref()?)?,
            group: attribute("MessageGroupId")?.clone(),
            attempt: attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1),
            id: record.message_id?,
            receipt: record.receipt_handle?,
            body: record.body?,
        })
    }
}

struct Shift<'a> {
    queue: &'a dyn Queue,
    clock: &'a dyn Clock,
    deadline: Timestamp,
}

impl Shift<'_> {
    /// Works through a group, and gives the identities of those that are to come again.
    async fn work_through<E: Error>(
        &self,
        group: Vec<Message>,
        handle: &impl AsyncFn(Lane, String) -> Result<(), E>,
    ) -> Vec<String> {
        let mut messages = group.into_iter();
        while let Some(message) = messages.next() {
            let delay = if self.clock.now() >= last_call(self.deadline) {
                tracing::info!(id = message.id, "no time is left for this message");
                Duration::ZERO
            } else if self.work_one(&message, handle).await {
                continue;
            } else {
                FIRST_WAIT.saturating_mul(2u32.saturating_pow(message.attempt)).min(VISIBILITY)
            };
            let rest: Vec<Message> = std::iter::once(message).chain(messages).collect();
            for message in &rest {
                self.give_back(message, delay).await;
            }
            return rest.into_iter().map(|message| message.id).collect();
        }
        Vec::new()
    }

    /// Whether the message is dealt with.
    async fn work_one<E: Error>(
        &self,
        message: &Message,
        handle: &impl AsyncFn(Lane, String) -> Result<(), E>,
    ) -> bool {
        let left = (self.deadline - CUT_OFF).duration_since(self.clock.now());
        let work = handle(message.lane, message.body.clone());
        let end = self.clock.sleep(Duration::try_from(left).unwrap_or_default());
        pin_mut!(work, end);
        let lane = message.lane.as_str();
        match select(work, end).await {
            Either::Left((Ok(()), _)) => true,
            // Why, is in the log already.
            Either::Left((Err(error), _)) => {
                tracing::warn!(%error, lane, attempt = message.attempt, "a message goes back");
                false
            }
            Either::Right(_) => {
                tracing::error!(lane, attempt = message.attempt, "a message was cut off by the deadline");
                false
            }
        }
    }

    /// Shortens its hiding; without that it comes again all the same, only later.
    async fn give_back(&self, message: &Message, delay: Duration) {
        if let Err(error) = self.queue.give_back(message.lane, &message.receipt, delay).await {
            tracing::warn!(%error, cause = ?error.source(), id = message.id, "a message stays hidden");
        }
    }
}

#[cfg(test)]
mod tests;
