//! A WooCommerce shop.
