//! The calls: who may, what is asked, what is answered. `API.md` §1 to §3, §5.

mod customers;
mod login;
mod orders;
mod saves;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;
use world::{Method, Request, Response};

use super::{answer::Answer, answer::Row, state::State};

/// What an order's id stands below.
const VIEW: &str = "logistics/orders/view";
/// Every call stands below this.
const BASE: &str = "/v1/";
/// The page where nothing is asked for, and the longest whatever is.
const PAGE: usize = 20;
const LONGEST_PAGE: usize = 100;

pub(super) fn answer(state: &mut State, request: &Request, now: Timestamp) -> Response {
    let Some(call) = request.url.path().strip_prefix(BASE) else {
        return page_not_found();
    };
    let answer = match (request.method, call.trim_end_matches('/')) {
        (Method::Post, "getaccesstokens") => login::log_in(state, request, now),
        (method, call) => match login::client(state, request, licensed(call), now) {
            Ok(client) => called(state, &client, method, call, request, now),
            Err(refused) => refused,
        },
    };
    answer.written(state, now)
}

/// The call's name, whatever order it is of.
fn licensed(call: &str) -> &str {
    if call.starts_with(VIEW) { VIEW } else { call }
}

fn page_not_found() -> Response {
    Response {
        status: 404,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
            .to_vec(),
    }
}

fn called(
    state: &mut State,
    client: &str,
    method: Method,
    call: &str,
    request: &Request,
    now: Timestamp,
) -> Answer {
    let query = Query::of(request);
    if let (Method::Get, Some(id)) = (method, call.strip_prefix(VIEW)) {
        return orders::view(state, client, id.trim_start_matches('/'));
    }
    match (method, call) {
        (Method::Get, "department/list") => departments(state, client),
        (Method::Get, "product/list") => products(state, client, &query),
        (Method::Get, "all/product/stock") => stock(state, client, &query),
        (Method::Get, "product/category/list/product") => categories(state, client, &query),
        (Method::Get, "customer/list") => customers::list(state.client(client), &query),
        (Method::Put, "customer") => customers::save(state.client(client), &query),
        (Method::Get, "logistics/orders/list") if state.order_lookup => orders::list(state, client, &query),
        (
            Method::Post,
            "product/save" | "product/adjust-stock" | "product/category/save" | orders::SAVE | orders::SALE,
        ) => {
            let Ok(body) = serde_json::from_slice::<Value>(request.body.as_deref().unwrap_or_default())
            else {
                return Answer::no(400, "Invalid JSON");
            };
            match call {
                "product/save" => saves::products(state.client(client), &body, now),
                "product/adjust-stock" => saves::adjust(state.client(client), &body, now),
                orders::SAVE | orders::SALE => orders::save(state.client(client), call, &body, now),
                _ => saves::categories(state.client(client), &body),
            }
        }
        _ => Answer::no(404, "Not found"),
    }
}

/// The query's parameters.
struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    fn of(request: &'a Request) -> Query<'a> {
        Query(request.url.query_pairs().collect())
    }

    /// The parameter, if it is there and not empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_ref())
    }

    fn filter(&self, name: &str) -> Option<&str> {
        self.get(&format!("filter[{name}]"))
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    /// What the page begins with and how long it is at most.
    fn page(&self) -> (usize, usize) {
        let length = self.number("length").filter(|length| *length > 0).unwrap_or(PAGE);
        (self.number("start").unwrap_or(0), length.min(LONGEST_PAGE))
    }
}

/// The page of `all` that is asked for.
fn page<'a, T>(all: &'a [T], query: &Query<'_>) -> &'a [T] {
    let (start, length) = query.page();
    let rest = all.get(start..).unwrap_or_default();
    &rest[..rest.len().min(length)]
}

