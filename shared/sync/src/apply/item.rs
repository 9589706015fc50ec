//! Changes as the shop's client takes them.

use retail::{
    change::{Act, Change, FieldChange, Form, NewProduct, StockTarget},
    shop::{ShopId, ShopOption},
};
use woocommerce::{
    Draft, NewKind, NewVariation, Private, ProductChange, ProductWrite, StockWrite, VariationChange,
    VariationWrite,
};

use super::groups::Groups;

/// A product's change.
pub(super) fn product(change: &Change, groups: &Groups) -> ProductWrite {
    match &change.act {
        Act::Create(new) => ProductWrite::Create(new_product(new, groups)),
        Act::Update { shop, fields, .. } => {
            ProductWrite::Update { id: *shop, change: product_change(fields) }
        }
    }
}

fn new_product(new: &NewProduct, groups: &Groups) -> woocommerce::NewProduct {
    woocommerce::NewProduct {
        kind: match new.form {
            Form::Variable => NewKind::Variable,
            Form::Simple | Form::Variation { .. } => NewKind::Simple,
        },
        name: new.name.clone(),
        sku: new.sku.clone(),
        regular_price: new.regular_price,
        sale_price: new.sale_price,
        description: new.description.clone(),
        tax_class: new.tax_class.clone(),
        stock: new.stock.map(stock),
        gtin: new.gtin.clone(),
        categories: new.group.as_ref().and_then(|path| groups.get(path)).copied().into_iter().collect(),
        attributes: new.attributes.clone(),
    }
}

fn product_change(fields: &[FieldChange]) -> ProductChange {
    let mut change = ProductChange::default();
    for field in fields {
        match field {
            FieldChange::Name { to, .. } => change.name = Some(to.clone()),
            FieldChange::RegularPrice { to, .. } => change.regular_price = Some(*to),
            FieldChange::SalePrice { to, .. } => change.sale_price = Some(*to),
            FieldChange::Stock { to, .. } => change.stock = Some(stock(*to)),
            FieldChange::Draft { .. } => change.status = Some(Draft),
            FieldChange::Attributes { to, .. } => change.attributes = Some(to.clone()),
            // A variation's; and what is attached by itself.
            FieldChange::Options { .. } | FieldChange::Images { .. } => {}
        }
    }
    change
}

/// A variation's change.
pub(super) fn variation(change: &Change) -> VariationWrite {
    match &change.act {
        Act::Create(new) => VariationWrite::Create(new_variation(new)),
        Act::Update { shop, fields, .. } => variation_change(*shop, fields),
    }
}

fn new_variation(new: &NewProduct) -> NewVariation {
    let (options, private) = match &new.form {
        Form::Variation { option, private, .. } => {
            let name = retail::attribute::VARIANT.to_owned();
            (vec![ShopOption { id: 0, name, option: option.clone() }], *private)
        }
        Form::Simple | Form::Variable => (Vec::new(), false),
    };
    NewVariation {
        sku: new.sku.clone(),
        regular_price: new.regular_price,
        sale_price: new.sale_price,
        description: new.description.clone(),
        tax_class: new.tax_class.clone(),
        stock: new.stock.map(stock),
        gtin: new.gtin.clone(),
        options,
        private,
    }
}

fn variation_change(id: ShopId, fields: &[FieldChange]) -> VariationWrite {
    let mut change = VariationChange::default();
    for field in fields {
        match field {
            FieldChange::RegularPrice { to, .. } => change.regular_price = Some(*to),
            FieldChange::SalePrice { to, .. } => change.sale_price = Some(*to),
            FieldChange::Stock { to, .. } => change.stock = Some(stock(*to)),
            FieldChange::Draft { .. } => change.status = Some(Private),
            FieldChange::Options { to, .. } => change.options = Some(to.clone()),
            // A product's; and what is attached by itself.
            FieldChange::Name { .. } | FieldChange::Attributes { .. } | FieldChange::Images { .. } => {}
        }
    }
    VariationWrite::Update { id, change }
}

fn stock(target: StockTarget) -> StockWrite {
    match target {
        StockTarget::Managed(quantity) => StockWrite::Managed(quantity),
        StockTarget::Unmanaged => StockWrite::Unmanaged,
    }
}
