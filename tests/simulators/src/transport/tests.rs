use serde_json::{Value, json};
use world::Method;

use super::*;
use crate::faults::{Kind, Rule};

struct Hello;

impl Server for Hello {
    fn handle(&self, _: &Request, now: Timestamp) -> Response {
        Response { status: 200, headers: Vec::new(), body: now.to_string().into_bytes() }
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn control(&self, _: Method, _: &str, _: &[u8], _: Timestamp) -> Option<Result<Value, String>> {
        None
    }
}

fn get(url: &str) -> Request {
    Request::new(Method::Get, url.parse().unwrap())
}

#[tokio::test]
async fn hosts_are_found_by_name_and_port() {
    let clock = Arc::new(TestClock::moving(Timestamp::UNIX_EPOCH));
    let network = Network::new(clock.clone());
    network.host("a.no", Arc::new(Hello));
    network.host("b.no:81", Arc::new(Hello));
    assert_eq!(network.send(get("https://a.no/x")).await.unwrap().body, b"1970-01-01T00:00:00Z");
    network.send(get("http://a.no:8080/")).await.unwrap();
    network.send(get("http://b.no:81/")).await.unwrap();
    for url in ["http://b.no/", "http://c.no/"] {
        assert!(matches!(network.send(get(url)).await, Err(TransportError::NotSent(_))), "{url}");
    }
    network.latency("a.no", Duration::from_secs(2));
    network.send(get("https://a.no/x")).await.unwrap();
    assert_eq!(clock.now().as_second(), 2);
    network.latency("a.no", Duration::from_secs(60));
    let thirty = Duration::from_secs(30);
    assert_eq!(network.send(get("https://a.no/x")).await.unwrap_err(), TransportError::TimedOut(thirty));
}

#[tokio::test]
async fn trouble_arrives() {
    let clock = Arc::new(TestClock::moving(Timestamp::UNIX_EPOCH));
    let network = Network::new(clock.clone());
    let faults = network.host("a.no", Arc::new(Hello));
    faults.add(Rule::next(Kind::Hang));
    faults.add(Rule::next(Kind::CutAfter).nth(2));
    let thirty = Duration::from_secs(30);
    assert_eq!(network.send(get("http://a.no")).await.unwrap_err(), TransportError::TimedOut(thirty));
    assert_eq!(clock.now().as_second(), 30);
    assert!(matches!(network.send(get("http://a.no")).await, Err(TransportError::Broken(_))));
    let small = Request { max_body: 5, ..get("http://a.no") };
    assert_eq!(network.send(small).await.unwrap_err(), TransportError::TooLarge(5));
}

#[tokio::test]
async fn sleepers_wake_in_order() {
    let clock = TestClock::moving(Timestamp::UNIX_EPOCH);
    let order = Mutex::new(Vec::new());
    let sleeper = async |seconds| {
        clock.sleep(Duration::from_secs(seconds)).await;
        order.lock().unwrap().push((seconds, clock.now().as_second()));
    };
    tokio::join!(sleeper(9), sleeper(1), sleeper(5));
    assert_eq!(*order.lock().unwrap(), [(1, 1), (5, 5), (9, 9)]);
    // One that is dropped is not waited for.
    tokio::select! {
        () = clock.sleep(Duration::from_secs(1)) => {}
        () = clock.sleep(Duration::from_secs(100)) => unreachable!("the later one"),
    }
    clock.sleep(Duration::from_secs(2)).await;
    assert_eq!(clock.now().as_second(), 12);
}

#[tokio::test]
async fn a_clock_moved_by_hand() {
    let clock = Arc::new(TestClock::by_hand(Timestamp::UNIX_EPOCH));
    let sleeping = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep(Duration::from_secs(10)).await }
    });
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(9));
    tokio::task::yield_now().await;
    assert!(!sleeping.is_finished());
    clock.advance(Duration::from_secs(1));
    sleeping.await.unwrap();
}

#[test]
fn chance_repeats_itself() {
    let (one, other) = (SeededChance::new(0), SeededChance::new(0));
    assert_eq!(one.next(), 0xe220_a839_7b1d_cdaf, "splitmix64's first number from seed 0");
    other.next();
    assert_eq!(one.next(), other.next());
}
