//! SKUs and barcodes: what makes a repeated create harmless.

use woocommerce::{NewProduct, NewVariation, ProductChange, ProductWrite};

use crate::shop::{Contract, option};

pub(crate) async fn taken(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("a")).await;
    let again = |sku: String| NewProduct { sku, ..shop.simple("again") };
    for sku in [shop.sku("a"), shop.sku("A").to_uppercase(), format!(" {} ", shop.sku("a"))] {
        let error = shop.try_make(again(sku.clone())).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.existing), ("product_invalid_sku", Some(made.id)), "{sku:?}");
    }
    // Twice in one batch, and by a change.
    let twice = [ProductWrite::Create(shop.simple("b")), ProductWrite::Create(again(shop.sku("B")))];
    let done = shop.write(&twice).await;
    let first = done[0].as_ref().unwrap().id;
    assert_eq!(done[1].as_ref().unwrap_err().existing, Some(first));
    // A variation's counts too.
    let parent = shop.make(shop.parent("parent", &["Blå"])).await;
    let new =
        NewVariation {
            sku: shop.sku("v"), options: vec![option("Farge", "Blå")], ..NewVariation::default()
        };
    let variation = shop.make_variation(parent.id, new).await;
    assert_eq!(shop.try_make(again(shop.sku("V"))).await.unwrap_err().existing, Some(variation.id));
    // One without an SKU takes nobody's.
    let bare = NewProduct { sku: String::new(), ..shop.simple("bare") };
    shop.make(bare.clone()).await;
    shop.make(bare).await;
}

/// SKUs that the shop finds, and yet takes a second time: `retail` makes no product with one.
pub(crate) async fn unguarded(shop: &Contract<'_>) {
    let long = format!("{:x<101}", shop.sku("long"));
    for sku in [long.clone(), shop.sku("A\\1")] {
        assert!(!retail::number::is_guarded(&sku));
        let new = NewProduct { sku: sku.clone(), ..shop.simple("a") };
        let made = shop.make(new.clone()).await;
        assert_eq!(shop.by_sku(&[&sku]).await, [made.id]);
        match shop.try_make(new).await {
            Ok(second) => assert_ne!(second.id, made.id),
            Err(error) => assert_eq!(error.existing, None, "{error}"),
        }
    }
    // The longest that is guarded; the beginning of a longer one would be taken for that.
    let new = NewProduct { sku: format!("{:y<100}", shop.sku("whole")), ..shop.simple("a") };
    let made = shop.make(new.clone()).await;
    assert_eq!(shop.try_make(new).await.unwrap_err().existing, Some(made.id));
}

pub(crate) async fn looked_up(shop: &Contract<'_>) {
    let mut ids = Vec::new();
    for end in ["a", "b", "c d", "ø&/%"] {
        ids.push(shop.make(shop.simple(end)).await.id);
    }
    let sku = |end: &str| shop.sku(end);
    let asked = [sku("A").to_uppercase(), format!(" {} ", sku("b")), sku("c d"), sku("ø&/%"), sku("none")];
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    assert_eq!(shop.by_sku(&asked).await, ids);
    assert_eq!(shop.by_sku(&[&sku("a"), &sku("A")]).await, ids[..1]);
    assert_eq!(shop.by_sku(&[&sku("")]).await, [], "the whole SKU, not its beginning");
    // A long list is asked in parts.
    let many: Vec<String> = (0..250).map(|number| sku(&format!("none-{number}"))).chain([sku("b")]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(shop.by_sku(&many).await, ids[1..2]);
}

pub(crate) async fn in_the_trash(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let path = format!("products/{}", made.id);
    shop.delete(&path, false).await;
    assert_eq!(shop.by_sku(&[&shop.sku("A")]).await, []);
    if !shop.since(9, 2) {
        // It looks at nothing that is in the trash.
        assert_ne!(shop.make(shop.simple("A")).await.id, made.id);
        return;
    }
    let error = shop.try_make(shop.simple("A")).await.unwrap_err();
    assert_eq!(error.existing, None);
    assert_eq!(error.code, "woocommerce_rest_product_not_created");
    assert!(error.trouble().reason.contains("trash"), "{error}");
    shop.delete(&path, true).await;
    shop.make(shop.simple("A")).await;
}

pub(crate) async fn barcodes(shop: &Contract<'_>) {
    // Digits that nobody has: the moment, and this run.
    let run = u64::from_str_radix(&shop.town.tag[3..], 16).unwrap();
    let gtin = Some(format!("2{:012}", run * 10 + u64::from(shop.v2)));
    let with = |end: &str| NewProduct { gtin: gtin.clone(), ..shop.simple(end) };
    let first = shop.make(with("A")).await;
    if shop.v2 || !shop.since(9, 2) {
        // Unknown fields are ignored.
        shop.make(with("B")).await;
        return;
    }
    assert_eq!(shop.stored(first.id).await["global_unique_id"].as_str(), gtin.as_deref());
    let error = shop.try_make(with("B")).await.unwrap_err();
    assert_eq!((error.barcode_taken, error.existing), (true, None), "{error}");
    assert_eq!(shop.by_sku(&[&shop.sku("B")]).await, [], "nothing was made");
    shop.make(NewProduct { gtin: None, ..with("B") }).await;
    // A barcode in the trash is free.
    shop.delete(&format!("products/{}", first.id), false).await;
    let third = shop.make(with("C")).await;
    let change = ProductChange { name: Some(shop.name("D")), ..ProductChange::default() };
    shop.change(third.id, change).await;
    assert_eq!(shop.stored(third.id).await["global_unique_id"].as_str(), gtin.as_deref());
}
