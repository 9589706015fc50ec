//! The real client against the simulated shop: both agree on what was measured.

use std::sync::Arc;

use retail::{
    fate::Fate,
    shop::{ShopId, ShopProduct},
};
use woocommerce::{
    Address, Auth, Client, Connection, Cursor, NewProduct, ProductChange, ProductWrite, Secret, StockWrite,
    Version, choose_version, resolve,
};
use world::{Clock, World};

use super::*;
use crate::{
    faults::{Faults, Kind, Rule},
    transport::{Network, SeededChance, TestClock},
};

struct Town {
    shop: Arc<Shop>,
    faults: Arc<Faults>,
    clock: Arc<TestClock>,
    world: World,
}

fn town() -> Town {
    let clock = Arc::new(TestClock::moving(now()));
    let network = Arc::new(Network::new(clock.clone()));
    let shop = Arc::new(shop());
    let faults = network.host("shop.example", shop.clone());
    let world = World { transport: network, clock: clock.clone(), chance: Arc::new(SeededChance::new(7)) };
    Town { shop, faults, clock, world }
}

impl Town {
    fn client(&self, base: &str, auth: Option<Auth>, version: Version) -> Client {
        let base = base.parse().unwrap();
        let connection = Connection {
            auth: auth.unwrap_or_else(|| Connection::choose_auth(&base)),
            base,
            version,
            consumer_key: KEY.to_owned(),
            consumer_secret: Secret::new(SECRET),
        };
        Client::new(connection, self.world.clone())
    }

    fn https(&self) -> Client {
        self.client("https://shop.example/", None, Version::V3)
    }

    async fn resolve(&self, address: &str) -> Result<String, String> {
        let base = resolve(&Address::parse(address).unwrap(), &self.world).await;
        base.map(|base| base.to_string()).map_err(|error| error.trouble().reason)
    }
}

#[tokio::test]
async fn every_way_in() {
    let town = town();
    town.shop.add_product(Product::simple("Æ-1", "Å & Ø", "10"), now());
    let http = town.client("http://shop.example/", None, Version::V3);
    assert_eq!(http.find_auth().await.unwrap(), Auth::OAuth1);
    assert_eq!(http.products_by_sku(&["æ-1", "~x y+z"]).await.unwrap().len(), 1);
    http.can_write().await.unwrap();
    assert_eq!(town.https().find_auth().await.unwrap(), Auth::Basic);
    town.shop.set(|setup| setup.strip_authorization = true);
    assert_eq!(town.https().find_auth().await.unwrap(), Auth::Query);
    town.shop.set(|setup| setup.behind_proxy = true);
    assert_eq!(town.https().find_auth().await.unwrap(), Auth::OAuth1AsHttp);
    let proxied = town.client("https://shop.example/", Some(Auth::OAuth1AsHttp), Version::V3);
    assert_eq!(proxied.products_by_sku(&["Æ-1"]).await.unwrap()[0].name, "Å & Ø");
    // Behind the proxy an unknown key is told for what it is.
    town.shop.remove_key(KEY);
    let reason = town.https().find_auth().await.unwrap_err().trouble().reason;
    assert!(reason.contains("does not know the consumer key"), "{reason}");
}

#[tokio::test]
async fn a_nonce_and_a_timestamp_count_once() {
    let town = town();
    let client = town.client("http://shop.example/", None, Version::V3);
    client.can_write().await.unwrap();
    client.can_write().await.unwrap();
    let url: url::Url = "http://shop.example/wp-json/wc/v3/products".parse().unwrap();
    let sign = |timestamp: i64| {
        let with = woocommerce::Signature { key: KEY, secret: SECRET, timestamp, nonce: "once" };
        let pairs = woocommerce::sign(Method::Get, &url, &[], with);
        let mut signed = url.clone();
        signed.query_pairs_mut().extend_pairs(pairs);
        json_of(&town.shop.handle(&Request::new(Method::Get, signed), now()))
    };
    assert_eq!(sign(now().as_second() - 901)["message"], "Invalid timestamp.");
    assert!(sign(now().as_second() + 899).is_array());
    assert_eq!(sign(now().as_second() + 899)["message"], "Invalid nonce - nonce has already been used.");
}

