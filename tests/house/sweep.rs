//! The fault sweep: every request of a run that brings over families, groups, attributes and images goes wrong once, in
//! every way; every step of the ledger is a death once; two workers do it all at once. The shop ends up the same.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use house::stage::{Stage, drain};
use serde_json::json;
use simulators::{
    faults::{Kind, Rule},
    loomis::Product,
};
use sync::{Stage as RunStage, Tick};

use crate::troubles::{Dying, drain_dying, settle};

/// What matters of a shop, ids left out: a duplicate of anything would show.
fn state(stage: &Stage) -> String {
    let (products, categories) = (stage.shop.products(), stage.shop.categories());
    let sku =
        |id: u64| products.iter().find(|one| one.id == id).map(|one| one.sku.clone()).unwrap_or_default();
    let path = |id: &u64| {
        let mut names = Vec::new();
        let mut next = categories.iter().find(|one| one.id == *id);
        while let Some(one) = next {
            names.insert(0, one.name.clone());
            next = categories.iter().find(|other| other.id == one.parent);
        }
        names.join(" > ")
    };
    let mut lines: Vec<String> = products
        .iter()
        .map(|one| {
            let images: Vec<&str> = one.images.iter().map(|image| image.src.as_str()).collect();
            let attributes: Vec<String> =
                one.attributes.iter().map(|one| format!("{}={}", one.name, one.options.join("/"))).collect();
            let choices: Vec<&str> = one.choices.iter().map(|one| one.option.as_str()).collect();
            let groups: Vec<String> = one.categories.iter().map(path).collect();
            format!(
                "{} of {:?}: {} {} {} {:?} {} {groups:?} {images:?} {attributes:?} {choices:?}",
                one.sku,
                sku(one.parent),
                one.kind,
                one.regular_price,
                one.sale_price,
                one.stock,
                one.status
            )
        })
        .collect();
    lines.extend(categories.iter().map(|one| format!("category {}", path(&one.id))));
    lines.extend(stage.shop.media().iter().map(|one| format!("media {}", one.source)));
    lines.sort();
    lines.join("\n")
}

/// Two families, the second with its parent last, and some simple products; groups, brands, images that several share.
async fn small() -> Stage {
    let products = json!({"automatic_transfer": true, "new_product_groups": true, "product_updates": true});
    let stage = Stage::new(products).await;
    let families = stage.office.fill_families(3, 2, 4);
    stage.office.fill(4, 9);
    let shared = "https://img.example/shared.png";
    for (parent, variants) in &families {
        stage.office.set_pictures(*parent, &[shared, "https://img.example/404.png"]);
        variants.iter().for_each(|id| stage.office.set_pictures(*id, &[shared]));
        stage.office.set_group(*parent, "Clothes > Shirts");
    }
    let own = stage.office.add_product(Product::new("PIC", "Pictured").group("Shirts"));
    stage.office.set_pictures(own, &["https://img.example/own.png", shared]);
    stage.office.set_stock(1, own, "3");
    stage
}

#[tokio::test]
async fn every_request_that_goes_wrong_leaves_the_same_shop() {
    let undisturbed = small().await;
    undisturbed.synchronized().await;
    let wanted = state(&undisturbed);
    let (to_office, to_shop) = (undisturbed.office_faults.log().total, undisturbed.shop_faults.log().total);
    let kinds = [
        Kind::Fail { status: 500, body: String::new(), headers: Vec::new() },
        Kind::CutAfter,
        Kind::CutBefore,
        Kind::Hang,
        Kind::HangAfter,
        Kind::Html { status: 502 },
        Kind::NoiseBefore { noise: None },
        Kind::TooManyRequests { retry_after: Some("3".to_owned()) },
    ];
    for kind in kinds {
        for (side, count) in [("office", to_office), ("shop", to_shop)] {
            for nth in 1..=count {
                let stage = small().await;
                let faults = if side == "office" { &stage.office_faults } else { &stage.shop_faults };
                faults.add(Rule::next(kind.clone()).nth(nth));
                stage.synchronize().await;
                settle(&stage).await;
                assert_eq!(state(&stage), wanted, "{kind:?} at request {nth} to the {side}");
                // Delivered again, nothing is left to do.
                stage.shop_faults.clear_log();
                stage.synchronized().await;
                assert_eq!(stage.all_writes(), 0, "{kind:?} at request {nth} to the {side}");
            }
        }
    }
}

#[tokio::test]
async fn a_death_between_any_two_steps_leaves_the_same_shop() {
    let undisturbed = small().await;
    undisturbed.synchronized().await;
    let wanted = state(&undisturbed);
    for step in (1..).step_by(3) {
        let stage = small().await;
        let dying = Arc::new(Dying::after(stage.store.clone(), step));
        let engine = stage.engine_on(dying.clone(), 2);
        if engine.synchronize("1").await.is_ok() {
            drain_dying(&engine).await;
        }
        let died = dying.left.load(Ordering::SeqCst) <= 0;
        stage.pass(Duration::from_secs(1200));
        let run = stage.engine.synchronize("1").await.unwrap();
        stage.drain().await;
        settle(&stage).await;
        let run = stage.engine.run("1", &run.id).await.unwrap();
        assert_eq!(run.run.stage, RunStage::Done, "died at step {step}");
        assert_eq!(state(&stage), wanted, "died at step {step}");
        if !died {
            assert!(step > 100, "the sync took only {step} steps");
            return;
        }
    }
}

#[tokio::test]
async fn two_workers_make_no_duplicate_of_anything() {
    let undisturbed = small().await;
    undisturbed.synchronized().await;
    let wanted = state(&undisturbed);
    let stage = small().await;
    let other = stage.restarted(77);
    stage.engine.synchronize("1").await.unwrap();
    other.synchronize("1").await.unwrap();
    stage.engine.tick(Tick::Sweep, stage.engine.world.now()).await.unwrap();
    futures_util::future::join(drain(&stage.engine), drain(&other)).await;
    settle(&stage).await;
    assert_eq!(state(&stage), wanted);
}
