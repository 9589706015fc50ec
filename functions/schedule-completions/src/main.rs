//! The clock strikes for completions: finds where orders are due or wait, and wakes who looks after them.

use aws::lambda::{self, FunctionError};
use sync::Tick;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::schedule(outside::world()?, Tick::Completions).await
}
