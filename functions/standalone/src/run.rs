//! `run`: the schedule and the workers, until a person stops them or, with `--once`, until nothing is left.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use sync::{DepartmentStatus, LogQuery, Stage, Tick};

use crate::{
    failure::{Exit, Failure},
    house::House,
    options::Run,
    out::{self, Ink, clean, ink, many},
    rhythm::Schedule,
    signals::Asked,
    status,
    workers::{Patience, Workers},
};

/// How long `--once` waits for delayed work.
const DELAYED: Duration = Duration::from_secs(60);
/// How often to look whether all is done.
const GLANCE: Duration = Duration::from_millis(200);
/// How often what should move, and doesn't, is woken again.
const NUDGE: Duration = Duration::from_secs(5);
/// The longest sleep of the schedule: a machine that slept itself notices by then.
const NAP: Duration = Duration::from_secs(20);
/// How often the departments' logs are passed on.
const TELL_EVERY: Duration = Duration::from_secs(3);
/// How many lines of a department are passed on at once; the log has them all.
const TOLD: usize = 20;

/// `run`
pub(crate) async fn run(asked: Run, store: &str) -> Result<Exit, Failure> {
    let house = House::open_to_work(store).await?;
    let signals = Asked::heed(house.engine.stop.clone())?;
    if asked.once {
        return once(&house, &signals).await;
    }
    let workers = Workers::start(&house, Patience::Endless);
    let now = house.engine.world.now();
    let schedule = Schedule::new(asked.rhythm, TimeZone::system(), now);
    let ended = keep_going(&house, schedule, signals).await;
    workers.finish().await?;
    ended?;
    out::value(&json!({ "state": "stopped" }));
    out::line("stopped; it goes on with `loomis-woo run`");
    Ok(Exit::Done)
}

async fn keep_going(house: &House, mut schedule: Schedule, mut asked: Asked) -> Result<(), Failure> {
    let engine = &house.engine;
    tracing::info!(
        departments = engine.list_departments().await?.len(),
        next_sweep = out::local(schedule.next_sweep()),
        "at work; Ctrl-C ends after what is in hand"
    );
    let last_sweep = schedule.last_sweep(engine.world.now());
    if missed(house, last_sweep).await? {
        tracing::info!(sweep = out::local(last_sweep), "the last sweep was missed: it is made up for");
        tick(house, Tick::Sweep, last_sweep).await;
    }
    let (mut teller, mut told) = (Teller::since(engine.world.now()), Instant::now());
    while !asked.yet() {
        let now = engine.world.now();
        for (due, moment) in schedule.due(now) {
            tick(house, due, moment).await;
        }
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            teller.tell(house).await;
        }
        let wait = Duration::try_from(schedule.next().duration_since(now)).unwrap_or_default();
        asked.or_after(wait.clamp(GLANCE, NAP).min(TELL_EVERY)).await;
    }
    teller.tell(house).await;
    Ok(())
}

/// The store may be out of reach for a while: the next tick finds what this one would have.
async fn tick(house: &House, tick: Tick, moment: Timestamp) {
    if let Err(error) = house.engine.tick(tick, moment).await {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::error!(%error, cause, tick = tick.as_str(), "a tick failed; the next one finds what is due");
    }
}

