//! `coupons`, as far as a test of orders needs them: percents off are made, and removed.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use world::Method::{Delete, Post};

use super::{Call, id};
use crate::shop::{
    State,
    answer::{Refused, Reply},
    write::text,
};

impl Call<'_> {
    /// Answers what comes after `coupons`.
    pub(super) fn coupons(&self, state: &mut State, rest: &[&str]) -> Result<Reply, Refused> {
        match (self.request.method, rest) {
            (Post, []) => {
                self.can_create()?;
                let fields = self.fields()?;
                let field = |name: &str| fields.get(name).map(text).unwrap_or_default();
                let code = field("code").to_lowercase();
                let percent: Decimal = field("amount").parse().unwrap_or_default();
                if state.orders.coupons.values().any(|(known, _)| *known == code) {
                    let words = "The coupon code already exists";
                    return Err(Refused::new(400, "woocommerce_rest_coupon_code_already_exists", words));
                }
                let id = state.catalogue.next_id();
                state.orders.coupons.insert(id, (code, percent));
                Ok(Reply { status: 201, ..Reply::ok(shown(state, id)) })
            }
            (Delete, [text]) => {
                let id = id(text)?;
                self.can_delete()?;
                let before = shown(state, id);
                match state.orders.coupons.remove(&id) {
                    Some(_) => Ok(Reply::ok(before)),
                    None => Err(Refused::new(404, "woocommerce_rest_shop_coupon_invalid_id", "Invalid ID.")),
                }
            }
            _ => Err(Refused::no_route()),
        }
    }
}

fn shown(state: &State, id: u64) -> Value {
    let Some((code, percent)) = state.orders.coupons.get(&id) else { return Value::Null };
    json!({"id": id, "code": code, "amount": format!("{percent:.2}"), "discount_type": "percent"})
}
