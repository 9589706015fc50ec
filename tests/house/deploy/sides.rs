//! Both sides on the loopback: Loomis Pay with a department in each of four towns, a shop for each, and an ear for what
//! the operator is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    Server,
    loomis::{Loomis, Office, Product},
    serve::{Serving, WallClock, serve},
    shop::{Permissions, Setup, Shop},
};
use world::{Method, Request, Response};

const CLIENT_TOKEN: &str = "client-token-of-more-than-thirty-characters";

/// Both sides.
pub(super) struct Sides {
    pub(super) office: Office,
    /// A product that all departments have.
    pub(super) coffee: u64,
    pub(super) towns: [Town; 4],
    loomis_at: Serving,
    ear: Arc<Ear>,
    ear_at: Serving,
}

/// A department's shop.
pub(super) struct Town {
    /// The department.
    pub(super) id: &'static str,
    name: &'static str,
    pub(super) shop: Arc<Shop>,
    pub(super) at: Serving,
}

impl Sides {
    pub(super) async fn new() -> Sides {
        let clock = Arc::new(WallClock);
        let loomis = Loomis::new(clock.clone());
        loomis.set_order_lookup(true);
        let office = loomis.client("012345", CLIENT_TOKEN);
        let coffee = Product { price_inc_vat: "199.90".parse().unwrap(), ..Product::new("A-1", "Kaffe") };
        let towns = [
            Town::new("1", "Oslo").await,
            Town::new("2", "Bergen").await,
            Town::new("3", "Tromsø").await,
            Town::new("4", "Bodø").await,
        ];
        for town in &towns {
            office.add_department(town.number(), town.name, &town.token());
        }
        let coffee = office.add_product(coffee);
        for town in &towns {
            office.set_stock(town.number(), coffee, "7");
        }
        let ear = Arc::new(Ear::default());
        let loomis_at = serve(Arc::new(loomis), clock.clone(), loopback()).await.unwrap();
        let ear_at = serve(ear.clone(), clock, loopback()).await.unwrap();
        Sides { office, coffee, towns, loomis_at, ear, ear_at }
    }

    pub(super) fn clients(&self) -> Vec<Value> {
        let api = format!("http://{}/v1/", self.loomis_at.address);
        vec![json!({
            "client_number": "012345", "client_token": CLIENT_TOKEN, "api_url": api, "min_interval_ms": 0,
            "order_lookup": true
        })]
    }

    pub(super) fn departments(&self) -> Vec<Value> {
        let orders = json!({
            "enabled": true, "from_date": "2026-01-01", "status_after_retrieval": "on-hold", "status_when_completed": "completed"
        });
        let department = |town: &Town| {
            json!({
                "department_id": town.id, "name": town.name, "client_number": "012345",
                "department_token": town.token(),
                "shop": {
                    "url": format!("http://{}", town.at.address),
                    "consumer_key": "ck_test", "consumer_secret": "cs_test"
                },
                "products": {"automatic_transfer": true}, "orders": orders
            })
        };
        self.towns.iter().map(department).collect()
    }

    /// Where the operator listens.
    pub(super) fn ear(&self) -> String {
        format!("http://{}/told", self.ear_at.address)
    }

    /// What the operator was told: signature and body.
    pub(super) fn heard(&self) -> Vec<(String, Value)> {
        self.ear.0.lock().unwrap().clone()
    }
}

impl Town {
    async fn new(id: &'static str, name: &'static str) -> Town {
        let shop = Arc::new(Shop::new(Setup::default()));
        let at = serve(shop.clone(), Arc::new(WallClock), loopback()).await.unwrap();
        let town = Town { id, name, shop, at };
        town.open();
        town
    }

    /// Its key is valid.
    pub(super) fn open(&self) {
        self.shop.add_key("ck_test", "cs_test", Permissions::ReadWrite);
    }

    pub(super) fn number(&self) -> u64 {
        self.id.parse().unwrap()
    }

    fn token(&self) -> String {
        format!("department-token-{}-of-more-than-thirty-characters", self.id)
    }

    /// How often products were written to the shop, or were to be.
    pub(super) fn writes(&self) -> usize {
        self.at.faults.count("POST /wp-json/wc/v3/products/batch")
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Hears what the operator is told.
#[derive(Default)]
struct Ear(Mutex<Vec<(String, Value)>>);

impl Server for Ear {
    fn handle(&self, request: &Request, _: Timestamp) -> Response {
        let signature = request.headers.iter().find(|(name, _)| name == "x-loomis-woo-signature");
        let signature = signature.map(|(_, value)| value.clone()).unwrap_or_default();
        let body = request.body.as_deref().unwrap_or_default();
        self.0.lock().unwrap().push((signature, serde_json::from_slice(body).unwrap()));
        Response { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    fn state(&self) -> Value {
        Value::Null
    }

    fn control(&self, _: Method, _: &str, _: &[u8], _: Timestamp) -> Option<Result<Value, String>> {
        None
    }
}
