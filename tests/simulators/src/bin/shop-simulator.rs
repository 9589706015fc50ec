//! A WooCommerce shop on this machine, over plain HTTP, with its control under `/_sim/`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use simulators::{
    Server,
    serve::{WallClock, serve},
    shop::{Permissions, Product, Setup, Shop},
};
use world::Method;

/// A simulated WooCommerce shop.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// A key that may read and write.
    #[arg(long, default_value = "ck_simulated")]
    key: String,
    /// Its secret.
    #[arg(long, default_value = "cs_simulated")]
    secret: String,
    /// Every request counts as https, so that Basic works too.
    #[arg(long)]
    as_https: bool,
    /// How many products to begin with: SIM-00001, SIM-00002, …
    #[arg(long, default_value_t = 0)]
    products: u64,
    /// A JSON file with products (as `/_sim/state` shows them) to begin with.
    #[arg(long)]
    seed: Option<PathBuf>,
    /// Fields of the set-up to change, as JSON: {"v3":false}.
    #[arg(long)]
    setup: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("shop-simulator: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let shop = Arc::new(Shop::new(Setup { counts_as_https: options.as_https, ..Setup::default() }));
    let now = jiff::Timestamp::now();
    let control = |path: &str, body: &[u8]| match shop.control(Method::Post, path, body, now) {
        Some(result) => result.map(|_| ()),
        None => Err(format!("no control {path}")),
    };
    if let Some(setup) = &options.setup {
        control("setup", setup.as_bytes())?;
    }
    if let Some(seed) = &options.seed {
        let body = std::fs::read(seed).map_err(|error| format!("{}: {error}", seed.display()))?;
        control("products", &body)?;
    }
    for number in 1..=options.products {
        let product = Product::simple(&format!("SIM-{number:05}"), &format!("Produkt {number:05}"), "100.00");
        shop.add_product(product.with_stock(10), now);
    }
    shop.add_key(&options.key, &options.secret, Permissions::ReadWrite);
    let serving =
        serve(shop, Arc::new(WallClock), options.listen).await.map_err(|error| error.to_string())?;
    println!("http://{}", serving.address);
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())
}
