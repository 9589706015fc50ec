//! How far a run is: a bar on a terminal, plain lines elsewhere.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use sync::{RunStatus, Stage};

use crate::out;

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(5);

/// The bar that is on the screen: whatever else is written goes around it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Writes something while the bar is out of the way.
pub(crate) fn around<T>(write: impl FnOnce() -> T) -> T {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// How far a run is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    told: Option<(Stage, Instant)>,
}

impl Progress {
    /// A bar where stderr is a terminal.
    pub(crate) fn new() -> Progress {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            // A template of our own that doesn't parse would be the bar's usual one.
            if let Ok(style) = ProgressStyle::with_template("{prefix:<19} [{bar:30}] {pos}/{len}  {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        BAR.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&bar);
        Progress { bar, told: None }
    }

    /// Shows how far the run is now.
    pub(crate) fn show(&mut self, status: &RunStatus) {
        let stage = status.run.stage;
        if let Some(bar) = &self.bar {
            let (at, of) = status.reached.unwrap_or_default();
            bar.set_prefix(name(stage));
            bar.set_length(of);
            bar.set_position(at);
            bar.set_message(if stage >= Stage::Applying { counts(status) } else { String::new() });
            return;
        }
        if stage == Stage::Done || self.told.is_some_and(|(told, at)| told == stage && at.elapsed() < EVERY) {
            return;
        }
        self.told = Some((stage, Instant::now()));
        let reached = status.reached.map(|(at, of)| format!(": {at} of {of}")).unwrap_or_default();
        let said = if stage >= Stage::Applying { format!(", {}", counts(status)) } else { String::new() };
        out::aside(format_args!("{}{reached}{said}", name(stage)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *BAR.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Reading => "reading Loomis Pay",
        Stage::Forming => "comparing",
        Stage::Applying => "writing to the shop",
        Stage::Done => "done",
    }
}

fn counts(status: &RunStatus) -> String {
    let counts = &status.counts;
    let all = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.refused, "refused"),
        (counts.waiting, "waiting"),
    ];
    let said = all.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
    said.collect::<Vec<_>>().join(", ")
}
