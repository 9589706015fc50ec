//! Loomis Pay on this machine: `loomis-simulator --listen 127.0.0.1:8701 --products 1000`.

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use clap::Parser;
use simulators::{
    loomis::Loomis,
    serve::{WallClock, serve},
};

/// Simulates Loomis Pay over HTTP. Its control stands under /_sim/.
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 for any free one.
    #[arg(long, default_value = "127.0.0.1:8701")]
    listen: SocketAddr,
    /// The client's number.
    #[arg(long, default_value = "012345")]
    client_number: String,
    /// The client's token.
    #[arg(long, default_value = "simulated-client-token-0123456789abcdef")]
    client_token: String,
    /// Departments to begin with; the first has number 1 and the token `simulated-department-token-1`.
    #[arg(long, default_value_t = 1)]
    departments: u64,
    /// Products to begin with.
    #[arg(long, default_value_t = 0)]
    products: usize,
    /// What the products come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Requests of a client that start sooner after the one before get 429; milliseconds.
    #[arg(long, default_value_t = 0)]
    min_interval_ms: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let options = Options::parse();
    let clock = Arc::new(WallClock);
    let loomis = Loomis::new(clock.clone());
    loomis.set_min_interval(Duration::from_millis(options.min_interval_ms));
    let office = loomis.client(&options.client_number, &options.client_token);
    for id in 1..=options.departments {
        office.add_department(id, &format!("Avdeling {id}"), &format!("simulated-department-token-{id}"));
    }
    office.fill(options.products, options.seed);
    let serving = serve(Arc::new(loomis), clock, options.listen).await?;
    println!("http://{}/v1/", serving.address);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
