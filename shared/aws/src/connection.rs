//! Which table, which queues, and the clients to reach them.

use std::{collections::HashMap, env, sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use sync::ports::Lane;
use tokio::sync::OnceCell;
use world::World;

/// Where the table and the queues are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The table's name.
    pub table: String,
    /// Each lane's queue, by its URL.
    pub queues: HashMap<Lane, String>,
}

/// The environment doesn't say where something is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is missing")]
pub struct ConfigError(pub &'static str);

/// Which variable holds a lane's queue.
const QUEUES: [(Lane, &str); 5] = [
    (Lane::Orders, "LOOMIS_WOO_QUEUE_ORDERS"),
    (Lane::Changes, "LOOMIS_WOO_QUEUE_CHANGES"),
    (Lane::Scan, "LOOMIS_WOO_QUEUE_SCAN"),
    (Lane::Bulk, "LOOMIS_WOO_QUEUE_BULK"),
    (Lane::Notices, "LOOMIS_WOO_QUEUE_NOTICES"),
];

impl Names {
    /// From `LOOMIS_WOO_TABLE` and a variable a lane (`LOOMIS_WOO_QUEUE_SCAN`, …).
    ///
    /// # Errors
    /// [`ConfigError`] with the first that is missing or empty.
    pub fn from_env() -> Result<Names, ConfigError> {
        let read = |name: &'static str| {
            env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError(name))
        };
        let queue = |(lane, name)| Ok((lane, read(name)?));
        Ok(Names {
            table: read("LOOMIS_WOO_TABLE")?,
            queues: QUEUES.into_iter().map(queue).collect::<Result<_, ConfigError>>()?,
        })
    }

    /// That table, and the queues that the environment names. One that it doesn't name fails when it is used: records can
    /// be put without any.
    pub fn of_table(table: &str) -> Names {
        let named = |name| env::var(name).ok().filter(|url| !url.is_empty());
        let queues = QUEUES.into_iter().filter_map(|(lane, name)| Some((lane, named(name)?))).collect();
        Names { table: table.to_owned(), queues }
    }

    /// The same, less the queues of other lanes.
    pub fn only(&self, lanes: &[Lane]) -> Names {
        let queues = self.queues.iter().filter(|(lane, _)| lanes.contains(lane));
        Names { table: self.table.clone(), queues: queues.map(|(lane, url)| (*lane, url.clone())).collect() }
    }

    /// The lane of a queue known by its ARN, as an event names it.
    pub fn lane(&self, arn: &str) -> Option<Lane> {
        let name = arn.rsplit(':').next()?;
        self.queues.iter().find(|(_, url)| url.rsplit('/').next() == Some(name)).map(|(lane, _)| *lane)
    }
}

/// The account, region and endpoint that the environment names.
pub async fn config() -> SdkConfig {
    // Only over HTTPS, unless an endpoint says otherwise (a test's). Ring: see the workspace's Cargo.toml.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

/// Both ports on AWS. Clones share connections.
#[derive(Clone)]
pub struct Aws {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) names: Arc<Names>,
    pub(crate) world: World,
    /// The dead letters' queues, asked for once.
    pub(crate) dead: Arc<HashMap<Lane, OnceCell<String>>>,
}

impl Aws {
    /// The table and queues of these names.
    pub fn new(config: &SdkConfig, names: Names, world: World) -> Aws {
        // Throttling and broken connections are tried again by the client, with jitter.
        let retry = RetryConfig::standard().with_max_attempts(4);
        let timeouts = |seconds| {
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(seconds))
                .build()
        };
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(config)
            .retry_config(retry.clone())
            .timeout_config(timeouts(10))
            .build();
        // Longer than the longest wait for a message.
        let sqs = aws_sdk_sqs::config::Builder::from(config)
            .retry_config(retry)
            .timeout_config(timeouts(30))
            .build();
        Aws::over(
            aws_sdk_dynamodb::Client::from_conf(dynamodb),
            aws_sdk_sqs::Client::from_conf(sqs),
            names,
            world,
        )
    }

    /// The same over clients that are there already.
    pub fn over(
        dynamodb: aws_sdk_dynamodb::Client,
        sqs: aws_sdk_sqs::Client,
        names: Names,
        world: World,
    ) -> Aws {
        let dead = Lane::ALL.into_iter().map(|lane| (lane, OnceCell::new())).collect();
        Aws { dynamodb, sqs, names: Arc::new(names), world, dead: Arc::new(dead) }
    }

    /// Where the table and the queues are.
    pub fn names(&self) -> &Names {
        &self.names
    }
}
