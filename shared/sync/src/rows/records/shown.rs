//! Records as people see them: without secrets, whatever they are worth.

use retail::settings::{ClientRecord, DepartmentRecord, OrdersRecord, ProductsRecord};
use serde::Serialize;
use serde_json::Value;

use super::{CLIENTS, DEPARTMENTS, NOT_SHOWN, Record, all, parse};
use crate::{
    Engine, Error,
    ports::{Item, Key},
};

impl Engine {
    /// A record as people see it: without its secrets, with its version. One that can't be read is shown as it stands,
    /// its secrets left out all the same.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub async fn show_client(&self, number: &str) -> Result<Value, Error> {
        self.show::<ClientRecord>("client", number).await
    }

    /// See [`Engine::show_client`].
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub async fn show_department(&self, id: &str) -> Result<Value, Error> {
        self.show::<DepartmentRecord>("department", id).await
    }

    async fn show<R: Record>(&self, what: &'static str, id: &str) -> Result<Value, Error> {
        let found = self.ledger.get(&Key::new(R::PARTITION, id)).await?;
        let found = found.ok_or(Error::Missing { what, id: id.to_owned() })?;
        Ok(shown::<R>(&found))
    }

    /// All client records, as people see them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list_clients(&self) -> Result<Vec<Value>, Error> {
        Ok(all(self, CLIENTS).await?.iter().map(shown::<ClientRecord>).collect())
    }

    /// All department records, as people see them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list_departments(&self) -> Result<Vec<Value>, Error> {
        Ok(all(self, DEPARTMENTS).await?.iter().map(shown::<DepartmentRecord>).collect())
    }
}

fn shown<R: Record>(found: &Item) -> Value {
    let mut value = match parse::<R>(found) {
        Ok(mut record) => {
            record.secrets().into_iter().for_each(|(_, secret)| *secret = None);
            *record.version() = Some(found.version);
            serde_json::to_value(record).unwrap_or_default()
        }
        Err(fault) => {
            let mut raw = found.body.clone();
            hide_unknown(&mut raw);
            if let Some(fields) = raw.as_object_mut() {
                fields.insert("fault".to_owned(), Value::String(fault.to_string()));
                let id = if R::PARTITION == CLIENTS { "client_number" } else { "department_id" };
                fields.entry(id).or_insert_with(|| Value::String(found.key.sort.clone()));
            }
            raw
        }
    };
    for path in ["/client_token", "/department_token", "/shop/consumer_key", "/shop/consumer_secret"] {
        if let Some(secret) = value.pointer_mut(path) {
            *secret = Value::String(NOT_SHOWN.to_owned());
        }
    }
    value
}

/// The fields whose values hold no secret; what stands in any other may be one that was pasted into the wrong place.
const PLAIN: [&str; 16] = [
    "schema",
    "version",
    "client_number",
    "api_url",
    "time_zone",
    "min_interval_ms",
    "order_lookup",
    "lookup_after_s",
    "department_id",
    "name",
    "enabled",
    "shop",
    "url",
    "api_version",
    "products",
    "orders",
];

/// Hides the values of fields that a record doesn't have.
fn hide_unknown(record: &mut Value) {
    let Some(fields) = record.as_object_mut() else { return };
    for (name, value) in fields {
        match name.as_str() {
            "shop" => hide_unknown(value),
            "products" => hide_others(value, &ProductsRecord::default()),
            "orders" => hide_others(value, &OrdersRecord::default()),
            plain if PLAIN.contains(&plain) => {}
            _ => *value = Value::String(NOT_SHOWN.to_owned()),
        }
    }
}

/// Hides the values of settings that there are none of.
fn hide_others(settings: &mut Value, known: &impl Serialize) {
    let known = serde_json::to_value(known).unwrap_or_default();
    for (name, value) in settings.as_object_mut().into_iter().flatten() {
        if known.get(name).is_none() {
            *value = Value::String(NOT_SHOWN.to_owned());
        }
    }
}
