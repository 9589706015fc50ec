//! What several tests stand on.

pub mod engine;
pub mod sam;
pub mod stage;
pub mod tools;
