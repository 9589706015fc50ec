//! Secrets at rest: one list of cases for both kinds of keys, and records that move from one to the other.

use std::sync::Arc;

use aws::Kms;
use house::engine::Engine as Cloud;
use local::Store;
use serde_json::{Value, json};
use sync::{
    Engine, Error,
    ports::{Key, Ledger},
    seal::{Keyring, Seal, SealError, SealKey, Secret},
};
use world::World;

/// A key of our own.
const OWN: [u8; 32] = [7; 32];

/// Nobody listens there: port 9 of this machine.
const NOBODY: &str = "http://127.0.0.1:9";

const DUE: &str = r#"{"schema":1,"wake":"due","department":"1"}"#;

const PLACE: &str = "department/1/shop.consumer_secret";

fn world() -> World {
    outside::world().expect("the world is there")
}

async fn cloud() -> &'static Cloud {
    tokio::task::spawn_blocking(Cloud::shared).await.expect("the engine starts")
}

async fn refused(key: &dyn Seal, place: &str, sealed: &str) {
    let error = key.open(place, sealed).await.expect_err("it is not opened");
    assert!(matches!(error, SealError::NotOurs), "{error:?}");
}

/// What a key promises: what it seals it opens, at its place, and nothing else. What another key sealed is tried where each
/// kind of key is: AWS's stand-in makes something of that too.
async fn keeps_its_promises(key: impl Seal) {
    let chance = outside::SystemChance;
    for text in ["cs_0123456789", "æøå 🙂", "x"] {
        let secret = Secret::new(text);
        let sealed = key.seal(&chance, PLACE, &secret).await.expect("it is sealed");
        assert!(
            sealed.starts_with(key.prefix()) && sync::seal::is_sealed(&sealed) && !sealed.contains("cs_")
        );
        assert_eq!(key.open(PLACE, &sealed).await.expect("it is opened"), secret);
        refused(&key, "department/2/shop.consumer_secret", &sealed).await;
        refused(&key, "", &sealed).await;
        refused(&key, PLACE, &sealed[..key.prefix().len() + 16]).await;
        refused(&key, PLACE, key.prefix()).await;
        let again = key.seal(&chance, PLACE, &secret).await.expect("it is sealed again");
        assert_ne!(again, sealed, "one text for one secret tells which are equal");
    }
}

#[tokio::test]
async fn a_key_of_our_own_keeps_its_promises() {
    keeps_its_promises(SealKey::new(OWN)).await;
}

#[tokio::test]
async fn a_key_of_kms_keeps_its_promises() {
    keeps_its_promises(cloud().await.kms(world()).await).await;
}

/// What another process sealed is opened too: nothing depends on what this one remembers.
#[tokio::test]
async fn what_kms_sealed_is_opened_by_another_process_under_its_context_only() {
    let cloud = cloud().await;
    let id = cloud.kms_key().await;
    let [one, two] = [(), ()].map(|()| Kms::new(cloud.config(), &id, world()));
    let secret = Secret::new("cs_0123456789");
    let sealed = one.seal(&outside::SystemChance, PLACE, &secret).await.unwrap();
    refused(&two, "department/2/shop.consumer_secret", &sealed).await;
    assert_eq!(two.open(PLACE, &sealed).await.unwrap(), secret);
    // One that was switched off is the deployment's trouble, not the secret's.
    cloud.disable(&id).await;
    let error = Kms::new(cloud.config(), &id, world()).open(PLACE, &sealed).await.unwrap_err();
    assert!(matches!(&error, SealError::Denied(mend) if mend.contains("enable it")), "{error}");
}

struct Stage {
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.sqlite"), world().clock).unwrap();
        Stage { store: Arc::new(store), _folder: folder }
    }

    fn engine(&self, keys: impl Into<Keyring>) -> Engine {
        Engine::new(world(), self.store.clone(), self.store.clone(), keys)
    }

    async fn row(&self, partition: &str, id: &str) -> Value {
        self.store.get(&Key::new(partition, id)).await.unwrap().expect("the record is there").body
    }

    /// What the three secrets of the department begin with, and the client's.
    async fn forms(&self) -> Vec<String> {
        let (client, department) = (self.row("client", "012345").await, self.row("department", "1").await);
        let secrets = [
            &client["client_token"],
            &department["department_token"],
            &department["shop"]["consumer_key"],
            &department["shop"]["consumer_secret"],
        ];
        let form = |text: &Value| {
            text.as_str().unwrap().rsplit_once(':').map_or("plain", |(form, _)| form).to_owned()
        };
        secrets.into_iter().map(form).collect()
    }
}

fn client() -> Value {
    json!({
        "client_number": "012345",
        "client_token": "client-token-of-more-than-thirty-characters",
        "api_url": format!("{NOBODY}/v1/"),
    })
}

