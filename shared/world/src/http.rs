//! One HTTP exchange, without a connection, a redirect or a retry in it.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use url::Url;

/// The methods that the two sides are spoken to with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or carries a batch.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request, complete: whatever is not in it is not sent.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL, query included. May hold credentials: never print it.
    pub url: Url,
    /// Headers, in order; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
    /// How long the whole exchange may take.
    pub timeout: Duration,
    /// The largest body that is read; a longer one is [`TransportError::TooLarge`].
    pub max_body: usize,
    /// Whether the address comes from whoever runs the program, and not out of a merchant's record: it may be private even
    /// where theirs may not.
    pub by_operator: bool,
}

impl Request {
    /// A request without headers or body; 30 seconds, 32 MiB.
    pub fn new(method: Method, url: Url) -> Request {
        Request {
            method,
            url,
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(30),
            max_body: 32 << 20,
            by_operator: false,
        }
    }

    /// The same request with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with this body and its type.
    pub fn body(self, content_type: &str, body: Vec<u8>) -> Request {
        let mut request = self.header("content-type", content_type);
        request.body = Some(body);
        request
    }

    /// The first header of that name, in any case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// Shows method and path; the query and the headers may hold secrets and are left out.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.path())
    }
}

/// An answer, whatever its status; a redirect is an answer like any other.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, in order; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

/// Why there is no answer. The distinction that matters: could the request have been processed?
/// No message holds a URL.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TransportError {
    /// No connection came about, so nothing was processed: unknown host, refused, bad certificate.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The address is not one that may be spoken to, so nothing was sent; the text says what it is instead.
    #[error("it is, or resolves to, {0}")]
    Forbidden(&'static str),
    /// No whole answer in time; the request may have been processed.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The connection broke after the request began to be sent; it may have been processed.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is longer than the request allows; it was processed.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
}

impl TransportError {
    /// Whether the request may have been processed although no answer came.
    pub fn may_have_been_processed(&self) -> bool {
        !matches!(self, TransportError::NotSent(_) | TransportError::Forbidden(_))
    }
}

/// Carries one request and brings back one answer. Follows no redirect, repeats nothing, keeps no cookie.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request.
    ///
    /// # Errors
    /// [`TransportError`] when no whole answer came.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}
