//! `products/{parent}/variations`, and `variations` across all products.

use serde_json::Value;
use world::Method::{Delete, Get, Post, Put};

use super::{Call, batch::Items, id, products::already_trashed};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    list::{self, Scope},
    write::{self, How, Write},
};

impl Call<'_> {
    /// `GET variations`, of v3.
    pub(super) fn all_variations(&self, state: &State) -> Result<Reply, Refused> {
        self.can_list()?;
        list::list(&self.show(state), &state.catalogue, Scope::Variations, self.query)
    }

    /// Answers what comes after `products/{parent}/variations`. A parent that isn't there has none.
    pub(super) fn variations(
        &self,
        state: &mut State,
        parent: &str,
        rest: &[&str],
    ) -> Result<Reply, Refused> {
        let parent = id(parent)?;
        match (self.request.method, rest) {
            (Get, []) => {
                self.can_list()?;
                list::list(&self.show(state), &state.catalogue, Scope::VariationsOf(parent), self.query)
            }
            (Post, []) => {
                self.can_create()?;
                let fields = self.fields()?;
                write::check_variation(&fields)?;
                let id = self.write(state, How::Single).create_variation(parent, &fields)?;
                Ok(Reply { status: 201, ..Reply::ok(self.variation(state, id)) })
            }
            (Post | Put, ["batch"]) => {
                self.can_batch()?;
                let body = self.fields()?;
                self.batch(state, &body, &Variations { parent })
            }
            (Get, [text]) => {
                let id = id(text)?;
                self.can_view()?;
                let found = state.catalogue.variation(&state.setup, parent, id)?;
                Ok(Reply::ok(self.show(state).variation(found, &state.catalogue)))
            }
            (Post | Put, [text]) => {
                let id = id(text)?;
                self.can_edit()?;
                let fields = self.fields()?;
                write::check_variation(&fields)?;
                if state.catalogue.variation(&state.setup, parent, id)?.parent != parent {
                    let words = "Parent product does not match current variation.";
                    return Err(Refused::new(403, "woocommerce_rest_cannot_edit", words));
                }
                self.write(state, How::Single).update_variation(parent, id, &fields)?;
                Ok(Reply::ok(self.variation(state, id)))
            }
            (Delete, [text]) => {
                let id = id(text)?;
                self.can_delete()?;
                self.delete_variation(state, parent, id, self.forces()).map(Reply::ok)
            }
            _ => Err(Refused::no_route()),
        }
    }

    fn variation(&self, state: &State, id: u64) -> Value {
        let found = state.catalogue.get(id);
        found.map_or(Value::Null, |found| self.show_edit(state).variation(found, &state.catalogue))
    }

    /// The answer shows the variation as it was before.
    fn delete_variation(
        &self,
        state: &mut State,
        parent: u64,
        id: u64,
        force: bool,
    ) -> Result<Value, Refused> {
        let status = state.catalogue.variation(&state.setup, parent, id)?.status.clone();
        let before = self.variation(state, id);
        if force {
            state.catalogue.remove(id);
            state.catalogue.touch(parent, self.now);
        } else if status == "trash" {
            return Err(already_trashed("product_variation"));
        } else {
            state.catalogue.trash(id, self.now);
        }
        Ok(before)
    }
}

/// The variations of a product as the items of a batch.
struct Variations {
    parent: u64,
}

impl Items for Variations {
    fn create(&self, write: &mut Write<'_>, fields: &super::Fields) -> Result<u64, Refused> {
        write.create_variation(self.parent, fields)
    }

    fn update(&self, write: &mut Write<'_>, id: u64, fields: &super::Fields) -> Result<(), Refused> {
        write.update_variation(self.parent, id, fields)
    }

    fn delete(&self, call: &Call<'_>, state: &mut State, id: u64) -> Result<Value, Refused> {
        call.delete_variation(state, self.parent, id, true)
    }

    fn show(&self, call: &Call<'_>, state: &State, id: u64) -> Value {
        call.variation(state, id)
    }
}
