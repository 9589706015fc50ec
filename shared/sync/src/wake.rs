//! The messages: wake-ups that carry keys. What is due stands in the ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Engine, Error,
    ports::{Lane, Outgoing},
    rows::SCHEMA,
    trace::Trace,
};

/// Who is woken, and for what to look after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wake", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wake {
    /// The catalogue of a client is to be read.
    Catalogue {
        /// The client number.
        client: String,
    },
    /// The stock of a department is to be read.
    Stock {
        /// The client number: departments of one client are read one after another.
        client: String,
        /// The department.
        department: String,
        /// A reading that began then or later will do; none: it is read whatever was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Timestamp>,
    },
    /// A run is to go on.
    Run {
        /// The department.
        department: String,
        /// The run.
        run: String,
    },
    /// A batch is to be applied.
    Batch {
        /// The department.
        department: String,
        /// The run.
        run: String,
        /// The batch.
        batch: u32,
    },
    /// The shop's orders are to be looked through: what changed, or all that may be taken.
    Orders {
        /// The department.
        department: String,
        /// All that may be taken, not only what changed.
        #[serde(default)]
        all: bool,
    },
    /// The shop's webhooks are to be looked after.
    Webhooks {
        /// The department.
        department: String,
    },
    /// An order is to be looked after.
    Order {
        /// The department.
        department: String,
        /// The order's id in the shop.
        order: u64,
    },
    /// Orders that are known are to be looked after: those that are due by themselves, and those that wait for long.
    Completions {
        /// The department.
        department: String,
    },
    /// Somebody is to be told of orders that wait.
    Notices {
        /// The department.
        department: String,
    },
    /// Whose turn it is, is to be compared with what the records say.
    Census,
    /// Something is due.
    Due {
        /// The department.
        department: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Message {
    schema: u32,
    /// What the log calls all that belongs together. An older message has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(flatten)]
    wake: Wake,
}

impl Wake {
    /// Which queue carries it.
    pub fn lane(&self) -> Lane {
        match self {
            Wake::Orders { .. } | Wake::Webhooks { .. } | Wake::Order { .. } | Wake::Completions { .. } => {
                Lane::Orders
            }
            Wake::Notices { .. } => Lane::Notices,
            Wake::Catalogue { .. } | Wake::Stock { .. } | Wake::Census => Lane::Scan,
            Wake::Run { .. } | Wake::Batch { .. } => Lane::Bulk,
            Wake::Due { .. } => Lane::Changes,
        }
    }

    fn group(&self) -> &str {
        match self {
            Wake::Catalogue { client } | Wake::Stock { client, .. } => client,
            // No client number has letters.
            Wake::Census => "census",
            Wake::Run { department, .. }
            | Wake::Batch { department, .. }
            | Wake::Orders { department, .. }
            | Wake::Webhooks { department }
            | Wake::Order { department, .. }
            | Wake::Completions { department }
            | Wake::Notices { department }
            | Wake::Due { department } => department,
        }
    }

    /// The message's text.
    pub fn encode(&self) -> Result<String, Error> {
        self.encode_traced(None)
    }

    /// The message's text, in a trace.
    pub(crate) fn encode_traced(&self, trace: Option<&Trace>) -> Result<String, Error> {
        let trace = trace.map(|trace| trace.as_str().to_owned());
        serde_json::to_string(&Message { schema: SCHEMA, trace, wake: self.clone() })
            .map_err(|error| Error::Broken { what: "message".to_owned(), reason: error.to_string() })
    }

    /// What a message's text says.
    ///
    /// # Errors
    /// [`Error::Broken`] when it is none of ours, or of another schema.
    pub fn decode(text: &str) -> Result<Wake, Error> {
        Wake::decode_traced(text).map(|(wake, _)| wake)
    }

    /// What a message's text says, and the trace that it belongs to.
    pub(crate) fn decode_traced(text: &str) -> Result<(Wake, Option<Trace>), Error> {
        let broken = |reason: String| Error::Broken { what: "message".to_owned(), reason };
        let message: Message = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
        if message.schema != SCHEMA {
            return Err(broken(format!("its schema is {}, this program knows {SCHEMA}", message.schema)));
        }
        Ok((message.wake, message.trace.as_deref().and_then(Trace::parse)))
    }
}

impl Engine {
    /// Sends a wake-up. Each has an identity of its own: one that comes twice finds nothing left to do.
    pub(crate) async fn wake(&self, wake: Wake) -> Result<(), Error> {
        self.wake_as(wake, self.world.identity()).await
    }

    /// Sends a wake-up under an identity, so that a schedule that fires twice wakes once.
    pub(crate) async fn wake_as(&self, wake: Wake, identity: String) -> Result<(), Error> {
        self.wake_all(vec![(wake, identity)]).await
    }

    /// Sends wake-ups, each under an identity, lane by lane.
    pub(crate) async fn wake_all(&self, wakes: Vec<(Wake, String)>) -> Result<(), Error> {
        let mut lanes: BTreeMap<Lane, Vec<Outgoing>> = BTreeMap::new();
        for (wake, identity) in wakes {
            let message = Outgoing {
                group: wake.group().to_owned(),
                identity,
                body: wake.encode_traced(self.trace.as_ref())?,
            };
            lanes.entry(wake.lane()).or_default().push(message);
        }
        for (lane, messages) in lanes {
            self.queue.send(lane, messages).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_survives_the_queue() {
        let wake = Wake::Batch { department: "1".to_owned(), run: "r".to_owned(), batch: 7 };
        let text = wake.encode().unwrap();
        assert_eq!(text, r#"{"schema":1,"wake":"batch","department":"1","run":"r","batch":7}"#);
        assert_eq!(Wake::decode(&text).unwrap(), wake);
        for wrong in
            ["", "{}", r#"{"schema":2,"wake":"due","department":"1"}"#, r#"{"schema":1,"wake":"sing"}"#]
        {
            assert!(matches!(Wake::decode(wrong), Err(Error::Broken { .. })), "{wrong}");
        }
    }
}
