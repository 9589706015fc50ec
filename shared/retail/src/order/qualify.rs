//! Which orders are taken. `SETTINGS.md`, *Orders*: from date, from number, statuses, currency, markers.

use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

use super::{
    OrderId, WebOrder,
    waiting::{Reason, Waiting},
};
use crate::settings::OrderSettings;

/// What the rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFacts<'a> {
    /// The id.
    pub id: OrderId,
    /// The number that people see.
    pub number: &'a str,
    /// The status, without `wc-`.
    pub status: &'a str,
    /// When it was placed.
    pub created: Timestamp,
    /// The order's currency, ISO 4217.
    pub currency: &'a str,
    /// The shop's own.
    pub shop_currency: &'a str,
    /// What it comes to, including tax.
    pub total_inc_tax: Decimal,
    /// What was given back, including tax; not below 0.
    pub refunded_inc_tax: Decimal,
    /// It carries a marker: ours (`_loomis_woo`), or the predecessor's (`_duell_order_id`).
    pub marked: bool,
    /// Our ledger has an effect of it that was sent, or is about to be.
    pub known: bool,
}

impl<'a> OrderFacts<'a> {
    /// The facts of an order that was read whole.
    pub fn of(order: &'a WebOrder, shop_currency: &'a str, known: bool) -> OrderFacts<'a> {
        OrderFacts {
            id: order.id,
            number: &order.number,
            status: &order.status,
            created: order.created,
            currency: &order.currency,
            shop_currency,
            total_inc_tax: order.total_inc_tax,
            refunded_inc_tax: order.refunds.iter().map(|refund| refund.amount_inc_tax).sum(),
            marked: order.marker.is_some() || order.foreign_marker.is_some(),
            known,
        }
    }
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Qualification {
    /// The ledger has it already.
    Known,
    /// It is taken; what it is compared by is said, for the log.
    Taken(Compared),
    /// Its status may still become one that is taken.
    NotYet,
    /// It is none of ours, and nobody is told.
    LeftAlone(LeftAlone),
    /// It came to an end without qualifying: shown.
    PassedBy(Passed),
    /// It will not be taken as it is, or is parked: shown.
    Held(Waiting),
}

/// The number that [`OrderSettings::from_order_number`] is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The digits of the shown number.
    Shown(u64),
    /// The shown number has no digits (or too many): the id.
    Id(u64),
}

impl Compared {
    /// The number.
    pub fn number(self) -> u64 {
        match self {
            Compared::Shown(number) | Compared::Id(number) => number,
        }
    }

    /// The numeric part of a shown number: all its digits, so that `2026-0042` comes after `2025-0900`.
    pub fn of(shown: &str, id: OrderId) -> Compared {
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        digits.parse().map_or(Compared::Id(id.0), Compared::Shown)
    }
}

/// Why an order is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftAlone {
    /// A basket at the checkout, or the bin.
    NoOrder,
    /// Placed before the from date.
    BeforeDate,
    /// Below the from number.
    BeforeNumber,
}

/// How an order came to an end without having been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Completed.
    Completed,
    /// Cancelled.
    Cancelled,
    /// Refunded in full.
    Refunded,
}

impl Passed {
    /// For `orders waiting`.
    pub fn waiting(self) -> Waiting {
        let detail = match self {
            Passed::Completed => "completed without ever having a status that is taken",
            Passed::Cancelled => "cancelled without ever having a status that is taken",
            Passed::Refunded => "refunded in full before it was taken",
        };
        Waiting::new(Reason::PassedBy, detail)
    }
}

impl Qualification {
    /// What `orders waiting` shows of it.
    pub fn waiting(&self) -> Option<Waiting> {
        match self {
            Qualification::PassedBy(passed) => Some(passed.waiting()),
            Qualification::Held(waiting) => Some(waiting.clone()),
            _ => None,
        }
    }
}

/// Whether an order is taken, and why not. Payment is not asked here: only a sale waits for it, see
/// [`effects`](super::effects).
pub fn qualify(settings: &OrderSettings, shop_zone: &TimeZone, row: &OrderFacts<'_>) -> Qualification {
    if row.known {
        return Qualification::Known;
    }
    if matches!(row.status, "checkout-draft" | "auto-draft" | "trash") {
        return Qualification::LeftAlone(LeftAlone::NoOrder);
    }
    let day = shop_zone.to_datetime(row.created).date();
    if settings.from_date.is_some_and(|from| day < from) {
        return Qualification::LeftAlone(LeftAlone::BeforeDate);
    }
    let compared = Compared::of(row.number, row.id);
    if settings.from_order_number.is_some_and(|from| compared.number() < from) {
        return Qualification::LeftAlone(LeftAlone::BeforeNumber);
    }
    if row.marked {
        let detail = "it carries a marker, and this ledger has not taken it: another installation did, or this one before its \
                      store was restored";
        return Qualification::Held(Waiting::new(Reason::AnotherInstallation, detail));
    }
    let in_full = row.total_inc_tax > Decimal::ZERO && row.refunded_inc_tax >= row.total_inc_tax;
    if in_full || row.status == "refunded" {
        return Qualification::PassedBy(Passed::Refunded);
    }
    if !settings.retrieve_statuses.iter().any(|status| status == row.status) {
        return match row.status {
            "completed" => Qualification::PassedBy(Passed::Completed),
            "cancelled" => Qualification::PassedBy(Passed::Cancelled),
            _ => Qualification::NotYet,
        };
    }
    if !row.currency.eq_ignore_ascii_case(row.shop_currency) {
        let detail = format!("it is in {}, the shop sells in {}", row.currency, row.shop_currency);
        return Qualification::Held(Waiting::new(Reason::ForeignCurrency, detail));
    }
    Qualification::Taken(compared)
}

#[cfg(test)]
mod tests;
