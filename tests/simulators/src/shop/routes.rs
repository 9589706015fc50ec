//! From a request to an answer: the host's quirks first, then who is asking, then the routes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use world::{Method, Request, Response};

use super::{
    State,
    answer::{Refused, Reply, header, page, send},
    auth,
    list::{self, Query},
    show::{Show, only},
    write::{self, How},
};

/// The most items of a batch.
const MAX_BATCH: usize = 100;

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
            return filtered(Reply::ok(setup.index()), query);
        }
        Some(("wc", rest)) if setup.woocommerce => match rest.split_once('/') {
            Some(("v3", path)) if setup.v3 => (false, path.to_owned()),
            Some(("v2", path)) => (true, path.to_owned()),
            _ => return Err(Refused::no_route()),
        },
        _ => return Err(Refused::no_route()),
    };
    let parts = path.split('/').collect::<Vec<_>>();
    let reply = dispatch(state, request, &parts, v2, who.is_some(), query, now)?;
    filtered(reply, query)
}

/// `_fields` works on every answer, a batch's included, where it hides the errors.
fn filtered(reply: Reply, query: &Query) -> Result<Reply, Refused> {
    let Some(fields) = query.get("_fields").filter(|fields| !fields.is_empty()) else { return Ok(reply) };
    let fields = fields.split(',').map(str::trim).collect::<Vec<_>>();
    Ok(Reply { value: only(reply.value, &fields), ..reply })
}

