//! Product groups as the shop's categories: matched by their whole path, made where one is missing.

use std::collections::HashMap;

use retail::{
    attribute::same,
    change::{Act, Change, Kind, NewProduct, Remark},
    fate::Fate,
    shop::{Category, CategoryId},
};

use super::Work;
use crate::Error;

/// The leaf's category of each path.
pub(super) type Groups = HashMap<Vec<String>, CategoryId>;

/// The shop's categories, and those paths that it would not take.
#[derive(Debug, Default)]
pub(super) struct Tree {
    all: Vec<Category>,
    refused: HashMap<Vec<String>, String>,
}

impl Tree {
    fn find(&self, name: &str, parent: Option<CategoryId>) -> Option<CategoryId> {
        let matches = |one: &&Category| one.parent == parent && same(&one.name, name);
        self.all.iter().filter(matches).map(|one| one.id).min()
    }
}

impl Work<'_> {
    /// The categories that these creations belong into. One whose group the shop won't take is made without, and says so.
    /// Whoever is here holds the department's right to write, so no other worker makes the same one.
    pub(super) async fn categories_of(&self, changes: &mut [Change]) -> Result<Groups, Error> {
        let mut groups = Groups::new();
        for change in changes {
            let Some(path) = new(change).and_then(|new| new.group.clone()) else { continue };
            if groups.contains_key(&path) {
                continue;
            }
            match self.category(&path).await? {
                Ok(id) => drop(groups.insert(path, id)),
                Err(reason) => {
                    if let Some(new) = new(change) {
                        new.group = None;
                    }
                    let text = format!("{} left out: {reason}", path.join(" > "));
                    change.remarks.push(Remark { kind: Kind::Group, text });
                }
            }
        }
        Ok(groups)
    }

    /// The category at the end of a path, or why there is none.
    async fn category(&self, path: &[String]) -> Result<Result<CategoryId, String>, Error> {
        let mut tree = self.categories.lock().await;
        let tree = match &mut *tree {
            Some(tree) => tree,
            none => none.insert(Tree { all: self.pair.shop.categories().await?, refused: HashMap::new() }),
        };
        if let Some(reason) = tree.refused.get(path) {
            return Ok(Err(reason.clone()));
        }
        let mut parent = None;
        for name in path {
            let id = match tree.find(name, parent) {
                Some(id) => id,
                None => match self.make_category(name, parent).await? {
                    Ok(id) => {
                        tree.all.push(Category { id, name: name.clone(), parent });
                        id
                    }
                    Err(reason) => {
                        tree.refused.insert(path.to_vec(), reason.clone());
                        return Ok(Err(reason));
                    }
                },
            };
            parent = Some(id);
        }
        Ok(parent.ok_or_else(|| "an empty path".to_owned()))
    }

    /// Makes a category. The shop finds one that is there already by itself, so a lost answer is asked for again.
    async fn make_category(
        &self,
        name: &str,
        parent: Option<CategoryId>,
    ) -> Result<Result<CategoryId, String>, Error> {
        self.lease.lock().await.keep(self.engine).await?;
        let mut made = self.pair.shop.create_category(name, parent).await;
        if matches!(&made, Err(error) if error.trouble().fate == Fate::Ambiguous) {
            made = self.pair.shop.create_category(name, parent).await;
        }
        match made {
            Ok(id) => Ok(Ok(id)),
            Err(error) => match error.trouble() {
                trouble if trouble.fate == Fate::Refusal => Ok(Err(trouble.reason)),
                _ => Err(error.into()),
            },
        }
    }
}

fn new(change: &mut Change) -> Option<&mut NewProduct> {
    match &mut change.act {
        Act::Create(new) => Some(new),
        Act::Update { .. } => None,
    }
}
