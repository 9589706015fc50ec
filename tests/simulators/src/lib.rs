//! Loomis Pay and a WooCommerce shop, simulated: state, quirks and faults.