/// Whether a department that is synced by itself has not been read whole since the sweep should have been.
async fn missed(house: &House, sweep: Timestamp) -> Result<bool, Failure> {
    for record in house.engine.list_departments().await? {
        let by_itself = record["enabled"] == true && record["products"]["automatic_transfer"] == true;
        let Some(id) = record["department_id"].as_str().filter(|_| by_itself) else { continue };
        // One that was never read is read whole by the first tick anyway.
        let read = house.engine.status_of(id).await?.catalogue_read;
        if read.is_some_and(|read| read < sweep) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Passes the departments' logs on to the program's.
struct Teller {
    since: Timestamp,
    told: HashMap<String, Timestamp>,
}

impl Teller {
    fn since(since: Timestamp) -> Teller {
        Teller { since, told: HashMap::new() }
    }

    async fn tell(&mut self, house: &House) {
        if let Err(error) = self.tell_all(house).await {
            tracing::warn!(%error, "the log can't be read just now");
        }
    }

    async fn tell_all(&mut self, house: &House) -> Result<(), sync::Error> {
        if !tracing::enabled!(tracing::Level::INFO) {
            return Ok(());
        }
        for record in house.engine.list_departments().await? {
            let Some(id) = record["department_id"].as_str() else { continue };
            let query = LogQuery { most: TOLD + 1, ..LogQuery::default() };
            let told = self.told.entry(id.to_owned()).or_insert(self.since);
            let mut lines = house.engine.log(id, &query).await?;
            lines.retain(|line| line.at > *told);
            if lines.len() > TOLD {
                tracing::info!(
                    department = id,
                    "more was written than is told here; `loomis-woo log` has all"
                );
                lines.remove(0);
            }
            for line in lines {
                *told = line.at.max(*told);
                let text = clean(&line.text, 600);
                match clean(&line.product_number, 40) {
                    product if product.is_empty() => tracing::info!(department = id, "{text}"),
                    product => {
                        tracing::info!(department = id, product, event = line.event.as_str(), "{text}");
                    }
                }
            }
        }
        Ok(())
    }
}

async fn once(house: &House, asked: &Asked) -> Result<Exit, Failure> {
    let engine = &house.engine;
    let now = engine.world.now();
    // The sweep first: what it reads whole, the others need not read again.
    for tick in [Tick::Sweep, Tick::Orders, Tick::Completions, Tick::Products, Tick::Stock] {
        engine.tick(tick, now).await?;
    }
    let workers = Workers::start(house, Patience::None);
    let worked = work_off(house, &workers, asked, None).await;
    workers.finish().await?;
    worked?;
    let all = engine.status().await?;
    let left: Vec<(String, String)> =
        all.iter().flat_map(|one| left_of(one).into_iter().map(|text| (one.id.clone(), text))).collect();
    let stopped = asked.yet();
    out::value(&json!({
        "state": if stopped { "stopped" } else { "ended" },
        "left": left.iter().map(|(id, text)| json!({ "department_id": id, "text": text })).collect::<Vec<Value>>(),
        "departments": all.iter().map(status::as_json).collect::<Vec<Value>>(),
    }));
    for one in &all {
        let run = one.run.as_ref().map_or("no run yet".to_owned(), |run| status::counts_text(&run.counts));
        out::line(format_args!("department {}  {}", one.id, run));
    }
    for (id, text) in &left {
        out::line(format_args!("department {id}  {}", ink(Ink::Yellow, format_args!("left: {text}"))));
    }
    if stopped {
        out::line("stopped; it goes on with `loomis-woo run`");
    }
    Ok(Exit::unless(stopped || !left.is_empty()))
}

/// Waits until the workers have nothing left to do, for all departments or for one; for what is delayed, at most a minute.
pub(crate) async fn work_off(
    house: &House,
    workers: &Workers,
    asked: &Asked,
    only: Option<&str>,
) -> Result<(), Failure> {
    let engine = &house.engine;
    let (mut waited, mut nudged) = (None::<Instant>, Instant::now());
    let mut paused = Vec::new();
    let mut asked_of = asked.clone();
    while !asked.yet() {
        if let Some(error) = workers.failed() {
            return Err(error.into());
        }
        if !house.watched.is_idle() {
            asked_of.or_after(GLANCE).await;
            continue;
        }
        let mut all = engine.status().await?;
        all.retain(|one| only.is_none_or(|only| only == one.id));
        let begun = *waited.get_or_insert_with(Instant::now);
        let end = engine.world.now() + DELAYED.saturating_sub(begun.elapsed());
        let pending: Vec<&DepartmentStatus> = all.iter().filter(|one| is_pending(one, end)).collect();
        if pending.is_empty() || begun.elapsed() > DELAYED {
            return Ok(());
        }
        // What waits without a message is woken again: a pause has run out, or a message was lost with its process.
        let now = engine.world.now();
        let still: Vec<String> =
            pending.iter().filter(|one| is_paused(one, now)).map(|one| one.id.clone()).collect();
        if still.len() < pending.len() && (still != paused || nudged.elapsed() > NUDGE) {
            nudged = Instant::now();
            for tick in [Tick::Orders, Tick::Completions, Tick::Products, Tick::Stock] {
                engine.tick(tick, now).await?;
            }
        }
        paused = still;
        asked_of.or_after(GLANCE).await;
    }
    Ok(())
}

fn is_paused(status: &DepartmentStatus, now: Timestamp) -> bool {
    status.pause.as_ref().is_some_and(|pause| pause.holds(now))
}

/// Whether more can come of waiting until then.
fn is_pending(status: &DepartmentStatus, end: Timestamp) -> bool {
    match &status.pause {
        Some(pause) if pause.until.is_none_or(|until| until > end) => false,
        Some(_) => true,
        None => {
            status.due > 0
                || status.orders_due > 0
                || status.run.as_ref().is_some_and(|run| run.run.stage != Stage::Done)
        }
    }
}

/// What is left of a department's work, a sentence each.
fn left_of(status: &DepartmentStatus) -> Vec<String> {
    let mut left = Vec::new();
    if let Some(pause) = &status.pause {
        left.push(format!("paused {}", status::pause_text(pause)));
    }
    if let Some(run) = &status.run {
        if run.run.stage != Stage::Done {
            left.push("its run is not at its end".to_owned());
        } else if run.held > 0 {
            left.push(run.run.remark.clone().unwrap_or_else(|| "drafts wait for a person".to_owned()));
        }
    }
    if status.due > 0 {
        left.push(format!("{} due", many(status.due, "product")));
    }
    if status.orders_waiting > 0 {
        let what = many(status.orders_waiting, "order");
        left.push(format!("{what} waiting: loomis-woo orders waiting {}", status.id));
    }
    if let Some(held) = &status.stock_held {
        left.push(format!("stock: {held}"));
    }
    if status.refused > 0 {
        let what = many(status.refused, "product");
        left.push(format!("{what} refused or waiting: loomis-woo log {} --refused", status.id));
    }
    left
}
