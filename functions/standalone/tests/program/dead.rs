//! Messages that died, seen and sent again.

use serde_json::{Value, json};

use crate::{sides::Sides, work::parsed};

impl Sides {
    /// A message among the dead letters, as five failures would have left it.
    fn let_die(&self, lane: &str, body: &str) {
        let file = rusqlite::Connection::open(self.store()).unwrap();
        file.execute("INSERT INTO dead (lane, team, body, died) VALUES (?1, '1', ?2, 0)", [lane, body])
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_messages_are_seen_and_sent_again() {
    let sides = Sides::ready(3).await;
    let none = sides.run(&["dead", "--json"]).await;
    assert_eq!((none.code, parsed(&none)), (0, json!([])));
    sides.let_die("changes", r#"{"schema":1,"wake":"due","department":"1"}"#);
    sides.let_die("orders", "poison");
    let all = sides.run(&["dead", "--json"]).await;
    let wanted = json!([
        {"lane": "orders", "group": "1", "text": "poison"},
        {"lane": "changes", "group": "1", "text": r#"{"schema":1,"wake":"due","department":"1"}"#},
    ]);
    assert_eq!((all.code, parsed(&all)), (3, wanted));
    let one = sides.run(&["dead", "bulk"]).await;
    assert_eq!((one.code, one.out.as_str()), (0, "no message is dead\n"));
    let again = sides.run(&["redrive", "changes", "--json"]).await;
    assert_eq!((again.code, parsed(&again)), (0, json!({"lane": "changes", "sent": 1, "left": false})));
    let twice = sides.run(&["redrive", "changes"]).await;
    assert_eq!((twice.code, twice.out.as_str()), (0, "changes: 0 messages sent again, none is left\n"));
    // What is sent again and good is worked off; what is poison ends where it was.
    assert_eq!(sides.run(&["redrive", "orders"]).await.code, 0);
    assert_eq!(sides.run(&["run", "--once"]).await.code, 0);
    let left = parsed(&sides.run(&["dead", "--json"]).await);
    let texts: Vec<&Value> = left.as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["poison"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_there_is_not_is_refused_with_those_that_there_are() {
    let sides = Sides::ready(0).await;
    let wrong = sides.run(&["redrive", "ordres"]).await;
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("orders") && wrong.err.contains("changes"), "{}", wrong.err);
}
