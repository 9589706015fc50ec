//! Customers, looked for and saved. `API.md` §3: the query holds their data, so no error shows it.

use retail::order::office::{Customer, CustomerId};
use serde::Deserialize;

use super::{
    Client,
    session::{Ask, List},
};
use crate::{
    Priority,
    envelope::unreadable,
    error::{Call, Error, Kind},
    hidden::Hidden,
    loose::{self, Field},
    saved::{identity, object},
};

/// What customers are looked for by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CustomerBy<'a> {
    /// The phone, as the server spells it.
    Phone(&'a str),
    /// The e-mail.
    Email(&'a str),
}

const CUSTOMERS: List = List { name: "customers", field: |envelope| envelope.customers };

/// The fields of the `PUT`, which customers found are taken to have too. [G]
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    customer_id: Field<'a>,
    #[serde(borrow)]
    customer_name: Field<'a>,
    #[serde(borrow)]
    phone: Field<'a>,
    #[serde(borrow)]
    email: Field<'a>,
    #[serde(borrow)]
    primary_address: Field<'a>,
    #[serde(borrow)]
    primary_zip: Field<'a>,
    #[serde(borrow)]
    city: Field<'a>,
}

impl Client {
    /// The customers that the server finds: compare numbers and addresses yourself.
    ///
    /// # Errors
    /// [`Error`]; also where a row has no readable `customer_id`, for it could be the one.
    pub async fn find_customers(&self, by: CustomerBy<'_>) -> Result<Vec<(CustomerId, Customer)>, Error> {
        let (filter, value, hidden) = match by {
            CustomerBy::Phone(phone) => ("filter[customer_phone]", phone, Hidden::nothing().phone(phone)),
            CustomerBy::Email(email) => ("filter[customer_email]", email, Hidden::nothing().text(email)),
        };
        let query = vec![(filter.into(), value.into())];
        let ask = Ask { query, hidden, ..Ask::new(Call::Customers, Priority::Orders) };
        let (found, ()) = self.session.all(ask, CUSTOMERS, customer, |_, _| Ok(())).await?;
        Ok(found)
    }

    /// Makes a customer, or overwrites one. Making one that exists makes a twin: look first.
    ///
    /// # Errors
    /// [`Error`], without the customer's data; the fates of a save, as of [`Client::save_order`].
    pub async fn save_customer(
        &self,
        id: Option<CustomerId>,
        customer: &Customer,
    ) -> Result<CustomerId, Error> {
        let id = id.map(|id| ("customer_id".into(), id.0.to_string().into()));
        let fields = [
            ("customer_name", &customer.name),
            ("phone", &customer.phone),
            ("email", &customer.email),
            ("primary_address", &customer.address),
            ("primary_zip", &customer.zip),
            ("city", &customer.city),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into()));
        let hidden = Hidden::nothing()
            .words(&customer.name)
            .phone(&customer.phone)
            .text(&customer.email)
            .words(&customer.address)
            .text(&customer.zip)
            .words(&customer.city);
        let query = id.into_iter().chain(fields).collect();
        let ask = Ask { query, hidden, ..Ask::new(Call::SaveCustomer, Priority::Orders) };
        let saved = self.session.save(&ask, |envelope, status| {
            match (loose::identity(envelope.customers), envelope.remarks()) {
                (Ok(Some(id)), _) => Ok(CustomerId(id)),
                (Ok(None), Some(message)) => Err(Kind::RowRefused { message }),
                (Ok(None), None) => Err(unreadable(status, "customers", "missing".to_owned())),
                // What stands there may be the customer.
                (Err(_), _) => Err(unreadable(status, "customers", "no identity".to_owned())),
            }
        });
        saved.await
    }
}

fn customer(row: Field<'_>) -> Result<(CustomerId, Customer), String> {
    let row: Row<'_> = object(row)?;
    let text = |field| loose::text(field).unwrap_or_default();
    let customer = Customer {
        name: text(row.customer_name),
        phone: text(row.phone),
        email: text(row.email),
        address: text(row.primary_address),
        zip: text(row.primary_zip),
        city: text(row.city),
    };
    Ok((CustomerId(identity("customer_id", row.customer_id)?), customer))
}
