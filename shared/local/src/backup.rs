//! A copy of the whole file in one file, made while others work on it; and a store made of such a copy.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, backup::Backup};
use tempfile::NamedTempFile;

use crate::{
    Store,
    store::{Layout, lay_out},
};

/// What a backup has besides a store's tables. A store has no such table: so a backup is never worked on as it is.
const TABLE: &str = "CREATE TABLE backup (made INTEGER NOT NULL) STRICT"; // milliseconds since 1970

/// Why there is no backup, or no store made of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of that name, which is not overwritten.
    #[error("{} is there already, and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// It is no backup of a store.
    #[error("{} is no backup that this program made", .0.display())]
    Foreign(PathBuf),
    /// A newer version of this program made it.
    #[error("{} was made by a newer version of this program", .0.display())]
    Newer(PathBuf),
    /// SQLite finds fault with it.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The system wouldn't make or read it.
    #[error("{} can't be written or read", .0.display())]
    System(PathBuf, #[source] io::Error),
    /// SQLite gave up.
    #[error("{} can't be written or read", .0.display())]
    Sqlite(PathBuf, #[source] rusqlite::Error),
}

/// A backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The moment that it stands for: what was confirmed before is in it.
    pub at: Timestamp,
    /// Its size.
    pub bytes: u64,
}

impl Store {
    /// Copies everything, as it stands at one moment, into a new file that only its owner may read. Others may go on writing.
    ///
    /// # Errors
    /// [`BackupError`]; no file of that name is left behind then.
    pub async fn back_up(&self, file: &Path) -> Result<Made, BackupError> {
        let now = self.clock().now();
        // As it is kept; never later than what it stands for.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let file = file.to_owned();
        self.run(move |connection| back_up(connection, &file, now)).await
    }
}

fn back_up(connection: &Connection, file: &Path, now: Timestamp) -> Result<Made, BackupError> {
    let system = |error| BackupError::System(file.to_owned(), error);
    let sqlite = |error| BackupError::Sqlite(file.to_owned(), error);
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let copy = beside(file)?;
    let mut to = Connection::open(copy.path()).map_err(sqlite)?;
    copy_whole(connection, &mut to).map_err(sqlite)?;
    to.execute_batch(TABLE).map_err(sqlite)?;
    to.execute("INSERT INTO backup (made) VALUES (?)", [now.as_millisecond()]).map_err(sqlite)?;
    close(to).map_err(sqlite)?;
    put(copy, file)?;
    Ok(Made { at: now, bytes: fs::metadata(file).map_err(system)?.len() })
}

/// A file beside the one to be made, so that it only has to be renamed; readable for its owner alone.
fn beside(file: &Path) -> Result<NamedTempFile, BackupError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder).map_err(|error| BackupError::System(file.to_owned(), error))
}

/// Gives a file its name, unless there is one of that name by now.
fn put(made: NamedTempFile, file: &Path) -> Result<(), BackupError> {
    made.as_file().sync_all().map_err(|error| BackupError::System(file.to_owned(), error))?;
    match made.persist_noclobber(file) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupError::Exists(file.to_owned()))
        }
        Err(error) => Err(BackupError::System(file.to_owned(), error.error)),
    }
}

/// How long to wait where another process holds the file for a moment.
const PAUSE: Duration = Duration::from_millis(50);

/// In one step: it reads one moment, however much is written beside it, and never begins anew.
fn copy_whole(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.run_to_completion(i32::MAX, PAUSE, None)
}

/// Closes a file so that nothing of it stands beside it.
fn close(connection: Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)
}

/// A store made of a backup, which has no name yet.
pub struct Restored {
    file: NamedTempFile,
    /// The moment that the backup stands for.
    pub made: Timestamp,
}

impl Restored {
    /// Makes a store of a backup, beside where it is to stand. Messages are forgotten: what is due stands in the ledger.
    ///
    /// # Errors
    /// [`BackupError`], naming the backup or the store.
    pub fn from(backup: &Path, store: &Path) -> Result<Restored, BackupError> {
        let sqlite = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => BackupError::Foreign(backup.to_owned()),
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                BackupError::Damaged { path: backup.to_owned(), reason: error.to_string() }
            }
            _ => BackupError::Sqlite(backup.to_owned(), error),
        };
        let found = fs::metadata(backup).map_err(|error| BackupError::System(backup.to_owned(), error))?;
        if !found.is_file() {
            return Err(BackupError::Foreign(backup.to_owned()));
        }
        let file = beside(store)?;
        let from = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sqlite)?;
        let mut to = Connection::open(file.path()).map_err(sqlite)?;
        copy_whole(&from, &mut to).map_err(sqlite)?;
        let made = open_up(&mut to, backup).map_err(sqlite)??;
        close(to).map_err(sqlite)?;
        Ok(Restored { file, made })
    }

    /// Where it is, as long as it has no name.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives it its name. Whoever had it open must have closed it.
    ///
    /// # Errors
    /// [`BackupError`]; a store that is there is not overwritten.
    pub fn put(self, store: &Path) -> Result<(), BackupError> {
        let sqlite = |error| BackupError::Sqlite(store.to_owned(), error);
        close(Connection::open(self.file.path()).map_err(sqlite)?).map_err(sqlite)?;
        put(self.file, store)
    }
}

/// Looks whether it is a sound backup, and makes a store of it. Gives the moment that it stands for.
fn open_up(connection: &mut Connection, path: &Path) -> rusqlite::Result<Result<Timestamp, BackupError>> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Ok(Err(BackupError::Damaged { path: path.to_owned(), reason: found }));
    }
    match lay_out(connection)? {
        Layout::Backup => {}
        Layout::Newer(_) => return Ok(Err(BackupError::Newer(path.to_owned()))),
        Layout::Ours | Layout::Foreign => return Ok(Err(BackupError::Foreign(path.to_owned()))),
    }
    let made: i64 = connection.query_row("SELECT made FROM backup", [], |row| row.get(0))?;
    connection.execute_batch("DROP TABLE backup; DELETE FROM messages; DELETE FROM seen;")?;
    Ok(Timestamp::from_millisecond(made)
        .map_err(|error| BackupError::Damaged { path: path.to_owned(), reason: error.to_string() }))
}

#[cfg(test)]
mod tests;
