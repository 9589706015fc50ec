//! Tells whoever gave an address of orders that wait for a person.

use aws::lambda::{self, FunctionError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::notifier(outside::world()?).await
}
