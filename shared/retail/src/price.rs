//! Which price may be published, and how the shop writes it. `SETTINGS.md`, *Prices*.

use rust_decimal::Decimal;

use crate::{
    office::OfficeProduct,
    settings::PriceSource,
    shop::{ShopProduct, ShopProfile},
    tax,
};

/// The largest price that is believed, including VAT.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// What Loomis Pay asks for a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The regular price, including VAT, to the øre; above 0.
    pub regular_inc_vat: Decimal,
    /// The sale price, including VAT, to the øre; above 0 and below the regular one.
    pub sale_inc_vat: Option<Decimal>,
    /// Why a special price is not taken.
    pub sale_refused: Option<String>,
}

/// The price that may be published.
///
/// # Errors
/// Why none may, for a person.
pub fn asked(product: &OfficeProduct, source: &PriceSource, currency: &str) -> Result<Asked, String> {
    if let Some(reason) = defect(product, "currency_code") {
        return Err(format!("the currency: {reason}"));
    }
    let said = product.currency.as_deref().map(str::trim).filter(|said| !said.is_empty());
    if let Some(other) = said.filter(|said| !said.eq_ignore_ascii_case(currency)) {
        return Err(format!("Loomis Pay's price is in {other}, the shop sells in {currency}"));
    }
    if product.ask_price {
        return Err("an open price: the cashier types it in".to_owned());
    }
    if let Some(regular_inc_vat) = list_price(product, source)? {
        return Ok(Asked { regular_inc_vat, sale_inc_vat: None, sale_refused: None });
    }
    let regular = publishable(product, "price_inc_vat", product.price_inc_vat)?;
    let (sale_inc_vat, sale_refused) = special(product, regular);
    Ok(Asked { regular_inc_vat: regular, sale_inc_vat, sale_refused })
}

/// The chosen list's price; `None` where the list has none, or 0, or is inactive: the normal price holds.
fn list_price(product: &OfficeProduct, source: &PriceSource) -> Result<Option<Decimal>, String> {
    let PriceSource::List(id) = source else { return Ok(None) };
    let entry = product.list_prices.iter().find(|entry| entry.list.trim() == id && entry.active);
    match entry.and_then(|entry| entry.price_inc_vat) {
        // An unreadable list is not an empty one: its price may be another than the normal one.
        None => product
            .defects
            .iter()
            .find(|defect| hides_a_list_price(&defect.field, entry.is_some()))
            .map_or(Ok(None), |defect| Err(format!("{}: {}", defect.field, defect.reason))),
        Some(price) if price >= Decimal::ZERO && tax::to_ore(price).is_zero() => Ok(None),
        Some(price) => believable(price).map(Some),
    }
}

/// Whether a defect of this field can be why the chosen list has no price. `met`: its entry is there, without one.
fn hides_a_list_price(field: &str, met: bool) -> bool {
    field.strip_prefix("pricelist").is_some_and(|rest| {
        rest.is_empty() || if met { rest.ends_with(".price_inc_vat") } else { rest.ends_with(']') }
    })
}

fn publishable(product: &OfficeProduct, field: &str, price: Option<Decimal>) -> Result<Decimal, String> {
    if let Some(reason) = defect(product, field) {
        return Err(reason.to_owned());
    }
    believable(price.ok_or("Loomis Pay gives no price")?)
}

fn defect<'a>(product: &'a OfficeProduct, field: &str) -> Option<&'a str> {
    product.defects.iter().find(|defect| defect.field == field).map(|defect| defect.reason.as_str())
}

/// The price to the øre, if it is one that may be published.
fn believable(price: Decimal) -> Result<Decimal, String> {
    match price {
        price if price.is_zero() => Err("an open price: 0".to_owned()),
        price if price < Decimal::ZERO => Err(format!("a negative price: {price}")),
        price if price > LARGEST => Err(format!("a price beyond belief: {price}")),
        price if tax::to_ore(price).is_zero() => Err(format!("a price that rounds to 0: {price}")),
        price => Ok(tax::to_ore(price)),
    }
}

/// The special price where it may stand beside the regular one, or why it may not.
fn special(product: &OfficeProduct, regular: Decimal) -> (Option<Decimal>, Option<String>) {
    let none = product.special_price_inc_vat.is_none_or(|price| price.is_zero());
    if none && defect(product, "special_price").is_none() {
        return (None, None);
    }
    match publishable(product, "special_price", product.special_price_inc_vat) {
        Err(reason) => (None, Some(reason)),
        Ok(sale) if sale >= regular => {
            (None, Some(format!("the special price {sale} is not below the regular price {regular}")))
        }
        Ok(sale) => (Some(sale), None),
    }
}

/// The form in which a shop keeps the prices of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As in Loomis Pay.
    IncVat,
    /// Without VAT of this percentage.
    ExVat(Decimal),
}

impl Form {
    /// The form for an existing product: the rate is the one that the shop applies to its class.
    pub fn of_existing(
        profile: &ShopProfile,
        existing: &ShopProduct,
        office: &OfficeProduct,
    ) -> Result<Form, String> {
        Form::of_class(profile, &existing.tax_class, office)
    }

    /// The form for a product of this tax class.
    ///
    /// # Errors
    /// The shop keeps net prices, and neither it nor Loomis Pay says the rate.
    pub fn of_class(profile: &ShopProfile, class: &str, office: &OfficeProduct) -> Result<Form, String> {
        if profile.prices_include_tax || !profile.calculates_tax {
            return Ok(Form::IncVat);
        }
        tax::rate_of(profile, class)
            .or(office.vat_percent)
            .map(Form::ExVat)
            .ok_or_else(|| "the shop keeps prices without VAT, and no VAT rate is known".to_owned())
    }

    /// The amount as the shop keeps it.
    ///
    /// # Errors
    /// No net amount gives this gross amount back.
    pub fn write(self, gross_inc_vat: Decimal) -> Result<Decimal, String> {
        match self {
            Form::IncVat => Ok(gross_inc_vat),
            Form::ExVat(percent) => tax::net_of(gross_inc_vat, percent)
                .ok_or_else(|| format!("no price without {percent} % VAT comes back to {gross_inc_vat}")),
        }
    }

    /// Whether an amount that the shop keeps is this gross amount, to the øre.
    pub fn is_same(self, kept: Option<Decimal>, gross_inc_vat: Decimal) -> bool {
        match (self, kept) {
            (_, None) => false,
            (Form::IncVat, Some(kept)) => kept == gross_inc_vat,
            (Form::ExVat(percent), Some(kept)) => tax::gross_of(kept, percent) == Some(gross_inc_vat),
        }
    }
}

#[cfg(test)]
mod tests;
