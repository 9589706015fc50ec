//! A WooCommerce shop, as measured (`woocommerce/BEHAVIOUR.md`): quirks included, because they are what bites.
//!
//! A test builds a [`Shop`], gives it products and keys, puts it on a [`crate::transport::Network`] and asks it
//! afterwards what it has. What a person does in the shop (an edit, a sale, the trash) is a method; what a host does to
//! it (plain permalinks, a redirect, a stripped header) is a field of [`Setup`].

mod answer;
mod auth;
mod catalogue;
mod list;
mod media;
mod order;
mod orders;
mod product;
mod routes;
mod setup;
mod show;
mod terms;
mod text;
mod webhooks;
mod write;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use world::{Method, Request, Response};

pub use auth::{Key, Permissions};
pub use media::{Download, ImageRule, Media};
pub use order::{Coupon, Extra, Line, NewLine, NewOrder, Order, RateTax, Refund, TaxLine, Totals};
pub use product::{Attribute, Choice, Image, Manage, Meta, Product};
pub use setup::{Setup, Tax};
pub use terms::{Category, GlobalAttribute, Term};
pub use webhooks::{Delivery, Webhook};

use crate::Server;
use auth::Nonces;
use catalogue::Catalogue;
use orders::Orders;
use webhooks::Webhooks;

/// A simulated shop. Cheap to share; all its state is behind one lock.
pub struct Shop {
    state: Mutex<State>,
}

struct State {
    setup: Setup,
    keys: Vec<Key>,
    nonces: Nonces,
    catalogue: Catalogue,
    orders: Orders,
    webhooks: Webhooks,
}

impl Shop {
    /// A shop without products and keys.
    pub fn new(setup: Setup) -> Shop {
        let catalogue = Catalogue::new(setup.first_id);
        let (keys, nonces, orders) = (Vec::new(), Nonces::default(), Orders::default());
        let webhooks = Webhooks::default();
        Shop { state: Mutex::new(State { setup, keys, nonces, catalogue, orders, webhooks }) }
    }

    /// Lets a key in.
    pub fn add_key(&self, key: &str, secret: &str, permissions: Permissions) {
        self.lock().keys.push(Key { key: key.to_owned(), secret: secret.to_owned(), permissions });
    }

    /// Takes a key away.
    pub fn remove_key(&self, key: &str) {
        self.lock().keys.retain(|known| known.key != key);
    }

    /// Puts a product in as it is, unchecked; an id of 0 becomes the next free one. Created and modified `now` where the
    /// product doesn't say.
    pub fn add_product(&self, product: Product, now: Timestamp) -> u64 {
        self.lock().catalogue.add(product, now)
    }

    /// A product, in the trash or not.
    pub fn product(&self, id: u64) -> Option<Product> {
        self.lock().catalogue.get(id).cloned()
    }

    /// The product or variation with that SKU, in any case; one in the trash only where there is no other.
    pub fn product_by_sku(&self, sku: &str) -> Option<Product> {
        let state = self.lock();
        let mut holders = state.catalogue.with_sku(sku).collect::<Vec<_>>();
        holders.sort_by_key(|product| product.status == "trash");
        holders.first().map(|product| (*product).clone())
    }

    /// All products, the trash included, by id.
    pub fn products(&self) -> Vec<Product> {
        self.lock().catalogue.iter().cloned().collect()
    }

    /// The variations of a product, by id, those in the trash too.
    pub fn variations(&self, parent: u64) -> Vec<Product> {
        self.lock().catalogue.variations(parent).cloned().collect()
    }

    /// The media library, by id.
    pub fn media(&self) -> Vec<Media> {
        self.lock().catalogue.media.iter().cloned().collect()
    }

    /// The categories, in the order of their making.
    pub fn categories(&self) -> Vec<Category> {
        self.lock().setup.categories.clone()
    }

    /// Adds a category of that name (a text as a person types it) under that parent, 0 for none. The id; of the one that is
    /// there already, where it is.
    pub fn add_category(&self, name: &str, parent: u64) -> u64 {
        terms::add_category(&mut self.lock().setup, name, parent)
    }

