//! A product or a variation as the shop sends it.

use jiff::Timestamp;
use retail::shop::{ManageStock, MediaId, ShopAttribute, ShopId, ShopOption, ShopProduct};
use serde::Deserialize;
use serde_json::Value;

use super::{decimal, decode_entities, gmt, list, positive, text, yes};

/// The fields that reads of products and variations ask for; the shop leaves out those that it doesn't have. Whole
/// attributes: WordPress does not reach into a list.
pub(crate) const PRODUCT_FIELDS: &str = "id,sku,name,status,type,parent_id,regular_price,sale_price,manage_stock,\
                                         stock_quantity,tax_class,images,image,attributes,date_modified_gmt";

/// A product as the shop sends it. Everything but the id may be missing or of an odd type: a plugin's product must not
/// stop a page of a hundred.
#[derive(Debug, Deserialize)]
pub(crate) struct Product {
    id: u64,
    #[serde(default)]
    sku: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    status: Value,
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    parent_id: Value,
    #[serde(default)]
    regular_price: Value,
    #[serde(default)]
    sale_price: Value,
    #[serde(default)]
    manage_stock: Value,
    #[serde(default)]
    stock_quantity: Value,
    #[serde(default)]
    tax_class: Value,
    #[serde(default)]
    images: Value,
    /// A variation's image under its parent: null, or one object.
    #[serde(default)]
    image: Value,
    #[serde(default)]
    attributes: Value,
    #[serde(default)]
    date_modified_gmt: Value,
}

impl Product {
    /// When it was last modified, to the second; `None` where the shop doesn't say.
    pub(crate) fn modified(&self) -> Option<Timestamp> {
        gmt(&self.date_modified_gmt)
    }

    pub(crate) fn id(&self) -> ShopId {
        ShopId(self.id)
    }

    /// The bare id.
    pub(crate) fn number(&self) -> u64 {
        self.id
    }

    /// Whether it is this product's variation, as far as it says.
    pub(crate) fn belongs_to(&self, parent: ShopId) -> bool {
        positive(&self.parent_id).is_none_or(|id| id == parent.0)
    }

    /// A row of a list of products, or an answer to the write of one. A variation among them says so in its type.
    pub(crate) fn into_product(self) -> ShopProduct {
        let kind = text(&self.kind);
        // A product can have a parent without being a variation (a grouped one's child in old shops).
        let parent = positive(&self.parent_id).filter(|_| kind == "variation").map(ShopId);
        self.finish(kind, parent)
    }

    /// A variation as its parent's list has it: there the row doesn't always say what it is, or whose (v2, and v3 in
    /// older shops).
    pub(crate) fn into_variation(self, parent: ShopId) -> ShopProduct {
        self.finish("variation".to_owned(), Some(parent))
    }

    fn finish(self, kind: String, parent: Option<ShopId>) -> ShopProduct {
        let tax_class = text(&self.tax_class);
        let variation = kind == "variation";
        // `products/{id}` of a variation has `images` like any product; under the parent it is `image`.
        let images = std::iter::once(&self.image).chain(list(&self.images)).filter_map(media);
        let attributes = list(&self.attributes).into_iter().filter(|row| row.is_object());
        ShopProduct {
            id: ShopId(self.id),
            sku: text(&self.sku),
            name: decode_entities(&text(&self.name)),
            status: text(&self.status),
            parent,
            regular_price: decimal(&self.regular_price),
            sale_price: decimal(&self.sale_price),
            manage_stock: match &self.manage_stock {
                Value::String(who) if who == "parent" => ManageStock::Parent,
                other if yes(other) => ManageStock::Yes,
                _ => ManageStock::No,
            },
            stock: decimal(&self.stock_quantity),
            tax_class: if tax_class == "standard" { String::new() } else { tax_class },
            images: if variation { images.take(1).collect() } else { images.collect() },
            options: if variation { attributes.clone().filter_map(option).collect() } else { Vec::new() },
            attributes: if variation { Vec::new() } else { attributes.map(attribute).collect() },
            kind,
        }
    }
}

/// v2 shows the placeholder of a product without images as an image with the id 0.
fn media(image: &Value) -> Option<MediaId> {
    image.get("id").and_then(positive).map(MediaId)
}

/// A product's attribute. None is left out, however odd: attributes are written back whole.
fn attribute(row: &Value) -> ShopAttribute {
    let field = |name: &str| row.get(name).unwrap_or(&Value::Null);
    ShopAttribute {
        id: positive(field("id")).unwrap_or(0),
        name: text(field("name")),
        position: decimal(field("position")).and_then(|place| i64::try_from(place).ok()).unwrap_or(0),
        visible: yes(field("visible")),
        variation: yes(field("variation")),
        options: match field("options") {
            // The form in which the shop stores the options of a local attribute.
            Value::String(options) => {
                options.split('|').map(|option| option.trim().to_owned()).filter(|o| !o.is_empty()).collect()
            }
            options => list(options).into_iter().map(text).filter(|option| !option.is_empty()).collect(),
        },
    }
}

/// A variation's option; one that is missing or empty stands for any.
fn option(row: &Value) -> Option<ShopOption> {
    let field = |name: &str| row.get(name).unwrap_or(&Value::Null);
    let option = text(field("option"));
    (!option.is_empty()).then(|| ShopOption {
        id: positive(field("id")).unwrap_or(0),
        name: text(field("name")),
        option,
    })
}
