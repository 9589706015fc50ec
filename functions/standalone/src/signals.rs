//! Ctrl-C and SIGTERM: the first asks, the second ends.

use std::time::Duration;

use sync::Stop;
use tokio::sync::watch;

use crate::{failure::Failure, out};

/// What a shell shows for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Tells whether the person asked to stop.
#[derive(Clone)]
pub(crate) struct Asked(watch::Receiver<bool>);

impl Asked {
    /// From now on the first signal asks everything to stop after what is in hand, and the second ends the program.
    pub(crate) fn heed(stop: Stop) -> Result<Asked, Failure> {
        let mut signals =
            Signals::new().map_err(|error| Failure::failed("signals can't be heeded").because(&error))?;
        let (asked, receiver) = watch::channel(false);
        tokio::spawn(async move {
            signals.next().await;
            stop.ask();
            asked.send_replace(true);
            out::aside("stopping: what is in hand is finished; Ctrl-C once more ends at once");
            signals.next().await;
            std::process::exit(INTERRUPTED);
        });
        Ok(Asked(receiver))
    }

    /// Whether somebody asked.
    pub(crate) fn yet(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits so long, or until somebody asks.
    pub(crate) async fn or_after(&mut self, time: Duration) {
        // The sender lives as long as the program: the only error there could be is its end.
        let _ = tokio::time::timeout(time, self.0.wait_for(|asked| *asked)).await;
    }
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
