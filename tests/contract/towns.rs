//! Where the contract is tried: the simulated shop in this process, or the one that the environment names.

use std::sync::Arc;

use simulators::{
    shop::{Permissions, Setup, Shop},
    transport::{Network, SeededChance, TestClock},
};
use woocommerce::{Address, Auth, Capabilities, Client, Connection, Version};
use world::{Clock, Secret, World};

use crate::{images::Images, shop::Contract};

/// A shop, and one way of speaking to it.
pub(crate) struct Town {
    pub(crate) name: String,
    /// Begins every SKU and every name that this run makes.
    pub(crate) tag: String,
    pub(crate) world: World,
    pub(crate) connection: Connection,
    /// A key that may only read.
    pub(crate) reader: Option<(String, Secret)>,
    pub(crate) images: Images,
    pub(crate) client: Client,
    /// WooCommerce's version.
    pub(crate) woocommerce: String,
    pub(crate) simulated: bool,
}

impl Town {
    /// The contract as one case has it.
    pub(crate) fn contract<'a>(&'a self, case: &'static str) -> Contract<'a> {
        Contract::new(self, case.rsplit("::").next().unwrap_or(case))
    }
}

/// The environment's shop, or the simulated ones.
pub(crate) async fn all() -> Vec<Town> {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match given("SHOP_URL") {
        Some(url) => real(&url, &given).await,
        None => simulated().await,
    }
}

async fn real(url: &str, given: &impl Fn(&str) -> Option<String>) -> Vec<Town> {
    let world = match given("SHOP_CA") {
        Some(path) => outside::world_trusting(&std::fs::read(path).expect("SHOP_CA can be read")),
        None => outside::world(),
    };
    let world = world.expect("HTTPS can be set up");
    let need = |name: &str| given(name).unwrap_or_else(|| panic!("{name} is missing"));
    let base = woocommerce::resolve(&Address::parse(url).expect("SHOP_URL is an address"), &world).await;
    let base = base.expect("a shop is there");
    let reader = given("SHOP_RO_CONSUMER_KEY").zip(given("SHOP_RO_CONSUMER_SECRET").map(Secret::new));
    let images = Images::real(base.as_str(), given("SHOP_IMAGE_URL")).await;
    let mut towns = Vec::new();
    for version in [Version::V3, Version::V2] {
        let connection = Connection {
            auth: Connection::choose_auth(&base),
            base: base.clone(),
            version,
            consumer_key: need("SHOP_CONSUMER_KEY"),
            consumer_secret: Secret::new(need("SHOP_CONSUMER_SECRET")),
        };
        towns.push(town(world.clone(), connection, reader.clone(), images.clone(), false).await);
    }
    towns
}

/// The measured shop and one of 2021, over both schemes and in both versions.
async fn simulated() -> Vec<Town> {
    let mut towns = Vec::new();
    for (woocommerce, scheme) in [("10.5.0", "https"), ("10.5.0", "http"), ("5.0.0", "https")] {
        for version in [Version::V3, Version::V2] {
            let clock = Arc::new(TestClock::moving("2026-11-20T06:00:00Z".parse().unwrap()));
            let network = Arc::new(Network::new(clock.clone()));
            let setup = Setup { version: woocommerce.to_owned(), ..Setup::default() };
            let shop = Arc::new(Shop::new(setup));
            shop.add_key("ck_contract", "cs_contract", Permissions::ReadWrite);
            shop.add_key("ck_reader", "cs_reader", Permissions::Read);
            network.host("shop.example", shop);
            let seed = clock.now().as_second().unsigned_abs();
            let world = World { transport: network, clock, chance: Arc::new(SeededChance::new(seed)) };
            let base = format!("{scheme}://shop.example/").parse().unwrap();
            let connection = Connection {
                auth: Connection::choose_auth(&base),
                base,
                version,
                consumer_key: "ck_contract".to_owned(),
                consumer_secret: Secret::new("cs_contract"),
            };
            let reader = Some(("ck_reader".to_owned(), Secret::new("cs_reader")));
            towns.push(town(world, connection, reader, Images::simulated(), true).await);
        }
    }
    towns
}

async fn town(
    world: World,
    connection: Connection,
    reader: Option<(String, Secret)>,
    images: Images,
    simulated: bool,
) -> Town {
    let client = Client::new(connection.clone(), world.clone());
    let profile = client.profile().await.unwrap_or_else(|error| panic!("no profile: {error}"));
    let woocommerce = profile.version.unwrap_or_else(|| "10.5.0".to_owned());
    let capabilities = Capabilities::of(Some(&woocommerce));
    let client = client.with_era(capabilities, woocommerce::time_zone(&profile.time_zone));
    let kind = if simulated { "simulated" } else { "real" };
    let way = match connection.auth {
        Auth::Basic => "https",
        _ => "http",
    };
    let name = format!("{kind} WooCommerce {woocommerce}, {}, {way}", connection.version);
    let tag = format!("CT-{:06x}", world.chance.next() & 0xff_ffff);
    Town { name, tag, world, connection, reader, images, client, woocommerce, simulated }
}
