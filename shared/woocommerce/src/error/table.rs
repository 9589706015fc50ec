//! THE table: (status, code, read or write) → fate, scope and mend. `BEHAVIOUR.md`, *Logging in* and *Errors*.

use retail::fate::{Fate, Scope, Trouble};
use world::TransportError;

use super::{Answer, Error, ItemError, Kind};

/// The codes of an image that the shop could not fetch or would not take.
pub(super) const IMAGE_REFUSED: [&str; 2] =
    ["woocommerce_product_image_upload_error", "woocommerce_variation_image_upload_error"];
/// The codes of a media file that is gone, or is no image.
pub(super) const MEDIA_GONE: [&str; 2] =
    ["woocommerce_product_invalid_image_id", "woocommerce_variation_invalid_image_id"];

/// Judges trouble with the shop as a whole.
pub(super) fn judge(error: &Error) -> Trouble {
    // What may have been processed: a read is simply repeated, of a write nobody knows.
    let lost = if error.write { Fate::Ambiguous } else { Fate::Retry };
    let (fate, scope, mend) = match &error.kind {
        Kind::Transport(TransportError::Forbidden(_)) => (
            Fate::Settings,
            Scope::Department,
            "shop.url: the shop's address, or the one that it redirects to, is none of the public internet; give the \
             shop's public address, or have LOOMIS_WOO_PRIVATE_ADDRESSES=allow set where this runs",
        ),
        Kind::Transport(TransportError::NotSent(_)) => {
            (Fate::Retry, Scope::Department, "the shop can't be reached")
        }
        Kind::Transport(TransportError::TimedOut(_)) => {
            (lost, Scope::Department, "the shop did not answer in time")
        }
        Kind::Transport(_) => (lost, Scope::Department, "the shop's answer was lost"),
        Kind::NoJson { .. } => (
            lost,
            Scope::Department,
            "the shop answered with a page instead of data; where it lasts, a plugin, a cache or a firewall before it \
             is in the way",
        ),
        Kind::Shape(_) => (lost, Scope::Department, "the shop's answer can't be understood"),
        Kind::Moved { .. } => (
            Fate::Settings,
            Scope::Department,
            "the shop has moved to another address: test the integration, or correct the URL of the online store",
        ),
        Kind::TooMany(_) => (Fate::Refusal, Scope::Record, "the batch is too large"),
        Kind::Setup(mend) => return Trouble::new(Fate::Settings, Scope::Department, mend.clone()),
        Kind::Answer(answer) => judge_answer(answer, error.write, lost),
    };
    let mut trouble = Trouble::new(fate, scope, format!("{mend}: {error}"));
    if let Kind::Answer(answer) = &error.kind {
        trouble.retry_after = answer.retry_after;
    }
    trouble
}

fn judge_answer(answer: &Answer, write: bool, lost: Fate) -> (Fate, Scope, &'static str) {
    use Fate::{Refusal, Retry, Settings};
    use Scope::{Department, Record};
    let code = answer.code.as_deref().unwrap_or_default();
    if let (true, 400 | 404, Some(mend)) = (write, answer.status, refused(code)) {
        return (Refusal, Record, mend);
    }
    match (answer.status, code) {
        (400, "rest_invalid_param") if answer.message.ends_with(": status") => (
            Settings,
            Department,
            if write {
                "the shop's orders have no such status: choose another one, or switch its plugin on again"
            } else {
                "the shop no longer has a status that orders are retrieved by: choose others, or switch its plugin on \
                 again"
            },
        ),
        (401, "woocommerce_rest_authentication_error") => judge_login(answer, write),
        (401, code) if code.starts_with("woocommerce_rest_cannot_") => (
            Settings,
            Department,
            "the shop does not know the key, or its server strips the Authorization header: check the consumer key, \
             then test the integration",
        ),
        (401, "") => (
            Settings,
            Department,
            "something before the shop asks for a password (a staging lock?): it must let /wp-json/ through",
        ),
        (401, _) => (
            Settings,
            Department,
            "the shop refuses the login (a security plugin?): it must let the WooCommerce REST API through",
        ),
        // Before WooCommerce 9.2, a variation under another parent's address.
        (403, "woocommerce_rest_cannot_edit") if answer.message.starts_with("Parent product") => {
            (Refusal, Record, "the variation is another product's")
        }
        (403, code) if code.starts_with("woocommerce_rest_") => (
            Settings,
            Department,
            "the key's user may not do this: make the key for an administrator or a shop manager",
        ),
        (403, _) => (
            Settings,
            Department,
            "a firewall or a security plugin before the shop refuses us: it must let the WooCommerce REST API through",
        ),
        (404, "rest_no_route") => (
            Settings,
            Department,
            "the shop lacks this part of the REST API: WooCommerce is switched off or too old, or its version is set \
             wrong",
        ),
        (404 | 410, "") => (
            Settings,
            Department,
            "there is no REST API at the shop's address: choose a permalink structure other than Plain in WordPress \
             (Settings, Permalinks), and check the URL of the online store",
        ),
        (404 | 410, _) => (Refusal, Record, "the shop does not have it"),
        (408, _) => (lost, Department, "the shop took too long"),
        (413, _) => (Refusal, Record, "the batch is too large for the shop"),
        (425 | 429, _) => (Retry, Department, "the shop asks us to slow down"),
        (400 | 422, _) if write => (Refusal, Record, "the shop refuses the write"),
        (400..=499, _) => (Settings, Department, "the shop, or a server before it, refuses the request"),
        (503, _) => (lost, Department, "the shop is down for maintenance or overloaded"),
        (500..=599, _) => (lost, Department, "the shop has a fault of its own"),
        _ => (lost, Department, "the shop's answer has a status that can't be"),
    }
}

