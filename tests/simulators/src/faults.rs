//! Trouble on order, and a log of what came in: both stand between the network and a [`Server`].

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use world::{Request, Response};

use crate::Server;

/// The requests remembered by default; the oldest are forgotten first. The counters go on.
pub const LOG_LENGTH: usize = 10_000;

/// The different calls that are counted; further ones are counted together as `other`.
const COUNTERS: usize = 1_000;

/// Query parameters whose values are never logged.
const SECRET: [&str; 6] =
    ["client_token", "consumer_key", "consumer_secret", "department", "department_token", "oauth_signature"];

/// What a PHP server says before its JSON when warnings are switched on.
const PHP_WARNING: &str =
    "<br />\n<b>Warning</b>:  Undefined array key 3 in <b>/srv/app/list.php</b> on line <b>77</b><br />\n";

/// When something goes wrong, and how. As JSON:
/// `{"matches":"product/list","nth":2,"kind":"fail","status":500,"body":"oops"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Part of `METHOD path?query`, such as `POST /wp-json` or `product/list`; none for every request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Part of the request's body; none for every body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_holds: Option<String>,
    /// The first matching request from now that it strikes, from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// From there on every so-many-th matching request; none for one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// How often in all; none for once, with `every` without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: Kind,
}

fn one() -> u64 {
    1
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Not processed; this answer instead.
    Fail {
        /// The status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: String,
        /// The headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// Not processed, and never answered.
    Hang,
    /// Processed, and never answered.
    HangAfter,
    /// Not processed; the connection breaks.
    CutBefore,
    /// Processed; then the connection breaks.
    CutAfter,
    /// Not processed; an HTML page instead: a gateway's (5xx), a firewall's.
    Html {
        /// The status.
        status: u16,
    },
    /// Processed; something stands before the JSON.
    NoiseBefore {
        /// What; none for a warning as PHP prints it.
        #[serde(default)]
        noise: Option<String>,
    },
    /// Not processed: 429.
    TooManyRequests {
        /// `Retry-After`: seconds or an HTTP date; none for no such header.
        #[serde(default)]
        retry_after: Option<String>,
    },
}

impl Rule {
    /// Strikes the next request, once.
    pub fn next(kind: Kind) -> Rule {
        Rule { matches: None, body_holds: None, nth: 1, every: None, count: None, kind }
    }

    /// Strikes every request from now on.
    pub fn always(kind: Kind) -> Rule {
        Rule { every: Some(1), ..Rule::next(kind) }
    }

    /// The same rule for requests with this part in `METHOD path?query`.
    pub fn on(mut self, matches: impl Into<String>) -> Rule {
        self.matches = Some(matches.into());
        self
    }

    /// The same rule for requests with this part in their body.
    pub fn with_body(mut self, part: impl Into<String>) -> Rule {
        self.body_holds = Some(part.into());
        self
    }

    /// The same rule, beginning with the `nth` matching request (from 1).
    pub fn nth(mut self, nth: u64) -> Rule {
        self.nth = nth;
        self
    }

    /// The same rule, striking so often in all.
    pub fn times(mut self, count: u64) -> Rule {
        self.count = Some(count);
        self
    }

    fn concerns(&self, subject: &str, body: &[u8]) -> bool {
        let holds = |part: &str| part.is_empty() || body.windows(part.len()).any(|w| w == part.as_bytes());
        self.matches.as_deref().is_none_or(|part| subject.contains(part))
            && self.body_holds.as_deref().is_none_or(holds)
    }

    /// Whether the `seen`-th matching request (from 1) is struck.
    fn strikes(&self, seen: u64) -> bool {
        let (Some(since), step) = (seen.checked_sub(self.nth.max(1)), self.every.unwrap_or(1).max(1)) else {
            return false;
        };
        let times = self.count.or(if self.every.is_some() { None } else { Some(1) });
        since.is_multiple_of(step) && times.is_none_or(|times| since / step < times)
    }
}

/// A request that came in.
#[derive(Clone, Debug, Serialize)]
pub struct Logged {
    /// When.
    pub at: Timestamp,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, decoded, secrets as `…`.
    pub query: String,
    /// The body's length in bytes.
    pub body_size: usize,
    /// The answer's status; none where no answer went out.
    pub status: Option<u16>,
    /// The fault that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Kind>,
}

/// The log, to be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    /// Requests since the log was cleared, the forgotten ones included.
    pub total: u64,
    /// How often by `METHOD path`, numbers in the path as `*`.
    pub counts: BTreeMap<String, u64>,
    /// The latest requests, oldest first.
    pub requests: Vec<Logged>,
}

/// What becomes of an exchange.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// An answer.
    Answer(Response),
    /// None, ever.
    Hang,
    /// The connection breaks.
    Cut,
}

/// The rules that are set, and the log, of one [`Server`].
#[derive(Debug)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: Vec<(Rule, u64)>,
    total: u64,
    counts: BTreeMap<String, u64>,
    requests: VecDeque<Logged>,
    log_length: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Faults::new(LOG_LENGTH)
    }
}

