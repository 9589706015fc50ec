//! How the shop and its host are set up, and the pages that tell it.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Shop,
    media::ImageRule,
    terms::{Category, GlobalAttribute},
    text::{slug, term_name},
};

/// How the shop and its host are set up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The shop's time zone, which naive dates are in: `Europe/Oslo`, or an offset that a person chose, `+05:30`.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// Shown decimals of a price.
    pub price_decimals: u32,
    /// The base country, `NO`, or with a state `US:CA`.
    pub country: String,
    /// `woocommerce_prices_include_tax`.
    pub prices_include_tax: bool,
    /// `woocommerce_calc_taxes`.
    pub calculates_tax: bool,
    /// `woocommerce_manage_stock`.
    pub manages_stock: bool,
    /// The tax rates.
    pub taxes: Vec<Tax>,
    /// The tax classes besides the standard one: slug and name.
    pub tax_classes: Vec<(String, String)>,
    /// The categories; the first is where products without one land.
    pub categories: Vec<Category>,
    /// The global attributes.
    pub attributes: Vec<GlobalAttribute>,
    /// What comes of the downloads of images, before what their paths say.
    pub images: Vec<ImageRule>,
    /// The odd case of woocommerce#45268: an item of a batch whose image fails is written without its images, and answered
    /// with the image's error alone.
    pub keeps_products_without_images: bool,
    /// Order statuses of plugins: slug and name.
    pub order_statuses: Vec<(String, String)>,
    /// A plugin counts the orders' shown numbers by itself, and this is the next one; else the number is the id.
    pub next_order_number: Option<u64>,
    /// WooCommerce's version, which decides what the shop knows.
    pub version: String,
    /// Whether `wc/v3` is there, from WooCommerce 3.5 on; an older shop has `wc/v2` alone.
    pub v3: bool,
    /// Whether WooCommerce is switched on at all.
    pub woocommerce: bool,
    /// The folder that WordPress lives in, without slashes; may be empty.
    pub folder: String,
    /// Plain permalinks: `/wp-json/` is not there.
    pub plain_permalinks: bool,
    /// Sends every request for another scheme or host here with a 301: `https://www.shop.example`.
    pub redirect_to: Option<String>,
    /// 503, as during an update.
    pub maintenance: bool,
    /// The host drops `Authorization`.
    pub strip_authorization: bool,
    /// The shop is behind a proxy that doesn't tell it of the TLS: it believes that it is on plain http.
    pub behind_proxy: bool,
    /// Every request counts as https: for a simulator that is served over plain http.
    pub counts_as_https: bool,
    /// The first id.
    pub first_id: u64,
}

/// A tax rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// A state, or empty.
    #[serde(default)]
    pub state: String,
    /// Percent, with four decimals: `25.0000`.
    pub rate: String,
    /// The class's slug; `standard` for the standard class.
    pub class: String,
    /// Of each priority one rate of a class applies: two rates on one line have two priorities.
    #[serde(default = "first")]
    pub priority: u32,
    /// A tax on the taxes before it.
    #[serde(default)]
    pub compound: bool,
}

fn first() -> u32 {
    1
}

