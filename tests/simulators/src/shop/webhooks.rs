//! The webhooks: what the shop hints to others. `BEHAVIOUR.md`, *Webhooks*; what it doesn't say is read in WooCommerce's source
//! (`class-wc-webhook.php`).
//!
//! A shop has no way out in here: a test fetches what is due ([`Shop::deliveries`]), hands it over, and says how it was
//! answered ([`Shop::delivered`]).

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;
use world::{Method, Request};

use super::{Shop, State, list::Query, show::Show};

/// Seconds between what happened and its delivery, by WP-cron: from here …
const SOONEST: i64 = 30;
/// … to here.
const LATEST: i64 = 55;
/// The failure in a row that switches a webhook off.
const LAST_FAILURE: u32 = 7;

/// A webhook, as the shop keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// What people see.
    pub name: String,
    /// `active`, `paused` or `disabled`.
    pub status: String,
    /// `order.created` and so on.
    pub topic: String,
    /// Where it is delivered.
    pub delivery_url: String,
    /// What deliveries are signed with.
    pub secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed, by a person, the interface, or the shop itself.
    pub modified: Timestamp,
    /// Failures in a row. Switching it on again doesn't set them back; a success does.
    pub failures: u32,
}

/// A delivery that is due.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The webhook.
    pub webhook: u64,
    /// What is sent.
    pub request: Request,
    ping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Ping,
    Resource(u64),
}

/// The webhooks, and what was last seen of all that they tell of.
#[derive(Default)]
pub(super) struct Webhooks {
    pub(super) all: BTreeMap<u64, Webhook>,
    last: u64,
    /// What is to be delivered, and when: one for each webhook and resource, however much happens to it until then.
    pending: BTreeMap<(u64, What), Timestamp>,
    /// The orders, each with its date.
    orders: BTreeMap<u64, Timestamp>,
    /// The products that are not in the trash.
    products: BTreeSet<u64>,
    /// The address that the shop was spoken to at when a webhook was made.
    home: String,
}

impl State {
    /// Makes a webhook, and pings it.
    pub(super) fn add_webhook(&mut self, mut webhook: Webhook, home: &str) -> u64 {
        self.notice();
        let hooks = &mut self.webhooks;
        hooks.last += 1;
        webhook.id = hooks.last;
        home.clone_into(&mut hooks.home);
        hooks.pending.insert((webhook.id, What::Ping), webhook.created);
        hooks.all.insert(webhook.id, webhook);
        hooks.last
    }

    /// Sees what happened since the last time, and puts it down for those that are on.
    pub(super) fn notice(&mut self) {
        let State { webhooks, orders, catalogue, .. } = self;
        let mut happened = Vec::new();
        for (id, order) in &orders.all {
            match webhooks.orders.insert(*id, order.modified) {
                None => happened.push(("order.created", *id, order.modified)),
                Some(before) if before != order.modified => {
                    happened.push(("order.updated", *id, order.modified))
                }
                Some(_) => {}
            }
        }
        let all = catalogue.iter().filter(|product| !product.is_variation());
        let there = all.filter(|product| product.status != "trash").map(|product| product.id).collect();
        let gone = std::mem::replace(&mut webhooks.products, there);
        for id in gone.difference(&webhooks.products) {
            let when = catalogue.get(*id).and_then(|product| product.modified);
            happened.push(("product.deleted", *id, when.unwrap_or(Timestamp::UNIX_EPOCH)));
        }
        for (topic, id, when) in happened {
            for hook in webhooks.all.values().filter(|hook| hook.status == "active" && hook.topic == topic) {
                let late = SOONEST + (id as i64 * 7 + hook.id as i64) % (LATEST - SOONEST + 1);
                let due = when.max(hook.created) + jiff::SignedDuration::from_secs(late);
                webhooks.pending.entry((hook.id, What::Resource(id))).or_insert(due);
            }
        }
    }

