//! Loomis Pay, simulated.