/// A 401 of WooCommerce's own login. The shop's words may be translated, so what is not recognised still gets a mend.
fn judge_login(answer: &Answer, write: bool) -> (Fate, Scope, &'static str) {
    let says = |words: &str| answer.message.contains(words);
    let settings = |mend| (Fate::Settings, Scope::Department, mend);
    if says("write permissions") {
        settings("the key is read-only: give it Read/Write in WooCommerce (Settings, Advanced, REST API)")
    } else if says("read permissions") {
        settings("the key is write-only: give it Read/Write in WooCommerce (Settings, Advanced, REST API)")
    } else if says("secret is invalid") {
        settings("the consumer secret is wrong: paste it again, or make a new key")
    } else if says("key is invalid") {
        settings("the shop does not know the consumer key: paste it again, or make a new key")
    } else if says("Invalid timestamp") {
        settings("the clock of the shop's server is wrong: its host must set it")
    } else if says("Invalid nonce") {
        // A number used once was used twice: the next one is another.
        (Fate::Retry, Scope::Department, "the shop took the request for a repetition")
    } else if says("Invalid signature") {
        settings("the consumer secret is wrong, or the shop's own address differs from the one given here")
    } else if write {
        settings("the shop refuses the key: it must have Read/Write, and the consumer secret must be right")
    } else {
        settings("the shop refuses the key: check the consumer secret, and give the key Read/Write")
    }
}

/// Judges one item of a batch.
pub(super) fn judge_item(item: &ItemError) -> (Fate, &'static str) {
    match (item.status, refused(&item.code)) {
        (_, Some(mend)) => (Fate::Refusal, mend),
        (401 | 403, None) => (Fate::Settings, "the key's user may not change this product"),
        (408 | 425 | 429 | 500..=599, None) => (Fate::Retry, "the shop failed on it"),
        _ => (Fate::Refusal, "the shop refuses it"),
    }
}

/// Why the shop will never take a write as it is: what its code says of this one record.
fn refused(code: &str) -> Option<&'static str> {
    Some(match code {
        "product_invalid_sku" => "another product of the shop has this SKU",
        "product_invalid_global_unique_id" => "the shop does not take the barcode",
        "woocommerce_rest_product_not_created" | "woocommerce_rest_product_variation_not_created" => {
            "the shop did not create it (is a product with this SKU in its trash?)"
        }
        "woocommerce_rest_product_invalid_id" => "the shop no longer has the product",
        "woocommerce_rest_product_variation_invalid_id" => {
            "the shop no longer has the variation, or has it under another product"
        }
        "woocommerce_rest_product_variation_invalid_parent" => {
            "the shop no longer has the product of which it is a variation"
        }
        "woocommerce_rest_shop_order_invalid_id" => "the shop no longer has the order",
        "woocommerce_rest_invalid_product_id" => "it is a variation, not a product",
        "missing_parent" => "the shop no longer has the category above it",
        code if IMAGE_REFUSED.contains(&code) => "the shop could not fetch the image, or does not take it",
        code if MEDIA_GONE.contains(&code) => "the shop no longer has the image",
        _ => return None,
    })
}
