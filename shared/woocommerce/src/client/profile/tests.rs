use std::sync::Arc;

use retail::shop::ShopProfile;
use serde_json::json;
use world::{Response, TransportError};

use super::*;
use crate::client::tests::{Shop, answer, client_of, recorded, served};

const GENERAL: &str = r#"[{"id":"woocommerce_default_country","value":"NO"},{"id":"woocommerce_currency","value":"NOK"},
    {"id":"woocommerce_calc_taxes","value":"yes"},{"id":"woocommerce_price_num_decimals","value":"2"}]"#;

/// The answers up to the version, and what follows.
fn answers(last: Vec<Result<Response, TransportError>>) -> Vec<Result<Response, TransportError>> {
    let measured = ["settings_tax", "settings_products", "taxes", "system_status"].map(recorded);
    std::iter::once(answer(200, GENERAL)).chain(measured).chain(last).collect()
}

fn zone(body: &str) -> Result<Response, TransportError> {
    answer(200, body)
}

#[tokio::test]
async fn the_profile_of_the_measured_shop() {
    let last =
        vec![zone(r#"{"gmt_offset":1,"timezone_string":"Europe/Oslo"}"#), recorded("custom_orders_statuses")];
    let (shop, client) = served(answers(last));
    let profile = client.profile().await.unwrap();
    assert_eq!(profile.version.as_deref(), Some("10.5.0"));
    assert_eq!(
        (profile.currency.as_str(), profile.base_country.as_str(), profile.price_decimals),
        ("NOK", "NO", 2)
    );
    assert!(profile.prices_include_tax && profile.calculates_tax && profile.manages_stock);
    let rates: Vec<_> =
        profile.tax_rates.iter().map(|r| format!("{} {} {}", r.country, r.percent, r.class)).collect();
    assert_eq!(rates, ["NO 25 ", "NO 15 redusert-sats", "NO 12 lav-sats", "NO 0 fritatt"]);
    assert!(profile.tax_rates.iter().all(|rate| !rate.local && rate.priority == 1));
    assert_eq!(profile.time_zone, "Europe/Oslo");
    let statuses = profile.order_statuses.join(" ");
    assert!(statuses.starts_with("pending processing on-hold") && statuses.contains("plukkes"), "{statuses}");
    let asked = shop.asked();
    assert_eq!(asked.len(), 7);
    // The index is asked without the key.
    assert_eq!(asked[5].url.as_str(), "https://shop.example/wp-json/?_fields=timezone_string%2Cgmt_offset");
    assert!(
        asked[5].header_value("authorization").is_none() && asked[4].header_value("authorization").is_some()
    );
}

#[test]
fn a_zone_is_a_name_or_an_offset() {
    let check = |index: serde_json::Value, expected: &str| {
        let index: Index = serde_json::from_value(index).unwrap();
        assert_eq!(index.time_zone(), expected);
    };
    check(json!({"timezone_string": "", "gmt_offset": 2}), "+02:00");
    check(json!({"timezone_string": null, "gmt_offset": "5.5"}), "+05:30");
    check(json!({"timezone_string": "", "gmt_offset": -3.75}), "-03:45");
    check(json!({"timezone_string": "", "gmt_offset": "0"}), "+00:00");
    check(json!({"timezone_string": "America/St_Johns", "gmt_offset": -3.5}), "America/St_Johns");
    check(json!({"gmt_offset": 99}), "");
    check(json!({"gmt_offset": ""}), "");
    check(json!({}), "");
}

async fn profile_of(
    version: Version,
    last: Vec<Result<Response, TransportError>>,
) -> Result<ShopProfile, Error> {
    let shop: Arc<Shop> = Shop::new(answers(last));
    client_of(&shop, version).profile().await
}

#[tokio::test]
async fn a_shop_that_tells_less() {
    // v2 has no statuses, and this index is closed.
    let closed = answer(401, r#"{"code":"rest_not_logged_in","message":"","data":{"status":401}}"#);
    let profile = profile_of(Version::V2, vec![closed]).await.unwrap();
    assert_eq!((profile.time_zone.as_str(), profile.order_statuses.len()), ("", 0));
    // An older v3 has the report only.
    let last = vec![zone("{}"), recorded("route_404"), recorded("order_statuses_report")];
    let profile = profile_of(Version::V3, last).await.unwrap();
    assert!(profile.order_statuses.contains(&"on-hold".to_owned()) && profile.order_statuses.len() >= 8);
    let last = vec![zone("{}"), recorded("route_404"), recorded("route_404")];
    assert_eq!(profile_of(Version::V3, last).await.unwrap().order_statuses, Vec::<String>::new());
    // What may heal is not taken for an empty list.
    let down = || recorded("nginx_502_php_down");
    let error = profile_of(Version::V3, vec![zone("{}"), down(), down(), down()]).await.unwrap_err();
    assert_eq!(error.trouble().fate, Fate::Retry);
}
