//! The ports on AWS: the ledger in one DynamoDB table, the queues in SQS, the secrets under KMS. The only crate that knows AWS.
//!
//! Table and queues are described in `template.yaml`; their names come in by environment variables ([`Names::from_env`]).

mod connection;
mod kms;
#[cfg(feature = "lambda")]
pub mod lambda;
mod ledger;
mod meter;
mod queue;
mod retry;
#[cfg(test)]
mod testing;

pub use connection::{Aws, ConfigError, Names, config};
pub use kms::{Kms, keyring};
pub use ledger::INDEX;
pub use meter::{Embedded, NAMESPACE};
