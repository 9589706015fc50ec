//! Images as answers show them: their media files.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    Image, Product, Show,
    fields::{gmt, local},
};
use crate::shop::{catalogue::Catalogue, media::Media};

impl Show<'_> {
    /// In v2 there is always one: the placeholder, with id 0. A variation without one shows its parent's, where `own` doesn't
    /// forbid it.
    pub(super) fn images(&self, product: &Product, catalogue: &Catalogue, own: bool) -> Value {
        let parent = catalogue.get(product.parent).filter(|_| product.is_variation() && !own);
        let of = parent.filter(|_| product.images.is_empty());
        let images = of.map_or(&product.images[..], |parent| &parent.images[..parent.images.len().min(1)]);
        let rows = images.iter().enumerate();
        let mut rows = rows.map(|(at, image)| self.image(image, at, catalogue)).collect::<Vec<_>>();
        if rows.is_empty() && self.v2 {
            let placeholder = Media {
                path: "wp-content/uploads/woocommerce-placeholder.webp".to_owned(),
                name: "Placeholder".to_owned(),
                alt: "Placeholder".to_owned(),
                created: Some(self.now),
                ..Media::default()
            };
            rows.push(self.media(&placeholder, 0));
        }
        Value::Array(rows)
    }

    fn image(&self, image: &Image, at: usize, catalogue: &Catalogue) -> Value {
        match catalogue.media.get(image.id) {
            Some(media) => self.media(media, at),
            None => self.media(
                &Media {
                    id: image.id,
                    source: image.src.clone(),
                    name: image.name.clone(),
                    alt: image.alt.clone(),
                    ..Media::default()
                },
                at,
            ),
        }
    }

    fn media(&self, media: &Media, at: usize) -> Value {
        // One that wasn't downloaded lies where its image says.
        let src =
            if media.path.is_empty() { media.source.clone() } else { format!("{}{}", self.home, media.path) };
        let mut row = json!({"id": media.id, "src": src, "name": media.name, "alt": media.alt});
        // Recorded so: the local time is taken for GMT and shifted once more.
        let shifted = media.created.and_then(|at| TimeZone::UTC.to_timestamp(self.zone.to_datetime(at)).ok());
        for name in ["date_created", "date_modified"] {
            row[name] = local(shifted, &self.zone);
            row[format!("{name}_gmt")] = gmt(media.created);
        }
        if self.v2 {
            row["position"] = at.into();
        } else if self.setup.since(9, 7) {
            row["srcset"] = "".into();
            row["sizes"] = "(max-width: 64px) 100vw, 64px".into();
            row["thumbnail"] = row["src"].clone();
        }
        row
    }
}
