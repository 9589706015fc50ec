//! What flows by itself: changes as they happen, and what a person asked for, page by page.

use std::time::Duration;

use jiff::Timestamp;
use retail::{office::ProductId, settings::ProductSettings};

use super::{STEP, shop_lease};
use crate::{
    Engine, Error,
    apply::Work,
    pair::Knowledge,
    rows::{
        due::{self, Due, Extent},
        turns,
    },
    survey::Leave,
};

/// How long what is due of a department that is switched off is left alone; putting its record ends the wait.
const SWITCHED_OFF: Duration = Duration::from_secs(3600);

/// Brings over what is due for a department, page by page, to the end. Tells whether the shop was spoken to.
pub(crate) async fn apply_due(engine: &Engine, department: &str) -> Result<bool, Error> {
    let settings = engine.department(department).await?.settings;
    let turn = turns::due_now(engine, department).await?;
    let (first, _) = due::page(engine, department, None, 1).await?;
    if first.is_empty() {
        return turns::due_next(engine, turn, None).await.map(|()| false);
    }
    if !settings.enabled {
        let later = engine.now() + SWITCHED_OFF;
        return turns::due_next(engine, turn, Some(later)).await.map(|()| false);
    }
    let lease = shop_lease(engine, department).await?;
    let pair = engine.pair(department, Knowledge::Recent).await?;
    let leave = Leave { extent: Extent::Whole, drafts: false };
    let mut work = Work::new(engine, &pair, lease, leave, None);
    let done = apply_due_pages(engine, &mut work).await;
    work.lease.into_inner().release(engine).await?;
    done
}

async fn apply_due_pages(engine: &Engine, work: &mut Work<'_>) -> Result<bool, Error> {
    let department = work.pair.department.settings.id.clone();
    let turn = turns::due_now(engine, &department).await?;
    let (mut after, mut spoke) = (None, false);
    loop {
        engine.go_on()?;
        let (page, next) = due::page(engine, &department, after, STEP).await?;
        engine.lags(&department, page.iter().map(|due| due.since).min());
        let (wanted, unwanted) = flowing(&work.pair.department.settings.products, page, engine.now());
        due::strike(engine, &unwanted).await?;
        for extent in [Extent::Stock, Extent::Whole] {
            let due: Vec<Due> = wanted.iter().filter(|due| due.extent == extent).cloned().collect();
            if due.is_empty() {
                continue;
            }
            let ids: Vec<ProductId> = due.iter().map(|due| due.product).collect();
            work.leave = Leave { extent, drafts: false };
            let again = work.apply(&ids).await?.again;
            spoke = true;
            let (later, done): (Vec<Due>, Vec<Due>) =
                due.into_iter().partition(|due| again.contains(&due.product));
            due::put_off(engine, &later).await?;
            due::strike(engine, &done).await?;
        }
        after = next;
        if after.is_none() {
            let next = due::next(engine, &department).await?;
            turns::due_next(engine, turn, next).await?;
            return Ok(spoke);
        }
    }
}

/// What of this is to be brought over now, each as far as the settings let changes flow by themselves, and what no longer
/// is. What a person asked for is, whatever the settings are; what was put off waits for its moment.
fn flowing(settings: &ProductSettings, page: Vec<Due>, now: Timestamp) -> (Vec<Due>, Vec<Due>) {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for mut due in page {
        if !due.asked && due.extent == Extent::Whole && !settings.automatic_transfer {
            due.extent = Extent::Stock;
        }
        if !due.asked && due.extent == Extent::Stock && !settings.stock_flows() {
            unwanted.push(due);
        } else if due.not_before.is_none_or(|moment| moment <= now) {
            wanted.push(due);
        }
    }
    (wanted, unwanted)
}
