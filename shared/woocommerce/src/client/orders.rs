//! Orders and their refunds: found by what changed or by when they were placed, read whole, and written in one go.
//!
//! There is no finding by the *shown* number, which plugins make their own: the shop ignores a parameter that it doesn't
//! know (recording `orders_number`: all orders came), and its search looks into names, addresses and ids alike
//! (`order_search`: five orders for one). Whoever needs one reads rows and compares.

use std::{collections::HashSet, marker::PhantomData};

use jiff::Timestamp;
use retail::order::{OrderId, Refund, WebOrder};
use world::Method;

use super::{
    Client, Cursor,
    changes::{By, Dated, Found, Listing, OVERLAP},
};
use crate::{
    Error, OrderChange, OrderGoods, OrderPage, OrderQuery, OrderRow, Version,
    error::Kind,
    wire::{GOODS_FIELDS, Order, REFUND_FIELDS, ROW_FIELDS, RefundRow, Row},
};

/// The decimals that amounts are asked with. The shop keeps amounts without tax more finely than it shows them, and the tax
/// of each rate too: at two decimals a line may be off by 0.01 a rate, at six the parts give the price to the øre.
const DECIMALS: &str = "6";
/// Orders asked for by their ids at once: what a page takes.
const AT_ONCE: usize = 100;

impl Dated for Row {
    fn id(&self) -> u64 {
        self.id
    }

    fn at(&self, by: By) -> Option<Timestamp> {
        match by {
            By::Modified => self.modified(),
            By::Created => self.created(),
        }
    }
}

