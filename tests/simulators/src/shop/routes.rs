//! From a request to an answer: the host's quirks first, then who is asking, then the routes.

mod batch;
mod coupons;
mod orders;
mod products;
mod variations;
mod webhooks;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use world::{Method, Request, Response};

use super::{
    State,
    answer::{Refused, Reply, header, page, send},
    auth,
    list::Query,
    show::{Show, only},
    terms,
};

/// Answers a request.
pub(super) fn handle(state: &mut State, request: &Request, now: Timestamp) -> Response {
    if let Some(elsewhere) = redirect(state, request) {
        return page(301, "Moved Permanently", vec![header("Location", &elsewhere)], now);
    }
    if state.setup.maintenance {
        return maintenance(request, now);
    }
    let Some(path) = inside(state, request) else { return page(404, "Not Found", Vec::new(), now) };
    let query: Query = request.url.query_pairs().into_owned().collect();
    // Without permalinks the route stands in the query, and WooCommerce doesn't look at keys there.
    let (route, keyed) = match path.strip_prefix("wp-json") {
        Some(route) if !state.setup.plain_permalinks && (route.is_empty() || route.starts_with('/')) => {
            (route.to_owned(), true)
        }
        Some(_) => return page(404, "Not Found", Vec::new(), now),
        None => match query.get("rest_route").filter(|_| path.is_empty() || path == "index.php") {
            Some(route) => (route.clone(), false),
            None if path.is_empty() => return page(200, "Shop", Vec::new(), now),
            None => return page(404, "Not Found", Vec::new(), now),
        },
    };
    send(answer(state, request, route.trim_matches('/'), keyed, &query, now), now)
}

fn redirect(state: &State, request: &Request) -> Option<String> {
    let target = state.setup.redirect_to.as_deref()?.trim_end_matches('/');
    let url = &request.url;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = if auth::is_ssl(&state.setup, request) { "https" } else { "http" };
    let here = format!("{scheme}://{}{port}", url.host_str().unwrap_or_default());
    (here != target).then(|| {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{target}{}{query}", url.path())
    })
}

fn maintenance(request: &Request, now: Timestamp) -> Response {
    let words = "Briefly unavailable for scheduled maintenance. Check back in a minute.";
    let again = header("Retry-After", "600");
    if !request.header_value("accept").is_some_and(|accept| accept.contains("application/json")) {
        return page(503, words, vec![again], now);
    }
    let mut value = Refused::new(503, "wp_die", words).to_json();
    value["additional_errors"] = json!([]);
    send(Ok(Reply { status: 503, value, headers: vec![again] }), now)
}

/// The path inside WordPress, without slash in front; `None` outside its folder.
fn inside(state: &State, request: &Request) -> Option<String> {
    let path = request.url.path().trim_start_matches('/');
    let folder = state.setup.folder.trim_matches('/');
    let inside = match path.strip_prefix(folder)? {
        rest if folder.is_empty() => rest,
        "" => "",
        rest => rest.strip_prefix('/')?,
    };
    Some(inside.to_owned())
}

fn answer(
    state: &mut State,
    request: &Request,
    route: &str,
    keyed: bool,
    query: &Query,
    now: Timestamp,
) -> Result<Reply, Refused> {
    let State { setup, keys, nonces, .. } = state;
    let is_ours = route.starts_with("wc/");
    let who = if keyed && is_ours && setup.woocommerce {
        auth::authenticate(setup, keys, nonces, request, now)?
    } else {
        None
    };
    let (v2, path) = match route.split_once('/') {
        None if route.is_empty() && request.method == Method::Get => {
            return filtered(Reply::ok(setup.index(now)), query);
        }
        Some(("wc", rest)) if setup.woocommerce => match rest.split_once('/') {
            Some(("v3", path)) if setup.has_v3() => (false, path.to_owned()),
            Some(("v2", path)) => (true, path.to_owned()),
            _ => return Err(Refused::no_route()),
        },
        _ => return Err(Refused::no_route()),
    };
    let parts = path.split('/').collect::<Vec<_>>();
    let call = Call { request, query, v2, known: who.is_some(), home: home(setup, request), now };
    filtered(call.dispatch(state, &parts)?, query)
}

/// The shop's address, with a slash at its end.
fn home(setup: &super::Setup, request: &Request) -> String {
    let url = &request.url;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let folder = setup.folder.trim_matches('/');
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{}://{}{port}/{folder}{slash}", url.scheme(), url.host_str().unwrap_or_default())
}

/// `_fields` works on every answer, a batch's included, where it hides the errors.
fn filtered(reply: Reply, query: &Query) -> Result<Reply, Refused> {
    let Some(fields) = query.get("_fields").filter(|fields| !fields.is_empty()) else { return Ok(reply) };
    let fields = fields.split(',').map(str::trim).collect::<Vec<_>>();
    Ok(Reply { value: only(reply.value, &fields), ..reply })
}

/// The fields of a body.
type Fields = Map<String, Value>;

/// A call of WooCommerce, and who makes it.
struct Call<'a> {
    request: &'a Request,
    query: &'a Query,
    v2: bool,
    /// Whether a key was let in.
    known: bool,
    home: String,
    now: Timestamp,
}

