use retail::shop::ManageStock;

use super::*;
use crate::client::tests::{answer, recorded, served};

#[test]
fn skus_are_asked_in_lists_that_fit_a_url() {
    assert_eq!(lists(&[" a ", "b", "A", "", "c,d", "æ"]), ["a,b,æ"]);
    let many = (0..250).map(|n| format!("S-{n}")).collect::<Vec<_>>();
    let many = many.iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(lists(&many).iter().map(|list| list.split(',').count()).collect::<Vec<_>>(), [100, 100, 50]);
    let long = (0..100).map(|n| format!("{}{n}", "ø".repeat(20))).collect::<Vec<_>>();
    let long = long.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(lists(&long).iter().all(|list| oauth::encode(list).len() <= SKU_LIST));
    assert_eq!(lists(&long).iter().map(|list| list.split(',').count()).sum::<usize>(), 100);
}

#[tokio::test]
async fn drafts_and_variations_are_found_by_sku() {
    let (shop, client) = served(vec![recorded("product_by_sku_variation")]);
    let found = client.products_by_sku(&["WV-001-BL-M"]).await.unwrap();
    assert_eq!((found[0].kind.as_str(), found[0].parent), ("variation", Some(ShopId(511))));
    assert_eq!((found[0].manage_stock, found[0].stock), (ManageStock::Yes, Some(22.into())));
    assert!(
        shop.asked()[0].url.query().unwrap().starts_with("sku=WV-001-BL-M&status=any&per_page=100&page=1")
    );
    let (_, client) = served(vec![recorded("products_sku_multi")]);
    assert_eq!(client.products_by_sku(&["WB-0002", "WV-001-BL-L", "WB-0003"]).await.unwrap().len(), 2);
    let (_, client) = served(vec![recorded("products_sku_missing")]);
    assert_eq!(client.products_by_sku(&["FINNES-IKKE"]).await.unwrap(), []);
    let (shop, client) = served(Vec::new());
    assert_eq!(client.products_by_sku(&["a,b", " "]).await.unwrap(), []);
    assert!(shop.asked().is_empty());
}

#[tokio::test]
async fn full_pages_are_followed_but_not_for_ever() {
    let page = |from: u64| {
        let rows = (from..from + 100).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>();
        answer(200, &format!("[{}]", rows.join(",")))
    };
    let (shop, client) = served(vec![page(1), page(101), answer(200, "[]")]);
    assert_eq!(client.products_by_sku(&["X"]).await.unwrap().len(), 200);
    assert_eq!(shop.asked().len(), 3);
    let (shop, client) = served(vec![page(1), page(1)]);
    assert_eq!(client.products_by_sku(&["X"]).await.unwrap().len(), 100);
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test]
async fn products_by_id_and_the_trash() {
    let (shop, client) = served(vec![recorded("products_include"), answer(200, "[]")]);
    let ids = (1..=101).map(ShopId).collect::<Vec<_>>();
    assert_eq!(client.products_by_id(&ids).await.unwrap().len(), 3);
    assert_eq!(shop.asked().len(), 2);
    let (_, client) = served(vec![recorded("product_get_trashed")]);
    let trashed = client.product(ShopId(20)).await.unwrap().unwrap();
    assert_eq!((trashed.status.as_str(), trashed.sku.as_str()), ("trash", "WB-0010"));
    assert_eq!(trashed.name, "Produkt 010 – Kniv «æøå»");
}
