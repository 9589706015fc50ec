//! Takes messages about products and looks after what they name, until shortly before its deadline.

use aws::{Aws, lambda};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use sync::Engine;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let (engine, aws) = lambda::start(outside::world()?).await?;
    lambda_runtime::run(service_fn(|event| work(&engine, &aws, event))).await
}

async fn work(engine: &Engine, aws: &Aws, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let deadline = Timestamp::try_from(event.context.deadline())?;
    Ok(lambda::messages(engine, aws, event.payload, deadline).await)
}
