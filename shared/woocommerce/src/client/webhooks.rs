//! The shop's webhooks: which there are, making them, changing them. `BEHAVIOUR.md`, *Webhooks*. They are alike in v2 and v3.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use world::{Method, Secret};

use super::Client;
use crate::{
    Error,
    error::Kind,
    wire::{WEBHOOK_FIELDS, WebhookRow},
};

/// What happened in the shop, as a webhook tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An order was placed.
    OrderCreated,
    /// An order was changed, by whomever.
    OrderUpdated,
    /// A product was deleted, or moved to the trash.
    ProductDeleted,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 3] = [Topic::OrderCreated, Topic::OrderUpdated, Topic::ProductDeleted];

    /// The topic as the shop spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::OrderCreated => "order.created",
            Topic::OrderUpdated => "order.updated",
            Topic::ProductDeleted => "product.deleted",
        }
    }

    /// The topic that the shop spells so, if it is one of these.
    pub fn parse(text: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.as_str() == text)
    }
}

/// Whether a webhook is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// A person switched it off.
    Paused,
    /// The shop switched it off, after seven failures in a row; it never switches it on again.
    Disabled,
}

/// A webhook of the shop. The shop never tells its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// What people see in its list.
    pub name: String,
    /// Whether it is delivered; one of an unknown status counts as paused.
    pub status: WebhookStatus,
    /// The topic as the shop spells it; there are more than [`Topic`] knows.
    pub topic: String,
    /// Where it is delivered to.
    pub delivery_url: String,
    /// When it was last changed: of a disabled one, when the shop switched it off.
    pub modified: Option<Timestamp>,
}

/// What is to be changed of a webhook. `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Another status.
    pub status: Option<WebhookStatus>,
    /// Another address.
    pub delivery_url: Option<Url>,
    /// Another secret.
    pub secret: Option<Secret>,
}

impl WebhookChange {
    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        *self == WebhookChange::default()
    }
}

impl WebhookStatus {
    fn as_str(self) -> &'static str {
        match self {
            WebhookStatus::Active => "active",
            WebhookStatus::Paused => "paused",
            WebhookStatus::Disabled => "disabled",
        }
    }
}

impl Client {
    /// All webhooks, by id, whosever they are.
    ///
    /// # Errors
    /// Trouble with the shop; the key's user may not see them.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let rows = self.list("webhooks", Vec::new(), WEBHOOK_FIELDS, WebhookRow::id).await?;
        Ok(rows.into_iter().map(WebhookRow::into_webhook).collect())
    }

    /// Makes a webhook. The shop pings its address, unsigned, before it answers, and makes it whatever comes of that. Not
    /// repeated by itself: one more would be made.
    ///
    /// # Errors
    /// Trouble with the shop; the key's user may not make one.
    pub async fn create_webhook(
        &self,
        name: &str,
        topic: Topic,
        delivery_url: &Url,
        secret: &Secret,
    ) -> Result<u64, Error> {
        let mut body = Map::new();
        body.insert("name".to_owned(), name.into());
        body.insert("topic".to_owned(), topic.as_str().into());
        body.insert("delivery_url".to_owned(), delivery_url.as_str().into());
        body.insert("secret".to_owned(), secret.expose().into());
        body.insert("status".to_owned(), WebhookStatus::Active.as_str().into());
        self.write_webhook(Method::Post, "webhooks", body).await
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// Trouble with the shop; the key's user may not change it.
    pub async fn change_webhook(&self, id: u64, change: &WebhookChange) -> Result<(), Error> {
        let mut body = Map::new();
        if let Some(status) = change.status {
            body.insert("status".to_owned(), status.as_str().into());
        }
        if let Some(url) = &change.delivery_url {
            body.insert("delivery_url".to_owned(), url.as_str().into());
        }
        if let Some(secret) = &change.secret {
            body.insert("secret".to_owned(), secret.expose().into());
        }
        self.write_webhook(Method::Put, &format!("webhooks/{id}"), body).await.map(|_| ())
    }

    async fn write_webhook(
        &self,
        method: Method,
        path: &str,
        body: Map<String, Value>,
    ) -> Result<u64, Error> {
        match self.write::<Made>(method, path, &Value::Object(body)).await?.id {
            0 => Err(Error::new(method, path, true, Kind::Shape("a webhook without an id".to_owned()))),
            id => Ok(id),
        }
    }
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[cfg(test)]
mod tests;
