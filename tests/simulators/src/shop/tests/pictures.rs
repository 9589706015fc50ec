//! Images: replayed, and what they leave in the media library.

use serde_json::json;

use super::{
    replay::{recording, replay, same, seeded},
    *,
};

#[test]
fn replayed() {
    let shop = seeded(false);
    shop.set(|setup| {
        setup.images = vec![ImageRule { contains: "127.0.0.1:9999".to_owned(), download: Download::Refused }];
    });
    for name in [
        "product_image_src_404",
        "product_image_src_html",
        "product_image_src_noext",
        "product_image_src_refused",
        "product_image_src_bad_url",
        "product_image_bad_id",
        "post_image_fail",
        "batch_create_image_fail",
    ] {
        replay(&shop, name);
    }
    assert!(shop.media().is_empty());
    for name in ["product_image_src_ok", "product_image_src_same_again"] {
        replay(&shop, name);
        let recorded = &recording(name)["response"]["body"]["images"];
        let shown = call(&shop, Method::Get, "products/734", Value::Null).1["images"].clone();
        let dates = ["id", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt"];
        same(name, &shown, recorded, &dates);
        // The clock stands at 12:32:33.
        assert_eq!(shown[0]["date_created_gmt"], "2026-11-23T12:32:33");
        assert_eq!(shown[0]["date_created"], "2026-11-23T14:32:33");
    }
    replay(&shop, "product_image_clear");
    assert!(shop.product(734).unwrap().images.is_empty());
    let sources = shop.media().into_iter().map(|media| media.source).collect::<Vec<_>>();
    assert_eq!(sources, ["https://images.example/img/a.png"; 2], "the media files stay");
    for name in ["v2_product_put", "v2_product_post"] {
        replay(&shop, name);
    }
    let path = "/wp-json/wc/v2/products/734";
    let shown = json_of(&shop.handle(&request(Method::Get, path, None), now()));
    let recorded = &recording("v2_product_put")["response"]["body"]["images"];
    same(
        "v2",
        &shown["images"],
        recorded,
        &["date_created", "date_created_gmt", "date_modified", "date_modified_gmt"],
    );
}

#[test]
fn what_a_failed_write_leaves_behind() {
    let images = json!([{"src": "https://images.example/a.png"}, {"src": "https://images.example/404.png"}]);
    let check = |version: &str, creates: usize, updates: usize| {
        let shop = shop();
        shop.set(|setup| setup.version = version.to_owned());
        let (status, _) = call(&shop, Method::Post, "products", json!({"sku": "A", "images": images}));
        assert_eq!((status, shop.products().len(), shop.media().len()), (400, 0, creates), "{version}");
        let id = shop.add_product(Product::simple("B", "B", "1"), now());
        let fields = json!({"regular_price": "9", "images": images});
        assert_eq!(call(&shop, Method::Put, &format!("products/{id}"), fields).0, 400);
        assert_eq!(shop.product(id).unwrap().regular_price, "1");
        assert_eq!(shop.media().len(), updates, "{version}");
    };
    check("9.8.4", 1, 2);
    check("10.5.0", 0, 1);
    // The odd case: made, and only the image's error is answered.
    let shop = shop();
    shop.set(|setup| setup.keeps_products_without_images = true);
    let (_, done) =
        call(&shop, Method::Post, "products/batch", json!({"create": [{"sku": "A", "images": images}]}));
    assert_eq!(done["create"][0]["error"]["code"], "woocommerce_product_image_upload_error");
    let made = shop.product_by_sku("A").unwrap();
    assert!(made.images.is_empty());
    let (_, again) = call(&shop, Method::Post, "products/batch", json!({"create": [{"sku": "A"}]}));
    assert_eq!(again["create"][0]["error"]["data"]["resource_id"], made.id);
    // A number that is taken is found out before anything is fetched.
    let before = shop.media().len();
    call(&shop, Method::Post, "products", json!({"sku": "A", "images": images}));
    assert_eq!(shop.media().len(), before);
}

#[test]
fn images_of_products_and_variations() {
    let shop = shop();
    let parent = shop.add_product(Product::simple("P", "P", "").variable("Farge", &["a"]), now());
    let path = format!("products/{parent}");
    let sent = json!([{"src": "https://images.example/a.PNG", "alt": "æ"}, {"src": "https://images.example/b%20c.jpg?x=1"}]);
    let (_, shown) = call(&shop, Method::Put, &path, json!({"images": sent}));
    assert_eq!(shown["images"][1]["src"], "https://shop.example/wp-content/uploads/2026/11/b-c.jpg");
    let ids: Vec<u64> =
        shown["images"].as_array().unwrap().iter().map(|i| i["id"].as_u64().unwrap()).collect();
    assert_eq!(shop.product(parent).unwrap().images[0].src, "https://images.example/a.PNG");
    // By id in another order, one renamed: nothing is fetched.
    let (_, shown) =
        call(&shop, Method::Put, &path, json!({"images": [{"id": ids[1], "name": "B"}, {"id": ids[0]}]}));
    assert_eq!((&shown["images"][0]["name"], &shown["images"][1]["alt"]), (&json!("B"), &json!("æ")));
    assert_eq!(shop.media().len(), 2);
    let (_, error) =
        call(&shop, Method::Put, &path, json!({"images": [{"url": "https://images.example/a.png"}]}));
    assert_eq!(error["message"], "#0 is an invalid image ID.");
    let variations = format!("{path}/variations");
    let (_, made) = call(&shop, Method::Post, &variations, json!({"image": {"id": ids[0]}}));
    assert_eq!((&made["image"]["id"], made["image"].get("thumbnail")), (&json!(ids[0]), None));
    let one = format!("{variations}/{}", made["id"]);
    let bad = |image: Value| call(&shop, Method::Put, &one, json!({"image": image})).1["code"].clone();
    assert_eq!(
        bad(json!({"src": "https://images.example/noext"})),
        "woocommerce_variation_image_upload_error"
    );
    assert_eq!(bad(json!({"id": 99_999})), "woocommerce_variation_invalid_image_id");
    let (_, shown) =
        call(&shop, Method::Put, &one, json!({"image": {"src": "https://images.example/a.png"}}));
    assert_eq!(shown["image"]["src"], "https://shop.example/wp-content/uploads/2026/11/a-1.png");
    assert_eq!(call(&shop, Method::Put, &one, json!({"image": {}})).1["image"], Value::Null);
    assert_eq!(shop.media().len(), 3);
    assert_eq!(shop.state()["media"][0]["source"], "https://images.example/a.PNG");
}
