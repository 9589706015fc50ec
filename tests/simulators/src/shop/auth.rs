//! Who is asking: Basic and query credentials over https, OAuth 1.0a over either, as WooCommerce checks them.

use std::collections::{BTreeMap, HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use world::{Method, Request};

use super::{Setup, Shop, answer::Refused};

/// A REST key of the shop.
#[derive(Clone)]
pub struct Key {
    /// `ck_…`
    pub key: String,
    /// `cs_…`
    pub secret: String,
    /// What it may do.
    pub permissions: Permissions,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permissions {
    /// Read/Write.
    ReadWrite,
    /// Read.
    Read,
    /// Write.
    Write,
}

pub(super) fn add(shop: &Shop, value: Value, _now: Timestamp) -> Result<Value, String> {
    let text = |name: &str| value[name].as_str().ok_or_else(|| format!("a {name} is needed"));
    let permissions = match &value["permissions"] {
        Value::Null => Permissions::ReadWrite,
        named => serde_json::from_value(named.clone()).map_err(|error| error.to_string())?,
    };
    shop.add_key(text("key")?, text("secret")?, permissions);
    Ok(json!({}))
}

/// Numbers used once, with the second of their use.
#[derive(Default)]
pub(super) struct Nonces(BTreeMap<i64, HashSet<(String, String)>>);

/// How far a timestamp may be off, and how long a nonce is remembered, in seconds.
const WINDOW: i64 = 15 * 60;

impl Nonces {
    /// Remembers a nonce; `false` if it was used before.
    fn take(&mut self, key: &str, nonce: &str, now: i64) -> bool {
        // A timestamp may lie a window ahead, and so be good for two.
        self.0 = self.0.split_off(&(now - 2 * WINDOW));
        let used = (key.to_owned(), nonce.to_owned());
        if self.0.values().any(|nonces| nonces.contains(&used)) {
            return false;
        }
        self.0.entry(now).or_default().insert(used)
    }
}

/// Whether WordPress believes that it is spoken to over TLS.
pub(super) fn is_ssl(setup: &Setup, request: &Request) -> bool {
    let told =
        request.header_value("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    !setup.behind_proxy && (setup.counts_as_https || told || request.url.scheme() == "https")
}

/// Who is asking: `None` for a stranger.
pub(super) fn authenticate(
    setup: &Setup,
    keys: &[Key],
    nonces: &mut Nonces,
    request: &Request,
    now: Timestamp,
) -> Result<Option<Permissions>, Refused> {
    let pairs: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let ssl = is_ssl(setup, request);
    let given = if ssl { credentials(setup, request, &pairs) } else { None };
    let found = match given {
        // An unknown key is nobody; a known one with another secret is an error.
        Some((key, secret)) => match keys.iter().find(|known| known.key == key) {
            Some(known) if known.secret == secret => Some(known),
            Some(_) => return Err(failed("Consumer secret is invalid.")),
            None => None,
        },
        None => None,
    };
    let found = match found {
        Some(found) => Some(found),
        None => oauth(keys, nonces, request, &pairs, ssl, now)?,
    };
    let Some(found) = found else { return Ok(None) };
    match (request.method, found.permissions) {
        (Method::Get, Permissions::Write) => {
            Err(failed("The API key provided does not have read permissions."))
        }
        (Method::Post | Method::Put | Method::Delete, Permissions::Read) => {
            Err(failed("The API key provided does not have write permissions."))
        }
        (_, permissions) => Ok(Some(permissions)),
    }
}

fn failed(message: &str) -> Refused {
    Refused::new(401, "woocommerce_rest_authentication_error", message)
}

fn credentials(
    setup: &Setup,
    request: &Request,
    pairs: &BTreeMap<String, String>,
) -> Option<(String, String)> {
    let query = |name: &str| pairs.get(name).filter(|value| !value.is_empty()).cloned();
    if let (Some(key), Some(secret)) = (query("consumer_key"), query("consumer_secret")) {
        return Some((key, secret));
    }
    let header = request.header_value("authorization").filter(|_| !setup.strip_authorization)?;
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (key, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

const PARAMETERS: [&str; 5] =
    ["oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"];

fn oauth<'a>(
    keys: &'a [Key],
    nonces: &mut Nonces,
    request: &Request,
    pairs: &BTreeMap<String, String>,
    ssl: bool,
    now: Timestamp,
) -> Result<Option<&'a Key>, Refused> {
    let missing = PARAMETERS.into_iter().filter(|name| !pairs.contains_key(*name)).collect::<Vec<_>>();
    if missing.len() == PARAMETERS.len() {
        return Ok(None);
    }
    if !missing.is_empty() {
        return Err(failed(&format!("Missing OAuth parameter {}", missing.join(", "))));
    }
    let Some(key) = keys.iter().find(|known| known.key == pairs["oauth_consumer_key"]) else {
        return Err(failed("Consumer key is invalid."));
    };
    if pairs["oauth_signature_method"] != "HMAC-SHA256" {
        return Err(failed("Invalid signature - signature method is invalid."));
    }
    if signature(request, pairs, ssl, &key.secret) != pairs["oauth_signature"] {
        return Err(failed("Invalid signature - provided signature does not match."));
    }
    let second = now.as_second();
    match pairs["oauth_timestamp"].parse::<i64>() {
        Ok(timestamp) if timestamp.abs_diff(second) <= WINDOW.unsigned_abs() => {}
        _ => return Err(failed("Invalid timestamp.")),
    }
    if !nonces.take(&key.key, &pairs["oauth_nonce"], second) {
        return Err(failed("Invalid nonce - nonce has already been used."));
    }
    Ok(Some(key))
}

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The signature as the shop works it out: for the scheme that it believes in.
fn signature(request: &Request, pairs: &BTreeMap<String, String>, ssl: bool, secret: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut signed: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| *name != "oauth_signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    signed.sort();
    let query = signed.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let url = &request.url;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = if ssl { "https" } else { "http" };
    let uri = format!("{scheme}://{}{port}{}", url.host_str().unwrap_or_default(), url.path());
    let text = format!("{}&{}&{}", request.method, encode(&uri), encode(&query));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(format!("{secret}&").as_bytes()).expect("any key length will do");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
