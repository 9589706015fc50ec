//! What a write does to a product: the checks of a single PUT, which the items of a batch skip, and the coercions that
//! both go through.

mod checks;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(super) use checks::{check, list as check_list};

use super::{
    answer::Refused,
    catalogue::Catalogue,
    product::{Image, Manage, Meta, Product},
    setup::Setup,
    show::sale_holds,
};

/// How a write came in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As a request of its own, checked.
    Single,
    /// As an item of a batch, unchecked.
    Item,
}

/// The statuses that a product can be given.
pub(super) const STATUSES: [&str; 7] =
    ["draft", "pending", "private", "publish", "future", "auto-draft", "trash"];

/// Makes a product of these fields.
pub(super) fn create(
    setup: &Setup,
    catalogue: &mut Catalogue,
    fields: &Map<String, Value>,
    how: How,
    now: Timestamp,
) -> Result<u64, Refused> {
    let mut product = Product { created: Some(now), modified: Some(now), ..Product::default() };
    apply(setup, catalogue, &mut product, fields, how)?;
    // The trashed holder of an SKU is found out by the lookup table only.
    if !product.sku.is_empty() && catalogue.with_sku(&product.sku).next().is_some() {
        let message = format!(
            "The product with SKU ({}) you are trying to insert is already present in the lookup table",
            product.sku
        );
        return Err(Refused::new(400, "woocommerce_rest_product_not_created", message));
    }
    product.id = catalogue.next_id();
    let id = product.id;
    catalogue.put(product);
    Ok(id)
}

/// Changes a product by these fields. The date is bumped whatever they are.
pub(super) fn update(
    setup: &Setup,
    catalogue: &mut Catalogue,
    id: u64,
    fields: &Map<String, Value>,
    how: How,
    now: Timestamp,
) -> Result<(), Refused> {
    let mut product = catalogue.get(id).cloned().ok_or_else(|| Refused::invalid_id(400))?;
    if product.kind == "variation" {
        return Err(wrong_endpoint());
    }
    // Nothing is kept of a write that fails on the way.
    apply(setup, catalogue, &mut product, fields, how)?;
    product.modified = Some(now);
    catalogue.put(product);
    Ok(())
}

pub(super) fn wrong_endpoint() -> Refused {
    Refused::new(
        404,
        "woocommerce_rest_invalid_product_id",
        "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
    )
}

fn apply(
    setup: &Setup,
    catalogue: &mut Catalogue,
    product: &mut Product,
    fields: &Map<String, Value>,
    how: How,
) -> Result<(), Refused> {
    for (name, value) in fields {
        match name.as_str() {
            "name" => product.name = sanitised(&text(value)),
            "type" => product.kind = text(value),
            "description" => product.description = text(value),
            "short_description" => product.short_description = text(value),
            "weight" => product.weight = text(value),
            "regular_price" => product.regular_price = price(&text(value)),
            "sale_price" => product.sale_price = price(&text(value)),
            "backorders" => product.backorders = text(value),
            "status" => {
                let status = text(value);
                product.status =
                    if STATUSES.contains(&status.as_str()) { status } else { "draft".to_owned() };
            }
            "tax_class" => {
                let class = text(value);
                let known = setup.tax_classes.iter().any(|(slug, _)| *slug == class);
                product.tax_class = if known { class } else { String::new() };
            }
            "categories" => product.categories = categories(setup, value),
            "attributes" => product.attributes = value.as_array().cloned().unwrap_or_default(),
            "meta_data" => meta(catalogue, product, value),
            _ => {}
        }
    }
    if let Some(sku) = fields.get("sku") {
        product.sku = sku_for(catalogue, product.id, &stripped(&text(sku)))?;
    }
    if let Some(gtin) = fields.get("global_unique_id") {
        product.gtin = gtin_for(catalogue, product.id, &text(gtin))?;
    }
    if let Some(list) = fields.get("images") {
        product.images = images(catalogue, product, list)?;
    }
    stock(setup, product, fields, how);
    if !sale_holds(product) {
        product.sale_price.clear();
    }
    Ok(())
}

fn stock(setup: &Setup, product: &mut Product, fields: &Map<String, Value>, how: How) {
    if setup.manages_stock {
        if let Some(manage) = fields.get("manage_stock") {
            product.manage_stock = if truthy(manage) { Manage::Yes } else { Manage::No };
        }
        if product.manage_stock == Manage::Yes {
            match fields.get("stock_quantity") {
                Some(Value::Null) if how == How::Item => {}
                Some(Value::Null) => product.stock = Some(0),
                Some(quantity) => product.stock = Some(whole(quantity)),
                None => {}
            }
            if let Some(delta) =
                fields.get("inventory_delta").filter(|_| !fields.contains_key("stock_quantity"))
            {
                product.stock = Some(product.stock.unwrap_or(0) + whole(delta));
            }
        }
    }
    if let Some(status) = fields.get("stock_status").and_then(Value::as_str) {
        product.stock_status = status.to_owned();
    }
    // v2's word for it.
    if let Some(in_stock) = fields.get("in_stock") {
        product.stock_status = if truthy(in_stock) { "instock" } else { "outofstock" }.to_owned();
    }
    product.settle_stock();
}

