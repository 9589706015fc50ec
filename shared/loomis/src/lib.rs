//! The client of Loomis Pay; the only crate that knows its JSON.
