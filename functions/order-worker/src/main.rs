//! Takes web orders into Loomis Pay, one a message, and brings their statuses back; until shortly before its deadline.

use aws::lambda::{self, FunctionError};
use sync::ports::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::worker(outside::world()?, &[Lane::Orders]).await
}
