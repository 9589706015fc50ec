//! Single products. `BEHAVIOUR.md`, *Products*.

use retail::shop::ManageStock;
use serde_json::json;
use woocommerce::{Draft, NewKind, NewProduct, ProductChange, StockWrite};
use world::Method;

use crate::shop::{Contract, price};

pub(crate) async fn made(shop: &Contract<'_>) {
    let new = NewProduct {
        sku: format!(" {} ", shop.sku("A")),
        regular_price: price("199.9"),
        sale_price: price("99"),
        description: Some("<p>Fin</p>".to_owned()),
        stock: Some(StockWrite::Managed(4)),
        ..shop.simple("A")
    };
    let made = shop.make(new).await;
    assert_eq!((made.status.as_str(), made.kind.as_str(), made.parent), ("draft", "simple", None));
    assert_eq!((made.sku, made.name), (shop.sku("A"), shop.name("A")));
    assert_eq!((made.regular_price, made.sale_price), (price("199.9"), price("99")));
    assert_eq!((made.manage_stock, made.stock), (ManageStock::Yes, price("4")));
    assert_eq!((made.tax_class.as_str(), made.images.len(), made.attributes.len()), ("", 0, 0));
    // It comes back alike by its id, in the list of ids and by its SKU.
    let alone = shop.product(made.id).await;
    assert_eq!(shop.client.products_by_id(&[made.id]).await.unwrap(), std::slice::from_ref(&alone));
    let by_sku = shop.client.products_by_sku(&[&shop.sku("A")]).await.unwrap();
    assert_eq!(by_sku, [alone]);
    assert_eq!(shop.client.product(retail::shop::ShopId(u64::from(u32::MAX))).await.unwrap(), None);
}

pub(crate) async fn prices(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    assert_eq!((made.regular_price, made.sale_price), (None, None));
    for (sent, stored) in
        [("199.9", "199.90"), ("10.005", "10.005"), ("0.5", "0.50"), ("123456789", "123456789.00")]
    {
        let change = ProductChange { regular_price: price(sent), ..ProductChange::default() };
        assert_eq!(shop.change(made.id, change).await.regular_price, price(sent));
        assert_eq!(shop.stored(made.id).await["regular_price"], stored);
    }
    let change = ProductChange { name: Some(shop.name("B")), ..ProductChange::default() };
    assert_eq!(
        shop.change(made.id, change).await.regular_price,
        price("123456789"),
        "a price that isn't written stays"
    );
    // A parent keeps none of its own.
    let new = NewProduct { kind: NewKind::Variable, regular_price: price("5"), ..shop.simple("parent") };
    assert_eq!(shop.make(new).await.regular_price, None);
}

pub(crate) async fn sale(shop: &Contract<'_>) {
    let made = shop.make(NewProduct { regular_price: price("100"), ..shop.simple("A") }).await;
    let sale = async |regular: Option<&str>, sale: Option<&str>| {
        let sale_price = Some(sale.and_then(price));
        let change =
            ProductChange { regular_price: regular.and_then(price), sale_price, ..ProductChange::default() };
        shop.change(made.id, change).await.sale_price
    };
    assert_eq!(sale(None, Some("80")).await, price("80"));
    assert_eq!(sale(None, Some("100")).await, None, "not below the regular one");
    assert_eq!(sale(Some("200"), Some("150")).await, price("150"));
    assert_eq!(sale(None, None).await, None);
    assert_eq!(sale(None, Some("250")).await, None);
    // A regular price that sinks below the sale takes the sale away.
    assert_eq!(sale(None, Some("190")).await, price("190"));
    let change = ProductChange { regular_price: price("180"), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.sale_price, None);
}

pub(crate) async fn names(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let rename = async |end: &str| {
        let change = ProductChange { name: Some(shop.name(end)), ..ProductChange::default() };
        let answered = shop.change(made.id, change).await.name;
        assert_eq!(shop.product(made.id).await.name, answered, "{end}");
        answered
    };
    for end in [
        "Kopp & fat",
        "20 % \"rå\" 'kaffe' – æøåÆØÅ ü ß",
        "½ l, 2 × 3 cm, 5 €, ©",
        "Tea/Coffee (1|2) #4 @ $5; a=b?",
        "< 5 cm",
        "5 > 4",
        "R&D; A&B",
        "%41 %20",
        "A\\B \\\\",
        "<b>fet</b> 💡",
        "日本語 Чай",
    ] {
        assert_eq!(rename(end).await, shop.name(end));
    }
    // Entities that were there before can't be told from the shop's own.
    assert_eq!(rename("a &amp; b").await, shop.name("a & b"));
    assert_eq!(shop.stored(made.id).await["name"], shop.name("a &amp; b"));
    // White space around it goes.
    assert_eq!(rename("end ").await.trim(), shop.name("end"));
}

pub(crate) async fn description(shop: &Contract<'_>) {
    let text = "<p>Fin &amp; blå <b>kopp</b></p>\n<ul><li>A\\B \"q\" 'r'</li></ul>";
    let made = shop.make(NewProduct { description: Some(text.to_owned()), ..shop.simple("A") }).await;
    assert_eq!(shop.stored(made.id).await["description"], text);
}

pub(crate) async fn tax_class(shop: &Contract<'_>) {
    let rates = shop.client.profile().await.unwrap().tax_rates;
    let class = rates.iter().map(|rate| rate.class.as_str()).find(|class| !class.is_empty());
    let of = |class: &str| Some(class.to_owned());
    match class {
        None => shop.not_tried("a tax class besides the standard: the shop has no rate of one"),
        Some(class) => {
            let made = shop.make(NewProduct { tax_class: of(class), ..shop.simple("A") }).await;
            assert_eq!(made.tax_class, class);
            assert_eq!(shop.product(made.id).await.tax_class, class);
        }
    }
    for (end, class) in [("B", ""), ("C", "unknown-class"), ("D", "standard")] {
        let made = shop.make(NewProduct { tax_class: of(class), ..shop.simple(end) }).await;
        assert_eq!(made.tax_class, "", "{class}");
    }
}

pub(crate) async fn status(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    // A person publishes it.
    let (code, shown) =
        shop.send(Method::Put, &format!("products/{}", made.id), json!({"status": "publish"})).await;
    assert_eq!((code, shown["status"].as_str()), (200, Some("publish")));
    let change = ProductChange { name: Some(shop.name("B")), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.status, "publish", "a status that isn't written stays");
    let change = ProductChange { status: Some(Draft), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.status, "draft");
}

pub(crate) async fn trash(shop: &Contract<'_>) {
    let made = shop.make(shop.simple("A")).await;
    let path = format!("products/{}", made.id);
    assert_eq!(shop.delete(&path, false).await.0, 200);
    // In no list, but it answers for itself; what it is written stays in the trash.
    assert_eq!(shop.client.products_by_id(&[made.id]).await.unwrap(), []);
    assert_eq!(shop.by_sku(&[&shop.sku("A")]).await, []);
    assert_eq!(shop.product(made.id).await.status, "trash");
    let change = ProductChange { regular_price: price("5"), ..ProductChange::default() };
    assert_eq!(shop.change(made.id, change).await.status, "trash");
    assert_eq!(shop.delete(&path, true).await.0, 200);
    assert_eq!(shop.client.product(made.id).await.unwrap(), None);
    let (code, error) = shop.send(Method::Put, &path, json!({})).await;
    assert_eq!((code, error["code"].as_str()), (400, Some("woocommerce_rest_product_invalid_id")));
}
