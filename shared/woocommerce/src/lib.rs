//! The client of a WooCommerce shop; the only crate that knows its JSON.
//!
//! Reading order: [`Address`] and [`resolve`] find the shop, [`Connection`] says how it is spoken to, [`Capabilities`] what
//! its age allows, [`Client`] speaks, and [`Error::trouble`] judges what went wrong. What the shop does and does not do was measured
//! (`woocommerce/BEHAVIOUR.md`); comments name the rule they stand on.

mod address;
mod client;
mod connection;
mod era;
mod error;
mod json;
mod oauth;
mod order;
mod product;
mod resolve;
mod wire;

pub use address::{Address, AddressError, Base};
pub use client::{Client, Cursor, MAX_BATCH, Page, Topic, Webhook, WebhookChange, WebhookStatus};
pub use connection::{Auth, Connection, Version};
pub use era::{Capabilities, time_zone};
pub use error::{Error, ItemError};
pub use oauth::{Signature, sign};
pub use order::{OrderChange, OrderGoods, OrderPage, OrderQuery, OrderRow};
pub use product::{
    Draft, ImageSource, ItemDone, NewKind, NewProduct, NewVariation, Private, ProductChange, ProductWrite,
    StockWrite, VariationChange, VariationWrite,
};
pub use resolve::{choose_version, resolve};
pub use world::Secret;
