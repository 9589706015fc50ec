//! Answers and errors in the shop's own shapes.

use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::{Map, Value, json};
use world::Response;

/// An error as WordPress tells it.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// What stands in `data` besides the status.
    pub(super) data: Map<String, Value>,
    /// `data` is the status alone.
    bare: bool,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refused {
        Refused { status, code, message: message.into(), data: Map::new(), bare: false }
    }

    /// As refunds fail: `data` is the bare status.
    pub(super) fn bare(status: u16, code: &'static str, message: impl Into<String>) -> Refused {
        Refused { bare: true, ..Refused::new(status, code, message) }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Refused {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// `rest_invalid_param`, with each parameter, its error's code and its words.
    pub(super) fn params(wrong: &[(String, &'static str, String)]) -> Refused {
        let names = wrong.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join(", ");
        let mut params = Map::new();
        let mut details = Map::new();
        for (name, code, message) in wrong {
            params.insert(name.clone(), message.as_str().into());
            let data = if *code == "rest_invalid_type" { json!({ "param": name }) } else { Value::Null };
            details.insert(name.clone(), json!({"code": code, "message": message, "data": data}));
        }
        Refused::new(400, "rest_invalid_param", format!("Invalid parameter(s): {names}"))
            .with("params", params)
            .with("details", details)
    }

    pub(super) fn no_route() -> Refused {
        Refused::new(404, "rest_no_route", "No route was found matching the URL and request method.")
    }

    pub(super) fn invalid_id(status: u16) -> Refused {
        Refused::new(status, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    }

    pub(super) fn to_json(&self) -> Value {
        if self.bare {
            return json!({"code": self.code, "message": self.message, "data": self.status});
        }
        let mut data = Map::new();
        data.insert("status".to_owned(), self.status.into());
        data.extend(self.data.clone());
        json!({"code": self.code, "message": self.message, "data": data})
    }
}

/// A good answer, before it is sent.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) value: Value,
    pub(super) headers: Vec<(String, String)>,
}

impl Reply {
    pub(super) fn ok(value: Value) -> Reply {
        Reply { status: 200, value, headers: Vec::new() }
    }

    /// Rows of a list, with the totals.
    pub(super) fn rows(rows: Vec<Value>, total: usize, per_page: usize) -> Reply {
        let pages = total.div_ceil(per_page.max(1));
        let headers = vec![
            ("X-WP-Total".to_owned(), total.to_string()),
            ("X-WP-TotalPages".to_owned(), pages.to_string()),
        ];
        Reply { status: 200, value: Value::Array(rows), headers }
    }
}

/// The answer as it goes out.
pub(super) fn send(result: Result<Reply, Refused>, now: Timestamp) -> Response {
    let (status, value, more) = match result {
        Ok(reply) => (reply.status, reply.value, reply.headers),
        Err(refused) => (refused.status, refused.to_json(), Vec::new()),
    };
    let mut headers = vec![date(now), header("Content-Type", "application/json; charset=UTF-8")];
    headers.extend(more);
    Response { status, headers, body: value.to_string().into_bytes() }
}

/// A page of HTML, or no body at all.
pub(super) fn page(status: u16, title: &str, more: Vec<(String, String)>, now: Timestamp) -> Response {
    let mut headers = vec![date(now), header("Content-Type", "text/html; charset=UTF-8")];
    headers.extend(more);
    let body =
        format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{title}</body></html>\n");
    Response { status, headers, body: body.into_bytes() }
}

pub(super) fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn date(now: Timestamp) -> (String, String) {
    // Every moment of these centuries can be printed so.
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
    ("Date".to_owned(), text)
}
