//! A whole synchronisation: Loomis Pay simulated in this process, the shop as it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use house::stage::{self, KEY, TOKEN};
use retail::shop::{ManageStock, MediaId, ShopProduct, ShopProfile};
use serde_json::{Value, json};
use simulators::{
    loomis::{Loomis, Office},
    transport::Network,
};
use sync::{Counts, Engine, Stage, seal::SealKey};
use world::{Method, Request, Response, Transport, TransportError, World};

use crate::shop::Contract;

const SIMPLE: usize = 200;
const FAMILIES: usize = 20;
const VARIANTS: usize = 4;
const ALL: u64 = (SIMPLE + FAMILIES * (VARIANTS + 1)) as u64;
/// So many of the simple products have an image: a shop takes half a second to fetch one.
const PICTURED: usize = 20;

/// Both sides of one department.
struct Sides {
    office: Office,
    simple: Vec<u64>,
    families: Vec<(u64, Vec<u64>)>,
    /// The shop's prices are written as Loomis Pay has them.
    include_tax: bool,
}

/// To Loomis Pay in the process, and to the shop wherever it is; counts what is written there.
struct Ways {
    office: Network,
    shop: Arc<dyn Transport>,
    writes: AtomicUsize,
}

#[async_trait]
impl Transport for Ways {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.url.host_str() == Some("loomis.example") {
            return self.office.send(request).await;
        }
        self.writes.fetch_add(usize::from(request.method != Method::Get), Ordering::Relaxed);
        self.shop.send(request).await
    }
}

/// An installation: a ledger of its own.
struct House<'a> {
    shop: &'a Contract<'a>,
    engine: Engine,
    ways: Arc<Ways>,
}

pub(crate) async fn whole(shop: &Contract<'_>) {
    let office_network = |loomis: &Loomis| {
        let network = Network::new(shop.world.clock.clone());
        network.host("loomis.example", Arc::new(loomis.clone()));
        network
    };
    let loomis = Loomis::new(shop.world.clock.clone());
    let sides = Sides::new(shop, &loomis).await;
    let house = House::new(shop, office_network(&loomis)).await;
    let created = Counts { seen: ALL, created: ALL, ..Counts::default() };
    house.synchronized("first", created, 1..=usize::MAX).await;
    let unchanged = Counts { seen: ALL, unchanged: ALL, ..Counts::default() };
    house.synchronized("again", unchanged, 0..=0).await;
    sides.as_in(shop).await;
    // What changes carries over, and only that.
    let changed = sides.change(shop);
    let counts = Counts { seen: ALL, unchanged: ALL - changed, updated: changed, ..Counts::default() };
    house.synchronized(&format!("{changed} changes"), counts, 1..=15).await;
    let found = sides.as_in(shop).await;
    house.synchronized("again", unchanged, 0..=0).await;
    // An installation that knows nothing finds everything, and makes nothing.
    let second = House::new(shop, office_network(&loomis)).await;
    let linked = Counts { seen: ALL, linked: ALL, ..Counts::default() };
    second.synchronized("a second installation", linked, 0..=0).await;
    second.synchronized("again", unchanged, 0..=0).await;
    assert_eq!(sides.as_in(shop).await, found, "ids and images stay");
}

