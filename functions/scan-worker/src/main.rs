//! Reads Loomis Pay, its catalogue and its stock, as the messages say; until shortly before its deadline.

use aws::lambda::{self, FunctionError};
use sync::ports::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::worker(outside::world()?, &[Lane::Scan]).await
}
