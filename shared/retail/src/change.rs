//! Changes: what a plan would do, as values that can be printed, counted and compared.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{office::ProductId, shop::ShopId};

/// What is to be done about one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// Its number, as Loomis Pay spells it.
    pub number: String,
    /// Its name in Loomis Pay.
    pub name: String,
    /// What is to be done.
    pub act: Act,
    /// What is not done, and why.
    pub remarks: Vec<Remark>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Make it in the shop, as a draft.
    Create(Box<NewProduct>),
    /// Write these fields of an existing product of the shop.
    Update {
        /// Which.
        shop: ShopId,
        /// It was found by its SKU and is to be linked.
        adopt: bool,
        /// The fields; empty where the link is all.
        fields: Vec<FieldChange>,
    },
}

/// A product to make in the shop. Always a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// The name.
    pub name: String,
    /// The product number, trimmed.
    pub sku: String,
    /// The regular price in the shop's form.
    pub regular_price: Option<Decimal>,
    /// The sale price in the shop's form.
    pub sale_price: Option<Decimal>,
    /// The description; may hold HTML.
    pub description: Option<String>,
    /// The tax class's slug; empty for the standard class, `None` to leave it to the shop.
    pub tax_class: Option<String>,
    /// The stock; `None` to leave it to the shop.
    pub stock: Option<StockTarget>,
    /// A valid GTIN.
    pub gtin: Option<String>,
}

/// The stock to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockTarget {
    /// Managed, with this quantity.
    Managed(i64),
    /// Not managed by the shop.
    Unmanaged,
}

/// One field of an existing product of the shop. Prices are in the shop's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldChange {
    /// The name.
    Name {
        /// As the shop has it.
        from: String,
        /// As Loomis Pay has it.
        to: String,
    },
    /// The regular price.
    RegularPrice {
        /// As the shop has it.
        from: Option<Decimal>,
        /// What is written.
        to: Decimal,
    },
    /// The sale price.
    SalePrice {
        /// As the shop has it.
        from: Option<Decimal>,
        /// What is written; `None` clears it.
        to: Option<Decimal>,
    },
    /// The stock.
    Stock {
        /// As the shop has it; `None` where it is not managed.
        from: Option<Decimal>,
        /// What is written.
        to: StockTarget,
    },
    /// Taken off the web shop: becomes a draft.
    Draft {
        /// The status it has.
        from: String,
    },
}

/// The kinds of line that a preview has. `PROGRAM.md`, *preview*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A product is made.
    Create,
    /// The name.
    Name,
    /// The regular price.
    Price,
    /// The sale price.
    SalePrice,
    /// The stock.
    Stock,
    /// An image.
    Image,
    /// An attribute.
    Attribute,
    /// A product group.
    Group,
    /// Taken off the web shop.
    Draft,
}

impl Kind {
    /// The kind's name in a line.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Create => "create",
            Kind::Name => "name",
            Kind::Price => "price",
            Kind::SalePrice => "sale-price",
            Kind::Stock => "stock",
            Kind::Image => "image",
            Kind::Attribute => "attribute",
            Kind::Group => "group",
            Kind::Draft => "draft",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that is not done to a field, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The field.
    pub kind: Kind,
    /// Why, for a person.
    pub text: String,
}

/// One line of a preview: a field, from and to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The field.
    pub kind: Kind,
    /// What the shop has; empty for nothing.
    pub from: String,
    /// What it would have; empty for nothing.
    pub to: String,
}

impl Change {
    /// What the change writes, a line a field. An adoption that writes nothing has none.
    pub fn lines(&self) -> Vec<Line> {
        match &self.act {
            Act::Create(new) => new.lines(),
            Act::Update { fields, .. } => fields.iter().map(FieldChange::line).collect(),
        }
    }

    /// The sale price that it writes, in the shop's form, unless it clears one.
    pub fn sale_price(&self) -> Option<Decimal> {
        match &self.act {
            Act::Create(new) => new.sale_price,
            Act::Update { fields, .. } => fields.iter().find_map(|field| match field {
                FieldChange::SalePrice { to, .. } => *to,
                _ => None,
            }),
        }
    }

    /// Whether the shop has to be written to.
    pub fn writes(&self) -> bool {
        match &self.act {
            Act::Create(_) => true,
            Act::Update { fields, .. } => !fields.is_empty(),
        }
    }
}

impl NewProduct {
    fn lines(&self) -> Vec<Line> {
        let line = |kind, to| Line { kind, from: String::new(), to };
        let mut lines = vec![line(Kind::Create, self.name.clone())];
        lines.extend(self.regular_price.map(|price| line(Kind::Price, money(price))));
        lines.extend(self.sale_price.map(|price| line(Kind::SalePrice, money(price))));
        lines.extend(self.stock.map(|stock| line(Kind::Stock, stock.to_string())));
        lines
    }
}

impl FieldChange {
    /// The preview's line.
    pub fn line(&self) -> Line {
        let or_nothing = |price: &Option<Decimal>| price.map(money).unwrap_or_default();
        let (kind, from, to) = match self {
            FieldChange::Name { from, to } => (Kind::Name, from.clone(), to.clone()),
            FieldChange::RegularPrice { from, to } => (Kind::Price, or_nothing(from), money(*to)),
            FieldChange::SalePrice { from, to } => (Kind::SalePrice, or_nothing(from), or_nothing(to)),
            FieldChange::Stock { from, to } => (
                Kind::Stock,
                from.map_or("not managed".to_owned(), |n| n.normalize().to_string()),
                to.to_string(),
            ),
            FieldChange::Draft { from } => (Kind::Draft, from.clone(), "draft".to_owned()),
        };
        Line { kind, from, to }
    }
}

impl fmt::Display for StockTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StockTarget::Managed(quantity) => quantity.fmt(f),
            StockTarget::Unmanaged => f.write_str("not managed"),
        }
    }
}

/// An amount with at least two decimals and no idle zeros beyond.
pub fn money(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

#[cfg(test)]
mod tests;
