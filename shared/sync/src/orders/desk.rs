//! One order, looked after: taken if it qualifies, sent, retrieved, watched. It looks at the shop's order itself each time;
//! what was done stands in the ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use retail::{
    order::{
        OrderId, Private, WebOrder,
        draft::Draft,
        effects::Effect,
        held::Standing,
        mapping::{self, Terms},
        qualify::{Passed, Qualification},
        waiting::{Reason, Waiting},
    },
    settings::OrderSettings,
};

use super::{
    effect::Performed,
    find::{self, taking},
    held,
};
use crate::{
    Engine, Error,
    pair::{Knowledge, Pair},
    rows::{
        lease::Lease,
        orders::{EffectRow, Place, Row, State, Told},
    },
};

/// An order on the desk.
pub(super) struct Desk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) pair: &'a Pair,
    pub(super) settings: &'a OrderSettings,
    pub(super) place: Place,
    pub(super) lease: &'a mut Lease,
    pub(super) row: Row,
    pub(super) version: u64,
    pub(super) effects: BTreeMap<String, (EffectRow, u64)>,
    /// When it is to be looked at again by itself.
    pub(super) next: Option<Timestamp>,
    /// How it qualifies, as long as nothing of it was sent.
    pub(super) standing: Standing,
    /// Something of it was sent, or may have been, when it came to the desk.
    pub(super) known: bool,
    /// What no text that is kept may say: the customer's data.
    pub(super) private: Private,
    /// Of its story, what the program's own log has.
    pub(super) told: Vec<Told>,
}

/// Looks after an order. Tells whether the shop was spoken to.
pub(crate) async fn look_after(engine: &Engine, department: &str, id: OrderId) -> Result<bool, Error> {
    if taking(&engine.department(department).await?).is_none() {
        return Ok(false);
    }
    let mut lease = super::lease(engine, department).await?;
    let done = at_the_desk(engine, department, id, &mut lease).await;
    lease.release(engine).await?;
    done
}

async fn at_the_desk(
    engine: &Engine,
    department: &str,
    id: OrderId,
    lease: &mut Lease,
) -> Result<bool, Error> {
    let pair = engine.pair(department, Knowledge::Recent).await?;
    let Some(settings) = taking(&pair.department) else { return Ok(false) };
    let place = find::place(&pair);
    let Some((row, version)) = place.order(engine, id).await? else { return Ok(false) };
    // Whoever wakes for it has noted that it is due; a wake-up that comes again finds that it was looked after.
    if row.next.is_none_or(|next| next > engine.now()) {
        return Ok(false);
    }
    engine.lags(department, row.next);
    let effects = place.effects(engine, id).await?;
    let mut desk = Desk {
        engine,
        pair: &pair,
        settings,
        place,
        lease,
        row,
        version,
        effects,
        next: None,
        standing: Standing::OnItsWay,
        known: false,
        private: Private::default(),
        told: Vec::new(),
    };
    desk.told.clone_from(&desk.row.story);
    desk.pick_up();
    let order = match pair.shop.order(id).await {
        Ok(order) => order,
        // Does the shop answer at all? If not, the trouble is not this order's.
        Err(error) if error.splits() => {
            pair.shop.can_write().await?;
            desk.waits(Waiting::new(Reason::Refused, format!("the shop fails on it: {}", error.trouble())));
            return desk.close(None).await.map(|()| true);
        }
        Err(error) => return Err(error.into()),
    };
    desk.row.waits.clear();
    let moved = held::moved(engine, &pair, &desk.row, order.as_ref()).await?;
    held::compare(engine, &pair, &moved).await?;
    match order {
        Some(order) => desk.work(&order).await?,
        None => desk.gone().await?,
    }
    // Whoever compared them meanwhile may have held back what is no longer held.
    held::compare(engine, &pair, &moved).await?;
    Ok(true)
}

