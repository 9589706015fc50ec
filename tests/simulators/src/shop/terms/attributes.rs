//! `products/attributes` and their terms.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use world::Method;

use super::{GlobalAttribute, Page, can_create, can_list, can_view, empty_name, name_of, wanted};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    list::Query,
    text::{slug, sort_key, stripped, term_name},
};

/// Answers what comes after `products/attributes`.
pub(in crate::shop) fn answer(
    state: &mut State,
    method: Method,
    rest: &[&str],
    fields: impl FnOnce() -> Result<Map<String, Value>, Refused>,
    known: bool,
    query: &Query,
) -> Result<Reply, Refused> {
    let id = |text: &str| text.parse::<u64>().map_err(|_| Refused::no_route());
    match (method, rest) {
        (Method::Get, []) => {
            can_list(known)?;
            let mut all = state.setup.attributes.iter().collect::<Vec<_>>();
            all.sort_by_cached_key(|attribute| (sort_key(&attribute.name), attribute.id));
            let total = all.len();
            // All of them, whatever page is asked for.
            Ok(Reply::rows(all.into_iter().map(row).collect(), total, total.max(1)))
        }
        (Method::Post, []) => {
            can_create(known)?;
            let id = create(state, &fields()?)?;
            Ok(Reply { status: 201, ..Reply::ok(row(&state.setup.attributes[at(state, id)?])) })
        }
        (Method::Get, [attribute]) => {
            let at = at(state, id(attribute)?)?;
            can_view(known)?;
            Ok(Reply::ok(row(&state.setup.attributes[at])))
        }
        (Method::Get, [attribute, "terms"]) => {
            let at = taxonomy(state, id(attribute)?)?;
            can_list(known)?;
            terms(state, at, query)
        }
        (Method::Post, [attribute, "terms"]) => {
            let at = taxonomy(state, id(attribute)?)?;
            can_create(known)?;
            create_term(state, at, &fields()?)
        }
        _ => Err(Refused::no_route()),
    }
}

fn at(state: &State, id: u64) -> Result<usize, Refused> {
    let found = state.setup.attributes.iter().position(|attribute| attribute.id == id);
    found.ok_or_else(|| Refused::new(404, "woocommerce_rest_taxonomy_invalid", "Resource does not exist."))
}

fn taxonomy(state: &State, id: u64) -> Result<usize, Refused> {
    at(state, id)
        .map_err(|_| Refused::new(404, "woocommerce_rest_taxonomy_invalid", "Taxonomy does not exist."))
}

fn row(attribute: &GlobalAttribute) -> Value {
    json!({"id": attribute.id, "name": attribute.name, "slug": attribute.slug, "type": "select",
        "order_by": "menu_order", "has_archives": false})
}

fn create(state: &mut State, fields: &Map<String, Value>) -> Result<u64, Refused> {
    let name = stripped(&name_of(fields)?);
    let own = slug(&name);
    if own.is_empty() {
        let words = "Please, provide an attribute name.";
        return Err(Refused::new(400, "woocommerce_rest_cannot_create", words));
    }
    let refused = |words: String| Err(Refused::new(400, "woocommerce_rest_cannot_create", words));
    if own.len() > 28 {
        return refused(format!("Slug \"{own}\" is too long (28 characters max). Shorten it, please."));
    }
    let taxonomy = format!("pa_{own}");
    if state.setup.attributes.iter().any(|attribute| attribute.slug == taxonomy) {
        return refused(format!("Slug \"{own}\" is already in use. Change it, please."));
    }
    Ok(state.setup.add_attribute(&name, &[]))
}

fn terms(state: &State, at: usize, query: &Query) -> Result<Reply, Refused> {
    let page = Page::of(query)?;
    let attribute = &state.setup.attributes[at];
    let counts = counts(state, attribute.id);
    let rows = attribute.terms.iter().enumerate().filter(|(_, t)| wanted(query, t.id, &t.name, &t.slug));
    let rows = rows.map(|(place, term)| {
        let count = counts.get(term.slug.as_str()).copied().unwrap_or(0);
        json!({"id": term.id, "name": term.name, "slug": term.slug, "description": "", "menu_order": place,
            "count": count})
    });
    Ok(page.reply(rows.collect()))
}

/// How many published products have each of the attribute's terms.
fn counts(state: &State, attribute: u64) -> HashMap<&str, usize> {
    let published = state.catalogue.iter().filter(|product| product.status == "publish");
    let with = published.flat_map(|product| &product.attributes).filter(|with| with.id == attribute);
    let mut counts = HashMap::new();
    for slug in with.flat_map(|with| &with.options) {
        *counts.entry(slug.as_str()).or_default() += 1;
    }
    counts
}

fn create_term(state: &mut State, at: usize, fields: &Map<String, Value>) -> Result<Reply, Refused> {
    let name = term_name(&name_of(fields)?);
    if name.is_empty() {
        return Err(empty_name());
    }
    let mut next = state.setup.next_term();
    let attribute = &mut state.setup.attributes[at];
    if let Some(there) = attribute.named(&name) {
        let words = "A term with the name provided already exists in this taxonomy.";
        return Err(Refused::new(400, "term_exists", words).with("resource_id", there.id));
    }
    let slug = attribute.term(&name, &mut next);
    let made =
        json!({"id": next - 1, "name": name, "slug": slug, "description": "", "menu_order": 0, "count": 0});
    Ok(Reply { status: 201, ..Reply::ok(made) })
}
