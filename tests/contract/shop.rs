//! The shop as a case has it: our client, raw requests where the client doesn't expose the thing, and the broom.

use std::sync::{Mutex, PoisonError};

use retail::shop::{ShopAttribute, ShopId, ShopOption, ShopProduct};
use serde_json::{Value, json};
use woocommerce::{
    Auth, Client, Connection, ItemDone, ItemError, NewKind, NewProduct, NewVariation, ProductChange,
    ProductWrite, Signature, VariationChange, VariationWrite, Version,
};
use world::{Method, Request, World};

use crate::towns::Town;

/// What a case is handed.
pub(crate) struct Contract<'a> {
    pub(crate) town: &'a Town,
    pub(crate) client: &'a Client,
    pub(crate) world: &'a World,
    pub(crate) v2: bool,
    case: &'static str,
    notes: Mutex<Vec<String>>,
}

/// What became of an item.
pub(crate) type Item = Result<ItemDone, ItemError>;

impl<'a> Contract<'a> {
    pub(crate) fn new(town: &'a Town, case: &'static str) -> Contract<'a> {
        let v2 = town.connection.version == Version::V2;
        Contract { town, client: &town.client, world: &town.world, v2, case, notes: Mutex::default() }
    }

    /// Whether WooCommerce is of that version or a later one.
    pub(crate) fn since(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.town.woocommerce.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
    }

    /// Says what could not be tried here, and why.
    pub(crate) fn not_tried(&self, what: &str) {
        self.note(format!("not tried: {what}"));
    }

    /// Says something about how it went.
    pub(crate) fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An SKU of this case.
    pub(crate) fn sku(&self, end: &str) -> String {
        format!("{}-{}-{end}", self.town.tag, self.case)
    }

    /// A name of this case.
    pub(crate) fn name(&self, end: &str) -> String {
        format!("{} {} {end}", self.town.tag, self.case)
    }

    /// The client with another login.
    pub(crate) fn with_login(&self, auth: Auth, key: &str, secret: &str) -> Client {
        let connection = Connection {
            auth,
            consumer_key: key.to_owned(),
            consumer_secret: world::Secret::new(secret),
            ..self.town.connection.clone()
        };
        Client::new(connection, self.world.clone())
    }

    /// A simple product to make.
    pub(crate) fn simple(&self, end: &str) -> NewProduct {
        NewProduct { name: self.name(end), sku: self.sku(end), ..NewProduct::default() }
    }

    /// A parent to make, whose variations differ in `Farge`.
    pub(crate) fn parent(&self, end: &str, options: &[&str]) -> NewProduct {
        let attributes = vec![attribute("Farge", options, true)];
        NewProduct { kind: NewKind::Variable, attributes, ..self.simple(end) }
    }

    /// Makes one product.
    pub(crate) async fn make(&self, new: NewProduct) -> ShopProduct {
        self.try_make(new).await.unwrap_or_else(|error| panic!("not made: {error}")).product
    }

    pub(crate) async fn try_make(&self, new: NewProduct) -> Item {
        self.write(&[ProductWrite::Create(new)]).await.remove(0)
    }

    /// Changes one product.
    pub(crate) async fn change(&self, id: ShopId, change: ProductChange) -> ShopProduct {
        let done = self.write(&[ProductWrite::Update { id, change }]).await.remove(0);
        done.unwrap_or_else(|error| panic!("not changed: {error}")).product
    }

    pub(crate) async fn write(&self, items: &[ProductWrite]) -> Vec<Item> {
        self.client.write_products(items).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes one variation.
    pub(crate) async fn make_variation(&self, parent: ShopId, new: NewVariation) -> ShopProduct {
        let done = self.vary(parent, &[VariationWrite::Create(new)]).await.remove(0);
        done.unwrap_or_else(|error| panic!("not made: {error}")).product
    }

    /// Changes one variation.
    pub(crate) async fn change_variation(
        &self,
        parent: ShopId,
        id: ShopId,
        change: VariationChange,
    ) -> ShopProduct {
        let done = self.vary(parent, &[VariationWrite::Update { id, change }]).await.remove(0);
        done.unwrap_or_else(|error| panic!("not changed: {error}")).product
    }

    pub(crate) async fn vary(&self, parent: ShopId, items: &[VariationWrite]) -> Vec<Item> {
        self.client.write_variations(parent, items).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The variations of a product that is there.
    pub(crate) async fn variations(&self, parent: ShopId) -> Vec<ShopProduct> {
        let found = self.client.variations(parent).await.unwrap_or_else(|error| panic!("{error}"));
        found.unwrap_or_else(|| panic!("no product {parent}"))
    }

    /// A product that is there.
    pub(crate) async fn product(&self, id: ShopId) -> ShopProduct {
        let found = self.client.product(id).await.unwrap_or_else(|error| panic!("{error}"));
        found.unwrap_or_else(|| panic!("no product {id}"))
    }

    /// Products and variations by SKU: their ids.
    pub(crate) async fn by_sku(&self, skus: &[&str]) -> Vec<ShopId> {
        let found = self.client.products_by_sku(skus).await.unwrap_or_else(|error| panic!("{error}"));
        let mut ids: Vec<ShopId> = found.into_iter().map(|product| product.id).collect();
        ids.sort();
        ids
    }

    /// A product as the shop stores it.
    pub(crate) async fn stored(&self, id: ShopId) -> Value {
        let (status, stored) = self.get(&format!("products/{id}"), &[("context", "edit")]).await;
        assert_eq!(status, 200, "{stored}");
        stored
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        self.call(self.town.connection.version, Method::Get, path, query, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.call(self.town.connection.version, method, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, force: bool) -> (u16, Value) {
        let force = if force { "true" } else { "false" };
        self.call(self.town.connection.version, Method::Delete, path, &[("force", force)], None).await
    }

    /// A raw exchange: the status and the JSON.
    async fn call(
        &self,
        version: Version,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> (u16, Value) {
        let connection = &self.town.connection;
        let url = format!("{}wp-json/{}/{path}", connection.base, version.namespace());
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
        let answer = self.world.transport.send(request).await.unwrap_or_else(|error| panic!("{error}"));
        let json = serde_json::from_slice(&answer.body);
        (answer.status, json.unwrap_or_else(|_| panic!("no JSON ({}) for {method} {path}", answer.status)))
    }

    /// Removes for good whatever has this run's tag in its name; a sentence about it.
    pub(crate) async fn sweep(&self) -> String {
        let (mut products, mut categories) = (0, 0);
        // What is in no list any more, and what is deleted meanwhile, ends it.
        for status in ["any", "trash"] {
            loop {
                let ids = self.tagged("products", &[("status", status)]).await;
                if ids.is_empty() {
                    break;
                }
                let (code, answer) = self
                    .call(Version::V3, Method::Post, "products/batch", &[], Some(json!({"delete": ids})))
                    .await;
                let done = answer["delete"]
                    .as_array()
                    .map_or(0, |all| all.iter().filter(|one| one["error"].is_null()).count());
                assert!(code == 200 && done > 0, "{answer}");
                products += done;
            }
        }
        loop {
            let ids = self.tagged("products/categories", &[]).await;
            if ids.is_empty() {
                break;
            }
            for id in ids {
                let path = format!("products/categories/{id}");
                let force = [("force", "true")];
                let (code, answer) = self.call(Version::V3, Method::Delete, &path, &force, None).await;
                assert_eq!(code, 200, "{answer}");
                categories += 1;
            }
        }
        let stays = if self.town.simulated {
            ""
        } else {
            "; media files named contract-… stay, for no key can delete them"
        };
        format!("swept {products} products and {categories} categories of {}{stays}", self.town.tag)
    }

    async fn tagged(&self, path: &str, more: &[(&str, &str)]) -> Vec<u64> {
        let mut query = vec![("search", self.town.tag.as_str()), ("per_page", "50"), ("_fields", "id")];
        query.extend(more);
        let (status, rows) = self.call(Version::V3, Method::Get, path, &query, None).await;
        assert_eq!(status, 200, "{rows}");
        rows.as_array().into_iter().flatten().filter_map(|row| row["id"].as_u64()).collect()
    }
}

/// An attribute of a product's own.
pub(crate) fn attribute(name: &str, options: &[&str], variation: bool) -> ShopAttribute {
    ShopAttribute {
        id: 0,
        name: name.to_owned(),
        position: 0,
        visible: true,
        variation,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    }
}

/// A choice among them.
pub(crate) fn option(name: &str, option: &str) -> ShopOption {
    ShopOption { id: 0, name: name.to_owned(), option: option.to_owned() }
}

/// A price.
pub(crate) fn price(text: &str) -> Option<retail::Decimal> {
    Some(text.parse().unwrap())
}