impl Desk<'_> {
    async fn work(&mut self, order: &WebOrder) -> Result<(), Error> {
        self.row.number.clone_from(&order.number);
        if self.row.status != order.status {
            let text = format!("{} -> {} in the shop", self.row.status, order.status);
            self.row.tell(self.engine.now(), text);
            self.row.status.clone_from(&order.status);
        }
        // Within one second it may be modified again: only what is settled counts as looked after.
        let now = self.engine.now();
        self.row.modified = order.modified.filter(|modified| *modified + find::SETTLED < now);
        self.row.refunds = order.refunds.iter().map(|refund| refund.id).collect();
        self.private = order.private();
        let draft = match self.draft(order).await? {
            Ok(draft) => draft,
            Err(forgotten) if forgotten => return self.forget_it().await,
            Err(_) => return self.close(Some(order)).await,
        };
        if let Some(draft) = &draft {
            self.deduct_more(order).await?;
            self.send_all(order, draft).await?;
        }
        self.retrieve(order).await?;
        self.after(order).await?;
        self.watch(order).await?;
        self.close(Some(order)).await
    }

    /// What is to be sent of the order; `Err` where nothing is, with whether the order is none of ours.
    async fn draft(&mut self, order: &WebOrder) -> Result<Result<Option<Draft>, bool>, Error> {
        self.known = self.is_begun();
        let qualification = self.qualify(order);
        self.standing = Standing::of(&qualification);
        let compared = match &qualification {
            Qualification::Known => None,
            Qualification::Taken(compared) => Some(*compared),
            // Cancelled before anything was sent of it, it needs nobody.
            Qualification::LeftAlone(_) | Qualification::PassedBy(Passed::Cancelled) => return Ok(Err(true)),
            Qualification::NotYet | Qualification::PassedBy(_) | Qualification::Held(_) => {
                self.row.waits.extend(qualification.waiting());
                return Ok(Err(false));
            }
        };
        // All of it is sent: what its products have become since is all the same.
        if compared.is_none() && self.all_is_sent() {
            return Ok(Ok(None));
        }
        let goods = self.goods(order).await?;
        let drafted = mapping::draft(order, &self.terms(), &goods);
        let drafted = match drafted {
            Ok(draft) if draft.lines.is_empty() => {
                Err(Waiting::new(Reason::Refused, "it has no lines: there is nothing to send"))
            }
            other => other,
        };
        let draft = match drafted {
            Ok(draft) => draft,
            // What was sent of it, or may have been, is followed up all the same.
            Err(waiting) => {
                self.waits(waiting);
                if !self.known {
                    return Ok(Err(false));
                }
                self.clear_up().await?;
                return Ok(Ok(None));
            }
        };
        if let Some(compared) = compared {
            return Ok(if self.take(order, &draft, compared).await? { Ok(Some(draft)) } else { Err(false) });
        }
        Ok(Ok(Some(draft)))
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        Terms {
            department: &self.pair.department.settings.id,
            decimals: self.pair.profile.price_decimals,
            create_products: self.settings.create_products,
        }
    }

    /// Whether something of it was sent, or is about to be. What was noted by a worker that died before it noted so on the
    /// order is decided anew: nothing is sent before that.
    pub(super) fn is_begun(&self) -> bool {
        let begun = |row: &EffectRow| !matches!(row.state, State::Intended { .. });
        self.row.retrieved.is_some()
            || self.row.taken.is_some() && self.effects.values().any(|(row, _)| begun(row))
    }

    /// A text without the customer's data.
    pub(super) fn discreet(&self, text: &str) -> String {
        self.private.hide(text)
    }

    /// Takes in what became of an effect. Tells whether it happened.
    pub(super) fn went(&mut self, performed: Performed) -> bool {
        match performed {
            Performed::Done => true,
            Performed::Not { waiting, next } => {
                self.row.waits.extend(waiting);
                self.look_again(next);
                false
            }
        }
    }

    pub(super) fn look_again(&mut self, at: Option<Timestamp>) {
        self.next = match (self.next, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    pub(super) fn waits(&mut self, waiting: Waiting) {
        if !self.row.waits.contains(&waiting) {
            self.row.waits.push(waiting);
        }
    }

    pub(super) fn is_done(&self, effect: &Effect) -> bool {
        self.effects.get(&effect.key()).is_some_and(|(row, _)| row.state.is_done())
    }

    pub(super) fn is_under_way(&self, effect: &Effect) -> bool {
        self.effects
            .get(&effect.key())
            .is_some_and(|(row, _)| matches!(row.state, State::Sending { .. } | State::Unconfirmed { .. }))
    }

    /// Loomis Pay's id of an effect that is done.
    pub(super) fn order_id(&self, key: &str) -> Option<u64> {
        match &self.effects.get(key)?.0.state {
            State::Done { order_id, .. } => *order_id,
            _ => None,
        }
    }

    /// Deleted in the shop for good.
    async fn gone(&mut self) -> Result<(), Error> {
        if !self.is_begun() {
            return self.forget_it().await;
        }
        self.waits(Waiting::new(Reason::Cancelled, "deleted in the shop after it was taken"));
        self.close(None).await
    }

    /// None of ours: nothing is kept of it.
    async fn forget_it(&mut self) -> Result<(), Error> {
        self.drop_effects(|_| true).await?;
        let writes = self.place.remove(&self.row, self.version);
        self.lease.keep(self.engine).await?;
        self.lease.write(self.engine, writes).await
    }
}

/// Whether it is one of the order's own effects, rather than one that follows from a refund or a cancellation.
pub(super) fn is_own(effect: &Effect) -> bool {
    matches!(effect, Effect::CustomerOrder { .. } | Effect::Sale { .. } | Effect::Deduction(_))
}
