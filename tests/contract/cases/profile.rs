//! How the shop says that it is set up.

use jiff::tz::TimeZone;

use crate::shop::Contract;

pub(crate) async fn told(shop: &Contract<'_>) {
    let profile = shop.client.profile().await.unwrap();
    assert_eq!(profile.version.as_deref(), Some(shop.town.woocommerce.as_str()));
    assert!(profile.currency.len() == 3 && profile.base_country.len() == 2, "{profile:?}");
    assert!(profile.price_decimals <= 4, "{profile:?}");
    assert!(profile.calculates_tax && !profile.tax_rates.is_empty(), "{profile:?}");
    let at_home = profile.tax_rates.iter().filter(|rate| rate.country == profile.base_country);
    assert!(at_home.clone().any(|rate| rate.class.is_empty()), "no standard rate: {profile:?}");
    assert!(at_home.clone().all(|rate| rate.priority >= 1 && rate.class != "standard"), "{profile:?}");
    assert!(woocommerce::time_zone(&profile.time_zone).is_some_and(|zone| zone != TimeZone::unknown()));
    if shop.v2 {
        assert_eq!(profile.order_statuses, [""; 0]);
    } else {
        for status in ["pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"] {
            assert!(profile.order_statuses.iter().any(|known| known == status), "{status}: {profile:?}");
        }
    }
}