impl<'a> House<'a> {
    async fn new(shop: &'a Contract<'a>, office: Network) -> House<'a> {
        let ways =
            Arc::new(Ways { office, shop: shop.world.transport.clone(), writes: AtomicUsize::default() });
        let store = Arc::new(local::Store::temporary(shop.world.clock.clone()).unwrap());
        let world = World { transport: ways.clone(), ..shop.world.clone() };
        let engine = Engine::new(world, store.clone(), store, SealKey::new(KEY));
        engine.put_client(stage::client()).await.unwrap();
        let connection = &shop.town.connection;
        let products = json!({"new_product_groups": true, "product_updates": true});
        let mut department = stage::department("1", TOKEN, connection.base.as_str(), products);
        department["shop"]["api_version"] = json!(connection.version.to_string());
        department["shop"]["consumer_key"] = json!(connection.consumer_key);
        department["shop"]["consumer_secret"] = json!(connection.consumer_secret.expose());
        engine.put_department(department).await.unwrap();
        House { shop, engine, ways }
    }

    /// Synchronises to the end, and tells what it took.
    async fn synchronized(&self, what: &str, expected: Counts, writes: std::ops::RangeInclusive<usize>) {
        self.shop.world.sleep(Duration::from_millis(1_100)).await;
        self.ways.writes.store(0, Ordering::Relaxed);
        let began = Instant::now();
        let run = self.engine.synchronize("1").await.unwrap();
        stage::drain(&self.engine).await;
        let run = self.engine.run("1", &run.id).await.unwrap();
        let written = self.ways.writes.load(Ordering::Relaxed);
        self.shop.note(format!("{what}: {:.1} s, {written} writes", began.elapsed().as_secs_f32()));
        let refused = self.engine.refused("1").await.unwrap();
        let first = refused.first().map(|one| one.reason.as_str());
        if run.run.stage != Stage::Done {
            panic!("{what}: {:#?}", self.engine.status_of("1").await.unwrap());
        }
        assert_eq!(run.counts, expected, "{what}: {first:?}");
        assert!(writes.contains(&written), "{what}: {written} writes");
    }
}

impl Sides {
    async fn new(shop: &Contract<'_>, loomis: &Loomis) -> Sides {
        let office = loomis.client("012345", "client-token-of-more-than-thirty-characters");
        office.add_department(1, "Oslo", TOKEN);
        let seed = shop.world.chance.next();
        let simple = office.fill(SIMPLE, seed);
        let families = office.fill_families(FAMILIES, VARIANTS, seed);
        let profile = shop.client.profile().await.unwrap();
        let sides = Sides { office, simple, families, include_tax: profile.prices_include_tax };
        sides.mark(shop, &profile);
        sides
    }

    /// Gives everything this run's tag, rates that the shop has, and images that it can fetch.
    fn mark(&self, shop: &Contract<'_>, profile: &ShopProfile) {
        let at_home =
            profile.tax_rates.iter().filter(|rate| rate.country == profile.base_country && !rate.local);
        let rates: Vec<retail::Decimal> = at_home.map(|rate| rate.percent).collect();
        if let Err(why) = shop.town.images.fine(0) {
            shop.not_tried(&why);
        }
        let pictured: Vec<u64> = self.simple.iter().take(PICTURED).copied().collect();
        for id in self.office.product_ids() {
            let family = self.family_of(id);
            self.office.change(id, |product| {
                product.product_number = shop.sku(&product.product_number);
                product.product_name = shop.name(&product.product_name);
                product.currency_code.clone_from(&profile.currency);
                // Of a family, one.
                let of = family.unwrap_or(id);
                product.vatrate_percent = rates[usize::try_from(of).unwrap() % rates.len()];
                let groups = product.category_name.split(" > ").map(|group| shop.name(group));
                product.category_name = groups.collect::<Vec<_>>().join(" > ");
                let several = if product.is_parent { 3 } else { 1 };
                let has_one = !product.product_image.is_empty() || pictured.contains(&id);
                let urls = (0..if has_one { several } else { 0 })
                    .map_while(|at| shop.town.images.fine(id * 10 + at).ok());
                let urls: Vec<String> = urls.collect();
                *product = product.clone().pictures(&urls.iter().map(String::as_str).collect::<Vec<_>>());
            });
        }
    }

    fn family_of(&self, id: u64) -> Option<u64> {
        self.families
            .iter()
            .find(|(parent, children)| *parent == id || children.contains(&id))
            .map(|(parent, _)| *parent)
    }

    /// Ten prices and ten stocks, half of them variants', ten names, and an image for three variants whose parents have some
    /// already. How many products that is.
    fn change(&self, shop: &Contract<'_>) -> u64 {
        let pictured = (0..3).filter_map(|at| {
            let bare = self.families[at].1[1];
            let url = shop.town.images.fine(bare * 10).ok()?;
            self.office.set_pictures(bare, &[&url]);
            Some(bare)
        });
        let pictured = pictured.count() as u64;
        let variant = |at: usize| self.families[at].1[3];
        for at in 0..5 {
            self.office.set_price(self.simple[at], "77.50");
            self.office.set_price(variant(at), "88.50");
            self.office.set_stock(1, self.simple[10 + at], "123");
            self.office.set_stock(1, variant(10 + at), "321");
            for id in [self.simple[20 + at], self.simple[30 + at]] {
                let name = self.office.product(id).unwrap().product_name;
                self.office.set_name(id, &format!("{name} & co"));
            }
        }
        30 + pictured
    }