#[tokio::test]
async fn addresses_lead_to_shops() {
    let town = town();
    let base = "https://shop.example/";
    assert_eq!(town.resolve("SHOP.example/wp-admin/").await.as_deref(), Ok(base));
    town.shop.set(|setup| setup.redirect_to = Some("https://shop.example".to_owned()));
    assert_eq!(town.resolve("http://shop.example").await.as_deref(), Ok(base));
    town.shop.set(|setup| setup.redirect_to = Some("http://shop.example".to_owned()));
    assert_eq!(town.resolve("shop.example").await.as_deref(), Ok("http://shop.example/"));
    town.shop.set(|setup| {
        setup.redirect_to = None;
        setup.folder = "butikk".to_owned();
    });
    assert_eq!(town.resolve("shop.example/butikk").await.as_deref(), Ok("https://shop.example/butikk/"));
    assert!(town.resolve("https://shop.example").await.unwrap_err().contains("no WordPress"));
    town.shop.set(|setup| setup.plain_permalinks = true);
    assert!(town.resolve("shop.example/butikk").await.unwrap_err().contains("plain permalinks"));
    town.shop.set(|setup| {
        setup.plain_permalinks = false;
        setup.v3 = false;
    });
    let found = town.resolve("https://shop.example/butikk").await.unwrap().parse().unwrap();
    assert_eq!(choose_version(&found, &town.world).await.unwrap(), Version::V2);
    town.shop.set(|setup| setup.woocommerce = false);
    assert!(town.resolve("shop.example/butikk").await.unwrap_err().contains("no WooCommerce"));
}

#[tokio::test]
async fn a_redirect_is_never_followed_by_a_write() {
    let town = town();
    town.shop.set(|setup| setup.redirect_to = Some("https://www.shop.example".to_owned()));
    let item =
        ProductWrite::Create(NewProduct { name: "A".into(), sku: "A".into(), ..NewProduct::default() });
    let trouble = town.https().write_products(&[item]).await.unwrap_err().trouble();
    assert_eq!(trouble.fate, Fate::Settings);
    assert!(town.shop.products().is_empty());
}

