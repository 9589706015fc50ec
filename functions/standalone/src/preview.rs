//! `preview`: what a synchronize would change, line by line.

use serde_json::{Map, Value, json};
use sync::Preview;

use crate::{
    failure::{Exit, Failure},
    house::House,
    out::{self, clean, many},
    signals::Asked,
};

/// `preview ID`
pub(crate) async fn preview(id: &str, store: &str) -> Result<Exit, Failure> {
    let house = House::open_to_work(store).await?;
    Asked::heed(house.engine.stop.clone())?;
    let preview = house.engine.preview(id).await?;
    out::value(&as_json(&preview));
    lines(&preview, usize::MAX).into_iter().for_each(out::line);
    out::line(counts(&preview));
    Ok(Exit::unless(!preview.refused.is_empty()))
}

/// The form that `PROGRAM.md` fixes.
fn as_json(preview: &Preview) -> Value {
    let change = |change: &sync::PreviewLine| {
        json!({
            "product_id": change.product, "product_number": change.number, "kind": change.line.kind.as_str(),
            "from": change.line.from, "to": change.line.to
        })
    };
    let refused = |one: &retail::plan::Refused| json!({ "product_id": one.product, "product_number": one.number, "reason": one.reason });
    let counts: Map<String, Value> =
        preview.counts.iter().map(|(kind, number)| (kind.as_str().to_owned(), json!(number))).collect();
    json!({
        "changes": preview.changes.iter().map(change).collect::<Vec<_>>(),
        "refused": preview.refused.iter().map(refused).collect::<Vec<_>>(),
        "counts": counts,
    })
}

/// The first lines, at most so many.
pub(crate) fn lines(preview: &Preview, most: usize) -> Vec<String> {
    let changes = preview.changes.iter().map(|change| {
        let line = &change.line;
        let (from, to) = (clean(&line.from, 60), clean(&line.to, 60));
        let space = if from.is_empty() { "" } else { " " };
        [clean(&change.number, 40), line.kind.to_string(), format!("{from}{space}-> {to}")]
    });
    let refused = preview
        .refused
        .iter()
        .map(|one| [clean(&one.number, 40), "refused".to_owned(), clean(&one.reason, 600)]);
    out::table(&changes.chain(refused).take(most).collect::<Vec<_>>())
}

/// One line that sums up.
pub(crate) fn counts(preview: &Preview) -> String {
    let mut parts: Vec<String> =
        preview.counts.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    if parts.is_empty() {
        parts.push("nothing to change".to_owned());
    }
    if !preview.refused.is_empty() {
        parts.push(format!("refused {}", preview.refused.len()));
    }
    format!("{} looked at: {}", many(preview.seen, "product"), parts.join(", "))
}
