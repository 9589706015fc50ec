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

#[tokio::test]
async fn families_cost_a_write_for_the_parent_and_one_for_its_variations() {
    let stage = Stage::new(json!({"new_product_groups": true})).await;
    stage.office.fill(9_500, 1);
    let families = stage.office.fill_families(500, 4, 2);
    let run = stage.synchronized().await;
    let made = Counts { seen: 12_000, created: 12_000, ..Counts::default() };
    assert_eq!(run.counts, made);
    // 50 products to a write; the shop had one category.
    let (images, categories) = (stage.shop.media().len(), stage.shop.categories().len() - 1);
    let attached: usize = stage.shop.products().iter().map(|one| one.images.len()).sum();
    assert!(images > 0 && categories > 0);
    let asked = 9_500_usize.div_ceil(50) + families.len() * 2 + attached + categories;
    let most = asked + asked / 10;
    assert!(stage.all_writes() <= most, "{} writes, {most} at most", stage.all_writes());
    println!("{} writes of {asked} ({attached} images, {categories} categories)", stage.all_writes());
    stage.shop_faults.clear_log();
    let run = stage.synchronized().await;
    assert_eq!(run.counts, Counts { seen: 12_000, unchanged: 12_000, ..Counts::default() });
    assert_eq!(stage.all_writes(), 0);
}
