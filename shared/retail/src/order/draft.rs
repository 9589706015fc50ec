//! An order or a return as it will be told to Loomis Pay, but for the ids of products that are still to be looked up or made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{
    Party,
    money::{self, Units},
    office::{Address, CustomerId, Kind, Line, OfficeOrder},
};
use crate::office::ProductId;

/// The product group of products that we make for lines. `SETTINGS.md`, *Lines*.
pub const NEW_GOODS_GROUP: &str = "WooCommerce";
/// The product group of [`Special`] products. `API.md` §5.
pub const SPECIALS_GROUP: &str = "DIVERSE";

/// An [`OfficeOrder`] whose products are not all known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The web order's id.
    pub reference: u64,
    /// `woo:<department>:<order>`, for a return `…:refund:<refund>`.
    pub reference_comment: String,
    /// For people.
    pub comments: String,
    /// When the web order was placed, or the refund made.
    pub ordered: Timestamp,
    /// Where the bill goes.
    pub billing: Address,
    /// Where the goods go.
    pub shipping: Address,
    /// The lines, in order.
    pub lines: Vec<DraftLine>,
}

/// A line of a [`Draft`]. Prices are per unit, two decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    /// The shop's id of the order's line that it comes from; `None` for shipping, fees and rests.
    pub of_line: Option<u64>,
    /// The product.
    pub good: GoodRef,
    /// How many; negative in a return, and for a negative fee.
    pub quantity: Decimal,
    /// Without VAT, before the discount.
    pub price_ex_vat: Decimal,
    /// Including VAT, before the discount.
    pub price_inc_vat: Decimal,
    /// Percent.
    pub vat_percent: Decimal,
    /// Off each unit, including VAT; above 0.
    pub discount_inc_vat: Option<Decimal>,
    /// What the customer chose, or what a special line stands for.
    pub comments: String,
}

/// The product of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoodRef {
    /// Loomis Pay has it.
    Known(ProductId),
    /// One of our own, in the group [`SPECIALS_GROUP`], made when missing.
    Special(Special),
    /// It is made first, unless its number has come to be there meanwhile.
    ToCreate(NewGood),
}

/// Products that lines without goods are booked on. `API.md` §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Special {
    /// Shipping.
    #[serde(rename = "SHIPPING")]
    Shipping,
    /// Fees, gift cards, and what a line can't carry itself.
    #[serde(rename = "FEE")]
    Fee,
    /// An amount given back without goods.
    #[serde(rename = "REFUND")]
    Refund,
}

impl Special {
    /// Its number, and its name.
    pub fn number(self) -> &'static str {
        match self {
            Special::Shipping => "SHIPPING",
            Special::Fee => "FEE",
            Special::Refund => "REFUND",
        }
    }
}

/// A product to make in Loomis Pay, in the group [`NEW_GOODS_GROUP`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NewGood {
    /// The SKU, or `WC-<product id>[-<variation id>]`.
    pub number: String,
    /// The name.
    pub name: String,
    /// What it was sold for before discounts, including VAT. 0 is an open price there.
    pub price_inc_vat: Decimal,
    /// Percent.
    pub vat_percent: Decimal,
}

impl DraftLine {
    /// A line of these units. `back`: they are given back, or it is a negative fee.
    pub(crate) fn new(
        good: GoodRef,
        units: Units,
        back: bool,
        percent: Decimal,
        comments: String,
    ) -> DraftLine {
        let price_inc_vat = money::amount_of(units.price);
        DraftLine {
            of_line: None,
            good,
            quantity: if back { -units.quantity } else { units.quantity },
            price_ex_vat: without_vat(price_inc_vat, percent),
            price_inc_vat,
            vat_percent: percent,
            discount_inc_vat: (units.discount > 0).then(|| money::amount_of(units.discount)),
            comments,
        }
    }

    /// What the line comes to, including VAT.
    pub fn total_inc_vat(&self) -> Decimal {
        (self.price_inc_vat - self.discount_inc_vat.unwrap_or_default()) * self.quantity
    }
}

/// To two decimals.
fn without_vat(inc_vat: Decimal, percent: Decimal) -> Decimal {
    let factor = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let mut ex = (inc_vat / factor).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    ex.rescale(2);
    ex
}

impl Draft {
    /// What it comes to, including VAT; negative for a return.
    pub fn total_inc_vat(&self) -> Decimal {
        self.lines.iter().map(DraftLine::total_inc_vat).sum()
    }

    /// Its products, each once, those to make and to look up among them.
    pub fn goods(&self) -> Vec<&GoodRef> {
        let mut goods: Vec<&GoodRef> = self.lines.iter().map(|line| &line.good).collect();
        goods.sort_unstable();
        goods.dedup();
        goods
    }

    /// The quantities that leave the stock, by the shop's line: what a deduction is made of.
    pub fn stock_lines(&self) -> Vec<(u64, &GoodRef, Decimal)> {
        let mut lines: BTreeMap<u64, (&GoodRef, Decimal)> = BTreeMap::new();
        for line in &self.lines {
            if let Some(id) = line.of_line {
                lines.entry(id).or_insert((&line.good, Decimal::ZERO)).1 += line.quantity;
            }
        }
        lines.into_iter().map(|(id, (good, quantity))| (id, good, quantity)).collect()
    }

    /// A locked customer order.
    pub fn customer_order(&self, may_be_unlocked: bool) -> Kind {
        Kind::CustomerOrder { shipping: self.shipping.clone(), locked: true, may_be_unlocked }
    }

    /// The order, with its products' ids.
    ///
    /// # Errors
    /// The first product that `find` doesn't know.
    pub fn fill(
        &self,
        kind: Kind,
        customer: Option<CustomerId>,
        find: impl Fn(&GoodRef) -> Option<ProductId>,
    ) -> Result<OfficeOrder, GoodRef> {
        let line = |line: &DraftLine| {
            let product = match &line.good {
                GoodRef::Known(id) => *id,
                other => find(other).ok_or_else(|| other.clone())?,
            };
            Ok(Line {
                product,
                quantity: line.quantity,
                price_ex_vat: line.price_ex_vat,
                price_inc_vat: line.price_inc_vat,
                vat_percent: line.vat_percent,
                discount_inc_vat: line.discount_inc_vat,
                comments: line.comments.clone(),
            })
        };
        Ok(OfficeOrder {
            reference: self.reference,
            reference_comment: self.reference_comment.clone(),
            comments: self.comments.clone(),
            ordered: self.ordered,
            customer,
            billing: self.billing.clone(),
            lines: self.lines.iter().map(line).collect::<Result<_, _>>()?,
            kind,
        })
    }
}

impl Party {
    /// The address as Loomis Pay takes it.
    pub fn to_address(&self) -> Address {
        let lines = [self.address.trim(), self.address_2.trim()];
        Address {
            address: lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", "),
            city: self.city.clone(),
            zip: self.zip.clone(),
            country: self.country.clone(),
        }
    }
}