fn dispatch(
    state: &mut State,
    request: &Request,
    parts: &[&str],
    v2: bool,
    known: bool,
    query: &Query,
    now: Timestamp,
) -> Result<Reply, Refused> {
    use Method::{Delete, Get, Post, Put};
    let stranger = |code, what: &str| {
        if known { Ok(()) } else { Err(Refused::new(401, code, format!("Sorry, you {what}."))) }
    };
    let can_list = || stranger("woocommerce_rest_cannot_view", "cannot list resources");
    let id = |text: &str| text.parse::<u64>().map_err(|_| Refused::no_route());
    let zone = state.setup.zone();
    match (request.method, parts) {
        (Get, ["products"]) => {
            can_list()?;
            list::list(&Show { setup: &state.setup, zone, v2 }, &state.catalogue, query)
        }
        (Post, ["products"]) => {
            stranger("woocommerce_rest_cannot_create", "are not allowed to create resources")?;
            let fields = fields(request)?;
            write::check(&fields)?;
            let id = write::create(&state.setup, &mut state.catalogue, &fields, How::Single, now)?;
            Ok(Reply { status: 201, ..shown(state, id, v2) })
        }
        (Post, ["products", "batch"]) => {
            let what = "are not allowed to batch manipulate this resource";
            stranger("woocommerce_rest_cannot_batch", what)?;
            batch(state, &fields(request)?, v2, now)
        }
        (Get, ["products", text]) => {
            let id = id(text)?;
            stranger("woocommerce_rest_cannot_view", "cannot view this resource")?;
            state.catalogue.get(id).ok_or_else(|| Refused::invalid_id(404))?;
            Ok(shown(state, id, v2))
        }
        (Post | Put, ["products", text]) => {
            let id = id(text)?;
            stranger("woocommerce_rest_cannot_edit", "are not allowed to edit this resource")?;
            let fields = fields(request)?;
            write::check(&fields)?;
            write::update(&state.setup, &mut state.catalogue, id, &fields, How::Single, now)?;
            Ok(shown(state, id, v2))
        }
        (Delete, ["products", text]) => {
            let id = id(text)?;
            stranger("woocommerce_rest_cannot_delete", "are not allowed to delete this resource")?;
            let force = matches!(query.get("force").map(String::as_str), Some("true" | "1"));
            delete(state, id, force, v2, now).map(Reply::ok)
        }
        (Get, ["products", text, "variations"]) => {
            let id = id(text)?;
            can_list()?;
            let parent = state.catalogue.get(id).ok_or_else(|| Refused::invalid_id(404))?;
            let show = Show { setup: &state.setup, zone, v2 };
            let rows: Vec<Value> =
                state.catalogue.variations(parent).map(|v| show.product(v, &state.catalogue)).collect();
            Ok(paged(rows, query))
        }
        (Get, ["taxes"]) => can_list().map(|()| paged(state.setup.taxes(), query)),
        (Get, ["taxes", "classes"]) => can_list().map(|()| paged(state.setup.tax_classes(), &Query::new())),
        (Get, ["settings", group]) => {
            can_list()?;
            let group = state.setup.settings(group).map(Reply::ok);
            group.ok_or_else(|| {
                Refused::new(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
            })
        }
        (Get, ["data", "currencies", "current"]) if !v2 => {
            can_list()?;
            Ok(Reply::ok(json!({"code": state.setup.currency, "name": state.setup.currency, "symbol": "kr"})))
        }
        (Get, ["system_status"]) => can_list().map(|()| Reply::ok(state.setup.system_status())),
        _ => Err(Refused::no_route()),
    }
}

fn paged(rows: Vec<Value>, query: &Query) -> Reply {
    let number =
        |name: &str, default| query.get(name).and_then(|n| n.parse::<usize>().ok()).unwrap_or(default).max(1);
    let (page, per_page) = (number("page", 1), number("per_page", 10));
    let total = rows.len();
    Reply::rows(rows.into_iter().skip((page - 1) * per_page).take(per_page).collect(), total, per_page)
}

fn fields(request: &Request) -> Result<Map<String, Value>, Refused> {
    let body = request.body.as_deref().unwrap_or_default();
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

fn product(state: &State, id: u64, v2: bool) -> Value {
    let show = Show { setup: &state.setup, zone: state.setup.zone(), v2 };
    state.catalogue.get(id).map_or(Value::Null, |product| show.product(product, &state.catalogue))
}

fn shown(state: &State, id: u64, v2: bool) -> Reply {
    Reply::ok(product(state, id, v2))
}

/// The answer shows the product as it was before.
fn delete(state: &mut State, id: u64, force: bool, v2: bool, now: Timestamp) -> Result<Value, Refused> {
    let before = product(state, id, v2);
    let found = state.catalogue.get(id).ok_or_else(|| Refused::invalid_id(404))?;
    if found.kind == "variation" {
        return Err(write::wrong_endpoint());
    }
    if force {
        state.catalogue.remove(id);
    } else if found.status == "trash" {
        return Err(Refused::new(
            410,
            "woocommerce_rest_already_trashed",
            "The product has already been deleted.",
        ));
    } else {
        state.catalogue.edit(id, Some(now), |product| product.status = "trash".to_owned());
    }
    Ok(before)
}

/// Always 200; items one by one, in order, a failed one stopping no other.
fn batch(state: &mut State, body: &Map<String, Value>, v2: bool, now: Timestamp) -> Result<Reply, Refused> {
    let items = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (creates, updates, deletes) = (items("create"), items("update"), items("delete"));
    if creates.len() + updates.len() + deletes.len() > MAX_BATCH {
        let code = "woocommerce_rest_request_entity_too_large";
        return Err(Refused::new(413, code, "Unable to accept more than 100 items for this request."));
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
        match write::create(&state.setup, &mut state.catalogue, fields, How::Item, now) {
            Ok(id) => product(state, id, v2),
            Err(refused) => failed(0.into(), &refused),
        }
    });
    tell("create", created.collect());
    let updated = updates.iter().map(|item| {
        let fields = item.as_object().unwrap_or(&empty);
        let sent = item["id"].clone();
        let id = sent.as_u64().or_else(|| sent.as_str()?.parse().ok()).unwrap_or(0);
        match write::update(&state.setup, &mut state.catalogue, id, fields, How::Item, now) {
            Ok(()) => product(state, id, v2),
            Err(refused) => failed(sent, &refused),
        }
    });
    tell("update", updated.collect());
    let deleted = deletes.iter().map(|item| {
        let id = item.as_u64().unwrap_or(0);
        delete(state, id, true, v2, now).unwrap_or_else(|refused| failed(item.clone(), &refused))
    });
    tell("delete", deleted.collect());
    // An empty batch is an empty PHP array, which is a list.
    Ok(Reply::ok(if answer.is_empty() { json!([]) } else { Value::Object(answer) }))
}
