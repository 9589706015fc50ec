//! Finds the canonical base of a shop, once, when the connection is tested.
//!
//! A redirect on the way (`www`, `https`, a moved shop) would turn every later POST into a GET with an apparent success,
//! so the probe follows them by hand and keeps where it ended. It carries no credentials.

use url::Url;
use world::{Method, Request, Response, Retry, TransportError, Wait, World};

use crate::{
    Address, Base, Error, Version,
    address::base_of_redirect,
    client::{READ_TIMEOUT, USER_AGENT, endpoint, wait},
    error::{Answer, Kind, clean},
    json,
};

/// Redirects that are followed before we give up.
const REDIRECTS: usize = 5;

/// What is probed: its answer is small whether or not it is refused.
const PROBE: &str = "products";

/// Finds the canonical base that an address means.
///
/// # Errors
/// Why there is no shop: not reached, not a WordPress site, plain permalinks, no WooCommerce.
pub async fn resolve(address: &Address, world: &World) -> Result<Base, Error> {
    let candidates = address.candidates();
    let mut first = None;
    for base in candidates {
        // Where both schemes are open, a way from https back to http is no trap but the shop's own wish.
        match follow(base, candidates.len() > 1, world).await {
            Ok(base) => return Ok(base),
            Err(error) => {
                tracing::debug!(%error, https = base.is_https(), "no shop there");
                // The trouble with a host that answers tells more than that of one that doesn't.
                let telling = !is_transport(&error);
                if first.is_none() || (telling && first.as_ref().is_some_and(is_transport)) {
                    first = Some(error);
                }
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::setup("the address of the shop is empty")))
}

/// Whether there was no answer, and no reason of ours for it.
fn is_transport(error: &Error) -> bool {
    matches!(&error.kind, Kind::Transport(error) if !matches!(error, TransportError::Forbidden(_)))
}

/// The newest version of the interface that the shop at `base` speaks.
///
/// # Errors
/// The shop can't be reached, or speaks neither.
pub async fn choose_version(base: &Base, world: &World) -> Result<Version, Error> {
    for version in [Version::V3, Version::V2] {
        match look(base, version, world).await? {
            Seen::Shop => return Ok(version),
            Seen::WordPress => {}
            Seen::Elsewhere(_) => {
                return Err(Error::new(Method::Get, PROBE, false, Kind::Moved { status: 301 }));
            }
            Seen::Nothing => return Err(nothing_there(base, world).await),
        }
    }
    Err(no_woocommerce())
}

async fn follow(from: &Base, may_downgrade: bool, world: &World) -> Result<Base, Error> {
    let mut base = from.clone();
    for _ in 0..=REDIRECTS {
        let target = match look(&base, Version::V3, world).await? {
            Seen::Shop => return Ok(base),
            Seen::WordPress => {
                return match look(&base, Version::V2, world).await? {
                    Seen::Shop => Ok(base),
                    _ => Err(no_woocommerce()),
                };
            }
            Seen::Nothing => return Err(nothing_there(&base, world).await),
            Seen::Elsewhere(target) => target,
        };
        let Some(next) = base_of_redirect(&target) else {
            return Err(Error::setup("the shop's address redirects to something that is no web address"));
        };
        if base.is_https() && !next.is_https() {
            tracing::warn!("the shop sends visitors from https to http");
            if !may_downgrade {
                return Err(Error::setup(
                    "the shop sends https on to plain http: switch https on in the shop, or give its address with \
                     http://",
                ));
            }
        }
        base = next;
    }
    Err(Error::setup(format!(
        "the shop's address redirects more than {REDIRECTS} times: open it in a browser"
    )))
}

/// What a probe saw.
enum Seen {
    /// WooCommerce, of that version.
    Shop,
    /// A WordPress without it.
    WordPress,
    /// A redirect.
    Elsewhere(Url),
    /// No WordPress, or one with plain permalinks.
    Nothing,
}

async fn look(base: &Base, version: Version, world: &World) -> Result<Seen, Error> {
    let mut url = endpoint(base.url(), version.namespace(), PROBE);
    url.set_query(Some("per_page=1&_fields=id"));
    let response = probe(url.clone(), world).await?;
    if (300..400).contains(&response.status) {
        let location = response.header("location").and_then(|location| url.join(location).ok());
        return match location {
            Some(target) => Ok(Seen::Elsewhere(target)),
            None => Err(failed(Kind::Moved { status: response.status })),
        };
    }
    let answer = Answer::of(&response);
    match (response.status, answer.code.as_deref()) {
        // A shop that shows its products to everybody, or WooCommerce refusing a stranger.
        (200..=299, _) if json::find(&response.body).is_some_and(|text| text.starts_with(b"[")) => {
            Ok(Seen::Shop)
        }
        (_, Some(code)) if code.starts_with("woocommerce_") => Ok(Seen::Shop),
        (404, Some("rest_no_route")) => Ok(Seen::WordPress),
        (404 | 410, None) | (200..=299, _) => Ok(Seen::Nothing),
        // A plugin that hides the REST API from strangers: with the key it may well be there.
        (401 | 403, Some(_)) => Ok(Seen::Shop),
        _ => Err(failed(Kind::Answer(answer))),
    }
}

/// Tells plain permalinks from a site that is no WordPress.
async fn nothing_there(base: &Base, world: &World) -> Error {
    let mut url = base.url().clone();
    url.set_query(Some("rest_route=%2Fwc%2Fv3%2Fproducts&per_page=1&_fields=id"));
    match probe(url, world).await {
        Ok(response) if Answer::of(&response).code.is_some() => Error::setup(
            "the shop uses plain permalinks, with which WooCommerce takes no key: choose another structure in \
             WordPress (Settings, Permalinks), such as Post name",
        ),
        Ok(_) => Error::setup(
            "there is no WordPress at this address: write the address of the shop itself, with its folder if it has \
             one",
        ),
        Err(error) => error,
    }
}

fn no_woocommerce() -> Error {
    Error::setup(
        "there is a WordPress at this address, but no WooCommerce in it (or one older than 3.0): activate it",
    )
}

async fn probe(url: Url, world: &World) -> Result<Response, Error> {
    let verdict = |error: &Error| match &error.kind {
        // No such host, no certificate: the next candidate is the better try.
        Kind::Transport(TransportError::NotSent(_)) => Wait::Never,
        kind => wait(kind),
    };
    let retry = Retry { tries: 2, ..Retry::default() };
    retry
        .run(world, verdict, || async {
            let mut request = Request::new(Method::Get, url.clone())
                .header("accept", "application/json")
                .header("user-agent", USER_AGENT);
            request.timeout = READ_TIMEOUT;
            let response = world.transport.send(request).await.map_err(|error| {
                failed(Kind::Transport(match error {
                    TransportError::NotSent(text) => TransportError::NotSent(clean(&text)),
                    TransportError::Broken(text) => TransportError::Broken(clean(&text)),
                    other => other,
                }))
            })?;
            match response.status {
                408 | 425 | 429 | 500..=599 => Err(failed(Kind::Answer(Answer::of(&response)))),
                _ => Ok(response),
            }
        })
        .await
}

fn failed(kind: Kind) -> Error {
    Error::new(Method::Get, PROBE, false, kind)
}

#[cfg(test)]
mod tests;
