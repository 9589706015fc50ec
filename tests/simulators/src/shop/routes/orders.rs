//! `orders`, their batch, and their refunds.

use serde_json::Value;
use world::Method::{Delete, Get, Post, Put};

use super::{Call, Fields, batch::Items, id};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    orders::{self, How, invalid_id},
    write::Write,
};

impl Call<'_> {
    /// Answers what comes after `orders`.
    pub(super) fn orders(&self, state: &mut State, rest: &[&str]) -> Result<Reply, Refused> {
        match (self.request.method, rest) {
            (Get, []) => {
                self.can_list()?;
                orders::list(&self.show(state), &state.orders, self.query)
            }
            (Post, []) => {
                self.can_create()?;
                let id = state.create_order(&self.fields()?, How::Single, self.now)?;
                Ok(Reply { status: 201, ..Reply::ok(self.order(state, id)) })
            }
            (Post | Put, ["batch"]) => {
                self.can_batch()?;
                let body = self.fields()?;
                self.batch(state, &body, &Orders)
            }
            (Get, ["statuses"]) if !self.v2 && state.setup.has_order_statuses() => {
                self.can_list().map(|()| Reply::ok(state.setup.order_statuses()))
            }
            (Get, [text]) => {
                let id = id(text)?;
                self.can_view()?;
                state.orders.get(id).ok_or_else(|| invalid_id(404))?;
                Ok(Reply::ok(self.order(state, id)))
            }
            (Post | Put, [text]) => {
                let id = id(text)?;
                self.can_edit()?;
                state.update_order(id, &self.fields()?, How::Single, self.now)?;
                Ok(Reply::ok(self.order(state, id)))
            }
            (Delete, [text]) => {
                let id = id(text)?;
                self.can_delete()?;
                self.delete_order(state, id, self.forces()).map(Reply::ok)
            }
            (_, [text, "refunds", rest @ ..]) => self.refunds(state, id(text)?, rest),
            _ => Err(Refused::no_route()),
        }
    }

    /// An order that isn't there has no refunds.
    fn refunds(&self, state: &mut State, order: u64, rest: &[&str]) -> Result<Reply, Refused> {
        let show = |state: &State, id: u64| {
            let refunds = state.orders.get(order).into_iter().flat_map(|order| &order.refunds);
            let found = refunds.into_iter().find(|refund| refund.id == id);
            found.map(|refund| self.show(state).refund(refund, self.query))
        };
        match (self.request.method, rest) {
            (Get, []) => {
                self.can_list()?;
                let refunds = state.orders.get(order).into_iter().flat_map(|order| &order.refunds);
                let rows = refunds.map(|refund| self.show(state).refund(refund, self.query));
                Ok(self.in_order(rows.collect()))
            }
            (Post, []) => {
                self.can_create()?;
                let id = state.create_refund(order, &self.fields()?, self.now)?;
                Ok(Reply { status: 201, ..Reply::ok(show(state, id).unwrap_or_default()) })
            }
            (Get, [text]) => {
                self.can_view()?;
                let unknown =
                    || Refused::new(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.");
                show(state, id(text)?).map(Reply::ok).ok_or_else(unknown)
            }
            _ => Err(Refused::no_route()),
        }
    }

    /// `GET refunds`, of all orders; v3 from 9.0 on.
    pub(super) fn all_refunds(&self, state: &State) -> Result<Reply, Refused> {
        self.can_list()?;
        let rows = state.orders.all.values().flat_map(|order| {
            order.refunds.iter().map(|refund| {
                let mut shown = self.show(state).refund(refund, self.query);
                shown["parent_id"] = order.id.into();
                shown
            })
        });
        Ok(self.in_order(rows.collect()))
    }

    /// The latest first, unless it is asked otherwise; then a page of them.
    fn in_order(&self, mut rows: Vec<Value>) -> Reply {
        rows.sort_by_key(|row| row["id"].as_u64());
        if self.query.get("order").map(String::as_str) != Some("asc") {
            rows.reverse();
        }
        super::paged(rows, self.query)
    }

    fn order(&self, state: &State, id: u64) -> Value {
        state.orders.get(id).map_or(Value::Null, |order| self.show(state).order(order, self.query))
    }

    /// The answer shows the order as it was before.
    fn delete_order(&self, state: &mut State, id: u64, force: bool) -> Result<Value, Refused> {
        let before = self.order(state, id);
        if before.is_null() {
            return Err(invalid_id(404));
        }
        if force {
            state.orders.all.remove(&id);
        } else if !state.trash_order(id, self.now) {
            return Err(super::products::already_trashed("shop_order"));
        }
        Ok(before)
    }
}

/// Orders as the items of a batch.
struct Orders;

impl Items for Orders {
    fn create(&self, write: &mut Write<'_>, fields: &Fields) -> Result<u64, Refused> {
        write.state.create_order(fields, How::Item, write.now)
    }

    fn update(&self, write: &mut Write<'_>, id: u64, fields: &Fields) -> Result<(), Refused> {
        write.state.update_order(id, fields, How::Item, write.now)
    }

    fn delete(&self, call: &Call<'_>, state: &mut State, id: u64) -> Result<Value, Refused> {
        call.delete_order(state, id, true)
    }

    fn show(&self, call: &Call<'_>, state: &State, id: u64) -> Value {
        call.order(state, id)
    }
}
