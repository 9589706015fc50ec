//! The trade's words and rules: pure, no input, no output, no clock.
//!
//! Money is [`Decimal`], never a float; whether an amount includes VAT stands in its name. VAT is a percentage.

pub mod fate;
pub mod number;
pub mod office;
pub mod shop;

pub use rust_decimal::Decimal;
