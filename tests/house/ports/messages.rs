//! Queues. What takes minutes (the real visibility, the five minutes of an identity) is tried in `local` with a clock
//! that is moved by hand, and held against the template.

use std::time::{Duration, Instant};

use sync::ports::{Lane, MAX_ATTEMPTS, Outgoing, Queue, QueueError, Received};

const AT_ONCE: Duration = Duration::ZERO;

/// Long enough for what will come; nothing waits so long that works.
const LONG: Duration = Duration::from_secs(20);

fn message(group: &str, body: &str) -> Outgoing {
    Outgoing { group: group.into(), identity: format!("{group}.{body}"), body: body.into() }
}

async fn send(queue: &dyn Queue, messages: &[(&str, &str)]) {
    let messages = messages.iter().map(|(group, body)| message(group, body)).collect();
    queue.send(Lane::Changes, messages).await.unwrap();
}

async fn take(queue: &dyn Queue, most: usize) -> Vec<Received> {
    queue.receive(Lane::Changes, most, AT_ONCE).await.unwrap()
}

async fn take_one(queue: &dyn Queue) -> Option<Received> {
    take(queue, 1).await.pop()
}

/// The next message, which must be there or come.
async fn next(queue: &dyn Queue) -> Received {
    queue.receive(Lane::Changes, 1, LONG).await.unwrap().pop().expect("a message comes")
}

async fn done(queue: &dyn Queue, received: &Received) {
    queue.done(Lane::Changes, &received.receipt).await.unwrap();
}

async fn give_back(queue: &dyn Queue, received: &Received, delay: Duration) {
    queue.give_back(Lane::Changes, &received.receipt, delay).await.unwrap();
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(|received| received.body.as_str()).collect()
}

pub(super) async fn first_in_first_out(queue: &dyn Queue) {
    send(queue, &[("g", "1"), ("g", "2")]).await;
    send(queue, &[("g", "3")]).await;
    for expected in ["1", "2", "3"] {
        let received = take_one(queue).await.unwrap();
        assert_eq!((received.body.as_str(), received.group.as_str(), received.attempt), (expected, "g", 1));
        done(queue, &received).await;
    }
    assert!(take_one(queue).await.is_none());
}

pub(super) async fn a_group_has_one_message_in_hand(queue: &dyn Queue) {
    send(queue, &[("g", "1"), ("g", "2"), ("g", "3")]).await;
    let received = take(queue, 10).await;
    assert_eq!(bodies(&received), ["1"]);
    assert!(take(queue, 10).await.is_empty());
    done(queue, &received[0]).await;
    assert_eq!(bodies(&take(queue, 10).await), ["2"]);
}

pub(super) async fn groups_do_not_wait_for_each_other(queue: &dyn Queue) {
    send(queue, &[("a", "a1"), ("a", "a2"), ("b", "b1"), ("c", "c1"), ("b", "b2")]).await;
    let first = take_one(queue).await.unwrap();
    assert_eq!(first.body, "a1");
    let mut others = take(queue, 10).await;
    others.sort_by(|a, b| a.body.cmp(&b.body));
    assert_eq!(bodies(&others), ["b1", "c1"]);
    done(queue, &others[0]).await;
    assert_eq!(bodies(&take(queue, 10).await), ["b2"]);
    done(queue, &first).await;
    assert_eq!(bodies(&take(queue, 10).await), ["a2"]);
}

pub(super) async fn lanes_are_apart(queue: &dyn Queue) {
    for lane in Lane::ALL {
        // The same identity in each.
        let sent = Outgoing { body: lane.as_str().into(), ..message("g", "x") };
        queue.send(lane, vec![sent]).await.unwrap();
    }
    for lane in Lane::ALL {
        let received = queue.receive(lane, 10, AT_ONCE).await.unwrap();
        assert_eq!(bodies(&received), [lane.as_str()]);
    }
}

pub(super) async fn a_message_given_back_comes_again(queue: &dyn Queue) {
    send(queue, &[("g", "1"), ("g", "2")]).await;
    for attempt in 1..=3 {
        let received = take_one(queue).await.unwrap();
        assert_eq!((received.body.as_str(), received.attempt), ("1", attempt));
        give_back(queue, &received, AT_ONCE).await;
    }
    let received = take_one(queue).await.unwrap();
    done(queue, &received).await;
    assert_eq!(take_one(queue).await.unwrap().body, "2");
}

