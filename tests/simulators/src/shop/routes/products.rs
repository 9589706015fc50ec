//! `products`: lists, single products and their batch.

use serde_json::Value;
use world::Method::{Delete, Get, Post, Put};

use super::{Call, batch::Items, id};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    list::{self, Scope},
    write::{self, How, Write},
};

impl Call<'_> {
    /// Answers what comes after `products`.
    pub(super) fn products(&self, state: &mut State, rest: &[&str]) -> Result<Reply, Refused> {
        match (self.request.method, rest) {
            (Get, []) => {
                self.can_list()?;
                list::list(&self.show(state), &state.catalogue, Scope::Products, self.query)
            }
            (Post, []) => {
                self.can_create()?;
                let fields = self.fields()?;
                write::check(&fields)?;
                let id = self.write(state, How::Single).create(&fields)?;
                Ok(Reply { status: 201, ..Reply::ok(self.product(state, id)) })
            }
            (Post | Put, ["batch"]) => {
                self.can_batch()?;
                let body = self.fields()?;
                self.batch(state, &body, &Products)
            }
            (Get, [text]) => {
                let id = id(text)?;
                self.can_view()?;
                let found = state.catalogue.get(id).ok_or_else(|| Refused::invalid_id(404))?;
                Ok(Reply::ok(self.show(state).product(found, &state.catalogue)))
            }
            (Post | Put, [text]) => {
                let id = id(text)?;
                self.can_edit()?;
                let fields = self.fields()?;
                write::check(&fields)?;
                self.write(state, How::Single).update(id, &fields)?;
                Ok(Reply::ok(self.product(state, id)))
            }
            (Delete, [text]) => {
                let id = id(text)?;
                self.can_delete()?;
                self.delete(state, id, self.forces()).map(Reply::ok)
            }
            _ => Err(Refused::no_route()),
        }
    }

    pub(super) fn write<'s>(&self, state: &'s mut State, how: How) -> Write<'s> {
        Write::new(state, how, self.v2, self.now)
    }

    fn product(&self, state: &State, id: u64) -> Value {
        let product = state.catalogue.get(id);
        product.map_or(Value::Null, |product| self.show_edit(state).product(product, &state.catalogue))
    }

    /// The answer shows the product as it was before.
    fn delete(&self, state: &mut State, id: u64, force: bool) -> Result<Value, Refused> {
        let before = self.product(state, id);
        let found = state.catalogue.get(id).ok_or_else(|| Refused::invalid_id(404))?;
        if found.is_variation() {
            return Err(write::wrong_endpoint());
        }
        if force {
            state.catalogue.remove(id);
        } else if found.status == "trash" {
            return Err(already_trashed("product"));
        } else {
            state.catalogue.trash(id, self.now);
        }
        Ok(before)
    }
}

pub(super) fn already_trashed(kind: &str) -> Refused {
    Refused::new(410, "woocommerce_rest_already_trashed", format!("The {kind} has already been deleted."))
}

/// Products as the items of a batch.
struct Products;

impl Items for Products {
    fn create(&self, write: &mut Write<'_>, fields: &super::Fields) -> Result<u64, Refused> {
        write.create(fields)
    }

    fn update(&self, write: &mut Write<'_>, id: u64, fields: &super::Fields) -> Result<(), Refused> {
        write.update(id, fields)
    }

    fn delete(&self, call: &Call<'_>, state: &mut State, id: u64) -> Result<Value, Refused> {
        call.delete(state, id, true)
    }

    fn show(&self, call: &Call<'_>, state: &State, id: u64) -> Value {
        call.product(state, id)
    }
}
