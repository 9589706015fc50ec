//! `backup`, `restore`: the store in one file, and a store made of one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use local::{AtWork, AtWorkError, BackupError, Restored, Store};
use serde_json::json;
use sync::Engine;

use crate::{
    failure::{Exit, Failure},
    key,
    options::Restore,
    out::{self, Ink, ink, many},
};

/// `backup FILE`
pub(crate) async fn backup(file: &Path, store: &str) -> Result<Exit, Failure> {
    let path = on_this_machine(store)?;
    if !path.exists() {
        return Err(Failure::refused(format!("there is no store {}: nothing to back up", path.display())));
    }
    let world = world()?;
    let opened = Store::open(path, world.clock.clone())
        .map_err(|error| Failure::failed("the store can't be opened").because(&error))?;
    let made = opened.back_up(file).await.map_err(|error| told("the store can't be backed up", &error))?;
    out::value(&json!({ "file": file, "made": made.at, "bytes": made.bytes }));
    out::line(format_args!("{}  {} bytes, as of {}", file.display(), made.bytes, out::local(made.at)));
    out::line(format_args!(
        "its secrets are sealed: keep {} too, and apart from it",
        key::beside(path).display()
    ));
    Ok(Exit::Done)
}

/// `restore FILE`
pub(crate) async fn restore(asked: Restore, store: &str) -> Result<Exit, Failure> {
    let path = on_this_machine(store)?;
    let _alone = AtWork::alone(path).map_err(|error| match error {
        AtWorkError::Busy => Failure::refused(format!("{}: {error}", path.display())),
        error => Failure::failed("the store can't be restored").because(&error),
    })?;
    if path.exists() && !asked.replace {
        return Err(Failure::refused(format!(
            "there is a store {} already: --replace puts the backup in its place, and keeps it beside",
            path.display()
        )));
    }
    let failed = |error: BackupError| told("the store can't be restored", &error);
    let restored = Restored::from(&asked.file, path).map_err(failed)?;
    let (made, departments) = (restored.made, settle(&restored).await?);
    let aside = set_aside(path)?;
    restored.put(path).map_err(failed)?;
    tell(path, made, &departments, aside.as_deref());
    Ok(Exit::unless(!departments.is_empty()))
}

/// The file that `--store` names.
fn on_this_machine(store: &str) -> Result<&Path, Failure> {
    match store.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(Path::new(path)),
        Some(("dynamodb", _)) => Err(Failure::refused(
            "a table is backed up by DynamoDB itself: point-in-time recovery is on in template.yaml",
        )),
        _ => Err(Failure::refused(format!("--store {store:?} is no store in a file: write sqlite:PATH"))),
    }
}

fn world() -> Result<world::World, Failure> {
    outside::world().map_err(|error| Failure::failed("the program can't reach out").because(&error))
}

/// What a person has to mend is refused, the rest failed.
fn told(what: &str, error: &BackupError) -> Failure {
    let failure = match error {
        BackupError::Exists(_)
        | BackupError::Foreign(_)
        | BackupError::Newer(_)
        | BackupError::Damaged { .. } => Failure::refused(what),
        BackupError::System(..) | BackupError::Sqlite(..) => Failure::failed(what),
    };
    failure.because(error)
}

/// Pauses its departments and puts into doubt what was under way, before the store has a name that anybody opens.
async fn settle(restored: &Restored) -> Result<Vec<String>, Failure> {
    let world = world()?;
    let store = Store::open(restored.path(), world.clock.clone())
        .map_err(|error| Failure::failed("the backup can't be opened").because(&error))?;
    let ports = Arc::new(store);
    // Nothing that is sealed is opened.
    let engine = Engine::new(world, ports.clone(), ports, key::for_once()?);
    Ok(engine.settle_restored(restored.made).await?)
}

/// Gives the store that is there, if there is one, another name: it may know of orders that the backup doesn't.
fn set_aside(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let ending = format!("replaced-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
    let aside = path.with_added_extension(ending);
    if aside.exists() {
        return Err(Failure::failed(format!("{} is there already", aside.display())));
    }
    // What SQLite keeps beside the file belongs to it.
    for beside in ["-wal", "-shm", ""] {
        let named = |path: &Path| PathBuf::from(format!("{}{beside}", path.display()));
        match fs::rename(named(path), named(&aside)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !beside.is_empty() => {}
            other => other.map_err(|error| {
                Failure::failed(format!("{} can't be set aside", path.display())).because(&error)
            })?,
        }
    }
    Ok(Some(aside))
}

fn tell(path: &Path, made: Timestamp, departments: &[String], aside: Option<&Path>) {
    out::value(&json!({ "store": path, "made": made, "paused": departments, "replaced": aside }));
    out::line(format_args!("{}  restored as of {}", path.display(), out::local(made)));
    if let Some(aside) = aside {
        out::line(format_args!("what was there before is now {}", aside.display()));
    }
    if !departments.is_empty() {
        let what = many(departments.len(), "department");
        out::line(format_args!(
            "{}: {}",
            ink(Ink::Yellow, format_args!("{what} paused")),
            departments.join(", ")
        ));
        out::line(
            "when nobody else works on their shops: loomis-woo resume ID, then loomis-woo orders waiting ID",
        );
    }
}
