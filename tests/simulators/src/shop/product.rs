//! A product as the shop keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Shop, text::slug};

/// A product or a variation. Texts are as stored: names sanitised, prices as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Product {
    /// The id; 0 for the next free one.
    pub id: u64,
    /// `simple`, `variable`, `variation`, …
    pub kind: String,
    /// The parent of a variation, else 0.
    pub parent: u64,
    /// The name, sanitised.
    pub name: String,
    /// `publish`, `draft`, `pending`, `private`, `trash`, …
    pub status: String,
    /// The SKU; may be empty.
    pub sku: String,
    /// `global_unique_id`; may be empty.
    pub gtin: String,
    /// The regular price in the shop's own form; empty for none.
    pub regular_price: String,
    /// The sale price; empty for none.
    pub sale_price: String,
    /// Who manages the stock.
    pub manage_stock: Manage,
    /// The stock, where it is managed.
    pub stock: Option<i64>,
    /// `instock`, `outofstock` or `onbackorder`.
    pub stock_status: String,
    /// `no`, `notify` or `yes`.
    pub backorders: String,
    /// The tax class's slug; empty for the standard, `parent` for a variation's parent's.
    pub tax_class: String,
    /// The description.
    pub description: String,
    /// The short description.
    pub short_description: String,
    /// The weight.
    pub weight: String,
    /// The categories' ids.
    pub categories: Vec<u64>,
    /// The images; of a variation the first counts.
    pub images: Vec<Image>,
    /// The attributes of a product.
    pub attributes: Vec<Attribute>,
    /// What a variation is of its parent's attributes.
    pub choices: Vec<Choice>,
    /// Its place among others.
    pub menu_order: i64,
    /// The meta data.
    pub meta: Vec<Meta>,
    /// When it was made; none becomes the moment it is added.
    pub created: Option<Timestamp>,
    /// When it was last modified; none becomes the moment it is added.
    pub modified: Option<Timestamp>,
}

impl Default for Product {
    /// A published simple product, without price and SKU: what `POST {}` makes.
    fn default() -> Self {
        Product {
            id: 0,
            kind: "simple".to_owned(),
            parent: 0,
            name: "Product".to_owned(),
            status: "publish".to_owned(),
            sku: String::new(),
            gtin: String::new(),
            regular_price: String::new(),
            sale_price: String::new(),
            manage_stock: Manage::No,
            stock: None,
            stock_status: "instock".to_owned(),
            backorders: "no".to_owned(),
            tax_class: String::new(),
            description: String::new(),
            short_description: String::new(),
            weight: String::new(),
            categories: Vec::new(),
            images: Vec::new(),
            attributes: Vec::new(),
            choices: Vec::new(),
            menu_order: 0,
            meta: Vec::new(),
            created: None,
            modified: None,
        }
    }
}

/// Who manages a product's stock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manage {
    /// Nobody.
    #[default]
    No,
    /// The product itself.
    Yes,
    /// The variation's parent, where that does: as good as nobody otherwise.
    Parent,
}

/// An attribute of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attribute {
    /// The global attribute, or 0 for one of the product's own.
    pub id: u64,
    /// Its name; of a global one its taxonomy, `pa_farge`.
    pub name: String,
    /// Its place.
    pub position: u64,
    /// Shown on the product's page.
    pub visible: bool,
    /// Variations differ in it.
    pub variation: bool,
    /// Its values: texts, or the slugs of a global attribute's terms.
    pub options: Vec<String>,
}

impl Attribute {
    /// What variations choose by, and where they keep it: `pa_farge`, `storrelse`.
    pub(super) fn key(&self) -> String {
        slug(&self.name)
    }
}

/// A variation's value of one of its parent's attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The attribute's name as a slug: `storrelse`; of a global one its taxonomy, `pa_farge`.
    pub attribute: String,
    /// The text, or the slug of a global attribute's term; empty for any.
    pub option: String,
}

/// An image of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The media file's id; the same source again makes another.
    pub id: u64,
    /// Where it came from.
    pub src: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its text.
    #[serde(default)]
    pub alt: String,
}

/// A piece of meta data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Its id.
    pub id: u64,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Value,
}

