//! Orders and refunds as JSON, alike in v2 and v3.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::{Map, Value, json};

use super::{
    super::{
        list::Query,
        order::{Extra, Line, Order, RateTax, Refund, TaxLine},
        show::{Show, gmt, local},
    },
    totals::{extra_tax, tax_rounded},
};

/// Amounts with so many decimals.
struct Amounts<'a> {
    show: &'a Show<'a>,
    decimals: u32,
}

impl Show<'_> {
    /// An order, whole; `dp` asks for more decimals than the shop shows.
    pub(in crate::shop) fn order(&self, order: &Order, query: &Query) -> Value {
        let amounts = self.amounts(query);
        let text = |amount: Decimal| amounts.text(amount);
        let totals = &order.totals;
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        set("id", order.id.into());
        set("parent_id", 0.into());
        set("number", order.number.as_str().into());
        set("status", order.status.as_str().into());
        set("currency", order.currency.as_str().into());
        set("currency_symbol", "kr".into());
        set("version", self.setup.version.as_str().into());
        set("prices_include_tax", order.prices_include_tax.into());
        for (name, moment) in [
            ("date_created", Some(order.created)),
            ("date_modified", Some(order.modified)),
            ("date_paid", order.paid),
            ("date_completed", order.completed),
        ] {
            set(name, local(moment, &self.zone));
            set(&format!("{name}_gmt"), gmt(moment));
        }
        set("discount_total", text(totals.discount));
        set("discount_tax", text(totals.discount_tax));
        set("shipping_total", text(totals.shipping));
        set("shipping_tax", text(totals.shipping_tax));
        set("cart_tax", text(totals.cart_tax));
        set("total", text(totals.total));
        set("total_tax", text(totals.cart_tax + totals.shipping_tax));
        set("customer_id", 0.into());
        set("billing", party(&order.billing, true));
        set("shipping", party(&order.shipping, false));
        set("payment_method", order.payment_method.as_str().into());
        set("customer_note", order.customer_note.as_str().into());
        set("created_via", "rest-api".into());
        set("meta_data", json!(order.meta));
        set("line_items", order.lines.iter().map(|line| amounts.line(line)).collect());
        set("tax_lines", order.tax_lines.iter().map(|line| amounts.tax_line(line)).collect());
        set("shipping_lines", order.shipping_lines.iter().map(|extra| amounts.extra(extra, true)).collect());
        set("fee_lines", order.fees.iter().map(|extra| amounts.extra(extra, false)).collect());
        let coupon = |coupon: &super::Coupon| {
            let shown = Amounts { show: self, decimals: self.setup.price_decimals };
            json!({"id": coupon.id, "code": coupon.code, "discount": shown.text(totals.discount),
                "discount_tax": shown.text(totals.discount_tax), "meta_data": [], "discount_type": "percent",
                "nominal_amount": number(coupon.percent), "free_shipping": false})
        };
        set("coupon_lines", order.coupons.iter().map(coupon).collect());
        // The latest first.
        let refund = |refund: &Refund| json!({"id": refund.id, "reason": refund.reason, "total": text(-refund.amount)});
        set("refunds", order.refunds.iter().rev().map(refund).collect());
        set("needs_payment", order.needs_payment().into());
        set("needs_processing", order.lines.iter().any(|line| line.product > 0).into());
        Value::Object(fields)
    }

    /// A refund, whole; across all orders (`refunds`) it names its order.
    pub(in crate::shop) fn refund(&self, refund: &Refund, query: &Query) -> Value {
        let amounts = self.amounts(query);
        let kind = if refund.full { "full" } else { "partial" };
        json!({
            "id": refund.id,
            "date_created": local(Some(refund.created), &self.zone),
            "date_created_gmt": gmt(Some(refund.created)),
            "amount": amounts.text(refund.amount),
            "reason": refund.reason,
            "refunded_by": 1,
            "refunded_payment": false,
            "meta_data": [{"id": refund.id, "key": "_refund_type", "value": kind}],
            "line_items": refund.lines.iter().map(|line| amounts.line(line)).collect::<Vec<_>>(),
            "shipping_lines": [],
            "tax_lines": refund.tax_lines.iter().map(|line| amounts.tax_line(line)).collect::<Vec<_>>(),
            "fee_lines": [],
        })
    }

    fn amounts(&self, query: &Query) -> Amounts<'_> {
        let asked = query.get("dp").and_then(|dp| dp.parse().ok());
        Amounts { show: self, decimals: asked.unwrap_or(self.setup.price_decimals).min(20) }
    }
}

