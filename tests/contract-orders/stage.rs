//! A case's stage: a Loomis Pay of its own, an engine on a store of its own, and the shop that all cases share. Of the shop's
//! orders the engine sees those of the case alone: whatever else is in it is answered as not there, and never written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use house::stage::{KEY, TOKEN, client, department, drain, strike};
use retail::Decimal;
use serde_json::{Value, json};
use simulators::{
    faults::Faults,
    loomis::{Loomis, Office, Order, Product, Sale},
    transport::Network,
};
use sync::{Engine, Tick, seal::SealKey};
use world::{Method, Request, Response, Transport, TransportError, World};

use crate::shop::{Town, amount};

/// What the stage sells: SKU without tag, price, VAT.
const GOODS: [(&str, &str, &str); 3] = [("A", "100", "25"), ("B", "79.90", "15"), ("C", "33.33", "11.11")];
/// Variants of `P`.
const VARIANTS: [&str; 2] = ["M", "L"];
/// In stock of each.
pub(crate) const STOCK: i64 = 1000;

pub(crate) struct Stage<'a> {
    pub(crate) town: &'a Town,
    pub(crate) office: Office,
    pub(crate) office_faults: Arc<Faults>,
    pub(crate) engine: Engine,
    pub(crate) ways: Arc<Ways>,
    /// The shop's ids of the goods: product, and variation or 0.
    goods: BTreeMap<String, (u64, u64)>,
}

/// To Loomis Pay in the process, and to the shop wherever it is.
pub(crate) struct Ways {
    office: Network,
    shop: Arc<dyn Transport>,
    ours: Mutex<BTreeSet<u64>>,
    /// What was written to orders: the order and the fields.
    pub(crate) written: Mutex<Vec<(u64, Value)>>,
    /// Sent right before the next write of stock goes to the shop: an order, as a request.
    pub(crate) beside: Mutex<Option<Request>>,
    placed_beside: Mutex<Option<u64>>,
}

#[async_trait]
impl Transport for Ways {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.url.host_str() == Some("loomis.example") {
            return self.office.send(request).await;
        }
        if let Some(order) = order_in(request.url.path()) {
            if !self.ours.lock().unwrap().contains(&order) {
                assert_eq!(request.method, Method::Get, "order {order} is not ours");
                return Ok(not_there());
            }
            if request.method != Method::Get {
                let body = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
                self.written.lock().unwrap().push((order, body.unwrap_or_default()));
            }
        }
        if request
            .body
            .as_deref()
            .is_some_and(|body| String::from_utf8_lossy(body).contains("stock_quantity"))
        {
            let beside = self.beside.lock().unwrap().take();
            if let Some(beside) = beside {
                let placed = self.shop.send(beside).await?;
                let placed: Value = serde_json::from_slice(&placed.body).unwrap();
                let id = placed["id"].as_u64().unwrap_or_else(|| panic!("{placed}"));
                self.ours.lock().unwrap().insert(id);
                *self.placed_beside.lock().unwrap() = Some(id);
            }
        }
        let by_ids = request.url.path().ends_with("/orders")
            && request.url.query_pairs().any(|(name, _)| name == "include");
        let mut response = self.shop.send(request).await?;
        if by_ids {
            let mut rows: Vec<Value> = serde_json::from_slice(&response.body).unwrap();
            let ours = self.ours.lock().unwrap();
            rows.retain(|row| row["id"].as_u64().is_some_and(|id| ours.contains(&id)));
            response.body = serde_json::to_vec(&rows).unwrap();
        }
        Ok(response)
    }
}

/// The order that a path is about.
fn order_in(path: &str) -> Option<u64> {
    path.split_once("/orders/")?.1.split('/').next()?.parse().ok()
}

fn not_there() -> Response {
    let body = json!({
        "code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}
    });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status: 404, headers, body: body.to_string().into_bytes() }
}

