//! Images: what the shop fetches, keeps and drops.

use retail::shop::MediaId;
use serde_json::json;
use woocommerce::{ImageSource, NewVariation, ProductChange};
use world::Method;

use crate::shop::{Contract, option, price};

/// No shop has a media file of this id.
const NOBODY: MediaId = MediaId(u32::MAX as u64);

/// The address of an image, or a note that there is none.
fn fine(shop: &Contract<'_>) -> Option<ImageSource> {
    match shop.town.images.fine(0) {
        Ok(url) => Some(ImageSource::Url(url)),
        Err(why) => {
            shop.not_tried(&why);
            None
        }
    }
}

pub(crate) async fn attached(shop: &Contract<'_>) {
    let Some(url) = fine(shop) else { return };
    let made = shop.make(shop.simple("A")).await;
    assert_eq!(made.images, []);
    let set = async |present: &[MediaId], add: &ImageSource| {
        shop.client.set_images(made.id, present, add).await.unwrap().images
    };
    let first = set(&[], &url).await;
    assert_eq!(first.len(), 1);
    // The same address again makes a second media file; one that is there is taken by its id.
    let both = set(&first, &url).await;
    assert_eq!((both.len(), both[0]), (2, first[0]));
    assert_eq!(shop.product(made.id).await.images, both);
    let other = shop.make(shop.simple("B")).await;
    let shared = shop.client.set_images(other.id, &[], &ImageSource::Media(both[1])).await.unwrap();
    assert_eq!(shared.images, [both[1]]);
    // Replaced whole, in order.
    assert_eq!(set(&[both[1]], &ImageSource::Media(both[0])).await, [both[1], both[0]]);
    assert_eq!(set(&[], &ImageSource::Media(both[1])).await, [both[1]]);
    // Other changes leave them alone.
    let change = ProductChange { regular_price: price("5"), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.images, [both[1]]);
    let (_, shown) = shop.send(Method::Put, &format!("products/{}", made.id), json!({"images": []})).await;
    assert!(shown["images"].as_array().is_some_and(|all| all.iter().all(|one| one["id"] == 0)), "{shown}");
    assert_eq!(shop.product(made.id).await.images, []);
}

pub(crate) async fn refused(shop: &Contract<'_>) {
    let Some(url) = fine(shop) else { return };
    let Ok(missing) = shop.town.images.missing() else { return };
    let made = shop.make(shop.simple("A")).await;
    let had = shop.client.set_images(made.id, &[], &url).await.unwrap().images;
    let page = missing.replace("404.png", "page.html");
    for wrong in [missing, page, "http://127.0.0.1:9/refused.png".to_owned()] {
        let error =
            shop.client.set_images(made.id, &had, &ImageSource::Url(wrong.clone())).await.unwrap_err();
        let said = error.image_refused().unwrap_or_else(|| panic!("{wrong}: {error}"));
        assert!(!said.contains("://"), "{said}");
        assert_eq!(shop.product(made.id).await.images, had, "{wrong}");
    }
    let error = shop.client.set_images(made.id, &had, &ImageSource::Media(NOBODY)).await.unwrap_err();
    assert!(error.media_gone(), "{error}");
    assert_eq!(shop.product(made.id).await.images, had);
}

pub(crate) async fn variation(shop: &Contract<'_>) {
    let Some(url) = fine(shop) else { return };
    let parent = shop.make(shop.parent("P", &["Blå"])).await;
    let new = NewVariation { options: vec![option("Farge", "Blå")], ..NewVariation::default() };
    let one = shop.make_variation(parent.id, new).await;
    assert_eq!(one.images, []);
    let set = async |image: &ImageSource| shop.client.set_variation_image(parent.id, one.id, image).await;
    let first = set(&url).await.unwrap().images;
    assert_eq!(first.len(), 1);
    let second = set(&url).await.unwrap().images;
    assert!(second.len() == 1 && second != first);
    assert_eq!(set(&ImageSource::Media(first[0])).await.unwrap().images, first);
    assert_eq!(shop.variations(parent.id).await[0].images, first);
    assert_eq!(shop.product(one.id).await.images, first);
    let missing = ImageSource::Url(shop.town.images.missing().unwrap());
    assert!(set(&missing).await.unwrap_err().image_refused().is_some());
    assert!(set(&ImageSource::Media(NOBODY)).await.unwrap_err().media_gone());
    assert_eq!(shop.variations(parent.id).await[0].images, first);
    // The parent's is not the variation's.
    let parents = shop.client.set_images(parent.id, &[], &url).await.unwrap().images;
    let new = NewVariation { options: vec![option("Farge", "Blå")], ..NewVariation::default() };
    let bare = shop.make_variation(parent.id, new).await;
    let listed = &shop.variations(parent.id).await[1];
    let alone = shop.client.variation(parent.id, bare.id).await.unwrap().unwrap();
    let expected = if shop.client.tells_own_images() { Vec::new() } else { parents.clone() };
    for one in [&bare, listed, &alone] {
        assert_eq!(one.images, expected);
    }
    assert_eq!(shop.product(bare.id).await.images, parents);
}
