//! The attributes of a product: replaced whole by a write.

use serde_json::{Map, Value};

use super::{Write, text, truthy, values::id};
use crate::shop::{
    product::{Attribute, Product},
    text::{decoded, stripped, term_name},
};

/// What stands between the options of an attribute of the product's own.
const DELIMITER: char = '|';

impl Write<'_> {
    /// Done when nothing can fail any more: it makes terms.
    pub(super) fn set_attributes(&mut self, product: &mut Product, fields: &Map<String, Value>) {
        if let Some(list) = fields.get("attributes").filter(|list| !list.is_null()) {
            product.attributes = self.attributes(list);
        }
    }

    /// Two of one name are one, the later; they stand by their positions. Options of a global attribute that it hasn't
    /// become terms of it.
    fn attributes(&mut self, list: &Value) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for sent in list.as_array().into_iter().flatten() {
            let Some(attribute) = self.attribute(sent) else { continue };
            match attributes.iter_mut().find(|known| known.key() == attribute.key()) {
                Some(known) => *known = attribute,
                None => attributes.push(attribute),
            }
        }
        attributes.sort_by_key(|attribute| attribute.position);
        attributes
    }

    fn attribute(&mut self, sent: &Value) -> Option<Attribute> {
        let options = match &sent["options"] {
            Value::Null => None,
            Value::Array(options) => Some(options.iter().map(text).collect::<Vec<_>>()),
            other => Some(text(other).split(DELIMITER).map(str::to_owned).collect()),
        };
        let attribute = Attribute {
            id: id(&sent["id"]),
            name: String::new(),
            position: id(&sent["position"]),
            visible: yes(&sent["visible"]),
            variation: yes(&sent["variation"]),
            options: Vec::new(),
        };
        if attribute.id == 0 {
            let name = stripped(&text(&sent["name"]));
            // Stored as one text, and read back from it.
            let joined = decoded(&options?.join(" | "));
            let options = joined.split(DELIMITER).map(|option| option.trim().to_owned());
            let options: Vec<String> = options.filter(|option| !option.is_empty()).collect();
            // One whose slug is empty is kept by it all the same.
            return (!name.is_empty()).then_some(Attribute { name, options, ..attribute });
        }
        let mut next = self.state.setup.next_term();
        let known = self.state.setup.attributes.iter_mut().find(|known| known.id == attribute.id)?;
        let names = options.unwrap_or_default().into_iter().map(|option| term_name(&option));
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return None;
        }
        let mut slugs: Vec<String> = Vec::new();
        for name in names {
            let slug = known.term(&name, &mut next);
            if !slugs.contains(&slug) {
                slugs.push(slug);
            }
        }
        Some(Attribute { name: known.slug.clone(), options: slugs, ..attribute })
    }
}

/// A yes as PHP casts one: any text that is not empty and not `0`.
fn yes(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && text != "0" && text != "false",
        other => truthy(other),
    }
}
