//! A product from the wire. `API.md` §4.
//!
//! A field that can't be read is a [`Defect`] of its product. Fields that say which product it is, and whether it is to
//! be in the shop at all, make the whole row unreadable instead: a guess there would take a product off a shop, or sell
//! a variant as a product of its own.

mod parts;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use retail::office::{Defect, OfficeProduct, ProductId};
use serde::Deserialize;

use crate::{
    assumptions::{MAX_DESCRIPTION, MAX_NAME, MAX_NUMBER},
    envelope::cut,
    loose::{self, Field},
};

/// A page of the catalogue, by `product_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductPage {
    /// The rows that could be read, perhaps with defects.
    pub rows: Vec<OfficeProduct>,
    /// The rows that could not.
    pub unreadable: Vec<Unreadable>,
    /// Rows received, unreadable ones included: the next page starts so many further on.
    pub received: u64,
    /// Rows in all.
    pub total: u64,
    /// The server's clock before the query ran: for a watermark.
    pub server_time: Timestamp,
}

/// A row that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The product, where at least that can be read.
    pub id: Option<ProductId>,
    /// What identifies it for a person: the product, or its place.
    pub row: String,
    /// The JSON path and what is wrong there.
    pub reason: String,
}

/// What a row without an identity is called.
pub(crate) fn row_name(start: u64, at: usize) -> String {
    format!("row {}", start.saturating_add(at as u64).saturating_add(1))
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    product_id: Field<'a>,
    #[serde(borrow)]
    product_number: Field<'a>,
    #[serde(borrow)]
    product_name: Field<'a>,
    #[serde(borrow)]
    description: Field<'a>,
    #[serde(borrow)]
    webshop_description: Field<'a>,
    #[serde(borrow)]
    barcode: Field<'a>,
    #[serde(borrow)]
    product_image: Field<'a>,
    #[serde(borrow)]
    images: Field<'a>,
    #[serde(borrow)]
    brand_name: Field<'a>,
    #[serde(borrow)]
    category_name: Field<'a>,
    #[serde(borrow)]
    vatrate_percent: Field<'a>,
    #[serde(borrow)]
    price_inc_vat: Field<'a>,
    #[serde(borrow)]
    special_price: Field<'a>,
    #[serde(borrow)]
    view_on_webshop: Field<'a>,
    #[serde(borrow)]
    use_stock: Field<'a>,
    #[serde(borrow)]
    ask_price: Field<'a>,
    #[serde(borrow)]
    currency_code: Field<'a>,
    #[serde(borrow)]
    is_deleted: Field<'a>,
    #[serde(borrow)]
    pricelist: Field<'a>,
    #[serde(borrow)]
    custom_fields: Field<'a>,
    #[serde(borrow)]
    is_parent: Field<'a>,
    #[serde(borrow)]
    parent_variant: Field<'a>,
}

