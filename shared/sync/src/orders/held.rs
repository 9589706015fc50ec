//! What web orders hold of the stock while Loomis Pay doesn't know of them. `SETTINGS.md`, *Held by the shop*.
//!
//! The order of reading is fixed: web orders first, then Loomis Pay's stock, then the write, then web orders again; and once
//! more if any of them touched what was written. So a sale is either in what Loomis Pay has available, or held here.

use std::collections::BTreeMap;

use futures_util::lock::Mutex;
use retail::{
    Decimal,
    office::ProductId,
    order::{OrderId, OrderLine, WebOrder},
    shop::ShopId,
};
use woocommerce::OrderGoods;

use super::find::{self, taking};
use crate::{
    Engine, Error,
    pair::Pair,
    rows::{
        due,
        lease::Lease,
        orders::{self, Holds, Row},
    },
};

/// Orders asked for at once.
const PAGE: usize = 100;

/// What is held, by the shop's product; none of 0.
pub(crate) type Held = BTreeMap<ShopId, Decimal>;

/// What is held as far as the ledger knows.
pub(crate) async fn known(engine: &Engine, pair: &Pair) -> Result<Held, Error> {
    if taking(&pair.department).is_none() {
        return Ok(Held::new());
    }
    let mut held = Held::new();
    for holds in orders::holds(engine, &find::place(pair)).await?.into_values() {
        for (product, quantity) in holds.lines.into_iter().flatten() {
            *held.entry(product).or_default() += quantity;
        }
    }
    Ok(held)
}

/// What is held now: the shop is asked what changed. Many orders may have been found and not read yet, with a first start above
/// all: the right to write, for which this is asked, is kept meanwhile.
pub(crate) async fn now(engine: &Engine, pair: &Pair, lease: &Mutex<Lease>) -> Result<Held, Error> {
    let Some(settings) = taking(&pair.department) else { return Ok(Held::new()) };
    if !pair.department.settings.products.inventory {
        return Ok(Held::new());
    }
    find::changed(engine, pair, Some(lease)).await?;
    let place = find::place(pair);
    // Found a moment ago, and not looked after yet.
    let found = orders::holds(engine, &place).await?.into_iter().filter(|(_, holds)| holds.lines.is_none());
    let found: Vec<OrderId> = found.map(|(id, _)| id).collect();
    for some in found.chunks(PAGE) {
        engine.go_on()?;
        lease.lock().await.keep(engine).await?;
        let listed = pair.shop.goods_of(some).await?;
        let mut listed: BTreeMap<OrderId, OrderGoods> = listed.into_iter().map(|one| (one.id, one)).collect();
        for id in some {
            let goods = match listed.remove(id) {
                Some(goods) => Some(goods),
                // No list shows it.
                None => {
                    lease.lock().await.keep(engine).await?;
                    let order = pair.shop.order(*id).await?;
                    order.map(|order| OrderGoods { id: order.id, status: order.status, lines: order.lines })
                }
            };
            let holds = goods
                .filter(|goods| find::holds(settings, &goods.status))
                .map(|goods| Holds { lines: Some(lines_of(&goods.lines)) });
            orders::fill_holds(engine, &place, *id, holds.as_ref()).await?;
        }
    }
    known(engine, pair).await
}

/// What an order holds, by the shop's products.
fn lines_of(lines: &[OrderLine]) -> Vec<(ShopId, Decimal)> {
    let quantity = |line: &OrderLine| line.quantity - line.put_back;
    lines.iter().filter_map(|line| Some((line.shop_id()?, quantity(line)))).collect()
}

/// The products of which an order that is about to be looked after holds something, or of which it has moved the shop's stock
/// since it was last.
pub(super) async fn moved(
    engine: &Engine,
    pair: &Pair,
    row: &Row,
    order: Option<&WebOrder>,
) -> Result<Vec<ProductId>, Error> {
    if !pair.department.settings.products.stock_flows() {
        return Ok(Vec::new());
    }
    let held = orders::holds_of(engine, &find::place(pair), row.id).await?;
    let as_it_was = |order: &WebOrder| {
        let refunds = order.refunds.iter().map(|refund| &refund.id);
        row.looked.is_some() && row.status == order.status && row.refunds.iter().eq(refunds)
    };
    if held.is_none() && order.is_none_or(as_it_was) {
        return Ok(Vec::new());
    }
    let lines = order
        .map(|order| lines_of(&order.lines))
        .into_iter()
        .chain(held.and_then(|held| held.lines))
        .flatten();
    let linked = pair.links.by_shop(engine, lines.map(|(product, _)| product)).await?;
    Ok(linked.into_values().collect())
}

/// Has the shop's stock of these products compared once more. Loomis Pay's list, by which stock becomes due, doesn't show it when
/// an order holds no more what it held, or when the shop put back what it had taken.
pub(super) async fn compare(engine: &Engine, pair: &Pair, products: &[ProductId]) -> Result<(), Error> {
    due::mark(engine, &pair.department.settings.id, products, due::How::changed(due::Extent::Stock)).await
}