fn departments(state: &mut State, client: &str) -> Answer {
    let departments = &state.client(client).departments;
    let rows = departments.iter().map(|(id, department)| {
        let raw = Default::default();
        let mut row = Row::new(*id, &raw);
        row.number("department_id", (*id).into());
        row.text("department_name", &department.name);
        row.text("api_token", &department.token);
        row.text("city", "Oslo");
        row.done()
    });
    Answer::list("departments", rows, departments.len())
}

fn products(state: &mut State, client: &str, query: &Query<'_>) -> Answer {
    let zone = state.zone.clone();
    let catalogue = &state.client(client).catalogue;
    // The narrowest index first; the rest of the filters look at what it gives.
    let found: Cow<'_, [u64]> = if let Some(number) = query.filter("product_number") {
        catalogue.numbered(number).into()
    } else if let Some(since) = query.filter("last_update_date") {
        catalogue.updated_since(since, &zone).into()
    } else {
        catalogue.ids().into()
    };
    let truth = |name: &str| query.filter(name).map(|value| matches!(value, "1" | "true"));
    let (visible, deleted) = (truth("view_on_webshop"), truth("is_deleted"));
    let category: Option<u64> = query.filter("category_id").and_then(|id| id.parse().ok());
    let mut found = if visible.is_none() && deleted.is_none() && category.is_none() {
        found
    } else {
        let fits = |id: &u64| {
            catalogue.get(*id).is_some_and(|product| {
                visible.is_none_or(|visible| product.view_on_webshop == visible)
                    && deleted.is_none_or(|deleted| product.is_deleted == deleted)
                    && category.is_none_or(|category| product.category_id == category)
            })
        };
        found.iter().copied().filter(fits).collect()
    };
    if query.get("sort_order").is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        found.to_mut().reverse();
    }
    let rows =
        page(&found, query).iter().filter_map(|id| catalogue.get(*id)).map(|product| product.row(&zone));
    Answer::list("products", rows, found.len())
}

fn stock(state: &mut State, client: &str, query: &Query<'_>) -> Answer {
    let Some(token) = query.get("department") else {
        return Answer::no(422, "The department field is required");
    };
    let client = state.client(client);
    let Some((department_id, department)) = client.departments.iter().find(|(_, d)| d.token == token) else {
        return Answer::no(404, "Department not found");
    };
    let catalogue = &client.catalogue;
    let only: Vec<u64> = query
        .0
        .iter()
        .filter(|(name, _)| name.starts_with("filter[product_id]"))
        .filter_map(|(_, id)| id.parse().ok())
        .collect();
    let found: Cow<'_, [u64]> = if only.is_empty() {
        catalogue.live().into()
    } else {
        let live = catalogue.live();
        let mut only: Vec<u64> = only.into_iter().filter(|id| live.binary_search(id).is_ok()).collect();
        only.sort_unstable();
        only.dedup();
        only.into()
    };
    let rows = page(&found, query).iter().filter_map(|id| catalogue.get(*id)).map(|product| {
        let id = product.product_id;
        let amount = department.stock.get(&id).copied().unwrap_or_default();
        let raw = Default::default();
        let mut inner = Row::new(id + department_id, &raw);
        inner.number("department_id", (*department_id).into());
        inner.number("stock", amount.available());
        inner.number("actual_stock", amount.physical);
        inner.none("min_stock");
        inner.none("max_stock");
        let mut row = Row::new(id, &raw);
        row.number("product_id", id.into());
        row.text("product_number", &product.product_number);
        row.list("department", [inner.done()]);
        row.done()
    });
    Answer::list("data", rows, found.len())
}

fn categories(state: &mut State, client: &str, query: &Query<'_>) -> Answer {
    let name = query.filter("category_name");
    let categories = state.client(client).categories.iter();
    let found: Vec<_> = categories.filter(|(_, path)| name.is_none_or(|name| *path == name)).collect();
    let rows = page(&found, query).iter().map(|(id, path)| {
        let raw = Default::default();
        let mut row = Row::new(**id, &raw);
        row.number("category_id", (**id).into());
        row.text("category_name", path);
        row.done()
    });
    Answer::list("categories", rows, found.len())
}
