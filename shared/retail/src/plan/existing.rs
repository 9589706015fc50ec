//! A product that the shop has.

use rust_decimal::Decimal;

use super::{Candidate, KnownImage, ShopView, Verdict, variant::Home};
use crate::{
    attribute,
    change::{Act, Change, FieldChange, Kind, Off, Remark, StockTarget, Under},
    link::Link,
    number::survives,
    office::OfficeProduct,
    price::{self, Form},
    settings::{AttributeRule, ProductSettings},
    shop::{ManageStock, ShopProduct, ShopProfile},
    stock::{self, Stock},
};

/// The differences of a product that stays; `home` is a variant's, `link` is `None` where it is being adopted.
pub(super) fn update(
    settings: &ProductSettings,
    candidate: &Candidate,
    shop: &ShopView,
    home: Option<Home<'_>>,
    link: Option<&Link>,
    found: &ShopProduct,
) -> Verdict {
    let product = &candidate.product;
    if let Err(reason) = fits(product, home, found) {
        return Verdict::refused(reason);
    }
    let mut writing = Writing { fields: Vec::new(), remarks: Vec::new() };
    if let Some(link) = link.filter(|_| home.is_none()) {
        writing.name(settings, candidate, link, found);
    }
    if !product.is_parent {
        writing.prices(settings, candidate, &shop.profile, link, found);
        writing.stock(settings, candidate, &shop.profile, found);
    }
    match home {
        Some(home) => writing.options(settings, &home.option(candidate), link, found),
        None => writing.attributes(settings, candidate, link, found),
    }
    writing.images(settings, product, shop, link, found);
    let Writing { fields, remarks } = writing;
    let adopt = link.is_none();
    if fields.is_empty() && !adopt {
        return Verdict::Quiet { shop: Some(found.id), remarks };
    }
    Verdict::Change(Change {
        product: product.id,
        number: product.number.clone(),
        name: product.name.clone(),
        act: Act::Update { shop: found.id, under: found.parent, adopt, fields },
        remarks,
    })
}

/// Whether the shop's product is of the kind that Loomis Pay's is, and stands where it should.
fn fits(product: &OfficeProduct, home: Option<Home<'_>>, found: &ShopProduct) -> Result<(), String> {
    let (kind, said) = match home {
        Some(_) => ("variation", "a variant"),
        None if product.is_parent => ("variable", "a parent of variants"),
        None => ("simple", "simple"),
    };
    if found.kind != kind {
        return Err(format!(
            "the shop's product {} is of type {}, Loomis Pay's is {said}: change the type or the SKU in the shop",
            found.id, found.kind
        ));
    }
    let Some(home) = home else { return Ok(()) };
    let stands = found.parent.map(Under::Shop);
    if stands == Some(home.under) {
        return Ok(());
    }
    let there = found.parent.map(|parent| parent.to_string()).unwrap_or_default();
    Err(format!(
        "the shop's variation {} stands under its product {there}, which is not that of its parent {}: delete the variation in the shop, or give it another SKU, to have it made anew",
        found.id, home.parent.product.id
    ))
}

/// The images that go over: a variation has one.
pub(super) fn images_of(product: &OfficeProduct, variation: bool) -> Vec<String> {
    let most = if variation { 1 } else { usize::MAX };
    product.images.iter().take(most).cloned().collect()
}

/// A product that was deleted in Loomis Pay, taken off the web shop, or is gone.
pub(super) fn taken_off(
    settings: &ProductSettings,
    candidate: &Candidate,
    linked: Option<(&Link, &ShopProduct)>,
) -> Verdict {
    let Some((link, found)) = linked else { return Verdict::Quiet { shop: None, remarks: Vec::new() } };
    let shop = Some(found.id);
    let to = if found.kind == "variation" { Off::Private } else { Off::Draft };
    // Where a shop doesn't tell a variation's status (v2), it is as we last wrote it.
    let untold = found.status.is_empty() && link.written.status.as_deref() == Some(to.as_str());
    if untold || matches!(found.status.as_str(), "trash" | "draft") || found.status == to.as_str() {
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
            under: found.parent,
            adopt: false,
            fields: vec![FieldChange::Draft { from: found.status.clone(), to }],
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
            // A variation whose parent manages the stock shares it until it has one of its own.
            Some(StockTarget::Unmanaged) if !managed => {}
            Some(to) => self.fields.push(FieldChange::Stock { from, to }),
            None => {}
        }
    }

    fn attributes(
        &mut self,
        settings: &ProductSettings,
        candidate: &Candidate,
        link: Option<&Link>,
        found: &ShopProduct,
    ) {
        let Some(rule) = settings.attributes else { return };
        let product = &candidate.product;
        if product.is_parent && candidate.variants.is_empty() {
            return self.remark(Kind::Attribute, "no variant is left on the web shop: stay as they are");
        }
        let ours = attribute::ours(product, &candidate.variants);
        let overwrite = rule == AttributeRule::Overwrite;
        let Some(to) = attribute::target(&ours, &found.attributes, overwrite) else { return };
        let written = link.and_then(|link| link.written.attributes.as_ref());
        // The shop bent what it was given: asking again changes nothing.
        if written.is_some_and(|written| written.asked == to && written.kept == found.attributes) {
            return;
        }
        self.fields.push(FieldChange::Attributes { from: found.attributes.clone(), to });
    }

    fn options(
        &mut self,
        settings: &ProductSettings,
        option: &str,
        link: Option<&Link>,
        found: &ShopProduct,
    ) {
        let Some(rule) = settings.attributes else { return };
        let overwrite = rule == AttributeRule::Overwrite;
        let Some(to) = attribute::options_target(option, &found.options, overwrite) else { return };
        if !survives(option) {
            return self
                .remark(Kind::Attribute, format!("{option:?} not written: the shop would not keep it"));
        }
        let written = link.and_then(|link| link.written.options.as_ref());
        if written.is_some_and(|written| written.asked == to && written.kept == found.options) {
            return;
        }
        self.fields.push(FieldChange::Options { from: found.options.clone(), to });
    }

    /// Images go over only where there is none; a list that was begun is finished.
    fn images(
        &mut self,
        settings: &ProductSettings,
        product: &OfficeProduct,
        shop: &ShopView,
        link: Option<&Link>,
        found: &ShopProduct,
    ) {
        if !settings.images {
            return;
        }
        let (urls, done) =
            match link.and_then(|link| link.written.images.as_ref()).filter(|one| one.is_open()) {
                Some(begun) if found.images == begun.media => (begun.urls.clone(), begun.done),
                // The answer to the last one was lost: it is there.
                Some(begun) if found.images.split_last().is_some_and(|(_, rest)| rest == begun.media) => {
                    (begun.urls.clone(), begun.done + 1)
                }
                _ if found.images.is_empty() => (images_of(product, found.kind == "variation"), 0),
                _ => return,
            };
        let mut open = false;
        for url in &urls[done.min(urls.len())..] {
            match shop.images.get(url) {
                Some(KnownImage::Refused(reason)) => {
                    self.remark(Kind::Image, format!("{url} left out: {reason}"));
                }
                Some(KnownImage::Unsure) => {
                    return self.remark(Kind::Image, format!("{url} waits: the shop may still be at it"));
                }
                Some(KnownImage::Media(_)) | None => open = true,
            }
        }
        let finished_by_a_lost_answer = done > 0 && done >= urls.len();
        if open || finished_by_a_lost_answer {
            self.fields.push(FieldChange::Images { present: found.images.clone(), urls, done });
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
