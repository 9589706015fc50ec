//! The shop: the simulated one in this process, or the one that the environment names; raw requests, and the broom.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    shop::{Permissions, Setup, Shop, Tax},
    transport::{Network, SeededChance, TestClock},
};
use woocommerce::{Address, Auth, Connection, Signature, Version};
use world::{Clock, Method, Request, Secret, World};

/// A shop, and what this run made in it.
pub(crate) struct Town {
    pub(crate) name: String,
    /// Begins every SKU and every name that this run makes.
    pub(crate) tag: String,
    /// Reaches the shop.
    pub(crate) world: World,
    pub(crate) connection: Connection,
    orders: Mutex<BTreeSet<u64>>,
    coupons: Mutex<BTreeMap<String, u64>>,
}

/// The environment's shop, or the simulated ones.
pub(crate) async fn towns() -> Vec<Town> {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match given("SHOP_URL") {
        Some(url) => vec![real(&url, &given).await],
        // Prices are entered with tax, and without; over both schemes.
        None => vec![simulated("https", true), simulated("http", false)],
    }
}

async fn real(url: &str, given: &impl Fn(&str) -> Option<String>) -> Town {
    let world = match given("SHOP_CA") {
        Some(path) => outside::world_trusting(&std::fs::read(path).expect("SHOP_CA can be read")),
        None => outside::world(),
    };
    let world = world.expect("HTTPS can be set up");
    let need = |name: &str| given(name).unwrap_or_else(|| panic!("{name} is missing"));
    let base = woocommerce::resolve(&Address::parse(url).expect("SHOP_URL is an address"), &world).await;
    let base = base.expect("a shop is there");
    let connection = Connection {
        auth: Connection::choose_auth(&base),
        base,
        version: Version::V3,
        consumer_key: need("SHOP_CONSUMER_KEY"),
        consumer_secret: Secret::new(need("SHOP_CONSUMER_SECRET")),
    };
    Town::new(format!("the shop at {}", connection.base), world, connection)
}

fn simulated(scheme: &str, inclusive: bool) -> Town {
    let clock = Arc::new(TestClock::moving("2026-11-20T06:00:00Z".parse().unwrap()));
    let network = Arc::new(Network::new(clock.clone()));
    let mut setup = Setup { prices_include_tax: inclusive, ..Setup::default() };
    let like = setup.taxes[0].clone();
    setup.taxes.push(Tax { rate: "11.1100".to_owned(), class: "fish".to_owned(), ..like });
    setup.tax_classes.push(("fish".to_owned(), "Fish".to_owned()));
    let shop = Arc::new(Shop::new(setup));
    shop.add_key("ck_orders", "cs_orders", Permissions::ReadWrite);
    network.host("shop.example", shop);
    let seed = clock.now().as_second().unsigned_abs();
    let world = World { transport: network, clock, chance: Arc::new(SeededChance::new(seed)) };
    let base = format!("{scheme}://shop.example/").parse().unwrap();
    let connection = Connection {
        auth: Connection::choose_auth(&base),
        base,
        version: Version::V3,
        consumer_key: "ck_orders".to_owned(),
        consumer_secret: Secret::new("cs_orders"),
    };
    let with = if inclusive { "with" } else { "without" };
    Town::new(format!("the simulated shop, {scheme}, prices {with} tax"), world, connection)
}

impl Town {
    fn new(name: String, world: World, connection: Connection) -> Town {
        let tag = format!("ORD-{:06x}", world.chance.next() & 0xff_ffff);
        Town { name, tag, world, connection, orders: Mutex::default(), coupons: Mutex::default() }
    }

    /// A simulated shop that is set up like it.
    pub(crate) async fn twin(&self) -> Town {
        let settings = self.get("settings/tax", &[]).await;
        let setting = |id: &str| settings.as_array().unwrap().iter().find(|one| one["id"] == id);
        simulated("https", setting("woocommerce_prices_include_tax").unwrap()["value"] == "yes")
    }

    /// WooCommerce's version, as it says.
    pub(crate) async fn version(&self) -> String {
        let status = self.get("system_status", &[]).await;
        status["environment"]["version"].as_str().unwrap_or_default().to_owned()
    }

    /// The first number of it.
    pub(crate) async fn major(&self) -> u32 {
        let version = self.version().await;
        version.split('.').next().and_then(|major| major.parse().ok()).expect("a version")
    }

