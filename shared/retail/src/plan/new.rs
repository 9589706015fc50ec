//! A product that the shop lacks.

use super::{Candidate, Verdict, existing};
use crate::{
    change::{Act, Change, Kind, NewProduct, Remark},
    gtin::gtin,
    number::sku,
    price::{self, Form},
    settings::{PriceSource, ProductSettings},
    shop::ShopProfile,
    tax,
};

/// Makes the product as a draft, with the fields whose settings are on.
pub(super) fn create(settings: &ProductSettings, candidate: &Candidate, profile: &ShopProfile) -> Verdict {
    if !settings.new_products {
        let text = "the shop lacks it, and new products is off".to_owned();
        return Verdict::Quiet { shop: None, remarks: vec![Remark { kind: Kind::Create, text }] };
    }
    let product = &candidate.product;
    let Some(sku) = sku(&product.number) else {
        return Verdict::refused(format!(
            "the shop would not keep the number {:?} as it is (no <, no %41 and the like): give it another",
            product.number
        ));
    };
    let mut remarks = Vec::new();
    let mut remark = |kind, text: String| remarks.push(Remark { kind, text });
    for field in ["description", "webshop_description", "barcode"] {
        if let Some(defect) = product.defects.iter().find(|defect| defect.field == field) {
            remark(Kind::Create, format!("{field} left out: {}", defect.reason));
        }
    }
    let gtin = gtin(&product.barcode);
    if gtin.is_none() && !product.barcode.trim().is_empty() {
        remark(Kind::Create, format!("barcode left out: {:?} is no valid GTIN", product.barcode));
    }
    let tax_class = tax_class(candidate, profile, &mut remark);
    let class = tax_class.clone().unwrap_or_default();
    let prices =
        settings.prices.as_ref().map(|source| prices(candidate, profile, &class, source, &mut remark));
    let (regular_price, sale_price) = prices.unwrap_or_default();
    let stock = if settings.inventory {
        let (target, text) = existing::target(candidate, profile);
        text.into_iter().for_each(|text| remark(Kind::Stock, text));
        target
    } else {
        None
    };
    let new = NewProduct {
        name: product.name.clone(),
        sku,
        regular_price,
        sale_price,
        description: Some(product.description.clone()).filter(|text| !text.trim().is_empty()),
        tax_class,
        stock,
        gtin,
    };
    Verdict::Change(Change {
        product: product.id,
        number: product.number.clone(),
        name: product.name.clone(),
        act: Act::Create(Box::new(new)),
        remarks,
    })
}

/// The class whose rate equals the product's; `None` leaves it to the shop, which means the standard class.
fn tax_class(
    candidate: &Candidate,
    profile: &ShopProfile,
    remark: &mut impl FnMut(Kind, String),
) -> Option<String> {
    if !profile.calculates_tax {
        return None;
    }
    let Some(percent) = candidate.product.vat_percent else {
        remark(Kind::Create, "Loomis Pay gives no VAT rate: the standard tax class".to_owned());
        return None;
    };
    let class = tax::class_for(profile, percent);
    if class.is_none() {
        let country = &profile.base_country;
        let percent = percent.normalize();
        remark(
            Kind::Create,
            format!("no tax class of the shop has {percent} % in {country}: the standard tax class"),
        );
    }
    class.map(ToOwned::to_owned)
}

type Prices = (Option<rust_decimal::Decimal>, Option<rust_decimal::Decimal>);

/// The prices in the shop's form, as far as they may be published.
fn prices(
    candidate: &Candidate,
    profile: &ShopProfile,
    class: &str,
    source: &PriceSource,
    remark: &mut impl FnMut(Kind, String),
) -> Prices {
    let product = &candidate.product;
    let written = price::asked(product, source, &profile.currency).and_then(|asked| {
        let form = Form::of_class(profile, class, product)?;
        Ok((form.write(asked.regular_inc_vat)?, form, asked))
    });
    let (regular, form, asked) = match written {
        Ok(written) => written,
        Err(reason) => {
            remark(Kind::Price, format!("left out: {reason}"));
            return (None, None);
        }
    };
    let sale = match (asked.sale_inc_vat.map(|sale| form.write(sale)).transpose(), asked.sale_refused) {
        (Ok(sale), None) => sale,
        (Err(reason), _) | (_, Some(reason)) => {
            remark(Kind::SalePrice, format!("left out: {reason}"));
            None
        }
    };
    (Some(regular), sale)
}
