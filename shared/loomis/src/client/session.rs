//! The login, and the way of one request: gate, transport, envelope. `API.md` §1, §2.

use std::sync::Arc;

use futures_util::lock::Mutex;
use jiff::Timestamp;
use serde_json::json;
use url::Url;
use world::{Request, Response, Retry, World};

use super::{Query, page};
use crate::{
    Account, Gate, Priority, Secret,
    assumptions::{MAX_ANSWER, MAX_PAGES, REFUSED_FOR, TIMEOUT},
    envelope::{self, Envelope, No, retry_after, rows, unreadable},
    error::{Call, Error, Kind},
    hidden::{Hidden, without_addresses},
    loose::{self, Field},
    token::Token,
};

/// One client number's way to the server.
pub(super) struct Session {
    pub(super) account: Account,
    world: World,
    gate: Arc<dyn Gate>,
    /// Held while logging in, so that many callers at once log in once.
    login: Mutex<Login>,
}

/// What became of the latest login.
enum Login {
    None,
    Done(Token),
    Refused { at: Timestamp, status: u16, code: Option<i64>, message: String },
}

/// What is asked. No error, log line or trace shows the query or the body.
pub(super) struct Ask<'a> {
    pub(super) call: Call,
    pub(super) priority: Priority,
    /// What stands below the call's path.
    pub(super) below: Option<u64>,
    pub(super) query: Query<'a>,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    /// What is in it that no error may show.
    pub(super) hidden: Hidden,
    /// It is not sent later than this.
    pub(super) latest: Option<Timestamp>,
}

/// A list in an answer.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) name: &'static str,
    pub(super) field: for<'e> fn(&Envelope<'e>) -> Field<'e>,
}

impl Ask<'_> {
    /// A call of that priority, with nothing in it.
    pub(super) fn new<'a>(call: Call, priority: Priority) -> Ask<'a> {
        let (query, hidden) = (Vec::new(), Hidden::nothing());
        Ask { call, priority, below: None, query, body: None, hidden, latest: None }
    }
}

/// 401 or 403: the token may be at fault.
struct Denied {
    code: i64,
    message: String,
}

impl Session {
    pub(super) fn new(account: Account, world: World, gate: Arc<dyn Gate>) -> Session {
        Session { account, world, gate, login: Mutex::new(Login::None) }
    }

    /// The present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Logs in, whatever is at hand.
    pub(super) async fn log_in(&self) -> Result<(), Error> {
        let mut login = self.login.lock().await;
        self.fresh(&mut login, Priority::Orders).await.map(drop).map_err(Error::cut)
    }

    /// A call that changes nothing, repeated a little where that may help. `parse` takes what it wants from the answer.
    pub(super) async fn read<T>(
        &self,
        ask: &Ask<'_>,
        parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>,
    ) -> Result<T, Error> {
        let once = || self.logged_in(ask, &parse);
        let read = Retry::default().run(&self.world, Error::wait, once).await;
        read.map_err(|error| error.without(&ask.hidden).cut())
    }