/// Reads the rows of a page that starts at `start`.
pub(crate) fn read(rows: &[Field<'_>], start: u64) -> (Vec<OfficeProduct>, Vec<Unreadable>) {
    let mut products = Vec::with_capacity(rows.len());
    let mut unreadable = Vec::new();
    for (at, field) in rows.iter().enumerate() {
        match product(*field) {
            Ok(product) => products.push(product),
            Err(bad) => unreadable.push(Unreadable {
                id: bad.id.map(ProductId),
                row: bad.id.map_or_else(|| row_name(start, at), |id| format!("product {id}")),
                reason: cut(&format!("products[{at}]{}", bad.reason)),
            }),
        }
    }
    (products, unreadable)
}

/// Reads one row.
pub(crate) fn one(row: Field<'_>) -> Result<OfficeProduct, String> {
    product(row).map_err(|bad| bad.reason.trim_start_matches(['.', ':', ' ']).to_owned())
}

struct Bad {
    id: Option<u64>,
    /// Goes on from the row's path.
    reason: String,
}

fn product(field: Field<'_>) -> Result<OfficeProduct, Bad> {
    let whole = |reason: String| Bad { id: None, reason: format!(": {reason}") };
    let raw = field.ok_or_else(|| whole("no row, but null".to_owned()))?;
    let row: Row<'_> = serde_json::from_str(raw.get()).map_err(|error| whole(error.to_string()))?;
    let id = loose::identity(row.product_id)
        .and_then(|id| id.ok_or_else(|| "missing".to_owned()))
        .map_err(|reason| Bad { id: None, reason: format!(".product_id: {reason}") })?;
    let vital = |field: &str, reason: String| Bad { id: Some(id), reason: format!(".{field}: {reason}") };
    let flag = |name: &str, field: Field<'_>| {
        loose::boolean(field).map(Option::unwrap_or_default).map_err(|reason| vital(name, reason))
    };
    let visible = flag("view_on_webshop", row.view_on_webshop)?;
    let deleted = flag("is_deleted", row.is_deleted)?;
    let is_parent = flag("is_parent", row.is_parent)?;
    let parent =
        loose::identity(row.parent_variant).map_err(|reason| vital("parent_variant", reason))?.map(ProductId);

    let mut defects = Defects::default();
    // An unreadable one counts as asked: the price is then not published.
    let ask_price = defects.note("ask_price", loose::boolean(row.ask_price), Some(true)).unwrap_or_default();
    let use_stock = defects.note("use_stock", loose::boolean(row.use_stock), None).unwrap_or_default();
    let special = defects.note("special_price", loose::decimal(row.special_price), None);
    let currency = defects.optional("currency_code", row.currency_code, MAX_NUMBER).trim().to_uppercase();
    let mut product = OfficeProduct {
        id: ProductId(id),
        number: defects.cut("product_number", row.product_number, MAX_NUMBER),
        name: defects.cut("product_name", row.product_name, MAX_NAME),
        description: description(&row, &mut defects),
        barcode: defects.optional("barcode", row.barcode, MAX_NUMBER),
        vat_percent: defects.note("vatrate_percent", loose::decimal(row.vatrate_percent), None),
        price_inc_vat: defects.note("price_inc_vat", loose::decimal(row.price_inc_vat), None),
        // 0 is one of the ways to write none.
        special_price_inc_vat: special.filter(|price| !price.is_zero()),
        ask_price,
        currency: (!currency.is_empty()).then_some(currency),
        list_prices: parts::list_prices(row.pricelist, &mut defects),
        visible,
        deleted,
        use_stock,
        is_parent,
        parent,
        group_path: defects.optional("category_name", row.category_name, MAX_NAME),
        brand: defects.optional("brand_name", row.brand_name, MAX_NAME),
        custom_fields: parts::custom_fields(row.custom_fields, &mut defects),
        images: parts::images(row.product_image, row.images, &mut defects),
        defects: Vec::new(),
    };
    product.defects = defects.0;
    Ok(product)
}

/// The description for web shops, or the other one where that is empty.
fn description(row: &Row<'_>, defects: &mut Defects) -> String {
    let read = |field| match loose::text(field) {
        Ok(text) if text.len() > MAX_DESCRIPTION => {
            Err(format!("longer than {} KiB: shorten it in Loomis Pay", MAX_DESCRIPTION >> 10))
        }
        Ok(none) if none == "0" => Ok(String::new()),
        other => other,
    };
    let webshop = read(row.webshop_description);
    let text =
        if matches!(&webshop, Ok(text) if text.trim().is_empty()) { read(row.description) } else { webshop };
    defects.note("description", text.map(Some), None).unwrap_or_default()
}

/// The defects met so far.
#[derive(Default)]
struct Defects(Vec<Defect>);

impl Defects {
    fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.0.push(Defect { field: field.into(), reason: reason.into() });
    }

    /// What was read, or `otherwise` and a defect.
    fn note<T>(&mut self, field: &str, read: Result<Option<T>, String>, otherwise: Option<T>) -> Option<T> {
        read.unwrap_or_else(|reason| {
            self.add(field, format!("{reason}: correct it in Loomis Pay"));
            otherwise
        })
    }

    /// A text; of one that is too long the beginning, and a defect.
    fn cut(&mut self, field: &str, value: Field<'_>, longest: usize) -> String {
        let text = self.note(field, loose::text(value).map(Some), None).unwrap_or_default();
        match text.char_indices().nth(longest) {
            None => text,
            Some((end, _)) => {
                self.add(field, format!("longer than {longest} characters: shorten it in Loomis Pay"));
                text[..end].to_owned()
            }
        }
    }

    /// A text that need not be there: `0` is one of the ways to write none.
    fn optional(&mut self, field: &str, value: Field<'_>, longest: usize) -> String {
        Some(self.short(field, value, longest)).filter(|text| text != "0").unwrap_or_default()
    }

    /// A text; of one that is too long nothing, and a defect.
    fn short(&mut self, field: &str, value: Field<'_>, longest: usize) -> String {
        let before = self.0.len();
        let text = self.cut(field, value, longest);
        if self.0.len() == before { text } else { String::new() }
    }
}
