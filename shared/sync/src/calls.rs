//! Calls: each request to a side is told and counted, here and nowhere else, with its path and never with its query, its
//! headers or its body.

use std::sync::Arc;

use async_trait::async_trait;
use world::{Clock, Request, Response, Transport, TransportError, World};

use crate::{
    Engine,
    figures::{About, Collected, Metric, Side},
};

/// What the log calls these lines, so that a program for people can leave them out.
pub const CALLS: &str = "sync::calls";

/// A transport that tells what it carries.
struct Told {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    side: Side,
    figures: Arc<Collected>,
}

impl Engine {
    /// The world, towards one of the sides.
    pub(crate) fn towards(&self, side: Side) -> World {
        let (transport, clock) = (self.world.transport.clone(), self.world.clock.clone());
        let told = Told { transport, clock, side, figures: self.figures.clone() };
        World { transport: Arc::new(told), ..self.world.clone() }
    }
}

#[async_trait]
impl Transport for Told {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (method, path, side) = (request.method, request.url.path().to_owned(), self.side.as_str());
        let began = self.clock.now();
        let answer = self.transport.send(request).await;
        let latency_ms =
            u64::try_from(self.clock.now().duration_since(began).as_millis()).unwrap_or_default();
        self.figures.add(About::Side(self.side), Metric::Calls, 1);
        self.figures.add(About::Side(self.side), Metric::Latency, latency_ms);
        match &answer {
            Ok(response) => {
                let (status, bytes) = (response.status, response.body.len());
                tracing::info!(target: CALLS, side, %method, path, status, latency_ms, bytes, "called");
            }
            // A transport's words are not ours: an address may be in them. What it comes to is told where it is judged.
            Err(error) => {
                let perhaps_done = error.may_have_been_processed();
                tracing::info!(target: CALLS, side, %method, path, latency_ms, perhaps_done, "no answer");
            }
        }
        answer
    }
}
