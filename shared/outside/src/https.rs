//! HTTP and HTTPS by reqwest.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::dns::Resolve;
use world::{Method, Request, Response, Transport, TransportError};

use crate::{
    OutsideError,
    addresses::{Addresses, Forbidden, PublicOnly, System, literal_not_public},
};

/// HTTP and HTTPS by reqwest on rustls with the system's roots (`SSL_CERT_FILE` is honoured); no redirects, no cookies, and
/// no decompression: what is counted is what comes over the wire.
pub struct Https {
    client: reqwest::Client,
    addresses: Addresses,
    roots: Vec<reqwest::Certificate>,
    /// For the operator's own addresses, where the other one keeps to public ones; made when it is first needed.
    open: OnceLock<reqwest::Client>,
}

impl Https {
    /// A connection pool that speaks to these addresses only.
    ///
    /// # Errors
    /// [`OutsideError`] when the TLS roots can't be loaded.
    pub fn new(addresses: Addresses) -> Result<Https, OutsideError> {
        Https::with(addresses, Vec::new(), System)
    }

    /// A connection pool that trusts the certificates of this PEM bundle too.
    ///
    /// # Errors
    /// [`OutsideError`] when one can't be read, or the TLS roots can't be loaded.
    pub fn trusting(pem: &[u8], addresses: Addresses) -> Result<Https, OutsideError> {
        let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(OutsideError::Tls)?;
        Https::with(addresses, roots, System)
    }

    pub(crate) fn with(
        addresses: Addresses,
        roots: Vec<reqwest::Certificate>,
        names: impl Resolve + 'static,
    ) -> Result<Https, OutsideError> {
        // A second installation in one process answers Err and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = client(&roots).dns_resolver(match addresses {
            Addresses::Any => Arc::new(names) as Arc<dyn Resolve>,
            Addresses::Public => Arc::new(PublicOnly(names)),
        });
        let builder = match addresses {
            Addresses::Any => builder,
            // A proxy looks names up by itself, and connects to where it likes.
            Addresses::Public => builder.no_proxy(),
        };
        let client = builder.build().map_err(|error| OutsideError::Tls(error.without_url()))?;
        Ok(Https { client, addresses, roots, open: OnceLock::new() })
    }

    /// The connections that a request may go over.
    fn client_for(&self, request: &Request) -> Result<&reqwest::Client, TransportError> {
        if self.addresses == Addresses::Any {
            return Ok(&self.client);
        }
        if request.by_operator {
            if let Some(open) = self.open.get() {
                return Ok(open);
            }
            let made = client(&self.roots).build();
            let made = made.map_err(|error| TransportError::NotSent(error.without_url().to_string()))?;
            return Ok(self.open.get_or_init(|| made));
        }
        match literal_not_public(&request.url) {
            Some(what) => Err(TransportError::Forbidden(what)),
            None => Ok(&self.client),
        }
    }
}

fn client(roots: &[reqwest::Certificate]) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(20))
        .tls_certs_merge(roots.to_vec())
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
        let client = self.client_for(&request)?;
        // From here to the last byte of the answer, however slowly it drips.
        let mut outgoing = client.request(method, request.url).timeout(timeout);
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
        if let Some(Forbidden(what)) = inner.downcast_ref() {
            return TransportError::Forbidden(what);
        }
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

#[cfg(test)]
mod tests;