fn sku_for(catalogue: &Catalogue, id: u64, sku: &str) -> Result<String, Refused> {
    let other = catalogue.with_sku(sku).find(|other| other.id != id && other.status != "trash");
    match other {
        Some(other) => Err(Refused::new(400, "product_invalid_sku", "Invalid or duplicated SKU.")
            .with("resource_id", other.id)
            .with("unique_sku", format!("{sku}-1"))),
        None => Ok(sku.to_owned()),
    }
}

fn gtin_for(catalogue: &Catalogue, id: u64, gtin: &str) -> Result<String, Refused> {
    let kept: String = gtin.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
    let other = catalogue.with_gtin(&kept).find(|other| other.id != id && other.status != "trash");
    match other {
        Some(other) => {
            let message = "Invalid or duplicated GTIN, UPC, EAN or ISBN.";
            Err(Refused::new(400, "product_invalid_global_unique_id", message).with("resource_id", other.id))
        }
        None => Ok(kept),
    }
}

/// Unknown ids and names are passed over; showing a product without categories puts it into the first one.
fn categories(setup: &Setup, value: &Value) -> Vec<u64> {
    let ids = value.as_array().into_iter().flatten().filter_map(|category| category["id"].as_u64());
    ids.filter(|id| setup.categories.iter().any(|category| category.id == *id)).collect()
}

/// Images are replaced whole. Each source is fetched again, into a media file of its own.
fn images(catalogue: &mut Catalogue, product: &Product, list: &Value) -> Result<Vec<Image>, Refused> {
    let mut images = Vec::new();
    for image in list.as_array().into_iter().flatten() {
        if let Some(id) = image["id"].as_u64().filter(|id| *id > 0) {
            let known = product.images.iter().find(|known| known.id == id);
            let invalid = format!("#{id} is an invalid image ID.");
            images.push(
                known
                    .cloned()
                    .ok_or_else(|| Refused::new(400, "woocommerce_product_invalid_image_id", invalid))?,
            );
        } else if let Some(src) = image["src"].as_str() {
            let upload = |why: String| Refused::new(400, "woocommerce_product_image_upload_error", why);
            let file = src.rsplit('/').next().unwrap_or_default();
            if !src.starts_with("http://") && !src.starts_with("https://") || file.starts_with("404") {
                return Err(upload(format!("Error getting remote image {src}. Error: Not Found")));
            }
            if !["png", "jpg", "jpeg", "gif", "webp"].iter().any(|end| file.ends_with(&format!(".{end}"))) {
                let why = "Invalid image: Sorry, you are not allowed to upload this file type.";
                return Err(upload(why.to_owned()));
            }
            let id = catalogue.next_id();
            let name = image["name"].as_str().unwrap_or(file).to_owned();
            let alt = image["alt"].as_str().unwrap_or_default().to_owned();
            images.push(Image { id, src: src.to_owned(), name, alt });
        }
    }
    Ok(images)
}

/// The same key is written in place; null deletes.
fn meta(catalogue: &mut Catalogue, product: &mut Product, list: &Value) {
    for entry in list.as_array().into_iter().flatten() {
        let Some(key) = entry["key"].as_str() else { continue };
        match (product.meta.iter().position(|meta| meta.key == key), &entry["value"]) {
            (Some(at), Value::Null) => {
                product.meta.remove(at);
            }
            (None, Value::Null) => {}
            (Some(at), value) => product.meta[at].value = value.clone(),
            (None, value) => {
                let id = catalogue.next_id();
                product.meta.push(Meta { id, key: key.to_owned(), value: value.clone() });
            }
        }
    }
}

/// A text as PHP makes one of a JSON value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "1".to_owned(),
        _ => String::new(),
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.to_lowercase().as_str(), "yes" | "true" | "1" | "on"),
        _ => false,
    }
}

/// A whole number as PHP makes one: decimals cut off, words are 0.
fn whole(value: &Value) -> i64 {
    let text = text(value);
    let number: rust_decimal::Decimal = text.trim().parse().unwrap_or_default();
    i64::try_from(number.trunc()).unwrap_or_default()
}

/// A price as WooCommerce keeps it: as sent, with a dot for the comma, without spaces and letters; of several dots the
/// last; what is then no number is no price.
pub(super) fn price(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c == ',' { '.' } else { c })
        .filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
        .collect();
    let kept = match kept.rsplit_once('.') {
        Some((whole, decimals)) if whole.contains('.') => format!("{}.{decimals}", whole.replace('.', "")),
        _ => kept,
    };
    if kept.parse::<rust_decimal::Decimal>().is_ok() { kept } else { String::new() }
}

/// A text field as WordPress keeps it: without tags and percent-encoded bytes, white space folded. Seen on 10.5 with SKUs:
/// `<i>` became nothing, and two spaces one.
fn stripped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(character) = rest.chars().next() {
        let bytes = rest.as_bytes();
        if character == '<'
            && let Some(end) = rest.find('>')
        {
            rest = &rest[end + 1..];
        } else if character == '%'
            && bytes.len() > 2
            && bytes[1].is_ascii_hexdigit()
            && bytes[2].is_ascii_hexdigit()
        {
            rest = &rest[3..];
        } else {
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name as WordPress keeps it: a bare `&` becomes an entity.
fn sanitised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        out.push(character);
        if character == '&' && !begins_entity(&name[at + 1..]) {
            out.push_str("amp;");
        }
    }
    out
}

fn begins_entity(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(';') else { return false };
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.len() <= 8 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
