//! The house, built: world, store, key and engine.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use local::{AtWork, AtWorkError, Lines, Store};
use sync::{Engine, seal::SealKey};
use world::World;

use crate::{failure::Failure, key, workers::Watched};

/// An engine and what stands around it.
pub(crate) struct House {
    /// The use cases.
    pub(crate) engine: Engine,
    /// The queue, watched: whether something is in hand here.
    pub(crate) watched: Arc<Watched>,
    /// The file, where there is one.
    file: Option<(Store, PathBuf)>,
    /// Held while this process works.
    at_work: Option<AtWork>,
}

impl House {
    /// Opens the store of that name.
    pub(crate) async fn open(store: &str) -> Result<House, Failure> {
        let world = outside::world()
            .map_err(|error| Failure::failed("the program can't reach out").because(&error))?;
        match store.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                House::on_file(Path::new(path), world).await?.notifying()
            }
            Some(("dynamodb", table)) if !table.is_empty() => {
                on_table(table, world).await?.notifying()?.hinted()
            }
            _ => Err(Failure::refused(format!(
                "--store {store:?} is no store: write sqlite:PATH or dynamodb:TABLE"
            ))),
        }
    }

    /// Opens the store, and says that this process works on it: what dead processes held is free again.
    pub(crate) async fn open_to_work(store: &str) -> Result<House, Failure> {
        let mut house = House::open(store).await?;
        let Some((store, path)) = &house.file else { return Ok(house) };
        let engine = house.engine.clone();
        let settle = || async move {
            engine.nobody_else_works().await.map_err(|error| AtWorkError::Settle(Box::new(error)))
        };
        let at_work = store.go_to_work(path, settle).await;
        let failed =
            |error: AtWorkError| Failure::failed("this process can't work on the store").because(&error);
        house.at_work = Some(at_work.map_err(failed)?);
        Ok(house)
    }

    async fn on_file(path: &Path, world: World) -> Result<House, Failure> {
        let store = open(path, &world)?;
        let kept = key::beside(path);
        let key = match key::from_environment()? {
            Some(key) => key,
            None => match key::read(&kept)? {
                Some(key) => key,
                None => first_key(&store, &kept, &world).await?,
            },
        };
        Ok(House { file: Some((store.clone(), path.to_owned())), ..House::over(store, world, key) })
    }

    /// A house on a store in that folder, with a key that nobody keeps.
    pub(crate) fn for_once(folder: &Path) -> Result<House, Failure> {
        let world = outside::world()
            .map_err(|error| Failure::failed("the program can't reach out").because(&error))?;
        let store = open(&folder.join("demo.sqlite"), &world)?;
        Ok(House::over(store, world, key::for_once()?))
    }

    fn over(store: Store, world: World, key: SealKey) -> House {
        let ports = Arc::new(store);
        let watched = Arc::new(Watched::new(ports.clone(), Duration::from_millis(600)));
        let mut engine = Engine::new(world, ports, watched.clone(), key);
        engine.meter = Some(Arc::new(Lines));
        House { engine, watched, file: None, at_work: None }
    }

    /// The same house, which tells whom the environment names of orders that wait.
    fn notifying(mut self) -> Result<House, Failure> {
        self.engine.notify = sync::Notify::from_environment(|name| std::env::var(name).ok())
            .map_err(|fault| Failure::refused(fault.to_string()))?;
        Ok(self)
    }

    /// The same house, which knows where the deployed functions take shops' webhooks. This program takes none itself.
    fn hinted(mut self) -> Result<House, Failure> {
        self.engine.webhooks = sync::webhook_url(|name| std::env::var(name).ok())
            .map_err(|fault| Failure::refused(fault.to_string()))?;
        Ok(self)
    }
}

fn open(path: &Path, world: &World) -> Result<Store, Failure> {
    Store::open(path, world.clock.clone())
        .map_err(|error| Failure::failed("the store can't be opened").because(&error))
}

/// A store without records gets a key. One with records had a key, which a new one can't stand in for.
async fn first_key(store: &Store, kept: &Path, world: &World) -> Result<SealKey, Failure> {
    let ports = Arc::new(store.clone());
    let engine = Engine::new(world.clone(), ports.clone(), ports, key::for_once()?);
    if engine.list_clients().await?.is_empty() && engine.list_departments().await?.is_empty() {
        return key::make(kept);
    }
    Err(Failure::refused(format!(
        "the key of the store's secrets is missing: the store has records, but there is no {}; bring the file back from \
         your backup, or set LOOMIS_WOO_KEY",
        kept.display()
    )))
}

#[cfg(feature = "dynamodb")]
async fn on_table(table: &str, world: World) -> Result<House, Failure> {
    let config = aws::config().await;
    let keys = aws::keyring(&config, &world, |name| std::env::var(name).ok());
    let keys = keys.map_err(|error| {
        Failure::refused("the environment variable LOOMIS_WOO_KEY is no key").because(&error)
    })?;
    let keys = keys.ok_or_else(|| {
        Failure::refused(
            "LOOMIS_WOO_KMS_KEY is missing, and LOOMIS_WOO_KEY too: with dynamodb:TABLE the key of the secrets comes \
             from the environment alone; give the one that the functions have",
        )
    })?;
    let ports = Arc::new(aws::Aws::new(&config, aws::Names::of_table(table), world.clone()));
    // A message takes a moment through SQS.
    let watched = Arc::new(Watched::new(ports.clone(), Duration::from_secs(5)));
    let mut engine = Engine::new(world, ports, watched.clone(), keys);
    engine.meter = Some(Arc::new(Lines));
    Ok(House { engine, watched, file: None, at_work: None })
}

#[cfg(not(feature = "dynamodb"))]
async fn on_table(table: &str, _: World) -> Result<House, Failure> {
    Err(Failure::refused(format!(
        "--store dynamodb:{table} needs a program that was built with it: cargo build --release --features dynamodb"
    )))
}
