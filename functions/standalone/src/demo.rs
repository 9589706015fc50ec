//! `demo`: the whole walk on simulated sides, over real HTTP on this machine.

mod sides;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sync::{Counts, Tick};

use crate::{
    check,
    failure::{Exit, Failure},
    house::House,
    options::Demo,
    out::{self, Ink, ink, many},
    preview, run,
    signals::Asked,
    status,
    synchronize::{End, drive},
    workers::{Patience, Workers},
};
use sides::{Changed, DEPARTMENT, Sides, changes};

/// How many lines of the preview are shown.
const PREVIEWED: usize = 8;
/// How often the continuous sync goes round while the demo stays up.
const ROUND: Duration = Duration::from_secs(3);

/// `demo`
pub(crate) async fn demo(asked: Demo) -> Result<Exit, Failure> {
    // Removed when it is dropped.
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::failed("a temporary store can't be made").because(&error))?;
    let sides = Sides::start(asked.products).await?;
    let house = House::for_once(folder.path())?;
    let signals = Asked::heed(house.engine.stop.clone())?;
    house.engine.put_client(sides.client()).await?;
    house.engine.put_department(sides.department()).await?;

    let number = asked.products;
    out::line(ink(
        Ink::Bold,
        format_args!("A simulated Loomis Pay with {}, and a simulated shop", many(number, "product")),
    ));
    out::line(format_args!(
        "The shop has {} of them already, with old prices; it is reached over plain http (OAuth 1.0a).",
        sides.known
    ));
    let stage = Show { house: &house, sides: &sides, asked: &signals };
    if let Some(told) = stage.play().await? {
        out::value(&told);
        if !asked.once {
            stage.stay_up().await?;
        }
    }
    if signals.yet() {
        out::line("stopped; the temporary store is removed");
    }
    Ok(Exit::Done)
}

struct Show<'a> {
    house: &'a House,
    sides: &'a Sides,
    asked: &'a Asked,
}

