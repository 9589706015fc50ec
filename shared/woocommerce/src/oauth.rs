//! OAuth 1.0a, one-legged, HMAC-SHA256: how a shop on plain http is spoken to. RFC 5849 §3.4; WooCommerce wants the
//! parameters in the query, signs the query's own along, and leaves the body out.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use url::Url;
use world::Method;

/// What RFC 3986 leaves unencoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a request is signed with, besides itself.
#[derive(Clone, Copy)]
pub struct Signature<'a> {
    /// `oauth_consumer_key`.
    pub key: &'a str,
    /// The consumer secret.
    pub secret: &'a str,
    /// Seconds since 1970; the shop takes 15 minutes to either side.
    pub timestamp: i64,
    /// Used once within those 15 minutes.
    pub nonce: &'a str,
}

/// A text as RFC 3986 encodes it, which is also how every query is sent: signed and sent forms are the same.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Pairs as a query.
pub(crate) fn query(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        let and = if out.is_empty() { "" } else { "&" };
        // Writing to a String can't fail.
        let _ = write!(out, "{and}{}={}", encode(name), encode(value));
    }
    out
}

/// The query's pairs with the OAuth parameters and the signature behind them. `url` counts without its query.
pub fn sign(
    method: Method,
    url: &Url,
    pairs: &[(String, String)],
    with: Signature<'_>,
) -> Vec<(String, String)> {
    let mut all = pairs.to_vec();
    for (name, value) in [
        ("oauth_consumer_key", with.key),
        ("oauth_nonce", with.nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", &with.timestamp.to_string()),
    ] {
        all.push((name.to_owned(), value.to_owned()));
    }
    let base = base_string(method.as_str(), url, &all);
    // One-legged: the key has no token's secret behind its ampersand.
    let mut mac = Hmac::<Sha256>::new_from_slice(format!("{}&", encode(with.secret)).as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(base.as_bytes());
    all.push(("oauth_signature".to_owned(), STANDARD.encode(mac.finalize().into_bytes())));
    all
}

/// RFC 5849 §3.4.1: method, base URI and the sorted parameters, each encoded once more.
fn base_string(method: &str, url: &Url, pairs: &[(String, String)]) -> String {
    let mut encoded: Vec<_> = pairs.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort();
    let parameters =
        encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut uri = url.clone();
    uri.set_query(None);
    uri.set_fragment(None);
    format!("{method}&{}&{}", encode(uri.as_str()), encode(&parameters))
}

#[cfg(test)]
mod tests;
