//! Somebody hears of it: an order that is parked or waits for long is an event in the log, and a signed message to whoever
//! gave an address.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use retail::settings::Fault;
use serde_json::json;
use sha2::Sha256;
use url::Url;
use world::{Method, Request, Secret};

use crate::{
    Engine, Error,
    orders::{of_a_left_shop, places_of},
    ports::LedgerError,
    rows::orders::{self, Attention, Place},
};

/// After this long somebody is told.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Orders of a department that are told of at once; the rest are with the next tick. Whoever is told may take its time for each.
const AT_ONCE: usize = 20;
/// The time that the one who is told may take.
const TIMEOUT: Duration = Duration::from_secs(10);

const URL: &str = "LOOMIS_WOO_NOTIFY_URL";
const SECRET: &str = "LOOMIS_WOO_NOTIFY_SECRET";

/// Who is told of orders that wait.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Gets a JSON `POST`.
    pub url: Url,
    /// Signs it: `X-Loomis-Woo-Signature` is the base64 of HMAC-SHA256 over the body.
    pub secret: Secret,
}

impl Notify {
    /// From `LOOMIS_WOO_NOTIFY_URL` and `LOOMIS_WOO_NOTIFY_SECRET`, as `read` gives them; `None` without the first.
    ///
    /// # Errors
    /// Names the variable and the mend.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Option<Notify>, Fault> {
        let given =
            |name: &str| read(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let Some(url) = given(URL) else { return Ok(None) };
        let fault = |field: &str, reason: &str| Fault { field: field.to_owned(), reason: reason.to_owned() };
        let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| fault(URL, "is a web address: https://…"))?;
        let secret = given(SECRET)
            .ok_or_else(|| fault(SECRET, "is missing: whoever is told has to know that it is us"))?;
        Ok(Some(Notify { url, secret: Secret::new(secret) }))
    }
}

/// Whether an order has waited for so long that somebody is to be told, and nobody was.
pub(crate) async fn overdue(engine: &Engine, department: &str) -> Result<bool, Error> {
    Ok(!long_waiting(engine, department).await?.is_empty())
}

/// An order that has waited for long.
struct Long {
    attention: Attention,
    version: u64,
    place: Place,
    /// Its shop is one that the department left.
    left: bool,
}

async fn long_waiting(engine: &Engine, department: &str) -> Result<Vec<Long>, Error> {
    let now = engine.now();
    let mut long = Vec::new();
    for (nth, place) in places_of(engine, department).await?.into_iter().enumerate() {
        for (attention, version) in orders::attention(engine, &place).await? {
            if attention.alarmed.is_none() && now >= attention.since + PATIENCE {
                long.push(Long { attention, version, place: place.clone(), left: nth > 0 });
            }
        }
    }
    Ok(long)
}

/// Tells of the department's orders that have waited for long, each once a wait, those that have waited longest first. Orders of
/// shops that it left are among them.
pub(crate) async fn raise(engine: &Engine, department: &str) -> Result<(), Error> {
    let now = engine.now();
    let mut long = long_waiting(engine, department).await?;
    long.sort_by_key(|one| (one.attention.since, one.attention.id));
    let mut reached = true;
    for Long { mut attention, version, place, left } in long.into_iter().take(AT_ONCE) {
        let mut reason = reasons(&attention);
        if left {
            reason = of_a_left_shop(&place, &attention.number, &reason);
        }
        let order = attention.id.0;
        tracing::error!(department, order, reason, since = %attention.since, "an order waits for a person");
        if let Some(notify) = &engine.notify {
            // Whoever could not be told of one is not asked about the next: again with the next tick.
            if !reached {
                continue;
            }
            if let Err(error) = tell(engine, notify, department, &attention, &reason).await {
                tracing::warn!(department, order, error, "nobody could be told of it");
                reached = false;
                continue;
            }
        }
        attention.alarmed = Some(now);
        match engine.ledger.write(vec![orders::put_attention(&place, &attention, version)?]).await {
            // The order got on meanwhile.
            Err(LedgerError::Conflict) => {}
            other => other?,
        }
    }
    Ok(())
}

fn reasons(attention: &Attention) -> String {
    attention.waits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

async fn tell(
    engine: &Engine,
    notify: &Notify,
    department: &str,
    attention: &Attention,
    detail: &str,
) -> Result<(), String> {
    let body = json!({
        "event": "order_waits",
        "department_id": department,
        "order_number": attention.number,
        "order_id": attention.id.0,
        "reason": attention.waits.first().map(|one| one.reason.as_str()),
        "detail": detail,
        "since": attention.since,
    })
    .to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(notify.secret.expose().as_bytes())
        .map_err(|error| error.to_string())?;
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let mut request = Request::new(Method::Post, notify.url.clone())
        .header("x-loomis-woo-signature", &signature)
        .header("accept", "application/json")
        .body("application/json", body.into_bytes());
    request.timeout = TIMEOUT;
    // Whoever sets this address runs the program, and may well have it inside of their own network.
    request.by_operator = true;
    let response = engine.world.transport.send(request).await.map_err(|error| error.to_string())?;
    match response.status {
        200..=299 => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}
