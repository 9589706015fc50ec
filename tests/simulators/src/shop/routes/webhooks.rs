//! `webhooks`, alike in v2 and v3.

use serde_json::Value;
use url::Url;
use world::Method::{Delete, Get, Post, Put};

use super::{Call, Fields, id};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    webhooks::{Webhook, shown},
    write::text,
};

const STATUSES: [&str; 3] = ["active", "paused", "disabled"];

impl Call<'_> {
    /// Answers what comes after `webhooks`.
    pub(super) fn webhooks(&self, state: &mut State, rest: &[&str]) -> Result<Reply, Refused> {
        match (self.request.method, rest) {
            (Get, []) => {
                self.can_list()?;
                Ok(super::paged(self.listed(state), self.query))
            }
            (Post, []) => {
                self.can_create()?;
                let id = state.add_webhook(self.new_webhook()?, &self.home);
                Ok(Reply { status: 201, ..Reply::ok(self.webhook(state, id)) })
            }
            (Get, [text]) => {
                let id = id(text)?;
                self.can_view()?;
                state.webhooks.all.get(&id).ok_or_else(|| invalid("invalid_id", "ID is invalid.", 404))?;
                Ok(Reply::ok(self.webhook(state, id)))
            }
            (Post | Put, [text]) => {
                let id = id(text)?;
                self.can_edit()?;
                let fields = self.fields()?;
                // What happened until now was to be told as the webhook was.
                state.notice();
                let hook = state.webhooks.all.get_mut(&id);
                let hook = hook.ok_or_else(|| invalid("invalid_id", "ID is invalid.", 400))?;
                *hook = changed(hook.clone(), &fields)?;
                hook.modified = self.now;
                Ok(Reply::ok(self.webhook(state, id)))
            }
            (Delete, [text]) => {
                let id = id(text)?;
                self.can_delete()?;
                if !self.forces() {
                    let words = "Webhooks do not support trashing.";
                    return Err(Refused::new(501, "woocommerce_rest_trash_not_supported", words));
                }
                let before = self.webhook(state, id);
                let gone = state.webhooks.all.remove(&id);
                gone.ok_or_else(|| invalid("invalid_id", "Invalid ID.", 404)).map(|_| Reply::ok(before))
            }
            _ => Err(Refused::no_route()),
        }
    }

    /// The latest first, unless it is asked otherwise.
    fn listed(&self, state: &State) -> Vec<Value> {
        let asked = self.query.get("status").map_or("all", String::as_str);
        let all = state.webhooks.all.values().filter(|hook| asked == "all" || hook.status == asked);
        let mut rows: Vec<Value> = all.map(|hook| shown(&self.show(state), hook)).collect();
        if self.query.get("order").map(String::as_str) != Some("asc") {
            rows.reverse();
        }
        rows
    }

    fn webhook(&self, state: &State, id: u64) -> Value {
        state.webhooks.all.get(&id).map_or(Value::Null, |hook| shown(&self.show(state), hook))
    }

    fn new_webhook(&self) -> Result<Webhook, Refused> {
        let fields = self.fields()?;
        let hook = Webhook {
            id: 0,
            name: "Webhook created".to_owned(),
            status: "active".to_owned(),
            topic: String::new(),
            delivery_url: String::new(),
            secret: "a password that the shop makes up".to_owned(),
            created: self.now,
            modified: self.now,
            failures: 0,
        };
        // Both are needed.
        check_topic(&fields.get("topic").map(text).unwrap_or_default())?;
        check_url(&fields.get("delivery_url").map(text).unwrap_or_default())?;
        let hook = changed(hook, &fields)?;
        // It is made active, whatever is asked for.
        Ok(Webhook { status: "active".to_owned(), ..hook })
    }
}

fn changed(mut hook: Webhook, fields: &Fields) -> Result<Webhook, Refused> {
    let field = |name: &str| fields.get(name).map(text).filter(|value| !value.is_empty());
    if let Some(topic) = field("topic") {
        check_topic(&topic)?;
        hook.topic = topic;
    }
    if let Some(url) = field("delivery_url") {
        check_url(&url)?;
        hook.delivery_url = url;
    }
    if let Some(status) = field("status") {
        if !STATUSES.contains(&status.as_str()) {
            let words = format!("status is not one of {}.", STATUSES.join(", "));
            return Err(Refused::params(&[("status".to_owned(), "rest_not_in_enum", words)]));
        }
        hook.status = status;
    }
    hook.secret = field("secret").unwrap_or(hook.secret);
    hook.name = field("name").unwrap_or(hook.name);
    Ok(hook)
}

fn check_topic(topic: &str) -> Result<(), Refused> {
    let known = topic.split_once('.').is_some_and(|(resource, event)| {
        (["order", "product", "customer", "coupon"].contains(&resource)
            && ["created", "updated", "deleted", "restored"].contains(&event))
            || resource == "action"
    });
    let words = "Webhook topic is required and must be valid.";
    if known { Ok(()) } else { Err(invalid("invalid_topic", words, 400)) }
}

fn check_url(url: &str) -> Result<(), Refused> {
    let known = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let words = "Webhook delivery URL must be a valid URL starting with http:// or https://.";
    if known { Ok(()) } else { Err(invalid("invalid_delivery_url", words, 400)) }
}

fn invalid(what: &str, words: &str, status: u16) -> Refused {
    let code = match what {
        "invalid_topic" => "woocommerce_rest_shop_webhook_invalid_topic",
        "invalid_delivery_url" => "woocommerce_rest_shop_webhook_invalid_delivery_url",
        _ => "woocommerce_rest_shop_webhook_invalid_id",
    };
    Refused::new(status, code, words)
}
