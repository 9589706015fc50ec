//! A product as the back office keeps it, and its row on the wire. `API.md` §4.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::answer::Row;

/// A product. Prices include VAT.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// The stable key; 0 for the next free one.
    pub product_id: u64,
    /// The name.
    pub product_name: String,
    /// The product number; twins are allowed.
    pub product_number: String,
    /// The description for the till.
    pub description: String,
    /// The description for web shops.
    pub webshop_description: String,
    /// The barcode.
    pub barcode: String,
    /// The main image's URL.
    pub product_image: String,
    /// The gallery's URLs.
    pub images: Vec<String>,
    /// 0 for none.
    pub brand_id: u64,
    /// Empty for none.
    pub brand_name: String,
    /// 0 for none.
    pub category_id: u64,
    /// The product group's path.
    pub category_name: String,
    /// VAT in percent.
    #[serde(deserialize_with = "loose")]
    pub vatrate_percent: Decimal,
    /// Ex VAT.
    #[serde(deserialize_with = "loose")]
    pub cost_price: Decimal,
    /// The normal price; 0 is an open price.
    #[serde(deserialize_with = "loose")]
    pub price_inc_vat: Decimal,
    /// The special price.
    #[serde(deserialize_with = "loose_or_none")]
    pub special_price: Option<Decimal>,
    /// Shown on the web shop.
    pub view_on_webshop: bool,
    /// The stock is managed.
    pub use_stock: bool,
    /// The cashier types the price in.
    pub ask_price: bool,
    /// ISO 4217.
    pub currency_code: String,
    /// Deleted: it stays in the list.
    pub is_deleted: bool,
    /// When it was made; set by the server.
    pub created_at: Timestamp,
    /// When it was changed; set by the server, not by a stock change.
    pub updated_at: Timestamp,
    /// Its prices by price list.
    pub pricelist: Vec<ListEntry>,
    /// Name and value.
    pub custom_fields: Vec<(String, String)>,
    /// A parent of variants.
    pub is_parent: bool,
    /// The parent's `product_id`; 0 for none.
    pub parent_variant: u64,
    /// JSON texts that the row has instead of its fields, by field: `1e309`, `"abc"`, `{}`. A name of no field adds one.
    pub raw: BTreeMap<String, String>,
}

/// A price of a product in a price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// The list.
    pub customer_group_id: u64,
    /// Its name.
    #[serde(default)]
    pub customer_group_name: String,
    /// The price.
    #[serde(deserialize_with = "loose")]
    pub price_inc_vat: Decimal,
    /// The list is in use.
    #[serde(default = "yes")]
    pub customer_group_is_active: bool,
    /// The list is deleted.
    #[serde(default)]
    pub customer_group_is_deleted: bool,
}

/// What a department has of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// On the shelf (`actual_stock`).
    #[serde(default, deserialize_with = "loose")]
    pub physical: Decimal,
    /// Of it, reserved by customer orders; `stock` is the rest.
    #[serde(default, deserialize_with = "loose")]
    pub reserved: Decimal,
}

fn yes() -> bool {
    true
}

impl Default for Product {
    /// Visible, with managed stock, 100.00 with 25 % VAT, in kroner.
    fn default() -> Self {
        Product {
            product_id: 0,
            product_name: String::new(),
            product_number: String::new(),
            description: String::new(),
            webshop_description: String::new(),
            barcode: String::new(),
            product_image: String::new(),
            images: Vec::new(),
            brand_id: 0,
            brand_name: String::new(),
            category_id: 0,
            category_name: String::new(),
            vatrate_percent: Decimal::from(25),
            cost_price: Decimal::from(40),
            price_inc_vat: Decimal::from(100),
            special_price: None,
            view_on_webshop: true,
            use_stock: true,
            ask_price: false,
            currency_code: "NOK".to_owned(),
            is_deleted: false,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            pricelist: Vec::new(),
            custom_fields: Vec::new(),
            is_parent: false,
            parent_variant: 0,
            raw: BTreeMap::new(),
        }
    }
}

impl Product {
    /// A product with this number and name, and the defaults.
    pub fn new(number: &str, name: &str) -> Product {
        Product { product_number: number.to_owned(), product_name: name.to_owned(), ..Product::default() }
    }

    /// With this key.
    pub fn id(mut self, id: u64) -> Product {
        self.product_id = id;
        self
    }

    /// With this price, including VAT.
    ///
    /// # Panics
    /// Where `price` is no number.
    pub fn price(mut self, price: &str) -> Product {
        self.price_inc_vat = amount(price);
        self
    }

    /// With this special price, including VAT.
    ///
    /// # Panics
    /// Where `price` is no number.
    pub fn special(mut self, price: &str) -> Product {
        self.special_price = Some(amount(price));
        self
    }

    /// With VAT of so many percent.
    ///
    /// # Panics
    /// Where `percent` is no number.
    pub fn vat(mut self, percent: &str) -> Product {
        self.vatrate_percent = amount(percent);
        self
    }