    /// All rows of a list, page by page, each made of a row by `read`, and what `first` took from the first answer.
    /// Fewer rows than were promised are an error: whoever looks something up must not take half for all.
    pub(super) async fn all<T, F>(
        &self,
        mut ask: Ask<'_>,
        list: List,
        read: impl Fn(Field<'_>) -> Result<T, String>,
        first: impl Fn(&Envelope<'_>, u16) -> Result<F, Kind>,
    ) -> Result<(Vec<T>, F), Error> {
        let asked = std::mem::take(&mut ask.query);
        let mut found: Vec<T> = Vec::new();
        let mut begun = None;
        for _ in 0..MAX_PAGES {
            let start = found.len() as u64;
            ask.query = page(start).into_iter().chain(asked.iter().cloned()).collect();
            let page = self.read(&ask, |envelope, status| {
                let rows = rows((list.field)(envelope), list.name, status)?;
                let total = envelope.total(status)?;
                if rows.is_empty() && start < total {
                    let reason = format!("{start} rows of {total}, and no more");
                    return Err(unreadable(status, list.name, reason));
                }
                let path = |at: usize| format!("{}[{at}]", list.name);
                let each = rows.iter().enumerate();
                let rows = each.map(|(at, row)| read(*row).map_err(|why| unreadable(status, &path(at), why)));
                Ok((rows.collect::<Result<Vec<T>, Kind>>()?, total, first(envelope, status)?))
            });
            let (rows, total, beginning) = page.await?;
            found.extend(rows);
            let beginning = begun.take().unwrap_or(beginning);
            if found.len() as u64 >= total {
                return Ok((found, beginning));
            }
            begun = Some(beginning);
        }
        let reason = format!("more than {MAX_PAGES} pages: does it know the filter?");
        Err(self.error(ask.call, unreadable(200, list.name, reason), None))
    }

    /// A call that changes something, which is not ours to repeat: only where the token was denied, and so nothing
    /// happened, it is made once more with a fresh one. `API.md` §6.
    pub(super) async fn save<T>(
        &self,
        ask: &Ask<'_>,
        parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>,
    ) -> Result<T, Error> {
        self.logged_in(ask, parse).await.map_err(|error| error.without(&ask.hidden).cut())
    }

    /// The call with a token; where that is denied, once more with another one.
    async fn logged_in<T>(
        &self,
        ask: &Ask<'_>,
        parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>,
    ) -> Result<T, Error> {
        let (token, fresh) = self.token(None, ask.priority).await?;
        let denied = match self.once(ask, &token, &parse).await? {
            Ok(parsed) => return Ok(parsed),
            Err(denied) if fresh => denied,
            Err(_) => {
                let (token, _) = self.token(Some(&token), ask.priority).await?;
                match self.once(ask, &token, &parse).await? {
                    Ok(parsed) => return Ok(parsed),
                    Err(denied) => denied,
                }
            }
        };
        Err(self.error(ask.call, Kind::Forbidden { code: denied.code, message: denied.message }, None))
    }

    async fn once<T>(
        &self,
        ask: &Ask<'_>,
        token: &Secret,
        parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>,
    ) -> Result<Result<T, Denied>, Error> {
        let mut url = self.url(ask.call, ask.below)?;
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let mut request = Request::new(ask.call.method(), url)
            .header("authorization", format!("Bearer {}", token.expose()));
        if let Some(body) = &ask.body {
            request = request.body("application/json", body.clone());
        }
        let answer = self.exchange(ask.call, ask.priority, ask.latest, request, parse).await;
        answer.map_err(|error| error.without(&Hidden::nothing().secret(token)))
    }

    /// A token that is good, other than `denied`, and whether it was asked for just now.
    async fn token(&self, denied: Option<&Secret>, priority: Priority) -> Result<(Secret, bool), Error> {
        let mut login = self.login.lock().await;
        let now = self.world.now();
        match &*login {
            Login::Done(token) if token.is_good(now) && denied != Some(&token.secret) => {
                Ok((token.secret.clone(), false))
            }
            Login::Refused { at, status, code, message } if now.duration_since(*at) < REFUSED_FOR => {
                let kind = Kind::Refused { status: *status, code: *code, message: message.clone() };
                Err(self.error(Call::LogIn, kind, None))
            }
            _ => Ok((self.fresh(&mut login, priority).await?, true)),
        }
    }

    /// Logs in. Whatever was at hand is forgotten first: a login that fails must not leave a token that was denied.
    async fn fresh(&self, login: &mut Login, priority: Priority) -> Result<Secret, Error> {
        *login = Login::None;
        let call = Call::LogIn;
        let body = json!({
            "client_number": self.account.client_number,
            "client_token": self.account.client_token.expose(),
        });
        let request = Request::new(call.method(), self.url(call, None)?)
            .body("application/json", body.to_string().into_bytes());
        let parse = |envelope: &Envelope<'_>, status| match loose::text(envelope.token) {
            Ok(token) if !token.trim().is_empty() => Ok(token.trim().to_owned()),
            _ => Err(unreadable(status, "token", "missing".to_owned())),
        };
        let error = match self.exchange(call, priority, None, request, parse).await {
            Ok(Ok(text)) => {
                let token = Token::received(text, self.world.now());
                let secret = token.secret.clone();
                *login = Login::Done(token);
                return Ok(secret);
            }
            Ok(Err(Denied { code, message })) => {
                let kind = Kind::Refused { status: 200, code: Some(code), message };
                self.error(call, kind, None)
            }
            Err(error) => error,
        };
        if let Kind::Refused { status, code, message } = &error.kind
            && !error.heals()
        {
            *login = Login::Refused {
                at: self.world.now(),
                status: *status,
                code: *code,
                message: message.clone(),
            };
        }
        Err(error)
    }

    /// One request and its answer, through the gate.
    async fn exchange<T>(
        &self,
        call: Call,
        priority: Priority,
        latest: Option<Timestamp>,
        request: Request,
        parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>,
    ) -> Result<Result<T, Denied>, Error> {
        let request = Request { timeout: TIMEOUT, max_body: MAX_ANSWER, ..request };
        let request = request.header("accept", "application/json");
        self.gate.enter(priority).await.map_err(|error| self.error(call, Kind::Gate(error), None))?;
        if latest.is_some_and(|latest| self.world.now() > latest) {
            self.gate.leave(None).await.map_err(|error| self.error(call, Kind::Gate(error), None))?;
            return Err(self.error(call, Kind::TooLate, None));
        }
        let answer = self.world.transport.send(request).await;
        let asked = answer.as_ref().ok().and_then(|response| retry_after(response, self.world.now()));
        if let Err(error) = self.gate.leave(asked).await {
            // The answer counts all the same, above all a save's; the gate lets go by itself in the end.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                call = call.path(),
                "left without the gate knowing"
            );
        }
        let response =
            answer.map_err(|error| self.error(call, Kind::Transport(error), None).told(without_addresses))?;
        let read = open(&response, parse);
        match read {
            Ok(parsed) => Ok(Ok(parsed)),
            Err(No::Denied { code, message }) => Ok(Err(Denied { code, message })),
            Err(No::Other(kind)) => Err(self.error(call, kind, asked)),
        }
    }

    fn url(&self, call: Call, below: Option<u64>) -> Result<Url, Error> {
        let mut base = self.account.api_url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        base.set_query(None);
        let path = match below {
            Some(id) => format!("{}/{id}", call.path()),
            None => call.path().to_owned(),
        };
        base.join(&path).map_err(|_| self.error(call, Kind::Address, None))
    }

    fn error(&self, call: Call, kind: Kind, retry_after: Option<std::time::Duration>) -> Error {
        Error { call, kind, retry_after }.without(&Hidden::nothing().secret(&self.account.client_token))
    }
}

fn open<T>(response: &Response, parse: impl Fn(&Envelope<'_>, u16) -> Result<T, Kind>) -> Result<T, No> {
    let text = envelope::text(response);
    let envelope = Envelope::open(response.status, &text)?;
    Ok(parse(&envelope, response.status)?)
}
