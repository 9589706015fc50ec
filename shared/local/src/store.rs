//! The file: opening it, its tables, and running work on it.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::sync::Notify;
use world::Clock;

/// The number of the tables' layout (`PRAGMA user_version`).
const SCHEMA: i64 = 1;

/// Says in the file's header whose it is (`PRAGMA application_id`): "LoWo".
const APPLICATION: i64 = 0x4c6f_576f;

/// How long a write waits for another process's; theirs take milliseconds.
const BUSY: Duration = Duration::from_secs(15);

const TABLES: &str = "
CREATE TABLE items (
    partition       TEXT NOT NULL,
    sort            TEXT NOT NULL,
    version         INTEGER NOT NULL DEFAULT 0,
    schema          INTEGER NOT NULL DEFAULT 1,
    body            TEXT NOT NULL,
    index_partition TEXT,
    index_sort      TEXT,
    expires         INTEGER, -- seconds since 1970
    PRIMARY KEY (partition, sort)
) STRICT, WITHOUT ROWID;
CREATE INDEX items_by_index ON items (index_partition, index_sort, partition, sort)
    WHERE index_partition IS NOT NULL;
CREATE INDEX items_by_expiry ON items (expires) WHERE expires IS NOT NULL;

CREATE TABLE messages (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    lane    TEXT NOT NULL,
    team    TEXT NOT NULL, -- the message's group; the word is SQL's
    body    TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL, -- from when on it may be handed out, milliseconds since 1970
    sent    INTEGER NOT NULL  -- milliseconds since 1970
) STRICT;
CREATE INDEX messages_by_team ON messages (lane, team, id);

CREATE TABLE dead (
    id   INTEGER PRIMARY KEY,
    lane TEXT NOT NULL,
    team TEXT NOT NULL,
    body TEXT NOT NULL,
    died INTEGER NOT NULL -- milliseconds since 1970
) STRICT;

-- The identities of the last five minutes.
CREATE TABLE seen (
    lane     TEXT NOT NULL,
    identity TEXT NOT NULL,
    until    INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (lane, identity)
) STRICT, WITHOUT ROWID;
";

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder doesn't exist.
    #[error("the folder {} doesn't exist", .0.display())]
    NoFolder(PathBuf),
    /// It may not be written.
    #[error("{} can't be written: it is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// It is something else: no SQLite file, another program's, or a folder.
    #[error("{} isn't this program's data file", .0.display())]
    Foreign(PathBuf),
    /// It is a backup.
    #[error("{} is a backup, which is not worked on: `loomis-woo restore {}` makes a store of it", .0.display(), .0.display())]
    Backup(PathBuf),
    /// A newer version of this program made it.
    #[error("{} was made by a newer version of this program (layout {found}; this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout known here.
        known: i64,
    },
    /// The system wouldn't make or read it.
    #[error("{} can't be opened", .0.display())]
    System(PathBuf, #[source] io::Error),
    /// SQLite gave up.
    #[error("{} can't be opened", .0.display())]
    Sqlite(PathBuf, #[source] rusqlite::Error),
}

/// Ledger and queue in one file. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    /// Messages may have become available.
    stirred: Notify,
    /// In memory nothing blocks: the work is done on the spot, so that a simulation stays in one thread.
    in_memory: bool,
}

impl Store {
    /// Opens the file, and makes it (readable for its owner alone) if there is none.
    ///
    /// # Errors
    /// [`OpenError`], naming the file.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
        make(path)?;
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::Foreign(path.to_owned()),
            Some(ErrorCode::ReadOnly) => OpenError::ReadOnly(path.to_owned()),
            _ => OpenError::Sqlite(path.to_owned(), error),
        };
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        match lay_out(&mut connection).map_err(failed)? {
            Layout::Ours => {}
            Layout::Backup => return Err(OpenError::Backup(path.to_owned())),
            Layout::Foreign => return Err(OpenError::Foreign(path.to_owned())),
            Layout::Newer(found) => {
                return Err(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA });
            }
        }
        // After the look at whose it is: switching on WAL writes.
        write_ahead(&connection).map_err(failed)?;
        Ok(Store::over(connection, clock, false))
    }

    /// A store in memory that is gone with its last clone: for simulations and tests. Its work is done on the caller's thread.
    ///
    /// # Errors
    /// [`OpenError::Sqlite`].
    pub fn temporary(clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
        let failed = |error| OpenError::Sqlite(PathBuf::from(":memory:"), error);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        lay_out(&mut connection).map_err(failed)?;
        Ok(Store::over(connection, clock, true))
    }

    fn over(connection: Connection, clock: Arc<dyn Clock>, in_memory: bool) -> Store {
        connection.set_prepared_statement_cache_capacity(64);
        Store(Arc::new(Inner {
            connection: Mutex::new(connection),
            clock,
            stirred: Notify::new(),
            in_memory,
        }))
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn stirred(&self) -> &Notify {
        &self.0.stirred
    }

    /// Runs blocking work where it may block. It is finished even if the caller stops waiting.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let work = move || {
            // A panic rolled its transaction back on the way: the connection is sound.
            let mut connection = inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection)
        };
        if self.0.in_memory {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Blocking work can't be cancelled once it runs; before, only the runtime's end does it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// Makes the file, or looks whether the one there can be used at all.
fn make(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.is_dir()
    {
        return Err(OpenError::NoFolder(folder.to_owned()));
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600); // SQLite gives the files beside it the same mode
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = fs::metadata(path).map_err(|error| OpenError::System(path.to_owned(), error))?;
            if !found.is_file() {
                return Err(OpenError::Foreign(path.to_owned()));
            }
            // Also for the superuser, whom the mode wouldn't stop: somebody meant it.
            if found.permissions().readonly() {
                return Err(OpenError::ReadOnly(path.to_owned()));
            }
            Ok(())
        }
        Err(error) => Err(OpenError::System(path.to_owned(), error)),
    }
}

pub(crate) enum Layout {
    Ours,
    Backup,
    Foreign,
    Newer(i64),
}

/// Looks whose tables there are, and makes ours in an empty file; two processes may do so at once.
pub(crate) fn lay_out(connection: &mut Connection) -> rusqlite::Result<Layout> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.commit()?;
        return Ok(Layout::Ours);
    }
    let backup: i64 =
        transaction
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'backup'", [], |row| row.get(0))?;
    Ok(match found {
        _ if application != APPLICATION => Layout::Foreign,
        SCHEMA if backup > 0 => Layout::Backup,
        SCHEMA => Layout::Ours,
        _ => Layout::Newer(found),
    })
}

/// A confirmed write is on the disk, and readers don't wait for writers.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The switch needs the file for itself and ignores the busy time-out when two processes attempt it at once;
    // whoever loses finds it done a moment later.
    let mut left = 50;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if left > 0 && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                left -= 1;
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
