//! What changed since. `BEHAVIOUR.md`, *Finding what changed*.

use std::{collections::BTreeSet, time::Duration};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use retail::shop::ShopId;
use serde_json::json;
use woocommerce::{Cursor, NewVariation, ProductChange, VariationChange};
use world::Method;

use crate::shop::{Contract, option, price};

/// Dates are kept to the second, so whatever follows must be in another one.
const NEXT: Duration = Duration::from_millis(1_100);

async fn modified(shop: &Contract<'_>, id: ShopId) -> Timestamp {
    let stored = shop.stored(id).await;
    let civil: DateTime = stored["date_modified_gmt"].as_str().unwrap().parse().unwrap();
    TimeZone::UTC.to_timestamp(civil).unwrap()
}

/// Reads until there is no more: which of these came.
async fn read(shop: &Contract<'_>, cursor: &mut Cursor, of: &[ShopId]) -> BTreeSet<ShopId> {
    let mut found = BTreeSet::new();
    loop {
        let page = shop.client.changed_products(cursor).await.unwrap();
        found.extend(page.products.iter().map(|product| product.id).filter(|id| of.contains(id)));
        *cursor = page.next;
        if !page.more {
            return found;
        }
    }
}

pub(crate) async fn found(shop: &Contract<'_>) {
    let one = shop.make(shop.simple("A")).await.id;
    let other = shop.make(shop.simple("B")).await.id;
    let parent = shop.make(shop.parent("P", &["Blå"])).await.id;
    let new = NewVariation { options: vec![option("Farge", "Blå")], ..NewVariation::default() };
    let variation = shop.make_variation(parent, new).await.id;
    let all = [one, other, parent, variation];
    let mut cursor = Cursor::since(modified(shop, one).await);
    assert_eq!(read(shop, &mut cursor, &all).await, BTreeSet::from([one, other, parent]));
    // What happened in the last two seconds comes once more; then there is peace.
    shop.world.sleep(Duration::from_secs(4)).await;
    read(shop, &mut cursor, &all).await;
    assert_eq!(read(shop, &mut cursor, &all).await, BTreeSet::new());
    // A change of a product, and of a variation, which is its parent's too.
    let change = ProductChange { regular_price: price("5"), ..ProductChange::default() };
    shop.change(other, change).await;
    assert_eq!(read(shop, &mut cursor, &all).await, BTreeSet::from([other]));
    shop.world.sleep(NEXT).await;
    let change = VariationChange { regular_price: price("5"), ..VariationChange::default() };
    shop.change_variation(parent, variation, change).await;
    assert!(read(shop, &mut cursor, &all).await.contains(&parent));
    // Every write bumps, also one that changes nothing.
    let before = modified(shop, one).await;
    shop.world.sleep(NEXT).await;
    assert_eq!(shop.send(Method::Put, &format!("products/{one}"), json!({})).await.0, 200);
    let bumped = modified(shop, one).await;
    assert!(bumped > before);
    shop.world.sleep(NEXT).await;
    shop.send(Method::Post, "products/batch", json!({"update": [{"id": one, "regular_price": ""}]})).await;
    assert!(modified(shop, one).await > bumped);
}

/// `modified_after` is exclusive, and takes naive GMT with the flag.
pub(crate) async fn asked(shop: &Contract<'_>) {
    let one = shop.make(shop.simple("A")).await.id;
    let at = modified(shop, one).await;
    let gmt = |moment: Timestamp| TimeZone::UTC.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let finds = async |after: &str, flag: bool| {
        let id = one.to_string();
        let mut query =
            vec![("include", id.as_str()), ("status", "any"), ("_fields", "id"), ("modified_after", after)];
        if flag {
            query.push(("dates_are_gmt", "true"));
        }
        let (status, rows) = shop.get("products", &query).await;
        assert_eq!(status, 200, "{rows}");
        rows.as_array().unwrap().len() == 1
    };
    let second = Duration::from_secs(1);
    assert!(finds(&gmt(at - second), true).await);
    if !shop.since(5, 8) {
        assert!(finds(&gmt(at + second), true).await, "an unknown parameter is ignored");
        return;
    }
    assert!(!finds(&gmt(at), true).await);
    // Without the flag it is the shop's own time.
    let profile = shop.client.profile().await.unwrap();
    let zone = woocommerce::time_zone(&profile.time_zone).unwrap();
    let local = |moment: Timestamp| zone.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    assert!(finds(&local(at - second), false).await && !finds(&local(at), false).await);
    // A Z with the flag is shifted by the shop's offset: it misses changes east of Greenwich.
    if zone.to_offset(at).seconds() > 0 {
        assert!(!finds(&format!("{}Z", gmt(at - second)), true).await);
        assert!(finds(&format!("{}Z", gmt(at - second)), false).await);
    }
}
