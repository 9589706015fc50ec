//! The plan: settings, what Loomis Pay has, what the shop has and the links go in; what to change, and what is refused
//! and why, comes out. It makes every decision, and does nothing. `SETTINGS.md`, *Products*.

mod existing;
mod new;
mod variant;

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::{
    change::{Change, Kind, Remark},
    link::Link,
    number::MatchNumber,
    office::{OfficeProduct, ProductId},
    settings::ProductSettings,
    shop::{MediaId, ShopId, ShopProduct, ShopProfile},
    stock::Stock,
};
use variant::Parent;

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
    /// Of a parent: its variants that are visible and not deleted, whether they are candidates or not.
    pub variants: Vec<Variant>,
}

/// A variant, as far as its parent and its siblings need to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
}

/// What is known of an image by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownImage {
    /// The shop has it as this media file.
    Media(MediaId),
    /// The shop refused it lately.
    Refused(String),
    /// The answer to its last write was lost, and the shop may still be at it.
    Unsure,
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
    /// Which of those found by number, and of the variations, are linked already, and with what.
    pub linked: HashMap<ShopId, ProductId>,
    /// The variations of those products that are parents of candidates.
    pub variations: HashMap<ShopId, Vec<ShopProduct>>,
    /// What is known of images, by their addresses; nothing of most.
    pub images: HashMap<String, KnownImage>,
}

impl ShopView {
    /// A product that was looked up, by whatever way.
    pub fn product(&self, id: ShopId) -> Option<&ShopProduct> {
        let by_number = || self.by_number.values().flatten();
        let by_id = self.by_id.get(&id).and_then(Option::as_ref);
        by_id.or_else(|| by_number().chain(self.variations.values().flatten()).find(|found| found.id == id))
    }

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

/// Decides about every candidate: parents and simple products in their order, then variants in theirs. A variant's parent
/// must be among the candidates if the catalogue has it.
pub fn plan(
    settings: &ProductSettings,
    office: &[Candidate],
    shop: &ShopView,
    links: &HashMap<ProductId, Link>,
) -> Plan {
    let by_id: HashMap<ProductId, &Candidate> = office.iter().map(|one| (one.product.id, one)).collect();
    let (variants, others): (Vec<&Candidate>, Vec<&Candidate>) =
        office.iter().partition(|candidate| candidate.product.parent.is_some());
    let mut verdicts: HashMap<ProductId, Verdict> = HashMap::new();
    for candidate in &others {
        let id = candidate.product.id;
        verdicts.insert(id, decide(settings, candidate, None, shop, links.get(&id)));
    }
    for candidate in &variants {
        let id = candidate.product.id;
        let parent = candidate.product.parent.and_then(|parent| by_id.get(&parent).copied());
        let parent = Parent::of(parent, &verdicts, shop);
        let verdict = decide(settings, candidate, Some(parent), shop, links.get(&id));
        verdicts.insert(id, verdict);
    }
    let mut plan = Plan::default();
    for candidate in others.into_iter().chain(variants) {
        let product = &candidate.product;
        // A product that is given twice is decided about once.
        let Some(verdict) = verdicts.remove(&product.id) else { continue };
        plan.take(product, links.get(&product.id), verdict);
    }
    plan
}

impl Plan {
    fn take(&mut self, product: &OfficeProduct, link: Option<&Link>, verdict: Verdict) {
        let (id, number) = (product.id, product.number.clone());
        match verdict {
            Verdict::Change(change) => self.changes.push(change),
            Verdict::Refused { reason, waits } => {
                self.refused.push(Refused { product: id, number, reason, waits });
            }
            Verdict::Quiet { shop, remarks } => {
                let name = seen_name(product, link).to_owned();
                self.quiet.push(Quiet { product: id, number, shop, name, remarks });
            }
        }
    }

    /// Forgets what is not about these products.
    pub fn keep(&mut self, ids: &BTreeSet<ProductId>) {
        self.changes.retain(|one| ids.contains(&one.product));
        self.refused.retain(|one| ids.contains(&one.product));
        self.quiet.retain(|one| ids.contains(&one.product));
    }
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
    parent: Option<Parent<'_>>,
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
    let home = match parent.map(|parent| parent.home(candidate)).transpose() {
        Ok(home) => home,
        Err(verdict) => return *verdict,
    };
    match (linked, home) {
        (Some((_, found)), _) if found.status == "trash" => Verdict::refused(format!(
            "product {} lies in the shop's trash: restore it, or delete it permanently to have it made anew",
            found.id
        )),
        (Some((link, found)), home) => existing::update(settings, candidate, shop, home, Some(link), found),
        (None, None) => unlinked(settings, candidate, shop),
        (None, Some(home)) => variant::unlinked(settings, candidate, home, shop),
    }
}

/// Whether the record itself can be taken.
fn acceptable(candidate: &Candidate) -> Result<(), String> {
    let product = &candidate.product;
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

/// What a number found in the shop.
struct Matches<'a> {
    /// Products with this number.
    exact: Vec<&'a ShopProduct>,
    /// A product whose SKU only the shop takes for the same.
    alike: Option<&'a ShopProduct>,
}

impl<'a> Matches<'a> {
    fn of(product: &OfficeProduct, shop: &'a ShopView) -> Matches<'a> {
        let number = MatchNumber::of(&product.number);
        let found =
            number.as_ref().and_then(|number| shop.by_number.get(number)).map_or(&[][..], Vec::as_slice);
        // A variation without an SKU of its own answers with its parent's: it is no match by itself. What lies in the
        // trash holds no SKU.
        let (exact, alike): (Vec<&ShopProduct>, Vec<&ShopProduct>) = found
            .iter()
            .filter(|one| !found.iter().any(|other| Some(other.id) == one.parent) && one.status != "trash")
            .partition(|one| MatchNumber::of(&one.sku) == number);
        Matches { exact, alike: alike.first().copied() }
    }

    /// The only one there is, if there is one.
    ///
    /// # Errors
    /// Why none of them can be meant.
    fn only(&self, product: &OfficeProduct, shop: &ShopView) -> Result<Option<&'a ShopProduct>, String> {
        match (self.exact.as_slice(), self.alike) {
            // The shop's database compares more loosely than we do, so it takes no second product with such a number.
            ([], Some(alike)) => Err(format!(
                "to the shop the SKU {:?} of its product {} is the same as {:?}: give one of them another",
                alike.sku, alike.id, product.number
            )),
            ([], None) => Ok(None),
            ([one], _) => match shop.linked.get(&one.id) {
                Some(other) if *other != product.id => Err(format!(
                    "the shop's product {} has this SKU and belongs to product {other} of Loomis Pay: give one of products {} and {other} another number",
                    one.id, product.id
                )),
                _ => Ok(Some(one)),
            },
            (many, _) => Err(format!(
                "the SKU is not unique in the shop: products {} have it, Loomis Pay's product {} meets them all; give all but one another",
                ids(many.iter().map(|one| one.id)),
                product.id
            )),
        }
    }
}

/// Looks for the product by its number: adopts it, makes it, or refuses.
fn unlinked(settings: &ProductSettings, candidate: &Candidate, shop: &ShopView) -> Verdict {
    let product = &candidate.product;
    match Matches::of(product, shop).only(product, shop) {
        Err(reason) => Verdict::refused(reason),
        Ok(Some(one)) => existing::update(settings, candidate, shop, None, None, one),
        Ok(None) if product.is_parent && candidate.variants.is_empty() => {
            Verdict::waits("a parent without variants on the web shop: is made when it has one")
        }
        Ok(None) => new::create(settings, candidate, shop, None),
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
