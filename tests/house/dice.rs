//! Chance from a seed, and what is tried for many seeds: one that fails is named, and is tried alone by naming it.

use std::{
    future::Future,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use simulators::transport::SeededChance;
use world::Chance;

/// Dice that fall the same way for the same seed.
pub(crate) struct Dice(SeededChance);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(SeededChance::new(seed))
    }

    /// From 0, below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.0.next() % end
    }

    /// So often of a hundred.
    pub(crate) fn percent(&self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    /// One of these.
    pub(crate) fn of<T: Clone>(&self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }
}

/// Tries `run` with the seeds from 1 on, on all cores: so many as the environment's `name` says, or `usual`; with `name` and
/// `_SEED`, that one alone. What each came to.
///
/// # Panics
/// With every seed that failed, and what it says.
pub(crate) fn for_seeds<T: Send, F: Future<Output = Result<T, String>>>(
    name: &str,
    usual: u64,
    run: impl Fn(u64) -> F + Sync,
) -> Vec<T> {
    let given = |name: &str| std::env::var(name).ok().map(|value| value.parse().expect("a number"));
    let alone: Option<u64> = given(&format!("{name}_SEED"));
    let last = alone.unwrap_or_else(|| given(name).unwrap_or(usual));
    let (next, results) = (AtomicU64::new(alone.unwrap_or(1)), Mutex::new(Vec::new()));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed > last {
                return;
            }
            let named = Named(seed);
            let result = runtime.block_on(run(seed)).map_err(|why| format!("seed {seed}: {why}"));
            drop(named);
            results.lock().expect("nobody panicked").push(result);
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| worker.join().expect("its seed is named above"));
    });
    let (good, bad): (Vec<_>, Vec<_>) =
        results.into_inner().expect("nobody panicked").into_iter().partition(Result::is_ok);
    let bad: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
    assert!(bad.is_empty(), "{} failed; {name}_SEED tries one alone:\n{}", bad.len(), bad.join("\n"));
    good.into_iter().filter_map(Result::ok).collect()
}

/// Names its seed should the thread panic.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("it was seed {}", self.0);
        }
    }
}
