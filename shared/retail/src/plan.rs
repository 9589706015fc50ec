//! The plan: settings, what Loomis Pay has, what the shop has and the links go in; what to change, and what is refused
//! and why, comes out. It makes every decision, and does nothing. `SETTINGS.md`, *Products*.

mod existing;
mod new;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    change::{Change, Kind, Remark},
    link::Link,
    number::MatchNumber,
    office::{OfficeProduct, ProductId},
    settings::ProductSettings,
    shop::{ShopId, ShopProduct, ShopProfile},
    stock::Stock,
};

/// What Loomis Pay has of one product.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The product.
    pub product: OfficeProduct,
    /// The department's stock of it.
    pub stock: Stock,
    /// Other products that are visible, not deleted, and have the same number.
    pub twins: Vec<ProductId>,
    /// Whether two complete readings agree that the product is hidden, deleted or gone.
    pub gone_twice: bool,
}

/// What the shop has, as far as the candidates need it.
#[derive(Clone, Debug)]
pub struct ShopView {
    /// How it is set up.
    pub profile: ShopProfile,
    /// The products that were looked up by link; `None` where the shop no longer has it at all. A linked product that
    /// was not looked up waits.
    pub by_id: HashMap<ShopId, Option<ShopProduct>>,
    /// The products that were found by number: products, drafts and variations.
    /// Under a number may also stand a product whose SKU only the shop takes for the same.
    pub by_number: HashMap<MatchNumber, Vec<ShopProduct>>,
    /// Which of those found by number are linked already, and with what.
    pub linked: HashMap<ShopId, ProductId>,
}

impl ShopView {
    /// The shop's product of this one: the linked one, or the only one that its number finds.
    pub fn found(&self, product: &OfficeProduct, link: Option<&Link>) -> Option<&ShopProduct> {
        if let Some(link) = link {
            return self.by_id.get(&link.shop)?.as_ref();
        }
        match self.by_number.get(&MatchNumber::of(&product.number)?)?.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// What to do, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub changes: Vec<Change>,
    /// What is not done, and why.
    pub refused: Vec<Refused>,
    /// What needs nothing.
    pub quiet: Vec<Quiet>,
}

/// A record that is not taken as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// Its number, as Loomis Pay spells it.
    pub number: String,
    /// Why, and the mend.
    pub reason: String,
    /// It waits for something that may come by itself, rather than for a person.
    pub waits: bool,
}

/// A record that needs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// Its number, as Loomis Pay spells it.
    pub number: String,
    /// Its product in the shop, where it is linked.
    pub shop: Option<ShopId>,
    /// The name in Loomis Pay, now seen.
    pub name: String,
    /// What is not done, and why.
    pub remarks: Vec<Remark>,
}

/// What becomes of one candidate.
pub(crate) enum Verdict {
    Change(Change),
    Refused { reason: String, waits: bool },
    Quiet { shop: Option<ShopId>, remarks: Vec<Remark> },
}

impl Verdict {
    pub(crate) fn refused(reason: impl Into<String>) -> Verdict {
        Verdict::Refused { reason: reason.into(), waits: false }
    }

    pub(crate) fn waits(reason: impl Into<String>) -> Verdict {
        Verdict::Refused { reason: reason.into(), waits: true }
    }
}

/// Decides about every candidate, in their order.
pub fn plan(
    settings: &ProductSettings,
    office: &[Candidate],
    shop: &ShopView,
    links: &HashMap<ProductId, Link>,
) -> Plan {
    let mut plan = Plan::default();
    for candidate in office {
        let product = &candidate.product;
        let (id, number) = (product.id, product.number.clone());
        let link = links.get(&id);
        match decide(settings, candidate, shop, link) {
            Verdict::Change(change) => plan.changes.push(change),
            Verdict::Refused { reason, waits } => {
                plan.refused.push(Refused { product: id, number, reason, waits })
            }
            Verdict::Quiet { shop, remarks } => {
                let name = seen_name(product, link).to_owned();
                plan.quiet.push(Quiet { product: id, number, shop, name, remarks });
            }
        }
    }
    plan
}

/// The name that counts as seen. Of a product that is off the web shop none does: it goes over when it is back.
fn seen_name<'a>(product: &'a OfficeProduct, link: Option<&'a Link>) -> &'a str {
    match link.filter(|_| product.deleted || !product.visible) {
        Some(link) => &link.seen_name,
        None => &product.name,
    }
}