impl Default for Setup {
    /// The measured shop: Norwegian, prices including tax, four rates, WooCommerce 10.5.0.
    fn default() -> Self {
        let tax = |rate: &str, class: &str| Tax {
            country: "NO".to_owned(),
            state: String::new(),
            rate: rate.to_owned(),
            class: class.to_owned(),
            priority: 1,
            compound: false,
        };
        let class = |slug: &str, name: &str| (slug.to_owned(), name.to_owned());
        let category = |id, name: &str, slug: &str| Category {
            id,
            name: name.to_owned(),
            slug: slug.to_owned(),
            parent: 0,
        };
        Setup {
            time_zone: "Europe/Oslo".to_owned(),
            currency: "NOK".to_owned(),
            price_decimals: 2,
            country: "NO".to_owned(),
            prices_include_tax: true,
            calculates_tax: true,
            manages_stock: true,
            taxes: vec![
                tax("25.0000", "standard"),
                tax("15.0000", "redusert-sats"),
                tax("12.0000", "lav-sats"),
                tax("0.0000", "fritatt"),
            ],
            tax_classes: vec![
                class("fritatt", "Fritatt"),
                class("lav-sats", "Lav sats"),
                class("redusert-sats", "Redusert sats"),
            ],
            attributes: Vec::new(),
            images: Vec::new(),
            keeps_products_without_images: false,
            order_statuses: Vec::new(),
            next_order_number: None,
            categories: vec![category(15, "Uncategorized", "uncategorized"), category(17, "Sko", "sko")],
            version: "10.5.0".to_owned(),
            v3: true,
            woocommerce: true,
            folder: String::new(),
            plain_permalinks: false,
            redirect_to: None,
            maintenance: false,
            strip_authorization: false,
            behind_proxy: false,
            counts_as_https: false,
            first_id: 11,
        }
    }
}

pub(super) fn change(shop: &Shop, value: Value, _now: Timestamp) -> Result<Value, String> {
    let mut state = shop.lock();
    let mut fields = serde_json::to_value(&state.setup).map_err(|error| error.to_string())?;
    for (name, value) in value.as_object().ok_or("an object is needed")? {
        fields[name.as_str()] = value.clone();
    }
    state.setup = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    Ok(json!(state.setup))
}

