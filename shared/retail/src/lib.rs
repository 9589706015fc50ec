//! The trade's words and rules: pure, no input, no output, no clock.
//!
//! Money is [`Decimal`], never a float; whether an amount includes VAT stands in its name. VAT is a percentage.
//! The heart is [`plan()`]: settings, what Loomis Pay has, what the shop has and the links go in; what to change, and
//! what is refused and why, comes out.

pub mod attribute;
pub mod change;
pub mod fate;
pub mod gtin;
pub mod link;
pub mod number;
pub mod office;
pub mod order;
pub mod plan;
pub mod price;
pub mod settings;
pub mod shop;
pub mod stock;
pub mod tax;

pub use plan::plan;
pub use rust_decimal::Decimal;