impl Faults {
    /// No faults, and a log of at most so many requests.
    pub fn new(log_length: usize) -> Faults {
        Faults {
            inner: Mutex::new(Inner {
                rules: Vec::new(),
                total: 0,
                counts: BTreeMap::new(),
                requests: VecDeque::new(),
                log_length,
            }),
        }
    }

    /// Adds a rule; it counts matching requests from now. Where several strike, the one added first does.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push((rule, 0));
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The rules, used up or not.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().rules.iter().map(|(rule, _)| rule.clone()).collect()
    }

    /// The log.
    pub fn log(&self) -> Log {
        let inner = self.lock();
        Log {
            total: inner.total,
            counts: inner.counts.clone(),
            requests: inner.requests.iter().cloned().collect(),
        }
    }

    /// How many logged requests have this part in `METHOD path?query`.
    pub fn count(&self, part: &str) -> usize {
        let inner = self.lock();
        inner
            .requests
            .iter()
            .filter(|l| format!("{} {}?{}", l.method, l.path, l.query).contains(part))
            .count()
    }

    /// Forgets the log, counters included.
    pub fn clear_log(&self) {
        let mut inner = self.lock();
        inner.total = 0;
        inner.counts.clear();
        inner.requests.clear();
    }

    /// One exchange: the server's answer, or what a rule makes of it. Logs it.
    pub fn exchange(&self, server: &dyn Server, request: &Request, now: Timestamp) -> Outcome {
        let fault = self.struck(request);
        // The server may take long and locks for itself: ours is not held meanwhile.
        let outcome = outcome(fault.as_ref(), || server.handle(request, now));
        self.record(request, now, fault, &outcome);
        outcome
    }

    fn struck(&self, request: &Request) -> Option<Kind> {
        let query = request.url.query().map(|q| format!("?{q}")).unwrap_or_default();
        let subject = format!("{} {}{query}", request.method, request.url.path());
        let body = request.body.as_deref().unwrap_or_default();
        let mut struck = None;
        for (rule, seen) in &mut self.lock().rules {
            if rule.concerns(&subject, body) {
                *seen += 1;
                if struck.is_none() && rule.strikes(*seen) {
                    struck = Some(rule.kind.clone());
                }
            }
        }
        struck
    }

    fn record(&self, request: &Request, at: Timestamp, fault: Option<Kind>, outcome: &Outcome) {
        let path = request.url.path().to_owned();
        let status = match outcome {
            Outcome::Answer(response) => Some(response.status),
            Outcome::Hang | Outcome::Cut => None,
        };
        let mut inner = self.lock();
        inner.total += 1;
        let mut key = format!("{} {}", request.method, without_numbers(&path));
        if !inner.counts.contains_key(&key) && inner.counts.len() >= COUNTERS {
            key = "other".to_owned();
        }
        *inner.counts.entry(key).or_default() += 1;
        inner.requests.push_back(Logged {
            at,
            method: request.method.to_string(),
            path,
            query: without_secrets(request),
            body_size: request.body.as_ref().map_or(0, Vec::len),
            status,
            fault,
        });
        while inner.requests.len() > inner.log_length {
            inner.requests.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere in a test leaves nothing half written here.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(fault: Option<&Kind>, process: impl FnOnce() -> Response) -> Outcome {
    match fault {
        None => Outcome::Answer(process()),
        Some(Kind::Fail { status, body, headers }) => Outcome::Answer(Response {
            status: *status,
            headers: headers.clone(),
            body: body.clone().into_bytes(),
        }),
        Some(Kind::Hang) => Outcome::Hang,
        Some(Kind::HangAfter) => {
            process();
            Outcome::Hang
        }
        Some(Kind::CutBefore) => Outcome::Cut,
        Some(Kind::CutAfter) => {
            process();
            Outcome::Cut
        }
        Some(Kind::Html { status }) => Outcome::Answer(Response {
            status: *status,
            headers: vec![("content-type".to_owned(), "text/html; charset=UTF-8".to_owned())],
            body: b"<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body></body></html>\n"
                .to_vec(),
        }),
        Some(Kind::NoiseBefore { noise }) => {
            let mut response = process();
            response.body.splice(0..0, noise.as_deref().unwrap_or(PHP_WARNING).bytes());
            Outcome::Answer(response)
        }
        Some(Kind::TooManyRequests { retry_after }) => Outcome::Answer(Response {
            status: 429,
            headers: retry_after.iter().map(|after| ("retry-after".to_owned(), after.clone())).collect(),
            body: b"Too Many Requests".to_vec(),
        }),
    }
}

fn without_numbers(path: &str) -> String {
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    path.split('/').map(|s| if number(s) { "*" } else { s }).collect::<Vec<_>>().join("/")
}

fn without_secrets(request: &Request) -> String {
    let shown = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let value = if SECRET.contains(&name.as_ref()) { "…" } else { value.as_ref() };
        format!("{name}={value}")
    };
    request.url.query_pairs().map(shown).collect::<Vec<_>>().join("&")
}
