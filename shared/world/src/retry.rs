//! Repeating what may be repeated: a little, with jitter, and as the other side asks.

use std::{future::Future, time::Duration};

use crate::World;

/// How often and how long to try. Only for requests that do no harm when they are processed twice.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Tries in all, the first included.
    pub tries: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub first: Duration,
    /// No wait is longer, not even one that the other side asks for: then the failure is returned at once.
    pub longest: Duration,
}

impl Default for Retry {
    /// Three tries, half a second, at most ten.
    fn default() -> Self {
        Retry { tries: 3, first: Duration::from_millis(500), longest: Duration::from_secs(10) }
    }
}

/// What a failure says about trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Trying again is pointless, or not ours to do.
    Never,
    /// Try again after the usual wait.
    Usual,
    /// The other side said how long (`Retry-After`).
    Asked(Duration),
}

impl Retry {
    /// Calls `attempt` until it succeeds, `verdict` says never, or the tries are used up.
    ///
    /// # Errors
    /// The last failure.
    pub async fn run<T, E, F, Fut>(
        self,
        world: &World,
        verdict: impl Fn(&E) -> Wait,
        mut attempt: F,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut wait = self.first;
        for left in (0..self.tries.max(1)).rev() {
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let pause = match verdict(&error) {
                _ if left == 0 => return Err(error),
                Wait::Never => return Err(error),
                Wait::Asked(asked) if asked > self.longest => return Err(error),
                Wait::Asked(asked) => asked,
                Wait::Usual => world.jitter(wait.min(self.longest)),
            };
            world.sleep(pause).await;
            wait = wait.saturating_mul(2);
        }
        unreachable!("the last try returns")
    }
}
