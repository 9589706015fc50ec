//! What people and scripts read: results on stdout, everything else on stderr.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

use serde_json::Value;

use crate::progress;

#[derive(Clone, Copy)]
struct Style {
    json: bool,
    coloured: bool,
}

static STYLE: OnceLock<Style> = OnceLock::new();

fn style() -> Style {
    STYLE.get().copied().unwrap_or(Style { json: false, coloured: false })
}

/// Says once how results are written.
pub(crate) fn set_up(json: bool) {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let coloured = !json && !plain && io::stdout().is_terminal();
    // Only `main` calls this.
    STYLE.get_or_init(|| Style { json, coloured });
}

/// Whether results are JSON.
pub(crate) fn json() -> bool {
    style().json
}

/// A line for people; nothing where JSON is asked for.
pub(crate) fn line(text: impl Display) {
    if !json() {
        write(&mut io::stdout().lock(), &format!("{text}\n"));
    }
}

/// A result as JSON, where JSON is asked for.
pub(crate) fn value(value: &Value) {
    if json() {
        pretty(value);
    }
}

/// JSON, whatever was asked for: a record is shown as it is put.
pub(crate) fn pretty(value: &Value) {
    write(&mut io::stdout().lock(), &format!("{value:#}\n"));
}

/// A line beside the result.
pub(crate) fn aside(text: impl Display) {
    write(&mut io::stderr().lock(), &format!("{text}\n"));
}

/// Whoever reads may have heard enough (`… | head`): that must not end the work, and there is nobody left to tell.
fn write(to: &mut impl Write, text: &str) {
    progress::around(|| {
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    });
}

/// How a word is shown.
#[derive(Clone, Copy)]
pub(crate) enum Ink {
    /// A heading.
    Bold,
    /// Good.
    Green,
    /// Bad.
    Red,
    /// A person should look.
    Yellow,
}

/// A text in colour, on a terminal that wants some.
pub(crate) fn ink(ink: Ink, text: impl Display) -> String {
    let code = match ink {
        Ink::Bold => 1,
        Ink::Green => 32,
        Ink::Red => 31,
        Ink::Yellow => 33,
    };
    if style().coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
}

/// A text from elsewhere on one line of a terminal: without control characters, which could move its cursor, and not longer
/// than this.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let tame = |char: char| if char.is_control() { ' ' } else { char };
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(longest).map(tame).collect();
    if chars.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// `1 product`, `2 products`.
pub(crate) fn many(number: impl Display, what: &str) -> String {
    let number = number.to_string();
    let s = if number == "1" { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// A moment by this machine's clock.
pub(crate) fn local(at: jiff::Timestamp) -> String {
    at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Rows with their columns aligned; the last column is as long as it is.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
