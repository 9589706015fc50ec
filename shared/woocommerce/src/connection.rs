//! How one shop is spoken to: where, in which version, and with which credentials.

use std::fmt;

use world::Secret;

use crate::Base;

/// The version of the shop's REST interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Version {
    /// `wc/v2`: WooCommerce 3.0 up to 3.5.
    V2,
    /// `wc/v3`: from WooCommerce 3.5.
    V3,
}

impl Version {
    /// The version as it stands in a path: `wc/v3`.
    pub fn namespace(self) -> &'static str {
        match self {
            Version::V2 => "wc/v2",
            Version::V3 => "wc/v3",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V2 => "v2",
            Version::V3 => "v3",
        })
    }
}

/// How the key and the secret travel. `BEHAVIOUR.md`, *Logging in*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Auth {
    /// `Authorization: Basic`; only over https.
    Basic,
    /// `consumer_key` and `consumer_secret` in the query; only over https. For hosts that strip `Authorization`.
    Query,
    /// OAuth 1.0a, one-legged; the secret never travels. The only way over plain http.
    OAuth1,
    /// OAuth 1.0a signed as if the request went over http although it goes over https: for a shop behind a proxy
    /// that ends TLS without telling WordPress, which then works out the signature for its http address.
    OAuth1AsHttp,
}

impl Auth {
    /// The name for settings and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Auth::Basic => "basic",
            Auth::Query => "query",
            Auth::OAuth1 => "oauth1",
            Auth::OAuth1AsHttp => "oauth1-as-http",
        }
    }
}

/// All that it takes to speak to one shop.
#[derive(Clone)]
pub struct Connection {
    /// The canonical base, as [`crate::resolve`] found it.
    pub base: Base,
    /// The version of the interface.
    pub version: Version,
    /// How to log in.
    pub auth: Auth,
    /// The consumer key (`ck_…`).
    pub consumer_key: String,
    /// The consumer secret (`cs_…`).
    pub consumer_secret: Secret,
}

impl Connection {
    /// How to log in where nothing else is known: Basic over https, OAuth 1.0a over http.
    pub fn choose_auth(base: &Base) -> Auth {
        if base.is_https() { Auth::Basic } else { Auth::OAuth1 }
    }
}

/// Shows the place, not the credentials.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({} {} {})", self.base, self.version, self.auth.as_str())
    }
}
