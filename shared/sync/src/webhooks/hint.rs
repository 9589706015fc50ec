//! A hint that comes in: believed if it is signed, noted, and done with in milliseconds. Whoever looks after it looks at the
//! shop's record itself.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use retail::{order::OrderId, shop::ShopId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use woocommerce::Topic;

use super::{Row, open, read};
use crate::{
    Engine, Error, Wake, orders, pair,
    ports::{Condition, Item, Key, LedgerError, Write},
    rows::{
        due::{self, Extent, How},
        item,
        orders::Place,
        standing::Links,
    },
};

/// The longest body that is read, in bytes. An order of a thousand lines has less; a shop takes a refusal for a failure, and
/// seven of them switch its webhook off.
pub(super) const LONGEST: usize = 1 << 20;

/// How long a hint is remembered, so that it counts once. Deliveries come within a minute or so; a body that comes again
/// much later says nothing new either.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What came in, as it came: `POST …/hooks/<department>`.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The department in the path, decoded.
    pub department: &'a str,
    /// `X-WC-Webhook-Signature`: base64 of HMAC-SHA256 over the body.
    pub signature: Option<&'a str>,
    /// `X-WC-Webhook-Topic`.
    pub topic: Option<&'a str>,
    /// `X-WC-Webhook-ID`: the webhook's id.
    pub webhook: Option<&'a str>,
    /// The body's bytes.
    pub body: &'a [u8],
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Somebody was woken for it.
    Taken,
    /// It came before.
    Repeated,
    /// The ping of a webhook that was just made: unsigned, and about nothing.
    Ping,
    /// It is signed, and about nothing of ours.
    Idle,
    /// Not of a shop that we know, or not signed by it. Which, nobody is told.
    Unknown,
    /// Too long to be read.
    TooLong,
}

impl Hint {
    /// The HTTP status that answers it.
    pub fn status(self) -> u16 {
        match self {
            Hint::Taken | Hint::Repeated | Hint::Ping | Hint::Idle => 200,
            Hint::Unknown => 401,
            Hint::TooLong => 413,
        }
    }
}

/// All that is taken of a body.
#[derive(Deserialize)]
struct About {
    id: u64,
}

/// A hint that came before.
#[derive(Serialize)]
struct Seen {}

impl Engine {
    /// Takes a hint of a shop.
    ///
    /// # Errors
    /// When the ledger, the queue or the keys fail. Nothing is lost by that: the poll finds what it meant.
    pub async fn hint(&self, delivery: &Delivery<'_>) -> Result<Hint, Error> {
        if delivery.body.len() > LONGEST {
            return Ok(Hint::TooLong);
        }
        let Some(signature) = delivery.signature else {
            return Ok(if is_ping(delivery.body) { Hint::Ping } else { Hint::Unknown });
        };
        let Some(row) = self.signed(delivery, signature).await? else {
            return Ok(Hint::Unknown);
        };
        let topic =
            delivery.topic.and_then(Topic::parse).filter(|topic| row.hooks.contains_key(topic.as_str()));
        // What is signed and can't be read is a plugin's own body.
        let about = serde_json::from_slice::<About>(delivery.body).ok();
        let (Some(topic), Some(About { id })) = (topic, about) else { return Ok(Hint::Idle) };
        // A shop that the department had before may go on for a while.
        let present =
            pair::found(self, delivery.department).await?.is_some_and(|found| found.base == row.base);
        if !present {
            return Ok(Hint::Idle);
        }
        let seen = self.seen(delivery, topic, id)?;
        if self.ledger.get(&seen.key).await?.is_some() {
            return Ok(Hint::Repeated);
        }
        match topic {
            Topic::OrderCreated | Topic::OrderUpdated => {
                let place = Place::of(delivery.department, &row.base);
                self.hint_order(delivery.department, &place, OrderId(id), seen).await
            }
            Topic::ProductDeleted => {
                let links = Links::of(delivery.department, &row.base);
                self.hint_product(delivery.department, &links, ShopId(id), seen).await
            }
        }
    }

    /// What is known of the department's webhooks, if the delivery is signed with its secret.
    async fn signed(&self, delivery: &Delivery<'_>, signature: &str) -> Result<Option<Row>, Error> {
        let department = delivery.department;
        let possible = (1..=64).contains(&department.len()) && !department.contains(char::is_control);
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return Ok(None) };
        let Some((row, _)) = (if possible { read(self, department).await? } else { None }) else {
            return Ok(None);
        };
        let now = self.now();
        let old = row.old.as_ref().filter(|old| old.until.is_none_or(|until| now < until));
        for sealed in std::iter::once(&row.secret).chain(old.map(|old| &old.secret)) {
            let secret = open(self, department, sealed).await?;
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { continue };
            mac.update(delivery.body);
            // In a time that doesn't tell how much of it is right.
            if mac.verify_slice(&signature).is_ok() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// What is left behind, so that the same hint counts once. The delivery's own id is not unique.
    fn seen(&self, delivery: &Delivery<'_>, topic: Topic, id: u64) -> Result<Item, Error> {
        let mut hash = Sha256::new();
        for part in [delivery.webhook.unwrap_or_default(), topic.as_str(), &id.to_string()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(delivery.body);
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut seen = item(Key::new(format!("W#{}", delivery.department), hash), &Seen {})?;
        seen.expires = Some(self.now() + REMEMBERED);
        Ok(seen)
    }

    async fn hint_order(
        &self,
        department: &str,
        place: &Place,
        order: OrderId,
        seen: Item,
    ) -> Result<Hint, Error> {
        let identity = format!("hint-{}", seen.key.sort);
        let department = department.to_owned();
        let wake = loop {
            let mut writes = vec![Write::Put { item: seen.clone(), condition: Condition::Absent }];
            // One that isn't known yet is found by the poll. Only that: an order that is none of ours is forgotten as soon as it is
            // looked at, and whoever was woken for it finds nothing.
            let known = orders::hinted(self, place, order).await?;
            let wake = match known.is_empty() {
                true => Wake::Orders { department: department.clone(), all: false },
                false => Wake::Order { department: department.clone(), order: order.0 },
            };
            writes.extend(known);
            match self.ledger.write(writes).await {
                // Either it came twice at once, or somebody is at the order.
                Err(LedgerError::Conflict) if self.ledger.get(&seen.key).await?.is_some() => {
                    return Ok(Hint::Repeated);
                }
                Err(LedgerError::Conflict) => {}
                other => {
                    other?;
                    break wake;
                }
            }
        };
        self.wake_as(wake, identity).await?;
        Ok(Hint::Taken)
    }

    /// A product that is linked with one of ours is looked at again; of any other there is nothing to be done.
    async fn hint_product(
        &self,
        department: &str,
        links: &Links,
        product: ShopId,
        seen: Item,
    ) -> Result<Hint, Error> {
        let linked = links.by_shop(self, [product]).await?;
        let Some(product) = linked.get(&product).copied() else { return Ok(Hint::Idle) };
        due::mark(self, department, &[product], How::changed(Extent::Whole)).await?;
        let identity = format!("hint-{}", seen.key.sort);
        match self.ledger.write(vec![Write::Put { item: seen, condition: Condition::Absent }]).await {
            Err(LedgerError::Conflict) => return Ok(Hint::Repeated),
            other => other?,
        }
        self.wake_as(Wake::Due { department: department.to_owned() }, identity).await?;
        Ok(Hint::Taken)
    }
}

/// `webhook_id=7`, form-encoded.
fn is_ping(body: &[u8]) -> bool {
    let id = body.strip_prefix(b"webhook_id=");
    id.is_some_and(|id| (1..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}