    /// Everything as the shop should have it; its ids and images there.
    async fn as_in(&self, shop: &Contract<'_>) -> Vec<(u64, Vec<MediaId>)> {
        let mut seen = Vec::new();
        let products = self.families.iter().map(|(parent, _)| parent).chain(&self.simple);
        let numbers: Vec<String> = products.clone().map(|id| self.number(*id)).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let found = shop.client.products_by_sku(&numbers).await.unwrap();
        assert_eq!(found.len(), SIMPLE + FAMILIES);
        let of = |id: u64| found.iter().find(|one| one.sku == self.number(id)).unwrap();
        for id in products {
            let (ours, theirs) = (self.office.product(*id).unwrap(), of(*id));
            assert_eq!((&theirs.name, theirs.status.as_str()), (&ours.product_name, "draft"));
            assert_eq!(theirs.images.len(), ours.images.len() + usize::from(!ours.product_image.is_empty()));
            let brand =
                theirs.attributes.iter().find(|one| one.name == "Brand").map(|one| one.options.clone());
            assert_eq!(brand.unwrap_or_default().concat(), ours.brand_name, "{ours:?}");
            for (name, value) in &ours.custom_fields {
                assert!(
                    theirs.attributes.iter().any(|one| one.name == *name && one.options == [value.as_str()])
                );
            }
            seen.push((theirs.id.0, theirs.images.clone()));
        }
        for id in &self.simple {
            self.is_sold_as(*id, of(*id));
        }
        for (parent, children) in &self.families {
            let theirs = of(*parent);
            let listed = shop.variations(theirs.id).await;
            assert_eq!(listed.len(), VARIANTS);
            for id in children {
                let one = listed.iter().find(|one| one.sku == self.number(*id)).unwrap();
                self.is_sold_as(*id, one);
                let ours = self.office.product(*id).unwrap();
                let name = format!(
                    "{} - {}",
                    self.office.product(*parent).unwrap().product_name,
                    one.options[0].option
                );
                assert_eq!(name, ours.product_name);
                // Its own image, or none; where the shop doesn't tell, its parent's stands for none.
                let own = one
                    .images
                    .iter()
                    .filter(|id| shop.client.tells_own_images() || Some(*id) != theirs.images.first());
                assert_eq!(own.count(), usize::from(!ours.product_image.is_empty()), "{one:?}");
                seen.push((one.id.0, one.images.clone()));
            }
        }
        self.in_groups(shop, of(self.simple[0])).await;
        seen
    }

    /// Prices and stock, as they stand in Loomis Pay.
    fn is_sold_as(&self, id: u64, theirs: &ShopProduct) {
        let ours = self.office.product(id).unwrap();
        assert_eq!(theirs.manage_stock, ManageStock::Yes);
        assert_eq!(theirs.stock, Some(self.office.amount(1, id).physical), "{ours:?}");
        if self.include_tax {
            assert_eq!(theirs.regular_price, Some(ours.price_inc_vat), "{ours:?}");
            assert_eq!(
                theirs.sale_price,
                ours.special_price.filter(|sale| *sale < ours.price_inc_vat),
                "{ours:?}"
            );
        }
    }

    /// The product group's whole path.
    async fn in_groups(&self, shop: &Contract<'_>, theirs: &ShopProduct) {
        let path = self.office.product(self.simple[0]).unwrap().category_name;
        let stored: Value = shop.stored(theirs.id).await;
        let mut at = stored["categories"][0]["id"].as_u64();
        let all = shop.client.categories().await.unwrap();
        let mut names = Vec::new();
        while let Some(category) = all.iter().find(|one| Some(one.id.0) == at) {
            names.insert(0, category.name.clone());
            at = category.parent.map(|parent| parent.0);
        }
        assert_eq!(names.join(" > "), path);
    }

    fn number(&self, id: u64) -> String {
        self.office.product(id).unwrap().product_number
    }
}
