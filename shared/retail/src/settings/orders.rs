//! `orders.…`: shop → Loomis Pay, and the status back.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Fault, Warning, day, filled};

/// The order settings as a person writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrdersRecord {
    /// The gate of everything below.
    pub enabled: bool,
    /// Orders created in the shop before this day are left alone; filled in when the record is made.
    #[serde(deserialize_with = "day")]
    pub from_date: Option<Date>,
    /// The first order to take, by the shown number.
    pub from_order_number: Option<u64>,
    /// Orders in these statuses are taken.
    pub retrieve_statuses: Vec<String>,
    /// The status after an order is taken.
    pub status_after_retrieval: Option<String>,
    /// The status when the order is completed.
    pub status_when_completed: Option<String>,
    /// The Loomis Pay status that means completed, 1 to 11.
    pub loomis_completed_status: u8,
    /// The order becomes a customer order.
    pub create_customer_order: bool,
    /// Products that Loomis Pay lacks are created there.
    pub create_products: bool,
    /// Quantities are deducted at once.
    pub deduct_from_stock: bool,
    /// Staff may unlock the order and take payment at the till.
    pub allow_unlocking: bool,
    /// `off`, `separate` or `same_voucher`.
    pub bookkeeping: Bookkeeping,
    /// Payment methods that are paid in the store.
    pub pay_in_store_methods: Vec<String>,
    /// A refund becomes a return sale.
    pub refunds: bool,
}

/// How an order is registered as a sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bookkeeping {
    /// Not at all.
    #[default]
    Off,
    /// On a voucher of its own.
    Separate,
    /// In the department's voucher.
    SameVoucher,
}

impl Default for OrdersRecord {
    fn default() -> Self {
        OrdersRecord {
            enabled: false,
            from_date: None,
            from_order_number: None,
            retrieve_statuses: vec!["processing".to_owned()],
            status_after_retrieval: None,
            status_when_completed: None,
            loomis_completed_status: 5,
            create_customer_order: true,
            create_products: false,
            deduct_from_stock: false,
            allow_unlocking: false,
            bookkeeping: Bookkeeping::Off,
            pay_in_store_methods: Vec::new(),
            refunds: true,
        }
    }
}

/// The order settings of a department that takes orders, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSettings {
    /// Orders created before this day, in the shop's zone, are left alone.
    pub from_date: Option<Date>,
    /// The first order to take, by the shown number.
    pub from_order_number: Option<u64>,
    /// Orders in these statuses are taken; at least one.
    pub retrieve_statuses: Vec<String>,
    /// The status after an order is taken.
    pub status_after_retrieval: Option<String>,
    /// The status when the order is completed.
    pub status_when_completed: Option<String>,
    /// The Loomis Pay status that means completed, 1 to 11.
    pub loomis_completed_status: u8,
    /// What becomes of an order.
    pub effects: Effects,
    /// Products that Loomis Pay lacks are created there.
    pub create_products: bool,
    /// Staff may unlock the order; then no sale is registered by us.
    pub allow_unlocking: bool,
    /// Payment methods that are paid in the store.
    pub pay_in_store_methods: Vec<String>,
    /// A refund becomes a return sale.
    pub refunds: bool,
}

/// On which voucher a sale lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voucher {
    /// Its own.
    Separate,
    /// The department's.
    Same,
}

/// The decision table of `SETTINGS.md`, *Orders*: the rows that exist, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effects {
    /// A customer order; then a sale linked to it, if booked.
    CustomerOrder {
        /// The sale.
        sale: Option<Voucher>,
    },
    /// A sale; then a deduction, if wanted.
    Sale {
        /// Its voucher.
        voucher: Voucher,
        /// Quantities are deducted.
        deduct: bool,
    },
    /// A deduction alone.
    Deduction,
}

