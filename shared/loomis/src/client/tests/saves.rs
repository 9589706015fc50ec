//! The calls that orders need, byte by byte.

use retail::order::office::{
    Address, BelongsTo, Customer, CustomerId, Kind as OrderKind, Line, OfficeOrder, Saved,
};
use rust_decimal::Decimal;

use super::*;
use crate::{CategoryRow, CustomerBy, NewGood, OrderRow};

const DONE: &str = r#"{"status":true,"data":[{"order_id":555,"order_number":"K-7","reference_order_number":1234}],"validation_message":[]}"#;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn dep() -> Secret {
    Secret::new("dep")
}

fn address(city: &str) -> Address {
    Address { address: "Gate 1".into(), city: city.into(), zip: "0150".into(), country: "NO".into() }
}

fn sale() -> OfficeOrder {
    let line = Line {
        product: ProductId(9),
        quantity: dec("2.000"),
        price_ex_vat: dec("80.00"),
        price_inc_vat: dec("100"),
        vat_percent: dec("25"),
        discount_inc_vat: Some(dec("5.50")),
        comments: "- Size: M".into(),
    };
    let other = Line {
        product: ProductId(10),
        quantity: dec("-1"),
        price_ex_vat: dec("90071992547409.93"),
        price_inc_vat: dec("90071992547409.93"),
        vat_percent: dec("11.11"),
        discount_inc_vat: None,
        comments: String::new(),
    };
    OfficeOrder {
        reference: 1234,
        reference_comment: "woo:1:1234".into(),
        comments: "Æ \"quoted\"".into(),
        ordered: "2026-11-20T11:00:00.9Z".parse().unwrap(),
        customer: Some(CustomerId(77)),
        billing: address("Oslo"),
        lines: vec![line, other],
        kind: OrderKind::Sale { separate_voucher: true, belongs_to: Some(BelongsTo::CustomerOrder(555)) },
    }
}

fn customer_order() -> OfficeOrder {
    let kind = OrderKind::CustomerOrder { shipping: address("Bergen"), locked: true, may_be_unlocked: false };
    OfficeOrder { customer: None, lines: Vec::new(), kind, ..sale() }
}

impl Stage {
    /// Method, path, query and body of the last request.
    fn last(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let request = seen.last().unwrap();
        let query: Vec<String> = request.url.query_pairs().map(|(n, v)| format!("{n}={v}")).collect();
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        format!("{request:?} {} {body}", query.join("&"))
    }
}

/// The same request, to the byte, but for the order of its fields: `serde_json` keeps the one it was built to keep, which is
/// decided by whoever else is built along.
fn assert_same(sent: &str, expected: &str) {
    let parts = |text: &str| -> (String, serde_json::Value, Vec<u8>) {
        let (head, body) = text.split_once("  ").expect("a body");
        let mut bytes = body.as_bytes().to_vec();
        bytes.sort_unstable();
        (head.to_owned(), serde_json::from_str(body).unwrap(), bytes)
    };
    assert!(parts(sent) == parts(expected), "{sent}\nnot\n{expected}");
}

#[tokio::test]
async fn a_sale_as_it_is_sent() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, DONE);
    let saved = client.save_order(&dep(), &sale()).await.unwrap();
    assert_eq!(saved, Saved { order_id: 555, order_number: "K-7".into() });
    let expected = concat!(
        r#"POST /v1/sale/orders/save  {"orders":{"1234":{"order_data":{"comments":"Æ \"quoted\"","customer_id":77,"#,
        r#""department_id":"dep","order_address":{"address":"Gate 1","city":"Oslo","country":"NO","zip":"0150"},"#,
        r#""order_date":"2026-11-20 12:00:00","ref_order_id":555,"ref_order_type":"customer_order","#,
        r#""reference_comment":"woo:1:1234","reference_order_number":1234,"round_off_amount":0,"voucher":"separate"},"#,
        r#""product_data":{"1":{"entity_type":"product","product_id":9,"quantity":2,"price_ex_vat":"80","#,
        r#""price_inc_vat":100,"vatrate_percent":25,"discount_amount":5.5,"comments":"- Size: M"},"#,
        r#""2":{"entity_type":"product","product_id":10,"quantity":-1,"price_ex_vat":"90071992547409.93","#,
        r#""price_inc_vat":90071992547409.93,"vatrate_percent":11.11,"discount_amount":"","comments":""}}}}}"#,
    );
    assert_same(&stage.last(), expected);
    assert_eq!(*stage.gate.lock().unwrap(), ["Orders", "Orders"]);

    let kind = OrderKind::Sale { separate_voucher: false, belongs_to: Some(BelongsTo::Sale(9)) };
    stage.answer(200, DONE);
    client.save_order(&dep(), &OfficeOrder { kind, ..sale() }).await.unwrap();
    for field in [r#""ref_order_id":9"#, r#""ref_order_type":"sale""#, r#""voucher":"same""#] {
        assert!(stage.last().contains(field), "{field}: {}", stage.last());
    }
}

