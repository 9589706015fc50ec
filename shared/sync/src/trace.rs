//! Traces: an identity that travels from the clock's strike in every message that comes of it, and stands in each log line
//! on the way, down to the call that reaches a shop.

use tracing::{Instrument, Span};
use world::World;

use crate::{Engine, Error, Tick, Wake, figures::Metric};

/// The longest identity that is believed to be one; X-Ray's has 35 characters.
const LONGEST: usize = 64;

/// What belongs together: a strike of the clock and all that came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace(String);

impl Trace {
    /// A trace that began elsewhere: its identity, or X-Ray's header (`Root=1-…;Parent=…;Sampled=1`). `None` where there is
    /// none: a trace is for people, and nothing fails for want of it.
    pub fn parse(text: &str) -> Option<Trace> {
        let root = text.split(';').find_map(|part| part.trim().strip_prefix("Root="));
        let identity = root.unwrap_or(text).trim();
        let fits = (1..=LONGEST).contains(&identity.len())
            && identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Trace(identity.to_owned()))
    }

    /// The identity.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn fresh(world: &World) -> Trace {
        Trace(world.identity())
    }
}

impl Engine {
    /// The same engine in some trace: this one, the caller's, or a new one.
    fn in_a_trace(&self, trace: Option<Trace>) -> Engine {
        let known = trace.or_else(|| self.trace.clone());
        self.traced(Some(known.unwrap_or_else(|| Trace::fresh(&self.world))))
    }

    fn trace(&self) -> Option<&str> {
        self.trace.as_ref().map(Trace::as_str)
    }

    /// Wakes what is due at `scheduled`, the moment the schedule fired for. Tells how many wake-ups it sent.
    ///
    /// # Errors
    /// When the ledger or the queue fails.
    pub async fn tick(&self, tick: Tick, scheduled: jiff::Timestamp) -> Result<u64, Error> {
        let engine = self.in_a_trace(None);
        let span = tracing::info_span!("tick", trace = engine.trace(), tick = tick.as_str());
        let done = async {
            let sent = engine.tick_all(tick, scheduled).await?;
            if tick == Tick::Orders {
                engine.look_round().await?;
            }
            Ok(sent)
        };
        let done = done.instrument(span).await;
        engine.tell_figures();
        done
    }

    /// Deals with a message: afterwards it is done with, whatever came of it. What could not be done now stands in the
    /// ledger, paused if need be.
    ///
    /// # Errors
    /// Only when the ledger, the queue or the keys failed, or the message is none of ours: then it is to come again, and ends among
    /// the dead letters if it keeps failing. It is in the log by then.
    pub async fn handle(&self, text: &str) -> Result<(), Error> {
        let (wake, trace) = Wake::decode_traced(text).inspect_err(tell)?;
        let engine = self.in_a_trace(trace);
        let done = async { engine.deal_with(wake.clone()).await.inspect_err(tell) };
        let done = done.instrument(span(&wake, engine.trace())).await;
        engine.tell_figures();
        done
    }

    /// A round went well: somebody was looked after.
    pub(crate) fn count_round(&self) {
        self.figures.count(Metric::Runs, 1);
    }
}

/// A message's span. Its fields are the message's own, whatever it is about.
fn span(wake: &Wake, trace: Option<&str>) -> Span {
    let fields = serde_json::to_value(wake).unwrap_or_default();
    let text = |name: &str| fields[name].as_str();
    let number = |name: &str| fields[name].as_u64();
    tracing::info_span!(
        "message",
        trace,
        wake = text("wake"),
        client = text("client"),
        department = text("department"),
        run = text("run"),
        batch = number("batch"),
        order = number("order"),
    )
}

fn tell(error: &Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a message could not be dealt with");
}

#[cfg(test)]
mod tests;
