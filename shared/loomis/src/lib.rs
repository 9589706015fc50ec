//! The client of Loomis Pay; the only crate that knows its JSON.
//!
//! What Loomis Pay has not confirmed stands in [`assumptions`], one constant each; the rest follows `API.md`.
//! [`Client`] speaks, [`Gate`] keeps the pace, [`Error::trouble`] judges what goes wrong.

mod account;
pub mod assumptions;
mod client;
mod envelope;
mod error;
mod gate;
mod hidden;
mod loose;
mod order;
mod product;
mod saved;
mod stock;
mod token;

pub use account::{Account, Department};
pub use assumptions::{API_URL, api_url};
pub use client::{CategoryRow, Client, CustomerBy, NewGood, ProductQuery};
pub use error::{Call, Error, Kind};
pub use gate::{Gate, GateError, Priority};
pub use order::{ChangedOrders, OrderRow};
pub use product::{ProductPage, Unreadable};
pub use stock::StockPage;
pub use world::Secret;
