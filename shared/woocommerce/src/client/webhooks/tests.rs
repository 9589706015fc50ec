use serde_json::json;

use super::*;
use crate::client::tests::{answer, served};

#[tokio::test]
async fn webhooks_are_listed_whosever_they_are() {
    let rows = json!([
        {"id": 3, "name": "Ours &amp; theirs", "status": "active", "topic": "order.created",
            "delivery_url": "https://hooks.example/hooks/1", "date_modified_gmt": "2026-11-23T12:00:00"},
        {"id": 4, "name": "Stock", "status": "disabled", "topic": "product.updated", "delivery_url": "https://x.no/",
            "date_modified_gmt": null},
        {"id": 5, "status": "paused", "topic": "action.woocommerce_add_to_cart"},
    ]);
    let (shop, client) = served(vec![answer(200, &rows.to_string())]);
    let webhooks = client.webhooks().await.unwrap();
    let told: Vec<_> = webhooks.iter().map(|one| (one.id, one.name.as_str(), one.status)).collect();
    assert_eq!(
        told,
        [
            (3, "Ours & theirs", WebhookStatus::Active),
            (4, "Stock", WebhookStatus::Disabled),
            (5, "", WebhookStatus::Paused)
        ]
    );
    assert_eq!(webhooks[0].modified, Some("2026-11-23T12:00:00Z".parse().unwrap()));
    assert_eq!((webhooks[1].topic.as_str(), webhooks[1].modified), ("product.updated", None));
    assert_eq!(shop.asked()[0].url.path(), "/wp-json/wc/v3/webhooks");
}

#[tokio::test]
async fn one_is_made_and_changed_by_what_is_said_and_nothing_else() {
    let (shop, client) = served(vec![answer(201, r#"{"id":7}"#), answer(200, r#"{"id":7}"#)]);
    let url: Url = "https://hooks.example/hooks/1".parse().unwrap();
    let made =
        client.create_webhook("ours", Topic::OrderUpdated, &url, &Secret::new("secret")).await.unwrap();
    assert_eq!(made, 7);
    let change = WebhookChange { status: Some(WebhookStatus::Active), ..WebhookChange::default() };
    client.change_webhook(7, &change).await.unwrap();
    let asked = shop.asked();
    let body = |at: usize| serde_json::from_slice::<Value>(asked[at].body.as_ref().unwrap()).unwrap();
    assert_eq!((asked[0].method, asked[0].url.path()), (Method::Post, "/wp-json/wc/v3/webhooks"));
    assert_eq!(
        body(0),
        json!({"name": "ours", "topic": "order.updated", "delivery_url": "https://hooks.example/hooks/1",
            "secret": "secret", "status": "active"})
    );
    assert_eq!((asked[1].method, asked[1].url.path()), (Method::Put, "/wp-json/wc/v3/webhooks/7"));
    assert_eq!(body(1), json!({"status": "active"}));
}

#[tokio::test]
async fn a_lost_answer_is_not_asked_for_again() {
    let (shop, client) = served(vec![Err(world::TransportError::Broken("reset".to_owned()))]);
    let url: Url = "https://hooks.example/hooks/1".parse().unwrap();
    let error =
        client.create_webhook("ours", Topic::OrderCreated, &url, &Secret::new("s")).await.unwrap_err();
    assert_eq!(error.trouble().fate, retail::fate::Fate::Ambiguous);
    assert_eq!(shop.asked().len(), 1);
}

#[test]
fn topics_by_their_names() {
    for topic in Topic::ALL {
        assert_eq!(Topic::parse(topic.as_str()), Some(topic));
    }
    assert_eq!(Topic::parse("order.deleted"), None);
}
