//! Images: each source is downloaded, in order, into a media file of its own.

use serde_json::Value;

use super::{How, Write, text, truthy, values::id};
use crate::shop::{
    answer::Refused,
    media::{Media, download},
    product::{Image, Product},
};

/// The codes that the errors of products' images have, and of variations'.
struct Codes {
    upload: &'static str,
    id: &'static str,
}

const PRODUCTS: Codes =
    Codes { upload: "woocommerce_product_image_upload_error", id: "woocommerce_product_invalid_image_id" };
const VARIATIONS: Codes = Codes {
    upload: "woocommerce_variation_image_upload_error",
    id: "woocommerce_variation_invalid_image_id",
};

impl Write<'_> {
    /// The images of a product, replaced whole. Of v2, the one with position 0 first.
    pub(super) fn images(&mut self, list: &Value) -> Result<Vec<Image>, Refused> {
        let mut sent: Vec<&Value> = list.as_array().into_iter().flatten().filter(|i| !is_empty(i)).collect();
        if self.v2 {
            sent.sort_by_key(|image| image["position"] != 0);
        }
        sent.into_iter().map(|image| self.image(image, &PRODUCTS)).collect()
    }

    /// The image of a variation: none where it names none.
    pub(super) fn variation_image(&mut self, image: &Value) -> Result<Vec<Image>, Refused> {
        let codes = if self.v2 { &PRODUCTS } else { &VARIATIONS };
        if id(&image["id"]) == 0 && image["src"].is_null() {
            return Ok(Vec::new());
        }
        Ok(vec![self.image(image, codes)?])
    }

    fn image(&mut self, sent: &Value, codes: &Codes) -> Result<Image, Refused> {
        let mut id = id(&sent["id"]);
        if id == 0 && !sent["src"].is_null() {
            id = self.download(&text(&sent["src"]), codes)?;
        }
        let Some(media) = self.state.catalogue.media.get_mut(id) else {
            return Err(Refused::new(400, codes.id, format!("#{id} is an invalid image ID.")));
        };
        // Name and text are the file's: every product that shows it shows them.
        for (field, name) in [(&mut media.name, "name"), (&mut media.alt, "alt")] {
            let sent = text(&sent[name]);
            if !sent.is_empty() {
                *field = sent;
            }
        }
        Ok(media.image())
    }

    fn download(&mut self, src: &str, codes: &Codes) -> Result<u64, Refused> {
        let file =
            download(&self.state.setup.images, src).map_err(|why| Refused::new(400, codes.upload, why))?;
        let id = self.state.catalogue.next_id();
        let media = Media { id, source: src.to_owned(), created: Some(self.now), ..Media::default() };
        self.state.catalogue.media.add(media, &file, &self.state.setup.zone());
        self.fetched.push(id);
        Ok(id)
    }

    /// What a write that failed leaves behind: of a create in v3, since 10.0, nothing (woocommerce#58367); before, and of an
    /// update, the media files fetched until then. In the odd case of woocommerce#45268, where only the images failed, the
    /// product too, although the answer is the error.
    pub(super) fn failed_on_images(
        &mut self,
        mut product: Product,
        refused: Refused,
    ) -> Result<u64, Refused> {
        let setup = &self.state.setup;
        let images_failed = refused.code == PRODUCTS.upload || refused.code == VARIATIONS.upload;
        if setup.keeps_products_without_images && images_failed && self.how == How::Item {
            if product.id == 0 {
                self.keep_new(product);
            } else {
                product.modified = Some(self.now);
                self.state.catalogue.put(product);
            }
        } else if product.id == 0 && !product.is_variation() && !self.v2 && setup.since(10, 0) {
            for id in self.fetched.drain(..) {
                self.state.catalogue.media.remove(id);
            }
        }
        Err(refused)
    }
}

/// Whether PHP takes it for nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(list) => list.is_empty(),
        other => text(other).is_empty() && !truthy(other),
    }
}
