//! Keeping the webhooks: made where they are missing, switched on again where the shop switched them off, their secret
//! changed from time to time. What isn't ours is left alone, and what is, is not deleted either.
//!
//! None of it stops a department: without hints its orders come with the poll.

use std::time::Duration;

use jiff::Timestamp;
use retail::fate::Fate;
use url::Url;
use woocommerce::{Topic, Webhook, WebhookChange, WebhookStatus};
use world::Secret;

use super::{Hook, OVERLAP, Old, Row, delivery_url, open, place, put, read};
use crate::{
    Engine, Error,
    orders::installation,
    pair::{Knowledge, Pair},
    ports::{Condition, LedgerError},
    rows::{
        log,
        orders::{self, Place},
        records::Department,
    },
};

/// How long a secret is used.
const ROTATED: Duration = Duration::from_secs(90 * 24 * 3600);

/// What the department has to be told of.
fn topics(department: &Department) -> Vec<Topic> {
    let settings = &department.settings;
    let mut topics = Vec::new();
    if settings.enabled && settings.orders.is_some() {
        topics.extend([Topic::OrderCreated, Topic::OrderUpdated]);
    }
    if settings.enabled && settings.products.automatic_transfer {
        topics.push(Topic::ProductDeleted);
    }
    topics
}

/// What ours are called in the shop, less the topic: another installation's on the same shop are not ours.
async fn name(engine: &Engine, department: &str) -> Result<String, Error> {
    Ok(format!("loomis-woo {} {department}", installation(engine).await?))
}

/// Ours among the webhooks of a topic: delivered to us, or called so; the one that is kept first.
fn ours<'a>(listed: &'a [Webhook], topic: Topic, name: &str, url: &Url) -> Vec<&'a Webhook> {
    let mine = |one: &&Webhook| {
        one.topic == topic.as_str()
            && (one.delivery_url == url.as_str() || one.name == format!("{name} {}", topic.as_str()))
    };
    let mut found: Vec<_> = listed.iter().filter(mine).collect();
    found.sort_by_key(|one| {
        let rank = match one.status {
            WebhookStatus::Active => 0,
            WebhookStatus::Disabled => 1,
            WebhookStatus::Paused => 2,
        };
        (rank, one.id)
    });
    found
}

/// Has the shop deliver what the department has to be told of. Tells whether the shop was spoken to.
pub(crate) async fn keep(engine: &Engine, department: &str) -> Result<bool, Error> {
    let Some(public) = &engine.webhooks else { return Ok(false) };
    if topics(&engine.department(department).await?).is_empty() {
        return Ok(false);
    }
    let pair = engine.pair(department, Knowledge::Recent).await?;
    let Some((mut row, version)) = prepared(engine, department, &pair.base).await? else {
        // Somebody else is at it.
        return Ok(false);
    };
    let shop = Keeper {
        engine,
        pair: &pair,
        name: name(engine, department).await?,
        url: delivery_url(public, department),
        secret: open(engine, department, &row.secret).await?,
    };
    let kept = shop.keep(&mut row).await;
    let now = engine.now();
    let (gap, fault) = match kept {
        Ok(gap) => (gap, None),
        Err(Error::Trouble(trouble)) => (None, Some(trouble)),
        Err(error) => return Err(error),
    };
    let heals = fault.as_ref().is_some_and(|trouble| matches!(trouble.fate, Fate::Retry | Fate::Ambiguous));
    let said = fault.filter(|_| !heals).map(|trouble| trouble.reason);
    let news = said.clone().filter(|_| said != row.fault);
    if !heals {
        row.fault = said;
    }
    if !heals && row.fault.is_none() {
        row.seen = Some(now);
        // From here on the shop signs with the present secret alone.
        if let Some(old) = row.old.as_mut().filter(|old| old.until.is_none()) {
            old.until = Some(now + OVERLAP);
        }
    }
    match engine.ledger.write(vec![put(department, &row, Condition::Version(version))?]).await {
        // Whoever was at it at the same time found the same.
        Err(LedgerError::Conflict) => return Ok(true),
        other => other?,
    }
    if let Some(reason) = news {
        let text = format!("webhooks can't be set up, so orders come with the poll: {reason}");
        log::say(engine, department, None, text).await?;
    }
    if let Some(since) = gap {
        let found = orders::seen_since(engine, &Place::of(department, &pair.base), since).await?;
        let text = format!("webhooks were off since {since:.0}; the poll found {found} orders meanwhile");
        tracing::warn!(department, %since, found, "webhooks were off");
        log::say(engine, department, None, text).await?;
    }
    Ok(true)
}

/// The row as it stands before the shop is asked for anything, with a secret that is not too old. The secret is kept before
/// the shop hears of it: a delivery signed with it is never a stranger's.
async fn prepared(engine: &Engine, department: &str, base: &str) -> Result<Option<(Row, u64)>, Error> {
    let now = engine.now();
    let found = read(engine, department).await?;
    let (row, condition) = match found {
        Some((row, version)) if row.base == base => (row, Condition::Version(version)),
        // Another shop: nothing of what is known of the old one's is of use.
        Some((_, version)) => (fresh(engine, department, base, now).await?, Condition::Version(version)),
        None => (fresh(engine, department, base, now).await?, Condition::Absent),
    };
    let row = renewed(engine, department, row, now).await?;
    match engine.ledger.write(vec![put(department, &row, condition)?]).await {
        Err(LedgerError::Conflict) => return Ok(None),
        other => other?,
    }
    read(engine, department).await
}

