//! The clock strikes for stock: finds whose stock is to be read, and wakes who reads it.

use aws::lambda::{self, FunctionError};
use sync::Tick;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::schedule(outside::world()?, Tick::Stock).await
}
