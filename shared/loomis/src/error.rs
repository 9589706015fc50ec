//! What goes wrong, and the one table that judges it.

#[cfg(test)]
mod tests;

use std::{error, fmt, time::Duration};

use retail::fate::{Fate, Scope, Trouble};
use world::{Method, TransportError, Wait};

use crate::{
    GateError,
    assumptions::{DEPARTMENT_CODES, DEPARTMENT_WORDS, MAX_MESSAGE, MAX_VALIDATION},
    hidden::Hidden,
};

/// The calls that are made. `API.md` §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `POST getaccesstokens`.
    LogIn,
    /// `GET department/list`.
    Departments,
    /// `GET product/list`.
    Products,
    /// `GET all/product/stock`.
    Stock,
    /// `POST product/save`.
    SaveProduct,
    /// `POST product/adjust-stock`.
    AdjustStock,
    /// `GET product/category/list/product`.
    Categories,
    /// `POST product/category/save`.
    SaveCategory,
    /// `GET customer/list`.
    Customers,
    /// `PUT customer`.
    SaveCustomer,
    /// `GET logistics/orders/list`, which is an assumption.
    Orders,
    /// `GET logistics/orders/view/{order_id}`.
    ViewOrder,
    /// `POST logistics/orders/save`.
    SaveCustomerOrder,
    /// `POST sale/orders/save`.
    SaveSale,
}

impl Call {
    /// The path below the API's address.
    pub fn path(self) -> &'static str {
        match self {
            Call::LogIn => "getaccesstokens",
            Call::Departments => "department/list",
            Call::Products => "product/list",
            Call::Stock => "all/product/stock",
            Call::SaveProduct => "product/save",
            Call::AdjustStock => "product/adjust-stock",
            Call::Categories => "product/category/list/product",
            Call::SaveCategory => "product/category/save",
            Call::Customers => "customer/list",
            Call::SaveCustomer => "customer",
            Call::Orders => "logistics/orders/list",
            Call::ViewOrder => "logistics/orders/view",
            Call::SaveCustomerOrder => "logistics/orders/save",
            Call::SaveSale => "sale/orders/save",
        }
    }

    /// The method.
    pub fn method(self) -> Method {
        match self {
            Call::SaveCustomer => Method::Put,
            Call::LogIn => Method::Post,
            call if call.is_save() => Method::Post,
            _ => Method::Get,
        }
    }

    /// Whether processing it twice, or not knowing whether it was processed, does harm. A second login only makes a
    /// second token.
    pub fn is_save(self) -> bool {
        match self {
            Call::LogIn
            | Call::Departments
            | Call::Products
            | Call::Stock
            | Call::Categories
            | Call::Customers
            | Call::Orders
            | Call::ViewOrder => false,
            Call::SaveProduct
            | Call::AdjustStock
            | Call::SaveCategory
            | Call::SaveCustomer
            | Call::SaveCustomerOrder
            | Call::SaveSale => true,
        }
    }

    /// Whether it carries a department token.
    fn names_department(self) -> bool {
        matches!(self, Call::Stock | Call::AdjustStock | Call::SaveCustomerOrder | Call::SaveSale)
    }

    /// Whether a refusal of it says something of one customer or order only.
    fn is_about_a_record(self) -> bool {
        self.is_save() || matches!(self, Call::Customers | Call::ViewOrder)
    }
}

/// A call that failed. Holds no URL and no token.
#[derive(Debug)]
pub struct Error {
    /// The call. For a login that another call needed: [`Call::LogIn`].
    pub call: Call,
    /// What happened.
    pub kind: Kind,
    /// How long the server asked us to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// What happened to a call.
#[derive(Debug)]
pub enum Kind {
    /// The gate did not let it through, or could not be left.
    Gate(GateError),
    /// The gate let it through too late: it was not sent. See [`Client::starting_by`](crate::Client::starting_by).
    TooLate,
    /// The account's address can't be one of an API.
    Address,
    /// No answer.
    Transport(TransportError),
    /// HTTP 429, or that code in the body: nothing was processed.
    TooMany,
    /// An HTML page where JSON belongs.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that is not what `API.md` says.
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// Where in the JSON.
        path: String,
        /// What is wrong there.
        reason: String,
    },
    /// The answer is no: `status` false in the body, or an HTTP status of refusal.
    Refused {
        /// The HTTP status.
        status: u16,
        /// `code` in the body.
        code: Option<i64>,
        /// `message` in the body, cut.
        message: String,
    },
    /// The same, with code or status 401 or 403, after a fresh login: the token is not to blame.
    Forbidden {
        /// 401 or 403.
        code: i64,
        /// `message` in the body, cut.
        message: String,
    },
    /// `status` true, and yet no: the one row that was to be saved was not. `API.md` §2.
    RowRefused {
        /// `validation_message` in the body, as it came.
        message: String,
    },
}

