//! The log: a line whenever the decision about a record differs from the last one, searchable by product number.

use jiff::{Timestamp, Unit};
use retail::{number::MatchNumber, office::ProductId};
use serde::{Deserialize, Serialize};

use super::{body, item};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Key, Range, Write},
};

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// What kind of line.
    pub event: Event,
    /// The product in Loomis Pay, where the line is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Its number, as Loomis Pay spells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub product_number: String,
    /// For a person.
    pub text: String,
    /// The run, where the line came out of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// The kinds of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A field was written: from → to.
    Written,
    /// A product was found in the shop and linked.
    Linked,
    /// A record is refused, with the reason.
    Refused,
    /// A record waits for something.
    Waits,
    /// Something about a field that a person should know: not written and why, rounded, left out.
    Noted,
    /// What stood in the way is gone.
    Cleared,
    /// A run began or ended; a pause began or ended; a reading is held.
    Run,
}

impl Event {
    /// The event's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Written => "written",
            Event::Linked => "linked",
            Event::Refused => "refused",
            Event::Waits => "waits",
            Event::Noted => "noted",
            Event::Cleared => "cleared",
            Event::Run => "run",
        }
    }
}

fn partition(department: &str) -> String {
    format!("G#{department}")
}

/// Where the lines of a number stand; no partition takes control characters, and a number may hold some.
fn number_partition(department: &str, number: &MatchNumber) -> String {
    format!("G#{department}#{}", number.as_str().replace(char::is_control, "\u{fffd}"))
}

/// What the log calls these lines, so that a program that shows them otherwise can leave them out.
pub const STORY: &str = "sync::story";

/// A line in the program's own log too.
pub(crate) fn tell(department: &str, line: &LogLine) {
    let (product, run) =
        (Some(&line.product_number).filter(|number| !number.is_empty()), line.run.as_deref());
    let event = line.event.as_str();
    tracing::info!(target: STORY, department, run, product, event, "{}", line.text);
}

/// A line as an item. Two lines of one moment are told apart by chance.
pub(crate) fn write(engine: &Engine, department: &str, line: &LogLine) -> Result<Write, Error> {
    // A fixed number of digits, so that keys sort by time.
    let at = line.at.round(Unit::Microsecond).unwrap_or(line.at);
    let sort = format!("{at:.6}#{:016x}", engine.world.chance.next());
    let mut put = item(Key::new(partition(department), &sort), line)?;
    put.index = MatchNumber::of(&line.product_number)
        .map(|number| IndexKey { partition: number_partition(department, &number), sort });
    put.expires = Some(line.at + engine.limits.log_kept);
    Ok(Write::Put { item: put, condition: Condition::Always })
}

/// Writes a line that is about no product.
pub(crate) async fn say(
    engine: &Engine,
    department: &str,
    run: Option<&str>,
    text: String,
) -> Result<(), Error> {
    let line = LogLine {
        at: engine.now(),
        event: Event::Run,
        product_id: None,
        product_number: String::new(),
        text,
        run: run.map(ToOwned::to_owned),
    };
    engine.ledger.write(vec![write(engine, department, &line)?]).await?;
    tell(department, &line);
    Ok(())
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only of this product number, in any case.
    pub product: Option<String>,
    /// Only what is refused or waits.
    pub refused: bool,
    /// The newest so many.
    pub most: usize,
}

/// The lines asked for, the newest last.
pub(crate) async fn read(engine: &Engine, department: &str, query: &LogQuery) -> Result<Vec<LogLine>, Error> {
    let number = query.product.as_deref().and_then(MatchNumber::of);
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let range = Range { backwards: true, ..Range::default() }.after(after);
        let page = match &number {
            Some(number) => {
                engine.ledger.page_by_index(&number_partition(department, number), range, 200).await?
            }
            None => engine.ledger.page(&partition(department), range, 200).await?,
        };
        let parsed: Vec<LogLine> = page.items.iter().map(body::<LogLine>).collect::<Result<_, Error>>()?;
        let asked = |line: &LogLine| !query.refused || matches!(line.event, Event::Refused | Event::Waits);
        lines.extend(parsed.into_iter().filter(asked));
        after = page.next;
        if lines.len() >= query.most || after.is_none() {
            lines.truncate(query.most);
            lines.reverse();
            return Ok(lines);
        }
    }
}
