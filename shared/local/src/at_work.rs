//! Who works on a store: a lock beside the file, which the system lifts when a process ends, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use sync::ports::QueueError;

use crate::Store;

/// This process works on a store, as long as this lives.
pub struct AtWork {
    _lock: File,
}

impl Store {
    /// Says that this process works on the store in that file. Where it is the only one, `alone` is true, and messages
    /// that dead processes had in hand come again at once; nobody else can begin until `settle` has returned.
    ///
    /// # Errors
    /// When the lock file beside the store can't be made or locked; when the store fails.
    pub async fn go_to_work<F>(&self, path: &Path, settle: impl FnOnce() -> F) -> Result<AtWork, AtWorkError>
    where
        F: Future<Output = Result<(), AtWorkError>>,
    {
        let lock = lock_file(path)?;
        match lock.try_lock() {
            Ok(()) => {
                self.hand_back_all().await.map_err(AtWorkError::Queue)?;
                settle().await?;
                lock.unlock().map_err(AtWorkError::Lock)?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(AtWorkError::Lock(error)),
        }
        lock.lock_shared().map_err(AtWorkError::Lock)?;
        Ok(AtWork { _lock: lock })
    }
}

impl AtWork {
    /// Holds the store of that file, whether there is one or not, for this process alone: nobody works on it, and nobody begins
    /// to as long as this lives.
    ///
    /// # Errors
    /// [`AtWorkError::Busy`] where somebody works on it; when the lock file can't be made or locked.
    pub fn alone(path: &Path) -> Result<AtWork, AtWorkError> {
        let lock = lock_file(path)?;
        match lock.try_lock() {
            Ok(()) => Ok(AtWork { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(AtWorkError::Busy),
            Err(TryLockError::Error(error)) => Err(AtWorkError::Lock(error)),
        }
    }
}

fn lock_file(path: &Path) -> Result<File, AtWorkError> {
    let options = OpenOptions::new().create(true).truncate(false).write(true).to_owned();
    options.open(path.with_added_extension("lock")).map_err(AtWorkError::Lock)
}

/// Why this process can't work on the store.
#[derive(Debug, thiserror::Error)]
pub enum AtWorkError {
    /// Another process works on it.
    #[error("another process works on the store: end it first")]
    Busy,
    /// The lock file beside it.
    #[error("the lock file beside the store can't be used")]
    Lock(#[source] io::Error),
    /// The queue.
    #[error(transparent)]
    Queue(QueueError),
    /// What the caller had to settle.
    #[error(transparent)]
    Settle(Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests;