pub(super) async fn a_delayed_message_holds_its_group(queue: &dyn Queue) {
    send(queue, &[("g", "1"), ("g", "2"), ("h", "other")]).await;
    let received = take_one(queue).await.unwrap();
    let begun = Instant::now();
    give_back(queue, &received, Duration::from_secs(2)).await;
    assert_eq!(bodies(&take(queue, 10).await), ["other"]);
    let received = next(queue).await;
    assert_eq!((received.body.as_str(), received.attempt), ("1", 2));
    assert!(begun.elapsed() >= Duration::from_millis(1_900), "{:?}", begun.elapsed());
}

pub(super) async fn equal_identities_vanish(queue: &dyn Queue) {
    let twin =
        |group: &str, body: &str| Outgoing { group: group.into(), identity: "one".into(), body: body.into() };
    queue.send(Lane::Changes, vec![twin("g", "first"), twin("g", "second")]).await.unwrap();
    queue.send(Lane::Changes, vec![twin("other group", "third")]).await.unwrap_err();
    let received = take(queue, 10).await;
    assert_eq!(bodies(&received), ["first"]);
    done(queue, &received[0]).await;
    // Also when the first is gone.
    queue.send(Lane::Changes, vec![twin("g", "fourth"), message("g", "other")]).await.unwrap();
    assert_eq!(bodies(&take(queue, 10).await), ["other"]);
}

pub(super) async fn a_message_tried_too_often_is_dead(queue: &dyn Queue) {
    send(queue, &[("g", "bad"), ("g", "good")]).await;
    assert!(queue.dead(Lane::Changes, 10).await.unwrap().is_empty());
    for attempt in 1..=MAX_ATTEMPTS {
        let received = take_one(queue).await.unwrap();
        assert_eq!((received.body.as_str(), received.attempt), ("bad", attempt));
        give_back(queue, &received, AT_ONCE).await;
    }
    assert_eq!(take_one(queue).await.unwrap().body, "good");
    // Looking takes nothing away.
    for _ in 0..2 {
        let dead = queue.dead(Lane::Changes, 10).await.unwrap();
        assert_eq!(bodies(&dead), ["bad"]);
        assert_eq!((dead[0].group.as_str(), dead[0].attempt), ("g", MAX_ATTEMPTS));
    }
    assert!(queue.dead(Lane::Bulk, 10).await.unwrap().is_empty());
}

pub(super) async fn the_dead_hold_nobody_up(queue: &dyn Queue) {
    let groups: Vec<String> = (0..12).map(|n| format!("g{n:02}")).collect();
    for group in &groups {
        send(queue, &[(group, &format!("{group}-bad")), (group, &format!("{group}-good"))]).await;
    }
    for _ in 0..MAX_ATTEMPTS {
        let mut received = take(queue, 10).await;
        received.extend(take(queue, 10).await);
        assert_eq!(received.len(), 12);
        for received in &received {
            give_back(queue, received, AT_ONCE).await;
        }
    }
    let mut received = take(queue, 10).await;
    received.extend(take(queue, 10).await);
    assert_eq!(received.len(), 12);
    assert!(received.iter().all(|received| received.body.ends_with("-good") && received.attempt == 1));
    let dead = queue.dead(Lane::Changes, 100).await.unwrap();
    assert_eq!(bodies(&dead), groups.iter().map(|group| format!("{group}-bad")).collect::<Vec<_>>());
    assert_eq!(queue.dead(Lane::Changes, 11).await.unwrap().len(), 11);
    assert_eq!(queue.dead(Lane::Changes, 3).await.unwrap().len(), 3);
}

/// Lets everything that the lane has die, group by group.
async fn let_die(queue: &dyn Queue, messages: usize) {
    for _ in 0..MAX_ATTEMPTS as usize * messages {
        for received in take(queue, 10).await {
            give_back(queue, &received, AT_ONCE).await;
        }
    }
    assert!(take_one(queue).await.is_none());
}

pub(super) async fn the_dead_are_sent_again(queue: &dyn Queue) {
    assert_eq!(queue.redrive(Lane::Changes, 10).await.unwrap(), 0);
    // More of one group than SQS shows at once.
    let bodies_of_g: Vec<String> = (0..12).map(|n| format!("g{n:02}")).collect();
    let sent: Vec<(&str, &str)> =
        bodies_of_g.iter().map(|body| ("g", body.as_str())).chain([("h", "h")]).collect();
    send(queue, &sent).await;
    let_die(queue, sent.len()).await;
    send(queue, &[("g", "younger")]).await;
    assert_eq!(queue.redrive(Lane::Bulk, 100).await.unwrap(), 0);
    assert_eq!(queue.redrive(Lane::Changes, 1).await.unwrap(), 1);
    assert_eq!(queue.redrive(Lane::Changes, 100).await.unwrap(), 12);
    assert!(queue.dead(Lane::Changes, 10).await.unwrap().is_empty());
    // In their order, behind what the group had; tried for the first time.
    let (mut of_g, mut of_h) = (Vec::new(), Vec::new());
    while let Some(received) = take_one(queue).await {
        assert_eq!(received.attempt, 1);
        done(queue, &received).await;
        let list = if received.group == "g" { &mut of_g } else { &mut of_h };
        list.push(received.body);
    }
    assert_eq!(of_g, std::iter::once("younger".to_owned()).chain(bodies_of_g).collect::<Vec<_>>());
    assert_eq!(of_h, ["h"]);
    // And who died once more can be sent once more, within the five minutes of an identity.
    send(queue, &[("g", "stubborn")]).await;
    for _ in 0..2 {
        let_die(queue, 1).await;
        assert_eq!(queue.redrive(Lane::Changes, 10).await.unwrap(), 1);
    }
    assert_eq!(take_one(queue).await.unwrap().body, "stubborn");
}

