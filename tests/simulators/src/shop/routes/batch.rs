//! Batches: always 200, items one by one, in order, a failed one stopping no other.

use serde_json::{Map, Value, json};

use super::{Call, Fields};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    write::{How, Write},
};

/// The most items of a batch.
const MAX: usize = 100;

/// What a batch is of.
pub(super) trait Items {
    /// Makes one; its id.
    fn create(&self, write: &mut Write<'_>, fields: &Fields) -> Result<u64, Refused>;
    /// Changes one.
    fn update(&self, write: &mut Write<'_>, id: u64, fields: &Fields) -> Result<(), Refused>;
    /// Deletes one for good; what it was.
    fn delete(&self, call: &Call<'_>, state: &mut State, id: u64) -> Result<Value, Refused>;
    /// One as the answer shows it.
    fn show(&self, call: &Call<'_>, state: &State, id: u64) -> Value;
}

impl Call<'_> {
    pub(super) fn batch(
        &self,
        state: &mut State,
        body: &Fields,
        items: &impl Items,
    ) -> Result<Reply, Refused> {
        let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let (creates, updates, deletes) = (list("create"), list("update"), list("delete"));
        if creates.len() + updates.len() + deletes.len() > MAX {
            let code = "woocommerce_rest_request_entity_too_large";
            let words = "Unable to accept more than 100 items for this request.";
            return Err(Refused::new(413, code, words));
        }
        let mut answer = Map::new();
        let mut tell = |name: &str, rows: Vec<Value>| {
            if !rows.is_empty() {
                answer.insert(name.to_owned(), Value::Array(rows));
            }
        };
        let failed = |id: Value, refused: &Refused| json!({"id": id, "error": refused.to_json()});
        let empty = Map::new();
        let created = creates.iter().map(|item| {
            let fields = item.as_object().unwrap_or(&empty);
            match items.create(&mut self.write(state, How::Item), fields) {
                Ok(id) => items.show(self, state, id),
                Err(refused) => failed(0.into(), &refused),
            }
        });
        tell("create", created.collect());
        let updated = updates.iter().map(|item| {
            let fields = item.as_object().unwrap_or(&empty);
            let sent = item["id"].clone();
            let id = number(&sent);
            match items.update(&mut self.write(state, How::Item), id, fields) {
                Ok(()) => items.show(self, state, id),
                Err(refused) => failed(sent, &refused),
            }
        });
        tell("update", updated.collect());
        let deleted = deletes.iter().map(|item| {
            let done = items.delete(self, state, number(item));
            done.unwrap_or_else(|refused| failed(item.clone(), &refused))
        });
        tell("delete", deleted.collect());
        // An empty batch is an empty PHP array, which is a list.
        Ok(Reply::ok(if answer.is_empty() { json!([]) } else { Value::Object(answer) }))
    }
}

fn number(id: &Value) -> u64 {
    id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap_or(0)
}