    /// Remembers that an order is this run's.
    pub(crate) fn owned(&self, order: u64) {
        self.orders.lock().unwrap().insert(order);
    }

    /// The request that places an order.
    pub(crate) fn request_of_order(&self, order: &Value) -> Request {
        self.request(Method::Post, "orders", &[], Some(order))
    }

    /// Places an order; the order as the shop answers it.
    pub(crate) async fn place(&self, order: Value) -> Value {
        let placed = self.send(Method::Post, "orders", order).await;
        self.owned(placed["id"].as_u64().unwrap());
        placed
    }

    /// A coupon for so many percent off, made when it is first asked for; its code.
    pub(crate) async fn coupon(&self, percent: &str) -> String {
        let code = format!("{}-{percent}", self.tag).to_lowercase();
        if !self.coupons.lock().unwrap().contains_key(&code) {
            let body = json!({"code": code, "discount_type": "percent", "amount": percent});
            let made = self.send(Method::Post, "coupons", body).await;
            self.coupons.lock().unwrap().insert(code.clone(), made["id"].as_u64().unwrap());
        }
        code
    }

    /// An order as it stands there.
    pub(crate) async fn order(&self, id: u64) -> Value {
        self.get(&format!("orders/{id}"), &[]).await
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let (status, answer) = self.call(Method::Get, path, query, None).await;
        assert_eq!(status, 200, "GET {path}: {answer}");
        answer
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, &[], Some(&body)).await;
        assert!(status < 300, "{method} {path}: {status} {answer} for {body}");
        answer
    }

    /// A raw exchange: the status and the JSON.
    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = self.request(method, path, query, body);
        let answer = self.world.transport.send(request).await.unwrap_or_else(|error| panic!("{error}"));
        let json = serde_json::from_slice(&answer.body);
        (answer.status, json.unwrap_or_else(|_| panic!("no JSON ({}) for {method} {path}", answer.status)))
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> Request {
        let connection = &self.connection;
        let url = format!("{}wp-json/{}/{path}", connection.base, connection.version.namespace());
        let mut url: url::Url = url.parse().unwrap();
        let (key, secret) = (connection.consumer_key.as_str(), connection.consumer_secret.expose());
        let mut pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if connection.auth == Auth::Basic {
            pairs.push(("consumer_key".to_owned(), key.to_owned()));
            pairs.push(("consumer_secret".to_owned(), secret.to_owned()));
        } else {
            let nonce = self.world.identity();
            let timestamp = self.world.now().as_second();
            pairs =
                woocommerce::sign(method, &url, &pairs, Signature { key, secret, timestamp, nonce: &nonce });
        }
        url.query_pairs_mut().extend_pairs(pairs);
        let mut request = Request::new(method, url).header("accept", "application/json");
        if let Some(body) = body {
            request = request.body("application/json", body.to_string().into_bytes());
        }
        request.timeout = std::time::Duration::from_secs(90);
        request
    }

    /// Removes for good whatever this run made; a sentence about it.
    pub(crate) async fn sweep(&self) -> String {
        let force = [("force", "true")];
        let orders = self.orders.lock().unwrap().clone();
        let coupons = self.coupons.lock().unwrap().clone();
        let mut left = Vec::new();
        let paths = orders.iter().map(|id| format!("orders/{id}"));
        for path in paths.chain(coupons.values().map(|id| format!("coupons/{id}"))) {
            let (status, answer) = self.call(Method::Delete, &path, &force, None).await;
            if status != 200 {
                left.push(format!("{path}: {answer}"));
            }
        }
        let query =
            [("search", self.tag.as_str()), ("status", "any"), ("per_page", "100"), ("_fields", "id,name")];
        let products = self.get("products", &query).await;
        for product in products.as_array().unwrap() {
            assert!(product["name"].as_str().unwrap().starts_with(&self.tag), "{product} is not ours");
            let (status, answer) =
                self.call(Method::Delete, &format!("products/{}", product["id"]), &force, None).await;
            if status != 200 {
                left.push(answer.to_string());
            }
        }
        assert!(left.is_empty(), "{left:?}");
        let products = products.as_array().unwrap().len();
        format!("swept {} orders, {} coupons, {products} products", orders.len(), coupons.len())
    }
}

/// An amount of the shop's.
pub(crate) fn amount(value: &Value) -> Decimal {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no amount"));
    text.parse::<Decimal>().unwrap().normalize()
}
