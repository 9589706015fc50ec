//! How far a customer order is in Loomis Pay, by what its statuses mean. `API.md` §5; `SETTINGS.md`, *Loomis Pay status that
//! means completed*.

/// Cancelled in Loomis Pay.
pub const CANCELLED: u32 = 8;

/// The way of a customer order: processing, ready to pick, picked, shipped, received, finished, invoiced, paid. Waiting (2),
/// cancelled (8) and on back-order (9) lie beside it: nothing says that an order ever came by there.
const WAY: [u32; 8] = [1, 10, 11, 3, 4, 5, 6, 7];

/// Whether a customer order of this status has reached `wanted`. Between two looks it may have gone on: one that is paid was
/// finished. What lies beside the way is reached by itself alone.
pub fn reaches(status: u32, wanted: u32) -> bool {
    let place = |status: u32| WAY.iter().position(|one| *one == status);
    match (place(status), place(wanted)) {
        (Some(is), Some(wanted)) => is >= wanted,
        _ => status == wanted,
    }
}

#[cfg(test)]
mod tests;
