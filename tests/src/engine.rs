//! A stand-in for AWS on this machine: `ministack`, on a free port of the loopback, gone with the test.

use std::{
    collections::HashMap,
    io::{Read, Seek, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use aws::{Aws, Kms, Names};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    config::{Credentials, SharedCredentialsProvider},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType, TableStatus,
    },
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;
use sync::ports::Lane;
use world::World;

use crate::tools::{template, tool};

/// The region that everything is in.
pub const REGION: &str = "eu-north-1";

/// How long the engine may take to come up, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the engine; see there.
const MAIN: &str = include_str!("engine.py");

/// A running engine. It ends when this is dropped.
pub struct Engine {
    process: Child,
    port: u16,
}

impl Engine {
    /// The engine that the tests of one process share. It ends with the process.
    pub fn shared() -> &'static Engine {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| Engine::start(&[]))
    }

    /// Starts an engine of one's own, with these environment variables besides.
    ///
    /// # Panics
    /// When it doesn't come up; with what it printed.
    pub fn start(environment: &[(&str, &str)]) -> Engine {
        let mut printed = String::new();
        // Somebody else may take the port between our look and its bind.
        for _ in 0..3 {
            match Engine::attempt(environment) {
                Ok(engine) => return engine,
                Err(log) => printed = log,
            }
        }
        panic!("ministack doesn't come up:\n{printed}")
    }

    /// One attempt; else what it printed.
    fn attempt(environment: &[(&str, &str)]) -> Result<Engine, String> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = free.expect("the loopback has a free port").port();
        let python = tool("python");
        let mut log = tempfile::tempfile().expect("a temporary file can be made");
        let output = log.try_clone().expect("a file can be opened twice");
        let mut command = Command::new(python);
        command
            .args(["-c", MAIN])
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            // Where the functions that it runs find it.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("LOG_LEVEL", "WARNING")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a file can be opened twice"))
            .stderr(output);
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
        let process = command.spawn().expect("Python starts");
        let mut engine = Engine { process, port };
        let begun = Instant::now();
        while !engine.is_ready() {
            let ended = engine.process.try_wait().expect("a child can be asked").is_some();
            if ended || begun.elapsed() > PATIENCE {
                drop(engine);
                let mut printed = String::new();
                log.rewind().and_then(|()| log.read_to_string(&mut printed)).expect("the log can be read");
                return Err(printed);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(engine)
    }

    /// Whether it says so itself.
    fn is_ready(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"GET /_ministack/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        ask().is_ok_and(|answer| answer.ends_with(" 200"))
    }

    /// Where it listens: what `AWS_ENDPOINT_URL` wants.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client's configuration for it.
    pub fn config(&self) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new().build_http();
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(self.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "test",
            )))
            .http_client(http)
            .build()
    }

    /// A key of KMS that nobody else has, by its ARN.
    ///
    /// # Panics
    /// When it can't be made.
    pub async fn kms_key(&self) -> String {
        let made =
            aws_sdk_kms::Client::new(&self.config()).create_key().send().await.expect("the key is made");
        made.key_metadata.and_then(|key| key.arn).expect("a key has an ARN")
    }

    /// Switches a key off.
    ///
    /// # Panics
    /// When that can't be done.
    pub async fn disable(&self, key: &str) {
        let kms = aws_sdk_kms::Client::new(&self.config());
        kms.disable_key().key_id(key).send().await.expect("the key is disabled");
    }

    /// What seals secrets with a key that nobody else has.
    ///
    /// # Panics
    /// When it can't be made.
    pub async fn kms(&self, world: World) -> Kms {
        Kms::new(self.config(), self.kms_key().await, world)
    }

    /// A table and queues that nobody else has, as the template describes them, and the ports over them.
    ///
    /// # Panics
    /// When they can't be made.
    pub async fn aws(&self, world: World) -> Aws {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let stack = format!("house-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let config = self.config();
        make_table(&aws_sdk_dynamodb::Client::new(&config), &stack).await;
        let sqs = aws_sdk_sqs::Client::new(&config);
        let mut queues = HashMap::new();
        for (lane, queue) in [
            (Lane::Orders, "OrdersQueue"),
            (Lane::Changes, "ChangesQueue"),
            (Lane::Scan, "ScanQueue"),
            (Lane::Bulk, "BulkQueue"),
            (Lane::Notices, "NoticesQueue"),
        ] {
            queues.insert(lane, make_queue(&sqs, &stack, queue).await);
        }
        Aws::new(&config, Names { table: stack, queues }, world)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Its input ends: it kills itself and its children.
        drop(self.process.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Before its watch was up.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A resource's properties in the template.
fn properties(resource: &str) -> &'static Value {
    let properties = &template()["Resources"][resource]["Properties"];
    assert!(properties.is_object(), "template.yaml has no {resource}");
    properties
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn key_schema(value: &Value) -> Vec<KeySchemaElement> {
    let element = |key: &Value| {
        KeySchemaElement::builder()
            .attribute_name(text(key, "AttributeName"))
            .key_type(KeyType::from(text(key, "KeyType")))
            .build()
            .expect("name and type are there")
    };
    list(value, "KeySchema").iter().map(element).collect()
}

async fn make_table(dynamodb: &aws_sdk_dynamodb::Client, name: &str) {
    let table = properties("Table");
    let attribute = |value: &Value| {
        AttributeDefinition::builder()
            .attribute_name(text(value, "AttributeName"))
            .attribute_type(ScalarAttributeType::from(text(value, "AttributeType")))
            .build()
            .expect("name and type are there")
    };
    let index = |value: &Value| {
        let projection = ProjectionType::from(text(&value["Projection"], "ProjectionType"));
        GlobalSecondaryIndex::builder()
            .index_name(text(value, "IndexName"))
            .set_key_schema(Some(key_schema(value)))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .expect("name and keys are there")
    };
    dynamodb
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::from(text(table, "BillingMode")))
        .set_key_schema(Some(key_schema(table)))
        .set_attribute_definitions(Some(list(table, "AttributeDefinitions").iter().map(attribute).collect()))
        .set_global_secondary_indexes(Some(list(table, "GlobalSecondaryIndexes").iter().map(index).collect()))
        .send()
        .await
        .expect("the table is made");
    let begun = Instant::now();
    loop {
        let answer = dynamodb.describe_table().table_name(name).send().await.expect("the table is there");
        if answer.table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the table doesn't become active");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes a queue and its dead letters', and gives its URL.
async fn make_queue(sqs: &aws_sdk_sqs::Client, stack: &str, resource: &str) -> String {
    let queue = properties(resource);
    let policy = &queue["RedrivePolicy"];
    let dead = policy["deadLetterTargetArn"]["Fn::GetAtt"][0].as_str().expect("it names its dead letters");
    let url = create(sqs, stack, properties(dead), None).await;
    let answer = sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .expect("the queue is there");
    let arn =
        answer.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).expect("it has an ARN");
    let mut policy = policy.clone();
    policy["deadLetterTargetArn"] = Value::from(arn.as_str());
    create(sqs, stack, queue, Some(policy.to_string())).await
}

async fn create(sqs: &aws_sdk_sqs::Client, stack: &str, queue: &Value, policy: Option<String>) -> String {
    let name = text(&queue["QueueName"], "Fn::Sub").replace("${AWS::StackName}", stack);
    let mut request = sqs.create_queue().queue_name(name);
    for (name, value) in queue.as_object().expect("properties are an object") {
        let value = match (name.as_str(), value) {
            ("QueueName" | "RedrivePolicy", _) => continue,
            (_, Value::String(text)) => text.clone(),
            (_, value) => value.to_string(),
        };
        request = request.attributes(QueueAttributeName::from(name.as_str()), value);
    }
    if let Some(policy) = policy {
        request = request.attributes(QueueAttributeName::RedrivePolicy, policy);
    }
    let answer = request.send().await.expect("the queue is made");
    answer.queue_url.expect("a queue has a URL")
}
