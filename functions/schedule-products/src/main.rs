//! The clock strikes for products: finds which catalogues may have changed, and wakes who reads them.

use aws::lambda::{self, FunctionError};
use sync::Tick;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::schedule(outside::world()?, Tick::Products).await
}
