//! Speaks to one shop: builds, signs and sends a request, and judges whether an answer came.

mod batch;
mod categories;
mod changes;
mod check;
mod images;
mod list;
mod orders;
mod products;
mod profile;
mod variations;
mod webhooks;

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use world::{Method, Request, Response, Retry, TransportError, Wait, World};

pub use batch::MAX_BATCH;
pub use changes::{Cursor, Page};
pub use webhooks::{Topic, Webhook, WebhookChange, WebhookStatus};

use crate::{
    Auth, Capabilities, Connection, Error,
    error::{Answer, Kind},
    json, oauth,
};

/// Who we say we are: some hosts block a missing or odd name.
pub(crate) const USER_AGENT: &str = concat!("loomis-woo/", env!("CARGO_PKG_VERSION"));

/// The time that a read may take: 100 products take 0.3 s on the measured shop, and hosts differ by an order or two.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The time that a write may take: a batch of 100 takes 2 to 5 s on the measured shop; a shop fetches an image while it
/// answers, and gives up on that by itself after 10 to 60 s. Half of the 180 s that a lease lasts.
const WRITE_TIMEOUT: Duration = Duration::from_secs(90);

/// The client of one shop.
#[derive(Clone)]
pub struct Client {
    connection: Connection,
    world: World,
    retry: Retry,
    capabilities: Capabilities,
    zone: Option<TimeZone>,
    order_statuses: Vec<String>,
}

/// Query parameters, in order.
type Query<'a> = Vec<(&'a str, String)>;

impl Client {
    /// A client of a modern shop. Nothing is sent before the first call.
    pub fn new(connection: Connection, world: World) -> Client {
        let (retry, capabilities) = (Retry::default(), Capabilities::default());
        Client { connection, world, retry, capabilities, zone: None, order_statuses: Vec::new() }
    }

    /// The same client for a shop of some age, in its zone ([`crate::time_zone`]). It bears on
    /// what is found by its moments ([`Client::changed_products`], [`Client::changed_orders`], [`Client::orders_since`])
    /// and on [`Client::tells_own_images`]; the zone, where a shop knows no `dates_are_gmt`, and when its clocks go back.
    pub fn with_era(mut self, capabilities: Capabilities, zone: Option<TimeZone>) -> Client {
        self.capabilities = capabilities;
        self.zone = zone;
        self
    }

    /// The same client, which refuses to give an order a status that is not among these
    /// ([`retail::shop::ShopProfile::order_statuses`]); with none, nothing is known and the shop itself refuses.
    pub fn with_order_statuses(mut self, statuses: Vec<String>) -> Client {
        self.order_statuses = statuses;
        self
    }

    /// The same client with another way of repeating reads.
    pub fn with_retry(mut self, retry: Retry) -> Client {
        self.retry = retry;
        self
    }

    /// How the shop is spoken to.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A read, repeated a little where that may help.
    async fn read<T: DeserializeOwned>(&self, path: &str, query: &Query<'_>) -> Result<T, Error> {
        self.read_dated(path, query).await.map(|(value, _)| value)
    }

    /// A read, with the answer itself for its headers.
    async fn read_dated<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Result<(T, Response), Error> {
        let verdict = |error: &Error| wait(&error.kind);
        self.retry
            .run(&self.world, verdict, || async {
                let response = self.send(self.connection.auth, Method::Get, path, query, None, false).await?;
                let value = json::decode(&response.body)
                    .map_err(|misread| Error::new(Method::Get, path, false, misread.into()))?;
                Ok((value, response))
            })
            .await
    }

    /// A write, once.
    async fn write<T: DeserializeOwned>(&self, method: Method, path: &str, body: &Value) -> Result<T, Error> {
        let body = Some(body.to_string().into_bytes());
        let response = self.send(self.connection.auth, method, path, &Vec::new(), body, true).await?;
        json::decode(&response.body).map_err(|misread| Error::new(method, path, true, misread.into()))
    }

    /// One exchange, once. `write`: whether the shop may have done something when the answer is lost.
    async fn send(
        &self,
        auth: Auth,
        method: Method,
        path: &str,
        query: &Query<'_>,
        body: Option<Vec<u8>>,
        write: bool,
    ) -> Result<Response, Error> {
        let mut request = self.request(auth, method, path, query);
        if let Some(body) = body {
            request = request.body("application/json", body);
            request.timeout = WRITE_TIMEOUT;
        }
        self.exchange(request, path, write).await
    }

