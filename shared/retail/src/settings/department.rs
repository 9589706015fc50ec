//! The department record: one department and its shop.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Fault, OrderSettings, OrdersRecord, ProductSettings, ProductsRecord, SCHEMA, Warning, filled,
    without_secrets,
};

/// A department as a person writes it. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentRecord {
    /// Our name for the department: letters, digits, `-` and `_`.
    pub department_id: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Whether anything happens for it by itself.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The client it belongs to.
    pub client_number: String,
    /// A secret: the department's token in Loomis Pay. Left out when a record is changed: the old one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_token: Option<String>,
    /// Its shop.
    pub shop: ShopRecord,
    /// Loomis Pay → shop.
    #[serde(default)]
    pub products: ProductsRecord,
    /// Shop → Loomis Pay.
    #[serde(default)]
    pub orders: OrdersRecord,
    /// The schema's number.
    #[serde(default = "super::client::schema")]
    pub schema: u32,
    /// Optimistic concurrency; left out: create or replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

fn on() -> bool {
    true
}

impl fmt::Debug for DepartmentRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        without_secrets(f, "DepartmentRecord", self)
    }
}

/// A shop as a person writes it. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopRecord {
    /// The shop's address, in any usual form.
    pub url: String,
    /// Which API is spoken.
    #[serde(default)]
    pub api_version: ApiVersion,
    /// A secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_key: Option<String>,
    /// A secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_secret: Option<String>,
}

impl fmt::Debug for ShopRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        without_secrets(f, "ShopRecord", self)
    }
}

/// Which version of the shop's API is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiVersion {
    /// Read from the shop.
    #[default]
    Auto,
    /// WooCommerce 3.0 up to 3.5.
    V2,
    /// WooCommerce from 3.5.
    V3,
}

/// A department, checked. Its secrets are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentSettings {
    /// Our name for the department.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether anything happens for it by itself.
    pub enabled: bool,
    /// The client it belongs to.
    pub client_number: String,
    /// The shop's address as written.
    pub shop_url: String,
    /// Which API is spoken.
    pub api_version: ApiVersion,
    /// Loomis Pay → shop.
    pub products: ProductSettings,
    /// Shop → Loomis Pay; `None` where orders are off.
    pub orders: Option<OrderSettings>,
}

impl DepartmentRecord {
    /// The record's meaning, and what a person should know about it.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(&self) -> Result<(DepartmentSettings, Vec<Warning>), Fault> {
        schema_is_known(self.schema)?;
        let id = &self.department_id;
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if id.is_empty() || id.len() > 64 || !id.bytes().all(legal) {
            return Err(Fault::new(
                "department_id",
                "is 1 to 64 letters, digits, - or _, as a string: \"1\"",
            ));
        }
        if self.client_number.len() != 6 || !self.client_number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::new(
                "client_number",
                "is six digits as a string, leading zeros included: \"012345\"",
            ));
        }
        filled("shop.url", &self.shop.url)?;
        // What each of WooCommerce's two begins with, and the other does.
        for (field, secret, own, others) in [
            ("department_token", &self.department_token, "", None),
            ("shop.consumer_key", &self.shop.consumer_key, "ck_", Some("cs_")),
            ("shop.consumer_secret", &self.shop.consumer_secret, "cs_", Some("ck_")),
        ] {
            if let Some(secret) = secret {
                filled(field, secret)?;
                if let Some(others) = others.filter(|others| secret.trim().starts_with(others)) {
                    return Err(Fault::new(
                        field,
                        format!("begins with {own}, and this begins with {others}: the two are exchanged"),
                    ));
                }
            }
        }
        let mut warnings = Vec::new();
        let products = self.products.check()?;
        let orders = self.orders.check(products.inventory, &mut warnings)?;
        let settings = DepartmentSettings {
            id: id.clone(),
            name: self.name.clone(),
            enabled: self.enabled,
            client_number: self.client_number.clone(),
            shop_url: self.shop.url.clone(),
            api_version: self.shop.api_version,
            products,
            orders,
        };
        Ok((settings, warnings))
    }
}

pub(super) fn schema_is_known(schema: u32) -> Result<(), Fault> {
    if schema == SCHEMA {
        return Ok(());
    }
    Err(Fault::new(
        "schema",
        format!("is {SCHEMA}; a record of schema {schema} needs another version of this program"),
    ))
}
