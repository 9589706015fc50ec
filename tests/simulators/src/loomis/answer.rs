//! Answers as the server writes them: an envelope around rows whose scalars are loose. `API.md` §2.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::Value;
use world::Response;

use super::state::State;

/// An answer before its clock and its status are put around it.
pub(super) enum Answer {
    /// Yes, with these fields: name and JSON text.
    Yes(Vec<(&'static str, String)>),
    /// No.
    No(u16, String),
}

impl Answer {
    pub(super) fn no(code: u16, message: &str) -> Answer {
        Answer::No(code, message.to_owned())
    }

    /// A page of rows under their name, with the count of all.
    pub(super) fn list(name: &'static str, rows: impl IntoIterator<Item = String>, total: usize) -> Answer {
        Answer::Yes(vec![(name, array(rows)), ("total_count", total.to_string())])
    }

    /// What a save answers: the rows that were taken, and what was wrong with the others; nothing is the empty list.
    pub(super) fn saved(rows: Vec<String>, refused: &Value) -> Answer {
        Answer::Yes(vec![
            ("total_affected", rows.len().to_string()),
            ("data", array(rows)),
            ("validation_message", refused.to_string()),
        ])
    }

    pub(super) fn written(self, state: &State, now: Timestamp) -> Response {
        let (status, code, message, fields) = match self {
            Answer::Yes(fields) => ("true", 200, "Success".to_owned(), fields),
            Answer::No(code, message) => ("false", code, message, Vec::new()),
        };
        let mut clock = local(now, &state.zone);
        if state.slashes {
            clock = clock.replace('-', "/");
        }
        let mut body = format!(
            "{{\"status\":{status},\"code\":{code},\"message\":{},\"dateTimeBeforeQryExec\":\"{clock}\"",
            Value::from(message)
        );
        for (name, json) in fields {
            body.push_str(&format!(",\"{name}\":{json}"));
        }
        body.push('}');
        // Too many requests were seen as a status of their own.
        let as_status = code == 429 || (state.codes_as_status && code >= 400);
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if code == 429 {
            let seconds = state.min_interval.as_millis().div_ceil(1_000).max(1);
            headers.push(("retry-after".to_owned(), seconds.to_string()));
        }
        Response { status: if as_status { code } else { 200 }, headers, body: body.into_bytes() }
    }
}

pub(super) fn array(rows: impl IntoIterator<Item = String>) -> String {
    let mut text = "[".to_owned();
    for (at, row) in rows.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text.push(']');
    text
}

/// The server's local time.
pub(super) fn local(moment: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A row that is being written. How each scalar is written follows from the row's key and the field's place.
pub(super) struct Row<'a> {
    text: String,
    key: u64,
    place: u64,
    /// What stands instead of fields, as far as it wasn't needed yet.
    raw: BTreeMap<&'a str, &'a str>,
}

impl<'a> Row<'a> {
    pub(super) fn new(key: u64, raw: &'a BTreeMap<String, String>) -> Row<'a> {
        let raw = raw.iter().map(|(name, json)| (name.as_str(), json.as_str())).collect();
        Row { text: "{".to_owned(), key, place: 0, raw }
    }

    pub(super) fn number(&mut self, name: &str, number: Decimal) {
        let json = match self.style(3) {
            0 => number.normalize().to_string(),
            1 => format!("\"{}\"", number.normalize()),
            // Two decimals, more where they are needed.
            _ if number.scale() > 2 => format!("\"{number}\""),
            _ => format!("\"{number:.2}\""),
        };
        self.field(name, &json);
    }

    pub(super) fn boolean(&mut self, name: &str, value: bool) {
        let styles =
            if value { ["true", "\"true\"", "1", "\"1\""] } else { ["false", "\"false\"", "0", "\"0\""] };
        let style = self.style(styles.len() as u64);
        self.field(name, styles[style]);
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.field(name, &Value::from(text).to_string());
    }

    pub(super) fn text_or_none(&mut self, name: &str, text: &str) {
        if text.is_empty() { self.none(name) } else { self.text(name, text) }
    }

    /// A key of something else; 0 for none.
    pub(super) fn reference(&mut self, name: &str, key: u64) {
        if key == 0 { self.none(name) } else { self.number(name, key.into()) }
    }

    /// Nothing, in one of the five ways.
    pub(super) fn none(&mut self, name: &str) {
        let styles = ["null", "0", "\"0\"", "\"\""];
        match styles.get(self.style(styles.len() as u64 + 1)) {
            Some(style) => self.field(name, style),
            None => self.left_out(name),
        }
    }

    pub(super) fn moment(&mut self, name: &str, moment: Timestamp, zone: &TimeZone) {
        self.text(name, &local(moment, zone));
    }

    pub(super) fn list(&mut self, name: &str, entries: impl IntoIterator<Item = String>) {
        self.field(name, &array(entries));
    }

    /// Whatever it is.
    pub(super) fn json(&mut self, name: &str, value: &Value) {
        self.field(name, &value.to_string());
    }

    pub(super) fn done(mut self) -> String {
        for (name, json) in std::mem::take(&mut self.raw) {
            self.put(name, json);
        }
        self.text.push('}');
        self.text
    }

    fn field(&mut self, name: &str, json: &str) {
        self.place += 1;
        let json = self.raw.remove(name).unwrap_or(json);
        self.put(name, json);
    }

    fn left_out(&mut self, name: &str) {
        self.place += 1;
        if let Some(json) = self.raw.remove(name) {
            self.put(name, json);
        }
    }

    fn put(&mut self, name: &str, json: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(json);
    }

    fn style(&self, styles: u64) -> usize {
        let mixed =
            (self.key.wrapping_mul(31).wrapping_add(self.place)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        usize::try_from(mixed % styles).unwrap_or_default()
    }
}
