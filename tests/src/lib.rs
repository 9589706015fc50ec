//! What several tests stand on.

pub mod counted;
pub mod engine;
pub mod function;
pub mod sam;
pub mod stage;
pub mod tools;
