//! Somebody between the network and a server: before each request the world may move on.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use simulators::Server;
use world::{Method, Request, Response};

type Happens = dyn Fn(&Request, Timestamp) -> Timestamp + Send + Sync;

/// A server before whose answers something happens.
pub(crate) struct Between {
    below: Arc<dyn Server>,
    happens: Box<Happens>,
}

impl Between {
    /// `happens` is told of each request, and gives the time that it is by the server's own clock.
    pub(crate) fn new(
        below: Arc<dyn Server>,
        happens: impl Fn(&Request, Timestamp) -> Timestamp + Send + Sync + 'static,
    ) -> Arc<Between> {
        Arc::new(Between { below, happens: Box::new(happens) })
    }
}

impl Server for Between {
    fn handle(&self, request: &Request, now: Timestamp) -> Response {
        let now = (self.happens)(request, now);
        self.below.handle(request, now)
    }

    fn state(&self) -> Value {
        self.below.state()
    }

    fn control(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Option<Result<Value, String>> {
        self.below.control(method, path, body, now)
    }
}
