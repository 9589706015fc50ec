use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use jiff::Timestamp;
use serde_json::json;
use sync::ports::{Condition, Item, Key, Lane, Ledger, LedgerError, Outgoing, Queue, Range, Write};

use super::*;

/// A clock that stands still unless somebody sleeps.
pub(crate) struct Still(pub(crate) Mutex<Timestamp>);

impl Still {
    pub(crate) fn new() -> Arc<Still> {
        Arc::new(Still(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap())))
    }

    pub(crate) fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration);
        tokio::task::yield_now().await;
    }
}

fn put(sort: &str, condition: Condition) -> Write {
    let key = Key::new("p", sort);
    let item = Item { key, version: 0, schema: 1, body: json!({}), index: None, expires: None };
    Write::Put { item, condition }
}

fn open(path: &Path) -> Result<Store, OpenError> {
    Store::open(path, Still::new())
}

#[track_caller]
fn refused(path: &Path, expected: &str) {
    let error = open(path).err().expect("it doesn't open");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn what_was_written_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = open(&path).unwrap();
    store.write(vec![put("a", Condition::Absent)]).await.unwrap();
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!(store.get(&Key::new("p", "a")).await.unwrap().unwrap().version, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.sqlite")).unwrap();
    store.write(vec![put("a", Condition::Absent)]).await.unwrap();
    let mut files = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        files += 1;
    }
    assert_eq!(files, 3); // with the log and the shared memory beside it
}

#[test]
fn what_can_not_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let told = |name: &str, rest: &str| format!("{} {rest}", at(name).display());

    refused(&at("no/store.sqlite"), &format!("the folder {} doesn't exist", at("no").display()));

    fs::write(at("text"), "This is a letter to my grandmother. ".repeat(100)).unwrap();
    refused(&at("text"), &told("text", "isn't this program's data file"));

    fs::create_dir(at("folder")).unwrap();
    refused(&at("folder"), &told("folder", "isn't this program's data file"));

    Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    refused(&at("other"), &told("other", "isn't this program's data file"));

    drop(open(&at("newer")).unwrap());
    Connection::open(at("newer")).unwrap().pragma_update(None, "user_version", 2).unwrap();
    refused(
        &at("newer"),
        &told("newer", "was made by a newer version of this program (layout 2; this one knows 1)"),
    );

    drop(open(&at("closed")).unwrap());
    let mut mode = fs::metadata(at("closed")).unwrap().permissions();
    mode.set_readonly(true);
    fs::set_permissions(at("closed"), mode).unwrap();
    refused(&at("closed"), &told("closed", "can't be written: it is read-only"));
}

#[tokio::test]
async fn an_empty_file_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty");
    fs::write(&path, "").unwrap();
    let store = open(&path).unwrap();
    store.write(vec![put("a", Condition::Absent)]).await.unwrap();
}

/// Not a test of its own: what the next one kills.
#[tokio::test]
async fn child_that_writes() {
    let Some(path) = std::env::var_os("LOCAL_TESTS_CHILD") else { return };
    let store = open(Path::new(&path)).unwrap();
    for n in 0.. {
        store.write(vec![put(&format!("{n:06}"), Condition::Absent)]).await.unwrap();
        println!("\nconfirmed {n:06}");
    }
}

#[tokio::test]
async fn a_confirmed_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    // The same file is open here, and is written from here, meanwhile.
    let store = open(&path).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::child_that_writes", "--nocapture"])
        .env("LOCAL_TESTS_CHILD", &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut confirmed = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(sort) = line.unwrap().strip_prefix("confirmed ") {
            confirmed.push(sort.to_owned());
            store.write(vec![put(&format!("mine {sort}"), Condition::Absent)]).await.unwrap();
        }
        if confirmed.len() == 40 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(store);
    let store = open(&path).unwrap();
    for sort in confirmed {
        for sort in [format!("mine {sort}"), sort] {
            assert!(store.get(&Key::new("p", &sort)).await.unwrap().is_some(), "{sort}");
        }
    }
}

#[tokio::test]
async fn many_open_one_file_at_once_and_one_of_them_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let open_and_write = || {
        let path = path.clone();
        async move {
            let store = tokio::task::spawn_blocking(move || open(&path)).await.unwrap().unwrap();
            store.write(vec![put("a", Condition::Absent)]).await
        }
    };
    let writers: Vec<_> = (0..6).map(|_| tokio::spawn(open_and_write())).collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert!(matches!(error, LedgerError::Conflict), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn another_process_s_message_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let (here, there) = (open(&path).unwrap(), open(&path).unwrap());
    let message = Outgoing { group: "g".into(), identity: "1".into(), body: "x".into() };
    // Not even the same `Notify`: only looking again helps.
    let receive = async {
        // This clock's twenty seconds pass at once, whatever the other side takes.
        loop {
            if let Some(received) = here.receive(Lane::Scan, 1, Duration::from_secs(20)).await.unwrap().pop()
            {
                return received;
            }
        }
    };
    let (received, sent) = tokio::join!(receive, there.send(Lane::Scan, vec![message]));
    sent.unwrap();
    assert_eq!(received.body, "x");
}

#[tokio::test]
async fn what_has_expired_is_purged() {
    let clock = Still::new();
    let store = Store::temporary(clock.clone()).unwrap();
    for (sort, expires) in [("gone", Some(100)), ("now", Some(200)), ("later", Some(201)), ("never", None)] {
        let Write::Put { mut item, condition } = put(sort, Condition::Absent) else { unreachable!() };
        item.expires = expires.map(|second| Timestamp::from_second(second).unwrap());
        store.write(vec![Write::Put { item, condition }]).await.unwrap();
    }
    assert_eq!(store.purge(Timestamp::from_second(200).unwrap()).await.unwrap(), 2);
    let left = store.page("p", Range::default(), 10).await.unwrap().items;
    assert_eq!(left.iter().map(|item| item.key.sort.as_str()).collect::<Vec<_>>(), ["later", "never"]);
}

#[tokio::test]
async fn a_garbled_row_is_named() {
    let store = Store::temporary(Still::new()).unwrap();
    store.write(vec![put("a", Condition::Absent)]).await.unwrap();
    store.run(|connection| connection.execute("UPDATE items SET body = '{'", []).map(drop)).await.unwrap();
    let error = store.get(&Key::new("p", "a")).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "p / a: its body is garbled");
}

/// SQLite must look pages up, not count its way to them.
#[tokio::test]
async fn pages_are_looked_up() {
    let store = Store::temporary(Still::new()).unwrap();
    let plan = |query: &'static str| {
        store.run(move |connection| {
            let mut explain =
                connection.prepare(&format!("EXPLAIN QUERY PLAN SELECT * FROM items WHERE {query}"))?;
            let rows = explain.query_map([], |row| row.get::<_, String>(3))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
    };
    assert_eq!(
        plan("partition = 'p' AND sort <= 'z' AND sort > ('a') ORDER BY sort").await.unwrap(),
        ["SEARCH items USING PRIMARY KEY (partition=? AND sort>? AND sort<?)"]
    );
    assert_eq!(
        plan(
            "index_partition = 'p' AND (index_sort, partition, sort) < ('a', 'b', 'c')
             ORDER BY index_sort DESC, partition DESC, sort DESC"
        )
        .await
        .unwrap(),
        [
            "SEARCH items USING INDEX items_by_index (index_partition=? AND (index_sort,partition,sort)<(?,?,?))"
        ]
    );
}
