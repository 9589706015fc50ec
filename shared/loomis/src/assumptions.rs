//! What is taken to be so until Loomis confirms it: everything that `API.md` marks [G] or [O], and the host.
//!
//! When Loomis answers a question, this file changes.

use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

/// Where the API lives, version included. `API.md`, head: Loomis Pay is taken to be DUELL under another name.
pub const API_URL: &str = "https://api.kasseservice.no/v1/";

/// The zone of the API's local times, unless the client record says otherwise. `API.md` §2 [G].
pub const TIME_ZONE: &str = "Europe/Oslo";

/// How long a token works where it doesn't tell. `API.md` §1.
pub const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(72);

/// A token is not used within so long of its end: a long request must not outlive it.
pub const TOKEN_MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// For so long a refused login is answered without asking again: those who waited for it must not each log in with
/// what was just refused. `API.md` §1.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The most rows in a page; the server caps at this whatever is asked. `API.md` §2.
pub const PAGE_LENGTH: u64 = 100;

/// The field of a stock row that is taken as available; the other is `actual_stock`. `API.md` §4 [G].
pub const AVAILABLE: Available = Available::Stock;

/// The fields of a stock row that could mean available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Available {
    /// `stock`.
    Stock,
    /// `actual_stock`.
    ActualStock,
}

/// The keys under which an entry of `images[]` that is an object may hold its URL, the likeliest first. `API.md` §4:
/// *URLs or objects with one*.
pub const IMAGE_URL_KEYS: [&str; 6] = ["url", "image_url", "image", "product_image", "src", "path"];

/// Words in the message of a refusal that make the department token the one at fault, in lower case. No refusal of
/// one has been seen. [O]
pub const DEPARTMENT_WORDS: [&str; 3] = ["department", "avdeling", "avdelning"];

/// Codes that, answered to a read with a department token, are taken to mean that token whatever the message. [O]
pub const DEPARTMENT_CODES: [i64; 2] = [404, 422];

/// How long a call may take: about 2 s were seen for 100 products. `API.md` §2.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read, in bytes: a hundred products with ample descriptions.
pub const MAX_ANSWER: usize = 32 << 20;

/// The longest description that is taken over, in bytes. [O]
pub const MAX_DESCRIPTION: usize = 64 << 10;

/// The longest name, brand, group path or custom field, in characters. [O]
pub const MAX_NAME: usize = 1_000;

/// The longest product number, barcode, list id, in characters. [O]
pub const MAX_NUMBER: usize = 100;

/// The most images of a product. [O]
pub const MAX_IMAGES: usize = 20;

/// The most price lists, and the most custom fields, of a product. [O]
pub const MAX_ENTRIES: usize = 200;

/// The longest part of the server's message in an error, in characters.
pub const MAX_MESSAGE: usize = 300;

/// The longest `validation_message` in an error, in characters: it is kept whole for the person who mends it. `API.md` §2.
pub const MAX_VALIDATION: usize = 4_000;

/// The most pages that a look-up or a change query of orders reads. Where a server knows no filter, it is better to know
/// nothing than to know half.
pub const MAX_PAGES: u64 = 1_000;

/// How much earlier than asked for the change query of orders begins: the filter is in local time, and an hour comes
/// twice in October. `API.md` §3 [O].
pub const ORDERS_OVERLAP: SignedDuration = SignedDuration::from_hours(2);

/// The status of a customer order when it is made: processing. `API.md` §5.
pub const FIRST_STATUS: u32 = 1;

/// The field of a customer order that lets staff unlock it. `API.md` §5 [O].
pub const ALLOW_UNLOCK: &str = "allow_unlock";

/// The field of a sale that says which voucher it goes on, and what it says for one of its own and for the same one.
/// `API.md` §5 [O].
pub const VOUCHER: &str = "voucher";
/// A voucher of its own: see [`VOUCHER`].
pub const VOUCHER_SEPARATE: &str = "separate";
/// The same voucher: see [`VOUCHER`].
pub const VOUCHER_SAME: &str = "same";

/// `ref_order_type` of a sale that belongs to a customer order. `API.md` §5.
pub const REF_CUSTOMER_ORDER: &str = "customer_order";
/// `ref_order_type` of a return: it belongs to a sale. `API.md` §5 [O].
pub const REF_SALE: &str = "sale";

/// The code in the body for an order that there is none of. `API.md` §5 [G].
pub const NO_SUCH_ORDER: i64 = 404;

/// The field that a change query's rows are asked in the order of; the call itself is assumed. `API.md` §3 [O].
pub const ORDERS_SORTED_BY: &str = "order_id";

/// The most pages of departments that are read; nobody has ten thousand.
pub const MAX_DEPARTMENT_PAGES: u64 = 100;

/// [`API_URL`], read.
pub fn api_url() -> Url {
    Url::parse(API_URL).expect("the constant is a URL")
}
