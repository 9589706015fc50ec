//! The orders of the demo: placed in the shop, taken by Loomis Pay, one packed and finished there, one given back.

use std::time::{Duration, Instant};

use retail::Decimal;
use serde_json::{Value, json};
use simulators::shop::{NewOrder, Order};

use super::{Sides, heading, round};
use crate::{
    failure::Failure,
    house::House,
    out::{self, many},
    signals::Asked,
};

/// How long something may take to arrive. What was looked after a moment ago is looked at again after ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const GLANCE: Duration = Duration::from_millis(500);
/// Finished. `API.md` §5.
const FINISHED: u32 = 5;

/// Places orders and lets them flow; what came of each, or `None` when it was stopped.
pub(super) async fn flow(
    house: &House,
    sides: &Sides,
    signals: &mut Asked,
) -> Result<Option<Vec<Value>>, Failure> {
    let placed = place(sides, house)?;
    heading(format_args!("then, in the shop, customers place {}", many(placed.len(), "order")));
    let taken = || placed.iter().all(|id| shown(sides, *id).is_some_and(|one| one.status == "on-hold"));
    if !arrives(house, sides, signals, "the orders", taken).await? {
        return Ok(None);
    }
    tell(sides, &placed);
    for id in &placed {
        let order = shown(sides, *id).map(|order| order.totals.total.normalize());
        let (number, total, sale) = in_office(sides, *id);
        if order != total || order != sale {
            return Err(Failure::failed(format!("order {number} came over as {total:?}, booked {sale:?}")));
        }
    }

    let [finished, refunded] = placed[..] else { return Ok(None) };
    heading(
        "the first is packed and finished in Loomis Pay; of the second one piece is given back in the shop",
    );
    if let Some(order) = sides.office.orders().iter().find(|one| one.reference == finished) {
        sides.office.pack(order.order_id);
        sides.office.set_order_status(order.order_id, FINISHED);
    }
    let line = shown(sides, refunded).and_then(|order| order.lines.first().map(|line| line.id));
    let back = [(line.unwrap_or_default(), Decimal::ONE)];
    sides
        .shop
        .refund_order(refunded, None, &back, true, house.engine.world.now())
        .map_err(|reason| Failure::failed(format!("the shop doesn't give back: {reason}")))?;
    let done = || {
        shown(sides, finished).is_some_and(|one| one.status == "completed")
            && returned(sides, refunded) < Decimal::ZERO
    };
    if !arrives(house, sides, signals, "completion and refund", done).await? {
        return Ok(None);
    }
    tell(sides, &placed);
    Ok(Some(placed.iter().map(|id| as_json(sides, *id)).collect()))
}

/// Two orders of products that the shop has: several VAT rates, shipping, a coupon, a gift card.
fn place(sides: &Sides, house: &House) -> Result<[u64; 2], Failure> {
    let numbers = sides.office.product_ids().into_iter().filter_map(|id| sides.office.product(id));
    let sold = numbers.filter(|one| !one.is_parent && one.price_inc_vat > Decimal::ZERO);
    let sold: Vec<u64> = sold
        .filter_map(|one| sides.shop.product_by_sku(&one.product_number))
        .filter(|one| !one.regular_price.is_empty())
        .map(|one| one.id)
        .collect();
    let (Some(first), Some(last)) = (sold.first(), sold.last()) else {
        return Err(Failure::failed("the shop has nothing to sell"));
    };
    let middle = sold.get(sold.len() / 2).unwrap_or(first);
    let now = house.engine.world.now();
    let one = NewOrder::of(*first, 2).and(*last, 1).shipped("Posten", "79.20");
    let other = NewOrder::of(*middle, 3).and(*first, 1).coupon("SOMMER", "13").fee("Gavekort", "-10");
    Ok([one, other].map(|order| sides.shop.place_order(order, now)))
}

/// Rounds of the continuous sync, until something has arrived; `false` when it was stopped.
async fn arrives(
    house: &House,
    sides: &Sides,
    signals: &mut Asked,
    what: &str,
    has: impl Fn() -> bool,
) -> Result<bool, Failure> {
    let begun = Instant::now();
    while !signals.yet() {
        round(house, signals).await?;
        if has() {
            return Ok(true);
        }
        if begun.elapsed() > PATIENCE {
            let waiting = house.engine.orders_waiting("demo").await?;
            let text =
                format!("{what} did not arrive: {waiting:?}, {} in the shop", sides.shop.orders().len());
            return Err(Failure::failed(text));
        }
        signals.or_after(GLANCE).await;
    }
    Ok(false)
}

fn shown(sides: &Sides, id: u64) -> Option<Order> {
    sides.shop.order(id)
}

/// The customer order's number, its total, and what its sale came to.
fn in_office(sides: &Sides, id: u64) -> (String, Option<Decimal>, Option<Decimal>) {
    let orders = sides.office.orders();
    let order = orders.iter().find(|one| one.reference == id);
    let number = order.map(|one| one.order_number.clone()).unwrap_or_default();
    let sales = sides.office.sales();
    let sale = sales.iter().find(|one| one.reference == id);
    (
        number,
        order.map(|one| one.total_inc_vat().normalize()),
        sale.map(|one| one.total_inc_vat().normalize()),
    )
}

/// What its returns came to: below 0.
fn returned(sides: &Sides, id: u64) -> Decimal {
    let sales = sides.office.sales().into_iter().filter(|one| one.reference == id);
    sales.map(|one| one.total_inc_vat()).filter(|total| *total < Decimal::ZERO).sum()
}

fn tell(sides: &Sides, placed: &[u64]) {
    let row = |id: &u64| {
        let order = shown(sides, *id)?;
        let (number, total, sale) = in_office(sides, *id);
        let mut there = format!("customer order {number} of {}", money(total));
        there += &format!(", booked {}", money(sale));
        let back = returned(sides, *id);
        if !back.is_zero() {
            there += &format!(", given back {}", money(Some(back)));
        }
        Some([
            format!("#{}", order.number),
            money(Some(order.totals.total)),
            "->".to_owned(),
            there,
            format!("{} in the shop{}", order.status, if order.paid.is_some() { ", paid" } else { "" }),
        ])
    };
    let rows: Vec<_> = placed.iter().filter_map(row).collect();
    out::table(&rows).into_iter().for_each(|line| out::line(format_args!("  {line}")));
}

fn money(amount: Option<Decimal>) -> String {
    amount.map_or_else(|| "nothing".to_owned(), |amount| format!("{amount:.2}"))
}

fn as_json(sides: &Sides, id: u64) -> Value {
    let (number, total, sale) = in_office(sides, id);
    let order = shown(sides, id);
    json!({
        "order_number": order.as_ref().map(|one| one.number.as_str()),
        "order_id": id,
        "total": money(order.as_ref().map(|one| one.totals.total)),
        "status": order.as_ref().map(|one| one.status.as_str()),
        "refunded": money(order.as_ref().map(Order::refunded)),
        "loomis_number": number,
        "loomis_total": money(total),
        "booked": money(sale),
        "given_back": money(Some(returned(sides, id).abs())),
    })
}
