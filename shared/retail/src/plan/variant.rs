//! A variant: a variation of the shop's product that its parent is.

use super::{Candidate, Matches, ShopView, Verdict, existing, ids, new};
use crate::{
    attribute,
    change::{Act, Under},
    number::{MatchNumber, survives},
    office::ProductId,
    settings::ProductSettings,
    shop::{ShopId, ShopProduct},
};

/// A variant's parent, as it was decided about.
#[derive(Clone, Copy)]
pub(super) struct Parent<'a> {
    candidate: Option<&'a Candidate>,
    verdict: Option<&'a Verdict>,
    shop: &'a ShopView,
}

/// Where a variant stands, or will.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) under: Under,
    /// The parent in Loomis Pay.
    pub(super) parent: &'a Candidate,
    /// The parent in the shop.
    pub(super) product: Option<&'a ShopProduct>,
    /// The tax class that its parent has, or will have.
    pub(super) tax_class: &'a str,
}

impl<'a> Parent<'a> {
    pub(super) fn of(
        candidate: Option<&'a Candidate>,
        verdicts: &'a std::collections::HashMap<ProductId, Verdict>,
        shop: &'a ShopView,
    ) -> Parent<'a> {
        Parent { candidate, verdict: candidate.and_then(|one| verdicts.get(&one.product.id)), shop }
    }

    /// Where the variant belongs, or what becomes of it because its parent is nowhere.
    pub(super) fn home(self, variant: &Candidate) -> Result<Home<'a>, Box<Verdict>> {
        let refused = |reason: String| Err(Box::new(Verdict::refused(reason)));
        let product = &variant.product;
        if product.parent == Some(product.id) {
            return refused("says it is its own parent: correct it in Loomis Pay".to_owned());
        }
        if product.is_parent {
            return refused("is both a parent and a variant: correct it in Loomis Pay".to_owned());
        }
        let Some(parent) = self.candidate else {
            let id = product.parent.map(|id| id.to_string()).unwrap_or_default();
            return refused(format!("its parent {id} is not in Loomis Pay's catalogue"));
        };
        let id = parent.product.id;
        if parent.product.parent.is_some() {
            return refused(format!("its parent {id} is itself a variant: correct it in Loomis Pay"));
        }
        if parent.product.deleted || !parent.product.visible {
            return refused(format!("its parent {id} is not on the web shop: show it, or hide this variant"));
        }
        if !parent.product.is_parent {
            return refused(format!("its parent {id} is no parent of variants: correct it in Loomis Pay"));
        }
        let at = |shop: ShopId| {
            let product = self.shop.product(shop);
            let tax_class = product.map_or("", |product| product.tax_class.as_str());
            Home { under: Under::Shop(shop), parent, product, tax_class }
        };
        match self.verdict {
            Some(Verdict::Change(change)) => Ok(match &change.act {
                Act::Create(new) => Home {
                    under: Under::ToBeMade,
                    parent,
                    product: None,
                    tax_class: new.tax_class.as_deref().unwrap_or_default(),
                },
                Act::Update { shop, .. } => at(*shop),
            }),
            Some(Verdict::Quiet { shop: Some(shop), .. }) => Ok(at(*shop)),
            Some(Verdict::Quiet { shop: None, remarks }) => {
                let (shop, remarks) = (None, remarks.clone());
                Err(Box::new(Verdict::Quiet { shop, remarks }))
            }
            Some(Verdict::Refused { reason, waits }) => {
                let reason = format!("its parent {id}: {reason}");
                Err(Box::new(Verdict::Refused { reason, waits: *waits }))
            }
            None => Err(Box::new(Verdict::waits(format!("its parent {id} was not decided about")))),
        }
    }
}

impl Home<'_> {
    /// What tells the variant from its siblings.
    pub(super) fn option(&self, variant: &Candidate) -> String {
        attribute::option(&self.parent.product.name, &variant.product.name)
    }

    /// The siblings that a customer could not tell from it.
    fn alike(&self, variant: &Candidate) -> Vec<ProductId> {
        let option = self.option(variant);
        let alike =
            |name: &str| attribute::same(&attribute::option(&self.parent.product.name, name), &option);
        let siblings = self.parent.variants.iter().filter(|one| one.id != variant.product.id);
        siblings.filter(|one| alike(&one.name)).map(|one| one.id).collect()
    }
}

/// Looks for the variation by its number, then by its option: adopts it, makes it, or refuses.
pub(super) fn unlinked(
    settings: &ProductSettings,
    candidate: &Candidate,
    home: Home<'_>,
    shop: &ShopView,
) -> Verdict {
    let product = &candidate.product;
    let found = match Matches::of(product, shop).only(product, shop) {
        Err(reason) => return Verdict::refused(reason),
        Ok(found) => found,
    };
    if let Some(found) = found {
        return existing::update(settings, candidate, shop, Some(home), None, found);
    }
    let alike = home.alike(candidate);
    if !alike.is_empty() {
        return Verdict::refused(format!(
            "variants {} and {} have one name: give them different ones",
            product.id,
            ids(alike.into_iter())
        ));
    }
    let option = home.option(candidate);
    match nameless(candidate, home, shop).as_slice() {
        [] if !survives(&option) => Verdict::refused(format!(
            "the shop would not keep the option {option:?} as it is (no <, no %41 and the like): give the variant another name"
        )),
        [] => new::create(settings, candidate, shop, Some(home)),
        [one] => existing::update(settings, candidate, shop, Some(home), None, one),
        many => Verdict::refused(format!(
            "the shop's variations {} have this option and no SKU: give one of them the SKU {:?}",
            ids(many.iter().map(|one| one.id)),
            product.number.trim()
        )),
    }
}

/// The variations without an SKU of their own that have the variant's option, and belong to nobody.
fn nameless<'a>(candidate: &Candidate, home: Home<'_>, shop: &'a ShopView) -> Vec<&'a ShopProduct> {
    let Under::Shop(parent) = home.under else { return Vec::new() };
    let option = home.option(candidate);
    let parents = home.product.and_then(|product| MatchNumber::of(&product.sku));
    let is_nameless = |one: &&ShopProduct| {
        let own = MatchNumber::of(&one.sku);
        own.is_none() || own == parents
    };
    let has_option = |one: &&ShopProduct| {
        let options: Vec<&str> = one.options.iter().map(|one| one.option.as_str()).collect();
        options.iter().any(|one| attribute::same(one, &option))
            || attribute::same(&options.join(" "), &option)
    };
    let variations = shop.variations.get(&parent).map_or(&[][..], Vec::as_slice);
    let free = |one: &&ShopProduct| !shop.linked.contains_key(&one.id) && one.status != "trash";
    variations.iter().filter(free).filter(is_nameless).filter(has_option).collect()
}
