//! The token of a login and how long it works. `API.md` §1.

#[cfg(test)]
mod tests;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Secret,
    assumptions::{TOKEN_LIFETIME, TOKEN_MARGIN},
    loose,
};

/// What a login gave.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    /// From when on a new login is due.
    stale: Timestamp,
}

impl Token {
    /// A token received at `now`.
    pub(crate) fn received(text: String, now: Timestamp) -> Token {
        let lifetime = lifetime(&text, now).unwrap_or(TOKEN_LIFETIME);
        // One that ends at once would make every call log in first: the half of it is used.
        let usable = (lifetime - TOKEN_MARGIN).max(lifetime / 2);
        let stale = now.checked_add(usable).unwrap_or(now);
        Token { secret: Secret::new(text), stale }
    }

    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now < self.stale
    }
}

#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    iat: Option<&'a RawValue>,
}

/// The lifetime by the claims: from issue to end, so that their clock and ours need not agree; else from now on.
fn lifetime(token: &str, now: Timestamp) -> Option<SignedDuration> {
    let claims = token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Claims<'_> = serde_json::from_slice(&claims).ok()?;
    let ends = loose::code(claims.exp)?;
    let issued = loose::code(claims.iat).unwrap_or(now.as_second());
    // Nothing longer than what is known to hold.
    let seconds = ends.checked_sub(issued)?.min(TOKEN_LIFETIME.as_secs());
    (seconds > 0).then(|| SignedDuration::from_secs(seconds))
}