impl Call<'_> {
    fn dispatch(&self, state: &mut State, parts: &[&str]) -> Result<Reply, Refused> {
        let (method, query, known) = (self.request.method, self.query, self.known);
        let fields = || self.fields();
        match (method, parts) {
            (_, ["products", "categories", rest @ ..]) => {
                terms::categories(state, method, rest, fields, known, query)
            }
            (_, ["products", "attributes", rest @ ..]) => {
                terms::attributes(state, method, rest, fields, known, query)
            }
            (Method::Get, ["products", "brands"]) if !self.v2 && state.setup.since(9, 6) => {
                self.can_list()?;
                Ok(Reply::rows(Vec::new(), 0, 10))
            }
            (_, ["products", parent, "variations", rest @ ..]) => self.variations(state, parent, rest),
            (Method::Get, ["variations"]) if !self.v2 && state.setup.since(10, 3) => {
                self.all_variations(state)
            }
            (_, ["products", rest @ ..]) => self.products(state, rest),
            (_, ["orders", rest @ ..]) => self.orders(state, rest),
            (Method::Get, ["reports", "orders", "totals"]) if !self.v2 => {
                self.can_list()?;
                let mut rows = state.setup.order_statuses();
                for row in rows.as_array_mut().into_iter().flatten() {
                    row["total"] = state.orders.of_status(row["slug"].as_str().unwrap_or_default()).into();
                }
                Ok(Reply::ok(rows))
            }
            (_, ["coupons", rest @ ..]) => self.coupons(state, rest),
            (_, ["webhooks", rest @ ..]) => self.webhooks(state, rest),
            (Method::Get, ["refunds"]) if !self.v2 && state.setup.since(9, 0) => self.all_refunds(state),
            (Method::Get, _) => self.page_of_setup(state, parts),
            _ => Err(Refused::no_route()),
        }
    }

    /// What is read only, and tells of the setup.
    fn page_of_setup(&self, state: &State, parts: &[&str]) -> Result<Reply, Refused> {
        let (setup, query) = (&state.setup, self.query);
        match parts {
            ["taxes"] => self.can_list().map(|()| paged(setup.taxes(), query)),
            ["taxes", "classes"] => self.can_list().map(|()| paged(setup.tax_classes(), &Query::new())),
            ["settings", group] => {
                self.can_list()?;
                let group = setup.settings(group).map(Reply::ok);
                group.ok_or_else(|| {
                    Refused::new(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
                })
            }
            ["data", "currencies", "current"] if !self.v2 => {
                self.can_list()?;
                Ok(Reply::ok(json!({"code": setup.currency, "name": setup.currency, "symbol": "kr"})))
            }
            ["system_status"] => self.can_list().map(|()| Reply::ok(setup.system_status())),
            _ => Err(Refused::no_route()),
        }
    }

    fn allowed(&self, code: &'static str, what: &str) -> Result<(), Refused> {
        if self.known { Ok(()) } else { Err(Refused::new(401, code, format!("Sorry, you {what}."))) }
    }

    fn can_list(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_view", "cannot list resources")
    }

    fn can_view(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_view", "cannot view this resource")
    }

    fn can_create(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_create", "are not allowed to create resources")
    }

    fn can_edit(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_edit", "are not allowed to edit this resource")
    }

    fn can_delete(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_delete", "are not allowed to delete this resource")
    }

    fn can_batch(&self) -> Result<(), Refused> {
        self.allowed("woocommerce_rest_cannot_batch", "are not allowed to batch manipulate this resource")
    }

    fn forces(&self) -> bool {
        matches!(self.query.get("force").map(String::as_str), Some("true" | "1"))
    }

    /// How the answer to a read looks.
    fn show<'a>(&'a self, state: &'a State) -> Show<'a> {
        let State { setup, catalogue, .. } = state;
        let edit = self.query.get("context").is_some_and(|context| context == "edit");
        Show { setup, zone: setup.zone(), v2: self.v2, edit, home: &self.home, now: self.now, catalogue }
    }

    /// How the answer to a write looks.
    fn show_edit<'a>(&'a self, state: &'a State) -> Show<'a> {
        Show { edit: true, ..self.show(state) }
    }

    fn fields(&self) -> Result<Fields, Refused> {
        let body = self.request.body.as_deref().unwrap_or_default();
        if body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Ok(Map::new()),
            Err(_) => Err(Refused::new(400, "rest_invalid_json", "Invalid JSON body passed.")
                .with("json_error_code", 4)
                .with("json_error_message", "Syntax error")),
        }
    }
}

/// An id in a path.
fn id(text: &str) -> Result<u64, Refused> {
    text.parse().map_err(|_| Refused::no_route())
}

fn paged(rows: Vec<Value>, query: &Query) -> Reply {
    let number =
        |name: &str, default| query.get(name).and_then(|n| n.parse::<usize>().ok()).unwrap_or(default).max(1);
    let (page, per_page) = (number("page", 1), number("per_page", 10));
    let total = rows.len();
    let from = (page - 1).saturating_mul(per_page);
    Reply::rows(rows.into_iter().skip(from).take(per_page).collect(), total, per_page)
}