impl Show<'_> {
    /// The acts one after the other; `None` when a person stopped it.
    async fn play(&self) -> Result<Option<Value>, Failure> {
        let begun = Instant::now();
        act("Test integration", &format!("check {DEPARTMENT}"));
        let check = self.house.engine.check(DEPARTMENT).await?;
        check::tell(&check);
        if !check.is_green() {
            return Err(Failure::failed("the demo's check should be green"));
        }

        act("What would change", &format!("preview {DEPARTMENT}"));
        let preview = self.house.engine.preview(DEPARTMENT).await?;
        let lines = preview::lines(&preview, PREVIEWED);
        let more = (preview.changes.len() + preview.refused.len()).saturating_sub(lines.len());
        lines.into_iter().for_each(out::line);
        if more > 0 {
            out::line(ink(Ink::Dim, format_args!("… and {} more", many(more, "line"))));
        }
        out::line(preview::counts(&preview));

        act("Synchronize", &format!("synchronize {DEPARTMENT}"));
        let Some(first) = self.synchronize().await? else { return Ok(None) };
        act("Once more: nothing is left to write", &format!("synchronize {DEPARTMENT}"));
        let Some(second) = self.synchronize().await? else { return Ok(None) };
        if second.writes > 0 {
            return Err(Failure::failed(format!(
                "the second synchronize should write nothing, but made {}",
                many(second.writes, "write call")
            )));
        }

        act("Prices and stock change in Loomis Pay; the continuous sync carries them over", "run");
        let Some((changed, writes, seconds)) = self.change_something().await? else { return Ok(None) };
        out::line("");
        out::line(ink(
            Ink::Bold,
            format_args!(
                "{} brought over with {}, then {} with {}; all in {:.1} s.",
                many(first.counts.seen, "product"),
                many(first.writes, "write call"),
                many(changed.len(), "change"),
                many(writes, "write call"),
                begun.elapsed().as_secs_f64()
            ),
        ));
        let changed: Vec<Value> = changed.iter().map(Changed::as_json).collect();
        let counts: serde_json::Map<String, Value> =
            preview.counts.iter().map(|(kind, number)| (kind.to_string(), json!(number))).collect();
        Ok(Some(json!({
            "products": first.counts.seen,
            "green": true,
            "preview": counts,
            "first": first.as_json(),
            "second": second.as_json(),
            "continuous": { "changed": changed, "write_calls": writes, "seconds": seconds },
        })))
    }

    async fn synchronize(&self) -> Result<Option<Came>, Failure> {
        let (begun, before) = (Instant::now(), self.sides.writes());
        let (end, run) = drive(self.house, DEPARTMENT, self.asked).await?;
        match end {
            End::Done => {}
            End::Stopped => return Ok(None),
            End::Paused(pause) => {
                return Err(Failure::failed(format!("the demo paused {}", status::pause_text(&pause))));
            }
            End::Stuck => return Err(Failure::failed("the demo's synchronize does not come to an end")),
        }
        let came = Came {
            counts: run.counts,
            writes: self.sides.writes() - before,
            seconds: begun.elapsed().as_secs_f64(),
        };
        let writes =
            if came.writes == 0 { "no write call".to_owned() } else { many(came.writes, "write call") };
        out::line(format_args!("{}; {writes}, {:.1} s", status::counts_text(&came.counts), came.seconds));
        Ok(Some(came))
    }

    /// Staff change prices and stock; a round of the continuous sync; what is different in the shop then.
    async fn change_something(&self) -> Result<Option<(Vec<Changed>, u64, f64)>, Failure> {
        let (before, writes) = (self.sides.snapshot(), self.sides.writes());
        let wanted = self.sides.change();
        for change in &wanted {
            out::line(format_args!("Loomis Pay  {change}"));
        }
        let begun = Instant::now();
        self.tick().await?;
        let workers = Workers::start(self.house, Patience::None);
        let worked = run::work_off(self.house, &workers, self.asked, None).await;
        let seconds = begun.elapsed().as_secs_f64();
        workers.finish().await?;
        worked?;
        if self.asked.yet() {
            return Ok(None);
        }
        let changed = changes(&before, &self.sides.snapshot());
        for change in &changed {
            out::line(format_args!("shop        {change}"));
        }
        if let Some(missed) = wanted.iter().find(|wanted| !changed.iter().any(|change| change.agrees(wanted)))
        {
            return Err(Failure::failed(format!("this change should have arrived in the shop: {missed}")));
        }
        Ok(Some((changed, self.sides.writes() - writes, seconds)))
    }

    async fn tick(&self) -> Result<(), Failure> {
        let now = self.house.engine.world.now();
        self.house.engine.tick(Tick::Products, now).await?;
        self.house.engine.tick(Tick::Stock, now).await?;
        Ok(())
    }

    /// Both sides stay up, and the continuous sync goes on, until a person has seen enough.
    async fn stay_up(&self) -> Result<(), Failure> {
        self.sides.how_to_play().into_iter().for_each(out::line);
        let workers = Workers::start(self.house, Patience::Endless);
        let played = self.rounds().await;
        workers.finish().await?;
        played
    }

    async fn rounds(&self) -> Result<(), Failure> {
        let (mut seen, mut asked) = (self.sides.snapshot(), self.asked.clone());
        let mut last = Instant::now();
        self.tick().await?;
        while !asked.yet() {
            asked.or_after(Duration::from_millis(500)).await;
            let now = self.sides.snapshot();
            for change in changes(&seen, &now) {
                let at = out::local(self.house.engine.world.now());
                out::line(format_args!("{}  shop  {change}", ink(Ink::Dim, at)));
            }
            seen = now;
            if last.elapsed() > ROUND {
                last = Instant::now();
                self.tick().await?;
            }
        }
        Ok(())
    }
}

/// What a synchronize came to.
struct Came {
    counts: Counts,
    writes: u64,
    seconds: f64,
}

impl Came {
    fn as_json(&self) -> Value {
        json!({ "counts": self.counts, "write_calls": self.writes, "seconds": self.seconds })
    }
}

fn act(title: &str, command: &str) {
    out::line("");
    let command = format!("loomis-woo {command}");
    out::line(format_args!("{}  {}", ink(Ink::Bold, title), ink(Ink::Dim, format_args!("({command})"))));
}
