//! Takes the hints that shops send when something happened, and wakes whoever looks at it. The truth stays in the shop.

use aws::lambda::{self, FunctionError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::receiver(outside::world()?).await
}
