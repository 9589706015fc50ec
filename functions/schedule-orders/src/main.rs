//! The clock strikes for orders: finds whose shops may have new orders, and wakes who looks.

use aws::lambda::{self, FunctionError};
use sync::Tick;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::schedule(outside::world()?, Tick::Orders).await
}
