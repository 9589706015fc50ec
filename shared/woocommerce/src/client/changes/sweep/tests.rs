use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use retail::fate::Fate;
use world::{Request, Response, Transport, TransportError, World};

use super::*;
use crate::{
    Capabilities, Version,
    client::tests::{Shop, answer, client_of, recorded, served},
};

const OLD: Capabilities = Capabilities { dates_are_gmt: false, modified_after: false, own_images: false };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A shop whose products come and go between two pages: id and second of the last change, after noon.
struct Moving {
    products: Mutex<BTreeMap<u64, i64>>,
    calls: AtomicUsize,
    between: fn(usize, &mut BTreeMap<u64, i64>),
    /// Whether it says how many there are.
    tells_total: bool,
    /// A product that it can't show.
    broken: Option<u64>,
}

const NOON: i64 = 1_795_435_200;

#[async_trait]
impl Transport for Moving {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut products = self.products.lock().unwrap();
        (self.between)(self.calls.fetch_add(1, Ordering::Relaxed), &mut products);
        let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        assert_eq!((query["orderby"].as_str(), query["order"].as_str()), ("id", "asc"));
        assert!(!query.contains_key("modified_after"));
        let rows = products.iter().skip(query["offset"].parse().unwrap()).take(PAGE);
        let rows = rows.filter(|(id, _)| self.broken != Some(**id)).map(|(id, second)| {
            let at = Timestamp::from_second(NOON + second).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
            format!("{{\"id\":{id},\"date_modified_gmt\":\"{at}\"}}")
        });
        let mut response = answer(200, &format!("[{}]", rows.collect::<Vec<_>>().join(",")))?;
        if self.tells_total {
            response.headers.push(("x-wp-total".to_owned(), products.len().to_string()));
        }
        response.headers.push(("date".to_owned(), "Mon, 23 Nov 2026 13:00:00 GMT".to_owned()));
        Ok(response)
    }
}

/// 350 products, of which every seventh changed after noon.
fn moving(between: fn(usize, &mut BTreeMap<u64, i64>)) -> Moving {
    let products = (1..=350).map(|id| (id * 3, if id % 7 == 0 { 60 } else { -60 })).collect();
    let (products, calls) = (Mutex::new(products), AtomicUsize::new(0));
    Moving { products, calls, between, tells_total: false, broken: None }
}

/// What a sweep since noon finds, and where the next one begins.
async fn swept(moving: Moving) -> (Vec<u64>, Cursor) {
    let shop = Shop::new(Vec::new());
    let world = World { transport: Arc::new(moving), ..shop.world() };
    let client = Client::new(client_of(&shop, Version::V3).connection().clone(), world).with_era(OLD, None);
    let mut cursor = Cursor::since(Timestamp::from_second(NOON).unwrap());
    let mut found = Vec::new();
    for _ in 0..100 {
        let page = client.changed_products(&cursor).await.unwrap();
        found.extend(page.products.iter().map(|product| product.id.0));
        // Kept between two calls, and perhaps read by another process.
        cursor = serde_json::from_str(&serde_json::to_string(&page.next).unwrap()).unwrap();
        if !page.more {
            return (found, cursor);
        }
    }
    panic!("the sweep doesn't end");
}

#[tokio::test]
async fn an_old_shop_is_read_whole_and_what_changed_picked_out() {
    let changed = (1..=50).map(|n| n * 21).collect::<Vec<u64>>();
    let (found, next) = swept(moving(|_, _| {})).await;
    assert_eq!(found, changed);
    // Two seconds before the first answer, for what was being written then.
    assert_eq!(next, Cursor::since(at("2026-11-23T12:59:58Z")));
    // One that can't be shown makes a page short, but not the last.
    let (found, _) = swept(Moving { tells_total: true, broken: Some(21), ..moving(|_, _| {}) }).await;
    assert_eq!(found, changed[1..]);
}

#[tokio::test]
async fn nothing_is_lost_where_products_go_and_come() {
    // Thirty that were read go away before every further page.
    let (found, _) = swept(moving(|call, products| {
        if call > 0 {
            let gone = products.keys().take(30).copied().collect::<Vec<_>>();
            products.retain(|id, _| !gone.contains(id));
        }
    }))
    .await;
    assert_eq!(found, (1..=50).map(|n| n * 21).collect::<Vec<u64>>());
    // Some come back to places that were read, as new as the next sweep.
    let (found, _) = swept(moving(|call, products| {
        products.extend((0..20).map(|n| (n * 3 + 1, 3_700 + i64::try_from(call).unwrap())));
    }))
    .await;
    assert!((1..=50).all(|n| found.contains(&(n * 21))));
    // The whole shop is emptied.
    let (found, _) = swept(moving(|call, products| {
        if call > 1 {
            products.clear();
        }
    }))
    .await;
    assert_eq!(found.last(), Some(&567));
}

#[tokio::test]
async fn a_list_that_does_not_page_is_named() {
    let page = || {
        let rows = (1..=100).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>();
        answer(200, &format!("[{}]", rows.join(",")))
    };
    let (_, client) = served((0..10).map(|_| page()).collect());
    let client = client.with_era(OLD, None);
    let mut cursor = Cursor::since(at("2026-11-23T12:00:00Z"));
    let error = loop {
        match client.changed_products(&cursor).await {
            Ok(page) => cursor = page.next,
            Err(error) => break error,
        }
    };
    assert_eq!(error.trouble().fate, Fate::Settings);
    assert!(error.trouble().reason.contains("a plugin changes its order"), "{}", error.trouble().reason);
}

#[tokio::test]
async fn a_list_in_another_order_is_taken_as_it_comes() {
    let row = |id: u64| format!("{{\"id\":{id},\"date_modified_gmt\":\"2026-11-23T12:30:00\"}}");
    let page =
        |ids: Vec<u64>| answer(200, &format!("[{}]", ids.into_iter().map(row).collect::<Vec<_>>().join(",")));
    let (_, client) = served(vec![page((101..=200).rev().collect()), page((61..=110).rev().collect())]);
    let client = client.with_era(OLD, None);
    let first = client.changed_products(&Cursor::since(at("2026-11-23T12:00:00Z"))).await.unwrap();
    let second = client.changed_products(&first.next).await.unwrap();
    assert_eq!((first.products.len(), second.products.len(), second.more), (100, 50, false));
}

#[tokio::test]
async fn the_recorded_offset_reads_on() {
    let (shop, client) = served(vec![recorded("products_offset")]);
    let client = client.with_era(OLD, None);
    let page = client.changed_products(&Cursor::since(at("2026-11-23T12:28:30Z"))).await.unwrap();
    assert_eq!(page.products.iter().map(|product| product.id.0).collect::<Vec<_>>(), [641]);
    let url = shop.asked()[0].url.as_str().to_owned();
    assert!(url.contains("products?orderby=id&order=asc&status=any&per_page=100&offset=0&_fields="), "{url}");
}
