//! What a write does to a product or a variation: the checks of a single PUT, which the items of a batch skip, and the
//! coercions that both go through.

mod attributes;
mod checks;
mod images;
mod values;
mod variation;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(super) use checks::{check, check_variation, list as check_list};
pub(super) use values::{price, text, truthy};

use super::{
    State,
    answer::Refused,
    product::{Manage, Meta, Product},
    show::sale_holds,
    text::{sanitised, stripped, unslashed},
};
use values::whole;

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
/// The types that a product can be given.
const KINDS: [&str; 4] = ["simple", "grouped", "external", "variable"];

/// The longest SKU that is compared, in characters.
const LONGEST_SKU: usize = 100;

/// A write under way.
pub(super) struct Write<'a> {
    pub(super) state: &'a mut State,
    pub(super) how: How,
    pub(super) v2: bool,
    pub(super) now: Timestamp,
    /// The media files that it has fetched.
    fetched: Vec<u64>,
}

impl<'a> Write<'a> {
    pub(super) fn new(state: &'a mut State, how: How, v2: bool, now: Timestamp) -> Write<'a> {
        Write { state, how, v2, now, fetched: Vec::new() }
    }

    /// Makes a product of these fields.
    pub(super) fn create(&mut self, fields: &Map<String, Value>) -> Result<u64, Refused> {
        not_there_yet(fields, "product")?;
        let mut product = Product { created: Some(self.now), modified: Some(self.now), ..Product::default() };
        let applied = self.apply(&mut product, fields).and_then(|()| self.not_in_lookup(&product));
        if let Err(refused) = applied {
            return self.failed_on_images(product, refused);
        }
        self.set_attributes(&mut product, fields);
        Ok(self.keep_new(product))
    }

    /// Changes a product by these fields. The date is bumped whatever they are.
    pub(super) fn update(&mut self, id: u64, fields: &Map<String, Value>) -> Result<(), Refused> {
        let mut product = self.state.catalogue.get(id).cloned().ok_or_else(|| Refused::invalid_id(400))?;
        if product.is_variation() {
            return Err(wrong_endpoint());
        }
        let was_variable = product.kind == "variable";
        product.modified = Some(self.now);
        // Nothing is kept of a write that fails on the way, but for the media files that it had fetched.
        if let Err(refused) = self.apply(&mut product, fields) {
            return self.failed_on_images(product, refused).map(|_| ());
        }
        self.set_attributes(&mut product, fields);
        if was_variable && product.kind != "variable" {
            self.state.catalogue.remove_variations(id);
        }
        self.state.catalogue.put(product);
        Ok(())
    }

    fn keep_new(&mut self, mut product: Product) -> u64 {
        product.id = self.state.catalogue.next_id();
        let id = product.id;
        self.state.catalogue.put(product);
        id
    }

    /// The trashed holder of an SKU is found out by the lookup table only, and before 9.2 (woocommerce#51412) by nobody.
    fn not_in_lookup(&self, product: &Product) -> Result<(), Refused> {
        if !self.state.setup.since(9, 2)
            || product.sku.chars().count() > LONGEST_SKU
            || product.sku.is_empty()
            || self.state.catalogue.with_sku(&product.sku).next().is_none()
        {
            return Ok(());
        }
        let message = format!(
            "The product with SKU ({}) you are trying to insert is already present in the lookup table",
            product.sku
        );
        let code = if product.is_variation() {
            "woocommerce_rest_product_variation_not_created"
        } else {
            "woocommerce_rest_product_not_created"
        };
        Err(Refused::new(400, code, message))
    }

    fn apply(&mut self, product: &mut Product, fields: &Map<String, Value>) -> Result<(), Refused> {
        if let Some(kind) = fields.get("type").filter(|kind| !kind.is_null()).map(text) {
            if kind == "variation" {
                return Err(wrong_endpoint());
            }
            product.kind = if KINDS.contains(&kind.as_str()) { kind } else { "simple".to_owned() };
        }
        // What is null is as good as not sent, to PHP's `isset`.
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "name" => product.name = sanitised(&unslashed(&text(value))),
                "short_description" => product.short_description = unslashed(&text(value)),
                "status" => product.status = status(value),
                "tax_class" => product.tax_class = self.tax_class(value, &[]),
                "categories" => product.categories = self.categories(value),
                "menu_order" => product.menu_order = whole(value),
                _ => self.field(product, name, value),
            }
        }
        self.numbers(product, fields)?;
        if product.kind == "variable" {
            product.regular_price.clear();
            product.sale_price.clear();
        }
        self.stock(product, fields);
        if !sale_holds(product) {
            product.sale_price.clear();
        }
        if let Some(list) = fields.get("images").filter(|list| !list.is_null()) {
            product.images = self.images(list)?;
        }
        Ok(())
    }

    /// A field that products and variations have alike.
    fn field(&mut self, product: &mut Product, name: &str, value: &Value) {
        match name {
            "description" => product.description = unslashed(&text(value)),
            "weight" => product.weight = text(value),
            "regular_price" => product.regular_price = price(&text(value)),
            "sale_price" => product.sale_price = price(&text(value)),
            "backorders" => product.backorders = text(value),
            "meta_data" => self.meta(product, value),
            _ => {}
        }
    }

    /// The SKU and the barcode, which must be nobody else's.
    fn numbers(&mut self, product: &mut Product, fields: &Map<String, Value>) -> Result<(), Refused> {
        if let Some(sku) = fields.get("sku").filter(|sku| !sku.is_null()) {
            product.sku = self.sku_for(product.id, &stripped(&text(sku)))?;
        }
        let gtin = fields.get("global_unique_id").filter(|gtin| !gtin.is_null());
        if let Some(gtin) = gtin.filter(|_| !self.v2 && self.state.setup.has_barcodes()) {
            product.gtin = self.gtin_for(product.id, &text(gtin))?;
        }
        Ok(())
    }

    fn stock(&self, product: &mut Product, fields: &Map<String, Value>) {
        let manages = self.state.setup.manages_stock;
        // `parent` is no yes.
        if let Some(manage) = fields.get("manage_stock").filter(|manage| manages && !manage.is_null()) {
            product.manage_stock = if truthy(manage) { Manage::Yes } else { Manage::No };
        }
        let manager = product.manager(self.state.catalogue.get(product.parent));
        // Where the parent manages, the number is kept, and not shown.
        if manages && manager != Manage::No {
            match fields.get("stock_quantity") {
                Some(Value::Null) if self.how == How::Item => {}
                Some(Value::Null) => product.stock = Some(0),
                Some(quantity) => product.stock = Some(whole(quantity)),
                None => {}
            }
            if let Some(delta) =
                fields.get("inventory_delta").filter(|_| !fields.contains_key("stock_quantity"))
            {
                product.stock = Some(product.stock.unwrap_or(0).saturating_add(whole(delta)));
            }
        }
        if let Some(status) = fields.get("stock_status").and_then(Value::as_str) {
            product.stock_status = status.to_owned();
        }
        // v2's word for it.
        if let Some(in_stock) = fields.get("in_stock") {
            product.stock_status = if truthy(in_stock) { "instock" } else { "outofstock" }.to_owned();
        }
        if manager != Manage::Parent {
            product.settle_stock();
        }
    }

    fn tax_class(&self, value: &Value, more: &[&str]) -> String {
        let class = text(value);
        let known = self.state.setup.tax_classes.iter().any(|(slug, _)| *slug == class);
        if known || more.contains(&class.as_str()) { class } else { String::new() }
    }

    /// The table of SKUs has no room for a long one, and is asked for one with a backslash as it stands in SQL.
    fn sku_for(&self, id: u64, sku: &str) -> Result<String, Refused> {
        if sku.contains('\\') || sku.chars().count() > LONGEST_SKU {
            return Ok(sku.to_owned());
        }
        let mut holders = self.state.catalogue.with_sku(sku);
        match holders.find(|other| other.id != id && other.status != "trash") {
            Some(other) => Err(Refused::new(400, "product_invalid_sku", "Invalid or duplicated SKU.")
                .with("resource_id", other.id)
                .with("unique_sku", format!("{sku}-1"))),
            None => Ok(sku.to_owned()),
        }
    }

    fn gtin_for(&self, id: u64, gtin: &str) -> Result<String, Refused> {
        let kept: String = gtin.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
        let mut holders = self.state.catalogue.with_gtin(&kept);
        let other = holders.find(|other| other.id != id && other.status != "trash").map(|other| other.id);
        drop(holders);
        match other {
            Some(other) => {
                let message = "Invalid or duplicated GTIN, UPC, EAN or ISBN.";
                let code = "product_invalid_global_unique_id";
                Err(Refused::new(400, code, message).with("resource_id", other))
            }
            None => Ok(kept),
        }
    }

    /// Unknown ids and names are passed over; showing a product without categories puts it into the first one.
    fn categories(&self, value: &Value) -> Vec<u64> {
        let known = |id: &u64| self.state.setup.categories.iter().any(|category| category.id == *id);
        let ids = value.as_array().into_iter().flatten().filter_map(|category| category["id"].as_u64());
        ids.filter(known).collect()
    }

    /// The same key is written in place; null deletes.
    fn meta(&mut self, product: &mut Product, list: &Value) {
        for entry in list.as_array().into_iter().flatten() {
            let Some(key) = entry["key"].as_str() else { continue };
            match (product.meta.iter().position(|meta| meta.key == key), &entry["value"]) {
                (Some(at), Value::Null) => {
                    product.meta.remove(at);
                }
                (None, Value::Null) => {}
                (Some(at), value) => product.meta[at].value = value.clone(),
                (None, value) => {
                    let id = self.state.catalogue.next_id();
                    product.meta.push(Meta { id, key: key.to_owned(), value: value.clone() });
                }
            }
        }
    }
}

/// An id is for changes.
fn not_there_yet(fields: &Map<String, Value>, kind: &'static str) -> Result<(), Refused> {
    if fields.get("id").is_none_or(|id| values::id(id) == 0) {
        return Ok(());
    }
    let code = match kind {
        "product" => "woocommerce_rest_product_exists",
        _ => "woocommerce_rest_product_variation_exists",
    };
    Err(Refused::new(400, code, format!("Cannot create existing {kind}.")))
}

/// A status, or a draft for a word that is none.
fn status(value: &Value) -> String {
    let status = text(value);
    if STATUSES.contains(&status.as_str()) { status } else { "draft".to_owned() }
}

pub(super) fn wrong_endpoint() -> Refused {
    Refused::new(
        404,
        "woocommerce_rest_invalid_product_id",
        "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
    )
}