impl Amounts<'_> {
    fn text(&self, amount: Decimal) -> Value {
        let mut amount = amount.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero);
        if amount.is_zero() {
            amount = Decimal::ZERO;
        }
        amount.rescale(self.decimals);
        amount.to_string().into()
    }

    fn line(&self, line: &Line) -> Value {
        let catalogue = self.show.catalogue;
        let id = if line.variation > 0 { line.variation } else { line.product };
        let product = catalogue.get(id).filter(|_| id > 0);
        let parent = product.and_then(|product| catalogue.get(product.parent));
        let sku = product.map(|product| match parent {
            Some(parent) if product.sku.is_empty() && product.is_variation() => parent.sku.clone(),
            _ => product.sku.clone(),
        });
        // A product that is deleted takes its id out of the lines.
        let ids = if product.is_some() { (line.product, line.variation) } else { (0, 0) };
        let tax = |of: fn(&RateTax) -> Decimal| {
            let taxes = line.taxes.iter().map(|tax| tax_rounded(of(tax), self.show.setup));
            self.text(taxes.sum())
        };
        let mut shown = json!({
            "id": line.id,
            "name": line.name,
            "product_id": ids.0,
            "variation_id": ids.1,
            "quantity": number(line.quantity),
            "tax_class": line.tax_class,
            "subtotal": self.text(line.subtotal),
            "subtotal_tax": tax(|tax| tax.subtotal),
            "total": self.text(line.total),
            "total_tax": tax(|tax| tax.total),
            "taxes": line.taxes.iter().map(|tax| self.tax(tax, true)).collect::<Vec<_>>(),
            "meta_data": meta(line),
            "sku": sku,
            "price": price(line),
            "parent_name": parent.map(|parent| &parent.name),
        });
        if self.show.setup.has_barcodes() {
            shown["global_unique_id"] = product.map_or(Value::Null, |product| product.gtin.as_str().into());
        }
        shown
    }

    fn extra(&self, extra: &Extra, shipping: bool) -> Value {
        let mut shown = json!({
            "id": extra.id,
            "total": self.text(extra.total),
            "total_tax": self.text(extra_tax(extra, self.show.setup)),
            "taxes": extra.taxes.iter().map(|tax| self.tax(tax, false)).collect::<Vec<_>>(),
            "meta_data": [],
        });
        if shipping {
            shown["method_title"] = extra.name.as_str().into();
            shown["method_id"] = "flat_rate".into();
        } else {
            shown["name"] = extra.name.as_str().into();
            shown["tax_class"] = "".into();
            shown["tax_status"] = "taxable".into();
            shown["amount"] = "".into();
        }
        shown
    }

    fn tax(&self, tax: &RateTax, has_subtotal: bool) -> Value {
        let subtotal = if has_subtotal { self.text(tax.subtotal) } else { "".into() };
        json!({"id": tax.rate, "total": self.text(tax.total), "subtotal": subtotal})
    }

    fn tax_line(&self, line: &TaxLine) -> Value {
        let percent = line.percent.normalize();
        json!({"id": line.id, "rate_code": format!("NO-MVA {percent}%-1"), "rate_id": line.rate,
            "label": format!("MVA {percent}%"), "compound": line.compound, "tax_total": self.text(line.tax),
            "shipping_tax_total": self.text(line.shipping_tax), "rate_percent": number(percent), "meta_data": []})
    }
}

/// What the customer chose, and what the shop keeps for itself.
fn meta(line: &Line) -> Value {
    let own = |key: &str, value: String| json!({"id": line.id, "key": key, "value": value, "display_key": key, "display_value": value});
    let number = |amount: Decimal| amount.normalize().to_string();
    let chosen = line.choices.iter().map(|(key, name, value)| {
        json!({"id": line.id, "key": key, "value": value, "display_key": name, "display_value": value})
    });
    chosen
        .chain(line.reduced_stock.map(|taken| own("_reduced_stock", number(taken))))
        .chain(line.restocked.map(|back| own("_restock_refunded_items", number(back))))
        .chain(line.refunds_line.map(|of| own("_refunded_item_id", of.to_string())))
        .collect()
}

/// A JSON number: whole where it is, else the float that PHP makes of it.
fn number(amount: Decimal) -> Value {
    match (amount.is_integer(), amount.to_i64(), amount.to_f64()) {
        (true, Some(whole), _) => whole.into(),
        (_, _, Some(float)) => json!(float),
        _ => Value::Null,
    }
}

/// What one costs without tax, not exact.
#[expect(clippy::float_arithmetic, reason = "PHP divides floats, and this shows it")]
fn price(line: &Line) -> Value {
    match (line.total.to_f64(), line.quantity.to_f64()) {
        (Some(total), Some(quantity)) if quantity != 0.0 => {
            let price = total / quantity;
            let whole = Decimal::try_from(price).ok().filter(|_| price.fract() == 0.0);
            whole.map_or_else(|| json!(price), number)
        }
        _ => 0.into(),
    }
}

fn party(given: &Value, billing: bool) -> Value {
    let mut names = vec![
        "first_name",
        "last_name",
        "company",
        "address_1",
        "address_2",
        "city",
        "state",
        "postcode",
        "country",
    ];
    names.extend(billing.then_some("email"));
    names.push("phone");
    let field = |name: &str| (name.to_owned(), given[name].as_str().unwrap_or_default().into());
    Value::Object(names.into_iter().map(field).collect())
}