fn department() -> Value {
    json!({
        "department_id": "1", "name": "Oslo", "client_number": "012345", "department_token": "token",
        "shop": { "url": NOBODY, "consumer_key": "ck_1", "consumer_secret": "cs_1" },
        "products": { "automatic_transfer": true },
    })
}

/// What a test of both sides has to say of the records: opened, or not and why. It opens all four secrets.
async fn opens(engine: &Engine) -> Result<(), String> {
    let check = engine.check("1").await.expect("the keys are in reach");
    let settings = &check.findings[0];
    assert_eq!(settings.what, "settings");
    if settings.good { Ok(()) } else { Err(settings.text.clone()) }
}

#[tokio::test]
async fn records_move_to_kms_when_they_are_read_with_both_keys() {
    let stage = Stage::new();
    let engine = stage.engine(SealKey::new(OWN));
    engine.put_client(client()).await.unwrap();
    engine.put_department(department()).await.unwrap();
    assert_eq!(stage.forms().await, ["sealed:1"; 4]);

    // KMS alone can't open them, and says what is missing.
    let cloud = cloud().await;
    let id = cloud.kms_key().await;
    let kms = || Kms::new(cloud.config(), &id, world());
    let told = opens(&stage.engine(kms())).await.unwrap_err();
    assert!(told.contains("LOOMIS_WOO_KEY, which is not set"), "{told}");
    assert_eq!(stage.forms().await, ["sealed:1"; 4]);

    // Both: opened, and sealed anew.
    opens(&stage.engine(Keyring::from(kms()).and(SealKey::new(OWN)))).await.unwrap();
    assert_eq!(stage.forms().await, ["kms:1"; 4]);

    // From now on KMS is enough; and a key of our own is not: its department is stopped, visibly.
    opens(&stage.engine(kms())).await.unwrap();
    let engine = stage.engine(SealKey::new(OWN));
    let told = opens(&engine).await.unwrap_err();
    assert!(told.contains("LOOMIS_WOO_KMS_KEY is not set"), "{told}");
    engine.handle(DUE).await.unwrap();
    let pause = stage.engine(kms()).status_of("1").await.unwrap().pause.expect("it is paused");
    assert!(pause.reason.contains("LOOMIS_WOO_KMS_KEY is not set"), "{}", pause.reason);
}

#[tokio::test]
async fn a_secret_written_by_hand_is_sealed_under_kms_when_it_is_first_read() {
    let stage = Stage::new();
    let cloud = cloud().await;
    let engine = stage.engine(cloud.kms(world()).await);
    engine.put_client(client()).await.unwrap();
    engine.put_department(department()).await.unwrap();
    let mut item = stage.store.get(&Key::new("department", "1")).await.unwrap().unwrap();
    item.body["shop"]["consumer_secret"] = json!(" cs_by_hand ");
    stage.store.write_each(vec![item], Vec::new()).await.unwrap();
    assert_eq!(stage.forms().await, ["kms:1", "kms:1", "kms:1", "plain"]);
    opens(&engine).await.unwrap();
    assert_eq!(stage.forms().await, ["kms:1"; 4]);
    // A put that leaves it out keeps it.
    let mut record = department();
    record["shop"] = json!({ "url": NOBODY });
    let before = stage.row("department", "1").await["shop"]["consumer_secret"].clone();
    engine.put_department(record).await.unwrap();
    assert_eq!(stage.row("department", "1").await["shop"]["consumer_secret"], before);
    let mut sealed = department();
    sealed["shop"]["consumer_secret"] = before;
    let error = engine.put_department(sealed).await.unwrap_err();
    assert!(error.to_string().contains("shop.consumer_secret"), "{error}");
}

/// KMS down: the message comes again, and no record is called broken.
#[tokio::test]
async fn while_kms_is_out_of_reach_nothing_is_called_damaged() {
    let stage = Stage::new();
    let cloud = cloud().await;
    let id = cloud.kms_key().await;
    let engine = stage.engine(Kms::new(cloud.config(), &id, world()));
    engine.put_client(client()).await.unwrap();
    engine.put_department(department()).await.unwrap();

    let config = cloud.config().into_builder().endpoint_url(NOBODY).build();
    let away = stage.engine(Kms::new(config, &id, world()));
    let error = away.handle(DUE).await.unwrap_err();
    assert!(matches!(&error, Error::Sealing(_)), "{error:?}");
    assert!(matches!(away.check("1").await, Err(Error::Sealing(_))));
    let error = away.put_client(client()).await.unwrap_err();
    assert!(matches!(&error, Error::Sealing(_)), "{error:?}");
    assert!(engine.status_of("1").await.unwrap().pause.is_none());
}
