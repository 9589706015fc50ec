//! A product that the shop lacks.

use super::{Candidate, ShopView, Verdict, existing, variant::Home};
use crate::{
    attribute,
    change::{Act, Change, Form, Kind, NewProduct, Remark},
    gtin::gtin,
    number::{is_guarded, sku},
    price::{self, Form as PriceForm},
    settings::{PriceSource, ProductSettings},
    shop::ShopProfile,
    tax,
};

/// Makes the product as a draft, with the fields whose settings are on.
pub(super) fn create(
    settings: &ProductSettings,
    candidate: &Candidate,
    shop: &ShopView,
    home: Option<Home<'_>>,
) -> Verdict {
    let profile = &shop.profile;
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
    if !is_guarded(&sku) {
        return Verdict::refused(format!(
            "the shop would not notice a second product with the number {sku:?} (more than 100 characters, or a \\ in it): give it another"
        ));
    }
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
    let (tax_class, class) = classes(candidate, profile, home, &mut remark);
    // A parent has no price of its own, and its variations manage their stock.
    let source = settings.prices.as_ref().filter(|_| !product.is_parent);
    let prices = source.map(|source| prices(candidate, profile, &class, source, &mut remark));
    let (regular_price, sale_price) = prices.unwrap_or_default();
    let stock = if settings.inventory && !product.is_parent {
        let (target, text) = existing::target(candidate, profile);
        text.into_iter().for_each(|text| remark(Kind::Stock, text));
        target
    } else {
        None
    };
    let group = settings.new_product_groups && home.is_none();
    let new = NewProduct {
        form: form(candidate, home),
        name: product.name.clone(),
        sku,
        regular_price,
        sale_price,
        description: Some(product.description.clone()).filter(|text| !text.trim().is_empty()),
        tax_class,
        stock,
        gtin,
        group: Some(path(&product.group_path)).filter(|path| group && !path.is_empty()),
        attributes: match (settings.attributes, home) {
            (Some(_), None) => attribute::ours(product, &candidate.variants),
            _ => Vec::new(),
        },
        images: if settings.images { existing::images_of(product, home.is_some()) } else { Vec::new() },
    };
    Verdict::Change(Change {
        product: product.id,
        number: product.number.clone(),
        name: product.name.clone(),
        act: Act::Create(Box::new(new)),
        remarks,
    })
}

fn form(candidate: &Candidate, home: Option<Home<'_>>) -> Form {
    match home {
        Some(home) => Form::Variation {
            under: home.under,
            option: home.option(candidate),
            private: home.product.is_some_and(|parent| parent.status == "publish"),
        },
        None if candidate.product.is_parent => Form::Variable,
        None => Form::Simple,
    }
}

/// The names of a group's path, from the top down.
fn path(path: &str) -> Vec<String> {
    path.split('>').map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}

/// The class to write, if one has to be, and the one that the product has then. A variation has its parent's unless told
/// otherwise.
fn classes(
    candidate: &Candidate,
    profile: &ShopProfile,
    home: Option<Home<'_>>,
    remark: &mut impl FnMut(Kind, String),
) -> (Option<String>, String) {
    let wanted = tax_class(candidate, profile, remark);
    match home {
        None => (wanted.clone(), wanted.unwrap_or_default()),
        Some(home) => {
            let own = wanted.filter(|wanted| *wanted != home.tax_class);
            let class = own.clone().unwrap_or_else(|| home.tax_class.to_owned());
            (own, class)
        }
    }
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
        let form = PriceForm::of_class(profile, class, product)?;
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
