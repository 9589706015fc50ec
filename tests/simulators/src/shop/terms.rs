//! Categories, global attributes and their terms.

mod attributes;
mod categories;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use attributes::answer as attributes;
pub(super) use categories::answer as categories;

use super::{
    Setup, Shop,
    answer::{Refused, Reply},
    list::Query,
    text::{slug, sort_key, term_name},
    write::check_list,
};

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The id.
    pub id: u64,
    /// The name, as WordPress keeps it: `Mat &amp; drikke`.
    pub name: String,
    /// The slug, each once.
    pub slug: String,
    /// The parent's id, or 0.
    #[serde(default)]
    pub parent: u64,
}

/// A global attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAttribute {
    /// The id.
    pub id: u64,
    /// The name: `Farge`.
    pub name: String,
    /// Its taxonomy: `pa_farge`.
    pub slug: String,
    /// Its terms.
    #[serde(default)]
    pub terms: Vec<Term>,
}

/// A term of a global attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The id.
    pub id: u64,
    /// The name: `Blå`.
    pub name: String,
    /// The slug: `bla`.
    pub slug: String,
}

impl GlobalAttribute {
    /// The term with that name, in any case.
    pub(super) fn named(&self, name: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.name.to_lowercase() == name.to_lowercase())
    }

    /// The name of the term with that slug.
    pub(super) fn name_of<'a>(&'a self, slug: &'a str) -> &'a str {
        self.terms.iter().find(|term| term.slug == slug).map_or(slug, |term| &term.name)
    }

    /// The slug of the term with that name, made where there is none; its id is the next, which then moves on.
    pub(super) fn term(&mut self, name: &str, next: &mut u64) -> String {
        if let Some(term) = self.named(name) {
            return term.slug.clone();
        }
        let slug = free_slug(&slug(name), |slug| self.terms.iter().any(|term| term.slug == slug));
        self.terms.push(Term { id: *next, name: name.to_owned(), slug: slug.clone() });
        *next += 1;
        slug
    }
}

/// The slug, or with the first number that makes it free.
fn free_slug(slug: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut free = slug.to_owned();
    let mut number = 2_u64;
    while taken(&free) {
        free = format!("{slug}-{number}");
        number += 1;
    }
    free
}

/// Adds a category, as a person does; the id, also of the one that is there already.
pub(super) fn add_category(setup: &mut Setup, name: &str, parent: u64) -> u64 {
    let made = categories::insert(setup, &term_name(name), parent, None);
    made.unwrap_or_else(|refused| refused.data.get("resource_id").and_then(Value::as_u64).unwrap_or(0))
}

/// A category, by the simulator's own control.
pub(super) fn add_by_hand(shop: &Shop, value: Value, _now: Timestamp) -> Result<Value, String> {
    let name = value["name"].as_str().ok_or("a name is needed")?;
    match shop.add_category(name, value["parent"].as_u64().unwrap_or(0)) {
        0 => Err("no such parent, or no name".to_owned()),
        id => Ok(json!({ "id": id })),
    }
}

/// A global attribute, by the simulator's own control.
pub(super) fn add_attribute_by_hand(shop: &Shop, value: Value, _now: Timestamp) -> Result<Value, String> {
    let name = value["name"].as_str().ok_or("a name is needed")?;
    let terms: Vec<&str> =
        value["terms"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(json!({ "id": shop.add_attribute(name, &terms) }))
}

/// The order and the page of a list of terms, checked.
struct Page {
    page: usize,
    per_page: usize,
    orderby: String,
    descending: bool,
}

const ORDERS: [&str; 7] = ["id", "include", "name", "slug", "term_group", "description", "count"];

impl Page {
    fn of(query: &Query) -> Result<Page, Refused> {
        let mut wrong = Vec::new();
        let (page, per_page) = super::list::pages(query, &mut wrong);
        for (name, allowed) in [("orderby", &ORDERS[..]), ("order", &["asc", "desc"])] {
            if let Some(value) = query.get(name).filter(|value| !allowed.contains(&value.as_str()))
                && !value.is_empty()
            {
                let listed = check_list(allowed);
                wrong.push((name.to_owned(), "rest_not_in_enum", format!("{name} is not one of {listed}.")));
            }
        }
        if !wrong.is_empty() {
            return Err(Refused::params(&wrong));
        }
        let orderby = query.get("orderby").cloned().unwrap_or_else(|| "name".to_owned());
        let descending = query.get("order").is_some_and(|order| order == "desc");
        Ok(Page { page, per_page, orderby, descending })
    }

    /// The page's rows.
    fn reply(&self, mut rows: Vec<Value>) -> Reply {
        let number = |row: &Value, name: &str| row[name].as_u64().unwrap_or(0);
        let words = |row: &Value, name: &str| sort_key(row[name].as_str().unwrap_or_default());
        match self.orderby.as_str() {
            "id" => rows.sort_by_key(|row| number(row, "id")),
            "count" => rows.sort_by_key(|row| number(row, "count")),
            "slug" => rows.sort_by_key(|row| words(row, "slug")),
            _ => rows.sort_by_cached_key(|row| (words(row, "name"), number(row, "id"))),
        }
        if self.descending {
            rows.reverse();
        }
        let total = rows.len();
        let from = (self.page - 1).saturating_mul(self.per_page);
        Reply::rows(rows.into_iter().skip(from).take(self.per_page).collect(), total, self.per_page)
    }
}

/// Whether a term is wanted by `include`, `exclude`, `slug` and `search`.
fn wanted(query: &Query, id: u64, name: &str, slug: &str) -> bool {
    let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let among = |list: &String| super::list::ids(Some(list)).contains(&id);
    given("include").is_none_or(among)
        && !given("exclude").is_some_and(among)
        && given("slug").is_none_or(|wanted| wanted == slug)
        && given("search").is_none_or(|search| {
            let search = search.to_lowercase();
            name.to_lowercase().contains(&search) || slug.contains(&search)
        })
}

/// The name that a create needs.
fn name_of(fields: &serde_json::Map<String, Value>) -> Result<String, Refused> {
    match fields.get("name") {
        None => Err(Refused::new(400, "rest_missing_callback_param", "Missing parameter(s): name")
            .with("params", json!(["name"]))),
        Some(Value::String(name)) => Ok(name.clone()),
        Some(_) => {
            let wrong = ("name".to_owned(), "rest_invalid_type", "name is not of type string.".to_owned());
            Err(Refused::params(&[wrong]))
        }
    }
}

fn empty_name() -> Refused {
    Refused::new(400, "empty_term_name", "A name is required for this term.")
}

/// The words of strangers.
fn known(known: bool, code: &'static str, what: &str) -> Result<(), Refused> {
    if known { Ok(()) } else { Err(Refused::new(401, code, format!("Sorry, you {what}."))) }
}

fn can_list(is_known: bool) -> Result<(), Refused> {
    known(is_known, "woocommerce_rest_cannot_view", "cannot list resources")
}

fn can_create(is_known: bool) -> Result<(), Refused> {
    known(is_known, "woocommerce_rest_cannot_create", "are not allowed to create resources")
}

fn can_delete(is_known: bool) -> Result<(), Refused> {
    known(is_known, "woocommerce_rest_cannot_delete", "are not allowed to delete this resource")
}

fn can_view(is_known: bool) -> Result<(), Refused> {
    known(is_known, "woocommerce_rest_cannot_view", "cannot view this resource")
}
