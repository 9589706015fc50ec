//! Writes products and stock to shops, as the messages say; until shortly before its deadline.

use aws::lambda::{self, FunctionError};
use sync::ports::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    lambda::worker(outside::world()?, &[Lane::Changes, Lane::Bulk]).await
}