#[tokio::test]
async fn a_customer_order_as_it_is_sent() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, DONE);
    client.save_order(&dep(), &customer_order()).await.unwrap();
    let expected = concat!(
        r#"POST /v1/logistics/orders/save  {"orders":{"1234":{"order_data":{"allow_unlock":false,"#,
        r#""comments":"Æ \"quoted\"","department_id":"dep","is_invoice":false,"is_locked":true,"#,
        r#""is_locked_at":"2026-05-28 22:26:40","is_pos":false,"is_true":false,"#,
        r#""order_address":{"address":"Gate 1","city":"Oslo","country":"NO","zip":"0150"},"#,
        r#""order_date":"2026-11-20 12:00:00","purchase_order_status_id":1,"reference_comment":"woo:1:1234","#,
        r#""reference_order_number":1234,"round_off_amount":0,"#,
        r#""shipping_address":{"address":"Gate 1","city":"Bergen","country":"NO","zip":"0150"}},"product_data":{}}}}"#,
    );
    assert_same(&stage.last(), expected);
}

/// What becomes of a sale that is answered so, under HTTP 200.
async fn answered(body: &str) -> String {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, body);
    let saved = client.save_order(&dep(), &sale()).await;
    assert_eq!(stage.seen().len(), 2, "never repeated");
    match saved {
        Ok(saved) => format!("{} {}", saved.order_id, saved.order_number),
        Err(error) => format!("{:?}: {}", error.trouble().fate, error.trouble().reason),
    }
}

