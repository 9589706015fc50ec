//! The real client against the simulated shop's orders.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use retail::order::OrderId;
use woocommerce::{
    Capabilities, Client, Connection, Cursor, OrderChange, OrderQuery, OrderRow, Secret, Version, time_zone,
};
use world::{Clock, World};

use super::*;
use crate::transport::{Network, SeededChance, TestClock};

struct Town {
    shop: Arc<Shop>,
    clock: Arc<TestClock>,
    world: World,
    cup: u64,
}

fn town() -> Town {
    let clock = Arc::new(TestClock::moving(now()));
    let network = Arc::new(Network::new(clock.clone()));
    let (shop, [cup, ..]) = stocked();
    let shop = Arc::new(shop);
    network.host("shop.example", shop.clone());
    let world = World { transport: network, clock: clock.clone(), chance: Arc::new(SeededChance::new(7)) };
    Town { shop, clock, world, cup }
}

impl Town {
    fn client(&self, version: Version) -> Client {
        let base = "https://shop.example/".parse().unwrap();
        let connection = Connection {
            auth: Connection::choose_auth(&base),
            base,
            version,
            consumer_key: KEY.to_owned(),
            consumer_secret: Secret::new(SECRET),
        };
        Client::new(connection, self.world.clone())
    }

    /// A client of the shop made that old.
    fn old(&self, version: &str) -> Client {
        self.shop.set(|setup| setup.version = version.to_owned());
        let zone = time_zone(&self.shop.setup().time_zone);
        self.client(Version::V3).with_era(Capabilities::of(Some(version)), zone)
    }

    fn place(&self, count: u64, from: Timestamp, apart: u64) {
        for number in 0..count {
            let at = from + Duration::from_secs(number * apart);
            self.shop.place_order(NewOrder::of(self.cup, 1).at(at), at);
        }
    }
}

fn ids(orders: &[OrderRow]) -> BTreeSet<u64> {
    orders.iter().map(|order| order.id.0).collect()
}

fn statuses(list: &[&str]) -> Vec<String> {
    list.iter().map(|status| (*status).to_owned()).collect()
}

/// Reads until there is no more; `meanwhile` happens after each page.
async fn all(
    client: &Client,
    query: &OrderQuery,
    cursor: &mut Cursor,
    mut meanwhile: impl FnMut(u64),
) -> Vec<OrderRow> {
    let mut all = Vec::new();
    for page_number in 0..500 {
        let page = client.changed_orders(query, cursor).await.unwrap();
        all.extend(page.orders);
        *cursor = page.next;
        if !page.more {
            return all;
        }
        meanwhile(page_number);
    }
    panic!("the reading doesn't end");
}

#[tokio::test]
async fn no_change_of_an_order_is_lost_while_things_move() {
    for (version, old) in [("10.5.0", false), ("5.6.0", true), ("5.0.0", true)] {
        let town = town();
        let client = town.old(version);
        let begun = town.clock.now();
        // 250 in one second, then one every second.
        town.place(250, begun, 0);
        town.place(200, begun + Duration::from_secs(1), 1);
        let first = town.shop.orders()[0].id;
        town.clock.advance(Duration::from_secs(600));
        let query = OrderQuery { statuses: statuses(&["processing", "on-hold"]), created_from: Some(begun) };
        let mut cursor = Cursor::since(begun);
        let mut gone = BTreeSet::new();
        let found = all(&client, &query, &mut cursor, |page| {
            // Some move behind, one is trashed, one leaves the statuses asked for.
            let at = first + page * 7;
            town.shop.edit_order(at, town.clock.now(), |_| {});
            town.shop.trash_order(at + 1, town.clock.now());
            town.shop.set_order_status(at + 2, "completed", town.clock.now());
            gone.extend([at + 1, at + 2]);
        })
        .await;
        let seen = ids(&found);
        let missed =
            (first..first + 450).filter(|id| !seen.contains(id) && !gone.contains(id)).collect::<Vec<_>>();
        assert_eq!(missed, Vec::<u64>::new(), "{version}");
        // Longer than the readings overlap.
        town.clock.advance(Duration::from_secs(180));
        all(&client, &query, &mut cursor, |_| {}).await;
        town.shop.set_order_status(first + 300, "on-hold", town.clock.now());
        town.clock.advance(Duration::from_secs(180));
        let found = all(&client, &query, &mut cursor, |_| {}).await;
        assert!(ids(&found).contains(&(first + 300)), "{version}");
        assert!(old || found.len() == 1, "{version}: {}", found.len());
    }
}