    async fn exchange(&self, request: Request, path: &str, write: bool) -> Result<Response, Error> {
        let method = request.method;
        let failed = |kind| Error::new(method, path, write, kind);
        let response = self.world.transport.send(request).await.map_err(|error| {
            // A transport's words are not ours: no address may come through them.
            failed(Kind::Transport(match error {
                TransportError::NotSent(text) => TransportError::NotSent(crate::error::clean(&text)),
                TransportError::Broken(text) => TransportError::Broken(crate::error::clean(&text)),
                other => other,
            }))
        })?;
        match response.status {
            200..=299 => Ok(response),
            // A redirect turns a POST into a GET with an apparent success; none is ever followed here.
            status @ 300..=399 => Err(failed(Kind::Moved { status })),
            _ => Err(failed(Kind::Answer(Answer::of(&response)))),
        }
    }

    /// A read of WordPress's own index, without credentials: outside of WooCommerce's paths a key is taken for the
    /// password of a user that doesn't exist.
    async fn read_index<T: DeserializeOwned>(&self, fields: &str) -> Result<T, Error> {
        let path = "wp-json";
        let verdict = |error: &Error| wait(&error.kind);
        self.retry
            .run(&self.world, verdict, || async {
                let base = self.connection.base.url();
                let mut url = base.clone();
                url.set_path(&format!("{}wp-json/", base.path()));
                url.set_query(Some(&oauth::query(&[("_fields".to_owned(), fields.to_owned())])));
                let response = self.exchange(plain(Method::Get, url), path, false).await?;
                json::decode(&response.body)
                    .map_err(|misread| Error::new(Method::Get, path, false, misread.into()))
            })
            .await
    }

    fn request(&self, auth: Auth, method: Method, path: &str, query: &Query<'_>) -> Request {
        let connection = &self.connection;
        let mut url = endpoint(connection.base.url(), connection.version.namespace(), path);
        let mut pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let (key, secret) = (connection.consumer_key.trim(), connection.consumer_secret.expose());
        let mut authorization = None;
        match auth {
            Auth::Basic => authorization = Some(basic(key, secret)),
            Auth::Query => {
                pairs.push(("consumer_key".to_owned(), key.to_owned()));
                pairs.push(("consumer_secret".to_owned(), secret.to_owned()));
            }
            Auth::OAuth1 | Auth::OAuth1AsHttp => {
                let nonce = self.world.identity();
                let timestamp = self.world.now().as_second();
                let signature = oauth::Signature { key, secret, timestamp, nonce: &nonce };
                let mut signed = url.clone();
                if auth == Auth::OAuth1AsHttp {
                    // From https to http is always allowed: both are special schemes.
                    let _ = signed.set_scheme("http");
                }
                pairs = oauth::sign(method, &signed, &pairs, signature);
            }
        }
        url.set_query((!pairs.is_empty()).then(|| oauth::query(&pairs)).as_deref());
        let request = plain(method, url);
        match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }
}

/// `{base}wp-json/{namespace}/{path}`
pub(crate) fn endpoint(base: &Url, namespace: &str, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}wp-json/{namespace}/{path}", base.path()));
    url
}

/// A request with all but the credentials.
fn plain(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url);
    request.timeout = READ_TIMEOUT;
    request.header("accept", "application/json").header("user-agent", USER_AGENT)
}

fn basic(key: &str, secret: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}

/// Whether a read that failed so is worth repeating at once.
pub(crate) fn wait(kind: &Kind) -> Wait {
    match kind {
        Kind::Transport(TransportError::TooLarge(_) | TransportError::Forbidden(_)) => Wait::Never,
        Kind::Transport(_) | Kind::NoJson { .. } => Wait::Usual,
        Kind::Answer(answer) => match (answer.status, answer.retry_after) {
            (408 | 425 | 429 | 500..=599, Some(asked)) => Wait::Asked(asked),
            (408 | 425 | 429 | 500..=599, None) => Wait::Usual,
            (401, _) if answer.message.contains("Invalid nonce") => Wait::Usual,
            _ => Wait::Never,
        },
        Kind::Shape(_) | Kind::Moved { .. } | Kind::TooMany(_) | Kind::Setup(_) => Wait::Never,
    }
}

#[cfg(test)]
pub(crate) mod tests;