impl Product {
    /// A published product with these, its stock unmanaged.
    pub fn simple(sku: &str, name: &str, regular_price: &str) -> Product {
        Product {
            sku: sku.to_owned(),
            name: name.to_owned(),
            regular_price: regular_price.to_owned(),
            ..Product::default()
        }
    }

    /// The same product with its stock managed.
    pub fn with_stock(mut self, stock: i64) -> Product {
        self.manage_stock = Manage::Yes;
        self.stock = Some(stock);
        self.settle_stock();
        self
    }

    /// The same product as the parent of variations that differ in this attribute of its own.
    pub fn variable(mut self, attribute: &str, options: &[&str]) -> Product {
        self.kind = "variable".to_owned();
        self.attributes.push(Attribute {
            name: attribute.to_owned(),
            visible: true,
            variation: true,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            ..Attribute::default()
        });
        self
    }

    /// A published variation of that parent, its tax class the parent's, its stock unmanaged.
    pub fn variation(parent: u64, sku: &str, regular_price: &str) -> Product {
        Product {
            kind: "variation".to_owned(),
            parent,
            tax_class: "parent".to_owned(),
            ..Product::simple(sku, "", regular_price)
        }
    }

    /// The same variation with a value of one of its parent's own attributes.
    pub fn choosing(mut self, attribute: &str, option: &str) -> Product {
        self.choices.push(Choice { attribute: slug(attribute), option: option.to_owned() });
        self
    }

    /// Whether it is a variation.
    pub fn is_variation(&self) -> bool {
        self.kind == "variation"
    }

    /// Who manages its stock: its parent, where it doesn't itself and the parent does.
    pub(super) fn manager(&self, parent: Option<&Product>) -> Manage {
        let parent_does = parent.is_some_and(|parent| parent.manage_stock == Manage::Yes);
        match self.manage_stock {
            Manage::Yes => Manage::Yes,
            _ if self.is_variation() && parent_does => Manage::Parent,
            _ => Manage::No,
        }
    }

    /// Works out the stock's status where the stock is managed, and forgets the stock where it isn't.
    pub(super) fn settle_stock(&mut self) {
        match (self.manage_stock, self.stock) {
            (Manage::Yes, stock) => {
                let left = stock.unwrap_or(0);
                self.stock = Some(left);
                let empty = if self.backorders == "no" { "outofstock" } else { "onbackorder" };
                self.stock_status = if left > 0 { "instock" } else { empty }.to_owned();
            }
            _ => self.stock = None,
        }
    }

    pub(super) fn seconds(moment: Option<Timestamp>) -> i64 {
        moment.map_or(0, Timestamp::as_second)
    }
}

pub(super) fn add(shop: &Shop, value: Value, now: Timestamp) -> Result<Value, String> {
    let list = if value.is_array() { value } else { Value::Array(vec![value]) };
    let products: Vec<Product> = serde_json::from_value(list).map_err(|error| error.to_string())?;
    let ids = products.into_iter().map(|product| shop.add_product(product, now)).collect::<Vec<_>>();
    Ok(json!({ "ids": ids }))
}

/// Changes fields of a product by their names in [`Product`].
pub(super) fn edit(shop: &Shop, value: Value, now: Timestamp) -> Result<Value, String> {
    let id = id(&value)?;
    let mut fields =
        serde_json::to_value(shop.product(id).ok_or("no such product")?).map_err(|e| e.to_string())?;
    for (name, value) in value.as_object().into_iter().flatten() {
        fields[name.as_str()] = value.clone();
    }
    let changed: Product = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    shop.edit(id, now, |product| *product = changed);
    Ok(json!({ "id": id }))
}

/// A sale, the trash, the end.
pub(super) fn happen(shop: &Shop, what: &str, value: &Value, now: Timestamp) -> Result<Value, String> {
    let id = id(value)?;
    let done = match what {
        "sale" => shop.sell(id, value["quantity"].as_i64().unwrap_or(1), now),
        "trash" => shop.trash(id, now),
        _ => shop.delete(id),
    };
    if done { Ok(json!({ "id": id })) } else { Err("no such product".to_owned()) }
}

fn id(value: &Value) -> Result<u64, String> {
    value["id"].as_u64().ok_or_else(|| "an id is needed".to_owned())
}
