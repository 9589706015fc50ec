//! What a write does to a variation. `WC_REST_Product_Variations_Controller` is the model where no recording is.

use serde_json::{Map, Value};

use super::{Write, status, text, values::id};
use crate::shop::{
    answer::Refused,
    product::{Attribute, Choice, Manage, Product},
    show::sale_holds,
    text::{slug, stripped, term_name, unslashed},
};

impl Write<'_> {
    /// Makes a variation of that parent. Of a parent that isn't there too, without attributes: nobody's.
    pub(in crate::shop) fn create_variation(
        &mut self,
        parent: u64,
        fields: &Map<String, Value>,
    ) -> Result<u64, Refused> {
        super::not_there_yet(fields, "product_variation")?;
        let mut variation = Product {
            created: Some(self.now),
            modified: Some(self.now),
            ..Product::variation(parent, "", "")
        };
        let applied =
            self.apply_variation(&mut variation, fields).and_then(|()| self.not_in_lookup(&variation));
        if let Err(refused) = applied {
            return self.failed_on_images(variation, refused);
        }
        if self.state.catalogue.get(parent).is_none_or(Product::is_variation) {
            variation.parent = 0;
        }
        let id = self.keep_new(variation);
        self.state.catalogue.touch(parent, self.now);
        Ok(id)
    }

    /// Changes a variation of that parent. Its date is bumped whatever the fields are, and its parent's.
    pub(in crate::shop) fn update_variation(
        &mut self,
        parent: u64,
        id: u64,
        fields: &Map<String, Value>,
    ) -> Result<(), Refused> {
        let mut variation = self.state.catalogue.variation(&self.state.setup, parent, id)?.clone();
        variation.modified = Some(self.now);
        // Another's, which only shops before 9.2 let through: in v3 it is moved here.
        if !self.v2 {
            variation.parent = parent;
        }
        if let Err(refused) = self.apply_variation(&mut variation, fields) {
            return self.failed_on_images(variation, refused).map(|_| ());
        }
        self.state.catalogue.put(variation);
        self.state.catalogue.touch(parent, self.now);
        Ok(())
    }

    fn apply_variation(
        &mut self,
        variation: &mut Product,
        fields: &Map<String, Value>,
    ) -> Result<(), Refused> {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "status" if !self.v2 => variation.status = status(value),
                "visible" if self.v2 => {
                    variation.status = if *value == false { "private" } else { "publish" }.to_owned();
                }
                "tax_class" => variation.tax_class = self.tax_class(value, &["parent"]),
                "menu_order" if *value != 0 => variation.menu_order = super::whole(value),
                _ => self.field(variation, name, value),
            }
        }
        self.numbers(variation, fields)?;
        if let Some(image) = fields.get("image").filter(|image| !image.is_null()) {
            variation.images = self.variation_image(image)?;
        }
        self.stock(variation, fields);
        if !is_managed(variation, self.state.catalogue.get(variation.parent)) {
            variation.backorders = "no".to_owned();
        }
        if !sale_holds(variation) {
            variation.sale_price.clear();
        }
        if let Some(list) = fields.get("attributes").filter(|list| !list.is_null()) {
            variation.choices = self.choices(variation.parent, list)?;
        }
        Ok(())
    }

    /// What is chosen of the parent's attributes; the names of others are passed over.
    fn choices(&self, parent: u64, list: &Value) -> Result<Vec<Choice>, Refused> {
        let Some(parent) = self.state.catalogue.get(parent) else {
            let code = "woocommerce_rest_product_variation_invalid_parent";
            return Err(Refused::new(404, code, "Cannot set attributes due to invalid parent product."));
        };
        let mut choices: Vec<Choice> = Vec::new();
        for sent in list.as_array().into_iter().flatten() {
            let global = id(&sent["id"]);
            let key = match self.state.setup.attributes.iter().find(|known| known.id == global) {
                Some(known) => known.slug.clone(),
                None if global == 0 => slug(&text(&sent["name"])),
                None => continue,
            };
            let Some(attribute) = parent.attributes.iter().find(|a| a.key() == key && a.variation) else {
                continue;
            };
            let option = self.option(attribute, &stripped(&unslashed(&text(&sent["option"]))));
            match choices.iter_mut().find(|choice| choice.attribute == key) {
                Some(choice) => choice.option = option,
                None => choices.push(Choice { attribute: key, option }),
            }
        }
        Ok(choices)
    }

    /// A text; of a global attribute the slug of the term with that name, or what would be its slug.
    fn option(&self, attribute: &Attribute, option: &str) -> String {
        if attribute.id == 0 {
            return option.to_owned();
        }
        let known = self.state.setup.attributes.iter().find(|known| known.id == attribute.id);
        let term = known.and_then(|known| known.named(&term_name(option)));
        term.map_or_else(|| slug(option), |term| term.slug.clone())
    }
}

/// Whether the variation or its parent manages the stock.
fn is_managed(variation: &Product, parent: Option<&Product>) -> bool {
    variation.manager(parent) != Manage::No
}
