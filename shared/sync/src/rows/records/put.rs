//! Putting a record: what is refused, what is kept of the one before, and what follows from it. `PROGRAM.md`, *put*.

use jiff::civil::Date;
use retail::settings::{self, ClientRecord, DepartmentRecord, DepartmentSettings, Fault, Warning};
use serde_json::Value;

use super::{
    super::{
        item, pause,
        turns::{self, Turn},
    },
    DEPARTMENTS, NOT_SHOWN, Record, address, all, parse, place,
};
use crate::{
    Engine, Error,
    ports::{Condition, Item, Key, LedgerError, Write},
    seal::{self, Secret},
};

/// What a `put` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The record's id.
    pub id: String,
    /// Its version now.
    pub version: u64,
    /// There was none before.
    pub created: bool,
    /// What a person should know about it.
    pub warnings: Vec<Warning>,
}

impl Engine {
    /// Makes or replaces a client record.
    ///
    /// # Errors
    /// [`Error::Fault`] names the field and the mend; nothing is stored then.
    pub async fn put_client(&self, record: Value) -> Result<Put, Error> {
        let record: ClientRecord = settings::read(record)?;
        record.check()?;
        let put = self.put_with(record, |_, _| Ok(()), |_| Ok(Vec::new()), Vec::new()).await?;
        pause::lift(self, &pause::client(&put.id)).await?;
        Ok(put)
    }

    /// Makes or replaces a department record.
    ///
    /// # Errors
    /// [`Error::Fault`] names the field and the mend; nothing is stored then.
    pub async fn put_department(&self, record: Value) -> Result<Put, Error> {
        let record: DepartmentRecord = settings::read(record)?;
        let (settings, warnings) = record.check()?;
        let client = match self.client(&settings.client_number).await {
            Ok(client) => client,
            Err(Error::Missing { .. }) => {
                let reason = format!("there is no client {}: put its record first", settings.client_number);
                return Err(Fault { field: "client_number".to_owned(), reason }.into());
            }
            Err(error) => return Err(error),
        };
        let address = address(&settings.shop_url)?;
        self.refuse_second_department(&settings, &address).await?;
        let today = self.now().to_zoned_datetime(client.settings.time_zone).date();
        let settle = |old: Option<&DepartmentRecord>, new: &mut DepartmentRecord| from_date(old, new, today);
        let follow = |old: Option<&DepartmentRecord>| {
            let mut writes = turns::follow(&settings, old.map(Turn::from).as_ref())?;
            // What was due under the old record is looked at under the new one.
            writes.push(turns::due(self, &settings.id)?);
            Ok(writes)
        };
        let put = self.put_with(record, settle, follow, warnings).await?;
        pause::lift(self, &pause::department(&put.id)).await?;
        Ok(put)
    }

    /// Two enabled departments on one shop would overwrite one another.
    async fn refuse_second_department(
        &self,
        settings: &DepartmentSettings,
        address: &str,
    ) -> Result<(), Error> {
        if !settings.enabled {
            return Ok(());
        }
        for item in all(self, DEPARTMENTS).await? {
            let Ok(other) = parse::<DepartmentRecord>(&item) else { continue };
            if other.department_id == settings.id || !other.enabled {
                continue;
            }
            if super::address(&other.shop.url).is_ok_and(|other| other == address) {
                let reason = format!(
                    "department {} has this shop already; one shop belongs to one department: disable one of them",
                    other.department_id
                );
                return Err(Fault { field: "shop.url".to_owned(), reason }.into());
            }
        }
        Ok(())
    }

    async fn put_with<R: Record>(
        &self,
        record: R,
        settle: impl Fn(Option<&R>, &mut R) -> Result<(), Fault>,
        follow: impl Fn(Option<&R>) -> Result<Vec<Write>, Error>,
        warnings: Vec<Warning>,
    ) -> Result<Put, Error> {
        let id = record.id().to_owned();
        let key = Key::new(R::PARTITION, &id);
        loop {
            let mut record = record.clone();
            let found = self.ledger.get(&key).await?;
            let old: Option<R> = found.as_ref().and_then(|found| parse(found).ok());
            let stored = found.as_ref().map_or(0, |found| found.version);
            let wanted = record.version().take();
            if let Some(wanted) = wanted.filter(|wanted| *wanted != stored) {
                let reason = format!(
                    "the stored record has version {stored}, not {wanted}: read it again and repeat the change"
                );
                return Err(Fault { field: "version".to_owned(), reason }.into());
            }
            settle(old.as_ref(), &mut record)?;
            let mut writes = follow(old.as_ref())?;
            self.seal_secrets(&mut record, found.as_ref()).await?;
            let condition =
                found.as_ref().map_or(Condition::Absent, |found| Condition::Version(found.version));
            writes.push(Write::Put { item: item(key.clone(), &record)?, condition });
            match self.ledger.write(writes).await {
                // Without a version the put replaces whatever is there; with one the next round refuses it.
                Err(LedgerError::Conflict) => continue,
                other => other?,
            }
            return Ok(Put { id, version: stored + 1, created: found.is_none(), warnings });
        }
    }

    /// Seals the secrets that were given; those left out, or given as they are shown, keep their old values, also of a record that
    /// is otherwise broken.
    async fn seal_secrets<R: Record>(&self, record: &mut R, old: Option<&Item>) -> Result<(), Error> {
        let id = record.id().to_owned();
        for (field, secret) in record.secrets() {
            let fault = |reason: String| Fault { field: field.to_owned(), reason };
            let kept = || old?.body.pointer(&format!("/{}", field.replace('.', "/")))?.as_str();
            *secret = match secret.take().filter(|given| given != NOT_SHOWN) {
                Some(given) if seal::is_sealed(&given) => {
                    return Err(fault("is given in plain text; a sealed one can't be put".to_owned()).into());
                }
                Some(given) => Some(self.seal(&place::<R>(&id, field), &Secret::new(given)).await?),
                None => {
                    match kept() {
                        // Written by hand in plain text: sealed now.
                        Some(plain) if !seal::is_sealed(plain) => {
                            Some(self.seal(&place::<R>(&id, field), &Secret::new(plain)).await?)
                        }
                        Some(sealed) => Some(sealed.to_owned()),
                        None => {
                            return Err(fault("is missing: it is needed the first time".to_owned()).into());
                        }
                    }
                }
            };
        }
        Ok(())
    }
}

/// The first day is the one the record is made on; a new shop asks for a new one.
fn from_date(old: Option<&DepartmentRecord>, new: &mut DepartmentRecord, today: Date) -> Result<(), Fault> {
    let moved = old.filter(|old| address(&old.shop.url).ok() != address(&new.shop.url).ok());
    let same_day = |old: &DepartmentRecord| {
        new.orders.from_date.is_none() || new.orders.from_date == old.orders.from_date
    };
    if new.orders.enabled && moved.is_some_and(same_day) {
        return Err(Fault {
            field: "orders.from_date".to_owned(),
            reason: "the shop is another one: give the day from which its orders are taken".to_owned(),
        });
    }
    if new.orders.from_date.is_none() {
        new.orders.from_date = old.and_then(|old| old.orders.from_date).or(Some(today));
    }
    Ok(())
}
