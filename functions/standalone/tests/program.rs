//! The program as a person types it, against both sides simulated on loopback.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

#[path = "program/backup.rs"]
mod backup;
#[path = "program/dead.rs"]
mod dead;
#[path = "program/input.rs"]
mod input;
#[path = "program/orders.rs"]
mod orders;
#[path = "program/promises.rs"]
mod promises;
#[path = "program/sides.rs"]
mod sides;
#[path = "program/work.rs"]
mod work;
