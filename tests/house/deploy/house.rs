//! The deployed house, and what a test asks of it.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use aws::{Aws, Kms};
use aws_sdk_sqs::types::QueueAttributeName;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use house::{engine::Engine as Cloud, sam::Stack};
use serde_json::{Map, Value};
use sync::{
    Counts, Engine, Stage,
    ports::{Condition, Item, Key, Lane, Write},
    seal::{Keyring, SealKey},
};
use tempfile::TempDir;
use world::Request;

/// How long a condition is waited for: what a dead worker held runs out after three minutes, and a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(360);

/// What sealed the credentials before there was KMS: 32 bytes in Base64.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// What Lambda hands to a function at whose URL something came in.
const SAMPLE: &str = include_str!("../../../infra/events/webhook-receiver.json");

/// The deployed house.
pub(super) struct House {
    /// What `loomis-woo --store dynamodb:TABLE` has: the same ports and keys.
    pub(super) engine: Engine,
    /// What it had before there was KMS. The functions seal anew what this one has sealed.
    pub(super) former: Engine,
    pub(super) ports: Arc<Aws>,
    stack: Stack,
    sqs: aws_sdk_sqs::Client,
    /// Holds what the engine decided about the roles' requests.
    folder: TempDir,
    /// Ends before its folder.
    _cloud: Cloud,
}

impl House {
    /// Deploys the template; whoever is told of orders that wait listens at `ear`.
    pub(super) async fn deploy(ear: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let (record, ear) = (decisions(&folder), ear.to_owned());
        let (cloud, stack) = blocking(move || {
            let cloud = Cloud::start(&[("AUTH", "true"), ("IAM_RECORD", record.to_str().unwrap())]);
            let (key, ear) = (format!("Key={KEY}"), format!("NotifyUrl={ear}"));
            // As often as a clock strikes; and no night falls into the test. The engine knows no NAT gateways.
            let rates = ["StockRate='rate(1 minute)'", "SweepTime='rate(30 days)'", "FixedEgress=false"];
            // Both sides stand on this machine.
            let open = "PrivateAddresses=allow";
            let stack = Stack::deploy(
                &cloud,
                &[&[key.as_str(), &ear, "NotifySecret=secret", open], &rates[..]].concat(),
            );
            (cloud, stack)
        })
        .await;
        let config = cloud.config();
        let world = outside::world().unwrap();
        let ports = Arc::new(Aws::new(&config, stack.names(), world.clone()));
        // As a person's program is that moves to KMS: what the functions have sealed anew it opens too.
        let own = || SealKey::parse(KEY).unwrap();
        let former = Engine::new(world.clone(), ports.clone(), ports.clone(), Keyring::from(own()));
        let kms = Kms::new(config.clone(), stack.secrets_key(), world.clone());
        let engine = Engine::new(world, ports.clone(), ports.clone(), Keyring::from(kms).and(own()));
        let sqs = aws_sdk_sqs::Client::new(&config);
        House { engine, former, ports, stack, sqs, folder, _cloud: cloud }
    }

    /// What the program needs to find it.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        self.stack.environment()
    }

    /// The clock's event, sent by hand.
    pub(super) async fn strike(&self, tick: &str) {
        let (stack, folder) = (self.stack.clone(), format!("schedule-{tick}"));
        let answer = blocking(move || stack.invoke(&folder)).await;
        if answer["sent"].as_u64().is_none_or(|sent| sent == 0) {
            panic!("{tick}: {answer}\n{}", self.logs().await);
        }
    }

    /// Writes a department's record as a person does in DynamoDB: in plain text, and nothing besides.
    pub(super) async fn write_by_hand(&self, mut record: Value) {
        record["schema"] = 1.into();
        let key = Key::new("department", record["department_id"].as_str().unwrap());
        let item = Item { key, version: 0, schema: 1, body: record, index: None, expires: None };
        self.engine.ledger.write(vec![Write::Put { item, condition: Condition::Absent }]).await.unwrap();
    }

    /// Delivers a webhook at the receiver's URL, and gives the status that answers it.
    pub(super) async fn deliver(&self, sent: &Request) -> u64 {
        let headers: Map<String, Value> = sent
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), Value::from(value.as_str())))
            .collect();
        let mut event: Value = serde_json::from_str(SAMPLE).unwrap();
        event["rawPath"] = sent.url.path().into();
        event["headers"] = headers.into();
        event["body"] = STANDARD.encode(sent.body.as_deref().unwrap_or_default()).into();
        event["isBase64Encoded"] = true.into();
        let stack = self.stack.clone();
        let answer = blocking(move || stack.invoke_with("webhook-receiver", &event)).await;
        answer["statusCode"].as_u64().unwrap_or_else(|| panic!("the receiver answers: {answer}"))
    }

    /// Waits for the end of the department's last run, and gives what it came to.
    pub(super) async fn swept(&self, department: &str) -> Counts {
        let last = async || self.engine.status_of(department).await.unwrap().run.unwrap();
        self.until("the sweep's end", async || last().await.run.stage == Stage::Done).await;
        last().await.counts
    }

    /// Messages in all queues there are, in hand or not.
    pub(super) async fn messages(&self) -> u64 {
        let queues = self.sqs.list_queues().send().await.unwrap().queue_urls.unwrap_or_default();
        assert_eq!(queues.len(), 2 * Lane::ALL.len() + 1);
        let mut messages = 0;
        for queue in queues {
            let asked = self.sqs.get_queue_attributes().queue_url(queue);
            let answer = asked.attribute_names(QueueAttributeName::All).send().await.unwrap();
            let attributes = answer.attributes.unwrap();
            for name in [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            ] {
                messages += attributes[&name].parse::<u64>().unwrap();
            }
        }
        messages
    }

    /// A message of this lane that nobody answers for comes again after this time.
    pub(super) async fn hide_for(&self, lane: Lane, time: Duration) {
        let request = self.sqs.set_queue_attributes().queue_url(self.queue(lane));
        let seconds = time.as_secs().to_string();
        request.attributes(QueueAttributeName::VisibilityTimeout, seconds).send().await.unwrap();
    }

    /// Empties the queue of a lane's dead letters.
    pub(super) async fn purge_dead(&self, lane: Lane) {
        let name = format!("{}-{}-dead.fifo", self.stack.name(), lane.as_str());
        let url = self.sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
        self.sqs.purge_queue().queue_url(url).send().await.unwrap();
    }

    fn queue(&self, lane: Lane) -> &str {
        &self.ports.names().queues[&lane]
    }

    /// What the engine decided about the roles' requests: one JSON a line.
    pub(super) fn decisions(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(decisions(&self.folder)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn logs(&self) -> String {
        let stack = self.stack.clone();
        blocking(move || stack.logs()).await
    }

    /// Waits until it is so; else tells how the house stands and what the functions said.
    pub(super) async fn until(&self, what: &str, so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !so().await {
            if begun.elapsed() > PATIENCE {
                let status = self.engine.status().await;
                panic!("waited in vain for {what}: {status:#?}\n{}", self.logs().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn decisions(folder: &TempDir) -> PathBuf {
    folder.path().join("decisions")
}

/// Runs what blocks beside the simulators.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
