//! The shop's categories.

use retail::shop::{Category, CategoryId};
use serde::Deserialize;
use serde_json::json;
use world::Method;

use super::Client;
use crate::{Error, error::Kind, product::slashed, wire::CategoryRow};

/// The code of a category whose name another one under the same parent has.
const EXISTS: &str = "term_exists";

impl Client {
    /// All categories, by id.
    ///
    /// # Errors
    /// Trouble with the shop.
    pub async fn categories(&self) -> Result<Vec<Category>, Error> {
        let rows = self.list("products/categories", Vec::new(), "id,name,parent", CategoryRow::id).await?;
        Ok(rows.into_iter().map(CategoryRow::into_category).collect())
    }

    /// Makes a category, or finds the one that has the name under the same parent (not a name with a backslash, which the
    /// shop makes again). Not repeated by itself, but there is no harm in doing so.
    ///
    /// # Errors
    /// Trouble with the shop; the parent is gone.
    pub async fn create_category(&self, name: &str, parent: Option<CategoryId>) -> Result<CategoryId, Error> {
        let path = "products/categories";
        let mut body = json!({"name": slashed(name)});
        if let Some(CategoryId(parent)) = parent {
            body["parent"] = parent.into();
        }
        match self.write::<Made>(Method::Post, path, &body).await {
            Ok(Made { id: 0 }) => {
                let wrong = "a category was made without an id".to_owned();
                Err(Error::new(Method::Post, path, true, Kind::Shape(wrong)))
            }
            Ok(Made { id }) => Ok(CategoryId(id)),
            Err(error) => match error.existing().filter(|_| error.code() == Some(EXISTS)) {
                Some(id) => Ok(CategoryId(id)),
                None => Err(error),
            },
        }
    }
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[cfg(test)]
mod tests;
