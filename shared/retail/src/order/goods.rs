//! Which product of Loomis Pay a line is. `SETTINGS.md`, *Lines*, *Numbers*.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    OrderLine, WebOrder,
    draft::{GoodRef, NewGood},
    waiting::{Reason, Waiting},
};
use crate::{number::MatchNumber, office::ProductId, shop::ShopId};

/// What is known of the products of an order: links, and products by their numbers. See [`wanted`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// By the shop's product or variation.
    pub links: BTreeMap<ShopId, ProductId>,
    /// By number. Left out: Loomis Pay has none of that number.
    pub numbers: BTreeMap<MatchNumber, Numbered>,
}

/// The products of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// One.
    One(ProductId),
    /// Several: none is guessed.
    Many,
}

/// What has to be looked up before [`draft`](super::mapping::draft) is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Links of these.
    pub shop: Vec<ShopId>,
    /// Products of these numbers.
    pub numbers: Vec<MatchNumber>,
}

/// The products and numbers that an order's lines name.
pub fn wanted(order: &WebOrder) -> Wanted {
    let mut wanted = Wanted::default();
    for line in &order.lines {
        wanted.shop.extend(line.shop_id());
        wanted.numbers.extend(line.number().and_then(|number| MatchNumber::of(&number)));
    }
    wanted.shop.sort_unstable();
    wanted.shop.dedup();
    wanted.numbers.sort_unstable();
    wanted.numbers.dedup();
    wanted
}

impl OrderLine {
    /// The variation, or the product where it has none; `None` where the shop's product is gone.
    pub fn shop_id(&self) -> Option<ShopId> {
        self.product.and(self.variation.or(self.product))
    }

    /// The number that it has in Loomis Pay, or would get there: the SKU, or `WC-<product id>[-<variation id>]`.
    pub fn number(&self) -> Option<String> {
        let sku = self.sku.split_whitespace().collect::<Vec<_>>().join(" ");
        if !sku.is_empty() {
            return Some(sku);
        }
        let product = self.product?;
        Some(match self.variation {
            Some(variation) => format!("WC-{product}-{variation}"),
            None => format!("WC-{product}"),
        })
    }
}

/// Why a line has no product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The shop's product is gone.
    Gone(String),
    /// Loomis Pay has none, or several.
    Unknown(String),
}

impl Goods {
    /// The product of a line whose quantity leaves the stock; one that is to be made, where `create` allows it, has no price
    /// yet.
    ///
    /// # Errors
    /// Why it has none.
    pub fn of_stock(&self, line: &OrderLine, create: bool) -> Result<GoodRef, Waiting> {
        let found = self.of(line, create, Decimal::ZERO, Decimal::ZERO);
        found.map_err(|missing| match missing {
            Missing::Gone(detail) => Waiting::new(Reason::ProductGone, detail),
            Missing::Unknown(detail) => Waiting::new(Reason::UnknownProduct, detail),
        })
    }

    /// The product of a line: by its link, by its number, or to be made for this price and VAT where `create` allows it.
    pub(crate) fn of(
        &self,
        line: &OrderLine,
        create: bool,
        price_inc_vat: Decimal,
        vat_percent: Decimal,
    ) -> Result<GoodRef, Missing> {
        let gone = || Missing::Gone(format!("“{}”: the shop no longer has this product", line.name));
        let id = line.shop_id().ok_or_else(gone)?;
        let number = line.number().ok_or_else(gone)?;
        if let Some(known) = self.links.get(&id) {
            return Ok(GoodRef::Known(*known));
        }
        match MatchNumber::of(&number).and_then(|number| self.numbers.get(&number)) {
            Some(Numbered::One(known)) => Ok(GoodRef::Known(*known)),
            Some(Numbered::Many) => Err(Missing::Unknown(format!(
                "“{}”: several products in Loomis Pay have the number {number}",
                line.name
            ))),
            None if create => {
                let name = if line.name.trim().is_empty() { number.clone() } else { line.name.clone() };
                Ok(GoodRef::ToCreate(NewGood { number, name, price_inc_vat, vat_percent }))
            }
            None => Err(Missing::Unknown(format!("“{}” ({number})", line.name))),
        }
    }
}
