//! Products, groups and customers that an order needs in Loomis Pay: looked up first, made where there is none, once per client.
//! Making one that exists makes a twin (`API.md` §3), so whoever makes one holds the client's right to, and what is ambiguous is
//! looked up by number, path, or e-mail and phone before it is made again.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use loomis::CustomerBy;
use retail::{
    Decimal,
    fate::Fate,
    number::MatchNumber,
    office::ProductId,
    order::{
        WebOrder,
        customer::{self, Buyer},
        draft::{Draft, GoodRef, NEW_GOODS_GROUP, SPECIALS_GROUP},
        goods::{Goods, Numbered, wanted},
        office::{Customer, CustomerId},
        waiting::{Reason, Waiting},
    },
};
use serde::{Deserialize, Serialize};

use super::{desk::Desk, effect::Performed};
use crate::{
    Error,
    ports::{Condition, Key, Write},
    rows::{body, item, lease::Lease, mirror},
};

/// How long to wait for a worker that makes something of the same client.
const PATIENCE: Duration = Duration::from_secs(20);
/// A making's deadline: its time-out, and as long again.
const DEADLINE: Duration = Duration::from_secs(60);

/// Something that was made for a client, or is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
enum Making {
    /// Nobody knows whether it was made; it may be made again after this.
    Sending { until: Timestamp },
    /// It is there.
    Made { id: u64 },
}

/// What came of making something.
enum Made {
    Yes(u64),
    /// Not before then.
    Later(Timestamp),
    /// Loomis Pay says no.
    No(String),
}