    /// Adds a global attribute with terms of these names. The id.
    pub fn add_attribute(&self, name: &str, terms: &[&str]) -> u64 {
        self.lock().setup.add_attribute(name, terms)
    }

    /// The global attributes, with their terms.
    pub fn attributes(&self) -> Vec<GlobalAttribute> {
        self.lock().setup.attributes.clone()
    }

    /// A person changes a product or a variation in wp-admin; a variation's date is bumped, and its parent's. `false` where
    /// there is none.
    pub fn edit(&self, id: u64, now: Timestamp, change: impl FnOnce(&mut Product)) -> bool {
        self.lock().catalogue.edit(id, Some(now), change)
    }

    /// A plugin writes to the database past WooCommerce: the date of modification stays.
    pub fn edit_unseen(&self, id: u64, change: impl FnOnce(&mut Product)) -> bool {
        self.lock().catalogue.edit(id, None, change)
    }

    /// A customer buys: the stock goes down where it is managed (at the parent for a variation that says so), and the
    /// date is bumped.
    pub fn sell(&self, id: u64, quantity: i64, now: Timestamp) -> bool {
        self.lock().catalogue.sell(id, quantity, now)
    }

    /// Moves a product to the trash, with its variations.
    pub fn trash(&self, id: u64, now: Timestamp) -> bool {
        self.lock().catalogue.trash(id, now)
    }

    /// Deletes a product for good, with its variations.
    pub fn delete(&self, id: u64) -> bool {
        self.lock().catalogue.remove(id).is_some()
    }

    /// How the shop is set up.
    pub fn setup(&self) -> Setup {
        self.lock().setup.clone()
    }

    /// Changes how the shop is set up.
    pub fn set(&self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.lock().setup);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a test's closure leaves a half-edited product at worst, which that test is about.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for Shop {
    fn handle(&self, request: &Request, now: Timestamp) -> Response {
        routes::handle(&mut self.lock(), request, now)
    }

    fn state(&self) -> Value {
        let state = self.lock();
        json!({
            "setup": state.setup,
            "keys": state.keys.iter().map(|key| json!({"key": key.key, "permissions": key.permissions}))
                .collect::<Vec<_>>(),
            "products": state.catalogue.iter().collect::<Vec<_>>(),
            "orders": state.orders.all.values().collect::<Vec<_>>(),
            "webhooks": state.webhooks.all.values().map(|hook| json!({"id": hook.id, "name": hook.name,
                "status": hook.status, "topic": hook.topic, "delivery_url": hook.delivery_url})).collect::<Vec<_>>(),
            "media": state.catalogue.media.iter().collect::<Vec<_>>(),
        })
    }

    /// `POST setup` (fields to change), `POST products` (one or a list), `POST sale` (`{"id","quantity"}`),
    /// `POST trash` and `POST delete` (`{"id"}`), `POST edit` (`{"id", …fields}`), `POST keys`
    /// (`{"key","secret","permissions"}`), `POST categories` (`{"name","parent"}`), `POST attributes` (`{"name","terms"}`),
    /// `POST orders` (one [`NewOrder`] or a list), `POST order-status` (`{"id","status"}`), `POST order-trash` and
    /// `POST order-delete` (`{"id"}`), `POST refund` (`{"id","amount","lines":[[line, quantity]],"restock"}`).
    fn control(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Option<Result<Value, String>> {
        (method == Method::Post).then_some(())?;
        let call: fn(&Shop, Value, Timestamp) -> Result<Value, String> = match path {
            "setup" => setup::change,
            "keys" => auth::add,
            "products" => product::add,
            "categories" => terms::add_by_hand,
            "attributes" => terms::add_attribute_by_hand,
            "edit" => product::edit,
            "orders" => orders::add,
            "order-status" | "order-trash" | "order-delete" | "refund" => {
                return Some(parse(body).and_then(|value| orders::happen(self, path, &value, now)));
            }
            "sale" | "trash" | "delete" => {
                return Some(parse(body).and_then(|value| product::happen(self, path, &value, now)));
            }
            _ => return None,
        };
        Some(parse(body).and_then(|value| call(self, value, now)))
    }
}

fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))
}

#[cfg(test)]
mod tests;