    /// With a price, including VAT, in an active price list.
    ///
    /// # Panics
    /// Where `price` is no number.
    pub fn list_price(mut self, list: u64, name: &str, price: &str) -> Product {
        self.pricelist.push(ListEntry {
            customer_group_id: list,
            customer_group_name: name.to_owned(),
            price_inc_vat: amount(price),
            customer_group_is_active: true,
            customer_group_is_deleted: false,
        });
        self
    }

    /// In this product group: `Kjøkken > Kopper`.
    pub fn group(mut self, path: &str) -> Product {
        self.category_name = path.to_owned();
        self
    }

    /// Of this brand.
    pub fn brand(mut self, id: u64, name: &str) -> Product {
        self.brand_id = id;
        self.brand_name = name.to_owned();
        self
    }

    /// With this custom field.
    pub fn custom(mut self, name: &str, value: &str) -> Product {
        self.custom_fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With these images, the first of them the main one.
    pub fn pictures(mut self, urls: &[&str]) -> Product {
        let mut urls = urls.iter().map(|url| (*url).to_owned());
        self.product_image = urls.next().unwrap_or_default();
        self.images = urls.collect();
        self
    }

    /// As a parent of variants.
    pub fn parent(mut self) -> Product {
        self.is_parent = true;
        self
    }

    /// As a variant of that parent, whose key it needn't be yet.
    pub fn variant_of(mut self, parent: u64) -> Product {
        self.parent_variant = parent;
        self
    }

    /// With this JSON text where the field would stand.
    pub fn raw(mut self, field: &str, json: &str) -> Product {
        self.raw.insert(field.to_owned(), json.to_owned());
        self
    }

    /// Its row. Scalars are as loose as the real server's, the same each time.
    pub(super) fn row(&self, zone: &TimeZone) -> String {
        let mut row = Row::new(self.product_id, &self.raw);
        row.number("product_id", self.product_id.into());
        row.none("related_product_id");
        row.text("product_name", &self.product_name);
        row.text("product_number", &self.product_number);
        row.text("description", &self.description);
        row.text("webshop_description", &self.webshop_description);
        row.text("barcode", &self.barcode);
        row.text_or_none("product_image", &self.product_image);
        let images = self.images.iter().enumerate().map(|(at, url)| {
            let url = Value::from(url.as_str());
            if (self.product_id + at as u64).is_multiple_of(2) {
                url.to_string()
            } else {
                format!("{{\"id\":{at},\"url\":{url}}}")
            }
        });
        row.list("images", images);
        row.reference("brand_id", self.brand_id);
        row.text_or_none("brand_name", &self.brand_name);
        row.reference("category_id", self.category_id);
        row.text("category_name", &self.category_name);
        row.none("supplier_id");
        row.number("vatrate_id", 1.into());
        row.number("vatrate_percent", self.vatrate_percent);
        row.number("cost_price", self.cost_price);
        row.number("price_inc_vat", self.price_inc_vat);
        match self.special_price {
            Some(price) => row.number("special_price", price),
            None => row.none("special_price"),
        }
        row.boolean("view_on_webshop", self.view_on_webshop);
        row.boolean("use_stock", self.use_stock);
        row.text("unit", "stk");
        row.boolean("ask_qty", false);
        row.boolean("ask_price", self.ask_price);
        row.text("currency_code", &self.currency_code);
        row.boolean("is_deleted", self.is_deleted);
        row.moment("created_at", self.created_at, zone);
        row.moment("updated_at", self.updated_at, zone);
        row.boolean("has_pricelist", !self.pricelist.is_empty());
        row.list("pricelist", self.pricelist.iter().map(|entry| entry.row(self.product_id)));
        let custom = self.custom_fields.iter().map(|(name, value)| {
            format!("{{\"name\":{},\"value\":{}}}", Value::from(name.as_str()), Value::from(value.as_str()))
        });
        row.list("custom_fields", custom);
        row.boolean("is_parent", self.is_parent);
        row.reference("parent_variant", self.parent_variant);
        row.done()
    }
}

impl ListEntry {
    fn row(&self, product: u64) -> String {
        let raw = BTreeMap::new();
        let mut row = Row::new(product + self.customer_group_id, &raw);
        row.number("customer_group_id", self.customer_group_id.into());
        row.text("customer_group_name", &self.customer_group_name);
        row.number("price_inc_vat", self.price_inc_vat);
        row.boolean("customer_group_has_pricelist", true);
        row.boolean("customer_group_is_active", self.customer_group_is_active);
        row.boolean("customer_group_is_deleted", self.customer_group_is_deleted);
        row.done()
    }
}

impl Amount {
    /// What may be sold.
    pub fn available(self) -> Decimal {
        self.physical - self.reserved
    }
}

/// A number from a test's hand.
pub(super) fn amount(text: &str) -> Decimal {
    match text.parse() {
        Ok(amount) => amount,
        Err(_) => panic!("no amount: {text}"),
    }
}

fn loose<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    loose_or_none(deserializer)?.ok_or_else(|| D::Error::custom("a number is needed"))
}

/// A JSON number or its text; null for none.
fn loose_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("no number: {text}")))
}
