use std::time::Duration;

use retail::fate::{Fate, Scope};
use serde_json::json;
use world::TransportError;

use super::*;
use crate::client::tests::{Shop, answer, client_of, recorded, served};

const PRODUCT: ShopId = ShopId(734);

fn url() -> ImageSource {
    ImageSource::Url("https://images.example/img/a.png?size=2".to_owned())
}

fn sent(shop: &Shop) -> Value {
    serde_json::from_slice(shop.asked()[0].body.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn an_image_goes_behind_those_that_are_there() {
    let (shop, client) = served(vec![recorded("product_image_src_ok")]);
    let product = client.set_images(PRODUCT, &[MediaId(7), MediaId(5)], &url()).await.unwrap();
    assert_eq!(product.images, [MediaId(736)]);
    let asked = &shop.asked()[0];
    assert_eq!(
        (asked.method, asked.url.path(), asked.url.query()),
        (Method::Put, "/wp-json/wc/v3/products/734", None)
    );
    assert_eq!(asked.timeout, Duration::from_secs(90));
    assert_eq!(
        sent(&shop),
        json!({"images": [{"id": 7}, {"id": 5}, {"src": "https://images.example/img/a.png?size=2"}]})
    );
    let (shop, client) = served(vec![recorded("product_image_src_ok")]);
    client.set_images(PRODUCT, &[MediaId(7), MediaId(5)], &ImageSource::Media(MediaId(7))).await.unwrap();
    assert_eq!(sent(&shop), json!({"images": [{"id": 5}, {"id": 7}]}));
}

#[tokio::test]
async fn v2_is_told_the_places() {
    let shop = Shop::new(vec![answer(200, r#"{"id":734,"images":[{"id":7},{"id":9}]}"#)]);
    let client = client_of(&shop, Version::V2);
    let product = client.set_images(PRODUCT, &[MediaId(7)], &ImageSource::Media(MediaId(9))).await.unwrap();
    assert_eq!(product.images, [MediaId(7), MediaId(9)]);
    assert_eq!(sent(&shop), json!({"images": [{"id": 7, "position": 0}, {"id": 9, "position": 1}]}));
}

#[tokio::test]
async fn a_variation_has_one_image() {
    let (shop, client) = served(vec![answer(200, r#"{"id":515,"image":{"id":736,"src":"x"}}"#)]);
    let variation = client.set_variation_image(ShopId(511), ShopId(515), &url()).await.unwrap();
    assert_eq!((variation.images.as_slice(), variation.parent), (&[MediaId(736)][..], Some(ShopId(511))));
    assert_eq!(shop.asked()[0].url.path(), "/wp-json/wc/v3/products/511/variations/515");
    assert_eq!(sent(&shop), json!({"image": {"src": "https://images.example/img/a.png?size=2"}}));
    let (_, client) = served(vec![recorded("variation_put_wrong_parent")]);
    let error = client.set_variation_image(ShopId(12), ShopId(515), &url()).await.unwrap_err();
    assert_eq!((error.trouble().fate, error.trouble().scope), (Fate::Refusal, Scope::Record));
    // So says a shop before WooCommerce 9.2.
    let older = r#"{"code":"woocommerce_rest_cannot_edit",
        "message":"Parent product does not match current variation.","data":{"status":403}}"#;
    let (_, client) = served(vec![answer(403, older)]);
    let error = client.set_variation_image(ShopId(12), ShopId(515), &url()).await.unwrap_err();
    assert_eq!((error.trouble().fate, error.trouble().scope), (Fate::Refusal, Scope::Record));
}

#[tokio::test]
async fn an_image_that_is_refused_tells_why_without_an_address() {
    for (name, words) in [
        ("product_image_src_404", "Error getting remote image … Error: Not Found"),
        ("product_image_src_bad_url", "Error getting remote image … Error: A valid URL was not provided."),
        ("product_image_src_html", "Invalid image: Sorry, you are not allowed to upload this file type."),
        (
            "product_image_src_refused",
            "Error getting remote image … Error: cURL error 7: Failed to connect to 127.0.0.1 port 9999 after 0 ms: \
             Couldn't connect to server",
        ),
    ] {
        let (shop, client) = served(vec![recorded(name)]);
        let error = client.set_images(PRODUCT, &[], &url()).await.unwrap_err();
        assert_eq!(error.image_refused().as_deref(), Some(words), "{name}");
        let trouble = error.trouble();
        assert_eq!((trouble.fate, trouble.scope), (Fate::Refusal, Scope::Record), "{name}");
        assert!(!trouble.reason.contains("://") && !error.media_gone(), "{name}: {}", trouble.reason);
        assert_eq!(shop.asked().len(), 1);
    }
    let variation =
        r#"{"code":"woocommerce_variation_image_upload_error","message":"No.","data":{"status":400}}"#;
    let (_, client) = served(vec![answer(400, variation)]);
    let error = client.set_variation_image(ShopId(511), ShopId(515), &url()).await.unwrap_err();
    assert_eq!(error.image_refused().as_deref(), Some("No."));
}

#[tokio::test]
async fn a_media_file_that_is_gone_is_told_apart() {
    let (_, client) = served(vec![recorded("product_image_bad_id")]);
    let error = client.set_images(PRODUCT, &[MediaId(999_999)], &url()).await.unwrap_err();
    assert!(error.media_gone() && error.image_refused().is_none());
    assert_eq!(error.trouble().fate, Fate::Refusal);
    let (_, client) = served(vec![recorded("product_put_404")]);
    let error = client.set_images(PRODUCT, &[], &url()).await.unwrap_err();
    assert!(!error.media_gone() && error.image_refused().is_none());
    assert!(
        error.trouble().reason.starts_with("the shop no longer has the product"),
        "{}",
        error.trouble().reason
    );
}

#[tokio::test]
async fn an_answer_that_is_not_the_products_is_a_riddle() {
    for what in [
        Err(TransportError::TimedOut(Duration::from_secs(90))),
        answer(200, "[{\"id\":734}]"),
        answer(200, "{\"id\":735}"),
        answer(200, "<html></html>"),
        recorded("nginx_502_php_down"),
    ] {
        let told = format!("{what:?}").chars().take(120).collect::<String>();
        let (shop, client) = served(vec![what]);
        let error = client.set_images(PRODUCT, &[], &url()).await.unwrap_err();
        assert_eq!((error.trouble().fate, shop.asked().len()), (Fate::Ambiguous, 1), "{told}");
    }
}