    fn deliver(&mut self, webhook: u64, what: What, now: Timestamp) -> Option<Delivery> {
        let hook = self.webhooks.all.get(&webhook)?;
        let url = Url::parse(&hook.delivery_url).ok()?;
        let request = Request::new(Method::Post, url);
        let What::Resource(id) = what else {
            // Unsigned, and no JSON.
            let body = format!("webhook_id={webhook}").into_bytes();
            let request = request.body("application/x-www-form-urlencoded", body);
            return Some(Delivery { webhook, request, ping: true });
        };
        if hook.status != "active" {
            return None;
        }
        // As it is now, not as it was when something happened to it.
        let value = match hook.topic.as_str() {
            "product.deleted" => json!({ "id": id }),
            _ => {
                let State { setup, catalogue, orders, webhooks, .. } = &*self;
                let zone = setup.zone();
                let show = Show { setup, zone, v2: false, edit: false, home: &webhooks.home, now, catalogue };
                show.order(orders.get(id)?, &Query::new())
            }
        };
        let body = value.to_string().into_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes()).expect("any key length will do");
        mac.update(&body);
        let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
        let request = request
            .header("X-WC-Webhook-Source", self.webhooks.home.clone())
            .header("X-WC-Webhook-Topic", hook.topic.clone())
            .header("X-WC-Webhook-Resource", resource)
            .header("X-WC-Webhook-Event", event)
            .header("X-WC-Webhook-Signature", STANDARD.encode(mac.finalize().into_bytes()))
            .header("X-WC-Webhook-ID", webhook.to_string())
            // Not unique: all of one run have the same.
            .header("X-WC-Webhook-Delivery-ID", format!("{:032x}", now.as_second()))
            .body("application/json", body);
        Some(Delivery { webhook, request, ping: false })
    }
}

impl Shop {
    /// The webhooks, by id.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.lock().webhooks.all.values().cloned().collect()
    }

    /// A person changes a webhook in wp-admin, or deletes it by saying `false`.
    pub fn edit_webhook(&self, id: u64, now: Timestamp, change: impl FnOnce(&mut Webhook) -> bool) {
        let mut state = self.lock();
        state.notice();
        let Some(mut webhook) = state.webhooks.all.remove(&id) else { return };
        if change(&mut webhook) {
            webhook.modified = now;
            state.webhooks.all.insert(id, webhook);
        }
    }

    /// WP-cron runs: what is due, in the order it became due. Nothing of it comes again, whatever becomes of it.
    pub fn deliveries(&self, now: Timestamp) -> Vec<Delivery> {
        let mut state = self.lock();
        state.notice();
        let due = state.webhooks.pending.iter().filter(|(_, due)| **due <= now);
        let mut due: Vec<_> = due.map(|((webhook, what), due)| (*due, *webhook, *what)).collect();
        due.sort_unstable();
        for (_, webhook, what) in &due {
            state.webhooks.pending.remove(&(*webhook, *what));
        }
        due.into_iter().filter_map(|(_, webhook, what)| state.deliver(webhook, what, now)).collect()
    }

    /// How a delivery was answered: with this status, or not at all.
    pub fn delivered(&self, delivery: &Delivery, status: Option<u16>, now: Timestamp) {
        let mut state = self.lock();
        let Some(hook) = state.webhooks.all.get_mut(&delivery.webhook).filter(|_| !delivery.ping) else {
            return;
        };
        // 301 and 302 count as success, and are not followed.
        if status.is_some_and(|status| (200..303).contains(&status)) {
            hook.failures = 0;
            return;
        }
        hook.failures = (hook.failures + 1).min(LAST_FAILURE);
        if hook.failures >= LAST_FAILURE && hook.status == "active" {
            "disabled".clone_into(&mut hook.status);
            hook.modified = now;
        }
    }
}

/// A webhook as the interface shows it: without its secret.
pub(super) fn shown(show: &Show<'_>, hook: &Webhook) -> Value {
    let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
    json!({
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "hooks": [],
        "delivery_url": hook.delivery_url,
        "date_created": super::show::local(Some(hook.created), &show.zone),
        "date_created_gmt": super::show::gmt(Some(hook.created)),
        "date_modified": super::show::local(Some(hook.modified), &show.zone),
        "date_modified_gmt": super::show::gmt(Some(hook.modified)),
    })
}
