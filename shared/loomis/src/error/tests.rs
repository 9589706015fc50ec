use expect_test::{Expect, expect};

use super::*;

/// The table, read aloud.
#[test]
fn judged() {
    let check = |call, kind, expected: Expect| {
        let trouble = Error { call, kind, retry_after: None }.trouble();
        expected.assert_eq(&format!("{:?} {:?}: {}", trouble.fate, trouble.scope, trouble.reason));
    };
    let refused = |code, message: &str| Kind::Refused { status: 200, code, message: message.to_owned() };
    let forbidden = |code, message: &str| Kind::Forbidden { code, message: message.to_owned() };
    check(
        Call::LogIn,
        refused(Some(401), "Invalid"),
        expect![
            "Settings Client: logging in to Loomis Pay: refused with code 401 (Invalid): check client_number and client_token"
        ],
    );
    check(
        Call::LogIn,
        refused(Some(503), ""),
        expect!["Retry Client: logging in to Loomis Pay: refused with code 503"],
    );
    check(
        Call::Products,
        forbidden(403, "No access"),
        expect![
            "Settings Client: Loomis Pay, product/list: refused with code 403 after a fresh login (No access): the login is good, so a module that this call needs is not licensed"
        ],
    );
    check(
        Call::Products,
        forbidden(401, ""),
        expect![
            "Settings Client: Loomis Pay, product/list: refused with code 401 after a fresh login: the login is good, so its token was asked for from another address than it is used from: our requests must leave from one fixed address"
        ],
    );
    check(
        Call::Products,
        Kind::Html { status: 403 },
        expect![
            "Settings Client: Loomis Pay, product/list: a web page instead of data (HTTP 403): its firewall blocks us: a person must have the vendor open the address that our requests leave from"
        ],
    );
    check(
        Call::Products,
        Kind::Html { status: 502 },
        expect!["Retry Client: Loomis Pay, product/list: a web page instead of data (HTTP 502)"],
    );
    check(
        Call::Products,
        Kind::TooMany,
        expect!["Retry Client: Loomis Pay, product/list: too many requests"],
    );
    check(
        Call::Products,
        Kind::Transport(TransportError::Broken("reset".to_owned())),
        expect!["Retry Client: Loomis Pay, product/list: the connection broke: reset"],
    );
    check(
        Call::Products,
        refused(None, "odd"),
        expect!["Retry Client: Loomis Pay, product/list: refused with HTTP 200 (odd)"],
    );
    check(
        Call::Products,
        refused(Some(400), "bad filter"),
        expect!["Settings Client: Loomis Pay, product/list: refused with code 400 (bad filter)"],
    );
    check(
        Call::Products,
        Kind::Refused { status: 404, code: None, message: String::new() },
        expect!["Settings Client: Loomis Pay, product/list: refused with HTTP 404: check api_url"],
    );
    check(
        Call::Stock,
        refused(Some(404), "no"),
        expect![
            "Settings Department: Loomis Pay, all/product/stock: refused with code 404 (no): check department_token"
        ],
    );
    check(
        Call::Stock,
        forbidden(403, "Ukjent avdeling"),
        expect![
            "Settings Department: Loomis Pay, all/product/stock: refused with code 403 after a fresh login (Ukjent avdeling): check department_token"
        ],
    );
    check(
        Call::Stock,
        refused(Some(500), "department db down"),
        expect!["Retry Client: Loomis Pay, all/product/stock: refused with code 500 (department db down)"],
    );
    check(
        Call::Stock,
        Kind::Gate(GateError("the ledger is out of reach".into())),
        expect![
            "Retry Client: Loomis Pay, all/product/stock: held back: the pace can't be kept: the ledger is out of reach"
        ],
    );
    check(
        Call::Departments,
        Kind::Unreadable { status: 302, path: ".".to_owned(), reason: "a redirect".to_owned() },
        expect![
            "Settings Client: Loomis Pay, department/list: the answer can't be read at . (HTTP 302): a redirect: check api_url"
        ],
    );
    check(
        Call::SaveSale,
        Kind::Transport(TransportError::TimedOut(Duration::from_secs(30))),
        expect!["Ambiguous Record: Loomis Pay, sale/orders/save: no answer within 30 s"],
    );
    check(
        Call::SaveSale,
        Kind::Transport(TransportError::NotSent("refused".to_owned())),
        expect!["Retry Client: Loomis Pay, sale/orders/save: no connection: refused"],
    );
    check(
        Call::SaveSale,
        Kind::Transport(TransportError::Forbidden("a private address")),
        expect![
            "Settings Client: Loomis Pay, sale/orders/save: it is, or resolves to, a private address: api_url: give a public address, or have LOOMIS_WOO_PRIVATE_ADDRESSES=allow set where this runs"
        ],
    );
    check(
        Call::SaveSale,
        Kind::TooMany,
        expect!["Retry Client: Loomis Pay, sale/orders/save: too many requests"],
    );
    check(
        Call::AdjustStock,
        Kind::Transport(TransportError::TooLarge(7)),
        expect!["Ambiguous Record: Loomis Pay, product/adjust-stock: the answer is longer than 7 bytes"],
    );
    check(
        Call::SaveCustomer,
        refused(Some(503), "busy"),
        expect!["Ambiguous Record: Loomis Pay, customer: refused with code 503 (busy)"],
    );
    check(
        Call::SaveCustomerOrder,
        Kind::RowRefused { message: "no".to_owned() },
        expect!["Refusal Record: Loomis Pay, logistics/orders/save: not taken (no)"],
    );
    check(
        Call::SaveCustomerOrder,
        refused(Some(422), "no lines"),
        expect!["Refusal Record: Loomis Pay, logistics/orders/save: refused with code 422 (no lines)"],
    );
    check(
        Call::SaveSale,
        refused(Some(404), "Department not found"),
        expect![
            "Settings Department: Loomis Pay, sale/orders/save: refused with code 404 (Department not found): check department_token"
        ],
    );
    check(
        Call::SaveSale,
        Kind::Refused { status: 404, code: None, message: String::new() },
        expect!["Settings Client: Loomis Pay, sale/orders/save: refused with HTTP 404: check api_url"],
    );
    check(
        Call::SaveSale,
        forbidden(403, ""),
        expect![
            "Settings Client: Loomis Pay, sale/orders/save: refused with code 403 after a fresh login: the login is good, so a module that this call needs is not licensed"
        ],
    );
    check(
        Call::SaveProduct,
        Kind::Html { status: 200 },
        expect![
            "Settings Client: Loomis Pay, product/save: a web page instead of data (HTTP 200): its firewall blocks us: a person must have the vendor open the address that our requests leave from"
        ],
    );
    check(
        Call::SaveCategory,
        Kind::Unreadable { status: 200, path: "data".to_owned(), reason: "missing".to_owned() },
        expect![
            "Ambiguous Record: Loomis Pay, product/category/save: the answer can't be read at data (HTTP 200): missing"
        ],
    );
    check(
        Call::Orders,
        refused(Some(404), "Not found"),
        expect![
            "Settings Client: Loomis Pay, logistics/orders/list: refused with code 404 (Not found): this host can't look orders up: switch order_lookup off"
        ],
    );
    check(
        Call::Customers,
        refused(Some(422), "no phone"),
        expect!["Refusal Record: Loomis Pay, customer/list: refused with code 422 (no phone)"],
    );
}
