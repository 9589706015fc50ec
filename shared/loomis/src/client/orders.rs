//! Customer orders, sales, and what is deducted from stock. `API.md` §3, §5, §6.
//!
//! No save is repeated here. Its error says what happened, by [`Error::trouble`]: the server said no, or nothing was
//! sent (anything but ambiguous: nothing happened), or nobody can tell
//! ([`Fate::Ambiguous`](retail::fate::Fate::Ambiguous)).

use jiff::Timestamp;
use retail::order::office::{Kind as OrderKind, OfficeOrder, OrderView, Saved};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Client,
    session::{Ask, List},
};
use crate::{
    ChangedOrders, OrderRow, Priority, Secret,
    assumptions::{NO_SUCH_ORDER, ORDERS_OVERLAP, ORDERS_SORTED_BY},
    envelope::{local, unreadable},
    error::{Call, Error, Kind},
    hidden::Hidden,
    order,
    saved::{ours, taken},
};

const ORDERS: List = List { name: "orders", field: |envelope| envelope.orders };

#[derive(Serialize)]
struct Adjustment<'a> {
    department_token: &'a str,
    product_data: [Adjusted<'a>; 1],
}

#[derive(Serialize)]
struct Adjusted<'a> {
    product_number: &'a str,
    quantity: Box<RawValue>,
}

impl Client {
    /// Saves one customer order, or one sale, in the department of that token. Amounts as in [`OfficeOrder`]: per unit,
    /// in the client's currency. Saving it twice makes two.
    ///
    /// # Errors
    /// [`Error`]: see the fates of a save above. A refused row ([`Kind::RowRefused`]) has the server's whole
    /// `validation_message`, without the customer's data.
    pub async fn save_order(&self, department_token: &Secret, order: &OfficeOrder) -> Result<Saved, Error> {
        let call = match order.kind {
            OrderKind::CustomerOrder { .. } => Call::SaveCustomerOrder,
            OrderKind::Sale { .. } => Call::SaveSale,
        };
        let session = &self.session;
        let body = order::body(order, department_token, &session.account.time_zone, session.now());
        let hidden = order::hidden(order, department_token);
        let latest = self.latest;
        let ask = Ask { body: Some(body), hidden, latest, ..Ask::new(call, Priority::Orders) };
        let saved = session
            .save(&ask, |envelope, status| ours(envelope, status, |row| order::saved(row, order.reference)));
        saved.await
    }

    /// Subtracts so much from the department's stock of the product with that number, which must not be empty and
    /// belong to one product only; a negative amount adds. Doing it twice subtracts twice.
    ///
    /// # Errors
    /// [`Error`]: see the fates of a save above.
    pub async fn adjust_stock(
        &self,
        department_token: &Secret,
        number: &str,
        subtract: Decimal,
    ) -> Result<(), Error> {
        let adjustment = Adjustment {
            department_token: department_token.expose(),
            product_data: [Adjusted { product_number: number, quantity: order::number(subtract) }],
        };
        let ask = Ask {
            body: Some(order::json_bytes(&adjustment)),
            hidden: Hidden::nothing().secret(department_token),
            latest: self.latest,
            ..Ask::new(Call::AdjustStock, Priority::Orders)
        };
        self.session.save(&ask, |envelope, _| taken(envelope)).await
    }

    /// The customer orders with that reference, and those whose reference can't be read: open each with
    /// [`Client::view_order`]. Only where *order look-up* is on: the call is an assumption.
    ///
    /// # Errors
    /// [`Error`]; also where a row can't be read, for it could be the one.
    pub async fn find_orders(&self, reference: u64) -> Result<Vec<OrderRow>, Error> {
        let query = vec![("filter[reference_order_number]".into(), reference.to_string().into())];
        let ask = Ask { query, ..Ask::new(Call::Orders, Priority::Orders) };
        let zone = &self.session.account.time_zone;
        let all = self.session.all(ask, ORDERS, |row| order::listed(row, zone), |_, _| Ok(()));
        let (mut rows, ()) = all.await?;
        rows.retain(|row| row.reference.is_none_or(|found| found == reference));
        Ok(rows)
    }

    /// The customer orders that changed then or later, and some from before ([`ORDERS_OVERLAP`]), as far as the
    /// server's filter can be trusted. Only where *order look-up* is on.
    ///
    /// # Errors
    /// [`Error`]; rows that can't be read are none.
    pub async fn changed_orders(&self, since: Timestamp) -> Result<ChangedOrders, Error> {
        let zone = &self.session.account.time_zone;
        let from = since.checked_sub(ORDERS_OVERLAP).unwrap_or(since);
        let query = vec![
            ("sort_by".into(), ORDERS_SORTED_BY.into()),
            ("sort_order".into(), "ASC".into()),
            ("filter[last_update_date]".into(), local(from, zone).into()),
        ];
        let ask = Ask { query, ..Ask::new(Call::Orders, Priority::Orders) };
        let read = |row: Option<&RawValue>| Ok(order::listed(row, zone));
        let all = self.session.all(ask, ORDERS, read, |envelope, status| envelope.server_time(status, zone));
        let (found, server_time) = all.await?;
        let mut changed = ChangedOrders { rows: Vec::new(), unreadable: Vec::new(), server_time };
        for (at, row) in found.into_iter().enumerate() {
            match row {
                Ok(row) => changed.rows.push(row),
                Err(reason) => changed.unreadable.push(format!("orders[{at}].{reason}")),
            }
        }
        Ok(changed)
    }

    /// The customer order with that id; `None` where there is none.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn view_order(&self, id: u64) -> Result<Option<OrderView>, Error> {
        let ask = Ask { below: Some(id), ..Ask::new(Call::ViewOrder, Priority::Orders) };
        let viewed = self.session.read(&ask, |envelope, status| {
            order::viewed(envelope.data, id).map_err(|reason| unreadable(status, "data", reason))
        });
        match viewed.await {
            Ok(order) => Ok(Some(order)),
            Err(Error { kind: Kind::Refused { code: Some(NO_SUCH_ORDER), .. }, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
