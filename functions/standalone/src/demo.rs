//! `demo`: both sides simulated on loopback, and the whole way shown: check, preview, synchronize, and what flows after, to
//! the shop and back.

mod orders;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::json;
use simulators::{
    loomis::{Loomis, Office},
    serve::{Serving, WallClock, serve},
    shop::{Permissions, Setup, Shop},
};
use sync::{Engine, Tick};

use crate::{
    check,
    failure::{Exit, Failure},
    house::House,
    options::Demo,
    out::{self, Ink, ink, many},
    preview, run,
    signals::Asked,
    status,
    synchronize::{self, End},
    workers::{Patience, Workers},
};

const CLIENT: &str = "012345";
const CLIENT_TOKEN: &str = "demo-client-token-of-more-than-thirty-characters";
const DEPARTMENT_TOKEN: &str = "demo-department-token-of-more-than-thirty-characters";
/// Their images are attached one by one, which takes its time.
const MOST_FAMILIES: usize = 20;
/// How many lines of the preview are shown.
const SHOWN: usize = 5;
/// How often stock and prices flow while the demo stays up.
const EVERY: Duration = Duration::from_secs(3);

/// Both sides, served on loopback.
struct Sides {
    office: Office,
    shop: Arc<Shop>,
    loomis_at: Serving,
    shop_at: Serving,
}

/// `demo`
pub(crate) async fn demo(asked: Demo) -> Result<Exit, Failure> {
    let sides = Sides::start(asked.products as usize).await?;
    let folder =
        tempfile::tempdir().map_err(|error| Failure::failed("no temporary folder").because(&error))?;
    let house = House::for_once(folder.path())?;
    let mut signals = Asked::heed(house.engine.stop.clone())?;
    put_records(&house.engine, &sides).await?;
    let families = (asked.products as usize).div_ceil(10).min(MOST_FAMILIES);
    heading(format_args!(
        "Loomis Pay has {} and {} of three variants each, the shop has none.",
        many(asked.products, "product"),
        many(families, "parent")
    ));

    heading("check: do both sides answer?");
    let checked = house.engine.check("demo").await?;
    check::tell(&checked);
    if !checked.is_green() {
        return Err(Failure::failed("the simulated sides are not green"));
    }

    heading("preview: what would a synchronize do?");
    let seen = house.engine.preview("demo").await?;
    preview::lines(&seen, SHOWN).into_iter().for_each(|line| out::line(format_args!("  {line}")));
    out::line(format_args!("  …\n  {}", preview::counts(&seen)));

    let (mut first, mut second) = (0, 0);
    for (title, writes) in [
        ("synchronize: the first time", &mut first),
        ("synchronize: once more, and nothing has changed", &mut second),
    ] {
        heading(title);
        let before = sides.writes();
        let (end, status) = synchronize::drive(&house, "demo", &signals).await?;
        match end {
            End::Done => {}
            End::Stopped => return Ok(stopped()),
            other => return Err(Failure::failed(format!("the run did not end: {other:?}"))),
        }
        *writes = sides.writes() - before;
        out::line(format_args!(
            "  {}; {} to the shop",
            status::counts_text(&status.counts),
            many(*writes, "write")
        ));
    }

    heading("then, in Loomis Pay, some prices and stock change");
    let flowed = flow_once(&house, &sides, &signals).await?;
    let Some(orders) = orders::flow(&house, &sides, &mut signals).await? else { return Ok(stopped()) };
    let taken = orders.len();
    out::value(&json!({
        "products": sides.shop.products().len(), "first_writes": first, "second_writes": second, "flowed": flowed,
        "orders": orders
    }));
    heading(format_args!(
        "done: {} in the shop, none of them published; {first} writes made them, {second} the second time; {} taken, each once.",
        many(sides.shop.products().len(), "product"),
        many(taken, "order")
    ));
    if asked.once {
        return Ok(Exit::Done);
    }
    stay(&house, &sides, signals).await
}

fn heading(text: impl std::fmt::Display) {
    out::line(format_args!("\n{}", ink(Ink::Bold, text)));
}

fn stopped() -> Exit {
    out::line("stopped; the demo leaves nothing behind");
    Exit::Left
}

impl Sides {
    async fn start(products: usize) -> Result<Sides, Failure> {
        let failed = |error: std::io::Error| Failure::failed("no port on loopback is free").because(&error);
        let clock = Arc::new(WallClock);
        let loomis = Loomis::new(clock.clone());
        let office = loomis.client(CLIENT, CLIENT_TOKEN);
        office.add_department(1, "Demo", DEPARTMENT_TOKEN);
        office.fill(products, 1);
        // One product in ten comes in three variants besides.
        office.fill_families(products.div_ceil(10).min(MOST_FAMILIES), 3, 2);
        let shop = Arc::new(Shop::new(Setup { next_order_number: Some(1001), ..Setup::default() }));
        shop.add_key("ck_demo", "cs_demo", Permissions::ReadWrite);
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let loomis_at = serve(Arc::new(loomis), clock.clone(), loopback).await.map_err(failed)?;
        let shop_at = serve(shop.clone(), clock, loopback).await.map_err(failed)?;
        Ok(Sides { office, shop, loomis_at, shop_at })
    }