pub(super) async fn waiting_ends_when_a_message_comes(queue: &dyn Queue) {
    let begun = Instant::now();
    let (received, ()) = tokio::join!(next(queue), send(queue, &[("g", "1"), ("g", "2")]));
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    // Also when the message before it in its group is done.
    let (next, ()) = tokio::join!(next(queue), done(queue, &received));
    assert_eq!((received.body.as_str(), next.body.as_str()), ("1", "2"));
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
}

pub(super) async fn waiting_ends_without_one(queue: &dyn Queue) {
    let begun = Instant::now();
    let received = queue.receive(Lane::Changes, 10, Duration::from_secs(1)).await.unwrap();
    assert!(received.is_empty());
    assert!((Duration::from_millis(900)..LONG / 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

pub(super) async fn a_receipt_that_ran_out_does_no_harm(queue: &dyn Queue) {
    send(queue, &[("g", "1")]).await;
    let first = take_one(queue).await.unwrap();
    give_back(queue, &first, AT_ONCE).await;
    let second = take_one(queue).await.unwrap();
    // Whoever had it first comes too late: it stays in the second's hand.
    done(queue, &first).await;
    give_back(queue, &first, AT_ONCE).await;
    assert!(take_one(queue).await.is_none());
    give_back(queue, &second, AT_ONCE).await;
    let third = take_one(queue).await.unwrap();
    assert_eq!((third.body.as_str(), third.attempt), ("1", 3));
    done(queue, &third).await;
    done(queue, &third).await;
    give_back(queue, &third, AT_ONCE).await;
    assert!(take_one(queue).await.is_none());
}

pub(super) async fn many_and_large_messages_are_sent(queue: &dyn Queue) {
    queue.send(Lane::Changes, vec![]).await.unwrap();
    let large = "æ".repeat(128 * 1024);
    let messages = (0..25).map(|n| Outgoing {
        group: "g".into(),
        identity: format!("{n}"),
        body: if n < 6 { format!("{}{n}", &large[..large.len() - 2]) } else { format!("{n}") },
    });
    queue.send(Lane::Changes, messages.collect()).await.unwrap();
    for n in 0..25 {
        let received = take_one(queue).await.unwrap();
        assert!(received.body.ends_with(&n.to_string()));
        assert_eq!(received.body.len() > 1000, n < 6);
        done(queue, &received).await;
    }
    let strange = "{\"navn\":\"Blåbær 🫐\"}\n\t<&>\u{85}\u{e000}";
    queue
        .send(Lane::Changes, vec![Outgoing { identity: "s".into(), ..message("g", strange) }])
        .await
        .unwrap();
    assert_eq!(take_one(queue).await.unwrap().body, strange);
}

pub(super) async fn what_can_not_be_carried_is_refused(queue: &dyn Queue) {
    let fine = message("g", "x");
    for strange in [
        Outgoing { group: String::new(), ..fine.clone() },
        Outgoing { group: "with space".into(), ..fine.clone() },
        Outgoing { identity: String::new(), ..fine.clone() },
        Outgoing { identity: "x".repeat(129), ..fine.clone() },
        Outgoing { identity: "å".into(), ..fine.clone() },
        Outgoing { body: String::new(), ..fine.clone() },
        Outgoing { body: "x".repeat(256 * 1024 + 1), ..fine.clone() },
        Outgoing { body: "\u{0}".into(), ..fine.clone() },
        Outgoing { body: "\u{ffff}".into(), ..fine.clone() },
    ] {
        let refused = queue.send(Lane::Changes, vec![fine.clone(), strange]).await;
        assert!(matches!(refused, Err(QueueError::Unfit(_))), "{refused:?}");
    }
    // Nothing of it was sent.
    assert!(take_one(queue).await.is_none());
}
