//! Categories.

use retail::{
    fate::Fate,
    shop::{Category, CategoryId},
};
use serde_json::json;
use woocommerce::NewProduct;
use world::Method;

use crate::shop::Contract;

async fn ours(shop: &Contract<'_>) -> Vec<Category> {
    let all = shop.client.categories().await.unwrap();
    all.into_iter().filter(|category| category.name.starts_with(&shop.name(""))).collect()
}

pub(crate) async fn path(shop: &Contract<'_>) {
    let names = ["Mat & drikke", "Kopper \"små\"", "Blå > røde"].map(|name| shop.name(name));
    let mut parent = None;
    for name in &names {
        parent = Some(shop.client.create_category(name, parent).await.unwrap());
    }
    let made = ours(shop).await;
    assert_eq!(made.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(
        made.iter().map(|one| one.parent).collect::<Vec<_>>(),
        [None, Some(made[0].id), Some(made[1].id)]
    );
    // Made again, it is the same one; in another case too.
    assert_eq!(shop.client.create_category(&names[1], Some(made[0].id)).await.unwrap(), made[1].id);
    assert_eq!(shop.client.create_category(&names[0].to_lowercase(), None).await.unwrap(), made[0].id);
    assert_eq!(ours(shop).await.len(), 3);
    // A backslash is kept, but hides the name from the shop.
    let odd = shop.name("a\\b");
    let one = shop.client.create_category(&odd, None).await.unwrap();
    assert_ne!(shop.client.create_category(&odd, None).await.unwrap(), one);
    assert_eq!(ours(shop).await.iter().filter(|category| category.name == odd).count(), 2);
}

pub(crate) async fn twins(shop: &Contract<'_>) {
    let (one, other) = (shop.name("A"), shop.name("B"));
    let one = shop.client.create_category(&one, None).await.unwrap();
    let other = shop.client.create_category(&other, None).await.unwrap();
    let leaf = shop.name("Leaf");
    let first = shop.client.create_category(&leaf, Some(one)).await.unwrap();
    let second = shop.client.create_category(&leaf, Some(other)).await.unwrap();
    let top = shop.client.create_category(&leaf, None).await.unwrap();
    assert!(first != second && second != top && top != first);
    assert_eq!(shop.client.create_category(&leaf, Some(other)).await.unwrap(), second);
    let (status, error) =
        shop.send(Method::Post, "products/categories", json!({"name": leaf, "parent": one.0})).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("term_exists")));
    assert_eq!(error["data"]["resource_id"], first.0);
    // One too long for its table.
    let long = shop.name(&"x".repeat(200));
    assert_eq!(shop.client.create_category(&long, None).await.unwrap_err().trouble().fate, Fate::Refusal);
    // A parent that isn't there.
    let nowhere = Some(CategoryId(u64::from(u32::MAX)));
    let trouble = shop.client.create_category(&leaf, nowhere).await.unwrap_err().trouble();
    assert_eq!(trouble.fate, Fate::Refusal, "{trouble}");
}

pub(crate) async fn of_products(shop: &Contract<'_>) {
    let id = shop.client.create_category(&shop.name("A"), None).await.unwrap();
    let of = async |end: &str, categories: Vec<CategoryId>| {
        let made = shop.make(NewProduct { categories, ..shop.simple(end) }).await;
        let stored = shop.stored(made.id).await;
        let rows = stored["categories"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("A", vec![id]).await, [id.0]);
    // None, or one that isn't there: the shop's default.
    let default = of("B", Vec::new()).await;
    assert!(default.len() == 1 && default[0] != id.0, "{default:?}");
    assert_eq!(of("C", vec![CategoryId(u64::from(u32::MAX))]).await, default);
    assert_eq!(of("D", vec![CategoryId(u64::from(u32::MAX)), id]).await, [id.0]);
}