#[tokio::test]
async fn our_row_is_known_by_its_reference() {
    let check = async |data: &str, remarks: &str, expected: &str| {
        let found =
            answered(&format!(r#"{{"status":true,"data":{data},"validation_message":{remarks}}}"#)).await;
        assert!(found.starts_with(expected), "{data} {remarks}: {found}");
    };
    let ours = r#"{"order_id":"8","order_number":1008,"reference_order_number":"1234.00"}"#;
    let other = r#"{"order_id":9,"order_number":"9","reference_order_number":1}"#;
    check(&format!("[{other},{ours}]"), "[]", "8 1008").await;
    check(&format!("{{\"b\":{ours},\"a\":{other}}}"), "{}", "8 1008").await;
    // Taken, with a remark on it or on another.
    check(&format!("[{ours}]"), r#"{"1":"another"}"#, "8 1008").await;
    check(&format!("[{ours},{ours}]"), "null", "8 1008").await;
    check("[{\"order_id\":8,\"reference_order_number\":1234}]", "0", "8 ").await;

    let refused = "Refusal: Loomis Pay, sale/orders/save: not taken";
    check("[]", r#"["no such product"]"#, &format!(r#"{refused} (["no such product"])"#)).await;
    check("[]", r#""no such product""#, &format!("{refused} (no such product)")).await;
    check(
        "null",
        r#"{"55":{"product_id":["ukjent \u00f8"]}}"#,
        &format!(r#"{refused} ({{"55":{{"product_id":["ukjent ø"]}}}})"#),
    )
    .await;
    check(&format!("[{other}]"), "[\"x\"]", refused).await;

    check("[]", "[]", "Ambiguous").await;
    check("[]", r#"{"1":[],"2":""}"#, "Ambiguous").await;
    check(&format!("[{other}]"), "[]", "Ambiguous").await;
    check(&format!("[{ours},{}]", ours.replace("\"8\"", "9")), "[]", "Ambiguous").await;
    check("[{\"order_id\":8}]", "[\"x\"]", "Ambiguous").await;
    check("[{\"order_id\":null,\"reference_order_number\":1234}]", "[\"x\"]", "Ambiguous").await;
    check("[null]", "[\"x\"]", "Ambiguous").await;
    check("7", "[]", "Ambiguous").await;
    for cut in [r#"{"status":true,"data":[{"order_id":5"#, "", "{}", r#"{"status":true}"#, "[1]"] {
        assert!(answered(cut).await.starts_with("Ambiguous"), "{cut}");
    }
    let no = answered(r#"{"status":"false","code":400,"message":"bad"}"#).await;
    assert_eq!(no, "Refusal: Loomis Pay, sale/orders/save: refused with code 400 (bad)");
}

#[tokio::test]
async fn a_long_remark_is_kept_without_secrets() {
    let long = format!("{} token dep gate 1 0150 OSLO https://x.no/?t=1 end", "w".repeat(2_000));
    let told = answered(&format!(r#"{{"status":true,"data":[],"validation_message":["{long}"]}}"#)).await;
    assert!(told.ends_with(r#"w token … … … … … end"])"#), "{told}");
}

#[tokio::test]
async fn a_save_is_not_repeated_but_for_a_denied_token() {
    for (status, denied) in [(200, DENIED), (401, ""), (403, "forbidden")] {
        let (stage, client) = client();
        stage.answer(200, LOGIN).answer(200, DONE);
        client.save_order(&dep(), &sale()).await.unwrap();
        stage.answer(status, denied).answer(200, r#"{"status":true,"token":"tok-2"}"#).answer(200, DONE);
        client.save_order(&dep(), &sale()).await.unwrap();
        assert_eq!(
            stage.seen()[2..].join("\n"),
            "POST /v1/sale/orders/save Bearer tok-1\nPOST /v1/getaccesstokens -\nPOST /v1/sale/orders/save Bearer tok-2"
        );

        // The second answer counts, whatever it is.
        stage.answer(status, denied).answer(200, LOGIN).lose();
        let trouble = client.save_order(&dep(), &sale()).await.unwrap_err().trouble();
        assert_eq!((trouble.fate, stage.seen().len()), (Fate::Ambiguous, 3));
        stage.answer(status, denied).answer(200, LOGIN).answer(status, denied);
        let trouble = client.save_order(&dep(), &sale()).await.unwrap_err().trouble();
        assert_eq!((trouble.fate, stage.seen().len()), (Fate::Settings, 3));
        // Denied, and no login after it: nothing happened.
        stage.answer(status, denied).answer(502, "<html>");
        let trouble = client.save_order(&dep(), &sale()).await.unwrap_err().trouble();
        assert_eq!((trouble.fate, stage.seen().len()), (Fate::Retry, 2));
    }
}

#[tokio::test]
async fn a_save_waits_for_nobody() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer_with(429, &[("Retry-After", "4")], "");
    let trouble = client.adjust_stock(&dep(), "A", dec("1")).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.retry_after), (Fate::Retry, Some(Duration::from_secs(4))));
    stage.seen();
    stage.lose();
    let trouble = client.adjust_stock(&dep(), "A", dec("1")).await.unwrap_err().trouble();
    assert_eq!((trouble.fate, trouble.scope), (Fate::Ambiguous, Scope::Record));
    assert_eq!((stage.seen().len(), stage.slept_ms.load(Ordering::SeqCst)), (1, 0));
    let unsent = TransportError::NotSent("no route for url (https://x.no/v1/?a=b)".into());
    stage.answers.lock().unwrap().push_back(Err(unsent));
    let trouble = client.adjust_stock(&dep(), "A", dec("1")).await.unwrap_err().trouble();
    assert_eq!(trouble.reason, "Loomis Pay, product/adjust-stock: no connection: no route for url …");
    assert_eq!(trouble.fate, Fate::Retry);
}

#[tokio::test]
async fn stock_goods_and_groups_as_they_are_sent() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, r#"{"status":true,"validation_message":[]}"#);
    client.adjust_stock(&dep(), "A-1", dec("-2.50")).await.unwrap();
    let body = r#"{"department_token":"dep","product_data":[{"product_number":"A-1","quantity":-2.5}]}"#;
    assert_eq!(stage.last(), format!("POST /v1/product/adjust-stock  {body}"));
    stage.answer(200, r#"{"status":true,"validation_message":{"A-1":"unknown"}}"#);
    assert_eq!(client.adjust_stock(&dep(), "A-1", dec("1")).await.unwrap_err().trouble().fate, Fate::Refusal);

    stage.answer(200, r#"{"status":true,"data":[{"product_id":"12"}]}"#);
    let good = NewGood {
        name: "Frakt".into(),
        number: "SHIPPING".into(),
        price_inc_vat: dec("99.90"),
        vat_percent: dec("11.11"),
        category: 3,
    };
    assert_eq!(client.save_product(&good).await.unwrap(), ProductId(12));
    let body = r#"{"product_data":[{"product_name":"Frakt","product_number":"SHIPPING","price_inc_vat":99.9,"vatrate_percent":11.11,"category_id":3}]}"#;
    assert_eq!(stage.last(), format!("POST /v1/product/save  {body}"));
    stage.answer(200, r#"{"status":true,"data":[{"product_id":12,"product_name":"Another"}]}"#);
    assert_eq!(client.save_product(&good).await.unwrap_err().trouble().fate, Fate::Ambiguous);

    stage.answer(200, r#"{"status":true,"data":[{"category_id":4,"category_name":"A > B"}]}"#);
    assert_eq!(client.save_category("A > B").await.unwrap(), 4);
    let body = r#"{"category_data":[{"category_name":"A > B","category_type":"product"}]}"#;
    assert_eq!(stage.last(), format!("POST /v1/product/category/save  {body}"));
}

#[tokio::test]
async fn what_is_looked_for_is_compared_here() {
    let (stage, client) = client();
    stage.answer(200, LOGIN);
    stage.answer(200, r#"{"status":true,"categories":[{"category_id":1,"category_name":"a>B "},{"category_id":"2","category_name":"A > B > C"}],"total_count":"2"}"#);
    assert_eq!(client.find_category("A > B").await.unwrap(), [CategoryRow { id: 1, path: "a>B ".into() }]);
    assert_eq!(
        stage.last(),
        "GET /v1/product/category/list/product start=0&length=100&filter[category_name]=A > B "
    );

    stage.answer(200, r#"{"status":true,"products":[{"product_id":1,"product_number":"fee "},{"product_id":2,"product_number":"FEE-2"}],"total_count":3}"#);
    stage.answer(200, r#"{"status":true,"products":[{"product_id":3,"product_number":"FEE","is_deleted":1}],"total_count":3}"#);
    let found = client.find_products_by_number("FEE").await.unwrap();
    assert_eq!(
        found.iter().map(|product| (product.id.0, product.deleted)).collect::<Vec<_>>(),
        [(1, false), (3, true)]
    );
    assert!(
        stage
            .last()
            .contains("start=2&length=100&sort_by=product_id&sort_order=ASC&filter[product_number]=FEE")
    );
}

#[tokio::test]
async fn half_of_an_answer_is_none() {
    let (stage, client) = client();
    let bad = r#"{"status":true,"orders":[{"order_id":"x"}],"total_count":1}"#;
    stage.answer(200, LOGIN).answer(200, bad).answer(200, bad).answer(200, bad);
    let error = client.find_orders(5).await.unwrap_err();
    assert!(error.to_string().contains("orders[0] (HTTP 200): order_id"), "{error}");
    assert_eq!((error.trouble().fate, stage.seen().len()), (Fate::Retry, 4));

    let none = r#"{"status":true,"orders":[],"total_count":2}"#;
    stage.answer(200, r#"{"status":true,"orders":[{"order_id":1}],"total_count":2}"#);
    stage.answer(200, none).answer(200, none).answer(200, none);
    let error = client.find_orders(5).await.unwrap_err();
    assert!(error.to_string().contains("1 rows of 2"), "{error}");
    stage.seen();
}

#[tokio::test]
async fn orders_listed_and_viewed() {
    let (stage, client) = client();
    let rows = r#"{"status":true,"dateTimeBeforeQryExec":"2026-11-24 05:00:00","total_count":3,"orders":[
        {"order_id":"555","reference_order_number":"1234","purchase_order_status_id":"5.00","updated_at":"2026/11/24 04:59:00"},
        {"order_id":556,"reference_order_number":null,"purchase_order_status_id":"?"},{"order_id":0}]}"#;
    stage.answer(200, LOGIN).answer(200, rows);
    let changed = client.changed_orders("2026-11-24T03:00:00Z".parse().unwrap()).await.unwrap();
    let query = "sort_by=order_id&sort_order=ASC&filter[last_update_date]=2026-11-24 02:00:00";
    assert_eq!(stage.last(), format!("GET /v1/logistics/orders/list start=0&length=100&{query} "));
    let updated = Some("2026-11-24T03:59:00Z".parse().unwrap());
    let first = OrderRow { order_id: 555, reference: Some(1234), status: Some(5), updated };
    let bare = OrderRow { order_id: 556, reference: None, status: None, updated: None };
    assert_eq!(changed.rows, [first.clone(), bare.clone()]);
    assert_eq!(changed.unreadable, ["orders[2].order_id: missing"]);
    assert_eq!(changed.server_time.to_string(), "2026-11-24T04:00:00Z");

    stage.answer(200, &rows.replace(r#",{"order_id":0}"#, "").replace(":3,", ":2,"));
    assert_eq!(client.find_orders(1234).await.unwrap(), [first, bare.clone()]);
    stage.answer(200, &rows.replace(r#",{"order_id":0}"#, "").replace(":3,", ":2,"));
    assert_eq!(client.find_orders(1).await.unwrap(), [bare], "it could be the one");

    let view = r#"{"status":true,"data":{"order_data":{"order_id":"555","order_number":7,"reference_order_number":"1234",
        "reference_comment":"woo:1:1234","purchase_order_status_id":"5"},"product_data":[]}}"#;
    stage.answer(200, view);
    let found = client.view_order(555).await.unwrap().unwrap();
    assert_eq!(stage.last(), "GET /v1/logistics/orders/view/555  ");
    assert_eq!((found.order_id, found.order_number.as_str(), found.status), (555, "7", 5));
    assert_eq!((found.reference, found.reference_comment.as_str()), (Some(1234), "woo:1:1234"));
    for (status, none) in [(200, r#"{"status":false,"code":"404"}"#), (404, r#"{"status":false,"code":404}"#)]
    {
        stage.answer(status, none);
        assert_eq!(client.view_order(556).await.unwrap(), None);
    }
    for (status, trouble, fate) in [
        (404, "nothing", Fate::Settings),
        (200, view, Fate::Retry),
        (200, r#"{"status":true,"data":{"order_data":{}}}"#, Fate::Retry),
    ] {
        let times = if fate == Fate::Retry { 3 } else { 1 };
        for _ in 0..times {
            stage.answer(status, trouble);
        }
        assert_eq!(client.view_order(556).await.unwrap_err().trouble().fate, fate);
    }
    stage.seen();
}

#[tokio::test]
async fn customers_as_they_are_sent_and_found() {
    let (stage, client) = client();
    stage.answer(200, LOGIN).answer(200, r#"{"status":true,"customers":"77"}"#);
    let kari = Customer {
        name: "Kari & Ås".into(),
        phone: "+4791234567".into(),
        email: "k@x.no".into(),
        ..Customer::default()
    };
    assert_eq!(client.save_customer(Some(CustomerId(7)), &kari).await.unwrap(), CustomerId(77));
    let query = "customer_id=7&customer_name=Kari & Ås&phone=+4791234567&email=k@x.no&primary_address=&primary_zip=&city=";
    assert_eq!(stage.last(), format!("PUT /v1/customer {query} "));
    for (none, fate) in [("null", Fate::Ambiguous), ("[]", Fate::Ambiguous), ("\"Kari\"", Fate::Ambiguous)] {
        stage.answer(200, &format!(r#"{{"status":true,"customers":{none}}}"#));
        let trouble = client.save_customer(None, &kari).await.unwrap_err().trouble();
        assert_eq!((trouble.fate, trouble.reason.contains("Kari")), (fate, false), "{trouble}");
    }
    stage.answer(200, r#"{"status":true,"customers":0,"validation_message":{"email":["k@X.no is taken"]}}"#);
    let trouble = client.save_customer(None, &kari).await.unwrap_err().trouble();
    assert_eq!(trouble.reason, r#"Loomis Pay, customer: not taken ({"email":["… is taken"]})"#);

    let list = r#"{"status":true,"total_count":1,"customers":[{"customer_id":"7","customer_name":"Kari & Ås","phone":"+4791234567","email":"k@x.no","city":null}]}"#;
    stage.answer(200, list);
    let found = client.find_customers(CustomerBy::Phone("+4791234567")).await.unwrap();
    assert_eq!(found, [(CustomerId(7), kari)]);
    assert_eq!(stage.last(), "GET /v1/customer/list start=0&length=100&filter[customer_phone]=+4791234567 ");
    stage.answer(200, r#"{"status":true,"total_count":0,"customers":[]}"#);
    assert!(client.find_customers(CustomerBy::Email("k@x.no")).await.unwrap().is_empty());
    assert!(stage.last().contains("filter[customer_email]=k@x.no"));
    for _ in 0..3 {
        stage.answer(200, r#"{"status":true,"total_count":1,"customers":["Kari"]}"#);
    }
    let told = client.find_customers(CustomerBy::Email("k@x.no")).await.unwrap_err().trouble().reason;
    assert!(told.ends_with("customers[0] (HTTP 200): no readable row"), "{told}");
}
