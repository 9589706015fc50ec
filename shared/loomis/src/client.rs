//! The calls. `API.md` §3.

mod customers;
mod goods;
mod orders;
mod session;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt, sync::Arc};

use jiff::Timestamp;
use retail::office::ProductId;
use serde::Deserialize;
use world::World;

use self::session::{Ask, Session};
pub use self::{
    customers::CustomerBy,
    goods::{CategoryRow, NewGood},
};
use crate::{
    Account, Department, Gate, Priority, ProductPage, Secret, StockPage,
    assumptions::{MAX_DEPARTMENT_PAGES, PAGE_LENGTH},
    envelope::{local, rows, unreadable},
    error::{Call, Error},
    hidden::Hidden,
    loose::{self, Field},
    product, stock,
};

/// Speaks to Loomis Pay for one client number. Clones share the login.
#[derive(Clone)]
pub struct Client {
    session: Arc<Session>,
    /// Orders and stock are not sent later than this.
    latest: Option<Timestamp>,
}

/// Shows whose it is.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.session.account.client_number)
    }
}

/// Which page of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductQuery {
    /// How many rows stand before the page: the rows *received* so far.
    pub start: u64,
    /// Only products that changed then or later, as far as the server's filter can be trusted; to the second.
    pub changed_since: Option<Timestamp>,
}

impl Client {
    /// A client that logs in when it must.
    pub fn new(account: Account, world: World, gate: Arc<dyn Gate>) -> Client {
        Client { session: Arc::new(Session::new(account, world, gate)), latest: None }
    }

    /// The same client, whose customer orders, sales and stock are not sent later than `latest`: whoever waits at the gate for
    /// longer than its attempt may last must not send. [`Kind::TooLate`](crate::Kind::TooLate) says that nothing was.
    pub fn starting_by(&self, latest: Timestamp) -> Client {
        Client { session: self.session.clone(), latest: Some(latest) }
    }

    /// Logs in, whatever token is at hand.
    ///
    /// # Errors
    /// [`Error`] with [`Call::LogIn`].
    pub async fn log_in(&self) -> Result<(), Error> {
        self.session.log_in().await
    }

    /// The client's departments, with their tokens.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn departments(&self) -> Result<Vec<Department>, Error> {
        let mut departments: Vec<Department> = Vec::new();
        for _ in 0..MAX_DEPARTMENT_PAGES {
            let query = page(departments.len() as u64);
            let ask = Ask { query, ..Ask::new(Call::Departments, Priority::Orders) };
            let found = self.session.read(&ask, |envelope, status| {
                let rows = rows(envelope.departments, "departments", status)?;
                let path = |at: usize| format!("departments[{at}]");
                let read = rows.iter().enumerate().map(|(at, row)| {
                    department(*row).map_err(|reason| unreadable(status, &path(at), reason))
                });
                Ok((read.collect::<Result<Vec<_>, _>>()?, envelope.total(status).ok()))
            });
            let (found, total) = found.await?;
            let received = found.len();
            departments.extend(found);
            // The list is not known to come in pages: without a count it is whole.
            if received == 0 || total.is_none_or(|total| departments.len() as u64 >= total) {
                break;
            }
        }
        Ok(departments)
    }

    /// A page of the catalogue by `product_id`: visible, hidden and deleted products alike, as far as the server gives
    /// them. `API.md` §3.
    ///
    /// # Errors
    /// [`Error`]; rows that can't be read are none.
    pub async fn products(&self, query: &ProductQuery) -> Result<ProductPage, Error> {
        let zone = &self.session.account.time_zone;
        let mut asked = page(query.start);
        asked.push(("sort_by".into(), "product_id".into()));
        asked.push(("sort_order".into(), "ASC".into()));
        if let Some(since) = query.changed_since {
            asked.push(("filter[last_update_date]".into(), local(since, zone).into()));
        }
        let ask = Ask { query: asked, ..Ask::new(Call::Products, Priority::Catalogue) };
        let page = self.session.read(&ask, |envelope, status| {
            let found = rows(envelope.products, "products", status)?;
            let (rows, unreadable) = product::read(&found, query.start);
            Ok(ProductPage {
                rows,
                unreadable,
                received: found.len() as u64,
                total: envelope.total(status)?,
                server_time: envelope.server_time(status, zone)?,
            })
        });
        page.await
    }

    /// A page of a department's stock by product: all of it, or `only` these products (at most a page of them).
    ///
    /// # Errors
    /// [`Error`]; rows that can't be read are none.
    pub async fn stock(
        &self,
        department_token: &Secret,
        start: u64,
        only: &[ProductId],
    ) -> Result<StockPage, Error> {
        let zone = &self.session.account.time_zone;
        let mut asked = page(start);
        asked.push(("department".into(), department_token.expose().into()));
        asked.extend(only.iter().map(|id| ("filter[product_id][]".into(), id.to_string().into())));
        let hidden = Hidden::nothing().secret(department_token);
        let ask = Ask { query: asked, hidden, ..Ask::new(Call::Stock, Priority::Stock) };
        let page = self.session.read(&ask, |envelope, status| {
            let found = rows(envelope.data, "data", status)?;
            let (rows, unreadable) = stock::read(&found, start);
            Ok(StockPage {
                rows,
                unreadable,
                received: found.len() as u64,
                total: envelope.total(status)?,
                server_time: envelope.server_time(status, zone)?,
            })
        });
        page.await
    }
}

type Query<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

fn page<'a>(start: u64) -> Query<'a> {
    vec![("start".into(), start.to_string().into()), ("length".into(), PAGE_LENGTH.to_string().into())]
}

#[derive(Deserialize)]
struct DepartmentRow<'a> {
    #[serde(borrow)]
    department_id: Field<'a>,
    #[serde(borrow)]
    department_name: Field<'a>,
    #[serde(borrow)]
    api_token: Field<'a>,
}

fn department(row: Field<'_>) -> Result<Department, String> {
    let row = row.ok_or("no row, but null")?;
    let row: DepartmentRow<'_> = serde_json::from_str(row.get()).map_err(|error| error.to_string())?;
    let id = loose::text(row.department_id)?.trim().to_owned();
    if id.is_empty() {
        return Err("department_id is missing".to_owned());
    }
    let token = loose::text(row.api_token).map_err(|_| "api_token is no text".to_owned())?;
    Ok(Department { id, name: loose::text(row.department_name)?, token: Secret::new(token.trim()) })
}
