//! The records that people write: clients and departments, their secrets sealed. `SETTINGS.md`, `PROGRAM.md` *put*.

mod put;
mod shown;

pub use put::Put;

use retail::settings::{self, ClientRecord, ClientSettings, DepartmentRecord, DepartmentSettings, Fault};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    item,
    turns::{self, Turn},
};
use crate::{
    Engine, Error,
    ports::{Condition, Item, Key, LedgerError, Range, Write, limits::fits_partition},
    seal::{self, SealError, Secret},
};

const CLIENTS: &str = "client";
const DEPARTMENTS: &str = "department";
/// What stands in a secret's place where a record is shown.
const NOT_SHOWN: &str = "(not shown)";

/// A client, ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) settings: ClientSettings,
    pub(crate) token: Secret,
    pub(crate) version: u64,
}

/// A department, ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Department {
    pub(crate) settings: DepartmentSettings,
    pub(crate) token: Secret,
    pub(crate) consumer_key: Secret,
    pub(crate) consumer_secret: Secret,
    pub(crate) version: u64,
}

/// A record with secrets in it.
trait Record: Serialize + DeserializeOwned + Clone {
    const PARTITION: &'static str;
    fn id(&self) -> &str;
    fn version(&mut self) -> &mut Option<u64>;
    /// The secrets, by the fields that people know them by.
    fn secrets(&mut self) -> Vec<(&'static str, &mut Option<String>)>;
}

impl Record for ClientRecord {
    const PARTITION: &'static str = CLIENTS;

    fn id(&self) -> &str {
        &self.client_number
    }

    fn version(&mut self) -> &mut Option<u64> {
        &mut self.version
    }

    fn secrets(&mut self) -> Vec<(&'static str, &mut Option<String>)> {
        vec![("client_token", &mut self.client_token)]
    }
}

impl Record for DepartmentRecord {
    const PARTITION: &'static str = DEPARTMENTS;

    fn id(&self) -> &str {
        &self.department_id
    }

    fn version(&mut self) -> &mut Option<u64> {
        &mut self.version
    }

    fn secrets(&mut self) -> Vec<(&'static str, &mut Option<String>)> {
        vec![
            ("department_token", &mut self.department_token),
            ("shop.consumer_key", &mut self.shop.consumer_key),
            ("shop.consumer_secret", &mut self.shop.consumer_secret),
        ]
    }
}

fn place<R: Record>(id: &str, field: &str) -> String {
    format!("{}/{id}/{field}", R::PARTITION)
}

impl Engine {
    /// Seals a secret for a place in a record or a row.
    pub(crate) async fn seal(&self, place: &str, secret: &Secret) -> Result<String, Error> {
        let sealed = self.keys.seal(&*self.world.chance, place, secret).await;
        sealed.map_err(|error| unsealed(error, |reason| Error::Broken { what: place.to_owned(), reason }))
    }

    /// The client's record, ready for use.
    pub(crate) async fn client(&self, number: &str) -> Result<Client, Error> {
        let (record, mut secrets, version) = self.open::<ClientRecord>("client", number).await?;
        let settings = record.check().map_err(|fault| broken("client", number, &fault))?;
        Ok(Client { settings, token: secrets.remove(0), version })
    }

    /// The department's record, ready for use.
    pub(crate) async fn department(&self, id: &str) -> Result<Department, Error> {
        let (record, secrets, version) = self.open::<DepartmentRecord>("department", id).await?;
        let (settings, _) = record.check().map_err(|fault| broken("department", id, &fault))?;
        let [token, consumer_key, consumer_secret] =
            <[Secret; 3]>::try_from(secrets).map_err(|_| broken("department", id, &"a secret is missing"))?;
        Ok(Department { settings, token, consumer_key, consumer_secret, version })
    }

