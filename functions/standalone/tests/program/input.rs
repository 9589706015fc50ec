//! Records, and what is refused of them.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::sides::Sides;

#[tokio::test]
async fn a_record_is_shown_without_its_secrets_and_keeps_them_when_they_are_left_out() {
    let sides = Sides::ready(3).await;
    let shown = sides.run(&["department", "show", "1", "--json"]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    for secret in ["cs_test", "ck_test", "department-token-of"] {
        assert!(!shown.out.contains(secret), "{}", shown.out);
    }
    let mut record: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&record["version"], &record["products"]["prices"]), (&json!(1), &json!(true)));
    record["name"] = json!("Bergen");
    let put = sides.put("department", &record).await;
    assert_eq!(put.code, 0, "{}", put.err);
    assert_eq!(sides.run(&["check", "1"]).await.code, 0, "the secrets are kept");
    let stale = sides.put("department", &record).await;
    assert_eq!(stale.code, 2);
    assert!(stale.err.contains("version: the stored record has version 2, not 1"), "{}", stale.err);
    let bytes = std::fs::read(sides.store()).unwrap();
    let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!found("cs_test") && !found("client-token-of"), "a secret is in the store in plain text");
}

#[tokio::test]
async fn bad_input_is_refused_with_the_field_and_the_mend() {
    let sides = Sides::new(0).await;
    assert_eq!(sides.put("client", &sides.client()).await.code, 0);
    let with = |path: &str, value: Value| {
        let mut record = sides.department();
        let (parent, field) = path.rsplit_once('/').unwrap();
        record.pointer_mut(parent).unwrap()[field] = value;
        record.to_string()
    };
    for (text, says) in [
        ("{".to_owned(), "line 1"),
        ("[]".to_owned(), "a record is a JSON object"),
        (with("/prises", json!(true)), "prises"),
        (with("/products", json!({"prises": true})), "products.prises"),
        (with("/products", json!({"prices": "yes"})), "products.prices"),
        (
            with("/orders", json!({"deduct_from_stock": true})),
            "orders.deduct_from_stock: requires Create Customer Order off",
        ),
        (with("/client_number", json!("999999")), "there is no client 999999"),
        (with("/shop/url", json!("ftp://x")), "shop.url"),
        (with("/orders", json!({"retrieve_statuses": ["wc-processing"]})), "orders.retrieve_statuses[0]"),
    ] {
        let put = sides.put_text("department", &text).await;
        assert_eq!(put.code, 2, "{text}: {}", put.err);
        assert!(put.err.contains(says), "{text}: {}", put.err);
    }
    let missing = sides.run(&["department", "put", "nowhere.json"]).await;
    assert!(missing.code == 2 && missing.err.contains("nowhere.json"), "{}: {}", missing.code, missing.err);
    assert_eq!(sides.run(&["department", "list", "--json"]).await.out.trim(), "[]", "nothing was stored");
    assert_eq!(sides.run(&["sing"]).await.code, 2);
    assert_eq!(sides.run(&["check", "7"]).await.code, 2);
    let cloud = sides.run(&["--store", "dynamodb:x", "status"]).await;
    assert!(cloud.code == 2 && cloud.err.contains("--features dynamodb"), "{}", cloud.err);
}

#[tokio::test]
async fn the_key_file_is_its_owners_alone_and_never_made_anew() {
    let sides = Sides::ready(1).await;
    let key = sides.folder.path().join("loomis-woo.sqlite.key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key), mode(&sides.store())), (0o600, 0o600));
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let open = sides.run(&["status"]).await;
    assert!(open.code == 2 && open.err.contains("loomis-woo.sqlite.key"), "{}", open.err);
    std::fs::remove_file(&key).unwrap();
    let missing = sides.run(&["status"]).await;
    assert!(
        missing.code == 2 && missing.err.contains("key of the store's secrets is missing"),
        "{}",
        missing.err
    );
    assert!(!key.exists());
}
