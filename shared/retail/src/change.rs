//! Changes: what a plan would do, as values that can be printed, counted and compared.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    attribute,
    office::ProductId,
    shop::{MediaId, ShopAttribute, ShopId, ShopOption},
};

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
        /// The product that it is a variation of.
        under: Option<ShopId>,
        /// It was found by its SKU and is to be linked.
        adopt: bool,
        /// The fields; empty where the link is all.
        fields: Vec<FieldChange>,
    },
}

/// What is made of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A simple product.
    Simple,
    /// A variable product: a parent.
    Variable,
    /// A variation.
    Variation {
        /// Of which product.
        under: Under,
        /// What tells it from its siblings.
        option: String,
        /// Kept from customers until a person switches it on: its parent is published.
        private: bool,
    },
}

/// Where a variation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// Under this product of the shop.
    Shop(ShopId),
    /// Under the parent that the same plan makes.
    ToBeMade,
}

/// A product or variation to make in the shop. A product is always a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// What is made of it.
    pub form: Form,
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
    /// The product group: names of categories, from the top down.
    pub group: Option<Vec<String>>,
    /// The attributes.
    pub attributes: Vec<ShopAttribute>,
    /// The images' addresses, the main one first. They are attached once it is made, so that a bad one costs itself only.
    pub images: Vec<String>,
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
    /// Taken off the web shop: a product becomes a draft, a variation private.
    Draft {
        /// The status it has.
        from: String,
        /// The status it gets.
        to: Off,
    },
    /// A product's attributes, all of them: a write replaces them whole.
    Attributes {
        /// As the shop has them.
        from: Vec<ShopAttribute>,
        /// What is written.
        to: Vec<ShopAttribute>,
    },
    /// A variation's options, all of them.
    Options {
        /// As the shop has them.
        from: Vec<ShopOption>,
        /// What is written.
        to: Vec<ShopOption>,
    },
    /// Images for a product that has none, or whose list was not finished.
    Images {
        /// The media files that stay, in order.
        present: Vec<MediaId>,
        /// The whole list of addresses, the main one first, as it stood when the first was attached.
        urls: Vec<String>,
        /// So many of them are done with.
        done: usize,
    },
}

/// The status of what was taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// A product's.
    Draft,
    /// A variation's.
    Private,
}

impl Off {
    /// The status's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Off::Draft => "draft",
            Off::Private => "private",
        }
    }
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
            Act::Update { fields, .. } => fields.iter().flat_map(FieldChange::lines).collect(),
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

    /// The images that it attaches, if it does nothing else with the rest of what it carries.
    pub fn images(&self) -> Option<&FieldChange> {
        match &self.act {
            Act::Create(_) => None,
            Act::Update { fields, .. } => {
                fields.iter().find(|field| matches!(field, FieldChange::Images { .. }))
            }
        }
    }

    /// The same change without its images, which are attached by themselves.
    pub fn without_images(mut self) -> Change {
        if let Act::Update { fields, .. } = &mut self.act {
            fields.retain(|field| !matches!(field, FieldChange::Images { .. }));
        }
        self
    }

    /// The product that it is a variation of, or will be.
    pub fn under(&self) -> Option<Under> {
        match &self.act {
            Act::Create(new) => match new.form {
                Form::Variation { under, .. } => Some(under),
                Form::Simple | Form::Variable => None,
            },
            Act::Update { under, .. } => under.map(Under::Shop),
        }
    }

    /// Whether its parent must have its option before.
    pub fn needs_its_parent(&self) -> bool {
        match &self.act {
            Act::Create(new) => matches!(new.form, Form::Variation { .. }),
            Act::Update { fields, .. } => {
                fields.iter().any(|field| matches!(field, FieldChange::Options { .. }))
            }
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
        lines.extend(self.group.as_ref().map(|path| line(Kind::Group, path.join(" > "))));
        lines.extend(self.attributes.iter().map(|one| line(Kind::Attribute, attribute::told(one))));
        if let Form::Variation { option, .. } = &self.form {
            lines.push(line(Kind::Attribute, format!("{}: {option}", attribute::VARIANT)));
        }
        lines.extend(self.images.iter().map(|url| line(Kind::Image, url.clone())));
        lines
    }
}

impl FieldChange {
    /// The preview's lines: one, but for lists.
    pub fn lines(&self) -> Vec<Line> {
        match self {
            FieldChange::Attributes { from, to } => attribute::lines(from, to),
            FieldChange::Options { from, to } => attribute::option_lines(from, to),
            FieldChange::Images { urls, done, .. } => {
                let line = |url: &String| Line { kind: Kind::Image, from: String::new(), to: url.clone() };
                urls.iter().skip(*done).map(line).collect()
            }
            single => single.line().into_iter().collect(),
        }
    }

    fn line(&self) -> Option<Line> {
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
            FieldChange::Draft { from, to } => (Kind::Draft, from.clone(), to.as_str().to_owned()),
            FieldChange::Attributes { .. } | FieldChange::Options { .. } | FieldChange::Images { .. } => {
                return None;
            }
        };
        Some(Line { kind, from, to })
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
