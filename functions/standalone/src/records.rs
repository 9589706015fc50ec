//! `client` and `department`: the records that people write.

use std::{fs, io, io::Read};

use serde_json::{Value, json};
use sync::{Engine, Put};

use crate::{
    failure::{Exit, Failure},
    house::House,
    options::{RecordArgs, RecordCommand},
    out::{self, Ink, clean, ink},
};

/// `client …`
pub(crate) async fn client(asked: RecordArgs, store: &str) -> Result<Exit, Failure> {
    Records::Clients.command(asked.what, store).await
}

/// `department …`
pub(crate) async fn department(asked: RecordArgs, store: &str) -> Result<Exit, Failure> {
    Records::Departments.command(asked.what, store).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Records {
    Clients,
    Departments,
}

impl Records {
    async fn command(self, what: RecordCommand, store: &str) -> Result<Exit, Failure> {
        match what {
            RecordCommand::Put { file } => {
                // What can't be read needs no store.
                let record = read(&file)?;
                let house = House::open(store).await?;
                self.tell(&self.put(&house.engine, record).await?);
            }
            RecordCommand::List => {
                let house = House::open(store).await?;
                self.list(&house.engine).await?;
            }
            RecordCommand::Show { id } => {
                let house = House::open(store).await?;
                let record = match self {
                    Records::Clients => house.engine.show_client(&id).await?,
                    Records::Departments => house.engine.show_department(&id).await?,
                };
                out::pretty(&record);
            }
            RecordCommand::Remove { id } => {
                let house = House::open(store).await?;
                match self {
                    Records::Clients => house.engine.remove_client(&id).await?,
                    Records::Departments => house.engine.remove_department(&id).await?,
                }
                out::value(&json!({ (self.id()): id, "removed": true }));
                out::line(format_args!("{} {id}: removed", self.name()));
            }
        }
        Ok(Exit::Done)
    }

    fn name(self) -> &'static str {
        match self {
            Records::Clients => "client",
            Records::Departments => "department",
        }
    }

    /// The field that a record is known by.
    fn id(self) -> &'static str {
        match self {
            Records::Clients => "client_number",
            Records::Departments => "department_id",
        }
    }

    async fn put(self, engine: &Engine, record: Value) -> Result<Put, Failure> {
        Ok(match self {
            Records::Clients => engine.put_client(record).await?,
            Records::Departments => engine.put_department(record).await?,
        })
    }

    fn tell(self, put: &Put) {
        let warnings: Vec<&str> = put.warnings.iter().map(|warning| warning.0.as_str()).collect();
        out::value(&json!({
            (self.id()): put.id, "version": put.version, "created": put.created, "warnings": warnings
        }));
        let done = if put.created { "created" } else { "replaced" };
        out::line(format_args!("{} {}: {done}, version {}", self.name(), put.id, put.version));
        for warning in warnings {
            out::line(format_args!("{} {warning}", ink(Ink::Yellow, "warning:")));
        }
    }

    async fn list(self, engine: &Engine) -> Result<(), Failure> {
        let records = match self {
            Records::Clients => engine.list_clients().await?,
            Records::Departments => engine.list_departments().await?,
        };
        out::value(&Value::Array(records.clone()));
        if records.is_empty() {
            let name = self.name();
            out::line(format_args!("no {name} yet: loomis-woo {name} put {name}.json"));
        }
        let rows: Vec<[String; 4]> = records.iter().map(|record| self.row(record)).collect();
        out::table(&rows).into_iter().for_each(out::line);
        Ok(())
    }

    fn row(self, record: &Value) -> [String; 4] {
        let text = |path: &str| clean(record.pointer(path).and_then(Value::as_str).unwrap_or_default(), 60);
        let id = text(&format!("/{}", self.id()));
        if record.get("fault").is_some() {
            return [id, "can't be used".to_owned(), text("/fault"), String::new()];
        }
        match self {
            Records::Clients => {
                let host =
                    record["api_url"].as_str().map_or("the real host".to_owned(), |url| clean(url, 60));
                [id, host, text("/time_zone"), format!("{} ms between requests", record["min_interval_ms"])]
            }
            Records::Departments => {
                let enabled = if record["enabled"] == true { "enabled" } else { "disabled" };
                [
                    id,
                    text("/name"),
                    text("/shop/url"),
                    format!("client {}, {enabled}", text("/client_number")),
                ]
            }
        }
    }
}

/// The JSON in a file, or on stdin.
fn read(file: &str) -> Result<Value, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = match file {
        "-" => ("stdin", io::stdin().lock().read_to_end(&mut bytes).map(drop)),
        file => (file, fs::read(file).map(|found| bytes = found)),
    };
    read.map_err(|error| Failure::refused(format!("{name} can't be read")).because(&error))?;
    // An editor's mark at the beginning is no mistake of the person's.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(text)
        .map_err(|error| Failure::refused(format!("{name} is no JSON")).because(&error))
}