    /// Reads a record and opens its secrets; one that a person wrote in plain text, or that was sealed with a key that is
    /// being left, is sealed in place.
    async fn open<R: Record>(&self, what: &'static str, id: &str) -> Result<(R, Vec<Secret>, u64), Error> {
        let key = Key::new(R::PARTITION, id);
        let Some(found) = self.ledger.get(&key).await? else {
            return Err(Error::Missing { what, id: id.to_owned() });
        };
        let mut record: R = parse(&found).map_err(|fault| broken(what, id, &fault))?;
        if record.id() != id {
            return Err(broken(what, id, &format!("it says of itself that it is {}", record.id())));
        }
        let (mut opened, mut renewed) = (Vec::new(), false);
        for (field, secret) in record.secrets() {
            let Some(text) = secret else {
                return Err(broken(what, id, &format!("{field}: is missing")));
            };
            let place = place::<R>(id, field);
            let secret = match seal::is_sealed(text) {
                true => self.keys.open(&place, text).await.map_err(|error| {
                    unsealed(error, |reason| broken(what, id, &format!("{field}: {reason}")))
                })?,
                false => Secret::new(&text),
            };
            if !self.keys.is_current(text) {
                *text = self.seal(&place, &secret).await?;
                renewed = true;
            }
            opened.push(secret);
        }
        if !renewed {
            return Ok((record, opened, found.version));
        }
        let condition = Condition::Version(found.version);
        match self.ledger.write(vec![Write::Put { item: item(key, &record)?, condition }]).await {
            Ok(()) => Ok((record, opened, found.version + 1)),
            // Whoever wrote first sealed it, or changed it: what was read is still what stood there.
            Err(LedgerError::Conflict) => Ok((record, opened, found.version)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a client record; one that departments still belong to is refused.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Fault`].
    pub async fn remove_client(&self, number: &str) -> Result<(), Error> {
        for item in all(self, DEPARTMENTS).await? {
            if parse::<DepartmentRecord>(&item).is_ok_and(|record| record.client_number == number) {
                let reason = format!("department {} belongs to this client: remove it first", item.key.sort);
                return Err(Fault { field: "client_number".to_owned(), reason }.into());
            }
        }
        self.remove(CLIENTS, "client", number, |_| Vec::new()).await
    }

    /// Removes a department record. Its links and its log stay, for the day it comes back.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub async fn remove_department(&self, id: &str) -> Result<(), Error> {
        let turn = |found: &Item| {
            let client = found.body["client_number"].as_str().unwrap_or_default().to_owned();
            turns::forget(&Turn { department: id.to_owned(), client })
        };
        self.remove(DEPARTMENTS, "department", id, turn).await
    }

    async fn remove(
        &self,
        partition: &str,
        what: &'static str,
        id: &str,
        besides: impl Fn(&Item) -> Vec<Write>,
    ) -> Result<(), Error> {
        let key = Key::new(partition, id);
        let Some(found) = self.ledger.get(&key).await? else {
            return Err(Error::Missing { what, id: id.to_owned() });
        };
        let mut writes = besides(&found);
        writes.push(Write::Remove { key, condition: Condition::Always });
        Ok(self.ledger.write(writes).await?)
    }

    /// The numbers of all clients, whatever their records are worth.
    pub(crate) async fn client_numbers(&self) -> Result<Vec<String>, Error> {
        Ok(all(self, CLIENTS).await?.into_iter().map(|item| item.key.sort).collect())
    }

    /// The ids of all departments, whatever their records are worth.
    pub(crate) async fn department_ids(&self) -> Result<Vec<String>, Error> {
        Ok(all(self, DEPARTMENTS).await?.into_iter().map(|item| item.key.sort).collect())
    }
}

impl From<&DepartmentRecord> for Turn {
    fn from(record: &DepartmentRecord) -> Turn {
        Turn { department: record.department_id.clone(), client: record.client_number.clone() }
    }
}

/// A page of the department records as they stand, as far as that can be told without opening a secret.
pub(crate) async fn department_page(
    engine: &Engine,
    after: Option<String>,
    limit: usize,
) -> Result<(Vec<Stored>, Option<String>), Error> {
    let page = engine.ledger.page(DEPARTMENTS, Range::default().after(after), limit).await?;
    Ok((page.items.iter().filter(|item| is_usable(item)).map(Stored::of).collect(), page.next))
}

/// Whether there is such a client.
pub(crate) async fn is_client(engine: &Engine, number: &str) -> Result<bool, Error> {
    Ok(engine.ledger.get(&Key::new(CLIENTS, number)).await?.is_some())
}

/// A department's record as it stands, if there is one.
pub(crate) async fn stored_department(engine: &Engine, id: &str) -> Result<Option<Stored>, Error> {
    Ok(engine.ledger.get(&Key::new(DEPARTMENTS, id)).await?.as_ref().map(Stored::of))
}

/// A department's record as it stands.
pub(crate) struct Stored {
    pub(crate) id: String,
    version: u64,
    pub(crate) says: Result<DepartmentSettings, Fault>,
}

impl Stored {
    fn of(item: &Item) -> Stored {
        let says = parse::<DepartmentRecord>(item).and_then(|record| {
            if record.department_id != item.key.sort {
                let reason = format!("is the record's place, {}", item.key.sort);
                return Err(Fault { field: "department_id".to_owned(), reason });
            }
            Ok(record.check()?.0)
        });
        Stored { id: item.key.sort.clone(), version: item.version, says }
    }

    /// Holds up a transaction if the record is another by then.
    pub(crate) fn unchanged(&self) -> Write {
        Write::Check { key: Key::new(DEPARTMENTS, &self.id), condition: Condition::Version(self.version) }
    }
}

/// The address without what may differ between two spellings of one shop: scheme and `www.`.
pub(crate) fn address(shop_url: &str) -> Result<String, Fault> {
    let parsed = woocommerce::Address::parse(shop_url)
        .map_err(|error| Fault { field: "shop.url".to_owned(), reason: error.to_string() })?;
    let base = parsed.candidates().first().map(ToString::to_string).unwrap_or_default();
    let bare = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
    Ok(bare.strip_prefix("www.").unwrap_or(bare).to_owned())
}

/// A failure to seal or to open: a record's own, unless the keys are out of reach.
fn unsealed(error: SealError, broken: impl FnOnce(String) -> Error) -> Error {
    match error {
        SealError::Unavailable(_) => Error::Sealing(error),
        error => broken(error.to_string()),
    }
}

fn broken(what: &str, id: &str, reason: &dyn ToString) -> Error {
    Error::Broken { what: format!("{what} {id}"), reason: reason.to_string() }
}

fn parse<R: Record>(found: &Item) -> Result<R, Fault> {
    if let Some(fault) = found.fault() {
        return Err(Fault { field: String::new(), reason: fault.to_owned() });
    }
    let mut record = found.body.clone();
    if let Some(fields) = record.as_object_mut() {
        fields.remove("version");
    }
    settings::read(record)
}

/// Whether anything can be kept of what stands in that place. What was written by hand under a name that can't be one hides none
/// of the others.
fn is_usable(item: &Item) -> bool {
    let fits = fits_partition(&format!("D#{}", item.key.sort));
    if let Err(error) = &fits {
        tracing::error!(record = ?item.key.sort, %error, "a record is left out: its name can't be used");
    }
    fits.is_ok()
}

async fn all(engine: &Engine, partition: &str) -> Result<Vec<Item>, Error> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = engine.ledger.page(partition, Range::default().after(after), 100).await?;
        items.extend(page.items.into_iter().filter(is_usable));
        after = page.next;
        if after.is_none() {
            return Ok(items);
        }
    }
}
