//! The lists inside a product: price lists, custom fields, images.

use retail::office::ListPrice;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use url::Url;

use super::Defects;
use crate::{
    assumptions::{IMAGE_URL_KEYS, MAX_ENTRIES, MAX_IMAGES, MAX_NAME, MAX_NUMBER},
    loose::{self, Field},
};

/// The longest URL of an image, in bytes: what shops and browsers take.
const MAX_URL: usize = 2_048;

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    customer_group_id: Field<'a>,
    #[serde(borrow)]
    customer_group_name: Field<'a>,
    #[serde(borrow)]
    price_inc_vat: Field<'a>,
    #[serde(borrow)]
    customer_group_is_active: Field<'a>,
    #[serde(borrow)]
    customer_group_is_deleted: Field<'a>,
}

/// `pricelist[]`. An entry whose price can't be read is kept without one, so that its list is still known.
pub(super) fn list_prices(field: Field<'_>, defects: &mut Defects) -> Vec<ListPrice> {
    let mut prices: Vec<ListPrice> = Vec::new();
    for (at, entry) in entries("pricelist", field, defects).into_iter().enumerate() {
        let path = |name: &str| format!("pricelist[{at}].{name}");
        let Some(group) = object::<Group<'_>>("pricelist", at, entry, defects) else { continue };
        let list = defects.short(&path("customer_group_id"), group.customer_group_id, MAX_NUMBER);
        let list = list.trim();
        if list.is_empty() || list == "0" {
            defects.add(path("customer_group_id"), "missing: a price of no list");
            continue;
        }
        let active = |defects: &mut Defects| {
            let active = loose::boolean(group.customer_group_is_active);
            let deleted = loose::boolean(group.customer_group_is_deleted);
            let active = defects.note(&path("customer_group_is_active"), active, Some(false)).unwrap_or(true);
            let deleted =
                defects.note(&path("customer_group_is_deleted"), deleted, Some(true)).unwrap_or(false);
            active && !deleted
        };
        prices.push(ListPrice {
            list: list.to_owned(),
            name: defects.cut(&path("customer_group_name"), group.customer_group_name, MAX_NAME),
            price_inc_vat: defects.note(&path("price_inc_vat"), loose::decimal(group.price_inc_vat), None),
            active: active(defects),
        });
    }
    prices
}

#[derive(Deserialize)]
struct Custom<'a> {
    #[serde(borrow)]
    name: Field<'a>,
    #[serde(borrow)]
    value: Field<'a>,
}

/// `custom_fields[]`; those without a name or a value say nothing.
pub(super) fn custom_fields(field: Field<'_>, defects: &mut Defects) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (at, entry) in entries("custom_fields", field, defects).into_iter().enumerate() {
        let Some(custom) = object::<Custom<'_>>("custom_fields", at, entry, defects) else { continue };
        let name = defects.short(&format!("custom_fields[{at}].name"), custom.name, MAX_NAME);
        let value = defects.short(&format!("custom_fields[{at}].value"), custom.value, MAX_NAME);
        if !name.trim().is_empty() && !value.trim().is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

/// The main image, then the gallery; each once, at most [`MAX_IMAGES`].
pub(super) fn images(main: Field<'_>, gallery: Field<'_>, defects: &mut Defects) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    let mut take = |path: &str, field: Field<'_>, defects: &mut Defects| {
        let found =
            address(field).and_then(|address| if address.is_empty() { Ok(None) } else { web(address) });
        if let Some(url) = defects.note(path, found, None)
            && !images.contains(&url)
            && images.len() < MAX_IMAGES
        {
            images.push(url);
        }
    };
    take("product_image", main, defects);
    for (at, entry) in entries("images", gallery, defects).into_iter().enumerate() {
        take(&format!("images[{at}]"), entry, defects);
    }
    images
}

/// The text of an image: itself, or the likeliest of an object's. Empty for none.
fn address(field: Field<'_>) -> Result<String, String> {
    let Some(raw) = field else { return Ok(String::new()) };
    if matches!(raw.get(), "0" | "\"0\"" | "false") {
        return Ok(String::new());
    }
    if !raw.get().starts_with('{') {
        return loose::text(field);
    }
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| "no readable object".to_owned())?;
    let texts = IMAGE_URL_KEYS.iter().filter_map(|key| object.get(*key).copied());
    let texts: Vec<String> = texts.map(|raw| loose::text(Some(raw))).collect::<Result<_, _>>()?;
    Ok(texts.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default())
}

fn web(address: String) -> Result<Option<String>, String> {
    let address = address.trim();
    match Url::parse(address) {
        _ if address.is_empty() => Ok(None),
        _ if address.len() > MAX_URL => Err(format!("an address longer than {MAX_URL} bytes")),
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(address.to_owned())),
        _ => Err("no web address".to_owned()),
    }
}

fn entries<'a>(name: &str, field: Field<'a>, defects: &mut Defects) -> Vec<Field<'a>> {
    let mut entries = defects.note(name, loose::list(field).map(Some), None).unwrap_or_default();
    if entries.len() > MAX_ENTRIES {
        defects.add(name, format!("more than {MAX_ENTRIES} entries: the further ones are left out"));
        entries.truncate(MAX_ENTRIES);
    }
    entries
}

fn object<'a, T: Deserialize<'a>>(
    name: &str,
    at: usize,
    entry: Field<'a>,
    defects: &mut Defects,
) -> Option<T> {
    let raw = entry?;
    match serde_json::from_str(raw.get()) {
        Ok(object) => Some(object),
        Err(error) => {
            defects.add(format!("{name}[{at}]"), error.to_string());
            None
        }
    }
}