impl Desk<'_> {
    /// What is known of the products of an order: by link, then by number.
    pub(super) async fn goods(&self, order: &WebOrder) -> Result<Goods, Error> {
        let wanted = wanted(order);
        let links: BTreeMap<_, _> =
            self.pair.links.by_shop(self.engine, wanted.shop).await?.into_iter().collect();
        let client = &self.pair.client.settings.client_number;
        let mut numbers = BTreeMap::new();
        let unlinked: BTreeMap<MatchNumber, String> = order
            .lines
            .iter()
            .filter(|line| line.shop_id().is_none_or(|id| !links.contains_key(&id)))
            .filter_map(|line| Some((MatchNumber::of(&line.number()?)?, line.number()?)))
            .collect();
        let mirrored = mirror::by_number(self.engine, client, unlinked.keys().cloned()).await?;
        for (number, spelt) in unlinked {
            // The mirror knows what is on the web shop; a product that is not may be sold all the same.
            let mut ids: Vec<ProductId> = mirrored.get(&number).into_iter().flatten().copied().collect();
            if ids.is_empty() {
                let found = self.pair.office.find_products_by_number(&spelt).await?;
                ids = found.into_iter().filter(|one| !one.deleted).map(|one| one.id).collect();
            }
            match ids.as_slice() {
                [] => {}
                [one] => drop(numbers.insert(number, Numbered::One(*one))),
                _ => drop(numbers.insert(number, Numbered::Many)),
            }
        }
        Ok(Goods { links, numbers })
    }

    /// The products of a draft, each made where it has to be.
    pub(super) async fn products_of(
        &mut self,
        draft: &Draft,
    ) -> Result<Result<BTreeMap<GoodRef, ProductId>, Performed>, Error> {
        self.products(draft, draft.goods()).await
    }

    /// The products of a draft that Loomis Pay lacks, made.
    pub(super) async fn new_products_of(
        &mut self,
        draft: &Draft,
    ) -> Result<Result<BTreeMap<GoodRef, ProductId>, Performed>, Error> {
        let new = draft.goods().into_iter().filter(|good| matches!(good, GoodRef::ToCreate(_))).collect();
        self.products(draft, new).await
    }

    async fn products(
        &mut self,
        draft: &Draft,
        goods: Vec<&GoodRef>,
    ) -> Result<Result<BTreeMap<GoodRef, ProductId>, Performed>, Error> {
        let mut ids = BTreeMap::new();
        for good in goods {
            let (number, name, group, price, vat) = match good {
                GoodRef::Known(id) => {
                    ids.insert(good.clone(), *id);
                    continue;
                }
                GoodRef::Special(special) => {
                    // The price is the line's; 0 is an open price there.
                    let vat = vat_of(draft, good);
                    (special.number(), special.number(), SPECIALS_GROUP, Decimal::ZERO, vat)
                }
                GoodRef::ToCreate(new) => (
                    new.number.as_str(),
                    new.name.as_str(),
                    NEW_GOODS_GROUP,
                    new.price_inc_vat,
                    new.vat_percent,
                ),
            };
            match self.product(number, name, group, price, vat).await? {
                Made::Yes(id) => drop(ids.insert(good.clone(), ProductId(id))),
                Made::Later(next) => return Ok(Err(later(&format!("product {number}"), next))),
                Made::No(reason) => {
                    let waiting = Waiting::new(Reason::UnknownProduct, reason);
                    return Ok(Err(Performed::Not { waiting: Some(waiting), next: None }));
                }
            }
        }
        Ok(Ok(ids))
    }

    async fn product(
        &mut self,
        number: &str,
        name: &str,
        group: &str,
        price_inc_vat: Decimal,
        vat_percent: Decimal,
    ) -> Result<Made, Error> {
        let key = self.making(&format!(
            "product#{}",
            MatchNumber::of(number).map(|n| n.to_string()).unwrap_or_default()
        ));
        if let Some(Making::Made { id }) = self.made(&key).await? {
            return Ok(Made::Yes(id));
        }
        let mut right = self.right_to_make().await?;
        let made =
            self.product_alone(&mut right, &key, number, name, group, price_inc_vat, vat_percent).await;
        right.release(self.engine).await?;
        made
    }

    #[allow(clippy::too_many_arguments)] // what the call takes, no more
    async fn product_alone(
        &mut self,
        right: &mut Lease,
        key: &Key,
        number: &str,
        name: &str,
        group: &str,
        price_inc_vat: Decimal,
        vat_percent: Decimal,
    ) -> Result<Made, Error> {
        let found = self.pair.office.find_products_by_number(number).await?;
        let found: Vec<u64> = found.into_iter().filter(|one| !one.deleted).map(|one| one.id.0).collect();
        match found.as_slice() {
            [] => {}
            [one] => return self.note_made(right, key, *one).await,
            several => return Ok(Made::No(format!("{number}: Loomis Pay has {} of them", several.len()))),
        }
        if let Some(until) = self.still_sending(key).await? {
            return Ok(Made::Later(until));
        }
        let category = match self.group(right, group).await? {
            Made::Yes(id) => id,
            other => return Ok(other),
        };
        self.note_sending(right, key).await?;
        let good = loomis::NewGood {
            name: name.to_owned(),
            number: number.to_owned(),
            price_inc_vat,
            vat_percent,
            category,
        };
        let saved = self.pair.office.save_product(&good).await.map(|id| id.0);
        if self.is_doubtful(&saved) {
            let again = self.pair.office.find_products_by_number(number).await?;
            if let [one] = again.as_slice() {
                return self.note_made(right, key, one.id.0).await;
            }
        }
        self.outcome(right, key, saved).await
    }

    async fn group(&mut self, right: &mut Lease, path: &str) -> Result<Made, Error> {
        let key = self.making(&format!("group#{path}"));
        if let Some(Making::Made { id }) = self.made(&key).await? {
            return Ok(Made::Yes(id));
        }
        if let Some(id) = self.oldest_group(path).await? {
            return self.note_made(right, &key, id).await;
        }
        if let Some(until) = self.still_sending(&key).await? {
            return Ok(Made::Later(until));
        }
        self.note_sending(right, &key).await?;
        let saved = self.pair.office.save_category(path).await;
        if self.is_doubtful(&saved)
            && let Some(id) = self.oldest_group(path).await?
        {
            return self.note_made(right, &key, id).await;
        }
        self.outcome(right, &key, saved).await
    }

    async fn oldest_group(&self, path: &str) -> Result<Option<u64>, Error> {
        let found = self.pair.office.find_category(path).await?;
        Ok(found.into_iter().map(|one| one.id).min())
    }

    /// The customer of an order: found by e-mail or phone, made where there is none, never overwritten.
    pub(super) async fn customer(
        &mut self,
        order: &WebOrder,
    ) -> Result<Result<CustomerId, Performed>, Error> {
        let buyer = customer::buyer(order);
        let country = order.billing.country.clone();
        if let Some(id) = self.known_customer(&buyer, &country).await? {
            return Ok(Ok(id));
        }
        let mut right = self.right_to_make().await?;
        let made = self.customer_alone(&mut right, &buyer, &country).await;
        right.release(self.engine).await?;
        Ok(match made? {
            Made::Yes(id) => Ok(CustomerId(id)),
            Made::Later(next) => Err(later("customer", next)),
            Made::No(reason) => {
                Err(Performed::Not { waiting: Some(Waiting::new(Reason::Refused, reason)), next: None })
            }
        })
    }

    async fn customer_alone(
        &mut self,
        right: &mut Lease,
        buyer: &Buyer,
        country: &str,
    ) -> Result<Made, Error> {
        // Who held the right before may have made it.
        if let Some(id) = self.known_customer(buyer, country).await? {
            return Ok(Made::Yes(id.0));
        }
        // The ledger names no customer: one that nobody knows of holds up the next one.
        let key = self.making("customer");
        if let Some(until) = self.still_sending(&key).await? {
            return Ok(Made::Later(until));
        }
        self.note_sending(right, &key).await?;
        let (Buyer::Known { customer, .. } | Buyer::Web(customer)) = buyer;
        let saved = self.pair.office.save_customer(None, customer).await.map(|id| id.0);
        if self.is_doubtful(&saved) {
            match self.known_customer(buyer, country).await? {
                Some(id) => {
                    self.forget(right, &key).await?;
                    return Ok(Made::Yes(id.0));
                }
                None => return self.outcome(right, &key, saved).await,
            }
        }
        // Nothing of a customer is kept here, once it is known what came of it.
        self.forget(right, &key).await?;
        match saved {
            Ok(id) => Ok(Made::Yes(id)),
            Err(error) => refused(error),
        }
    }

    async fn known_customer(&self, buyer: &Buyer, country: &str) -> Result<Option<CustomerId>, Error> {
        let (email, phone) = match buyer {
            Buyer::Known { email, phone, .. } => (email.clone(), phone.clone()),
            Buyer::Web(_) => (Some(customer::WEB_CUSTOMER_EMAIL.to_owned()), None),
        };
        let mut found: Vec<(CustomerId, Customer)> = Vec::new();
        if let Some(email) = &email {
            found.extend(self.pair.office.find_customers(CustomerBy::Email(email)).await?);
        }
        if let Some(phone) = &phone {
            found.extend(self.pair.office.find_customers(CustomerBy::Phone(phone)).await?);
        }
        Ok(customer::found(buyer, country, &found))
    }

    fn making(&self, what: &str) -> Key {
        let client = &self.pair.client.settings.client_number;
        Key::new(format!("C#{client}"), format!("made#{what}"))
    }

    async fn right_to_make(&self) -> Result<Lease, Error> {
        let client = &self.pair.client.settings.client_number;
        Lease::wait_for(self.engine, Key::new(format!("C#{client}"), "lease#make"), PATIENCE).await
    }

    async fn made(&self, key: &Key) -> Result<Option<Making>, Error> {
        self.engine.ledger.get(key).await?.as_ref().map(body).transpose()
    }

    async fn still_sending(&self, key: &Key) -> Result<Option<Timestamp>, Error> {
        Ok(match self.made(key).await? {
            Some(Making::Sending { until }) if self.engine.now() < until => Some(until),
            _ => None,
        })
    }

    async fn note_sending(&self, right: &mut Lease, key: &Key) -> Result<(), Error> {
        let waits = self.pair.client.settings.lookup_after_s.last().copied().unwrap_or_default();
        let until = self.engine.now() + DEADLINE + Duration::from_secs(waits);
        self.note_making(right, key, &Making::Sending { until }).await
    }

    async fn note_made(&self, right: &mut Lease, key: &Key, id: u64) -> Result<Made, Error> {
        self.note_making(right, key, &Making::Made { id }).await?;
        Ok(Made::Yes(id))
    }

    async fn note_making(&self, right: &mut Lease, key: &Key, making: &Making) -> Result<(), Error> {
        right.keep(self.engine).await?;
        let put = Write::Put { item: item(key.clone(), making)?, condition: Condition::Always };
        right.write(self.engine, vec![put]).await
    }

    async fn forget(&self, right: &mut Lease, key: &Key) -> Result<(), Error> {
        right.keep(self.engine).await?;
        right.write(self.engine, vec![Write::Remove { key: key.clone(), condition: Condition::Always }]).await
    }

    fn is_doubtful(&self, saved: &Result<u64, loomis::Error>) -> bool {
        matches!(saved, Err(error) if error.trouble().fate == Fate::Ambiguous)
    }

    async fn outcome(
        &self,
        right: &mut Lease,
        key: &Key,
        saved: Result<u64, loomis::Error>,
    ) -> Result<Made, Error> {
        match saved {
            Ok(id) => self.note_made(right, key, id).await,
            Err(error) if error.trouble().fate == Fate::Ambiguous => {
                let until = self.still_sending(key).await?.unwrap_or_else(|| self.engine.now());
                Ok(Made::Later(until))
            }
            Err(error) => {
                // It did not happen.
                self.forget(right, key).await?;
                refused(error)
            }
        }
    }
}

fn refused(error: loomis::Error) -> Result<Made, Error> {
    match error.trouble() {
        trouble if trouble.fate == Fate::Refusal => Ok(Made::No(trouble.reason)),
        _ => Err(error.into()),
    }
}

fn later(what: &str, next: Timestamp) -> Performed {
    let detail = format!("{what}: the answer to its making is lost; it is looked for again");
    Performed::Not { waiting: Some(Waiting::new(Reason::Unconfirmed, detail)), next: Some(next) }
}

/// The VAT of the first line of a product.
fn vat_of(draft: &Draft, good: &GoodRef) -> Decimal {
    draft.lines.iter().find(|line| line.good == *good).map_or(Decimal::ZERO, |line| line.vat_percent)
}