    /// How often products were written to the shop.
    fn writes(&self) -> usize {
        ["POST /wp-json", "PUT /wp-json"].iter().map(|part| self.shop_at.faults.count(part)).sum()
    }
}

async fn put_records(engine: &Engine, sides: &Sides) -> Result<(), Failure> {
    engine
        .put_client(json!({
            "client_number": CLIENT, "client_token": CLIENT_TOKEN, "min_interval_ms": 0,
            "order_lookup": true,
            "api_url": format!("http://{}/v1/", sides.loomis_at.address)
        }))
        .await?;
    engine
        .put_department(json!({
            "department_id": "demo", "name": "Demo", "client_number": CLIENT, "department_token": DEPARTMENT_TOKEN,
            "shop": {
                "url": format!("http://{}", sides.shop_at.address),
                "consumer_key": "ck_demo", "consumer_secret": "cs_demo"
            },
            "products": {"automatic_transfer": true, "product_updates": true, "new_product_groups": true},
            "orders": {
                "enabled": true, "bookkeeping": "separate", "status_after_retrieval": "on-hold",
                "status_when_completed": "completed"
            }
        }))
        .await?;
    Ok(())
}

/// Changes some prices and stock in Loomis Pay, lets the continuous sync carry them over, and says what came of it.
async fn flow_once(house: &House, sides: &Sides, signals: &Asked) -> Result<usize, Failure> {
    let ids: Vec<u64> = sides.office.product_ids().into_iter().take(4).collect();
    let numbers: Vec<String> =
        ids.iter().filter_map(|id| sides.office.product(*id)).map(|product| product.product_number).collect();
    let in_shop = |number: &str| {
        let product = sides.shop.product_by_sku(number);
        product.map(|product| (product.regular_price, product.stock.unwrap_or_default().to_string()))
    };
    let before: Vec<_> = numbers.iter().map(|number| in_shop(number)).collect();
    for (at, id) in ids.iter().enumerate() {
        if at % 2 == 0 {
            sides.office.set_price(*id, "249.00");
        } else {
            sides.office.set_stock(1, *id, "123");
        }
    }
    round(house, signals).await?;
    let mut rows = Vec::new();
    for (number, before) in numbers.iter().zip(before) {
        let (Some(before), Some(after)) = (before, in_shop(number)) else { continue };
        for (what, from, to) in [("price", before.0, after.0), ("stock", before.1, after.1)] {
            if from != to {
                rows.push([number.clone(), what.to_owned(), format!("{from} -> {to}")]);
            }
        }
    }
    if rows.is_empty() && !signals.yet() {
        return Err(Failure::failed("the changes did not reach the shop"));
    }
    out::table(&rows).into_iter().for_each(|line| out::line(format_args!("  {line}")));
    Ok(rows.len())
}

/// One round of the continuous sync.
async fn round(house: &House, signals: &Asked) -> Result<(), Failure> {
    let now = house.engine.world.now();
    for tick in [Tick::Orders, Tick::Completions, Tick::Stock, Tick::Products] {
        house.engine.tick(tick, now).await?;
    }
    let workers = Workers::start(house, Patience::None);
    let done = run::work_off(house, &workers, signals, Some("demo")).await;
    workers.finish().await?;
    done
}

/// Stays up, so that a person can play.
async fn stay(house: &House, sides: &Sides, mut signals: Asked) -> Result<Exit, Failure> {
    let (loomis, shop) = (sides.loomis_at.address, sides.shop_at.address);
    let first = sides.office.product_ids().first().copied().unwrap_or_default();
    out::line(format_args!("\nLoomis Pay: http://{loomis}/_sim/state   the shop: http://{shop}/_sim/state"));
    out::line("Change a price, and it arrives within seconds:");
    out::line(format_args!(
        "  curl -X POST http://{loomis}/_sim/product -d '{{\"client_number\":\"{CLIENT}\",\"product_id\":{first},\"price_inc_vat\":\"99.00\"}}'"
    ));
    let sold = sides.shop.products().first().map(|product| product.id).unwrap_or_default();
    out::line("Place an order, and it is in Loomis Pay within seconds:");
    out::line(format_args!(
        "  curl -X POST http://{shop}/_sim/orders -d '{{\"lines\":[{{\"product\":{sold}}}]}}'"
    ));
    out::line("Ctrl-C ends the demo.");
    while !signals.yet() {
        round(house, &signals).await?;
        signals.or_after(EVERY).await;
    }
    out::line("ended; the demo leaves nothing behind");
    Ok(Exit::Done)
}
