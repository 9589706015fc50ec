//! The store in one file and back, as a person types it.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use serde_json::json;

use crate::{
    sides::{Sides, end},
    work::{parsed, until},
};

fn stop(pid: u32) {
    let sent = std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_it_runs_comes_back_paused_and_goes_on_at_a_word() {
    let sides = Sides::ready(5).await;
    assert_eq!(sides.run(&["synchronize", "1"]).await.code, 0);
    let running = sides.command(&["run"]).stderr(Stdio::null()).spawn().unwrap();
    let pid = running.id();
    until("the lock", || sides.store().with_added_extension("lock").exists()).await;
    let made = sides.run(&["backup", "b.sqlite", "--json"]).await;
    assert_eq!(made.code, 0, "{}", made.err);
    let file = sides.folder.path().join("b.sqlite");
    let found = fs::metadata(&file).unwrap();
    assert_eq!((found.permissions().mode() & 0o777, &parsed(&made)["bytes"]), (0o600, &json!(found.len())));
    // Not twice into one file, and not under a program that works.
    let again = sides.run(&["backup", "b.sqlite"]).await;
    assert!(again.code == 2 && again.err.contains("is there already"), "{}", again.err);
    until("somebody at work", || local::AtWork::alone(&sides.store()).is_err()).await;
    let busy = sides.run(&["restore", "b.sqlite", "--replace"]).await;
    assert!(busy.code == 2 && busy.err.contains("another process works"), "{}", busy.err);
    stop(pid);
    assert_eq!(end(running).await.code, 0);
    // Nor over a store that is there, unless it is meant; that one is kept.
    let onto = sides.run(&["restore", "b.sqlite"]).await;
    assert!(onto.code == 2 && onto.err.contains("--replace"), "{}", onto.err);
    let restored = sides.run(&["restore", "b.sqlite", "--replace", "--json"]).await;
    assert_eq!(restored.code, 3, "{}", restored.err);
    let told = parsed(&restored);
    assert_eq!((&told["paused"], &told["made"]), (&json!(["1"]), &parsed(&made)["made"]));
    let aside = sides.folder.path().join(told["replaced"].as_str().unwrap());
    assert!(aside.exists());
    let kept = sides.run(&["--store", &format!("sqlite:{}", aside.display()), "department", "list"]).await;
    assert!(kept.err.contains("key"), "its key is beside the other name: {}", kept.err);
    // Paused, visibly; a person's word ends it, and what is there is found again, not made again.
    let status = sides.run(&["status", "--json"]).await;
    assert_eq!(status.code, 3);
    assert!(status.out.contains("restored from a backup of"), "{}", status.out);
    assert_eq!(sides.run(&["resume", "1"]).await.code, 0);
    let products = sides.shop.products().len();
    assert_eq!(sides.run(&["synchronize", "1"]).await.code, 0);
    assert_eq!(sides.shop.products().len(), products);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_or_no_store_is_named_so() {
    let sides = Sides::ready(0).await;
    let folder = sides.folder.path();
    fs::write(folder.join("list.txt"), "a shopping list that is no backup of anything at all, however long")
        .unwrap();
    let check = |words: &'static [&'static str], code: i32, says: &'static str| {
        let sides = &sides;
        async move {
            let answer = sides.run(words).await;
            assert!(
                answer.code == code && answer.err.contains(says),
                "{words:?}: {} {}",
                answer.code,
                answer.err
            );
        }
    };
    check(&["restore", "list.txt", "--replace"], 2, "is no backup").await;
    check(&["restore", "loomis-woo.sqlite", "--store", "sqlite:new.sqlite"], 2, "is no backup").await;
    check(&["restore", "nowhere.sqlite", "--replace"], 1, "can't be written or read").await;
    check(&["backup", "b.sqlite", "--store", "sqlite:nowhere.sqlite"], 2, "there is no store").await;
    check(&["backup", "b.sqlite", "--store", "dynamodb:table"], 2, "point-in-time").await;
    check(&["backup", "no/such/folder/b.sqlite"], 1, "can't be written").await;
    // Whatever was refused, the store is as it was.
    assert_eq!(sides.run(&["department", "show", "1"]).await.code, 0);
    assert!(!folder.join("new.sqlite").exists() && !folder.join("nowhere.sqlite").exists());
    // A backup is never worked on by mistake.
    assert_eq!(sides.run(&["backup", "b.sqlite"]).await.code, 0);
    check(&["status", "--store", "sqlite:b.sqlite"], 1, "is a backup").await;
}
