use retail::{
    fate::{Fate, Scope},
    shop::ManageStock,
};

use super::*;
use crate::{
    NewVariation, VariationChange, VariationWrite,
    client::tests::{answer, recorded, served},
};

const PARENT: ShopId = ShopId(511);

fn told(variation: &ShopProduct) -> String {
    let options = variation.options.iter().map(|o| format!("{}:{}={}", o.id, o.name, o.option));
    format!(
        "{} {} {} {}",
        variation.id,
        variation.sku,
        variation.status,
        options.collect::<Vec<_>>().join(" ")
    )
}

#[tokio::test]
async fn a_parent_lists_its_variations_in_either_version() {
    for (name, status) in [("variations_list", "publish"), ("v2_variations", "")] {
        let (shop, client) = served(vec![recorded(name)]);
        let found = client.variations(PARENT).await.unwrap().unwrap();
        assert_eq!(found.len(), 4, "{name}");
        assert_eq!(told(&found[0]), format!("515 WV-001-BL-M {status} 1:Farge=Blå 2:Størrelse=M"));
        assert!(
            found.iter().all(|v| v.kind == "variation" && v.parent == Some(PARENT) && v.images.is_empty())
        );
        assert_eq!((found[0].manage_stock, found[0].stock), (ManageStock::Yes, Some(22.into())));
        let url = shop.asked()[0].url.as_str().to_owned();
        assert!(url.contains("/wp-json/wc/v3/products/511/variations?status=any&context=edit&per_page=100&page=1&orderby=id&order=asc&_fields=id%2C"), "{url}");
    }
}

#[tokio::test]
async fn a_parent_that_is_gone_is_told_from_one_without_variations() {
    let (shop, client) = served(vec![answer(200, "[]"), recorded("product_404")]);
    assert_eq!(client.variations(PARENT).await.unwrap(), None);
    assert_eq!(shop.asked().len(), 2);
    let (_, client) = served(vec![answer(200, "[]"), recorded("product_variable")]);
    assert_eq!(client.variations(PARENT).await.unwrap(), Some(Vec::new()));
    let (_, client) = served(vec![recorded("product_404")]);
    assert_eq!(client.variations(PARENT).await.unwrap(), None);
    let (_, client) = served(vec![recorded("route_404")]);
    assert_eq!(client.variations(PARENT).await.unwrap_err().trouble().fate, Fate::Settings);
}

#[tokio::test]
async fn many_variations_come_page_by_page() {
    let page = |from: u64, to: u64| {
        let rows = (from..to).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>();
        answer(200, &format!("[{}]", rows.join(",")))
    };
    let (shop, client) = served(vec![page(1, 101), page(100, 150)]);
    assert_eq!(client.variations(PARENT).await.unwrap().unwrap().len(), 149);
    assert!(shop.asked()[1].url.as_str().contains("&page=2&"));
    // A shop that ignores the page.
    let (shop, client) = served(vec![page(1, 101), page(1, 101)]);
    assert_eq!(client.variations(PARENT).await.unwrap().unwrap().len(), 100);
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test]
async fn one_variation_by_either_way() {
    let (_, client) = served(vec![recorded("variation_one")]);
    let one = client.variation(PARENT, ShopId(515)).await.unwrap().unwrap();
    assert_eq!(
        (told(&one).as_str(), one.name.as_str()),
        ("515 WV-001-BL-M publish 1:Farge=Blå 2:Størrelse=M", "Blå, M")
    );
    let (_, client) = served(vec![recorded("variation_via_products")]);
    let same = client.product(ShopId(515)).await.unwrap().unwrap();
    assert_eq!((told(&same), same.parent), (told(&one), Some(PARENT)));
    assert_eq!(same.name, "Variabel 01 Jakke - Blå, M");
    let (_, client) = served(vec![recorded("variation_wrong_parent")]);
    assert_eq!(client.variation(ShopId(11), ShopId(515)).await.unwrap(), None);
    // Older shops answer with another product's variation.
    let (_, client) = served(vec![recorded("variation_one")]);
    assert_eq!(client.variation(ShopId(11), ShopId(515)).await.unwrap(), None);
}

fn update(id: u64) -> VariationWrite {
    let change = VariationChange { regular_price: Some(333.into()), ..VariationChange::default() };
    VariationWrite::Update { id: ShopId(id), change }
}

fn create(sku: &str) -> VariationWrite {
    VariationWrite::Create(NewVariation { sku: sku.to_owned(), ..NewVariation::default() })
}

#[tokio::test]
async fn written_by_position() {
    let (shop, client) = served(vec![recorded("variations_batch_mixed")]);
    let items = [update(515), create("WV-001-BL-M"), update(999_999), create("WV-001-NY"), update(520)];
    let results = client.write_variations(PARENT, &items).await.unwrap();
    let told = results.iter().map(|result| match result {
        Ok(done) => format!("{} of {}", done.id, done.product.parent.unwrap()),
        Err(error) => format!("{} {:?}", error.code, error.existing),
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "515 of 511",
            "product_invalid_sku Some(ShopId(515))",
            "woocommerce_rest_product_variation_invalid_id None",
            "740 of 511",
            "woocommerce_rest_product_variation_invalid_id None",
        ]
    );
    // An option that the attribute lacks is taken, as a slug.
    assert_eq!(results[3].as_ref().unwrap().product.options[0].option, "finnes-ikke");
    let trouble = results[2].as_ref().unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Refusal, Scope::Record));
    assert!(
        trouble.reason.starts_with("the shop no longer has the variation, or has it under another product")
    );
    assert_eq!(
        shop.asked()[0].url.as_str(),
        "https://shop.example/wp-json/wc/v3/products/511/variations/batch"
    );
    let (_, client) = served(vec![recorded("variations_batch_wrong_parent")]);
    assert!(client.write_variations(ShopId(11), &[update(515)]).await.unwrap()[0].is_err());
}

#[tokio::test]
async fn a_lost_batch_is_not_repeated() {
    let (shop, client) = served(vec![recorded("batch_php_dies_midway")]);
    let error = client.write_variations(PARENT, &[update(515)]).await.unwrap_err();
    assert_eq!((error.trouble().fate, shop.asked().len()), (Fate::Ambiguous, 1));
    let (shop, client) = served(Vec::new());
    assert_eq!(client.write_variations(PARENT, &[]).await.unwrap(), []);
    assert!(client.write_variations(PARENT, &vec![update(515); 101]).await.unwrap_err().splits());
    assert!(shop.asked().is_empty());
}
