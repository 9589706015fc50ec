//! The twin of a webhook.

use serde::Deserialize;
use serde_json::Value;

use super::{decode_entities, gmt, text};
use crate::{Webhook, WebhookStatus};

/// The fields of a webhook that are of use.
pub(crate) const WEBHOOK_FIELDS: &str = "id,name,status,topic,delivery_url,date_modified_gmt";

#[derive(Debug, Deserialize)]
pub(crate) struct WebhookRow {
    id: u64,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    topic: Value,
    #[serde(default)]
    delivery_url: Value,
    #[serde(default)]
    date_modified_gmt: Value,
}

impl WebhookRow {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn into_webhook(self) -> Webhook {
        Webhook {
            id: self.id,
            name: decode_entities(&text(&self.name)),
            status: match text(&self.status).as_str() {
                "active" => WebhookStatus::Active,
                "disabled" => WebhookStatus::Disabled,
                _ => WebhookStatus::Paused,
            },
            topic: text(&self.topic),
            delivery_url: text(&self.delivery_url),
            modified: gmt(&self.date_modified_gmt),
        }
    }
}
