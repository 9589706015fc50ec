//! The real world: HTTP by reqwest, the system's clock, the system's randomness.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use world::{Chance, Clock, Method, Request, Response, Transport, TransportError, World};

/// The real world: one connection pool, the system's clock, the system's randomness.
///
/// # Errors
/// [`OutsideError`] when the TLS roots can't be loaded.
pub fn world() -> Result<World, OutsideError> {
    Ok(World {
        transport: Arc::new(Https::new()?),
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
    })
}

/// The real world, in which the certificates of this PEM bundle are trusted too: a shop with an authority of its own.
///
/// # Errors
/// [`OutsideError`] when a certificate can't be read, or the system's roots can't be loaded.
pub fn world_trusting(pem: &[u8]) -> Result<World, OutsideError> {
    let transport = Arc::new(Https::trusting(pem)?);
    Ok(World { transport, clock: Arc::new(SystemClock), chance: Arc::new(SystemChance) })
}

/// The HTTP side could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("HTTPS can't be set up (are the system's certificates, or SSL_CERT_FILE, readable?)")]
pub struct OutsideError(#[source] reqwest::Error);

/// HTTP and HTTPS by reqwest on rustls with the system's roots (`SSL_CERT_FILE` is honoured); no redirects, no cookies.
pub struct Https(reqwest::Client);

impl Https {
    /// A connection pool.
    ///
    /// # Errors
    /// [`OutsideError`] when the TLS roots can't be loaded.
    pub fn new() -> Result<Https, OutsideError> {
        Https::with(Vec::new())
    }

    /// A connection pool that trusts the certificates of this PEM bundle too.
    ///
    /// # Errors
    /// [`OutsideError`] when one can't be read, or the TLS roots can't be loaded.
    pub fn trusting(pem: &[u8]) -> Result<Https, OutsideError> {
        Https::with(reqwest::Certificate::from_pem_bundle(pem).map_err(OutsideError)?)
    }

    fn with(roots: Vec<reqwest::Certificate>) -> Result<Https, OutsideError> {
        // A second installation in one process answers Err and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(20))
            .tls_certs_merge(roots)
            .build()
            .map(Https)
            .map_err(|error| OutsideError(error.without_url()))
    }
}

#[async_trait]
impl Transport for Https {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let timeout = request.timeout;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut outgoing = self.0.request(method, request.url).timeout(timeout);
        for (name, value) in request.headers {
            outgoing = outgoing.header(name, value);
        }
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let failed = |error: reqwest::Error| told(error, timeout);
        let mut incoming = outgoing.send().await.map_err(failed)?;
        let status = incoming.status().as_u16();
        let headers = incoming
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = incoming.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > request.max_body {
                return Err(TransportError::TooLarge(request.max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

/// reqwest's error in our words, with its causes and without its URL.
fn told(error: reqwest::Error, timeout: Duration) -> TransportError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        TransportError::NotSent(text)
    } else if error.is_timeout() {
        TransportError::TimedOut(timeout)
    } else {
        TransportError::Broken(text)
    }
}

/// The system's clock.
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The system's randomness.
pub struct SystemChance;

impl Chance for SystemChance {
    fn next(&self) -> u64 {
        getrandom::u64().expect("the system gives random numbers")
    }
}
