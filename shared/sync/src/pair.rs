//! A department and its shop, opened: both clients, the shop's set-up, the links.

use std::time::Duration;

use jiff::Timestamp;
use retail::{settings::ApiVersion, shop::ShopProfile};
use serde::{Deserialize, Serialize};
use woocommerce::{Address, Auth, Connection, Version};

use crate::{
    Engine, Error,
    figures::Side,
    ports::{Condition, Key, Write},
    rows::{
        body, item, pause,
        records::{Client, Department},
        standing::Links,
        turns,
    },
};

/// How long the shop's set-up is believed before it is read again.
const BELIEVED: Duration = Duration::from_secs(3600);

/// A department and its shop.
pub(crate) struct Pair {
    pub(crate) department: Department,
    pub(crate) client: Client,
    pub(crate) office: loomis::Client,
    pub(crate) shop: woocommerce::Client,
    pub(crate) profile: ShopProfile,
    pub(crate) links: Links,
    /// The canonical base of the shop: links, orders and effects belong to it.
    pub(crate) base: String,
}

/// What was found out about a shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The address as the record spelt it then.
    shop_url: String,
    /// The record's version then: another may hold other keys.
    record: u64,
    /// The canonical base.
    pub(crate) base: String,
    pub(crate) auth: Auth,
    pub(crate) version: Version,
    pub(crate) profile: ShopProfile,
    pub(crate) at: Timestamp,
}

/// How recent the knowledge of the shop's set-up must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// What was found within the hour will do.
    Recent,
    /// As of now.
    Fresh,
}

fn key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "profile")
}

/// What was last found out about a department's shop.
pub(crate) async fn found(engine: &Engine, department: &str) -> Result<Option<Found>, Error> {
    engine.ledger.get(&key(department)).await?.as_ref().map(body).transpose()
}

/// Remembers what was found out about a department's shop.
pub(crate) async fn remember(engine: &Engine, department: &str, found: &Found) -> Result<(), Error> {
    let put = Write::Put { item: item(key(department), found)?, condition: Condition::Always };
    Ok(engine.ledger.write(vec![put]).await?)
}

impl Engine {
    /// Opens a department and its shop.
    pub(crate) async fn pair(&self, id: &str, knowledge: Knowledge) -> Result<Pair, Error> {
        let department = self.department(id).await?;
        let client = self.client(&department.settings.client_number).await?;
        let office = self.office(&client)?;
        let old = found(self, id).await?.filter(|found| found.shop_url == department.settings.shop_url);
        let recent = |found: &Found| found.record == department.version && self.now() < found.at + BELIEVED;
        let found = match old {
            Some(found) if knowledge == Knowledge::Recent && recent(&found) => found,
            old => {
                let found = self.find_out(&department, old).await?;
                remember(self, id, &found).await?;
                found
            }
        };
        let shop = self.shop(&department, &found)?;
        let links = Links::of(id, &found.base);
        Ok(Pair { department, client, office, shop, profile: found.profile, links, base: found.base })
    }

    /// Asks the shop how it is spoken to and how it is set up.
    pub(crate) async fn find_out(&self, department: &Department, old: Option<Found>) -> Result<Found, Error> {
        let settings = &department.settings;
        let base = match old {
            // The base was resolved when the address was first used; a shop that moved answers with a redirect.
            Some(old) => old.base,
            None => {
                let address = Address::parse(&settings.shop_url).map_err(|error| Error::Broken {
                    what: format!("department {}", settings.id),
                    reason: format!("shop.url: {error}"),
                })?;
                woocommerce::resolve(&address, &self.towards(Side::Shop)).await?.to_string()
            }
        };
        let mut found = Found {
            shop_url: settings.shop_url.clone(),
            record: department.version,
            auth: Connection::choose_auth(&parse_base(&base)?),
            base,
            version: Version::V3,
            profile: ShopProfile {
                version: None,
                currency: String::new(),
                prices_include_tax: true,
                calculates_tax: false,
                manages_stock: true,
                price_decimals: 2,
                time_zone: String::new(),
                order_statuses: Vec::new(),
                base_country: String::new(),
                tax_rates: Vec::new(),
            },
            at: self.now(),
        };
        found.version = match settings.api_version {
            ApiVersion::V2 => Version::V2,
            ApiVersion::V3 => Version::V3,
            ApiVersion::Auto => {
                woocommerce::choose_version(&parse_base(&found.base)?, &self.towards(Side::Shop)).await?
            }
        };
        found.auth = self.shop(department, &found)?.find_auth().await?;
        found.profile = self.shop(department, &found)?.profile().await?;
        Ok(found)
    }

    /// The shop's client, as it was found to be spoken to.
    pub(crate) fn shop(&self, department: &Department, found: &Found) -> Result<woocommerce::Client, Error> {
        let connection = Connection {
            base: parse_base(&found.base)?,
            version: found.version,
            auth: found.auth,
            consumer_key: department.consumer_key.expose().to_owned(),
            consumer_secret: department.consumer_secret.clone(),
        };
        let capabilities = woocommerce::Capabilities::of(found.profile.version.as_deref());
        let zone = woocommerce::time_zone(&found.profile.time_zone);
        Ok(woocommerce::Client::new(connection, self.towards(Side::Shop))
            .with_era(capabilities, zone)
            .with_order_statuses(found.profile.order_statuses.clone()))
    }

    /// The departments of a client whose records can be used.
    pub(crate) async fn departments_of(&self, client: &str) -> Result<Vec<Department>, Error> {
        let mut departments = Vec::new();
        for id in turns::members(self, client).await? {
            match self.department(&id).await {
                Ok(department) if department.settings.client_number == client => departments.push(department),
                // A broken record stops its own department, visibly, when its turn comes; and no other.
                Ok(_) | Err(Error::Broken { .. } | Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(departments)
    }

    /// Whether a department, or its client, is to be left alone now.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn paused(&self, department: &str) -> Result<Option<pause::Pause>, Error> {
        let own = pause::read(self, &pause::department(department)).await?;
        if let Some(pause) = own.filter(|pause| pause.holds(self.now())) {
            return Ok(Some(pause));
        }
        let Ok(settings) = self.department(department).await.map(|department| department.settings) else {
            return Ok(None);
        };
        let clients = pause::read(self, &pause::client(&settings.client_number)).await?;
        Ok(clients.filter(|pause| pause.holds(self.now())))
    }
}

fn parse_base(base: &str) -> Result<woocommerce::Base, Error> {
    let parsed = Address::parse(base).ok().and_then(|address| address.candidates().first().cloned());
    parsed.ok_or_else(|| Error::Broken {
        what: "connection profile".to_owned(),
        reason: format!("base {base}"),
    })
}
