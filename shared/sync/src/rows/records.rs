//! The records that people write: clients and departments, their secrets sealed. `SETTINGS.md`, `PROGRAM.md` *put*.

use jiff::civil::Date;
use retail::settings::{
    self, ClientRecord, ClientSettings, DepartmentRecord, DepartmentSettings, Fault, OrdersRecord,
    ProductsRecord, Warning,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    item,
    turns::{self, Turn},
};
use crate::{
    Engine, Error,
    ports::{Condition, Item, Key, LedgerError, Range, Write},
    seal::{self, SealError, Secret},
};

const CLIENTS: &str = "client";
const DEPARTMENTS: &str = "department";

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
        super::pause::lift(self, &super::pause::client(&put.id)).await?;
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
        super::pause::lift(self, &super::pause::department(&put.id)).await?;
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
            if self::address(&other.shop.url).is_ok_and(|other| other == address) {
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
            self.seal_secrets(&mut record, old).await?;
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

    /// Seals the secrets that were given; those left out keep their old values.
    async fn seal_secrets<R: Record>(&self, record: &mut R, mut old: Option<R>) -> Result<(), Error> {
        let id = record.id().to_owned();
        let mut kept = old.as_mut().map(Record::secrets).unwrap_or_default();
        for (field, secret) in record.secrets() {
            let fault = |reason: String| Fault { field: field.to_owned(), reason };
            *secret = match secret.take() {
                Some(given) if seal::is_sealed(&given) => {
                    return Err(fault("is given in plain text; a sealed one can't be put".to_owned()).into());
                }
                Some(given) => Some(self.seal(&place::<R>(&id, field), &Secret::new(given)).await?),
                None => {
                    match kept.iter_mut().find(|(name, _)| *name == field).and_then(|(_, kept)| kept.take()) {
                        // Written by hand in plain text: sealed now.
                        Some(plain) if !seal::is_sealed(&plain) => {
                            Some(self.seal(&place::<R>(&id, field), &Secret::new(plain)).await?)
                        }
                        Some(sealed) => Some(sealed),
                        None => {
                            return Err(fault("is missing: it is needed the first time".to_owned()).into());
                        }
                    }
                }
            };
        }
        Ok(())
    }

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

    /// A record as people see it: without its secrets, with its version. One that can't be read is shown as it stands,
    /// its secrets left out all the same.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub async fn show_client(&self, number: &str) -> Result<Value, Error> {
        self.show::<ClientRecord>("client", number).await
    }

    /// See [`Engine::show_client`].
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub async fn show_department(&self, id: &str) -> Result<Value, Error> {
        self.show::<DepartmentRecord>("department", id).await
    }

    async fn show<R: Record>(&self, what: &'static str, id: &str) -> Result<Value, Error> {
        let found = self.ledger.get(&Key::new(R::PARTITION, id)).await?;
        let found = found.ok_or(Error::Missing { what, id: id.to_owned() })?;
        Ok(shown::<R>(&found))
    }

    /// All client records, as people see them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list_clients(&self) -> Result<Vec<Value>, Error> {
        Ok(all(self, CLIENTS).await?.iter().map(shown::<ClientRecord>).collect())
    }

    /// All department records, as people see them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list_departments(&self) -> Result<Vec<Value>, Error> {
        Ok(all(self, DEPARTMENTS).await?.iter().map(shown::<DepartmentRecord>).collect())
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
    Ok((page.items.iter().map(Stored::of).collect(), page.next))
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

fn shown<R: Record>(found: &Item) -> Value {
    let mut value = match parse::<R>(found) {
        Ok(mut record) => {
            record.secrets().into_iter().for_each(|(_, secret)| *secret = None);
            *record.version() = Some(found.version);
            serde_json::to_value(record).unwrap_or_default()
        }
        Err(fault) => {
            let mut raw = found.body.clone();
            hide_unknown(&mut raw);
            if let Some(fields) = raw.as_object_mut() {
                fields.insert("fault".to_owned(), Value::String(fault.to_string()));
                let id = if R::PARTITION == CLIENTS { "client_number" } else { "department_id" };
                fields.entry(id).or_insert_with(|| Value::String(found.key.sort.clone()));
            }
            raw
        }
    };
    for path in ["/client_token", "/department_token", "/shop/consumer_key", "/shop/consumer_secret"] {
        if let Some(secret) = value.pointer_mut(path) {
            *secret = Value::String("(not shown)".to_owned());
        }
    }
    value
}

/// The fields whose values hold no secret; what stands in any other may be one that was pasted into the wrong place.
const PLAIN: [&str; 16] = [
    "schema",
    "version",
    "client_number",
    "api_url",
    "time_zone",
    "min_interval_ms",
    "order_lookup",
    "lookup_after_s",
    "department_id",
    "name",
    "enabled",
    "shop",
    "url",
    "api_version",
    "products",
    "orders",
];

/// Hides the values of fields that a record doesn't have.
fn hide_unknown(record: &mut Value) {
    let Some(fields) = record.as_object_mut() else { return };
    for (name, value) in fields {
        match name.as_str() {
            "shop" => hide_unknown(value),
            "products" => hide_others(value, &ProductsRecord::default()),
            "orders" => hide_others(value, &OrdersRecord::default()),
            plain if PLAIN.contains(&plain) => {}
            _ => *value = Value::String("(not shown)".to_owned()),
        }
    }
}

/// Hides the values of settings that there are none of.
fn hide_others(settings: &mut Value, known: &impl Serialize) {
    let known = serde_json::to_value(known).unwrap_or_default();
    for (name, value) in settings.as_object_mut().into_iter().flatten() {
        if known.get(name).is_none() {
            *value = Value::String("(not shown)".to_owned());
        }
    }
}

async fn all(engine: &Engine, partition: &str) -> Result<Vec<Item>, Error> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = engine.ledger.page(partition, Range::default().after(after), 100).await?;
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(items);
        }
    }
}