#[tokio::test]
async fn creates_and_updates() {
    for version in [Version::V3, Version::V2] {
        let town = town();
        let client = town.client("https://shop.example/", None, version);
        let new = NewProduct {
            name: "Kopp & fat".into(),
            sku: "K-1".into(),
            regular_price: Some("199.9".parse().unwrap()),
            sale_price: Some("99".parse().unwrap()),
            description: Some("<p>Fin</p>".into()),
            tax_class: Some("lav-sats".into()),
            stock: Some(StockWrite::Managed(4)),
            gtin: Some("7038010000000".into()),
            ..NewProduct::default()
        };
        let again = NewProduct { sku: " k-1".into(), ..new.clone() };
        let results =
            client.write_products(&[ProductWrite::Create(new), ProductWrite::Create(again)]).await.unwrap();
        let done = results[0].as_ref().unwrap();
        let product = &done.product;
        assert_eq!((product.name.as_str(), product.status.as_str()), ("Kopp & fat", "draft"));
        assert_eq!(results[1].as_ref().unwrap_err().existing, Some(done.id));
        let stored = town.shop.product(done.id.0).unwrap();
        assert_eq!((stored.regular_price.as_str(), stored.sale_price.as_str()), ("199.90", "99.00"));
        assert_eq!((stored.name.as_str(), stored.tax_class.as_str()), ("Kopp &amp; fat", "lav-sats"));
        // v2 doesn't know it.
        assert_eq!(stored.gtin, if version == Version::V3 { "7038010000000" } else { "" });
        let change = ProductChange {
            sale_price: Some(None),
            stock: Some(StockWrite::Unmanaged),
            ..ProductChange::default()
        };
        let results = client.write_products(&[ProductWrite::Update { id: done.id, change }]).await.unwrap();
        let after = &results[0].as_ref().unwrap().product;
        assert_eq!((after.sale_price, after.stock), (None, None));
        assert_eq!(client.product(done.id).await.unwrap().as_ref(), Some(after));
        assert_eq!(
            client.products_by_id(&[done.id, ShopId(999)]).await.unwrap(),
            std::slice::from_ref(after)
        );
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_adopted() {
    let town = town();
    town.faults.add(Rule::next(Kind::CutAfter).on("batch"));
    let item =
        || ProductWrite::Create(NewProduct { name: "A".into(), sku: "A-1".into(), ..NewProduct::default() });
    let client = town.https();
    assert_eq!(client.write_products(&[item()]).await.unwrap_err().trouble().fate, Fate::Ambiguous);
    let adopted = client.write_products(&[item()]).await.unwrap()[0].as_ref().unwrap_err().existing.unwrap();
    assert_eq!(client.products_by_sku(&["a-1"]).await.unwrap()[0].id, adopted);
    assert_eq!(town.shop.products().len(), 1);
}

/// Reads until there is no more.
async fn all(client: &Client, cursor: &mut Cursor) -> Vec<ShopProduct> {
    let mut all = Vec::new();
    loop {
        let page = client.changed_products(cursor).await.unwrap();
        all.extend(page.products);
        *cursor = page.next;
        if !page.more {
            return all;
        }
    }
}

#[tokio::test]
async fn no_change_is_lost_while_things_move() {
    let town = town();
    let client = town.https();
    let begun = town.clock.now();
    for number in 0..450_i64 {
        // 250 of them within one second.
        let modified = begun + std::time::Duration::from_secs(u64::try_from((number - 250).max(0)).unwrap());
        let product = Product::simple(&format!("S-{number}"), "P", "1");
        town.shop.add_product(Product { modified: Some(modified), ..product }, begun);
    }
    town.clock.advance(std::time::Duration::from_secs(600));
    let mut cursor = Cursor::since(begun);
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = 0_u64;
    loop {
        let page = client.changed_products(&cursor).await.unwrap();
        seen.extend(page.products.iter().map(|product| product.id.0));
        cursor = page.next;
        pages += 1;
        if !page.more {
            break;
        }
        // Meanwhile the first rows move behind: by page numbers, others would be skipped.
        for id in 11..16 {
            town.shop.edit(id + pages, town.clock.now(), |_| {});
        }
    }
    assert_eq!(seen.len(), 450);
    town.clock.advance(std::time::Duration::from_secs(60));
    all(&client, &mut cursor).await;
    assert_eq!(all(&client, &mut cursor).await, []);
    town.shop.sell(200, 1, town.clock.now());
    town.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(all(&client, &mut cursor).await.iter().map(|p| p.id.0).collect::<Vec<_>>(), [200]);
}

#[tokio::test]
async fn the_profile_is_the_setup() {
    let town = town();
    town.shop.set(|setup| {
        setup.country = "US:CA".to_owned();
        setup.prices_include_tax = false;
        let tax = setup.taxes[0].clone();
        setup.taxes = vec![tax; 150];
    });
    for version in [Version::V3, Version::V2] {
        let profile = town.client("https://shop.example/", None, version).profile().await.unwrap();
        assert_eq!((profile.base_country.as_str(), profile.currency.as_str()), ("US", "NOK"));
        assert_eq!((profile.tax_rates.len(), profile.prices_include_tax), (150, false));
        assert_eq!(profile.version.as_deref(), Some("10.5.0"));
    }
}
