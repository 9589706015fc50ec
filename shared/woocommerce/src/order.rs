//! What is asked of the shop's orders, and written to them. The orders themselves are [`retail::order`]'s.

use jiff::Timestamp;
use retail::{
    Decimal,
    order::{OrderId, OrderLine, RefundRef},
};
use serde_json::{Map, Value, json};

use crate::Cursor;

/// The meta key of our marker, `<installation>:<number in Loomis Pay>` (`SETTINGS.md`, *Orders*).
pub(crate) const MARKER: &str = "_loomis_woo";
/// The meta key of the predecessor's.
pub(crate) const FOREIGN_MARKER: &str = "_duell_order_id";

/// Which orders are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// The statuses, without `wc-`, custom ones included. None of them: every status but the trash, `checkout-draft` too.
    /// Orders of a status whose plugin is gone are in no list, and asking for it is refused ([`retail::fate::Fate::Settings`]).
    pub statuses: Vec<String>,
    /// Only orders placed in this second or later.
    pub created_from: Option<Timestamp>,
}

/// An order in short, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The id.
    pub id: OrderId,
    /// The number that people see.
    pub number: String,
    /// The status, without `wc-`.
    pub status: String,
    /// When it was placed. Where the shop doesn't say (a plugin's draft): when it was modified, else the year 1970.
    pub created: Timestamp,
    /// When it was last modified, to the second.
    pub modified: Option<Timestamp>,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// What the customer pays in all, including tax, in the shop's currency; refunds are not taken off.
    pub total_inc_tax: Decimal,
    /// Its refunds, in short.
    pub refunds: Vec<RefundRef>,
    /// Our marker (`_loomis_woo`), where it carries one.
    pub marker: Option<String>,
    /// The predecessor's (`_duell_order_id`).
    pub foreign_marker: Option<String>,
}

/// What an order took of the stock, and nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderGoods {
    /// The id.
    pub id: OrderId,
    /// The status, without `wc-`.
    pub status: String,
    /// Products bought.
    pub lines: Vec<OrderLine>,
}

/// Some of the orders that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPage {
    /// Changed orders, the earliest first; our own writes come back here too. May be empty although there is more.
    pub orders: Vec<OrderRow>,
    /// Where to go on. Keep it only after the orders were handed over.
    pub next: Cursor,
    /// Whether there is more to read now.
    pub more: bool,
}

/// What is changed of an order, in one write; what is not named stays as it is. We never write lines: the shop takes a
/// line without an id for a further one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// The new status, without `wc-`. Setting the status that it has already does nothing.
    pub status: Option<String>,
    /// The payment is complete. The shop heeds this only while the order, with its new status, awaits payment (`pending`
    /// or `failed`, and more than nothing to pay), and then sets the status itself: to `processing`, or `completed` where
    /// nothing needs sending. Everywhere else it is ignored.
    pub set_paid: bool,
    /// Our marker.
    pub marker: Option<String>,
}

impl OrderChange {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == OrderChange::default()
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        if let Some(status) = &self.status {
            fields.insert("status".into(), status.as_str().into());
        }
        if self.set_paid {
            fields.insert("set_paid".into(), true.into());
        }
        if let Some(marker) = &self.marker {
            fields.insert("meta_data".into(), json!([{"key": MARKER, "value": marker}]));
        }
        Value::Object(fields)
    }
}
