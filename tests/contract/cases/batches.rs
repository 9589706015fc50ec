//! Batches. `BEHAVIOUR.md`, *Batch*.

use retail::{fate::Fate, shop::ShopId};
use serde_json::{Value, json};
use woocommerce::{MAX_BATCH, NewVariation, ProductChange, ProductWrite};
use world::Method;

use crate::shop::{Contract, option, price};

/// No shop has a product of this id.
const NOBODY: ShopId = ShopId(u32::MAX as u64);

pub(crate) async fn by_position(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let update = |id: ShopId| {
        let change = ProductChange { regular_price: price("7"), ..ProductChange::default() };
        ProductWrite::Update { id, change }
    };
    let items = [
        update(NOBODY),
        ProductWrite::Create(shop.simple("B")),
        update(made.id),
        ProductWrite::Create(shop.simple("A")),
        ProductWrite::Create(shop.simple("C")),
    ];
    let done = shop.write(&items).await;
    let gone = done[0].as_ref().unwrap_err();
    assert_eq!(gone.code, "woocommerce_rest_product_invalid_id");
    assert_eq!(gone.trouble().fate, Fate::Refusal);
    assert_eq!(done[1].as_ref().unwrap().product.sku, shop.sku("B"));
    assert_eq!(done[2].as_ref().unwrap().product.regular_price, price("7"));
    assert_eq!(done[3].as_ref().unwrap_err().existing, Some(made.id));
    assert_eq!(done[4].as_ref().unwrap().product.sku, shop.sku("C"));
    // A variation is no product.
    let parent = shop.make(shop.parent("parent", &["Blå"])).await;
    let new = NewVariation { options: vec![option("Farge", "Blå")], ..NewVariation::default() };
    let variation = shop.make_variation(parent.id, new).await;
    let done = shop.write(&[update(variation.id), update(made.id)]).await;
    assert_eq!(done[0].as_ref().unwrap_err().code, "woocommerce_rest_invalid_product_id");
    assert!(done[1].is_ok());
}

pub(crate) async fn size(shop: &Contract<'_>) {
    let item = json!({"name": shop.name("A"), "status": "draft", "sku": shop.sku("A")});
    let many: Vec<Value> = vec![item; MAX_BATCH + 1];
    let (status, error) = shop.send(Method::Post, "products/batch", json!({"create": many})).await;
    assert_eq!((status, error["code"].as_str()), (413, Some("woocommerce_rest_request_entity_too_large")));
    assert_eq!(shop.by_sku(&[&shop.sku("A")]).await, [], "nothing was done");
    assert_eq!(shop.send(Method::Post, "products/batch", json!({})).await, (200, json!([])));
    assert!(shop.write(&[]).await.is_empty());
    let whole: Vec<ProductWrite> =
        (0..MAX_BATCH).map(|number| ProductWrite::Create(shop.simple(&format!("B{number}")))).collect();
    let done = shop.write(&whole).await;
    assert!(done.iter().all(Result::is_ok));
}

/// Items skip the checks of a write of one product.
pub(crate) async fn unchecked(shop: &Contract<'_>) {
    let item =
        |sku: &str, status: &str| json!({"name": shop.name("A"), "sku": shop.sku(sku), "status": status});
    let items = json!({"create": [item("A", "published"), item("B", "pending")]});
    let (_, answer) = shop.send(Method::Post, "products/batch", items).await;
    assert_eq!(answer["create"][0]["status"], "draft");
    assert_eq!(answer["create"][1]["status"], "pending");
    let (status, error) = shop.send(Method::Post, "products", item("C", "published")).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("rest_invalid_param")));
    let (status, answer) =
        shop.send(Method::Post, "products/batch", json!({"delete": [answer["create"][0]["id"]]})).await;
    assert_eq!((status, answer["delete"][0]["status"].as_str()), (200, Some("draft")));
    assert_eq!(shop.by_sku(&[&shop.sku("A")]).await, [], "deleted for good, not to the trash");
}

pub(crate) async fn fields(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let (_, one) = shop.get(&format!("products/{}", made.id), &[("_fields", "id,sku")]).await;
    assert_eq!(
        (&one["id"], &one["sku"], &one["name"]),
        (&json!(made.id), &json!(shop.sku("A")), &Value::Null)
    );
    let id = made.id.to_string();
    let query = [("include", id.as_str()), ("status", "any"), ("_fields", "id,images,none")];
    let (_, list) = shop.get("products", &query).await;
    let bare = &list[0]["images"];
    assert_eq!(
        (list[0]["id"].as_u64(), list[0].as_object().map(serde_json::Map::len)),
        (Some(made.id.0), Some(2))
    );
    // v2 of old shows a placeholder, whose id is 0.
    assert!(bare.as_array().is_some_and(|all| all.iter().all(|one| one["id"] == 0)), "{bare}");
    for per_page in ["0", "101"] {
        let (status, error) = shop.get("products", &[("per_page", per_page)]).await;
        assert_eq!((status, error["code"].as_str()), (400, Some("rest_invalid_param")));
    }
    assert_eq!(shop.get("products", &[("page", "9999"), ("search", &shop.town.tag)]).await, (200, json!([])));
}
