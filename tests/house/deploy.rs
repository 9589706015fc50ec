//! The whole house as it is deployed: the real template and the built functions on AWS's stand-in, with IAM enforced, and
//! both sides simulated on the loopback.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use aws::{Aws, Kms};
use aws_sdk_sqs::types::QueueAttributeName;
use house::{engine::Engine as Cloud, sam::Stack};
use serde_json::{Value, json};
use simulators::{
    loomis::{Loomis, Office, Product},
    serve::{Serving, WallClock, serve},
    shop::{Permissions, Setup, Shop},
};
use sync::{
    Counts, Engine, Stage,
    ports::Lane,
    seal::{Keyring, SealKey},
};

/// How long a condition is waited for: two strikes of the clock, which strikes every minute, and room to work.
const PATIENCE: Duration = Duration::from_secs(180);

/// The secret that seals the credentials: 32 bytes in Base64.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

const CLIENT_TOKEN: &str = "client-token-of-more-than-thirty-characters";
const DEPARTMENT_TOKEN: &str = "department-token-of-more-than-thirty-characters";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_keeps_a_shop_in_step() {
    let sides = Sides::new().await;
    let coffee = sides
        .office
        .add_product(Product { price_inc_vat: "199.90".parse().unwrap(), ..Product::new("A-1", "Kaffe") });
    sides.office.set_stock(1, coffee, "7");
    let house = House::deploy().await;
    house.engine.put_client(sides.client()).await.unwrap();
    house.engine.put_department(sides.department()).await.unwrap();

    // The night: a complete pass, through the lanes of reading and of bulk.
    house.strike("sweep").await;
    house.until("a draft", async || sides.shop.product_by_sku("A-1").is_some()).await;
    let made = sides.shop.product_by_sku("A-1").unwrap();
    assert_eq!((made.name.as_str(), made.status.as_str()), ("Kaffe", "draft"));
    assert_eq!((made.regular_price.as_str(), made.stock), ("199.90", Some(7)));
    assert_eq!(house.swept().await, Counts { seen: 1, created: 1, ..Counts::default() });

    // A second one finds nothing to do.
    let writes = sides.writes();
    house.strike("sweep").await;
    assert_eq!(house.swept().await, Counts { seen: 1, unchanged: 1, ..Counts::default() });
    assert_eq!(sides.writes(), writes);

    // The day: a change, through the lane of changes.
    sides.office.set_price(coffee, "149.50");
    house.strike("products").await;
    let price = async || sides.shop.product_by_sku("A-1").unwrap().regular_price == "149.50";
    house.until("the new price", price).await;

    // Nobody strikes: the template's own clock does.
    sides.office.set_stock(1, coffee, "3");
    let stock = async || sides.shop.product_by_sku("A-1").unwrap().stock == Some(3);
    house.until("the new stock", stock).await;

    house.until("empty queues, those of the dead letters too", async || house.messages().await == 0).await;
    assert_eq!(sides.shop.products().len(), 1);
}

/// The deployed house.
struct House {
    stack: Stack,
    sqs: aws_sdk_sqs::Client,
    /// What `loomis-woo --store dynamodb:TABLE` has: the same ports and key.
    engine: Engine,
    /// Ends last.
    _cloud: Cloud,
}

impl House {
    async fn deploy() -> House {
        let (cloud, stack) = blocking(|| {
            let cloud = Cloud::start(&[("AUTH", "true")]);
            let key = format!("Key={KEY}");
            // As often as a clock strikes; and no night falls into the test.
            let rates = ["StockRate='rate(1 minute)'", "SweepTime='rate(30 days)'"];
            // Both sides stand on this machine.
            let stack = Stack::deploy(&cloud, &[&key, rates[0], rates[1], "PrivateAddresses=allow"]);
            (cloud, stack)
        })
        .await;
        let config = cloud.config();
        let world = outside::world().unwrap();
        let ports = Arc::new(Aws::new(&config, stack.names(), world.clone()));
        // As a person's program is that moves to KMS: what the functions have sealed anew it opens too.
        let kms = Kms::new(config.clone(), stack.secrets_key(), world.clone());
        let keys = Keyring::from(kms).and(SealKey::parse(KEY).unwrap());
        let engine = Engine::new(world, ports.clone(), ports, keys);
        House { stack, sqs: aws_sdk_sqs::Client::new(&config), engine, _cloud: cloud }
    }

    /// The clock's event, sent by hand.
    async fn strike(&self, tick: &str) {
        let (stack, event) = (self.stack.clone(), format!("{tick}.json"));
        let answer = blocking(move || stack.invoke("Schedule", &event)).await;
        if answer["sent"].as_u64().is_none_or(|sent| sent == 0) {
            panic!("{tick}: {answer}\n{}", self.logs().await);
        }
    }

    /// Waits for the end of the last run, and gives what it came to.
    async fn swept(&self) -> Counts {
        let last = async || self.engine.status_of("1").await.unwrap().run.unwrap();
        self.until("the sweep's end", async || last().await.run.stage == Stage::Done).await;
        last().await.counts
    }

    /// Messages in all queues there are, in hand or not.
    async fn messages(&self) -> u64 {
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

    async fn logs(&self) -> String {
        let stack = self.stack.clone();
        blocking(move || stack.logs()).await
    }

    /// Waits until it is so; else tells how the house stands and what the functions said.
    async fn until(&self, what: &str, so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !so().await {
            if begun.elapsed() > PATIENCE {
                let status = self.engine.status_of("1").await;
                panic!("waited in vain for {what}: {status:#?}\n{}", self.logs().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Both sides, on the loopback.
struct Sides {
    office: Office,
    shop: Arc<Shop>,
    loomis_at: Serving,
    shop_at: Serving,
}

impl Sides {
    async fn new() -> Sides {
        let clock = Arc::new(WallClock);
        let loomis = Loomis::new(clock.clone());
        let office = loomis.client("012345", CLIENT_TOKEN);
        office.add_department(1, "Oslo", DEPARTMENT_TOKEN);
        let shop = Arc::new(Shop::new(Setup::default()));
        shop.add_key("ck_test", "cs_test", Permissions::ReadWrite);
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let loomis_at = serve(Arc::new(loomis), clock.clone(), loopback).await.unwrap();
        let shop_at = serve(shop.clone(), clock, loopback).await.unwrap();
        Sides { office, shop, loomis_at, shop_at }
    }

    fn client(&self) -> Value {
        let api = format!("http://{}/v1/", self.loomis_at.address);
        json!({
            "client_number": "012345", "client_token": CLIENT_TOKEN, "api_url": api, "min_interval_ms": 0
        })
    }

    fn department(&self) -> Value {
        let url = format!("http://{}", self.shop_at.address);
        json!({
            "department_id": "1", "name": "Oslo", "client_number": "012345",
            "department_token": DEPARTMENT_TOKEN,
            "shop": {"url": url, "consumer_key": "ck_test", "consumer_secret": "cs_test"},
            "products": {"automatic_transfer": true}
        })
    }

    /// How often products were written to the shop.
    fn writes(&self) -> usize {
        self.shop_at.faults.count("POST /wp-json/wc/v3/products/batch")
    }
}

/// Runs what blocks beside the simulators.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
