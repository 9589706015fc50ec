//! How the shop is set up.

use retail::{
    fate::Fate,
    shop::{ShopProfile, TaxRate},
};

use super::{Client, list::PAGE};
use crate::{
    Error, Version,
    wire::{Currency, Index, OrderStatus, Setting, SystemStatus, Tax, setting},
};

impl Client {
    /// How the shop is set up, as far as it bears on what is written to it: a handful of small reads that any key of an
    /// administrator or a shop manager may make.
    ///
    /// # Errors
    /// Trouble with the shop; or it doesn't say what prices mean there.
    pub async fn profile(&self) -> Result<ShopProfile, Error> {
        let general = self.settings("general").await?;
        let tax = self.settings("tax").await?;
        let products = self.settings("products").await?;
        let tax_rates = self.tax_rates().await?;
        let Some(prices_include_tax) = setting(&tax, "woocommerce_prices_include_tax") else {
            return Err(Error::setup(
                "the shop doesn't say whether its prices include tax: is WooCommerce complete?",
            ));
        };
        let currency = match setting(&general, "woocommerce_currency").filter(|code| code.len() == 3) {
            Some(code) => code,
            None => self.currency().await?,
        };
        let country = setting(&general, "woocommerce_default_country").unwrap_or_default();
        let calculates_tax = setting(&general, "woocommerce_calc_taxes");
        Ok(ShopProfile {
            version: self.woocommerce_version().await?,
            currency: currency.to_uppercase(),
            prices_include_tax: prices_include_tax == "yes",
            calculates_tax: calculates_tax.map_or(!tax_rates.is_empty(), |yes| yes == "yes"),
            manages_stock: setting(&products, "woocommerce_manage_stock").is_none_or(|yes| yes == "yes"),
            price_decimals: setting(&general, "woocommerce_price_num_decimals")
                .and_then(|decimals| decimals.trim().parse().ok())
                .unwrap_or(2),
            // "NO", or with a state "US:CA".
            base_country: country.split(':').next().unwrap_or_default().to_uppercase(),
            tax_rates,
            time_zone: self.time_zone().await,
            order_statuses: self.order_statuses().await?,
        })
    }

    async fn settings(&self, group: &str) -> Result<Vec<Setting>, Error> {
        let query = vec![("_fields", "id,value".to_owned())];
        self.read(&format!("settings/{group}"), &query).await
    }

    async fn tax_rates(&self) -> Result<Vec<TaxRate>, Error> {
        let mut rates = Vec::new();
        for page in 1.. {
            let query = vec![
                ("per_page", PAGE.to_string()),
                ("page", page.to_string()),
                // The default order is by `order`, which many rates share: pages would overlap.
                ("orderby", "id".to_owned()),
                ("_fields", "id,country,state,postcode,city,postcodes,cities,rate,class,priority".to_owned()),
            ];
            let rows: Vec<Tax> = self.read("taxes", &query).await?;
            let full = rows.len() >= PAGE;
            rates.extend(rows.into_iter().map(TaxRate::from));
            if !full {
                return Ok(rates);
            }
        }
        unreachable!("page numbers don't end")
    }

    /// The currency where a plugin keeps it out of the general settings; v2 does not have it.
    async fn currency(&self) -> Result<String, Error> {
        match self.connection.version {
            Version::V3 => Ok(self.read::<Currency>("data/currencies/current", &Vec::new()).await?.code),
            Version::V2 => Err(Error::setup("the shop doesn't say its currency; set the API version to v3")),
        }
    }

    /// WooCommerce's version; `None` where the shop keeps it to itself, which harms nothing. With a field named, the
    /// shop leaves out the slow tests of its system status.
    async fn woocommerce_version(&self) -> Result<Option<String>, Error> {
        let query = vec![("_fields", "environment.version".to_owned())];
        match self.read::<SystemStatus>("system_status", &query).await {
            Ok(status) => Ok(status.environment.version),
            Err(error) if error.trouble().fate == Fate::Retry && error.status().is_none() => Err(error),
            Err(error) => {
                tracing::info!(%error, "the shop doesn't tell its version");
                Ok(None)
            }
        }
    }

    /// The shop's zone; empty where the shop doesn't tell it. The index is 1.2 MB but for these fields.
    async fn time_zone(&self) -> String {
        match self.read_index::<Index>("timezone_string,gmt_offset").await {
            Ok(index) => index.time_zone(),
            Err(error) => {
                tracing::info!(%error, "the shop doesn't tell its time zone");
                String::new()
            }
        }
    }

    /// The statuses that an order can have, a plugin's among them; empty in v2, and where the key may not ask. Shops
    /// without the list of statuses (404) have the report that counts orders by them.
    async fn order_statuses(&self) -> Result<Vec<String>, Error> {
        if self.connection.version == Version::V2 {
            return Ok(Vec::new());
        }
        for path in ["orders/statuses", "reports/orders/totals"] {
            match self.read::<Vec<OrderStatus>>(path, &Vec::new()).await {
                Ok(rows) => return Ok(rows.into_iter().filter_map(OrderStatus::into_slug).collect()),
                Err(error) if error.trouble().fate == Fate::Retry => return Err(error),
                Err(error) => tracing::info!(%error, "the shop doesn't list its order statuses here"),
            }
        }
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests;
