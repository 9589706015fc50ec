//! The ports on AWS: the ledger in one DynamoDB table, the queues in SQS. The only crate that knows AWS.
//!
//! Table and queues are described in `template.yaml`; their names come in by environment variables ([`Aws::from_env`]).

mod connection;
#[cfg(feature = "lambda")]
pub mod lambda;
mod ledger;
mod meter;
mod queue;
mod retry;
#[cfg(test)]
mod testing;

pub use connection::{Aws, ConfigError, Names};
pub use ledger::INDEX;
pub use meter::{Embedded, NAMESPACE};
