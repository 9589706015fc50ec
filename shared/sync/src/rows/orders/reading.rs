//! How far orders were read, on either side.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Engine, Error,
    ports::{Condition, Key, Range, Write},
    rows::{body, item},
};

/// How far the shop's orders were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// Orders placed before are left alone.
    pub(crate) from: Timestamp,
    pub(crate) cursor: woocommerce::Cursor,
    /// When all orders that may be taken were last compared with those taken.
    #[serde(default)]
    pub(crate) swept: Option<Timestamp>,
    /// The department record's version by which customer orders that are to be completed are watched.
    #[serde(default)]
    pub(crate) watched: Option<u64>,
}

const READING: &str = "orders#";

/// The bases of all shops whose orders were ever read for a department.
pub(crate) async fn bases_read(engine: &Engine, department: &str) -> Result<Vec<String>, Error> {
    let (mut bases, mut after) = (Vec::new(), None);
    loop {
        let range = Range::prefix(READING).after(after);
        let page = engine.ledger.page(&format!("D#{department}"), range, 100).await?;
        bases.extend(
            page.items.iter().filter_map(|item| item.key.sort.strip_prefix(READING)).map(str::to_owned),
        );
        after = page.next;
        if after.is_none() {
            return Ok(bases);
        }
    }
}

fn reading_key(department: &str, base: &str) -> Key {
    Key::new(format!("D#{department}"), format!("{READING}{base}"))
}

/// How far the orders were read, and the condition to move on.
pub(crate) async fn reading(
    engine: &Engine,
    department: &str,
    base: &str,
) -> Result<(Option<Reading>, Condition), Error> {
    match engine.ledger.get(&reading_key(department, base)).await? {
        None => Ok((None, Condition::Absent)),
        Some(found) => Ok((Some(body(&found)?), Condition::Version(found.version))),
    }
}

/// The reading as a write.
pub(crate) fn put_reading(
    department: &str,
    base: &str,
    reading: &Reading,
    condition: Condition,
) -> Result<Write, Error> {
    Ok(Write::Put { item: item(reading_key(department, base), reading)?, condition })
}

#[derive(Serialize, Deserialize)]
struct OfficeRead {
    server_time: Timestamp,
}

fn office_key(department: &str, base: &str) -> Key {
    Key::new(format!("D#{department}"), format!("completions#{base}"))
}

/// By Loomis Pay's clock: customer orders that changed before it were looked at.
pub(crate) async fn office_read(
    engine: &Engine,
    department: &str,
    base: &str,
) -> Result<Option<Timestamp>, Error> {
    let found = engine.ledger.get(&office_key(department, base)).await?;
    found.map(|found| Ok(body::<OfficeRead>(&found)?.server_time)).transpose()
}

/// Moves that mark.
pub(crate) async fn put_office_read(
    engine: &Engine,
    department: &str,
    base: &str,
    server_time: Timestamp,
) -> Result<(), Error> {
    let put = item(office_key(department, base), &OfficeRead { server_time })?;
    Ok(engine.ledger.write(vec![Write::Put { item: put, condition: Condition::Always }]).await?)
}