#[tokio::test]
async fn the_sweep_finds_every_order_of_its_statuses() {
    for version in ["10.5.0", "5.6.0", "5.0.0", "4.0.0"] {
        let town = town();
        let client = town.old(version);
        town.shop.set(|setup| setup.order_statuses = vec![("plukkes".to_owned(), "Plukkes".to_owned())]);
        let begun = town.clock.now();
        town.place(130, begun - Duration::from_secs(3_000), 20);
        town.place(230, begun, 0);
        let first = town.shop.orders()[0].id;
        for id in first..first + 10 {
            town.shop.set_order_status(id + 150, "plukkes", town.clock.now());
            town.shop.set_order_status(id + 170, "completed", town.clock.now());
        }
        let wanted = |from: Timestamp| {
            let orders = town.shop.orders().into_iter();
            let orders = orders.filter(|order| order.created >= from && order.status != "completed");
            orders.map(|order| order.id).collect::<BTreeSet<_>>()
        };
        for from in [begun, begun - Duration::from_secs(1_000), begun - Duration::from_secs(9_000)] {
            let orders = client.orders_since(from, &statuses(&["processing", "plukkes"])).await.unwrap();
            assert_eq!(ids(&orders), wanted(from), "{version}");
            assert_eq!(ids(&orders).len(), orders.len(), "{version}");
            assert!(orders.is_sorted_by_key(|order| (order.created, order.id)), "{version}");
        }
        // Only the gone plugin's are missing, and asking for them is refused.
        town.shop.set(|setup| setup.order_statuses.clear());
        assert!(client.orders_since(begun, &statuses(&["plukkes"])).await.is_err());
        let orders = client.orders_since(begun, &[]).await.unwrap();
        assert_eq!(orders.len(), 220, "{version}");
    }
}

#[tokio::test]
async fn v2_reads_several_statuses_too() {
    let town = town();
    let client = town.client(Version::V2);
    town.place(130, now(), 1);
    let first = town.shop.orders()[0].id;
    town.shop.set_order_status(first, "on-hold", now());
    town.shop.set_order_status(first + 1, "completed", now());
    let both = statuses(&["processing", "on-hold"]);
    assert_eq!(client.orders_since(now(), &both).await.unwrap().len(), 129);
    assert_eq!(client.orders_since(now(), &both[1..]).await.unwrap().len(), 1);
    let query = OrderQuery { statuses: both, created_from: None };
    assert_eq!(all(&client, &query, &mut Cursor::since(now()), |_| {}).await.len(), 129);
}

#[tokio::test]
async fn an_order_goes_there_and_back() {
    for version in [Version::V3, Version::V2] {
        let town = town();
        let client = town.client(version).with_order_statuses(statuses(&["processing", "completed"]));
        town.shop.set(|setup| setup.next_order_number = Some(1001));
        let new = NewOrder::of(town.cup, 3).shipped("Posten", "79.20").fee("Gavekort", "-10").paid_by("cod");
        let id = OrderId(town.shop.place_order(new.meta("_duell_order_id", "17"), town.clock.now()));
        let order = client.order(id).await.unwrap().unwrap();
        assert_eq!(
            (order.number.as_str(), order.paid, order.foreign_marker.as_deref()),
            ("1001", None, Some("17"))
        );
        let line = &order.lines[0];
        let tax = line.taxes.iter().map(|tax| tax.total).sum::<Decimal>();
        assert_eq!(
            (line.quantity, line.total_ex_tax + tax, line.sku.as_str()),
            (dec("3"), dec("299.70"), "ORD-A")
        );
        assert_eq!(
            (order.fees[0].total_ex_tax, order.shipping_lines[0].total_tax),
            (dec("-10"), dec("19.80"))
        );
        assert_eq!((order.rates.len(), order.rates[0].percent), (1, Some(dec("25"))));
        let change = OrderChange {
            status: Some("completed".into()),
            marker: Some("i:9".into()),
            ..OrderChange::default()
        };
        for _ in 0..2 {
            let row = client.write_order(id, &change).await.unwrap();
            assert_eq!(
                (row.status.as_str(), row.paid.is_some(), row.marker.as_deref()),
                ("completed", true, Some("i:9"))
            );
        }
        assert_eq!(town.shop.order(id.0).unwrap().meta.len(), 2);
        let part = [(line.id, Decimal::ONE)];
        town.shop.refund_order(id.0, None, &part, true, town.clock.now()).unwrap();
        let refunds = client.refunds(id).await.unwrap();
        assert_eq!((refunds[0].amount_inc_tax, refunds[0].lines[0].of_line), (dec("99.90"), Some(line.id)));
        assert_eq!(
            (refunds[0].lines[0].line.quantity, refunds[0].lines[0].line.total_tax),
            (dec("1"), dec("19.98"))
        );
        let row = client.orders_since(now(), &[]).await.unwrap().remove(0);
        assert_eq!((row.refunds.len(), row.total_inc_tax), (1, order.total_inc_tax));
        assert_eq!(client.order(OrderId(999)).await.unwrap(), None);
        assert_eq!(client.refunds(OrderId(999)).await.unwrap(), []);
        town.shop.trash_order(id.0, town.clock.now());
        assert_eq!(client.order(id).await.unwrap().unwrap().status, "trash");
    }
}
