use std::{os::unix::fs::PermissionsExt, sync::Arc};

use serde_json::json;
use sync::ports::{Condition, Item, Key, Lane, Ledger, Outgoing, Queue, Range, Write};

use world::Clock;

use super::*;
use crate::{AtWork, AtWorkError, OpenError, store::tests::Still};

fn item(number: usize) -> Item {
    let key = Key::new("p", format!("{number:05}"));
    Item { key, version: 0, schema: 1, body: json!({"n": number}), index: None, expires: None }
}

async fn write(store: &Store, number: usize) {
    let put = Write::Put { item: item(number), condition: Condition::Absent };
    store.write(vec![put]).await.unwrap();
}

async fn numbers(store: &Store) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.page("p", Range::default().after(after), 1000).await.unwrap();
        // Each is there up to the last: nothing came in between.
        for (place, item) in page.items.iter().enumerate() {
            assert_eq!(item.body["n"], count + place);
        }
        count += page.items.len();
        after = page.next;
        if after.is_none() {
            return count;
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What stands in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn restored(backup: &Path, store: &Path) -> Store {
    Restored::from(backup, store).unwrap().put(store).unwrap();
    Store::open(store, Still::new()).unwrap()
}

#[tokio::test]
async fn a_backup_is_one_file_of_its_owners_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup, again) =
        ["store", "backup", "again"].map(|name| folder.path().join(name).with_extension("sqlite")).into();
    let clock = Still::new();
    let store = Store::open(&path, clock.clone()).unwrap();
    write(&store, 0).await;
    let message = Outgoing { group: "g".to_owned(), identity: "1".to_owned(), body: "m".to_owned() };
    store.send(Lane::Orders, vec![message]).await.unwrap();
    let made = store.back_up(&backup).await.unwrap();
    assert_eq!((made.at, made.bytes), (clock.now(), fs::metadata(&backup).unwrap().len()));
    assert_eq!(mode(&backup), 0o600);
    assert!(names(folder.path()).iter().all(|name| !name.starts_with("backup.sqlite-")));
    write(&store, 1).await;
    // What came later is not in it, and messages are not either: what is due stands in the ledger.
    let again = restored(&backup, &again);
    assert_eq!(numbers(&again).await, 1);
    assert!(again.receive(Lane::Orders, 1, Duration::ZERO).await.unwrap().is_empty());
    let body = &again.get(&item(0).key).await.unwrap().unwrap().body;
    assert_eq!(body, &json!({"n": 0}));
    write(&again, 1).await;
}

#[tokio::test]
async fn nothing_is_overwritten_and_a_backup_is_not_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("store.sqlite"), folder.path().join("b.sqlite"));
    let store = Store::open(&path, Still::new()).unwrap();
    store.back_up(&backup).await.unwrap();
    let before = fs::read(&backup).unwrap();
    assert!(matches!(store.back_up(&backup).await, Err(BackupError::Exists(_))));
    assert!(matches!(store.back_up(&path).await, Err(BackupError::Exists(_))));
    let nowhere = folder.path().join("nowhere/b.sqlite");
    assert!(matches!(store.back_up(&nowhere).await, Err(BackupError::System(..))));
    assert!(matches!(Store::open(&backup, Still::new()), Err(OpenError::Backup(_))));
    let onto = Restored::from(&backup, &path).unwrap().put(&path);
    assert!(matches!(onto, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&backup).unwrap(), before);
    let left: Vec<String> =
        names(folder.path()).into_iter().filter(|name| name.starts_with(".tmp")).collect();
    assert_eq!(left, [""; 0]);
}

#[tokio::test]
async fn what_is_no_backup_is_named_so() {
    let folder = tempfile::tempdir().unwrap();
    let [path, text, copy, broken, to] =
        ["store", "text", "copy", "broken", "to"].map(|name| folder.path().join(name));
    let store = Store::open(&path, Still::new()).unwrap();
    for number in 0..300 {
        write(&store, number).await;
    }
    store.back_up(&broken).await.unwrap();
    drop(store);
    // A copy of the store itself doesn't say of when it is.
    fs::copy(&path, &copy).unwrap();
    fs::write(&text, "a shopping list, long enough to be taken for the header of a database file, perhaps")
        .unwrap();
    for wrong in [&copy, &text, folder.path()] {
        let error = Restored::from(wrong, &to).err().unwrap();
        assert!(matches!(error, BackupError::Foreign(_)), "{}: {error:?}", wrong.display());
    }
    let missing = Restored::from(&folder.path().join("missing"), &to).err().unwrap();
    assert!(matches!(missing, BackupError::System(..)), "{missing:?}");
    // A disk that lost a page.
    let mut bytes = fs::read(&broken).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&broken, bytes).unwrap();
    let error = Restored::from(&broken, &to).err().unwrap();
    assert!(matches!(error, BackupError::Damaged { .. }), "{error:?}");
    assert!(!to.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_writing_while_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let (store, other) =
        (Store::open(&path, Still::new()).unwrap(), Store::open(&path, Still::new()).unwrap());
    let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = written.clone();
    let writer = tokio::spawn(async move {
        for number in 0..400 {
            write(&other, number).await;
            count.store(number + 1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    for round in 0..8 {
        let confirmed = written.load(std::sync::atomic::Ordering::SeqCst);
        let backup = folder.path().join(format!("b{round}"));
        store.back_up(&backup).await.unwrap();
        let again = restored(&backup, &folder.path().join(format!("s{round}")));
        assert!(numbers(&again).await >= confirmed, "what was confirmed is in it");
    }
    writer.await.unwrap();
    assert_eq!(numbers(&store).await, 400);
}

#[tokio::test]
async fn whoever_works_on_a_store_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path, Still::new()).unwrap();
    let working = store.go_to_work(&path, || async { Ok(()) }).await.unwrap();
    assert!(matches!(AtWork::alone(&path), Err(AtWorkError::Busy)));
    drop(working);
    let alone = AtWork::alone(&path).unwrap();
    assert!(matches!(AtWork::alone(&path), Err(AtWorkError::Busy)));
    drop(alone);
}
