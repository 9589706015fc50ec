//! Giving images to products and variations. The shop fetches them while it answers, one request an image.

use retail::shop::{MediaId, ShopId, ShopProduct};
use serde_json::{Value, json};
use world::Method;

use super::Client;
use crate::{Error, ImageSource, Version, error::Kind, wire::Product};

impl Client {
    /// Gives a product one image more, after those that it has (`present`, in their order, the main one first): images are
    /// replaced whole, so one that is left out of `present` is taken from the product. Answers with the product as it
    /// is now; the new media file is the last of its images. Never repeated by itself, since the same address again
    /// makes a second media file.
    ///
    /// # Errors
    /// Trouble with the shop. [`Error::image_refused`]: the image couldn't be fetched, and nothing was changed.
    /// [`Error::media_gone`]: one of the media files is no longer there. With [`retail::fate::Fate::Ambiguous`], look at
    /// the product before another try.
    pub async fn set_images(
        &self,
        product: ShopId,
        present: &[MediaId],
        add: &ImageSource,
    ) -> Result<ShopProduct, Error> {
        let had = present.iter().map(|id| ImageSource::Media(*id)).filter(|image| image != add);
        let mut images: Vec<Value> = had.map(|image| image.to_json()).collect();
        images.push(add.to_json());
        if self.connection.version == Version::V2 {
            // Older shops take no image for the main one unless it says so.
            for (position, image) in images.iter_mut().enumerate() {
                image["position"] = position.into();
            }
        }
        let row = self.put(&format!("products/{product}"), product, &json!({"images": images})).await?;
        Ok(row.into_product())
    }

    /// Gives a variation its one image, in place of another that it may have. Never repeated by itself.
    ///
    /// # Errors
    /// As of [`Client::set_images`].
    pub async fn set_variation_image(
        &self,
        parent: ShopId,
        id: ShopId,
        image: &ImageSource,
    ) -> Result<ShopProduct, Error> {
        let path = format!("products/{parent}/variations/{id}");
        let row = self.put(&path, id, &json!({"image": image.to_json()})).await?;
        Ok(row.into_variation(parent))
    }

    /// A write of one product or variation, which must answer for itself: a list would be a GET's answer.
    async fn put(&self, path: &str, id: ShopId, body: &Value) -> Result<Product, Error> {
        let row: Product = self.write(Method::Put, path, body).await?;
        if row.id() == id {
            return Ok(row);
        }
        let wrong = format!("the write of {id} was answered with the id {}", row.id());
        Err(Error::new(Method::Put, path, true, Kind::Shape(wrong)))
    }
}

#[cfg(test)]
mod tests;