impl Setup {
    /// The time zone; UTC where the name is unknown.
    pub(super) fn zone(&self) -> TimeZone {
        match self.offset() {
            Some(offset) => TimeZone::fixed(offset),
            None => TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC),
        }
    }

    /// The offset from GMT that a person chose instead of a place: `+05:30`.
    fn offset(&self) -> Option<Offset> {
        let (hours, minutes) = self.time_zone.strip_prefix(['+', '-'])?.split_once(':')?;
        let seconds =
            i32::from(hours.parse::<u8>().ok()?) * 3600 + i32::from(minutes.parse::<u8>().ok()?) * 60;
        let sign = if self.time_zone.starts_with('-') { -1 } else { 1 };
        Offset::from_seconds(sign * seconds).ok()
    }

    /// Whether WooCommerce is of that version or a later one.
    pub(super) fn since(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        version >= (major, minor)
    }

    pub(super) fn has_v3(&self) -> bool {
        self.v3 && self.since(3, 5)
    }

    /// `global_unique_id`.
    pub(super) fn has_barcodes(&self) -> bool {
        self.since(9, 2)
    }

    /// The next free id of a term: categories and the terms of attributes share one row of numbers.
    pub(super) fn next_term(&self) -> u64 {
        let categories = self.categories.iter().map(|category| category.id);
        let terms = self.attributes.iter().flat_map(|attribute| &attribute.terms).map(|term| term.id);
        categories.chain(terms).max().unwrap_or(0).saturating_add(1)
    }

    /// Adds a global attribute with terms of these names; the id.
    pub(super) fn add_attribute(&mut self, name: &str, terms: &[&str]) -> u64 {
        let id = self.attributes.iter().map(|attribute| attribute.id).max().unwrap_or(0) + 1;
        let mut next = self.next_term();
        let slug = format!("pa_{}", slug(name));
        let mut attribute = GlobalAttribute { id, name: name.to_owned(), slug, terms: Vec::new() };
        for term in terms {
            attribute.term(&term_name(term), &mut next);
        }
        self.attributes.push(attribute);
        id
    }

    /// `settings/<group>`; `None` for a group that isn't there.
    pub(super) fn settings(&self, group: &str) -> Option<Value> {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let values = match group {
            "general" => vec![
                ("woocommerce_default_country", self.country.clone()),
                ("woocommerce_calc_taxes", yes(self.calculates_tax)),
                ("woocommerce_currency", self.currency.clone()),
                ("woocommerce_price_thousand_sep", " ".to_owned()),
                ("woocommerce_price_decimal_sep", ",".to_owned()),
                ("woocommerce_price_num_decimals", self.price_decimals.to_string()),
            ],
            "tax" => vec![
                ("woocommerce_prices_include_tax", yes(self.prices_include_tax)),
                ("woocommerce_tax_based_on", "shipping".to_owned()),
                ("woocommerce_tax_round_at_subtotal", "no".to_owned()),
            ],
            "products" => vec![
                ("woocommerce_weight_unit", "kg".to_owned()),
                ("woocommerce_manage_stock", yes(self.manages_stock)),
                ("woocommerce_hold_stock_minutes", "60".to_owned()),
            ],
            _ => return None,
        };
        let rows = values.into_iter().map(
            |(id, value)| json!({"id": id, "label": id, "description": "", "type": "text", "default": "", "value": value}),
        );
        Some(Value::Array(rows.collect()))
    }

    pub(super) fn taxes(&self) -> Vec<Value> {
        let row = |(at, tax): (usize, &Tax)| {
            json!({"id": at + 1, "country": tax.country, "state": tax.state, "postcode": "", "city": "",
                "rate": tax.rate, "name": format!("MVA {}", tax.rate), "priority": tax.priority, "compound": tax.compound,
                "shipping": true, "order": 1, "class": tax.class, "postcodes": [], "cities": []})
        };
        self.taxes.iter().enumerate().map(row).collect()
    }

    pub(super) fn tax_classes(&self) -> Vec<Value> {
        let standard = json!({"slug": "standard", "name": "Standard rate"});
        let others = self.tax_classes.iter().map(|(slug, name)| json!({"slug": slug, "name": name}));
        std::iter::once(standard).chain(others).collect()
    }

    pub(super) fn system_status(&self) -> Value {
        json!({
            "environment": {"version": self.version, "wp_version": "6.9.1", "language": "en_US"},
            "settings": {"currency": self.currency, "currency_position": "left_space", "thousand_separator": " ",
                "decimal_separator": ",", "number_of_decimals": self.price_decimals},
        })
    }

    /// Whether there is `orders/statuses`: not in 5.0, which was tried.
    pub(super) fn has_order_statuses(&self) -> bool {
        self.since(5, 1)
    }

    /// `orders/statuses`: those of plugins before the last.
    pub(super) fn order_statuses(&self) -> Value {
        let known = [
            ("pending", "Pending payment"),
            ("processing", "Processing"),
            ("on-hold", "On hold"),
            ("completed", "Completed"),
            ("cancelled", "Cancelled"),
            ("refunded", "Refunded"),
            ("failed", "Failed"),
        ];
        let more = self.order_statuses.iter().map(|(slug, name)| (slug.as_str(), name.as_str()));
        let all = known.into_iter().chain(more).chain([("checkout-draft", "Draft")]);
        all.map(|(slug, name)| json!({"slug": slug, "name": name})).collect()
    }

    pub(super) fn index(&self, now: Timestamp) -> Value {
        let mut namespaces = vec!["wp/v2"];
        if self.woocommerce {
            namespaces.extend(["wc/v1", "wc/v2"]);
            namespaces.extend(self.has_v3().then_some("wc/v3"));
        }
        let name = if self.offset().is_some() { "" } else { self.time_zone.as_str() };
        // Hours, as WordPress has them: a number where it knows the place, a text where a person chose the offset.
        let minutes = self.zone().to_offset(now).seconds() / 60;
        let hours = rust_decimal::Decimal::new(i64::from(minutes) * 100 / 60, 2).normalize();
        let offset = if name.is_empty() { json!(hours.to_string()) } else { number(hours) };
        json!({"name": "Shop", "description": "", "namespaces": namespaces, "timezone_string": name,
            "gmt_offset": offset})
    }
}

/// A JSON number of a decimal.
fn number(decimal: rust_decimal::Decimal) -> Value {
    serde_json::from_str(&decimal.to_string()).unwrap_or(Value::Null)
}
