//! Orders, from the shop into Loomis Pay exactly once, and the status back. `SETTINGS.md`, *Orders*; `API.md` §6.
//!
//! Finding (`find.rs`) notes which orders there are; a desk (`desk.rs`) looks after one of them: takes it (`take.rs`), sends its
//! effects (`send.rs`, `effect.rs`), writes status and marker, watches the customer order (`after.rs`), and sees to refunds (`refunds.rs`).

mod after;
mod alarm;
mod close;
mod desk;
mod effect;
mod find;
mod goods;
pub(crate) mod held;
mod refunds;
mod send;
mod settle;
mod story;
mod take;
mod there;
mod word;

pub use alarm::Notify;
pub use settle::Settlement;
pub use story::{EffectStory, OrderStory, WaitingOrder};

pub(crate) use alarm::{overdue, raise};
pub(crate) use desk::look_after;
pub(crate) use find::{find, hinted};

use std::time::Duration;

use retail::order::OrderId;

use crate::{
    Engine, Error, Wake, pair,
    ports::{Condition, Key, LedgerError, Write},
    rows::{self, body, item, lease::Lease, orders::Place},
};

/// How long to wait for a worker that is at orders of the same department.
const PATIENCE: Duration = Duration::from_secs(20);

/// The department's right to send orders.
async fn lease(engine: &Engine, department: &str) -> Result<Lease, Error> {
    Lease::wait_for(engine, lease_key(department), PATIENCE).await
}

pub(crate) fn lease_key(department: &str) -> Key {
    Key::new(format!("D#{department}"), "lease#orders")
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Installation {
    name: String,
}

/// The name of this installation in what it leaves in a shop: markers, webhooks.
pub(crate) async fn installation(engine: &Engine) -> Result<String, Error> {
    let key = Key::new("installation", "name");
    loop {
        if let Some(found) = engine.ledger.get(&key).await? {
            return Ok(body::<Installation>(&found)?.name);
        }
        let name = format!("{:08x}", engine.world.chance.next() as u32);
        let put = item(key.clone(), &Installation { name: name.clone() })?;
        match engine.ledger.write(vec![Write::Put { item: put, condition: Condition::Absent }]).await {
            Ok(()) => return Ok(name),
            Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where the orders of a department with its present shop stand; `None` before the shop was first spoken to.
pub(crate) async fn place_of(engine: &Engine, department: &str) -> Result<Option<Place>, Error> {
    Ok(pair::found(engine, department).await?.map(|found| Place::of(department, &found.base)))
}

/// Orders that are woken for at once; the next tick goes on.
const DUE: usize = 500;

/// Wakes the orders of a department that are due by themselves, and whoever tells somebody of those that wait for long.
pub(crate) async fn wake_due(engine: &Engine, department: &str) -> Result<(), Error> {
    if find::taking(&engine.department(department).await?).is_none() {
        return Ok(());
    }
    let mut wakes = Vec::new();
    if let Some(place) = place_of(engine, department).await? {
        for order in rows::orders::due(engine, &place, engine.now(), DUE).await? {
            wakes.push(Wake::Order { department: department.to_owned(), order: order.0 });
        }
    }
    if overdue(engine, department).await? {
        wakes.push(Wake::Notices { department: department.to_owned() });
    }
    let wakes = wakes.into_iter().map(|wake| (wake, engine.world.identity()));
    engine.wake_all(wakes.collect()).await
}

/// Where the department's orders stand: with its present shop first, then with those that it left.
pub(crate) async fn places_of(engine: &Engine, department: &str) -> Result<Vec<Place>, Error> {
    let present = place_of(engine, department).await?;
    let mut places: Vec<Place> = present.into_iter().collect();
    for base in rows::orders::bases_read(engine, department).await? {
        if places.iter().all(|place| place.base() != base) {
            places.push(Place::of(department, &base));
        }
    }
    Ok(places)
}

/// What is said of an order of a shop that was left: how a person names it, and what there is to say.
fn of_a_left_shop(place: &Place, number: &str, detail: &str) -> String {
    format!("{number}@{}, a shop that was left: {detail}", place.base())
}

impl Engine {
    /// Sends a wake-up for an order.
    pub(crate) async fn wake_order(&self, department: &str, order: OrderId) -> Result<(), Error> {
        self.wake(Wake::Order { department: department.to_owned(), order: order.0 }).await
    }
}
