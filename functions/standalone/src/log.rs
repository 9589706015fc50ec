//! `log`: what was decided about a department's products, and why.

use serde_json::{Value, json};
use sync::{LogLine, LogQuery};

use crate::{
    failure::{Exit, Failure},
    house::House,
    options::Log,
    out::{self, clean},
};

/// `log ID`
pub(crate) async fn log(asked: Log, store: &str) -> Result<Exit, Failure> {
    let product = asked.product.map(|number| number.trim().to_owned());
    if product.as_deref() == Some("") {
        return Err(Failure::refused("--product needs a product number"));
    }
    let house = House::open(store).await?;
    // A department that isn't there has no log, which is not the same as an empty one.
    house.engine.show_department(&asked.id).await?;
    let query = LogQuery {
        product,
        refused: asked.refused,
        most: usize::try_from(asked.lines).unwrap_or(usize::MAX),
    };
    let lines = house.engine.log(&asked.id, &query).await?;
    out::value(&lines.iter().map(as_json).collect());
    if lines.is_empty() {
        out::line("nothing is in the log");
    }
    let rows: Vec<[String; 4]> = lines.iter().map(row).collect();
    out::table(&rows).into_iter().for_each(out::line);
    Ok(Exit::Done)
}

fn as_json(line: &LogLine) -> Value {
    json!({
        "at": line.at, "event": line.event.as_str(), "product_id": line.product_id,
        "product_number": line.product_number, "text": line.text, "run": line.run
    })
}

fn row(line: &LogLine) -> [String; 4] {
    [
        out::local(line.at),
        line.event.as_str().to_owned(),
        clean(&line.product_number, 40),
        clean(&line.text, 600),
    ]
}
