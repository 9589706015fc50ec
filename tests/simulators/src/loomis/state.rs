//! What the server remembers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    answer::local,
    books::Books,
    product::{Amount, Product},
};

/// The server's memory.
pub(super) struct State {
    pub(super) zone: TimeZone,
    pub(super) min_interval: Duration,
    pub(super) caller: String,
    pub(super) codes_as_status: bool,
    pub(super) slashes: bool,
    /// Whether `logistics/orders/list` is known.
    pub(super) order_lookup: bool,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) tokens_issued: u64,
    pub(super) clients: BTreeMap<String, Client>,
}

/// A token of a login.
pub(super) struct Token {
    pub(super) client: String,
    pub(super) ip: String,
    pub(super) ends: Timestamp,
}

/// A client: its catalogue and its departments.
#[derive(Default)]
pub(super) struct Client {
    pub(super) token: String,
    pub(super) departments: BTreeMap<u64, Department>,
    /// Product groups: their paths by `category_id`.
    pub(super) categories: BTreeMap<u64, String>,
    pub(super) catalogue: Catalogue,
    pub(super) books: Books,
    /// Calls that no module was bought for.
    pub(super) forbidden: BTreeSet<String>,
    pub(super) last_start: Option<Timestamp>,
}

/// A department.
pub(super) struct Department {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) stock: HashMap<u64, Amount>,
}

/// The products with what finds them quickly: a page must not cost a walk through a hundred thousand.
#[derive(Default)]
pub(super) struct Catalogue {
    products: BTreeMap<u64, Product>,
    /// All ids in order, and those not deleted.
    ids: Vec<u64>,
    live: Vec<u64>,
    by_number: HashMap<String, BTreeSet<u64>>,
    by_update: BTreeSet<(Timestamp, u64)>,
}

impl Default for State {
    fn default() -> Self {
        State {
            // The data base is built in: it is always there.
            zone: TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC),
            min_interval: Duration::ZERO,
            caller: "203.0.113.7".to_owned(),
            codes_as_status: false,
            slashes: false,
            order_lookup: true,
            tokens: HashMap::new(),
            tokens_issued: 0,
            clients: BTreeMap::new(),
        }
    }
}

impl State {
    pub(super) fn client(&mut self, number: &str) -> &mut Client {
        self.clients.entry(number.to_owned()).or_default()
    }

    pub(super) fn show(&self) -> Value {
        let clients = self.clients.iter().map(|(number, client)| {
            let departments = client.departments.iter().map(|(id, department)| {
                json!({ "department_id": id, "department_name": department.name,
                        "stock_rows": department.stock.len() })
            });
            json!({
                "client_number": number,
                "departments": departments.collect::<Vec<_>>(),
                "products": client.catalogue.ids.len(),
                "products_not_deleted": client.catalogue.live.len(),
                "categories": client.categories,
                "orders": client.books.show(),
            })
        });
        json!({
            "clients": clients.collect::<Vec<_>>(),
            "tokens_issued": self.tokens_issued,
            "order_lookup": self.order_lookup,
            "zone": self.zone.iana_name(),
            "min_interval_ms": u64::try_from(self.min_interval.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Client {
    /// The department with that token.
    pub(super) fn department(&mut self, token: &str) -> Option<(u64, &mut Department)> {
        self.departments.iter_mut().find(|(_, d)| d.token == token).map(|(id, d)| (*id, d))
    }

    /// The product group with that path, made where there is none; 0 for no path.
    pub(super) fn category(&mut self, path: &str) -> u64 {
        if path.is_empty() {
            return 0;
        }
        let found = self.categories.iter().find(|(_, known)| *known == path).map(|(id, _)| *id);
        found.unwrap_or_else(|| self.add_category(path))
    }

    /// Makes a product group, also where one has that path already.
    pub(super) fn add_category(&mut self, path: &str) -> u64 {
        let id = self.categories.last_key_value().map_or(1, |(id, _)| id + 1);
        self.categories.insert(id, path.to_owned());
        id
    }

    /// Keeps a product, new or changed, and dates it.
    pub(super) fn put(&mut self, mut product: Product, now: Timestamp) -> u64 {
        if product.category_id == 0 {
            product.category_id = self.category(&product.category_name.clone());
        }
        self.catalogue.put(product, now)
    }
}

impl Catalogue {
    pub(super) fn get(&self, id: u64) -> Option<&Product> {
        self.products.get(&id)
    }

    /// All ids in order.
    pub(super) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The ids of those not deleted, in order.
    pub(super) fn live(&self) -> &[u64] {
        &self.live
    }

    pub(super) fn numbered(&self, number: &str) -> Vec<u64> {
        self.by_number.get(number).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    /// Those changed in that second or later, in order.
    pub(super) fn updated_since(&self, local_time: &str, zone: &TimeZone) -> Vec<u64> {
        // The data base compares local times as texts do: what was changed in the hour that comes twice is found from
        // either. A day before is early enough to begin with.
        let civil = local_time.replace('/', "-").parse::<jiff::civil::DateTime>().ok();
        let from = civil.and_then(|civil| zone.to_ambiguous_timestamp(civil).earlier().ok());
        let day = jiff::SignedDuration::from_hours(24);
        let from = from.and_then(|from| from.checked_sub(day).ok()).unwrap_or(Timestamp::MIN);
        let asked = civil.map(|civil| civil.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
        let mut ids: Vec<u64> = self
            .by_update
            .range((from, 0)..)
            .filter(|(at, _)| local(*at, zone) >= asked)
            .map(|(_, id)| *id)
            .collect();
        ids.sort_unstable();
        ids
    }

    fn put(&mut self, mut product: Product, now: Timestamp) -> u64 {
        if product.product_id == 0 {
            product.product_id = self.ids.last().map_or(1, |last| last + 1);
        }
        let id = product.product_id;
        product.updated_at = now;
        match self.products.get(&id) {
            Some(before) => {
                product.created_at = before.created_at;
                self.by_update.remove(&(before.updated_at, id));
                if let Some(twins) = self.by_number.get_mut(&before.product_number) {
                    twins.remove(&id);
                }
            }
            None => {
                product.created_at = now;
                set(&mut self.ids, id, true);
            }
        }
        set(&mut self.live, id, !product.is_deleted);
        self.by_update.insert((now, id));
        self.by_number.entry(product.product_number.clone()).or_default().insert(id);
        self.products.insert(id, product);
        id
    }
}

/// Puts the id into the sorted list, or takes it out.
fn set(ids: &mut Vec<u64>, id: u64, there: bool) {
    match (ids.binary_search(&id), there) {
        (Err(place), true) => ids.insert(place, id),
        (Ok(place), false) => {
            ids.remove(place);
        }
        _ => {}
    }
}