async fn fresh(engine: &Engine, department: &str, base: &str, now: Timestamp) -> Result<Row, Error> {
    Ok(Row {
        base: base.to_owned(),
        secret: engine.seal(&place(department), &secret(engine)).await?,
        since: now,
        old: None,
        hooks: Default::default(),
        seen: None,
        fault: None,
    })
}

/// 256 bits, as text.
fn secret(engine: &Engine) -> Secret {
    Secret::new(format!("{}{}", engine.world.identity(), engine.world.identity()))
}

/// The row with what has run out replaced: an old secret forgotten, the present one changed, or sealed with the present key.
async fn renewed(engine: &Engine, department: &str, mut row: Row, now: Timestamp) -> Result<Row, Error> {
    row.old = row.old.filter(|old| old.until.is_none_or(|until| now < until));
    if !engine.keys.is_current(&row.secret) {
        let present = open(engine, department, &row.secret).await?;
        row.secret = engine.seal(&place(department), &present).await?;
    }
    // While the shop still signs with the one before, a third would make the first a stranger's.
    if row.old.is_none() && now >= row.since + ROTATED {
        let next = engine.seal(&place(department), &secret(engine)).await?;
        row.old = Some(Old { secret: std::mem::replace(&mut row.secret, next), until: None });
        row.since = now;
        row.hooks.values_mut().for_each(|hook| hook.told = false);
    }
    Ok(row)
}

struct Keeper<'a> {
    engine: &'a Engine,
    pair: &'a Pair,
    name: String,
    url: Url,
    secret: Secret,
}

impl Keeper<'_> {
    /// Brings the shop's webhooks to what they should be, and notes in the row how far that came. Tells since when some were
    /// off.
    async fn keep(&self, row: &mut Row) -> Result<Option<Timestamp>, Error> {
        let listed = self.pair.shop.webhooks().await?;
        let wanted = topics(&self.pair.department);
        let mut gap: Option<Timestamp> = None;
        for topic in &wanted {
            self.engine.go_on()?;
            let since = self.keep_one(row, *topic, &listed).await?;
            gap = gap.into_iter().chain(since).min();
        }
        row.hooks.retain(|topic, _| wanted.iter().any(|one| one.as_str() == topic));
        Ok(gap)
    }

    /// One topic's. Tells since when it was off, if it was.
    async fn keep_one(
        &self,
        row: &mut Row,
        topic: Topic,
        listed: &[Webhook],
    ) -> Result<Option<Timestamp>, Error> {
        let found = ours(listed, topic, &self.name, &self.url);
        let known = row.hooks.get(topic.as_str()).cloned();
        let Some((kept, twins)) = found.split_first() else {
            let name = format!("{} {}", self.name, topic.as_str());
            let id = self.pair.shop.create_webhook(&name, topic, &self.url, &self.secret).await?;
            row.hooks.insert(topic.as_str().to_owned(), Hook { id, told: true });
            // One that was there and is gone: since when, nobody knows better.
            return Ok(known.and(row.seen));
        };
        let told = known.is_some_and(|known| known.id == kept.id && known.told);
        let off = kept.status == WebhookStatus::Disabled;
        let change = WebhookChange {
            // One that a person paused stays so.
            status: off.then_some(WebhookStatus::Active),
            delivery_url: (kept.delivery_url != self.url.as_str()).then(|| self.url.clone()),
            // Why the shop switched it off may be that somebody changed its secret.
            secret: (!told || off).then(|| self.secret.clone()),
        };
        row.hooks.insert(topic.as_str().to_owned(), Hook { id: kept.id, told });
        if !change.is_empty() {
            self.pair.shop.change_webhook(kept.id, &change).await?;
            row.hooks.insert(topic.as_str().to_owned(), Hook { id: kept.id, told: true });
        }
        // Made twice, because an answer was lost.
        let pause = WebhookChange { status: Some(WebhookStatus::Paused), ..WebhookChange::default() };
        for twin in twins.iter().filter(|twin| twin.status == WebhookStatus::Active) {
            self.pair.shop.change_webhook(twin.id, &pause).await?;
        }
        Ok(kept.modified.or(row.seen).filter(|_| off))
    }
}

/// How the webhooks of a department stand, for a person; nothing where there are to be none. Changes nothing.
pub(crate) async fn look(
    engine: &Engine,
    department: &Department,
    shop: &woocommerce::Client,
) -> Result<Option<String>, Error> {
    let topics = topics(department);
    let Some(public) = engine.webhooks.as_ref().filter(|_| !topics.is_empty()) else { return Ok(None) };
    let id = &department.settings.id;
    let (name, url) = (name(engine, id).await?, delivery_url(public, id));
    let listed = match shop.webhooks().await {
        Ok(listed) => listed,
        Err(error) => {
            let reason = error.trouble().reason;
            return Ok(Some(format!("can't be seen, so orders come with the poll: {reason}")));
        }
    };
    let stand = |topic: &Topic| {
        let how = match ours(&listed, *topic, &name, &url).first().map(|one| (one.status, one.modified)) {
            Some((WebhookStatus::Active, _)) => "active".to_owned(),
            Some((WebhookStatus::Paused, _)) => "paused by a person".to_owned(),
            Some((WebhookStatus::Disabled, since)) => {
                let since = since.map(|since| format!(" since {since:.0}")).unwrap_or_default();
                format!("switched off by the shop{since}; the next sweep switches it on again")
            }
            None => "not there; the next sweep makes it".to_owned(),
        };
        format!("{} {how}", topic.as_str())
    };
    Ok(Some(topics.iter().map(stand).collect::<Vec<_>>().join(", ")))
}
