//! A simulator over real HTTP on this machine, with its control beside it.
//!
//! `GET /_sim/state` · `GET` and `DELETE /_sim/requests` (the log) · `GET`, `POST` and `DELETE /_sim/faults` (a
//! [`Rule`] or a list of them) · anything else under `/_sim/` is the server's own. Everything not under `/_sim/` is
//! the simulated host's.

#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request as HttpRequest, State, connect_info::Connected},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response as HttpResponse,
    serve::{IncomingStream, Listener},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;
use world::{Clock, Method, Request, Response};

use crate::{
    Server,
    faults::{Faults, Outcome, Rule},
};

/// The largest body that is read.
const MAX_BODY: usize = 64 << 20;

/// A simulator that is being served, until this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its faults and its log.
    pub faults: Arc<Faults>,
    stop: watch::Sender<bool>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Serves `server` at `address` (port 0 for any free one) in a task of its own; `clock` tells it the time.
///
/// # Errors
/// The address can't be listened on.
pub async fn serve(
    server: Arc<dyn Server>,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
) -> io::Result<Serving> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let faults = Arc::new(Faults::default());
    let (stop, stopped) = watch::channel(false);
    let site = Site { server, faults: faults.clone(), clock, stopped: stopped.clone() };
    let app = Router::new().fallback(answer).with_state(site);
    let service = app.into_make_service_with_connect_info::<Scissors>();
    let serving = axum::serve(Cuttable(listener), service).with_graceful_shutdown(until(stopped));
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the simulator stopped serving");
        }
    });
    Ok(Serving { address, faults, stop })
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[derive(Clone)]
struct Site {
    server: Arc<dyn Server>,
    faults: Arc<Faults>,
    clock: Arc<dyn Clock>,
    stopped: watch::Receiver<bool>,
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the other end is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn answer(
    State(site): State<Site>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: HttpRequest,
) -> HttpResponse {
    let request = match read(request).await {
        Ok(request) => request,
        Err((status, reason)) => return plain(status, reason),
    };
    let now = site.clock.now();
    if let Some(path) = request.url.path().strip_prefix("/_sim/") {
        return control(&site, &request, path.trim_matches('/'), now);
    }
    match site.faults.exchange(&*site.server, &request, now) {
        Outcome::Answer(response) => write(response),
        Outcome::Hang => {
            // The server notices when the peer goes away, and drops us.
            until(site.stopped).await;
            scissors.cut()
        }
        Outcome::Cut => scissors.cut(),
    }
}

fn control(site: &Site, request: &Request, path: &str, now: Timestamp) -> HttpResponse {
    let body = request.body.as_deref().unwrap_or_default();
    let result = match (request.method, path) {
        (Method::Get, "state") => Ok(site.server.state()),
        (Method::Get, "requests") => Ok(json!(site.faults.log())),
        (Method::Delete, "requests") => {
            site.faults.clear_log();
            Ok(json!({}))
        }
        (Method::Get, "faults") => Ok(json!(site.faults.rules())),
        (Method::Delete, "faults") => {
            site.faults.clear();
            Ok(json!({}))
        }
        (Method::Post, "faults") => rules(body).map(|rules| {
            let added = rules.len();
            rules.into_iter().for_each(|rule| site.faults.add(rule));
            json!({ "added": added })
        }),
        _ => match site.server.control(request.method, path, body, now) {
            Some(result) => result,
            None => return plain(StatusCode::NOT_FOUND, format!("no such control: {path}\n")),
        },
    };
    match result {
        Ok(value) => write(json_answer(200, &value)),
        Err(reason) => write(json_answer(400, &json!({ "error": reason }))),
    }
}

fn rules(body: &[u8]) -> Result<Vec<Rule>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let list = if value.is_array() { value } else { Value::Array(vec![value]) };
    serde_json::from_value(list).map_err(|e| e.to_string())
}

/// A JSON answer.
pub(crate) fn json_answer(status: u16, value: &Value) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: value.to_string().into_bytes(),
    }
}

async fn read(request: HttpRequest) -> Result<Request, (StatusCode, String)> {
    let (head, body) = request.into_parts();
    let method = match head.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        other => return Err((StatusCode::METHOD_NOT_ALLOWED, format!("{other} is not spoken here\n"))),
    };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let host = head.headers.get(header::HOST).map_or_else(|| "localhost".to_owned(), text);
    let target = head.uri.path_and_query().map_or("/", |p| p.as_str());
    let url = Url::parse(&format!("http://{host}{target}"))
        .map_err(|e| (StatusCode::BAD_REQUEST, format!("the request's target can't be read: {e}\n")))?;
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|e| (StatusCode::PAYLOAD_TOO_LARGE, format!("the body can't be read: {e}\n")))?;
    let mut read = Request::new(method, url);
    read.headers = head.headers.iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
    read.body = (!body.is_empty()).then(|| body.to_vec());
    Ok(read)
}

fn write(response: Response) -> HttpResponse {
    let mut written = HttpResponse::new(Body::from(response.body));
    *written.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        match (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str())) {
            (Ok(name), Ok(value)) => {
                written.headers_mut().append(name, value);
            }
            _ => tracing::warn!(header = name, "a simulated header can't be sent over HTTP"),
        }
    }
    written
}

fn plain(status: StatusCode, text: String) -> HttpResponse {
    let mut response = HttpResponse::new(Body::from(text));
    *response.status_mut() = status;
    response
}

/// A listener whose connections can be cut before a byte of the answer goes out; hyper alone always answers.
struct Cuttable(TcpListener);

impl Listener for Cuttable {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers would wait for the peer's acknowledgement otherwise.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        (Connection { stream, scissors: Scissors::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[derive(Clone, Debug, Default)]
struct Scissors(Arc<AtomicBool>);

impl Scissors {
    fn cut(&self) -> HttpResponse {
        self.0.store(true, Ordering::SeqCst);
        // It never arrives: writing it is what fails.
        plain(StatusCode::INTERNAL_SERVER_ERROR, String::new())
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        stream.io().scissors.clone()
    }
}

struct Connection {
    stream: TcpStream,
    scissors: Scissors,
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.scissors.check()?;
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.scissors.check()?;
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
