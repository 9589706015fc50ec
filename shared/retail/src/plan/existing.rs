//! A product that the shop has.

use rust_decimal::Decimal;

use super::{Candidate, Verdict};
use crate::{
    change::{Act, Change, FieldChange, Kind, Remark, StockTarget},
    link::Link,
    price::{self, Form},
    settings::ProductSettings,
    shop::{ManageStock, ShopProduct, ShopProfile},
    stock::{self, Stock},
};

/// The differences of a product that stays; `link` is `None` where it is being adopted.
pub(super) fn update(
    settings: &ProductSettings,
    candidate: &Candidate,
    profile: &ShopProfile,
    link: Option<&Link>,
    found: &ShopProduct,
) -> Verdict {
    if found.kind != "simple" {
        return Verdict::refused(format!(
            "the shop's product {} is of type {}, Loomis Pay's is simple: change the type or the SKU in the shop",
            found.id, found.kind
        ));
    }
    let mut writing = Writing { fields: Vec::new(), remarks: Vec::new() };
    if let Some(link) = link {
        writing.name(settings, candidate, link, found);
    }
    writing.prices(settings, candidate, profile, link, found);
    writing.stock(settings, candidate, profile, found);
    let Writing { fields, remarks } = writing;
    let adopt = link.is_none();
    if fields.is_empty() && !adopt {
        return Verdict::Quiet { shop: Some(found.id), remarks };
    }
    let product = &candidate.product;
    Verdict::Change(Change {
        product: product.id,
        number: product.number.clone(),
        name: product.name.clone(),
        act: Act::Update { shop: found.id, adopt, fields },
        remarks,
    })
}

/// A product that was deleted in Loomis Pay, taken off the web shop, or is gone.
pub(super) fn taken_off(
    settings: &ProductSettings,
    candidate: &Candidate,
    linked: Option<(&Link, &ShopProduct)>,
) -> Verdict {
    let Some((link, found)) = linked else { return Verdict::Quiet { shop: None, remarks: Vec::new() } };
    let shop = Some(found.id);
    if matches!(found.status.as_str(), "draft" | "trash") {
        return Verdict::Quiet { shop, remarks: Vec::new() };
    }
    let product = &candidate.product;
    if !settings.product_updates {
        let text =
            "taken off the web shop in Loomis Pay, and product updates is off: stays as it is".to_owned();
        return Verdict::Quiet { shop, remarks: vec![Remark { kind: Kind::Draft, text }] };
    }
    if !candidate.gone_twice {
        return Verdict::waits("taken off the web shop in Loomis Pay: waits for a second reading");
    }
    Verdict::Change(Change {
        product: product.id,
        number: product.number.clone(),
        name: super::seen_name(product, Some(link)).to_owned(),
        act: Act::Update {
            shop: found.id,
            adopt: false,
            fields: vec![FieldChange::Draft { from: found.status.clone() }],
        },
        remarks: Vec::new(),
    })
}

struct Writing {
    fields: Vec<FieldChange>,
    remarks: Vec<Remark>,
}

impl Writing {
    fn remark(&mut self, kind: Kind, text: impl Into<String>) {
        self.remarks.push(Remark { kind, text: text.into() });
    }

    /// The name goes over when it differs from the one last seen in Loomis Pay.
    fn name(&mut self, settings: &ProductSettings, candidate: &Candidate, link: &Link, found: &ShopProduct) {
        let name = &candidate.product.name;
        if link.seen_name == *name || found.name == *name {
            return;
        }
        if settings.product_updates {
            self.fields.push(FieldChange::Name { from: found.name.clone(), to: name.clone() });
        } else {
            self.remark(Kind::Name, format!("now {name:?} in Loomis Pay; product updates is off"));
        }
    }

    fn prices(
        &mut self,
        settings: &ProductSettings,
        candidate: &Candidate,
        profile: &ShopProfile,
        link: Option<&Link>,
        found: &ShopProduct,
    ) {
        let Some(source) = &settings.prices else { return };
        let product = &candidate.product;
        let asked = match price::asked(product, source, &profile.currency) {
            Ok(asked) => asked,
            Err(reason) => return self.remark(Kind::Price, format!("not written: {reason}")),
        };
        let form = match Form::of_existing(profile, found, product) {
            Ok(form) => form,
            Err(reason) => return self.remark(Kind::Price, format!("not written: {reason}")),
        };
        if !form.is_same(found.regular_price, asked.regular_inc_vat) {
            match form.write(asked.regular_inc_vat) {
                Ok(to) => self.fields.push(FieldChange::RegularPrice { from: found.regular_price, to }),
                Err(reason) => return self.remark(Kind::Price, format!("not written: {reason}")),
            }
        }
        if let Some(reason) = asked.sale_refused {
            return self.remark(Kind::SalePrice, format!("not written: {reason}"));
        }
        match asked.sale_inc_vat {
            Some(sale) if form.is_same(found.sale_price, sale) => {}
            Some(sale) => match form.write(sale) {
                Ok(to) => self.fields.push(FieldChange::SalePrice { from: found.sale_price, to: Some(to) }),
                Err(reason) => self.remark(Kind::SalePrice, format!("not written: {reason}")),
            },
            None => self.no_sale(link, found),
        }
    }

    /// Only a sale price that we wrote is ever cleared by us.
    fn no_sale(&mut self, link: Option<&Link>, found: &ShopProduct) {
        let Some(standing) = found.sale_price else { return };
        let ours = link.and_then(|link| link.written.sale_price).flatten();
        if ours == Some(standing) {
            self.fields.push(FieldChange::SalePrice { from: Some(standing), to: None });
        }
    }

    fn stock(
        &mut self,
        settings: &ProductSettings,
        candidate: &Candidate,
        profile: &ShopProfile,
        found: &ShopProduct,
    ) {
        if !settings.inventory {
            return;
        }
        let managed = found.manage_stock == ManageStock::Yes;
        let (target, remark) = target(candidate, profile);
        if let Some(text) = remark {
            self.remark(Kind::Stock, text);
        }
        let from = found.stock.filter(|_| managed);
        match target {
            Some(StockTarget::Managed(quantity)) if from == Some(Decimal::from(quantity)) => {}
            Some(StockTarget::Unmanaged) if !managed => {}
            Some(to) => self.fields.push(FieldChange::Stock { from, to }),
            None => {}
        }
    }
}

/// The stock that a product should have in the shop, and what a person should know; `None`: not written.
pub(super) fn target(candidate: &Candidate, profile: &ShopProfile) -> (Option<StockTarget>, Option<String>) {
    if !profile.manages_stock {
        return (
            None,
            Some(
                "not written: the shop's stock management is off (WooCommerce → Settings → Products)"
                    .to_owned(),
            ),
        );
    }
    // Unreadable is not unmanaged.
    if let Some(defect) = candidate.product.defects.iter().find(|defect| defect.field == "use_stock") {
        return (None, Some(format!("not written: use_stock: {}", defect.reason)));
    }
    if !candidate.product.use_stock {
        return (Some(StockTarget::Unmanaged), None);
    }
    match candidate.stock {
        Stock::Available(available) => match stock::quantity(available) {
            Some((quantity, remark)) => (Some(StockTarget::Managed(quantity)), remark),
            None => (None, Some(format!("not written: a stock beyond belief: {available}"))),
        },
        Stock::Unknown => (None, Some("not written: Loomis Pay's stock list does not name it".to_owned())),
        Stock::Held => (
            None,
            Some("not written: so much would fall to zero at once that it waits for a second reading that agrees".to_owned()),
        ),
    }
}
