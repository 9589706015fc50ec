use std::time::Duration;

use retail::fate::{Fate, Scope};
use world::TransportError;

use super::*;
use crate::{
    NewProduct, ProductChange, StockWrite,
    client::tests::{answer, recorded, served},
};

fn update(id: u64) -> ProductWrite {
    let change = ProductChange { stock: Some(StockWrite::Managed(3)), ..ProductChange::default() };
    ProductWrite::Update { id: ShopId(id), change }
}

fn create(sku: &str) -> ProductWrite {
    ProductWrite::Create(NewProduct { name: sku.to_owned(), sku: sku.to_owned(), ..NewProduct::default() })
}

#[tokio::test]
async fn items_are_mapped_by_position() {
    // The recording's four creates and eight updates, mixed; its deletes are passed over.
    let (shop, client) = served(vec![recorded("products_batch_mixed")]);
    let items = [
        update(12),
        create("B-1"),
        create("NY-1"),
        update(999_999),
        update(13),
        create("B-3"),
        update(14),
        update(1),
        update(2),
        create("B-4"),
        update(515),
        update(12),
    ];
    let results = client.write_products(&items).await.unwrap();
    let told = results.iter().map(|result| match result {
        Ok(done) => done.id.to_string(),
        Err(error) => error.code.clone(),
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "12",
            "738",
            "product_invalid_sku",
            "woocommerce_rest_product_invalid_id",
            "product_invalid_sku",
            "woocommerce_product_image_upload_error",
            "14",
            "woocommerce_rest_product_invalid_id",
            "woocommerce_rest_product_invalid_id",
            "739",
            "woocommerce_rest_invalid_product_id",
            "12",
        ]
    );
    let duplicate = results[2].as_ref().unwrap_err();
    assert_eq!((duplicate.existing, duplicate.status), (Some(ShopId(734)), 400));
    let trouble = duplicate.trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Refusal, Scope::Record));
    assert!(!results[5].as_ref().unwrap_err().message.contains("://"));
    assert_eq!(results[0].as_ref().unwrap().product.stock, Some(3.into()));
    let asked = &shop.asked()[0];
    assert_eq!((asked.url.path(), asked.url.query()), ("/wp-json/wc/v3/products/batch", None));
}

#[tokio::test]
async fn v2_and_noise_are_read_too() {
    let (_, client) = served(vec![recorded("v2_batch")]);
    let results = client.write_products(&[update(21), update(999_999)]).await.unwrap();
    assert!(results[0].is_ok() && results[1].is_err());
    let noisy = "<b>Warning</b>: {closure} <br />\n{\"update\":[{\"id\":12,\"sku\":\"a\"}]}";
    let (_, client) = served(vec![answer(200, noisy)]);
    assert_eq!(client.write_products(&[update(12)]).await.unwrap()[0].as_ref().unwrap().product.sku, "a");
}

#[tokio::test]
async fn a_lost_write_is_ambiguous_and_never_repeated() {
    let timed_out = Err(TransportError::TimedOut(Duration::from_secs(90)));
    for (what, splits) in [
        (timed_out, true),
        (Err(TransportError::Broken("reset".to_owned())), true),
        (recorded("batch_php_dies_midway"), true),
        (recorded("php_memory_exhausted_large_body"), true),
        (recorded("maintenance_mode_post_accept_any"), false),
        (answer(200, "<html></html>"), true),
        (answer(200, "{\"update\":[]}"), true),
        (answer(200, "{\"update\":[{\"id\":13}]}"), true),
        (answer(200, "{\"update\":[{\"sku\":\"no id\"}]}"), true),
        // What a followed redirect would bring: a list.
        (answer(200, "[{\"id\":12}]"), true),
    ] {
        let told = format!("{what:?}").chars().take(120).collect::<String>();
        let (shop, client) = served(vec![what]);
        let error = client.write_products(&[update(12)]).await.unwrap_err();
        assert_eq!((error.trouble().fate, error.splits()), (Fate::Ambiguous, splits), "{told}");
        assert_eq!(shop.asked().len(), 1, "{told}");
    }
}

#[tokio::test]
async fn a_write_that_was_not_done_is_no_riddle() {
    let (_, client) = served(vec![Err(TransportError::NotSent("refused".to_owned()))]);
    assert_eq!(client.write_products(&[update(12)]).await.unwrap_err().trouble().fate, Fate::Retry);
    let (_, client) = served(vec![answer(301, "")]);
    assert_eq!(client.write_products(&[update(12)]).await.unwrap_err().trouble().fate, Fate::Settings);
    let (_, client) = served(vec![recorded("auth_readonly_batch")]);
    assert_eq!(client.write_products(&[update(12)]).await.unwrap_err().trouble().fate, Fate::Settings);
    let (_, client) = served(vec![recorded("products_batch_101")]);
    let error = client.write_products(&[update(12)]).await.unwrap_err();
    assert_eq!((error.trouble().fate, error.splits()), (Fate::Refusal, true));
    let (shop, client) = served(Vec::new());
    assert!(client.write_products(&vec![update(12); 101]).await.unwrap_err().splits());
    assert_eq!(client.write_products(&[]).await.unwrap(), []);
    assert!(shop.asked().is_empty());
}
