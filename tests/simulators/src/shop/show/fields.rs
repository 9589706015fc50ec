//! The fields that products and variations have alike: numbers, prices, stock, dates.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{Manage, Product, Show};
use crate::shop::catalogue::Catalogue;

impl Show<'_> {
    /// Whether a variation's own image and tax class are shown, not those that it has from its parent: to an editor, in v3,
    /// after 5.0 (woocommerce#28498).
    pub(super) fn tells_own(&self) -> bool {
        self.edit && !self.v2 && self.setup.since(5, 1)
    }

    /// A variation without an SKU of its own answers with its parent's.
    pub(super) fn fields(&self, product: &Product, catalogue: &Catalogue) -> Map<String, Value> {
        let parent = catalogue.get(product.parent).filter(|_| product.is_variation());
        let sku = match parent {
            Some(parent) if product.sku.is_empty() => &parent.sku,
            _ => &product.sku,
        };
        let tax_class = match parent {
            Some(parent) if product.tax_class == "parent" && !self.tells_own() => &parent.tax_class,
            _ => &product.tax_class,
        };
        let on_sale = !product.sale_price.is_empty();
        let shown = if on_sale { &product.sale_price } else { &product.regular_price };
        let manager = product.manager(parent);
        let holder = if manager == Manage::Parent { parent.unwrap_or(product) } else { product };
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        set("id", product.id.into());
        for (name, moment) in [("date_created", product.created), ("date_modified", product.modified)] {
            set(name, local(moment, &self.zone));
            set(&format!("{name}_gmt"), gmt(moment));
        }
        set("description", product.description.as_str().into());
        set("sku", sku.as_str().into());
        set("price", shown.as_str().into());
        set("regular_price", product.regular_price.as_str().into());
        set("sale_price", product.sale_price.as_str().into());
        set("on_sale", on_sale.into());
        set("purchasable", (!shown.is_empty()).into());
        set("tax_status", "taxable".into());
        set("tax_class", tax_class.as_str().into());
        set(
            "manage_stock",
            match manager {
                Manage::No => false.into(),
                Manage::Yes => true.into(),
                Manage::Parent => "parent".into(),
            },
        );
        set("stock_quantity", holder.stock.map_or(Value::Null, Value::from));
        set("backorders", holder.backorders.as_str().into());
        set("weight", product.weight.as_str().into());
        set("parent_id", product.parent.into());
        set("menu_order", product.menu_order.into());
        set("meta_data", json!(product.meta));
        if self.v2 {
            set("in_stock", (holder.stock_status != "outofstock").into());
        } else {
            set("stock_status", holder.stock_status.as_str().into());
            if self.setup.has_barcodes() {
                set("global_unique_id", product.gtin.as_str().into());
            }
        }
        fields
    }
}

pub(in crate::shop) fn local(moment: Option<Timestamp>, zone: &TimeZone) -> Value {
    moment.map_or(Value::Null, |at| zone.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S").to_string().into())
}

pub(in crate::shop) fn gmt(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, |moment| moment.strftime("%Y-%m-%dT%H:%M:%S").to_string().into())
}
