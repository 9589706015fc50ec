//! Attaching images, one a request: so no media file is left behind by a sibling that failed, and no address is fetched
//! twice.

use std::collections::BTreeSet;

use retail::{
    change::{Change, FieldChange, Kind, Remark},
    fate::Fate,
    link::Attached,
    office::ProductId,
    plan::KnownImage,
    shop::{MediaId, ShopId, ShopProduct},
};
use woocommerce::ImageSource;

use super::Work;
use crate::{
    Error,
    record::Known,
    rows::{
        log::{self, Event, LogLine},
        media::{self, State},
        runs::Counts,
        standing::Standing,
    },
    survey::{Survey, survey},
};

/// A product whose images are being attached.
struct Picture<'a> {
    change: &'a Change,
    shop: ShopId,
    under: Option<ShopId>,
    /// What the ledger knows of it, step by step.
    standing: Standing,
    /// The shop's images, in order.
    present: Vec<MediaId>,
    urls: Vec<String>,
    done: usize,
}

/// What became of one image.
enum Step {
    Attached(MediaId),
    Refused(String),
    /// Nobody knows yet.
    Unsure(String),
}

impl Work<'_> {
    /// Attaches the images of these products; `changed` were counted already.
    pub(super) async fn attach_images(
        &self,
        ids: &[ProductId],
        changed: &BTreeSet<ProductId>,
    ) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        if ids.is_empty() {
            return Ok(counts);
        }
        let survey = survey(self.engine, self.pair, ids, self.leave).await?;
        let plan = survey.plan(self.settings(), self.leave);
        for change in plan.changes.iter().filter(|change| ids.contains(&change.product)) {
            let Some(FieldChange::Images { present, urls, done }) = change.images() else { continue };
            let Some(mut picture) = Picture::of(change, &survey, present, urls, *done) else { continue };
            let attached = self.attach(&mut picture, &survey).await?;
            counts.updated += u64::from(attached && !changed.contains(&change.product));
        }
        Ok(counts)
    }

    /// Attaches what is left of a product's images. Tells whether there was one.
    async fn attach(&self, picture: &mut Picture<'_>, survey: &Survey) -> Result<bool, Error> {
        let before = picture.present.len();
        // From here on whoever finds images in the shop knows that they are ours.
        self.note_images(picture, Vec::new(), Vec::new()).await?;
        while let Some(url) = picture.urls.get(picture.done).cloned() {
            self.engine.go_on()?;
            let step = match survey.image(&url) {
                Some(KnownImage::Refused(reason)) => Step::Refused(reason.clone()),
                Some(KnownImage::Unsure) => Step::Unsure("the shop may still be at it".to_owned()),
                _ => self.send_image(picture, &url).await?,
            };
            match step {
                Step::Attached(id) => {
                    picture.present.push(id);
                    picture.done += 1;
                    let line = (Event::Written, format!("{}  -> {url}", Kind::Image));
                    self.note_images(picture, vec![(url, State::Media(id))], vec![line]).await?;
                }
                Step::Refused(reason) => {
                    picture.done += 1;
                    let state = State::Refused { at: self.engine.now(), reason: reason.clone() };
                    let lines = picture.remark(format!("{url} left out: {reason}"));
                    self.note_images(picture, vec![(url, state)], lines).await?;
                }
                Step::Unsure(reason) => {
                    let lines = picture.remark(format!("{url} waits: {reason}"));
                    self.note_images(picture, Vec::new(), lines).await?;
                    self.look_later([picture.change.product]);
                    break;
                }
            }
        }
        Ok(picture.present.len() > before)
    }

    /// Sends one image, by its media file where the shop has one.
    async fn send_image(&self, picture: &Picture<'_>, url: &str) -> Result<Step, Error> {
        let known = media::of(self.engine, &self.pair.links, [url.to_owned()]).await?.remove(url);
        if let Some(State::Media(id)) = known {
            match self.put_image(picture, &ImageSource::Media(id)).await {
                Ok(_) => return Ok(Step::Attached(id)),
                // Deleted in the shop since: it is fetched anew.
                Err(error) if error.media_gone() => {}
                Err(error) => return self.look_after_image(picture, url, &error).await,
            }
        }
        // Another product sent it a moment ago, and nobody knows what came of it.
        if known.as_ref().and_then(|state| media::known(state, self.engine.now())) == Some(KnownImage::Unsure)
        {
            return Ok(Step::Unsure("the shop may still be at it".to_owned()));
        }
        let Some(sending) = State::again(known.as_ref(), self.engine.now()) else {
            return Ok(Step::Refused("the shop failed on it again and again".to_owned()));
        };
        {
            let mut lease = self.lease.lock().await;
            lease.keep(self.engine).await?;
            lease.write(self.engine, vec![media::put(&self.pair.links, url, sending)?]).await?;
        }
        match self.put_image(picture, &ImageSource::Url(url.to_owned())).await {
            Ok(product) => match product.images.iter().rev().find(|id| !picture.present.contains(id)) {
                Some(id) => Ok(Step::Attached(*id)),
                None => Ok(Step::Refused("the shop took it and did not keep it".to_owned())),
            },
            Err(error) => self.look_after_image(picture, url, &error).await,
        }
    }

    async fn put_image(
        &self,
        picture: &Picture<'_>,
        source: &ImageSource,
    ) -> Result<ShopProduct, woocommerce::Error> {
        match picture.under {
            None => self.pair.shop.set_images(picture.shop, &picture.present, source).await,
            Some(parent) => self.pair.shop.set_variation_image(parent, picture.shop, source).await,
        }
    }

    /// What became of an image whose write failed: refused, or there after all, or nobody knows.
    async fn look_after_image(
        &self,
        picture: &Picture<'_>,
        url: &str,
        error: &woocommerce::Error,
    ) -> Result<Step, Error> {
        if let Some(reason) = error.image_refused() {
            return Ok(Step::Refused(reason));
        }
        let trouble = error.trouble();
        match trouble.fate {
            Fate::Refusal => return Ok(Step::Refused(trouble.reason)),
            Fate::Ambiguous => {}
            Fate::Retry | Fate::Settings => return Err(Error::Trouble(trouble)),
        }
        let images = self.images_now(picture).await?;
        if let Some(id) = images.into_iter().find(|id| !picture.present.contains(id)) {
            return Ok(Step::Attached(id));
        }
        tracing::warn!(url, reason = trouble.reason, "an image's answer was lost");
        Ok(Step::Unsure(trouble.reason))
    }

    /// The images that a product has of its own.
    async fn images_now(&self, picture: &Picture<'_>) -> Result<Vec<MediaId>, Error> {
        let shop = &self.pair.shop;
        let Some(parent) = picture.under else {
            return Ok(shop.product(picture.shop).await?.map_or(Vec::new(), |found| found.images));
        };
        let found = shop.variation(parent, picture.shop).await?;
        let mut images = found.map_or(Vec::new(), |found| found.images);
        if !shop.tells_own_images() {
            let parents = shop.product(parent).await?.map_or(Vec::new(), |found| found.images);
            images.retain(|id| parents.first() != Some(id));
        }
        Ok(images)
    }

    /// Records how far a product's images are, with what is known of their addresses.
    async fn note_images(
        &self,
        picture: &mut Picture<'_>,
        known: Vec<(String, State)>,
        lines: Vec<(Event, String)>,
    ) -> Result<(), Error> {
        let old = picture.standing.clone();
        if let Some(link) = &mut picture.standing.link {
            link.written.images = Some(Attached {
                urls: picture.urls.clone(),
                done: picture.done,
                media: picture.present.clone(),
            });
        }
        let mut writes = Vec::new();
        if picture.standing != old {
            writes.extend(self.pair.links.writes(picture.change.product, Some(&old), &picture.standing)?);
        }
        for (url, state) in known {
            writes.push(media::put(&self.pair.links, &url, state)?);
        }
        for (event, text) in lines {
            let line = LogLine {
                at: self.engine.now(),
                event,
                product_id: Some(picture.change.product),
                product_number: picture.standing.number.clone(),
                text,
                run: self.run.map(ToOwned::to_owned),
            };
            writes.push(log::write(self.engine, &self.pair.department.settings.id, &line)?);
        }
        if writes.is_empty() {
            return Ok(());
        }
        let mut lease = self.lease.lock().await;
        lease.keep(self.engine).await?;
        lease.write(self.engine, writes).await
    }
}

impl<'a> Picture<'a> {
    /// `None` where the product is not linked: it could not be made.
    fn of(
        change: &'a Change,
        survey: &Survey,
        present: &[MediaId],
        urls: &[String],
        done: usize,
    ) -> Option<Picture<'a>> {
        let Known { old, .. } = survey.known(change.product);
        let standing = old?.clone();
        let shop = standing.link.as_ref()?.shop;
        let under = survey.in_shop(shop)?.parent;
        Some(Picture { change, shop, under, standing, present: present.to_vec(), urls: urls.to_vec(), done })
    }

    /// Adds what a person should know to the decision. Gives the lines that it takes.
    fn remark(&mut self, text: String) -> Vec<(Event, String)> {
        let remark = Remark { kind: Kind::Image, text };
        let line = (Event::Noted, format!("{}: {}", remark.kind, remark.text));
        if self.standing.decision.remarks.contains(&remark) {
            return Vec::new();
        }
        self.standing.decision.remarks.push(remark);
        vec![line]
    }
}