/// Decides about stock and nothing else: what is not looked at is not said, and a name is not seen.
pub fn plan_stock(
    settings: &ProductSettings,
    office: &[Candidate],
    shop: &ShopView,
    links: &HashMap<ProductId, Link>,
) -> Plan {
    let mut plan = plan(&settings.stock_alone(), office, shop, links);
    let seen = |product, name: &mut String, remarks: &mut Vec<Remark>| {
        if let Some(link) = links.get(&product) {
            name.clone_from(&link.seen_name);
        }
        remarks.retain(|remark| remark.kind == Kind::Stock);
    };
    plan.changes.iter_mut().for_each(|one| seen(one.product, &mut one.name, &mut one.remarks));
    plan.quiet.iter_mut().for_each(|one| seen(one.product, &mut one.name, &mut one.remarks));
    plan
}

fn decide(
    settings: &ProductSettings,
    candidate: &Candidate,
    shop: &ShopView,
    link: Option<&Link>,
) -> Verdict {
    let product = &candidate.product;
    // Not looked up is not gone: it would be made a second time.
    if let Some(link) = link.filter(|link| !shop.by_id.contains_key(&link.shop)) {
        return Verdict::waits(format!("the shop's product {} was not read", link.shop));
    }
    let linked = link.and_then(|link| shop.by_id.get(&link.shop)?.as_ref().map(|found| (link, found)));
    if product.deleted || !product.visible {
        return existing::taken_off(settings, candidate, linked);
    }
    if let Err(reason) = acceptable(candidate) {
        return Verdict::refused(reason);
    }
    match linked {
        Some((_, found)) if found.status == "trash" => Verdict::refused(format!(
            "product {} lies in the shop's trash: restore it, or delete it permanently to have it made anew",
            found.id
        )),
        Some((link, found)) => existing::update(settings, candidate, &shop.profile, Some(link), found),
        None => unlinked(settings, candidate, shop),
    }
}

/// Whether the record itself can be taken.
fn acceptable(candidate: &Candidate) -> Result<(), String> {
    let product = &candidate.product;
    if product.is_parent || product.parent.is_some() {
        return Err("a product with variants: only simple products are synchronised so far".to_owned());
    }
    for field in ["product_number", "product_name"] {
        if let Some(defect) = product.defects.iter().find(|defect| defect.field == field) {
            return Err(format!("{field}: {}", defect.reason));
        }
    }
    if MatchNumber::of(&product.number).is_none() {
        return Err("no product number: give it one in Loomis Pay".to_owned());
    }
    if !candidate.twins.is_empty() {
        return Err(format!(
            "the product number is not unique in Loomis Pay: products {} and {} have it; give one of them another",
            product.id,
            ids(candidate.twins.iter().copied())
        ));
    }
    if product.name.trim().is_empty() {
        return Err("no name: give it one in Loomis Pay".to_owned());
    }
    Ok(())
}

/// Looks for the product by its number: adopts it, makes it, or refuses.
fn unlinked(settings: &ProductSettings, candidate: &Candidate, shop: &ShopView) -> Verdict {
    let product = &candidate.product;
    let number = MatchNumber::of(&product.number);
    let found = number.as_ref().and_then(|number| shop.by_number.get(number)).map_or(&[][..], Vec::as_slice);
    // A variation without an SKU of its own answers with its parent's: it is no match by itself. What lies in the trash
    // holds no SKU.
    let (found, alike): (Vec<&ShopProduct>, Vec<&ShopProduct>) = found
        .iter()
        .filter(|one| !found.iter().any(|other| Some(other.id) == one.parent) && one.status != "trash")
        .partition(|one| MatchNumber::of(&one.sku) == number);
    match (found.as_slice(), alike.first()) {
        // The shop's database compares more loosely than we do, so it takes no second product with such a number.
        ([], Some(alike)) => Verdict::refused(format!(
            "to the shop the SKU {:?} of its product {} is the same as {:?}: give one of them another",
            alike.sku, alike.id, product.number
        )),
        ([], None) => new::create(settings, candidate, &shop.profile),
        ([one], _) => match shop.linked.get(&one.id) {
            Some(other) if *other != product.id => Verdict::refused(format!(
                "the shop's product {} has this SKU and belongs to product {other} of Loomis Pay: give one of products {} and {other} another number",
                one.id, product.id
            )),
            _ => existing::update(settings, candidate, &shop.profile, None, one),
        },
        (many, _) => Verdict::refused(format!(
            "the SKU is not unique in the shop: products {} have it, Loomis Pay's product {} meets them all; give all but one another",
            ids(many.iter().map(|one| one.id)),
            product.id
        )),
    }
}

/// Ids for a person, in an order that does not depend on who read them how.
fn ids<T: Ord + ToString>(ids: impl Iterator<Item = T>) -> String {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
