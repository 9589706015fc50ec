//! The simulator's own control: what a test or a person changes behind the API's back, as JSON over HTTP.
//!
//! | call | body |
//! |---|---|
//! | `POST client` | `{"client_number","client_token"}` |
//! | `POST department` | `{"department_id","department_name","api_token"}` |
//! | `POST product` | fields of a product, or a list of such; without `product_id` a new one; `"raw":{field: JSON text}` |
//! | `GET product/ID` | |
//! | `POST stock` | `{"department_id","product_id","physical","reserved"}`, or a list of such |
//! | `POST catalogue` | `{"n","seed","variants"}`: so many plausible products, or parents with so many variants each |
//! | `POST order` | `{"order_id","do":"pack"/"unlock"/"cancel"}` or `{"order_id","status"}`: what staff do |
//! | `GET order/ID` | |
//! | `POST refuse` | `{"call","reference","message"}`: that save refuses the next order with that reference |
//! | `POST server` | any of `{"min_interval_ms","caller","codes_as_status","slashes","order_lookup"}` |
//! | `POST licence` | `{"call","licensed"}` |
//! | `DELETE tokens` | all tokens expire |
//!
//! Each takes a `client_number` where there is more than one client.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use world::Method;

use super::{
    books::Refusal,
    generate::catalogue,
    product::{Amount, Product},
    state::{Client, Department, State},
};

pub(super) fn call(
    state: &mut State,
    method: Method,
    path: &str,
    body: &[u8],
    now: Timestamp,
) -> Option<Result<Value, String>> {
    if let (Method::Get, Some(id)) = (method, path.strip_prefix("product/")) {
        return Some(product(state, id));
    }
    if let (Method::Get, Some(id)) = (method, path.strip_prefix("order/")) {
        return Some(order(state, id));
    }
    Some(match (method, path) {
        (Method::Post, "client") => read(body).map(|asked: NewClient| {
            state.client(&asked.client_number).token = asked.client_token;
            json!({})
        }),
        (Method::Post, "department") => each(state, body, |client, asked: NewDepartment| {
            let fresh = Department { name: String::new(), token: String::new(), stock: HashMap::new() };
            let department = client.departments.entry(asked.department_id).or_insert(fresh);
            department.name = asked.department_name;
            department.token = asked.api_token;
            Ok(json!(asked.department_id))
        }),
        (Method::Post, "product") => each(state, body, |client, fields: Value| upsert(client, fields, now)),
        (Method::Post, "stock") => each(state, body, |client, asked: NewStock| {
            let department = client.departments.get_mut(&asked.department_id);
            let department = department.ok_or(format!("no department {}", asked.department_id))?;
            department.stock.insert(asked.product_id, asked.amount);
            Ok(json!(asked.product_id))
        }),
        (Method::Post, "catalogue") => each(state, body, |client, asked: NewCatalogue| {
            if asked.variants > 0 {
                let families = client.fill_families(asked.n, asked.variants, asked.seed, now);
                return Ok(json!(families.iter().map(|(_, children)| 1 + children.len()).sum::<usize>()));
            }
            Ok(json!(client.fill(catalogue(asked.n, asked.seed), now).len()))
        }),
        (Method::Post, "licence") => each(state, body, |client, asked: Licence| {
            if asked.licensed {
                client.forbidden.remove(&asked.call);
            } else {
                client.forbidden.insert(asked.call);
            }
            Ok(json!({}))
        }),
        (Method::Post, "order") => each(state, body, |client, asked: Staff| {
            let id = asked.order_id;
            match (asked.work, asked.status) {
                (Some(Work::Pack), None) => client.pack(id, now)?,
                (Some(Work::Unlock), None) => client.unlock(id, now)?,
                (Some(Work::Cancel), None) => client.cancel_order(id, now)?,
                (None, Some(status)) => client.set_order_status(id, status, now)?,
                _ => return Err("say do or status".to_owned()),
            }
            Ok(json!(id))
        }),
        (Method::Post, "refuse") => each(state, body, |client, asked: Refusal| {
            client.books.refusals.push(asked);
            Ok(json!({}))
        }),
        (Method::Post, "server") => read(body).map(|asked| server(state, asked)),
        (Method::Delete, "tokens") => {
            state.tokens.clear();
            Ok(json!({}))
        }
        _ => return None,
    })
}

