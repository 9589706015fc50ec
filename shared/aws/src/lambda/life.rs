//! A function's whole life: it is built once, then takes one event after another.

use std::{env, error::Error as _};

use aws_lambda_events::event::{lambda_function_urls::LambdaFunctionUrlRequest, sqs::SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use serde::{Deserialize, Serialize};
use sync::{Engine, Notify, Tick, ports::Lane};
use world::World;

use super::{hook::hook, messages, start, trace};
use crate::Aws;

/// Why a function ends.
pub use lambda_runtime::Error;

/// What the scheduler sends, or a person by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strike {
    /// The moment it struck for, as the scheduler writes it in. Without one it is now: a person wants what changed since the
    /// last reading, however short ago that was.
    scheduled: Option<String>,
}

/// How many wake-ups were sent.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Sent {
    sent: u64,
}

/// Wakes what is due at each strike of this clock.
///
/// # Errors
/// When the environment lacks something, or the runtime ends.
pub async fn schedule(world: World, tick: Tick) -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, _) = start(world).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Strike>| strike(&engine, tick, event.payload))).await
}

async fn strike(engine: &Engine, tick: Tick, strike: Strike) -> Result<Sent, Error> {
    let scheduled = strike.moment(engine.world.now())?;
    let sent = engine.traced(trace()).tick(tick, scheduled).await.inspect_err(|error| {
        tracing::error!(%error, cause = ?error.source(), tick = tick.as_str(), "a tick failed");
    })?;
    Ok(Sent { sent })
}

impl Strike {
    /// A strike that comes twice names one moment. A stand-in for AWS leaves the placeholder as it is.
    fn moment(self, now: Timestamp) -> Result<Timestamp, Error> {
        let Some(text) = self.scheduled.filter(|text| !text.starts_with('<')) else { return Ok(now) };
        text.parse().map_err(|error| format!("scheduled: {text:?} is no moment ({error})").into())
    }
}

/// Looks after the messages of these lanes.
///
/// # Errors
/// When the environment lacks something, or the runtime ends.
pub async fn worker(world: World, lanes: &[Lane]) -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, aws) = start(world).await?;
    work(&engine, &aws, lanes).await
}

/// Tells whom the environment names of orders that wait.
///
/// # Errors
/// When the environment lacks something, or the runtime ends.
pub async fn notifier(world: World) -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (mut engine, aws) = start(world).await?;
    engine.notify = Notify::from_environment(|name| env::var(name).ok())?;
    work(&engine, &aws, &[Lane::Notices]).await
}

/// Takes the hints of shops.
///
/// # Errors
/// When the environment lacks something, or the runtime ends.
pub async fn receiver(world: World) -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, _) = start(world).await?;
    let take = async |event: LambdaEvent<LambdaFunctionUrlRequest>| {
        Ok::<_, Error>(hook(&engine.traced(trace()), event.payload).await)
    };
    lambda_runtime::run(service_fn(take)).await
}

async fn work(engine: &Engine, aws: &Aws, lanes: &[Lane]) -> Result<(), Error> {
    let work = async |event: LambdaEvent<SqsEvent>| -> Result<_, Error> {
        let deadline = Timestamp::try_from(event.context.deadline())?;
        Ok(messages(engine, aws, lanes, event.payload, deadline).await)
    };
    lambda_runtime::run(service_fn(work)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strike_names_its_moment_or_means_now() {
        let now: Timestamp = "2026-11-20T06:00:00Z".parse().unwrap();
        let then: Timestamp = "2026-11-20T05:59:00Z".parse().unwrap();
        for (event, moment) in [
            ("{}", now),
            (r#"{"scheduled":"<aws.scheduler.scheduled-time>"}"#, now),
            (r#"{"scheduled":"2026-11-20T05:59:00Z"}"#, then),
        ] {
            let strike: Strike = serde_json::from_str(event).unwrap();
            assert_eq!(strike.moment(now).unwrap(), moment, "{event}");
        }
    }

    #[test]
    fn a_strike_that_cannot_be_read_is_named() {
        let strike: Strike = serde_json::from_str(r#"{"scheduled":"noon"}"#).unwrap();
        assert!(
            strike.moment(Timestamp::UNIX_EPOCH).unwrap_err().to_string().starts_with("scheduled: \"noon\"")
        );
        let unknown = serde_json::from_str::<Strike>(r#"{"tick":"stock"}"#).unwrap_err();
        assert!(unknown.to_string().contains("unknown field `tick`"), "{unknown}");
    }
}
