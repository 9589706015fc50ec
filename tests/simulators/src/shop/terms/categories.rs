//! `products/categories`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use world::Method;

use super::{
    Category, Page, can_create, can_delete, can_list, can_view, empty_name, free_slug, name_of, wanted,
};
use crate::shop::{
    Setup, State,
    answer::{Refused, Reply},
    list::Query,
    text::{slug, term_name, unslashed},
    write::text,
};

/// Answers what comes after `products/categories`.
pub(in crate::shop) fn answer(
    state: &mut State,
    method: Method,
    rest: &[&str],
    fields: impl FnOnce() -> Result<Map<String, Value>, Refused>,
    known: bool,
    query: &Query,
) -> Result<Reply, Refused> {
    match (method, rest) {
        (Method::Get, []) => {
            can_list(known)?;
            list(state, query)
        }
        (Method::Post, []) => {
            can_create(known)?;
            let id = create(state, &fields()?)?;
            Ok(Reply { status: 201, ..Reply::ok(one(state, id)?) })
        }
        (Method::Get, [id]) => {
            let id = id.parse().map_err(|_| Refused::no_route())?;
            let row = one(state, id)?;
            can_view(known)?;
            Ok(Reply::ok(row))
        }
        (Method::Delete, [id]) => {
            let id = id.parse().map_err(|_| Refused::no_route())?;
            let row = one(state, id)?;
            can_delete(known)?;
            delete(state, id, matches!(query.get("force").map(String::as_str), Some("true" | "1")))?;
            Ok(Reply::ok(row))
        }
        _ => Err(Refused::no_route()),
    }
}

fn list(state: &State, query: &Query) -> Result<Reply, Refused> {
    let page = Page::of(query)?;
    let parent = query.get("parent").and_then(|parent| parent.parse::<u64>().ok());
    let hide_empty = matches!(query.get("hide_empty").map(String::as_str), Some("true" | "1"));
    let counts = counts(state);
    let rows = state.setup.categories.iter().filter_map(|category| {
        let count = counts.get(&category.id).copied().unwrap_or(0);
        let here = parent.is_none_or(|parent| category.parent == parent);
        let shown = here && !(hide_empty && count == 0);
        (shown && wanted(query, category.id, &category.name, &category.slug)).then(|| row(category, count))
    });
    Ok(page.reply(rows.collect()))
}

fn one(state: &State, id: u64) -> Result<Value, Refused> {
    let found = state.setup.categories.iter().find(|category| category.id == id);
    let category = found
        .ok_or_else(|| Refused::new(404, "woocommerce_rest_term_invalid", "Resource does not exist."))?;
    let in_it = state.catalogue.iter().filter(|product| product.categories.contains(&id));
    Ok(row(category, in_it.filter(|product| product.status == "publish").count()))
}

/// How many published products are in each.
fn counts(state: &State) -> HashMap<u64, usize> {
    let published = state.catalogue.iter().filter(|p| p.status == "publish" && !p.is_variation());
    let mut counts = HashMap::new();
    for id in published.flat_map(|product| &product.categories) {
        *counts.entry(*id).or_default() += 1;
    }
    counts
}

fn row(category: &Category, count: usize) -> Value {
    json!({"id": category.id, "name": category.name, "slug": category.slug, "parent": category.parent,
        "description": "", "display": "default", "image": null, "menu_order": 0, "count": count})
}

/// `wp_insert_term`.
fn create(state: &mut State, fields: &Map<String, Value>) -> Result<u64, Refused> {
    let name = name_of(fields)?;
    let parent = match fields.get("parent") {
        None | Some(Value::Null) => 0,
        Some(parent) => text(parent).parse::<u64>().map_err(|_| {
            let why = "parent is not of type integer.".to_owned();
            Refused::params(&[("parent".to_owned(), "rest_invalid_type", why)])
        })?,
    };
    let given = fields.get("slug").map(|sent| slug(&text(sent))).filter(|slug| !slug.is_empty());
    insert(&mut state.setup, &term_name(&unslashed(&name)), parent, given)
}

/// For good, or not at all; the default stays. What was below it moves up.
fn delete(state: &mut State, id: u64, force: bool) -> Result<(), Refused> {
    if !force {
        let words = "Resource does not support trashing.";
        return Err(Refused::new(501, "woocommerce_rest_trash_not_supported", words));
    }
    let categories = &mut state.setup.categories;
    if categories.first().is_some_and(|default| default.id == id) {
        return Err(Refused::new(500, "woocommerce_rest_cannot_delete", "The resource cannot be deleted."));
    }
    let above = categories.iter().find(|category| category.id == id).map_or(0, |category| category.parent);
    categories.retain(|category| category.id != id);
    for child in categories.iter_mut().filter(|category| category.parent == id) {
        child.parent = above;
    }
    let holders = state.catalogue.iter().filter(|product| product.categories.contains(&id));
    for product in holders.map(|product| product.id).collect::<Vec<_>>() {
        state.catalogue.edit(product, None, |product| product.categories.retain(|one| *one != id));
    }
    Ok(())
}

/// The longest name, in characters.
const LONGEST: usize = 200;

/// A name once under a parent, a slug once at all.
pub(super) fn insert(
    setup: &mut Setup,
    name: &str,
    parent: u64,
    given: Option<String>,
) -> Result<u64, Refused> {
    let categories = &setup.categories;
    let above = categories.iter().find(|category| category.id == parent);
    if parent > 0 && above.is_none() {
        return Err(Refused::new(400, "missing_parent", "Parent term does not exist."));
    }
    if name.is_empty() {
        return Err(empty_name());
    }
    if name.chars().count() > LONGEST {
        return Err(Refused::new(400, "db_insert_error", "Could not insert term into the database."));
    }
    let wanted = given.clone().unwrap_or_else(|| slug(name));
    if let Some(there) = twin(categories, parent, name, &wanted, given.is_some()) {
        let words = "A term with the name provided already exists with this parent.";
        return Err(Refused::new(400, "term_exists", words).with("resource_id", there.id));
    }
    let taken = |slug: &str| categories.iter().any(|category| category.slug == slug);
    // A slug that is taken is told apart by the parent's first.
    let wanted = match above {
        Some(above) if taken(&wanted) => format!("{wanted}-{}", above.slug),
        _ => wanted,
    };
    let slug = free_slug(&wanted, taken);
    let id = setup.next_term();
    setup.categories.push(Category { id, name: name.to_owned(), slug, parent });
    Ok(id)
}

/// The category that stands in the way: a sibling of that name; where only the case differs, the sibling of that slug.
fn twin<'a>(
    categories: &'a [Category],
    parent: u64,
    name: &str,
    slug: &str,
    slug_given: bool,
) -> Option<&'a Category> {
    // As it stands in SQL it is another name.
    if name.contains('\\') {
        return None;
    }
    let siblings = || categories.iter().filter(|category| category.parent == parent);
    let named = siblings().find(|sibling| sibling.name.eq_ignore_ascii_case(name))?;
    let same_name = siblings().any(|sibling| sibling.name == name);
    if (!slug_given || named.slug == slug) && same_name {
        return Some(named);
    }
    siblings().find(|sibling| sibling.slug == slug)
}
