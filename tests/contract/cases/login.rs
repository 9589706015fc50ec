//! Logging in. `BEHAVIOUR.md`, *Logging in*.

use retail::fate::{Fate, Scope};
use woocommerce::Auth;

use crate::shop::Contract;

pub(crate) async fn open_ways(shop: &Contract<'_>) {
    let connection = &shop.town.connection;
    let (key, secret) = (connection.consumer_key.as_str(), connection.consumer_secret.expose());
    let usual = if connection.base.is_https() { Auth::Basic } else { Auth::OAuth1 };
    assert_eq!(shop.client.find_auth().await.unwrap(), usual);
    shop.client.can_write().await.unwrap();
    let ways = if connection.base.is_https() { &[Auth::Query, Auth::OAuth1][..] } else { &[] };
    for way in ways {
        shop.with_login(*way, key, secret).products_by_sku(&["odd ~x/y+z&=%"]).await.unwrap();
    }
    // A shop that spells its SKUs so is asked for them all the same: they are signed as they travel.
    let odd = shop.make(woocommerce::NewProduct { sku: shop.sku("Æ ~+&"), ..shop.simple("odd") }).await;
    assert_eq!(shop.by_sku(&[&shop.sku("Æ ~+&")]).await, [odd.id]);
}

pub(crate) async fn closed_ways(shop: &Contract<'_>) {
    let connection = &shop.town.connection;
    let check = async |key: &str, secret: &str, expected: &str| {
        let client = shop.with_login(connection.auth, key, secret);
        for trouble in
            [client.find_auth().await.unwrap_err().trouble(), client.can_write().await.unwrap_err().trouble()]
        {
            assert_eq!((trouble.fate, trouble.scope), (Fate::Settings, Scope::Department));
            assert!(trouble.reason.contains(expected), "{}", trouble.reason);
        }
    };
    check(&connection.consumer_key, "cs_wrong", "secret is wrong").await;
    check("ck_unknown", connection.consumer_secret.expose(), "does not know the").await;
}

pub(crate) async fn read_only(shop: &Contract<'_>) {
    let Some((key, secret)) = &shop.town.reader else {
        return shop.not_tried("a read-only key (SHOP_RO_CONSUMER_KEY, SHOP_RO_CONSUMER_SECRET)");
    };
    let client = shop.with_login(shop.town.connection.auth, key, secret.expose());
    client.products_by_sku(&["none"]).await.unwrap();
    let item = woocommerce::ProductWrite::Create(shop.simple("A"));
    for error in [client.can_write().await.unwrap_err(), client.write_products(&[item]).await.unwrap_err()] {
        assert_eq!((error.status(), error.trouble().fate), (Some(401), Fate::Settings));
        assert!(error.trouble().reason.contains("read-only"), "{error}");
    }
    assert_eq!(shop.by_sku(&[&shop.sku("A")]).await, []);
}
