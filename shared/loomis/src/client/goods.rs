//! Products and product groups, looked for and made. `API.md` §3: making one that exists makes a twin, so look first.

use retail::{
    number::MatchNumber,
    office::{OfficeProduct, ProductId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Client,
    session::{Ask, List},
};
use crate::{
    Priority,
    error::{Call, Error},
    loose::{self, Field},
    order::{json_bytes, number},
    product,
    saved::{identity, object, ours},
};

/// A product to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGood {
    /// The name.
    pub name: String,
    /// The product number.
    pub number: String,
    /// The normal price, including VAT.
    pub price_inc_vat: Decimal,
    /// VAT in percent.
    pub vat_percent: Decimal,
    /// The product group: `category_id`.
    pub category: u64,
}

/// A product group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRow {
    /// `category_id`.
    pub id: u64,
    /// `category_name`: the whole path, `Kitchen > Mugs`.
    pub path: String,
}

const PRODUCTS: List = List { name: "products", field: |envelope| envelope.products };
const CATEGORIES: List = List { name: "categories", field: |envelope| envelope.categories };

#[derive(Serialize)]
struct Products<'a> {
    product_data: [Product<'a>; 1],
}

#[derive(Serialize)]
struct Product<'a> {
    product_name: &'a str,
    product_number: &'a str,
    price_inc_vat: Box<RawValue>,
    vatrate_percent: Box<RawValue>,
    category_id: u64,
}

#[derive(Serialize)]
struct Categories<'a> {
    category_data: [Category<'a>; 1],
}

#[derive(Serialize)]
struct Category<'a> {
    category_name: &'a str,
    category_type: &'static str,
}

#[derive(Deserialize)]
struct ProductSaved<'a> {
    #[serde(borrow)]
    product_id: Field<'a>,
    #[serde(borrow)]
    product_name: Field<'a>,
}

#[derive(Deserialize)]
struct CategoryHere<'a> {
    #[serde(borrow)]
    category_id: Field<'a>,
    #[serde(borrow)]
    category_name: Field<'a>,
}

impl Client {
    /// Makes a product. Look first: a number that exists makes a twin.
    ///
    /// # Errors
    /// [`Error`]; the fates of a save, as of [`Client::save_order`].
    pub async fn save_product(&self, good: &NewGood) -> Result<ProductId, Error> {
        let row = Product {
            product_name: &good.name,
            product_number: &good.number,
            price_inc_vat: number(good.price_inc_vat),
            vatrate_percent: number(good.vat_percent),
            category_id: good.category,
        };
        let body = json_bytes(&Products { product_data: [row] });
        let ask = Ask { body: Some(body), ..Ask::new(Call::SaveProduct, Priority::Orders) };
        let saved = self.session.save(&ask, |envelope, status| {
            ours(envelope, status, |row| {
                let row: ProductSaved<'_> = object(row)?;
                named(&good.name, row.product_name, || identity("product_id", row.product_id))
            })
        });
        saved.await.map(ProductId)
    }

    /// The products with that number as numbers are compared ([`MatchNumber`]), deleted ones too, whatever the server's
    /// filter makes of it.
    ///
    /// # Errors
    /// [`Error`]; also where a row can't be read, for it could be the one.
    pub async fn find_products_by_number(&self, number: &str) -> Result<Vec<OfficeProduct>, Error> {
        let query = vec![
            ("sort_by".into(), "product_id".into()),
            ("sort_order".into(), "ASC".into()),
            ("filter[product_number]".into(), number.into()),
        ];
        let ask = Ask { query, ..Ask::new(Call::Products, Priority::Orders) };
        let (mut found, ()) = self.session.all(ask, PRODUCTS, product::one, |_, _| Ok(())).await?;
        let asked = MatchNumber::of(number);
        found.retain(|product| MatchNumber::of(&product.number) == asked);
        Ok(found)
    }

    /// The product groups with that path, whatever the server's filter makes of it: compared step by step, in any case
    /// and without the space around.
    ///
    /// # Errors
    /// [`Error`]; also where a row can't be read, for it could be the one.
    pub async fn find_category(&self, path: &str) -> Result<Vec<CategoryRow>, Error> {
        let query = vec![("filter[category_name]".into(), path.into())];
        let ask = Ask { query, ..Ask::new(Call::Categories, Priority::Orders) };
        let read = |row: Field<'_>| {
            let row: CategoryHere<'_> = object(row)?;
            let path = loose::text(row.category_name).map_err(|reason| format!("category_name: {reason}"))?;
            Ok(CategoryRow { id: identity("category_id", row.category_id)?, path })
        };
        let (mut found, ()) = self.session.all(ask, CATEGORIES, read, |_, _| Ok(())).await?;
        let asked = steps(path);
        found.retain(|category| steps(&category.path) == asked);
        Ok(found)
    }

    /// Makes a product group with that path. Look first: saving it twice makes two.
    ///
    /// # Errors
    /// [`Error`]; the fates of a save, as of [`Client::save_order`].
    pub async fn save_category(&self, path: &str) -> Result<u64, Error> {
        let row = Category { category_name: path, category_type: "product" };
        let body = json_bytes(&Categories { category_data: [row] });
        let ask = Ask { body: Some(body), ..Ask::new(Call::SaveCategory, Priority::Orders) };
        let saved = self.session.save(&ask, |envelope, status| {
            ours(envelope, status, |row| {
                let row: CategoryHere<'_> = object(row)?;
                named(path, row.category_name, || identity("category_id", row.category_id))
            })
        });
        saved.await
    }
}

/// What `read` makes of a row that is called `name`, or isn't called anything.
fn named<T>(
    name: &str,
    field: Field<'_>,
    read: impl FnOnce() -> Result<T, String>,
) -> Result<Option<T>, String> {
    let found = loose::text(field)?;
    if found.trim().is_empty() || found.split_whitespace().eq(name.split_whitespace()) {
        read().map(Some)
    } else {
        Ok(None)
    }
}

fn steps(path: &str) -> Vec<Option<MatchNumber>> {
    path.split('>').map(MatchNumber::of).collect()
}