impl OrdersRecord {
    /// `None` where orders are off. `inventory` is whether stock flows to the shop.
    pub(super) fn check(
        &self,
        inventory: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<OrderSettings>, Fault> {
        if self.create_customer_order && self.deduct_from_stock {
            return Err(Fault::new(
                "orders.deduct_from_stock",
                "requires Create Customer Order off (the packing slip deducts): set one of the two to false",
            ));
        }
        if self.retrieve_statuses.is_empty() {
            return Err(Fault::new(
                "orders.retrieve_statuses",
                "names at least one status: [\"processing\"]",
            ));
        }
        for (at, status) in self.retrieve_statuses.iter().enumerate() {
            status_is_writable(&format!("orders.retrieve_statuses[{at}]"), status)?;
        }
        for (field, status) in [
            ("orders.status_after_retrieval", &self.status_after_retrieval),
            ("orders.status_when_completed", &self.status_when_completed),
        ] {
            if let Some(status) = status {
                status_is_writable(field, status)?;
            }
        }
        if !(1..=11).contains(&self.loomis_completed_status) {
            return Err(Fault::new(
                "orders.loomis_completed_status",
                "is a Loomis Pay status from 1 to 11; 5 is finished",
            ));
        }
        for (at, method) in self.pay_in_store_methods.iter().enumerate() {
            filled(&format!("orders.pay_in_store_methods[{at}]"), method)?;
        }
        if !self.enabled {
            return Ok(None);
        }
        let voucher = match self.bookkeeping {
            Bookkeeping::Off => None,
            Bookkeeping::Separate => Some(Voucher::Separate),
            Bookkeeping::SameVoucher => Some(Voucher::Same),
        };
        let effects = match (self.create_customer_order, voucher, self.deduct_from_stock) {
            // The till books what may be unlocked.
            (true, sale, _) => Effects::CustomerOrder { sale: sale.filter(|_| !self.allow_unlocking) },
            (false, Some(voucher), deduct) => Effects::Sale { voucher, deduct },
            (false, None, true) => Effects::Deduction,
            (false, None, false) => {
                return Err(Fault::new(
                    "orders.enabled",
                    "Synchronize orders would do nothing: switch on create_customer_order, bookkeeping or deduct_from_stock",
                ));
            }
        };
        self.warn(effects, inventory, warnings);
        Ok(Some(OrderSettings {
            from_date: self.from_date,
            from_order_number: self.from_order_number,
            retrieve_statuses: self.retrieve_statuses.clone(),
            status_after_retrieval: self.status_after_retrieval.clone(),
            status_when_completed: self.status_when_completed.clone(),
            loomis_completed_status: self.loomis_completed_status,
            effects,
            create_products: self.create_products,
            allow_unlocking: self.allow_unlocking,
            pay_in_store_methods: self.pay_in_store_methods.clone(),
            refunds: self.refunds,
        }))
    }

    fn warn(&self, effects: Effects, inventory: bool, warnings: &mut Vec<Warning>) {
        let mut say = |text: &str| warnings.push(Warning(text.to_owned()));
        if matches!(effects, Effects::Sale { deduct: false, .. }) && inventory {
            say(
                "orders.bookkeeping: a sale alone is taken not to move stock in Loomis Pay, so stock may undo a web sale: switch on deduct_from_stock or create_customer_order, or inventory off",
            );
        }
        let customer_order = matches!(effects, Effects::CustomerOrder { .. });
        if self.allow_unlocking && !customer_order {
            say("orders.allow_unlocking: without a customer order there is nothing to unlock");
        } else if self.allow_unlocking && self.bookkeeping != Bookkeeping::Off {
            say(
                "orders.allow_unlocking: the till books unlocked orders, so no sale is registered whatever bookkeeping says",
            );
        }
        if self.status_when_completed.is_some() && !customer_order {
            say("orders.status_when_completed: without a customer order nothing completes");
        } else if self.status_when_completed.is_some() && self.allow_unlocking {
            say("orders.status_when_completed: with allow_unlocking the shop's order is not completed by us");
        }
    }
}

/// A status as the shop's API spells it.
fn status_is_writable(field: &str, status: &str) -> Result<(), Fault> {
    if let Some(bare) = status.strip_prefix("wc-") {
        return Err(Fault::new(field, format!("is written without wc-: \"{bare}\"")));
    }
    if status == "any" {
        return Err(Fault::new(field, "is one status: name each that is meant"));
    }
    if matches!(status, "checkout-draft" | "trash" | "auto-draft") {
        return Err(Fault::new(
            field,
            format!("\"{status}\" is no order yet, or no longer: it is never taken or set"),
        ));
    }
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if status.is_empty() || status.len() > 20 || !status.bytes().all(legal) {
        return Err(Fault::new(field, "is a status's slug, small letters and hyphens: \"on-hold\""));
    }
    Ok(())
}
