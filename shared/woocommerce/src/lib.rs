//! The client of a WooCommerce shop; the only crate that knows its JSON.