#[derive(Deserialize)]
struct NewClient {
    client_number: String,
    client_token: String,
}

#[derive(Deserialize)]
struct NewDepartment {
    department_id: u64,
    department_name: String,
    api_token: String,
}

#[derive(Deserialize)]
struct NewStock {
    department_id: u64,
    product_id: u64,
    #[serde(flatten)]
    amount: Amount,
}

#[derive(Deserialize)]
struct NewCatalogue {
    n: usize,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    variants: usize,
}

#[derive(Deserialize)]
struct Licence {
    call: String,
    licensed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerSettings {
    min_interval_ms: Option<u64>,
    caller: Option<String>,
    codes_as_status: Option<bool>,
    slashes: Option<bool>,
    order_lookup: Option<bool>,
}

#[derive(Deserialize)]
struct Staff {
    order_id: u64,
    #[serde(rename = "do")]
    work: Option<Work>,
    status: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    Pack,
    Unlock,
    Cancel,
}

fn server(state: &mut State, asked: ServerSettings) -> Value {
    if let Some(ms) = asked.min_interval_ms {
        state.min_interval = Duration::from_millis(ms);
    }
    if let Some(caller) = asked.caller {
        state.caller = caller;
    }
    state.codes_as_status = asked.codes_as_status.unwrap_or(state.codes_as_status);
    state.slashes = asked.slashes.unwrap_or(state.slashes);
    state.order_lookup = asked.order_lookup.unwrap_or(state.order_lookup);
    json!({})
}

/// The product, whichever client's it is, and its stock by department.
fn product(state: &State, id: &str) -> Result<Value, String> {
    let id: u64 = id.parse().map_err(|_| format!("no product id: {id}"))?;
    let found = state.clients.values().find_map(|client| Some((client, client.catalogue.get(id)?)));
    let (client, product) = found.ok_or(format!("no product {id}"))?;
    let stock = client.departments.iter().filter_map(|(department, d)| Some((department, d.stock.get(&id)?)));
    Ok(json!({ "product": product, "stock": stock.collect::<HashMap<_, _>>() }))
}

/// The customer order, whichever client's it is.
fn order(state: &State, id: &str) -> Result<Value, String> {
    let key: u64 = id.parse().map_err(|_| format!("no order id: {id}"))?;
    let found = state.clients.values().find_map(|client| client.books.orders.get(&key));
    found.map(|order| json!(order)).ok_or(format!("no order {id}"))
}

/// Changes the fields that are given, and only those.
fn upsert(client: &mut Client, fields: Value, now: Timestamp) -> Result<Value, String> {
    let Value::Object(fields) = fields else { return Err("a product is an object".to_owned()) };
    let before = fields.get("product_id").and_then(Value::as_u64).and_then(|id| client.catalogue.get(id));
    let before = before.cloned().unwrap_or_default();
    let group = before.category_name.clone();
    let Value::Object(mut merged) = json!(before) else { return Err("a product is an object".to_owned()) };
    for (name, value) in fields {
        if name != "client_number" {
            let known = merged.insert(name.clone(), value).is_some();
            if !known {
                return Err(format!("no field of a product: {name}; give it under raw"));
            }
        }
    }
    let mut product: Product = serde_json::from_value(Value::Object(merged)).map_err(|e| e.to_string())?;
    if product.category_name != group {
        product.category_id = 0;
    }
    Ok(json!(client.put(product, now)))
}

/// Does it for the entry, or for each of a list, until one fails.
fn each<T: DeserializeOwned>(
    state: &mut State,
    body: &[u8],
    mut work: impl FnMut(&mut Client, T) -> Result<Value, String>,
) -> Result<Value, String> {
    let asked: Value = read(body)?;
    let entries = if let Value::Array(entries) = asked { entries } else { vec![asked] };
    let mut done = Vec::with_capacity(entries.len());
    for entry in entries {
        let number = match entry["client_number"].as_str() {
            Some(number) => number.to_owned(),
            None if state.clients.len() == 1 => state.clients.keys().cloned().collect(),
            None => return Err("which client? say client_number".to_owned()),
        };
        let client = state.clients.get_mut(&number).ok_or(format!("no client {number}"))?;
        let entry = serde_json::from_value(entry).map_err(|e| e.to_string())?;
        done.push(work(client, entry)?);
    }
    Ok(json!({ "done": done }))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