impl Error {
    /// The table: what becomes of it, and how far it reaches.
    pub fn trouble(&self) -> Trouble {
        let (fate, scope, mend) = self.judge();
        let mut reason = if mend.is_empty() { self.to_string() } else { format!("{self}: {mend}") };
        let mut source = error::Error::source(self);
        while let Some(deeper) = source {
            reason = format!("{reason}: {deeper}");
            source = deeper.source();
        }
        Trouble { fate, scope, reason, retry_after: self.retry_after }
    }

    fn judge(&self) -> (Fate, Scope, &'static str) {
        use Fate::{Refusal, Retry, Settings};
        use Scope::{Client, Department, Record};
        let login = self.call == Call::LogIn;
        match &self.kind {
            Kind::Gate(_) => (Retry, Client, ""),
            Kind::TooLate => (Retry, Record, ""),
            Kind::Address => (Settings, Client, "check api_url"),
            Kind::Transport(TransportError::NotSent(_)) => (Retry, Client, ""),
            Kind::Transport(TransportError::Forbidden(_)) => (
                Settings,
                Client,
                "api_url: give a public address, or have LOOMIS_WOO_PRIVATE_ADDRESSES=allow set where this runs",
            ),
            Kind::Transport(_) => self.lost(),
            Kind::TooMany => (Retry, Client, ""),
            Kind::Html { status: 500.. } => self.lost(),
            Kind::Html { .. } => (
                Settings,
                Client,
                "its firewall blocks us: a person must have the vendor open the address that our requests leave from",
            ),
            Kind::Unreadable { status: 300..=399, .. } => (Settings, Client, "check api_url"),
            Kind::Unreadable { .. } => self.lost(),
            Kind::Refused { status, code, .. } if self.server_failed(*status, *code) => self.lost(),
            Kind::Refused { .. } | Kind::Forbidden { .. } if login => {
                (Settings, Client, "check client_number and client_token")
            }
            Kind::Refused { code, message, .. } if self.is_about_department(*code, message) => {
                (Settings, Department, "check department_token")
            }
            Kind::Forbidden { message, .. } if self.is_about_department(None, message) => {
                (Settings, Department, "check department_token")
            }
            Kind::Forbidden { code: 403, .. } => {
                (Settings, Client, "the login is good, so a module that this call needs is not licensed")
            }
            Kind::Forbidden { .. } => (
                Settings,
                Client,
                "the login is good, so its token was asked for from another address than it is used from: \
                 our requests must leave from one fixed address",
            ),
            Kind::RowRefused { .. } => (Refusal, Record, ""),
            Kind::Refused { code: Some(404 | 405 | 410), .. }
            | Kind::Refused { status: 404 | 405 | 410, .. }
                if self.call == Call::Orders =>
            {
                (Settings, Client, "this host can't look orders up: switch order_lookup off")
            }
            Kind::Refused { status: 404 | 405 | 410, code: None, .. } => (Settings, Client, "check api_url"),
            Kind::Refused { .. } if self.call.is_about_a_record() => (Refusal, Record, ""),
            // A read that is refused will be refused again, unless nobody said why.
            Kind::Refused { status: 400..=499, .. } => (Settings, Client, ""),
            Kind::Refused { code: Some(400..=499), .. } => (Settings, Client, ""),
            Kind::Refused { .. } => (Retry, Client, ""),
        }
    }

    /// It may have been processed, and nobody can tell.
    fn lost(&self) -> (Fate, Scope, &'static str) {
        if self.call.is_save() {
            (Fate::Ambiguous, Scope::Record, "")
        } else {
            (Fate::Retry, Scope::Client, "")
        }
    }

