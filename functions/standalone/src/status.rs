//! `status`, `retry`, `resume`: how the departments stand, and what a person can do about it.

use serde_json::{Value, json};
use sync::{DepartmentStatus, Pause, RunKind, RunStatus, Stage};

use crate::{
    failure::{Exit, Failure},
    house::House,
    out::{self, Ink, clean, ink, many},
    run,
    signals::Asked,
    workers::{Patience, Workers},
};

/// `status [ID]`
pub(crate) async fn status(id: Option<&str>, store: &str) -> Result<Exit, Failure> {
    let house = House::open(store).await?;
    let all = match id {
        Some(id) => vec![house.engine.status_of(id).await?],
        None => house.engine.status().await?,
    };
    match (id, all.as_slice()) {
        (Some(_), [one]) => out::value(&as_json(one)),
        _ => out::value(&all.iter().map(as_json).collect()),
    }
    if all.is_empty() {
        out::line("no department yet: loomis-woo department put department.json");
    }
    for one in &all {
        tell(one);
    }
    Ok(Exit::unless(all.iter().any(is_left)))
}

/// Whether something of the department is refused, waits or is paused.
pub(crate) fn is_left(status: &DepartmentStatus) -> bool {
    let held = status.run.as_ref().is_some_and(|run| run.held > 0);
    status.pause.is_some()
        || status.orders_waiting > 0
        || status.refused > 0
        || status.stock_held.is_some()
        || !status.unreadable.is_empty()
        || held
}

/// A department as JSON.
pub(crate) fn as_json(status: &DepartmentStatus) -> Value {
    json!({
        "department_id": status.id,
        "name": status.name,
        "enabled": status.enabled,
        "pause": status.pause.as_ref().map(pause_json),
        "due": status.due,
        "refused": status.refused,
        "orders_waiting": status.orders_waiting,
        "orders_due": status.orders_due,
        "catalogue_read": status.catalogue_read,
        "stock_read": status.stock_read,
        "stock_held": status.stock_held,
        "unreadable": status.unreadable,
        "run": status.run.as_ref().map(run_json),
    })
}

/// A pause as JSON.
pub(crate) fn pause_json(pause: &Pause) -> Value {
    json!({ "reason": pause.reason, "since": pause.since, "until": pause.until, "tries": pause.tries })
}

/// A run as JSON.
pub(crate) fn run_json(status: &RunStatus) -> Value {
    let run = &status.run;
    json!({
        "id": run.id, "kind": run.kind, "stage": run.stage, "asked": run.asked, "ended": run.ended,
        "counts": status.counts, "batches": run.batches, "open": status.open, "held": status.held,
        "remark": run.remark,
    })
}

/// Since when, until when, and why.
pub(crate) fn pause_text(pause: &Pause) -> String {
    let until = match pause.until {
        Some(until) => format!("tried again at {}", out::local(until)),
        None => "until a person acts".to_owned(),
    };
    format!("{until}: {}", clean(&pause.reason, 600))
}

fn tell(status: &DepartmentStatus) {
    let id = ink(Ink::Bold, format_args!("department {}", status.id));
    let disabled = if status.enabled { "" } else { "  (disabled)" };
    out::line(format_args!("{id}  {}{disabled}", clean(&status.name, 60)));
    let line = |what: &str, text: String| out::line(format_args!("  {what:<10}  {text}"));
    if let Some(pause) = &status.pause {
        line("paused", ink(Ink::Red, pause_text(pause)));
    }
    if let Some(run) = &status.run {
        line("last run", run_text(run));
    }
    let read = |at: Option<jiff::Timestamp>| at.map_or("never".to_owned(), out::local);
    line("catalogue", format!("read whole {}", read(status.catalogue_read)));
    for row in &status.unreadable {
        line("", ink(Ink::Yellow, format_args!("could not be read: row {}", clean(row, 200))));
    }
    line("stock", format!("read {}", read(status.stock_read)));
    if let Some(held) = &status.stock_held {
        line("", ink(Ink::Yellow, clean(held, 600)));
    }
    line("due", many(status.due, "product"));
    let refused = format!("{} refused or waiting", many(status.refused, "product"));
    if status.orders_waiting > 0 {
        let waiting = format!(
            "{} waiting: loomis-woo orders waiting {}",
            many(status.orders_waiting, "order"),
            status.id
        );
        line("orders", ink(Ink::Yellow, waiting));
    }
    if status.refused > 0 {
        line("log", ink(Ink::Yellow, format_args!("{refused}: loomis-woo log {} --refused", status.id)));
    } else {
        line("log", refused);
    }
}

fn run_text(status: &RunStatus) -> String {
    let run = &status.run;
    let kind = match run.kind {
        RunKind::Synchronize => "synchronize",
        RunKind::Sweep => "sweep",
    };
    let stage = match (run.stage, run.ended) {
        (_, Some(ended)) => format!("ended {}", out::local(ended)),
        (Stage::Reading, _) => "is reading Loomis Pay".to_owned(),
        (Stage::Forming, _) => "is comparing".to_owned(),
        (Stage::Applying | Stage::Done, _) => "is writing to the shop".to_owned(),
    };
    let remark = run.remark.as_ref().map(|remark| format!("; {}", clean(remark, 600))).unwrap_or_default();
    format!("{kind} of {}, {stage}: {}{remark}", out::local(run.asked), counts_text(&status.counts))
}

/// What a run came to.
pub(crate) fn counts_text(counts: &sync::Counts) -> String {
    let all = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.linked, "linked"),
        (counts.unchanged, "unchanged"),
        (counts.refused, "refused"),
        (counts.waiting, "waiting"),
    ];
    let parts: Vec<String> = all
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let parts = if parts.is_empty() { "nothing yet".to_owned() } else { parts.join(", ") };
    format!("{} looked at: {parts}", many(counts.seen, "product"))
}

/// `retry ID`
pub(crate) async fn retry(id: &str, store: &str) -> Result<Exit, Failure> {
    let house = House::open_to_work(store).await?;
    let asked = Asked::heed(house.engine.stop.clone())?;
    let again = house.engine.retry(id).await?;
    let workers = Workers::start(&house, Patience::None);
    let worked = run::work_off(&house, &workers, &asked, Some(id)).await;
    workers.finish().await?;
    worked?;
    let status = house.engine.status_of(id).await?;
    out::value(&json!({ "department_id": id, "tried": again, "status": as_json(&status) }));
    out::line(format_args!(
        "department {id}: {} tried again, {} still refused or waiting",
        many(again, "product"),
        status.refused
    ));
    if let Some(pause) = &status.pause {
        out::line(format_args!("paused {}", pause_text(pause)));
    }
    Ok(Exit::unless(is_left(&status) || status.due > 0))
}

/// `resume ID`
pub(crate) async fn resume(id: &str, store: &str) -> Result<Exit, Failure> {
    let house = House::open(store).await?;
    house.engine.show_department(id).await?;
    let lifted = house.engine.resume(id).await?;
    out::value(&json!({ "department_id": id, "lifted": lifted }));
    let what = if lifted { "its pause is over" } else { "it was not paused" };
    out::line(format_args!(
        "department {id}: {what}; it goes on with `loomis-woo run` or `loomis-woo synchronize {id}`"
    ));
    Ok(Exit::Done)
}
