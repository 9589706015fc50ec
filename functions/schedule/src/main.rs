//! Finds what is due when the clock strikes, and wakes whoever does it.

use std::error::Error as _;

use aws::lambda;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde::{Deserialize, Serialize};
use sync::{Engine, Tick};

/// What the scheduler sends, or a person by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strike {
    tick: Tick,
    /// The moment it struck for, as the scheduler writes it in. Without one it is now: a person wants what changed since the
    /// last reading, however short ago that was.
    scheduled: Option<String>,
}

/// How many wake-ups were sent.
#[derive(Serialize)]
struct Answer {
    sent: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, _) = lambda::start(outside::world()?).await?;
    lambda_runtime::run(service_fn(|event| tick(&engine, event))).await
}

async fn tick(engine: &Engine, event: LambdaEvent<Strike>) -> Result<Answer, Error> {
    let Strike { tick, scheduled } = event.payload;
    // A strike that comes twice names one moment. A stand-in for AWS leaves the placeholder as it is.
    let scheduled = match scheduled.filter(|text| !text.starts_with('<')) {
        Some(text) => text.parse()?,
        None => engine.world.now(),
    };
    let sent = engine.traced(lambda::trace()).tick(tick, scheduled).await.inspect_err(|error| {
        tracing::error!(%error, cause = ?error.source(), tick = tick.as_str(), "a tick failed");
    })?;
    Ok(Answer { sent })
}
