//! *Test integration*: both sides, green or red, with the cause and the mend. Writes nothing to either.

use crate::{
    Engine, Error,
    pair::{found, remember},
    rows::{pause, records::Department},
    webhooks,
};

/// What the check of a department came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// What was found, in the order it was looked for.
    pub findings: Vec<Finding>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// Good, or not.
    pub good: bool,
    /// What was found; if not good, the cause and the mend.
    pub text: String,
}

impl Check {
    /// Whether everything is good.
    pub fn is_green(&self) -> bool {
        self.findings.iter().all(|finding| finding.good)
    }

    fn say(&mut self, what: &'static str, text: impl Into<String>) {
        self.findings.push(Finding { what, good: true, text: text.into() });
    }

    fn fail(&mut self, what: &'static str, text: impl ToString) {
        self.findings.push(Finding { what, good: false, text: text.to_string() });
    }
}

impl Engine {
    /// Tests both sides of a department. What is found about the shop is remembered; a green check ends a pause that
    /// waited for a person.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger fails. Trouble with either side is a finding.
    pub async fn check(&self, id: &str) -> Result<Check, Error> {
        let mut check = Check::default();
        let department = match self.department(id).await {
            Ok(department) => department,
            Err(error @ Error::Broken { .. }) => {
                check.fail("settings", error);
                return Ok(check);
            }
            Err(error) => return Err(error),
        };
        self.census_of(id).await?;
        check.say("settings", "can be read, and fit together");
        self.check_office(&department, &mut check).await?;
        self.check_shop(&department, &mut check).await?;
        if check.is_green() {
            pause::lift(self, &pause::department(id)).await?;
            pause::lift(self, &pause::client(&department.settings.client_number)).await?;
        }
        Ok(check)
    }

    async fn check_office(&self, department: &Department, check: &mut Check) -> Result<(), Error> {
        let client = match self.client(&department.settings.client_number).await {
            Ok(client) => client,
            Err(error @ (Error::Broken { .. } | Error::Missing { .. })) => {
                check.fail("Loomis Pay", error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let office = self.office(&client)?;
        if let Err(error) = office.log_in().await {
            check.fail("Loomis Pay login", error.trouble());
            return Ok(());
        }
        check.say("Loomis Pay login", format!("client {}", client.settings.client_number));
        match office.departments().await {
            Err(error) => check.fail("Loomis Pay departments", error.trouble()),
            Ok(departments) => {
                match departments.iter().find(|one| one.token.expose() == department.token.expose()) {
                    Some(found) => {
                        check.say("Loomis Pay department", format!("{} ({})", found.name, found.id))
                    }
                    None => {
                        let names: Vec<String> =
                            departments.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
                        let text = format!(
                            "no department of the client has this department_token; the client's departments: {}",
                            names.join(", ")
                        );
                        check.fail("Loomis Pay department", text);
                        return Ok(());
                    }
                }
            }
        }
        match office.products(&loomis::ProductQuery { start: 0, changed_since: None }).await {
            Err(error) => check.fail("Loomis Pay products", error.trouble()),
            Ok(page) => check.say("Loomis Pay products", format!("{} in the catalogue", page.total)),
        }
        if department.settings.products.inventory {
            let token = department.token.clone();
            match office.stock(&token, 0, &[]).await {
                Err(error) => check.fail("Loomis Pay stock", error.trouble()),
                Ok(page) => check.say("Loomis Pay stock", format!("{} lines", page.total)),
            }
        }
        Ok(())
    }

    async fn check_shop(&self, department: &Department, check: &mut Check) -> Result<(), Error> {
        let id = &department.settings.id;
        let shop = match self.find_out(department, None).await {
            Ok(found) => found,
            Err(Error::Trouble(trouble)) => {
                check.fail("shop", trouble);
                return Ok(());
            }
            Err(error @ Error::Broken { .. }) => {
                check.fail("shop", error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let version = shop.profile.version.as_deref().unwrap_or("of unknown version");
        let old = found(self, id).await?;
        check.say(
            "shop",
            format!(
                "{} answers, WooCommerce {version}, {} by {}",
                shop.base,
                shop.version,
                shop.auth.as_str()
            ),
        );
        if old.as_ref().is_some_and(|old| old.base != shop.base) {
            check.say("shop", "is another one than before: links and watermarks begin anew".to_owned());
        }
        match self.shop(department, &shop)?.can_write().await {
            Ok(()) => check.say("shop key", "may read and write"),
            Err(error) => check.fail("shop key", error.trouble()),
        }
        let profile = &shop.profile;
        let tax = match (profile.calculates_tax, profile.prices_include_tax) {
            (false, _) => "taxes off: prices are written as they are".to_owned(),
            (true, true) => "prices include tax".to_owned(),
            (true, false) => "prices exclude tax".to_owned(),
        };
        let zone = if profile.time_zone.is_empty() { "of unknown zone" } else { &profile.time_zone };
        check.say(
            "shop set-up",
            format!(
                "{} with {} decimals, base country {}, {tax}, its clock {zone}",
                profile.currency, profile.price_decimals, profile.base_country
            ),
        );
        check_statuses(department, profile, check);
        if department.settings.products.inventory && !profile.manages_stock {
            check.fail(
                "shop stock",
                "stock management is off in the shop: WooCommerce → Settings → Products → Inventory, or set products.inventory to false",
            );
        }
        if let Some(text) = webhooks::look(self, department, &self.shop(department, &shop)?).await? {
            check.say("shop webhooks", text);
        }
        remember(self, id, &shop).await
    }
}

/// Statuses that the settings name and the shop doesn't have would find no order, or be refused when they are written.
fn check_statuses(department: &Department, profile: &retail::shop::ShopProfile, check: &mut Check) {
    let Some(orders) = department.settings.orders.as_ref().filter(|_| !profile.order_statuses.is_empty())
    else {
        return;
    };
    let named = [
        ("status_after_retrieval", &orders.status_after_retrieval),
        ("status_when_completed", &orders.status_when_completed),
    ];
    let named = named.into_iter().filter_map(|(field, status)| Some((field, status.as_ref()?)));
    let retrieved = orders.retrieve_statuses.iter().map(|status| ("retrieve_statuses", status));
    let unknown = retrieved.chain(named).filter(|(_, status)| !profile.order_statuses.contains(status));
    let unknown: Vec<String> =
        unknown.map(|(field, status)| format!("orders.{field} names {status}")).collect();
    if unknown.is_empty() {
        check.say("shop order statuses", profile.order_statuses.join(", "));
    } else {
        let has = profile.order_statuses.join(", ");
        check.fail("shop order statuses", format!("{}; the shop has {has}", unknown.join(", ")));
    }
}
