//! Both sides on loopback, a folder for the store, and the program in it.

use std::{
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use serde_json::{Value, json};
use simulators::{
    loomis::{Loomis, Office},
    serve::{Serving, WallClock, serve},
    shop::{Permissions, Setup, Shop},
};
use tempfile::TempDir;

/// Everything that a run of the program needs around it.
pub(crate) struct Sides {
    pub(crate) office: Office,
    pub(crate) shop: Arc<Shop>,
    pub(crate) loomis_at: Serving,
    pub(crate) shop_at: Serving,
    pub(crate) folder: TempDir,
}

/// What the program answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Sides {
    /// Both sides with so many products in Loomis Pay, and no records yet.
    pub(crate) async fn new(products: usize) -> Sides {
        let clock = Arc::new(WallClock);
        let loomis = Loomis::new(clock.clone());
        let office = loomis.client("012345", "client-token-of-more-than-thirty-characters");
        office.add_department(1, "Oslo", "department-token-of-more-than-thirty-characters");
        office.fill(products, 5);
        let shop = Arc::new(Shop::new(Setup::default()));
        shop.add_key("ck_test", "cs_test", Permissions::ReadWrite);
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let loomis_at = serve(Arc::new(loomis), clock.clone(), loopback).await.unwrap();
        let shop_at = serve(shop.clone(), clock, loopback).await.unwrap();
        Sides { office, shop, loomis_at, shop_at, folder: tempfile::tempdir().unwrap() }
    }

    /// The same with both records put.
    pub(crate) async fn ready(products: usize) -> Sides {
        let sides = Sides::new(products).await;
        assert_eq!(sides.put("client", &sides.client()).await.code, 0);
        let put = sides.put("department", &sides.department()).await;
        assert_eq!(put.code, 0, "{}", put.err);
        sides
    }

    pub(crate) fn client(&self) -> Value {
        json!({
            "client_number": "012345", "client_token": "client-token-of-more-than-thirty-characters",
            "api_url": format!("http://{}/v1/", self.loomis_at.address), "min_interval_ms": 0
        })
    }

    pub(crate) fn department(&self) -> Value {
        json!({
            "department_id": "1", "name": "Oslo", "client_number": "012345",
            "department_token": "department-token-of-more-than-thirty-characters",
            "shop": {
                "url": format!("http://{}", self.shop_at.address), "consumer_key": "ck_test", "consumer_secret": "cs_test"
            }
        })
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("loomis-woo.sqlite")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loomis-woo"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("LOOMIS_WOO_KEY")
            .env_remove("LOOMIS_WOO_STORE");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, words: &[&str]) -> Answer {
        let mut command = self.command(words);
        told(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
    }

    /// `RECORD put -` with this on standard input.
    pub(crate) async fn put(&self, record: &str, value: &Value) -> Answer {
        self.put_text(record, &value.to_string()).await
    }

    pub(crate) async fn put_text(&self, record: &str, text: &str) -> Answer {
        let mut child = self.command(&[record, "put", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        end(child).await
    }

    /// How often products were written to the shop.
    pub(crate) fn writes(&self) -> usize {
        self.shop_at.faults.count("POST /wp-json/wc/v3/products/batch")
    }
}

/// Waits for a child's end.
pub(crate) async fn end(child: Child) -> Answer {
    told(tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap())
}

fn told(output: Output) -> Answer {
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