    fn server_failed(&self, status: u16, code: Option<i64>) -> bool {
        status >= 500 || matches!(code, Some(500..=599))
    }

    fn is_about_department(&self, code: Option<i64>, message: &str) -> bool {
        let message = message.to_lowercase();
        // To a save, such a code may as well mean what is saved.
        let by_code = |code: i64| !self.call.is_save() && DEPARTMENT_CODES.contains(&code);
        self.call.names_department()
            && (code.is_some_and(by_code) || DEPARTMENT_WORDS.iter().any(|word| message.contains(word)))
    }

    /// The same error, in which nobody can read what is hidden.
    pub(crate) fn without(self, hidden: &Hidden) -> Error {
        self.told(|text| hidden.mask(text))
    }

    /// The same error, with no more of the server's words than it may hold. Comes after [`Error::without`]: half a
    /// secret would not be found.
    pub(crate) fn cut(self) -> Error {
        let longest = if matches!(self.kind, Kind::RowRefused { .. }) { MAX_VALIDATION } else { MAX_MESSAGE };
        self.told(|text| text.chars().take(longest).collect())
    }

    /// The same error, with the server's words changed.
    pub(crate) fn told(mut self, change: impl Fn(&str) -> String) -> Error {
        match &mut self.kind {
            Kind::Refused { message, .. }
            | Kind::Forbidden { message, .. }
            | Kind::RowRefused { message }
            | Kind::Transport(TransportError::NotSent(message) | TransportError::Broken(message)) => {
                *message = change(message);
            }
            Kind::Unreadable { path, reason, .. } => {
                *path = change(path);
                *reason = change(reason);
            }
            Kind::Gate(_)
            | Kind::TooLate
            | Kind::Address
            | Kind::Transport(_)
            | Kind::TooMany
            | Kind::Html { .. } => {}
        }
        self
    }

    /// What it says about trying again at once. Only reads are: a save that is lost is the ledger's to settle.
    pub(crate) fn wait(&self) -> Wait {
        match self.retry_after {
            _ if !self.heals() || self.call.is_save() => Wait::Never,
            Some(asked) => Wait::Asked(asked),
            None => Wait::Usual,
        }
    }

    /// Whether the same request may well succeed in a moment.
    pub(crate) fn heals(&self) -> bool {
        match &self.kind {
            Kind::Transport(TransportError::Forbidden(_)) => false,
            Kind::TooMany | Kind::Transport(_) | Kind::Html { status: 500.. } => true,
            Kind::Unreadable { status, .. } => *status == 200 || *status >= 500,
            Kind::Refused { status, code, .. } => self.server_failed(*status, *code),
            Kind::Gate(_)
            | Kind::TooLate
            | Kind::Address
            | Kind::Html { .. }
            | Kind::Forbidden { .. }
            | Kind::RowRefused { .. } => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.call {
            Call::LogIn => f.write_str("logging in to Loomis Pay")?,
            call => write!(f, "Loomis Pay, {}", call.path())?,
        }
        match &self.kind {
            Kind::Gate(_) => f.write_str(": held back"),
            Kind::TooLate => f.write_str(": its turn came too late, so it was not sent"),
            Kind::Address => f.write_str(": the address is none of an API"),
            Kind::Transport(error) => write!(f, ": {error}"),
            Kind::TooMany => f.write_str(": too many requests"),
            Kind::Html { status } => write!(f, ": a web page instead of data (HTTP {status})"),
            Kind::Unreadable { status, path, reason } => {
                write!(f, ": the answer can't be read at {path} (HTTP {status}): {reason}")
            }
            Kind::Refused { status, code, message } => {
                match code {
                    Some(code) => write!(f, ": refused with code {code}")?,
                    None => write!(f, ": refused with HTTP {status}")?,
                }
                said(f, message)
            }
            Kind::Forbidden { code, message } => {
                write!(f, ": refused with code {code} after a fresh login")?;
                said(f, message)
            }
            Kind::RowRefused { message } => {
                f.write_str(": not taken")?;
                said(f, message)
            }
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
    if message.is_empty() { Ok(()) } else { write!(f, " ({message})") }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            // The transport's part is told already.
            Kind::Gate(error) => Some(error),
            _ => None,
        }
    }
}
