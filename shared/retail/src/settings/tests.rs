mod orders;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

/// The least that a department's record says, with these fields laid over it.
fn department(over: Value) -> Value {
    let mut record =
        json!({"department_id": "1", "client_number": "012345", "shop": {"url": "www.domene.no"}});
    lay_over(&mut record, over);
    record
}

fn client(over: Value) -> Value {
    let mut record = json!({"client_number": "012345", "client_token": "t0ken"});
    lay_over(&mut record, over);
    record
}

fn lay_over(record: &mut Value, over: Value) {
    match (record, over) {
        (Value::Object(record), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(record.entry(key).or_insert(Value::Null), value);
            }
        }
        (record, over) => *record = over,
    }
}

fn read_department(over: Value) -> Result<(DepartmentSettings, Vec<Warning>), Fault> {
    read::<DepartmentRecord>(department(over))?.check()
}

fn read_client(over: Value) -> Result<ClientSettings, Fault> {
    read::<ClientRecord>(client(over))?.check()
}

fn settings(over: Value) -> DepartmentSettings {
    read_department(over).unwrap().0
}

fn orders(over: Value) -> OrderSettings {
    let mut on = json!({"enabled": true});
    lay_over(&mut on, over);
    settings(json!({"orders": on})).orders.unwrap()
}

/// What is said about each of these refused departments.
fn refused(cases: &[Value], expected: Expect) {
    said(cases.iter().map(|over| read_department(over.clone()).map(|_| ())), &expected);
}

fn refused_client(cases: &[Value], expected: Expect) {
    said(cases.iter().map(|over| read_client(over.clone()).map(|_| ())), &expected);
}

