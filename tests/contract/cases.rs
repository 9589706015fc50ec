//! The cases, by what they are about.

mod attributes;
mod batches;
mod categories;
mod changes;
mod families;
mod images;
mod login;
mod numbers;
mod products;
mod profile;
mod stock;
mod variations;

use futures_util::FutureExt;

use crate::{Case, synchronize};

macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        &[$(Case {
            name: concat!(stringify!($module), "::", stringify!($case)),
            run: |shop| $module::$case(shop).boxed_local(),
        }),*]
    };
}

/// All of them; the long one last.
pub(crate) const CASES: &[Case] = cases![
    login::open_ways,
    login::closed_ways,
    login::read_only,
    profile::told,
    products::made,
    products::prices,
    products::sale,
    products::names,
    products::description,
    products::tax_class,
    products::status,
    products::trash,
    numbers::taken,
    numbers::unguarded,
    numbers::looked_up,
    numbers::in_the_trash,
    numbers::barcodes,
    stock::managed,
    stock::bent,
    batches::by_position,
    batches::size,
    batches::unchecked,
    batches::fields,
    families::made,
    families::stock,
    families::privacy,
    families::numbers,
    families::strangers,
    variations::options,
    variations::texts,
    variations::lost,
    attributes::whole,
    attributes::texts,
    attributes::one_name,
    categories::path,
    categories::twins,
    categories::of_products,
    images::attached,
    images::refused,
    images::variation,
    changes::found,
    changes::asked,
    synchronize::whole,
];
