//! Finds what is due when the clock strikes, and wakes whoever does it.

use aws::lambda;
use jiff::{Timestamp, Unit};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde::{Deserialize, Serialize};
use sync::{Engine, Tick};

/// What the scheduler sends, or a person by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strike {
    tick: Tick,
    /// The moment it struck for, as the scheduler writes it in. Without one it is the present minute.
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
    // A strike may come twice: both must find the same moment. A stand-in for AWS leaves the placeholder as it is.
    let scheduled = match scheduled.filter(|text| !text.starts_with('<')) {
        Some(text) => text.parse()?,
        None => this_minute(engine.world.now())?,
    };
    Ok(Answer { sent: engine.tick(tick, scheduled).await? })
}

fn this_minute(now: Timestamp) -> Result<Timestamp, Error> {
    Ok(now.round(jiff::TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Trunc))?)
}