impl Client {
    /// One order, in the trash (status `trash`) or not, and of a status whose plugin is gone; `None` when it is deleted.
    ///
    /// Amounts carry up to six decimals. What a line costs including tax is exactly `total_ex_tax` with the *sum of its
    /// `taxes`*, as far as the shop kept it; `total_tax` was rounded by the shop, line by line or not, as it is set up.
    /// The order's own totals have the currency's decimals. The lines' `price`, a float, is never read.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn order(&self, id: OrderId) -> Result<Option<WebOrder>, Error> {
        let query = vec![("dp", DECIMALS.to_owned())];
        match self.read::<Order>(&format!("orders/{id}"), &query).await {
            Ok(order) => Ok(Some(order.into_order())),
            Err(error) if gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What these orders took of the stock, a hundred with each request. Those that no list shows are left out: of the trash, of
    /// a status whose plugin is gone, deleted.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn goods_of(&self, ids: &[OrderId]) -> Result<Vec<OrderGoods>, Error> {
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
            let query = vec![("status", "any".to_owned()), ("include", ids.join(","))];
            let rows = self.list::<Order>("orders", query, GOODS_FIELDS, |order| order.row.id).await?;
            found.extend(rows.into_iter().map(Order::into_goods));
        }
        Ok(found)
    }

    /// Orders modified since `after`, the trash excluded: one page, or one crowded second. Without statuses in the query
    /// `checkout-draft` is among them. An order that *leaves* the statuses asked for is not seen leaving; nor is a write
    /// past WooCommerce. So sweep now and then ([`Client::orders_since`]).
    ///
    /// A shop before WooCommerce 5.8 (see [`Client::with_era`]) can't be asked for changes: its whole list, from
    /// `created_from` on, is read, a page with each call, and those that changed are picked out here.
    ///
    /// An order that is modified while a page is read may come twice; none is left out.
    ///
    /// # Errors
    /// Trouble with the shop; a status that it doesn't know pauses the department.
    pub async fn changed_orders(&self, query: &OrderQuery, after: &Cursor) -> Result<OrderPage, Error> {
        let Found { rows, next, more } = self.changed(&self.orders_by(By::Modified, query), after).await?;
        Ok(OrderPage { orders: self.wanted(rows, query), next, more })
    }

    /// Every order of these statuses placed in this second or later, by when it was placed: for the sweep. Orders that come
    /// into a status, or leave it, while this reads may or may not be among them; none of the others is lost, whatever
    /// moves. Any status but the trash where none is named.
    ///
    /// # Errors
    /// Trouble with the shop; a status that it doesn't know pauses the department.
    pub async fn orders_since(
        &self,
        created_from: Timestamp,
        statuses: &[String],
    ) -> Result<Vec<OrderRow>, Error> {
        let query = OrderQuery { statuses: statuses.to_vec(), created_from: Some(created_from) };
        let listing = self.orders_by(By::Created, &query);
        let mut after = Cursor::since(created_from);
        let mut seen = HashSet::new();
        let mut orders = Vec::new();
        loop {
            let Found { rows, next, more } = self.changed(&listing, &after).await?;
            orders.extend(self.wanted(rows, &query).into_iter().filter(|row| seen.insert(row.id)));
            if !more {
                orders.sort_by_key(|row| (row.created, row.id));
                return Ok(orders);
            }
            after = next;
        }
    }

    /// The refunds of an order, by id; none where the order is gone.
    ///
    /// Quantities and amounts are turned to above 0. A fee keeps the sign it has in the order: a negative one that is given
    /// back lessens the refund. A refund may name an amount only, and no lines: then nobody knows what came back. Amounts
    /// carry up to six decimals, as [`Client::order`] says.
    ///
    /// WooCommerce 10.5 does not say on a refund's line whether it was put back on the shelf.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn refunds(&self, order: OrderId) -> Result<Vec<Refund>, Error> {
        let query = vec![("dp", DECIMALS.to_owned())];
        let path = format!("orders/{order}/refunds");
        match self.list::<RefundRow>(&path, query, REFUND_FIELDS, |row| row.id).await {
            Ok(rows) => Ok(rows.into_iter().map(RefundRow::into_refund).collect()),
            Err(error) if gone(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Changes an order: status, payment and marker in one write. The answer is the order afterwards: a plugin may have
    /// set another status. Never repeated by itself; to repeat it is harmless as long as nobody else changed the order's
    /// status in between, so read it again first. Every write bumps the order's modification.
    ///
    /// An order in the trash comes out of it by a status: read first. Setting `processing` or `completed` sets the date of
    /// payment where there is none, but for cash on delivery (`cod`), which only `completed` pays; `cancelled` and
    /// `pending` put the stock back; `refunded` makes a refund. Any other status leaves the payment as it is, and
    /// `set_paid` doesn't help: see [`OrderChange::set_paid`].
    ///
    /// # Errors
    /// Trouble with the shop, with [`retail::fate::Fate::Ambiguous`] where it may have been done; a status that begins
    /// with `wc-`, or that the shop lacks ([`Client::with_order_statuses`]), with which nothing was sent.
    pub async fn write_order(&self, id: OrderId, change: &OrderChange) -> Result<OrderRow, Error> {
        if let Some(status) = &change.status {
            self.check_status(status)?;
        }
        let path = format!("orders/{id}");
        let row: Row = self.write(Method::Put, &path, &change.to_json()).await?;
        if row.id != id.0 {
            let wrong = format!("order {id} was answered with the id {}", row.id);
            return Err(Error::new(Method::Put, &path, true, Kind::Shape(wrong)));
        }
        Ok(row.into_row())
    }

    fn check_status(&self, status: &str) -> Result<(), Error> {
        let known = &self.order_statuses;
        if status.is_empty() || status.starts_with("wc-") || NEVER.contains(&status) {
            return Err(Error::setup(format!(
                "{status:?} is no status that an order of the shop can be given"
            )));
        }
        if known.is_empty() || known.iter().any(|one| one == status) {
            return Ok(());
        }
        Err(Error::setup(format!(
            "the shop's orders have no status {status:?}; it has {}: choose one of them, or switch its plugin on again",
            known.join(", ")
        )))
    }

    fn orders_by(&self, by: By, query: &OrderQuery) -> Listing<Row> {
        // v2 takes one status; of several, every order is read and the others are left out here.
        let one_only = self.connection.version == Version::V2 && query.statuses.len() > 1;
        let status = match &query.statuses[..] {
            [] => "any".to_owned(),
            _ if one_only => "any".to_owned(),
            statuses => statuses.join(","),
        };
        Listing {
            path: "orders",
            fields: ROW_FIELDS,
            by,
            filters: vec![("status", status)],
            created_from: query.created_from,
            overlap: OVERLAP,
            rows: PhantomData,
        }
    }

    /// What the shop can't be asked for in every age is left out here.
    fn wanted(&self, rows: Vec<Row>, query: &OrderQuery) -> Vec<OrderRow> {
        let rows = rows.into_iter().map(Row::into_row);
        rows.filter(|row| query.created_from.is_none_or(|from| row.created.as_second() >= from.as_second()))
            .filter(|row| query.statuses.is_empty() || query.statuses.contains(&row.status))
            .collect()
    }
}

/// Statuses that we never give, whatever the shop would take.
const NEVER: [&str; 2] = ["trash", "auto-draft"];

/// The order does not exist.
fn gone(error: &Error) -> bool {
    error.status() == Some(404) && error.code().is_some_and(|code| GONE.contains(&code))
}

/// The codes of an order that does not exist: of itself, and of its refunds.
const GONE: [&str; 2] = ["woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id"];

#[cfg(test)]
mod tests;
