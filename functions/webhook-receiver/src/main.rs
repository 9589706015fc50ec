//! Takes the hints that shops send when something happened, and wakes whoever looks at it. The truth stays in the shop.

use aws::lambda;
use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, _) = lambda::start(outside::world()?).await?;
    let take = async |event: LambdaEvent<LambdaFunctionUrlRequest>| {
        Ok::<_, Error>(lambda::hook(&engine, event.payload).await)
    };
    lambda_runtime::run(service_fn(take)).await
}
