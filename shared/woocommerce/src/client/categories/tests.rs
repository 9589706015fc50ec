use retail::fate::{Fate, Scope};

use super::*;
use crate::client::tests::{answer, recorded, served};

#[tokio::test]
async fn categories_with_their_parents() {
    for (name, count) in [("categories", 11), ("v2_categories", 3)] {
        let (shop, client) = served(vec![recorded(name)]);
        let found = client.categories().await.unwrap();
        assert_eq!(found.len(), count, "{name}");
        let gloves = found.iter().find(|category| category.id == CategoryId(22)).unwrap();
        assert_eq!((gloves.name.as_str(), gloves.parent), ("Hansker & votter", Some(CategoryId(18))));
        assert!(found.iter().any(|category| category.parent.is_none()));
        let url = shop.asked()[0].url.as_str().to_owned();
        assert!(
            url.ends_with("?per_page=100&page=1&orderby=id&order=asc&_fields=id%2Cname%2Cparent"),
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_category_is_made_or_found() {
    let (shop, client) = served(vec![recorded("category_post")]);
    assert_eq!(client.create_category("Ny kategori", None).await.unwrap(), CategoryId(48));
    assert_eq!(shop.asked()[0].body.as_deref(), Some(&br#"{"name":"Ny kategori"}"#[..]));
    let (shop, client) = served(vec![recorded("category_post_duplicate")]);
    assert_eq!(client.create_category("Ny kategori", Some(CategoryId(16))).await.unwrap(), CategoryId(48));
    assert_eq!(shop.asked()[0].body.as_deref(), Some(&br#"{"name":"Ny kategori","parent":16}"#[..]));
    let as_text = r#"{"code":"term_exists","message":"","data":{"status":400,"resource_id":"48"}}"#;
    let (_, client) = served(vec![answer(400, as_text)]);
    assert_eq!(client.create_category("Ny kategori", None).await.unwrap(), CategoryId(48));
}

#[tokio::test]
async fn a_category_that_is_not_made() {
    let (_, client) = served(vec![recorded("category_post_bad_parent")]);
    let trouble = client.create_category("Barn", Some(CategoryId(99_999))).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Refusal, Scope::Record));
    assert!(trouble.reason.starts_with("the shop no longer has the category above it"), "{}", trouble.reason);
    for lost in [answer(200, "{}"), answer(200, "[]"), answer(201, r#"{"id":0}"#)] {
        let (shop, client) = served(vec![lost]);
        let error = client.create_category("Barn", None).await.unwrap_err();
        assert_eq!((error.trouble().fate, shop.asked().len()), (Fate::Ambiguous, 1));
    }
}
