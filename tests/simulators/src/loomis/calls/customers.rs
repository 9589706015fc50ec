//! Customers. `API.md` §3: what is saved stands in the query.

use super::{Query, page};
use crate::loomis::{answer::Answer, order::Customer, state::Client};

/// Those whose phone or e-mail holds what is asked for: more than those who are meant.
pub(super) fn list(client: &mut Client, query: &Query<'_>) -> Answer {
    let phone = query.filter("customer_phone").map(str::trim);
    let email = query.filter("customer_email").map(|email| email.trim().to_lowercase());
    let found = client.books.customers.iter().filter(|(_, customer)| {
        phone.is_none_or(|phone| customer.phone.contains(phone))
            && email.as_ref().is_none_or(|email| customer.email.to_lowercase().contains(email))
    });
    let found: Vec<_> = found.collect();
    let rows = page(&found, query).iter().map(|(id, customer)| customer.row(**id));
    Answer::list("customers", rows, found.len())
}

/// Makes one, also where one is like it; with `customer_id` changes the fields that are there.
pub(super) fn save(client: &mut Client, query: &Query<'_>) -> Answer {
    let id = query.get("customer_id").map(str::parse::<u64>);
    let (id, before) = match id {
        None => (None, Customer::default()),
        Some(id) => match id.ok().and_then(|id| Some((id, client.books.customers.get(&id)?.clone()))) {
            Some((id, customer)) => (Some(id), customer),
            None => return Answer::no(404, "Customer not found"),
        },
    };
    let field = |name: &str, before: String| {
        let asked = query.0.iter().find(|(known, _)| known == name);
        asked.map_or(before, |(_, value)| value.trim().to_owned())
    };
    let customer = Customer {
        customer_name: field("customer_name", before.customer_name),
        phone: field("phone", before.phone),
        email: field("email", before.email),
        primary_address: field("primary_address", before.primary_address),
        primary_zip: field("primary_zip", before.primary_zip),
        city: field("city", before.city),
    };
    if customer.customer_name.is_empty() {
        return Answer::no(422, "customer_name is required");
    }
    let id = match id {
        Some(id) => {
            client.books.customers.insert(id, customer);
            id
        }
        None => client.books.add_customer(customer),
    };
    // A number for one, a text for the other.
    Answer::Yes(vec![("customers", if id.is_multiple_of(2) { id.to_string() } else { format!("\"{id}\"") })])
}