impl<'a> Stage<'a> {
    /// Sells [`GOODS`] and [`VARIANTS`] in the shop, and takes orders so.
    pub(crate) async fn new(town: &'a Town, products: Value, orders: Value) -> Stage<'a> {
        let loomis = Loomis::new(town.world.clock.clone());
        let office = loomis.client("012345", "client-token-of-more-than-thirty-characters");
        office.add_department(1, "Oslo", TOKEN);
        let stocked = |id: u64| office.set_stock(1, id, &STOCK.to_string());
        for (end, price, vat) in GOODS {
            let number = format!("{}-{end}", town.tag);
            stocked(office.add_product(Product::new(&number, &number).price(price).vat(vat)));
        }
        let number = format!("{}-P", town.tag);
        let parent = office.add_product(Product::new(&number, &number).price("249").parent());
        for option in VARIANTS {
            stocked(office.add_variant(parent, &format!("{number}-{option}"), option));
        }
        let network = Network::new(town.world.clock.clone());
        let office_faults = network.host("loomis.example", Arc::new(loomis));
        let ways = Arc::new(Ways {
            office: network,
            shop: town.world.transport.clone(),
            ours: Mutex::default(),
            written: Mutex::default(),
            beside: Mutex::default(),
            placed_beside: Mutex::default(),
        });
        let store = Arc::new(local::Store::temporary(town.world.clock.clone()).unwrap());
        let world = World { transport: ways.clone(), ..town.world.clone() };
        let engine = Engine::new(world, store.clone(), store, SealKey::new(KEY));
        let mut record = client();
        record["order_lookup"] = json!(true);
        engine.put_client(record).await.unwrap();
        let connection = &town.connection;
        let mut record = department("1", TOKEN, connection.base.as_str(), products);
        record["shop"]["consumer_key"] = json!(connection.consumer_key);
        record["shop"]["consumer_secret"] = json!(connection.consumer_secret.expose());
        record["orders"] = orders;
        record["orders"]["enabled"] = json!(true);
        engine.put_department(record).await.unwrap();
        let mut stage = Stage { town, office, office_faults, engine, ways, goods: BTreeMap::new() };
        stage.settle().await;
        let run = stage.engine.synchronize("1").await.unwrap();
        drain(&stage.engine).await;
        let run = stage.engine.run("1", &run.id).await.unwrap();
        assert_eq!(run.run.stage, sync::Stage::Done, "{:#?}", stage.engine.status_of("1").await.unwrap());
        stage.look_up().await;
        stage
    }

    /// Where the shop has the goods.
    async fn look_up(&mut self) {
        let query = [("search", self.town.tag.as_str()), ("status", "any"), ("per_page", "100")];
        for product in self.town.get("products", &query).await.as_array().unwrap() {
            let id = product["id"].as_u64().unwrap();
            if product["type"] != "variable" {
                self.goods.insert(self.end(product), (id, 0));
                continue;
            }
            for one in self.town.get(&format!("products/{id}/variations"), &[]).await.as_array().unwrap() {
                self.goods.insert(self.end(one), (id, one["id"].as_u64().unwrap()));
            }
        }
        assert_eq!(self.goods.len(), GOODS.len() + VARIANTS.len(), "{:?}", self.goods);
    }

    fn end(&self, product: &Value) -> String {
        let sku = product["sku"].as_str().unwrap();
        sku.strip_prefix(&format!("{}-", self.town.tag))
            .unwrap_or_else(|| panic!("{sku} is not ours"))
            .to_owned()
    }

    /// The ends of the SKUs that are sold.
    pub(crate) fn ends(&self) -> Vec<&str> {
        self.goods.keys().map(String::as_str).collect()
    }

    /// A line of an order.
    pub(crate) fn line(&self, end: &str, quantity: i64) -> Value {
        let (product, variation) = self.goods[end];
        match variation {
            0 => json!({"product_id": product, "quantity": quantity}),
            _ => json!({"product_id": product, "variation_id": variation, "quantity": quantity}),
        }
    }

    /// The same order on another stage.
    pub(crate) fn as_on(&self, other: &Stage<'_>, order: &Value) -> Value {
        let mut order = order.clone();
        for line in order["line_items"].as_array_mut().unwrap() {
            let id = |field: &str| line[field].as_u64().unwrap_or(0);
            let here = (id("product_id"), id("variation_id"));
            let (end, _) = self.goods.iter().find(|(_, one)| **one == here).unwrap();
            let there = other.goods[end];
            line["product_id"] = json!(there.0);
            if there.1 > 0 {
                line["variation_id"] = json!(there.1);
            }
        }
        order
    }

    /// Places an order of these fields, in processing and paid where nothing else is said; its id.
    pub(crate) async fn place(&self, order: Value) -> u64 {
        let placed = self.town.place(with_buyer(order)).await;
        let id = placed["id"].as_u64().unwrap();
        self.ways.ours.lock().unwrap().insert(id);
        id
    }

    /// Has an order of these fields placed right before the next write of stock.
    pub(crate) fn place_beside(&self, order: Value) {
        *self.ways.beside.lock().unwrap() = Some(self.town.request_of_order(&with_buyer(order)));
    }

    /// The order that was placed so.
    pub(crate) fn placed_beside(&self) -> u64 {
        let id = self.ways.placed_beside.lock().unwrap().take();
        let id = id.expect("stock was written, and an order placed beside it");
        self.town.owned(id);
        id
    }

    /// The shop keeps dates to the second: whatever follows is in another one.
    pub(crate) async fn settle(&self) {
        self.town.world.sleep(Duration::from_millis(1_200)).await;
    }

    /// What was looked after a moment ago is looked at again only after that.
    pub(crate) async fn rest(&self) {
        self.town.world.sleep(Duration::from_secs(11)).await;
    }

    /// One tick of the schedule, worked off.
    pub(crate) async fn tick(&self, tick: Tick) {
        self.settle().await;
        strike(&self.engine, tick).await;
        drain(&self.engine).await;
        let status = self.engine.status_of("1").await.unwrap();
        assert!(status.pause.is_none(), "{status:#?}");
    }

    /// What waits, a line each, without the numbers.
    pub(crate) async fn waiting(&self) -> Vec<(u64, String)> {
        let all = self.engine.orders_waiting("1").await.unwrap();
        all.into_iter().map(|one| (one.order_id, format!("{}: {}", one.reason, one.detail))).collect()
    }

    /// The customer orders of a web order.
    pub(crate) fn orders_of(&self, id: u64) -> Vec<Order> {
        self.office.orders().into_iter().filter(|one| one.reference == id).collect()
    }

    /// Its sales and returns.
    pub(crate) fn sales_of(&self, id: u64) -> Vec<Sale> {
        self.office.sales().into_iter().filter(|one| one.reference == id).collect()
    }

    /// What was written to the shop's order.
    pub(crate) fn written(&self, id: u64) -> Vec<Value> {
        let all = self.ways.written.lock().unwrap();
        all.iter().filter(|(order, _)| *order == id).map(|(_, body)| body.clone()).collect()
    }

    /// How often something was saved in Loomis Pay.
    pub(crate) fn saves(&self) -> usize {
        ["logistics/orders/save", "sale/orders/save", "product/adjust-stock"]
            .iter()
            .map(|call| self.office_faults.count(call))
            .sum()
    }

    /// Loomis Pay's product.
    pub(crate) fn product(&self, end: &str) -> u64 {
        let number = format!("{}-{end}", self.town.tag);
        let mut all = self.office.product_ids().into_iter().filter_map(|id| self.office.product(id));
        all.find(|one| one.product_number == number).unwrap().product_id
    }

    /// What the shop has of it.
    pub(crate) async fn in_shop(&self, end: &str) -> i64 {
        let path = match self.goods[end] {
            (product, 0) => format!("products/{product}"),
            (product, variation) => format!("products/{product}/variations/{variation}"),
        };
        let product = self.town.get(&path, &[]).await;
        product["stock_quantity"].as_i64().unwrap_or_else(|| panic!("{product}"))
    }

    /// The shop's total.
    pub(crate) async fn total(&self, id: u64) -> Decimal {
        amount(&self.town.order(id).await["total"])
    }
}

fn with_buyer(mut order: Value) -> Value {
    let defaults = json!({
        "status": "processing",
        "payment_method": "vipps",
        "billing": {"first_name": "Kari", "last_name": "Åse", "address_1": "Gate 2", "postcode": "0155", "city": "Oslo",
            "country": "NO", "email": "kari@example.test", "phone": "99887766"}
    });
    for (name, value) in defaults.as_object().unwrap() {
        if order.get(name).is_none() {
            order[name] = value.clone();
        }
    }
    order
}
