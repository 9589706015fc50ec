//! A product as JSON, in v2 and v3.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{
    catalogue::Catalogue,
    product::{Image, Manage, Product},
    setup::Setup,
    write::price,
};

/// How answers look: the version, the shop's setup, and its time zone worked out once.
pub(super) struct Show<'a> {
    pub(super) setup: &'a Setup,
    pub(super) zone: TimeZone,
    pub(super) v2: bool,
}

impl Show<'_> {
    /// A product, whole. A variation without an SKU of its own answers with its parent's.
    pub(super) fn product(&self, product: &Product, catalogue: &Catalogue) -> Value {
        let parent = catalogue.get(product.parent);
        let sku = match parent {
            Some(parent) if product.kind == "variation" && product.sku.is_empty() => &parent.sku,
            _ => &product.sku,
        };
        let on_sale = !product.sale_price.is_empty();
        let shown = if on_sale { &product.sale_price } else { &product.regular_price };
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        set("id", product.id.into());
        set("name", product.name.as_str().into());
        set("slug", format!("product-{}", product.id).into());
        for (name, moment) in [("date_created", product.created), ("date_modified", product.modified)] {
            set(name, self.local(moment));
            set(&format!("{name}_gmt"), gmt(moment));
        }
        set("type", product.kind.as_str().into());
        set("status", product.status.as_str().into());
        set("catalog_visibility", "visible".into());
        set("description", product.description.as_str().into());
        set("short_description", product.short_description.as_str().into());
        set("sku", sku.as_str().into());
        set("price", shown.as_str().into());
        set("regular_price", product.regular_price.as_str().into());
        set("sale_price", product.sale_price.as_str().into());
        set("on_sale", on_sale.into());
        set("purchasable", (!shown.is_empty()).into());
        // A variation's comes as the database has it.
        set("total_sales", if product.kind == "variation" { "0".into() } else { 0.into() });
        set("tax_status", "taxable".into());
        set("tax_class", product.tax_class.as_str().into());
        set(
            "manage_stock",
            match product.manage_stock {
                Manage::No => false.into(),
                Manage::Yes => true.into(),
                Manage::Parent => "parent".into(),
            },
        );
        let holder = if product.manage_stock == Manage::Parent { parent.unwrap_or(product) } else { product };
        set("stock_quantity", holder.stock.map_or(Value::Null, Value::from));
        set("backorders", product.backorders.as_str().into());
        set("weight", product.weight.as_str().into());
        set("parent_id", product.parent.into());
        set("categories", self.categories(product));
        set("tags", json!([]));
        set("images", self.images(product));
        set("attributes", Value::Array(product.attributes.clone()));
        let variations = catalogue.variations(product).map(|v| v.id).collect::<Vec<_>>();
        set("variations", json!(variations));
        set("meta_data", json!(product.meta));
        if self.v2 {
            set("in_stock", (product.stock_status != "outofstock").into());
        } else {
            set("stock_status", product.stock_status.as_str().into());
            set("global_unique_id", product.gtin.as_str().into());
        }
        Value::Object(fields)
    }

    fn local(&self, moment: Option<Timestamp>) -> Value {
        moment.map_or(Value::Null, |moment| {
            self.zone.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S").to_string().into()
        })
    }

    fn categories(&self, product: &Product) -> Value {
        let known = |id: &u64| self.setup.categories.iter().find(|category| category.id == *id);
        let mut shown = product.categories.iter().filter_map(known).map(|c| json!(c)).collect::<Vec<_>>();
        if shown.is_empty() && product.kind != "variation" {
            shown.extend(self.setup.categories.first().map(|category| json!(category)));
        }
        Value::Array(shown)
    }

    fn images(&self, product: &Product) -> Value {
        let image =
            |image: &Image| json!({"id": image.id, "src": image.src, "name": image.name, "alt": image.alt});
        let mut images = product.images.iter().map(image).collect::<Vec<_>>();
        if images.is_empty() && self.v2 {
            images.push(json!({"id": 0, "src": "woocommerce-placeholder.webp", "name": "Placeholder",
                "alt": "Placeholder", "position": 0}));
        }
        Value::Array(images)
    }
}

fn gmt(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, |moment| moment.strftime("%Y-%m-%dT%H:%M:%S").to_string().into())
}

/// Whether a sale price holds beside a regular one: the shop drops one that is not below it.
pub(super) fn sale_holds(product: &Product) -> bool {
    let amount = |text: &str| text.parse().unwrap_or(rust_decimal::Decimal::ZERO);
    product.sale_price.is_empty()
        || amount(&price(&product.sale_price)) < amount(&price(&product.regular_price))
}

/// Keeps the fields that `_fields` names: `id`, or `environment.version` for one inside.
pub(super) fn only(value: Value, fields: &[&str]) -> Value {
    match value {
        Value::Array(rows) => Value::Array(rows.into_iter().map(|row| only(row, fields)).collect()),
        Value::Object(all) => Value::Object(
            all.into_iter()
                .filter_map(|(name, value)| {
                    if fields.contains(&name.as_str()) {
                        return Some((name, value));
                    }
                    let inside: Vec<&str> = fields
                        .iter()
                        .filter_map(|f| f.strip_prefix(name.as_str())?.strip_prefix('.'))
                        .collect();
                    (!inside.is_empty()).then(|| (name, only(value, &inside)))
                })
                .collect(),
        ),
        other => other,
    }
}
