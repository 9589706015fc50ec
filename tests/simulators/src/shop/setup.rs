//! How the shop and its host are set up, and the pages that tell it.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shop;

/// How the shop and its host are set up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The shop's time zone, which naive dates are in.
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
    /// WooCommerce's version.
    pub version: String,
    /// Whether `wc/v3` is there; an old shop has `wc/v2` alone.
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
}

/// A category.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Category {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
}

impl Default for Setup {
    /// The measured shop: Norwegian, prices including tax, four rates, WooCommerce 10.5.0.
    fn default() -> Self {
        let tax = |rate: &str, class: &str| Tax {
            country: "NO".to_owned(),
            state: String::new(),
            rate: rate.to_owned(),
            class: class.to_owned(),
        };
        let class = |slug: &str, name: &str| (slug.to_owned(), name.to_owned());
        let category =
            |id, name: &str, slug: &str| Category { id, name: name.to_owned(), slug: slug.to_owned() };
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
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
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
                "rate": tax.rate, "name": format!("MVA {}", tax.rate), "priority": 1, "compound": false,
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

    pub(super) fn index(&self) -> Value {
        let mut namespaces = vec!["wp/v2"];
        if self.woocommerce {
            namespaces.extend(["wc/v1", "wc/v2"]);
            namespaces.extend(self.v3.then_some("wc/v3"));
        }
        json!({"name": "Shop", "description": "", "namespaces": namespaces, "timezone_string": self.time_zone})
    }
}
