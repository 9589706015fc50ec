//! How many requests a large catalogue costs.

use house::stage::Stage;
use serde_json::json;
use sync::Counts;

#[tokio::test]
async fn ten_thousand_products_are_two_hundred_writes_and_then_none() {
    let stage = Stage::new(json!({})).await;
    let ids = stage.office.fill(10_000, 1);
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 10_000, created: 10_000, ..Counts::default() });
    // No more than 1.1 × ⌈changed ÷ batch size⌉.
    assert!(stage.writes() <= 220, "{} writes", stage.writes());
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 10_000, unchanged: 10_000, ..Counts::default() });
    assert_eq!(stage.writes(), 0);
    // Changes that are scattered thinly over the catalogue still fill their writes.
    for id in ids.iter().step_by(50) {
        stage.office.set_price(*id, "3.75");
    }
    let run = stage.synchronized().await;
    assert_eq!(run.counts.updated, 200);
    assert!(stage.writes() <= 4, "{} writes", stage.writes());
}