fn said(faults: impl Iterator<Item = Result<(), Fault>>, expected: &Expect) {
    let lines: Vec<String> = faults.map(|fault| fault.unwrap_err().to_string()).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn every_default_of_a_department_is_the_documents() {
    let record: DepartmentRecord = read(department(json!({}))).unwrap();
    expect![[r#"
        {
          "department_id": "1",
          "name": "",
          "enabled": true,
          "client_number": "012345",
          "shop": {
            "url": "www.domene.no",
            "api_version": "auto"
          },
          "products": {
            "automatic_transfer": false,
            "continuous_inventory": false,
            "new_products": true,
            "new_product_groups": false,
            "prices": true,
            "price_list": null,
            "inventory": true,
            "product_updates": false,
            "images": true,
            "overwrite_attributes": true
          },
          "orders": {
            "enabled": false,
            "from_date": null,
            "from_order_number": null,
            "retrieve_statuses": [
              "processing"
            ],
            "status_after_retrieval": null,
            "status_when_completed": null,
            "loomis_completed_status": 5,
            "create_customer_order": true,
            "create_products": false,
            "deduct_from_stock": false,
            "allow_unlocking": false,
            "bookkeeping": "off",
            "pay_in_store_methods": [],
            "refunds": true
          },
          "schema": 1
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&record).unwrap());
    let (settings, warnings) = record.check().unwrap();
    assert_eq!(
        (settings.products.prices, settings.orders, warnings),
        (Some(PriceSource::Normal), None, vec![])
    );
}

#[test]
fn every_default_of_a_client_is_the_documents() {
    let record: ClientRecord = read(json!({"client_number": "012345"})).unwrap();
    expect![[r#"
        {
          "client_number": "012345",
          "api_url": null,
          "time_zone": "Europe/Oslo",
          "min_interval_ms": 500,
          "order_lookup": false,
          "lookup_after_s": [
            120,
            600
          ],
          "schema": 1
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&record).unwrap());
    assert_eq!(record.check().unwrap().time_zone.iana_name(), Some("Europe/Oslo"));
}

#[test]
fn a_record_that_says_everything_comes_back_as_written() {
    let written = department(json!({
        "name": "Oslo", "enabled": false, "department_token": "d", "schema": 1, "version": 7,
        "shop": {"api_version": "v2", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        "products": {"automatic_transfer": true, "continuous_inventory": true, "new_products": false,
            "new_product_groups": true, "prices": false, "price_list": "7", "inventory": true,
            "product_updates": true, "images": false, "overwrite_attributes": false},
        "orders": {"enabled": true, "from_date": "2026-11-20", "from_order_number": 1001,
            "retrieve_statuses": ["processing", "my-own"], "status_after_retrieval": "on-hold",
            "status_when_completed": "completed", "loomis_completed_status": 7, "create_customer_order": false,
            "create_products": true, "deduct_from_stock": true, "allow_unlocking": false,
            "bookkeeping": "same_voucher", "pay_in_store_methods": ["cod"], "refunds": false},
    }));
    let record: DepartmentRecord = read(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), written);
}

#[test]
fn an_unknown_field_is_named_with_its_path_and_what_would_be_right() {
    refused(
        &[
            json!({"colour": 1}),
            json!({"shop": {"key": "ck_1"}}),
            json!({"products": {"price": true}}),
            json!({"orders": {"form_date": "2026-11-20"}}),
        ],
        expect![[r#"
            colour: unknown field `colour`, expected one of `department_id`, `name`, `enabled`, `client_number`, `department_token`, `shop`, `products`, `orders`, `schema`, `version`
            shop.key: unknown field `key`, expected one of `url`, `api_version`, `consumer_key`, `consumer_secret`
            products.price: unknown field `price`, expected one of `automatic_transfer`, `continuous_inventory`, `new_products`, `new_product_groups`, `prices`, `price_list`, `inventory`, `product_updates`, `images`, `overwrite_attributes`
            orders.form_date: unknown field `form_date`, expected one of `enabled`, `from_date`, `from_order_number`, `retrieve_statuses`, `status_after_retrieval`, `status_when_completed`, `loomis_completed_status`, `create_customer_order`, `create_products`, `deduct_from_stock`, `allow_unlocking`, `bookkeeping`, `pay_in_store_methods`, `refunds`"#]],
    );
    refused_client(
        &[json!({"clienttoken": "t"})],
        expect![
            "clienttoken: unknown field `clienttoken`, expected one of `client_number`, `client_token`, `api_url`, `time_zone`, `min_interval_ms`, `order_lookup`, `lookup_after_s`, `schema`, `version`"
        ],
    );
}

#[test]
fn a_missing_field_is_named_with_its_path() {
    let check = |record: Value, field: &str| {
        let fault = read::<DepartmentRecord>(record).unwrap_err();
        assert_eq!(fault, Fault::new(field, "is missing, and has no default"));
    };
    check(json!({"client_number": "012345", "shop": {"url": "x"}}), "department_id");
    check(json!({"department_id": "1", "client_number": "012345"}), "shop");
    check(json!({"department_id": "1", "client_number": "012345", "shop": {}}), "shop.url");
}

#[test]
fn a_wrong_type_is_named_with_its_path_and_what_would_be_right() {
    refused(
        &[
            json!({"enabled": "yes"}),
            json!({"department_id": 1}),
            json!({"client_number": 12345}),
            json!({"shop": ["www.domene.no"]}),
            json!({"shop": "www.domene.no"}),
            json!({"shop": {"api_version": "v4"}}),
            json!({"products": [true]}),
            json!({"products": {"prices": null}}),
            json!({"products": {"price_list": true}}),
            json!({"products": {"price_list": 7.5}}),
            json!({"orders": {"from_date": "20.11.2026"}}),
            json!({"orders": {"from_date": "2026-11-31"}}),
            json!({"orders": {"from_date": "2026-11-20T10:00:00"}}),
            json!({"orders": {"from_date": 20261120}}),
            json!({"orders": {"from_order_number": "1001"}}),
            json!({"orders": {"from_order_number": -1}}),
            json!({"orders": {"retrieve_statuses": "processing"}}),
            json!({"orders": {"retrieve_statuses": ["processing", 7]}}),
            json!({"orders": {"bookkeeping": true}}),
            json!({"orders": {"bookkeeping": "same"}}),
            json!({"orders": {"loomis_completed_status": "5"}}),
            json!({"orders": {"loomis_completed_status": 300}}),
        ],
        expect![[r#"
            enabled: invalid type: string "yes", expected a boolean
            department_id: invalid type: integer `1`, expected a string
            client_number: invalid type: integer `12345`, expected a string
            shop: is a JSON object: { … }
            shop: is a JSON object: { … }
            shop.api_version: unknown value `v4`, expected one of `auto`, `v2`, `v3`
            products: is a JSON object: { … }
            products.prices: invalid type: null, expected a boolean
            products.price_list: expected a string or a whole number, not true
            products.price_list: expected a string or a whole number, not 7.5
            orders.from_date: expected a day as YYYY-MM-DD, "2026-11-20", not "20.11.2026"
            orders.from_date: expected a day as YYYY-MM-DD, "2026-11-20", not "2026-11-31"
            orders.from_date: expected a day as YYYY-MM-DD, "2026-11-20", not "2026-11-20T10:00:00"
            orders.from_date: expected a day as YYYY-MM-DD, "2026-11-20", not 20261120
            orders.from_order_number: invalid type: string "1001", expected a whole number
            orders.from_order_number: invalid value: integer `-1`, expected a whole number
            orders.retrieve_statuses: invalid type: string "processing", expected a list: [ … ]
            orders.retrieve_statuses[1]: invalid type: integer `7`, expected a string
            orders.bookkeeping: invalid type: boolean `true`, expected one of its words, as a string
            orders.bookkeeping: unknown value `same`, expected one of `off`, `separate`, `same_voucher`
            orders.loomis_completed_status: invalid type: string "5", expected a whole number from 1 to 11
            orders.loomis_completed_status: invalid value: integer `300`, expected a whole number from 1 to 11"#]],
    );
    refused_client(
        &[json!({"min_interval_ms": 0.5}), json!({"lookup_after_s": [120]}), json!({"order_lookup": 1})],
        expect![[r#"
            min_interval_ms: invalid type: floating point `0.5`, expected a whole number
            lookup_after_s: invalid length 1, expected an array of length 2
            order_lookup: invalid type: integer `1`, expected a boolean"#]],
    );
}

#[test]
fn a_record_is_an_object() {
    for record in [json!(null), json!([]), json!("{}"), json!(1)] {
        assert_eq!(read::<ClientRecord>(record).unwrap_err().to_string(), "a record is a JSON object: { … }");
    }
}

#[test]
fn schema_and_version() {
    refused(
        &[json!({"schema": 2}), json!({"schema": "1"}), json!({"version": -1})],
        expect![[r#"
        schema: is 1; a record of schema 2 needs another version of this program
        schema: invalid type: string "1", expected a whole number
        version: invalid value: integer `-1`, expected a whole number"#]],
    );
    refused_client(
        &[json!({"schema": 0})],
        expect!["schema: is 1; a record of schema 0 needs another version of this program"],
    );
    assert_eq!(
        read::<DepartmentRecord>(department(json!({"schema": 1, "version": 3}))).unwrap().version,
        Some(3)
    );
    assert_eq!(read::<DepartmentRecord>(department(json!({}))).unwrap().version, None);
}

#[test]
fn a_client_number_is_six_digits_with_its_leading_zeros() {
    assert_eq!(read_client(json!({})).unwrap().client_number, "012345");
    assert_eq!(settings(json!({"client_number": "000001"})).client_number, "000001");
    for wrong in ["12345", "0123456", "01234x", " 12345", "", "٠١٢٣٤٥"] {
        let over = json!({"client_number": wrong});
        assert_eq!(read_client(over.clone()).unwrap_err().field, "client_number", "{wrong:?}");
        assert_eq!(read_department(over).unwrap_err().field, "client_number", "{wrong:?}");
    }
    refused(
        &[json!({"client_number": "12345"})],
        expect![[r#"client_number: is six digits as a string, leading zeros included: "012345""#]],
    );
}

#[test]
fn a_department_id_fits_a_key() {
    for right in ["1", "Oslo-2", "a_b"] {
        assert_eq!(settings(json!({"department_id": right})).id, right);
    }
    for wrong in ["", "a b", "a/b", "Bodø", &"x".repeat(65)] {
        assert_eq!(read_department(json!({"department_id": wrong})).unwrap_err().field, "department_id");
    }
}

#[test]
fn an_api_url_goes_up_to_v1() {
    let check = |written: Value, expected: Option<&str>| {
        let url = read_client(json!({"api_url": written})).unwrap().api_url;
        assert_eq!(url.as_ref().map(url::Url::as_str), expected);
    };
    check(json!(null), None);
    check(json!("https://api.kasseservice.no/v1/"), Some("https://api.kasseservice.no/v1/"));
    check(json!(" http://127.0.0.1:8080/v1 "), Some("http://127.0.0.1:8080/v1/"));
    for wrong in [
        "",
        "api.kasseservice.no/v1/",
        "ftp://host/v1/",
        "https://host/",
        "https://h/v1/?a=1",
        "https://h/v1/#a",
    ] {
        assert_eq!(read_client(json!({"api_url": wrong})).unwrap_err().field, "api_url", "{wrong:?}");
    }
    refused_client(
        &[json!({"api_url": "https://host/"}), json!({"api_url": "https://me:pw@host/v1/"})],
        expect![[r#"
            api_url: is a whole URL up to /v1/: "https://host/v1/", or null for the real host
            api_url: must not hold a user or a password"#]],
    );
}

#[test]
fn time_zone_pace_and_look_ups() {
    for zone in ["Europe/Oslo", "Europe/Stockholm", "UTC"] {
        assert_eq!(read_client(json!({"time_zone": zone})).unwrap().time_zone.iana_name(), Some(zone));
    }
    refused_client(
        &[
            json!({"time_zone": "Norway/Oslo"}),
            json!({"time_zone": ""}),
            json!({"min_interval_ms": 60001}),
            json!({"lookup_after_s": [600, 120]}),
            json!({"lookup_after_s": [120, u64::MAX]}),
        ],
        expect![[r#"
            time_zone: is no zone of the IANA list: write "Europe/Oslo"
            time_zone: is no zone of the IANA list: write "Europe/Oslo"
            min_interval_ms: is at most 60000 (a minute between two requests)
            lookup_after_s: the first is not later than the second: [120, 600]
            lookup_after_s: is at most 604800 seconds (a week): [120, 600]"#]],
    );
    assert_eq!(
        read_client(json!({"lookup_after_s": [0, 0], "min_interval_ms": 0})).unwrap().lookup_after_s,
        [0, 0]
    );
}

#[test]
fn a_price_list_is_a_string_or_a_number_and_shown_as_a_string() {
    let check = |written: Value, shown: Value, source: PriceSource| {
        let record: DepartmentRecord =
            read(department(json!({"products": {"price_list": written}}))).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap()["products"]["price_list"], shown);
        assert_eq!(record.check().unwrap().0.products.prices, Some(source));
    };
    check(json!(7), json!("7"), PriceSource::List("7".to_owned()));
    check(json!("7"), json!("7"), PriceSource::List("7".to_owned()));
    check(json!(" 7 "), json!(" 7 "), PriceSource::List("7".to_owned()));
    check(json!(null), json!(null), PriceSource::Normal);
    assert_eq!(settings(json!({"products": {"prices": false, "price_list": 7}})).products.prices, None);
    refused(
        &[json!({"products": {"price_list": " "}})],
        expect!["products.price_list: is the id of a price list, or null for the normal price"],
    );
}

#[test]
fn continuous_inventory_needs_inventory() {
    refused(
        &[json!({"products": {"continuous_inventory": true, "inventory": false}})],
        expect![
            "products.continuous_inventory: needs Synchronize inventory: set products.inventory to true, or this to false"
        ],
    );
    let flows = |over: Value| settings(json!({"products": over})).products.stock_flows();
    assert!(!flows(json!({})));
    assert!(flows(json!({"continuous_inventory": true})));
    assert!(flows(json!({"automatic_transfer": true})));
    assert!(!flows(json!({"automatic_transfer": true, "inventory": false})));
}

#[test]
fn secrets_are_neither_empty_nor_exchanged() {
    refused(
        &[
            json!({"department_token": " "}),
            json!({"shop": {"consumer_key": ""}}),
            json!({"shop": {"consumer_key": "cs_1"}}),
            json!({"shop": {"consumer_secret": "ck_1"}}),
        ],
        expect![[r#"
            department_token: must not be empty
            shop.consumer_key: must not be empty
            shop.consumer_key: begins with ck_, and this begins with cs_: the two are exchanged
            shop.consumer_secret: begins with cs_, and this begins with ck_: the two are exchanged"#]],
    );
    refused_client(&[json!({"client_token": ""})], expect!["client_token: must not be empty"]);
    refused(&[json!({"shop": {"url": " "}})], expect!["shop.url: must not be empty"]);
}

#[test]
fn a_secret_is_shown_by_no_fault_and_no_debug() {
    for over in [
        json!({"department_token": 4711}),
        json!({"shop": {"consumer_key": 4711}}),
        json!({"shop": {"consumer_secret": ["4711"]}}),
        json!({"shop": {"consumer_key": "cs_4711"}}),
        json!({"shop": "4711"}),
    ] {
        let said = read_department(over.clone()).unwrap_err().to_string();
        assert!(!said.contains("4711"), "{said}");
    }
    refused_client(
        &[json!({"client_token": 4711})],
        expect!["client_token: is a secret, as a string (what was given is not shown)"],
    );

    let secrets = json!({"department_token": "4711",
        "shop": {"consumer_key": "ck_4711", "consumer_secret": "cs_4711"}});
    let department: DepartmentRecord = read(department(secrets)).unwrap();
    let client: ClientRecord = read(client(json!({"client_token": "4711"}))).unwrap();
    let shown = format!("{department:?} {:?} {client:?}", department.shop);
    assert!(!shown.contains("4711") && shown.contains("www.domene.no"), "{shown}");
}
