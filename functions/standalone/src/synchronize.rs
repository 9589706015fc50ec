//! `synchronize`: a total sync, driven from here, with progress.

use std::time::{Duration, Instant};

use serde_json::json;
use sync::{Pause, Run, RunStatus, Stage};

use crate::{
    failure::{Exit, Failure},
    house::House,
    out::{self, Ink, clean, ink},
    progress::Progress,
    signals::Asked,
    status,
    workers::{Patience, Workers},
};

/// How often to look how far it is.
const GLANCE: Duration = Duration::from_millis(200);
/// After so long without a move the run is woken again: its message may be lost, or with another process.
const NUDGE: Duration = Duration::from_secs(10);
/// After so long nothing moves any more: longer than another process's slowest request.
const STUCK: Duration = Duration::from_secs(100);
/// How many refused records are shown at the end.
const SHOWN: usize = 10;

/// How a synchronize ended.
#[derive(Debug)]
pub(crate) enum End {
    /// All batches are applied.
    Done,
    /// The department, or its client, is paused.
    Paused(Pause),
    /// A person asked to stop.
    Stopped,
    /// Nothing moves any more.
    Stuck,
}

/// `synchronize ID`
pub(crate) async fn synchronize(id: &str, store: &str) -> Result<Exit, Failure> {
    let house = House::open_to_work(store).await?;
    let asked = Asked::heed(house.engine.stop.clone())?;
    let begun = Instant::now();
    let (end, status) = drive(&house, id, &asked).await?;
    let refused = house.engine.refused(id).await?;
    let (state, pause) = match &end {
        End::Done => ("done", None),
        End::Paused(pause) => ("paused", Some(status::pause_json(pause))),
        End::Stopped => ("stopped", None),
        End::Stuck => ("stuck", None),
    };
    let shown: Vec<_> = refused
        .iter()
        .map(|one| {
            json!({
                "product_id": one.product, "product_number": one.number, "reason": one.reason, "waits": one.waits
            })
        })
        .collect();
    out::value(&json!({
        "department_id": id, "state": state, "run": status::run_json(&status), "pause": pause, "refused": shown
    }));
    out::line(format_args!(
        "{} ({:.1} s)",
        status::counts_text(&status.counts),
        begun.elapsed().as_secs_f64()
    ));
    if let Some(remark) = &status.run.remark {
        out::line(format_args!("{} {}", ink(Ink::Yellow, "note:"), clean(remark, 600)));
    }
    for one in refused.iter().take(SHOWN) {
        let what = if one.waits { "waits" } else { "refused" };
        out::line(format_args!("  {}  {what}  {}", clean(&one.number, 40), clean(&one.reason, 600)));
    }
    if refused.len() > SHOWN {
        out::line(format_args!("  and {} more: loomis-woo log {id} --refused", refused.len() - SHOWN));
    }
    let left = match &end {
        End::Done => None,
        End::Paused(pause) => Some(format!("paused {}", status::pause_text(pause))),
        End::Stopped => {
            Some(format!("stopped; it goes on with `loomis-woo synchronize {id}` or `loomis-woo run`"))
        }
        End::Stuck => Some(format!(
            "nothing moves any more: another process may hold the work, which comes free in half an hour at the latest; \
             `loomis-woo status {id}` says how far it is"
        )),
    };
    if let Some(left) = &left {
        out::line(ink(Ink::Yellow, left));
    }
    let counts = &status.counts;
    let undone = counts.refused + counts.waiting > 0 || status.held > 0 || status.run.remark.is_some();
    Ok(Exit::unless(left.is_some() || undone))
}

/// Begins a run, or joins the one under way, and works until it ends one way or another.
pub(crate) async fn drive(house: &House, id: &str, asked: &Asked) -> Result<(End, RunStatus), Failure> {
    let run = house.engine.synchronize(id).await?;
    let workers = Workers::start(house, Patience::None);
    let end = watch(house, &run, &workers, asked).await;
    workers.finish().await?;
    let end = end?;
    Ok((end, house.engine.run(id, &run.id).await?))
}

async fn watch(house: &House, run: &Run, workers: &Workers, asked: &Asked) -> Result<End, Failure> {
    let (engine, id) = (&house.engine, &run.department);
    let mut progress = Progress::new();
    let (mut last, mut moved, mut nudged) = (None, Instant::now(), Instant::now());
    let mut asked_of = asked.clone();
    loop {
        let status = engine.run(id, &run.id).await?;
        progress.show(&status);
        if status.run.stage == Stage::Done {
            return Ok(End::Done);
        }
        if asked.yet() {
            return Ok(End::Stopped);
        }
        if let Some(error) = workers.failed() {
            return Err(error.into());
        }
        if let Some(pause) = engine.paused(id).await? {
            return Ok(End::Paused(pause));
        }
        let now = (status.run.stage, status.counts, status.open, status.reached);
        if last != Some(now) || !house.watched.is_idle() {
            (last, moved, nudged) = (Some(now), Instant::now(), Instant::now());
        } else if moved.elapsed() > STUCK {
            return Ok(End::Stuck);
        } else if nudged.elapsed() > NUDGE {
            nudged = Instant::now();
            engine.synchronize(id).await?;
        }
        asked_of.or_after(GLANCE).await;
    }
}
