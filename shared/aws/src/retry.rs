//! Waiting while AWS says "not now" inside an answer that is otherwise a success, which its client doesn't repeat.

use std::time::Duration;

use world::World;

/// Rounds without progress before giving up: with the waits below about six seconds.
const ROUNDS: u32 = 8;

/// The first wait; it doubles.
const FIRST: Duration = Duration::from_millis(50);

/// The rounds of one request.
pub(crate) struct Patience<'a> {
    world: &'a World,
    fruitless: u32,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(world: &'a World) -> Patience<'a> {
        Patience { world, fruitless: 0 }
    }

    /// Waits, longer each time nothing was achieved; false when it has been often enough.
    pub(crate) async fn wait(&mut self, progress: bool) -> bool {
        self.fruitless = if progress { 0 } else { self.fruitless + 1 };
        if self.fruitless >= ROUNDS {
            return false;
        }
        self.world.sleep(self.world.jitter(FIRST * 2u32.pow(self.fruitless))).await;
        true
    }
}

/// It was throttled to the end.
#[derive(Debug, thiserror::Error)]
#[error("still throttled after {ROUNDS} attempts")]
pub(crate) struct Throttled;
