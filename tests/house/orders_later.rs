//! Orders, long after they were taken: what goes on at either side meanwhile, and what a person changes. Each test is a finding
//! of a review.

use house::stage::Stage;
use serde_json::json;
use simulators::shop::NewOrder;
use sync::Tick;
use sync::ports::{Ledger, Range};

use crate::orders::{place, selling, sku};

async fn waiting(stage: &Stage) -> Vec<String> {
    let all = stage.engine.orders_waiting("1").await.unwrap();
    all.into_iter().map(|one| format!("{}: {}: {}", one.order_id, one.reason, one.detail)).collect()
}

#[tokio::test]
async fn the_ledger_keeps_no_customer_however_loomis_pay_writes_one() {
    let stage = selling(json!({}), json!({})).await;
    let id = place(&stage, NewOrder::of(sku(&stage, "A-1"), 1));
    let billing = stage.shop.order(id).unwrap().billing;
    let field = |name: &str| billing[name].as_str().unwrap().to_owned();
    let digits: String = field("phone").chars().filter(char::is_ascii_digit).collect();
    let (zip, city) = (field("postcode"), field("city"));
    assert!(digits.len() >= 8 && !zip.is_empty() && !city.is_empty());
    let national = &digits[digits.len() - 8..];
    let spaced = format!("{} {} {}", &national[..3], &national[3..5], &national[5..]);
    let said = format!("kunde {spaced} / 0047{national}, {zip} {}, ordre {id}", city.to_uppercase());
    stage.office.refuse_next("logistics/orders/save", id, &said);
    stage.tick(Tick::Orders).await;
    let told = waiting(&stage).await;
    assert!(told.len() == 1 && told[0].contains(&format!("ordre {id}")), "{told:?}");
    for partition in ["O#1#https://shop.example/", "A#1#https://shop.example/"] {
        let page = stage.store.page(partition, Range::default(), 1000).await.unwrap();
        let all: String = page.items.iter().map(|item| item.body.to_string()).collect();
        for part in [national, &spaced, &zip, &city.to_uppercase()] {
            assert!(!all.contains(part), "{partition} holds {part}: {all}");
        }
    }
}
