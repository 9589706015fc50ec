//! The key that seals the secrets: from the environment, or from a file beside the store.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sync::seal::SealKey;

use crate::failure::Failure;

const VARIABLE: &str = "LOOMIS_WOO_KEY";

/// The key that the environment gives.
pub(crate) fn from_environment() -> Result<Option<SealKey>, Failure> {
    match env::var(VARIABLE) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => SealKey::parse(&text).map(Some).map_err(|error| {
            Failure::refused(format!("the environment variable {VARIABLE} is no key")).because(&error)
        }),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::refused(format!("the environment variable {VARIABLE} is no key: it is no text")))
        }
    }
}

/// Where the key of the store in this file is kept.
pub(crate) fn beside(store: &Path) -> PathBuf {
    store.with_added_extension("key")
}

/// The key in this file; `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<SealKey>, Failure> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    refuse_if_others_can_read(path, &found)?;
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    SealKey::parse(&text).map(Some).map_err(|error| {
        let text = format!("the key file {} holds no key; bring it back from your backup", path.display());
        Failure::refused(text).because(&error)
    })
}

#[cfg(unix)]
fn refuse_if_others_can_read(path: &Path, found: &fs::Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::refused(format!(
        "the key file {path} can be read by others (its mode is {mode:o}); say `chmod 600 {path}`"
    )))
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_: &Path, _: &fs::Metadata) -> Result<(), Failure> {
    Ok(())
}

/// Makes a new key and keeps it in this file, for its owner alone. Another process may be doing the same: the first wins.
pub(crate) fn make(path: &Path) -> Result<SealKey, Failure> {
    let bytes = random()?;
    let failed = |error: io::Error| {
        Failure::failed(format!("the key file {} can't be made", path.display())).because(&error)
    };
    // Written elsewhere first, so that nobody ever finds half a key.
    let draft = path.with_added_extension(format!("{}.new", std::process::id()));
    let written = write(&draft, &STANDARD.encode(bytes)).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = fs::remove_file(&draft);
    written.map_err(failed)?;
    removed.map_err(failed)?;
    read(path)?.ok_or_else(|| Failure::failed(format!("the key file {} has vanished", path.display())))
}

/// A key that nobody keeps.
pub(crate) fn for_once() -> Result<SealKey, Failure> {
    random().map(SealKey::new)
}

fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::failed("the system gives no random numbers").because(&error))?;
    Ok(bytes)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("the key file {} can't be read", path.display())).because(error)
}
