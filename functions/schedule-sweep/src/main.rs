//! The clock strikes for sweep: begins the nightly pass, in which everything is compared with everything.

use aws::lambda::{self, FunctionError};
use sync::Tick;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::schedule(outside::world()?, Tick::Sweep).await
}
