//! The stock of a department, from the wire. `API.md` §3, `all/product/stock`.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use retail::office::{ProductId, StockLine};
use serde::Deserialize;

use crate::{
    Unreadable,
    assumptions::{AVAILABLE, Available},
    envelope::cut,
    loose::{self, Field},
    product::row_name,
};

/// A page of a department's stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockPage {
    /// The rows whose product is known.
    pub rows: Vec<StockLine>,
    /// The rows whose product can't be read.
    pub unreadable: Vec<Unreadable>,
    /// Rows received, unreadable ones included: the next page starts so many further on.
    pub received: u64,
    /// Rows in all.
    pub total: u64,
    /// The server's clock before the query ran.
    pub server_time: Timestamp,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    product_id: Field<'a>,
    #[serde(borrow)]
    department: Field<'a>,
}

#[derive(Deserialize)]
struct Amounts<'a> {
    #[serde(borrow)]
    stock: Field<'a>,
    #[serde(borrow)]
    actual_stock: Field<'a>,
}

/// Reads the rows of a page that starts at `start`.
pub(crate) fn read(rows: &[Field<'_>], start: u64) -> (Vec<StockLine>, Vec<Unreadable>) {
    let mut lines = Vec::with_capacity(rows.len());
    let mut unreadable = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match line(*row) {
            Ok(line) => lines.push(line),
            Err(reason) => unreadable.push(Unreadable {
                id: None,
                row: row_name(start, at),
                reason: cut(&format!("data[{at}].{reason}")),
            }),
        }
    }
    (lines, unreadable)
}

fn line(row: Field<'_>) -> Result<StockLine, String> {
    let row = row.ok_or("product_id: no row, but null")?;
    let row: Row<'_> = serde_json::from_str(row.get()).map_err(|error| format!("product_id: {error}"))?;
    let id = loose::identity(row.product_id)
        .and_then(|id| id.ok_or_else(|| "missing".to_owned()))
        .map_err(|reason| format!("product_id: {reason}"))?;
    // Unreadable is not zero: a line without an amount changes nothing in a shop.
    Ok(StockLine { id: ProductId(id), available: available(row.department) })
}

/// The amount of the one department that was asked for; `None` where there is not exactly one, or it can't be read.
fn available(departments: Field<'_>) -> Option<rust_decimal::Decimal> {
    let entries = loose::list(departments).ok()?;
    let [Some(only)] = entries.as_slice() else { return None };
    let amounts: Amounts<'_> = serde_json::from_str(only.get()).ok()?;
    let amount = match AVAILABLE {
        Available::Stock => amounts.stock,
        Available::ActualStock => amounts.actual_stock,
    };
    loose::decimal(amount).ok()?
}
