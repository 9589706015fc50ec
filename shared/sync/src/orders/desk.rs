//! One order, looked after: taken if it qualifies, sent, retrieved, watched. It looks at the shop's order itself each time;
//! what was done stands in the ledger.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use retail::{
    number::MatchNumber,
    office::ProductId,
    order::{
        OrderId, WebOrder,
        differs::{Fingerprint, differences},
        draft::{Draft, GoodRef},
        effects::{self, Cause, Deductible, Effect},
        held::Standing,
        mapping::{self, Terms},
        office::{BelongsTo, Kind},
        qualify::{Compared, OrderFacts, Passed, Qualification, qualify},
        returns::Balance,
        waiting::{Reason, Waiting},
    },
    settings::OrderSettings,
};

use super::{
    effect::{Call, Performed},
    find::{self, taking},
    held,
};
use crate::{
    Engine, Error,
    pair::{Knowledge, Pair},
    ports::{Condition, Write},
    rows::{
        lease::Lease,
        mirror,
        orders::{self, Attention, EffectRow, Holds, Place, Row, State, Taken},
    },
};

/// Effects in one transaction of the ledger, with room for the lease and the order.
const CHUNK: usize = 80;
/// The first wait of an order that waits for something; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(120);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// An order on the desk.
pub(super) struct Desk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) pair: &'a Pair,
    pub(super) settings: &'a OrderSettings,
    pub(super) place: Place,
    pub(super) lease: &'a mut Lease,
    pub(super) row: Row,
    version: u64,
    pub(super) effects: BTreeMap<String, (EffectRow, u64)>,
    /// When it is to be looked at again by itself.
    next: Option<Timestamp>,
    /// How it qualifies, as long as nothing of it was sent.
    standing: Standing,
    /// Something of it was sent, or may have been, when it came to the desk.
    known: bool,
    /// What no text that is kept may say: the customer's data.
    private: Vec<String>,
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
        private: Vec::new(),
    };
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
            self.deduct_more(order, draft).await?;
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
        let facts = OrderFacts::of(order, &self.pair.profile.currency, self.known);
        let qualification = qualify(self.settings, &find::zone(self.pair), &facts);
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

    /// Whether nothing of its own effects is left to send.
    fn all_is_sent(&self) -> bool {
        let Some(taken) = &self.row.taken else { return false };
        taken.undeducted.is_empty()
            && taken.effects.iter().filter(|one| is_own(one)).all(|effect| self.is_done(effect))
    }

    /// What may have happened is looked up, or shown, although nothing can be sent.
    async fn clear_up(&mut self) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        for effect in taken.effects.iter().filter(|one| is_own(one)) {
            if self.is_under_way(effect)
                && let Some(performed) = self.settled(effect).await?
            {
                self.went(performed);
            }
        }
        // All of it turned out not to have: does it qualify at all by now?
        if !self.is_begun() {
            self.look_again(Some(self.engine.now()));
        }
        Ok(())
    }

    /// What was intended by a worker that died before it noted so on the order.
    fn pick_up(&mut self) {
        let Some(taken) = &mut self.row.taken else { return };
        let is_later = |effect: &&Effect| match effect {
            Effect::Deduction(stock) => taken.undeducted.contains(&stock.line),
            other => !is_own(other),
        };
        let later = self.effects.values().map(|(row, _)| &row.effect).filter(is_later);
        let lost: Vec<Effect> = later.filter(|effect| !taken.effects.contains(effect)).cloned().collect();
        taken.undeducted.retain(|line| {
            !lost.iter().any(|effect| matches!(effect, Effect::Deduction(stock) if stock.line == *line))
        });
        taken.effects.extend(lost);
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        Terms {
            department: &self.pair.department.settings.id,
            decimals: self.pair.profile.price_decimals,
            create_products: self.settings.create_products,
        }
    }

    /// Whether something of it was sent, or is about to be.
    fn is_begun(&self) -> bool {
        self.effects.values().any(|(row, _)| !matches!(row.state, State::Intended { .. }))
    }

    /// Decides what happens to the order, once: its effects stand in the ledger before the first is sent.
    async fn take(&mut self, order: &WebOrder, draft: &Draft, compared: Compared) -> Result<bool, Error> {
        let lines = self.deductible(order, draft).await?;
        let paid = order.paid.is_some();
        let steps = effects::taking(self.settings, &order.payment_method, paid, &lines);
        let undeducted = steps.refused.iter().map(|(line, _)| *line).collect();
        for (_, waiting) in &steps.refused {
            self.row.waits.push(waiting.clone());
        }
        if steps.steps.is_empty() {
            return Ok(false);
        }
        let now = self.engine.now();
        let by = match compared {
            Compared::Shown(number) => format!("status {}, number {number}", order.status),
            Compared::Id(id) => format!("status {}, by its id {id}: its number has no digits", order.status),
        };
        let wanted: Vec<Effect> = steps.steps.into_iter().map(|step| step.effect).collect();
        // Nothing was sent yet: what was decided before under other settings is decided anew.
        let keys: Vec<String> = wanted.iter().map(Effect::key).collect();
        self.drop_effects(|key| !keys.contains(&key.to_owned())).await?;
        self.note_effects(&wanted, Condition::Always).await?;
        if self.row.taken.is_none() {
            self.row.tell(now, format!("taken: {by}"));
        }
        let was = Fingerprint::of(order);
        let booked = Balance::booked(draft);
        let settled_refunds = Vec::new();
        let taken = Taken { at: now, by, was, effects: wanted, booked, undeducted, settled_refunds };
        self.row.taken = Some(taken);
        self.save(Vec::new(), None, Some(order)).await?;
        Ok(true)
    }

    /// Notes effects that are intended, however many, before the order itself names them.
    pub(super) async fn note_effects(
        &mut self,
        effects: &[Effect],
        condition: Condition,
    ) -> Result<(), Error> {
        for some in effects.chunks(CHUNK) {
            let mut writes = Vec::new();
            for effect in some {
                let row = EffectRow { effect: effect.clone(), state: State::Intended { refused: None } };
                writes.push(self.place.put_effect(self.row.id, &row, condition)?);
            }
            self.lease.keep(self.engine).await?;
            self.lease.write(self.engine, writes).await?;
        }
        self.effects = self.place.effects(self.engine, self.row.id).await?;
        Ok(())
    }

    /// Removes such effects, however many.
    async fn drop_effects(&mut self, gone: impl Fn(&str) -> bool) -> Result<(), Error> {
        let all = self.effects.iter().filter(|(key, _)| gone(key));
        let writes: Vec<Write> = all
            .map(|(_, (row, version))| self.place.remove_effect(self.row.id, &row.effect, *version))
            .collect();
        for some in writes.chunks(CHUNK) {
            self.lease.keep(self.engine).await?;
            self.lease.write(self.engine, some.to_vec()).await?;
        }
        self.effects.retain(|key, _| !gone(key));
        Ok(())
    }

    /// Lines that could not be deducted when it was taken are, once they can be; until then they are shown and held.
    async fn deduct_more(&mut self, order: &WebOrder, draft: &Draft) -> Result<(), Error> {
        let missing = self.row.taken.as_ref().map(|taken| taken.undeducted.clone()).unwrap_or_default();
        if missing.is_empty() || is_called_off(order) || !self.known {
            return Ok(());
        }
        let mut lines = self.deductible(order, draft).await?;
        lines.retain(|line| missing.contains(&line.line));
        let (fresh, refused) = effects::deductions(&lines);
        for (_, waiting) in &refused {
            self.waits(waiting.clone());
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.note_effects(&fresh, Condition::Absent).await?;
        if let Some(taken) = &mut self.row.taken {
            taken.effects.extend(fresh);
            taken.undeducted = refused.into_iter().map(|(line, _)| line).collect();
        }
        self.save(Vec::new(), None, Some(order)).await
    }

    /// The lines whose quantity may be deducted, with their products' numbers.
    async fn deductible(&self, order: &WebOrder, draft: &Draft) -> Result<Vec<Deductible>, Error> {
        let client = &self.pair.client.settings.client_number;
        let lines = draft.stock_lines();
        let known: Vec<ProductId> = lines
            .iter()
            .filter_map(|(_, good, _)| match good {
                GoodRef::Known(id) => Some(*id),
                GoodRef::Special(_) | GoodRef::ToCreate(_) => None,
            })
            .collect();
        let mirrored = mirror::by_id(self.engine, client, &known).await?;
        let mut deductible = Vec::new();
        for (line, good, quantity) in lines {
            let number = match good {
                // Of a catalogue that was never read the order itself knows the number.
                GoodRef::Known(id) => mirrored.get(id).map(|row| row.product.number.clone()).or_else(|| {
                    order.lines.iter().find(|one| one.id == line).and_then(retail::order::OrderLine::number)
                }),
                GoodRef::Special(special) => Some(special.number().to_owned()),
                GoodRef::ToCreate(new) => Some(new.number.clone()),
            };
            let number = number.unwrap_or_default();
            let unique = match good {
                GoodRef::Known(_) if MatchNumber::of(&number).is_some() => {
                    let owners = self.pair.office.find_products_by_number(number.trim()).await?;
                    owners.into_iter().filter(|one| !one.deleted).count() == 1
                }
                _ => true,
            };
            deductible.push(Deductible { line, number, unique, quantity });
        }
        Ok(deductible)
    }

    /// A text without the customer's data.
    pub(super) fn discreet(&self, text: &str) -> String {
        retail::order::discreet(text, &self.private)
    }

    /// Sends what is left of the order's own effects, one after the other.
    async fn send_all(&mut self, order: &WebOrder, draft: &Draft) -> Result<(), Error> {
        let Some(taken) = self.row.taken.clone() else { return Ok(()) };
        for effect in &taken.effects {
            if !is_own(effect) || self.is_done(effect) {
                continue;
            }
            self.engine.go_on()?;
            // Nothing more is booked for what was called off; what may have happened is still cleared up.
            if is_called_off(order) && !self.is_under_way(effect) {
                continue;
            }
            // What was sent and what would be are no longer one order: a person says what is right.
            if self.is_begun()
                && !self.is_under_way(effect)
                && !taken.was.edits(&Fingerprint::of(order)).is_empty()
            {
                return Ok(());
            }
            if matches!(effect, Effect::Sale { .. }) && order.paid.is_none() && !self.is_under_way(effect) {
                self.waits(Waiting::new(Reason::Unpaid, "no sale is booked before the order is paid"));
                return Ok(());
            }
            let performed = match self.settled(effect).await? {
                Some(performed) => performed,
                // All that may have happened turned out not to have: does it qualify at all by now?
                None if self.known && !self.is_begun() => {
                    self.look_again(Some(self.engine.now()));
                    return Ok(());
                }
                None => {
                    let call = self.call_of(effect, order, draft).await?;
                    self.perform(effect, call).await?
                }
            };
            if !self.went(performed) {
                return Ok(());
            }
            if matches!(effect, Effect::Sale { .. })
                && let Some(taken) = &mut self.row.taken
            {
                taken.booked = Balance::booked(draft);
            }
        }
        Ok(())
    }

    /// What is sent for one of the order's own effects.
    async fn call_of(
        &mut self,
        effect: &Effect,
        order: &WebOrder,
        draft: &Draft,
    ) -> Result<Result<Call, Performed>, Error> {
        match effect {
            Effect::CustomerOrder { may_be_unlocked } => {
                self.order_call(order, draft, draft.customer_order(*may_be_unlocked)).await
            }
            Effect::Sale { separate_voucher, linked } => {
                let belongs_to = self.order_id("order").filter(|_| *linked).map(BelongsTo::CustomerOrder);
                let kind = Kind::Sale { separate_voucher: *separate_voucher, belongs_to };
                self.order_call(order, draft, kind).await
            }
            Effect::Deduction(stock) => {
                // What has to be made first is made by its customer order or here.
                if let Err(not) = self.new_products_of(draft).await? {
                    return Ok(Err(not));
                }
                Ok(Ok(Call::Stock { number: stock.number.clone(), subtract: stock.quantity }))
            }
            Effect::Return(_) | Effect::Restock { .. } => {
                Ok(Err(Performed::Not { waiting: None, next: None }))
            }
        }
    }

    /// An order with its customer and its products, which are made where they have to be.
    pub(super) async fn order_call(
        &mut self,
        order: &WebOrder,
        draft: &Draft,
        kind: Kind,
    ) -> Result<Result<Call, Performed>, Error> {
        let products = match self.products_of(draft).await? {
            Ok(products) => products,
            Err(not) => return Ok(Err(not)),
        };
        let customer = match self.customer(order).await? {
            Ok(customer) => customer,
            Err(not) => return Ok(Err(not)),
        };
        let filled = draft.fill(kind, Some(customer), |good| products.get(good).copied());
        let order = filled.map_err(|good| Error::Broken {
            what: format!("order {}", self.row.id),
            reason: format!("no product for {good:?}"),
        })?;
        Ok(Ok(Call::Order(Box::new(order))))
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

    fn is_under_way(&self, effect: &Effect) -> bool {
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

    /// How Loomis Pay's order says that it is this one.
    pub(super) fn reference_comment(&self) -> String {
        format!("woo:{}:{}", self.pair.department.settings.id, self.row.id)
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

    /// Whether all of it that bears on stock is done in Loomis Pay.
    fn stock_is_known(&self) -> bool {
        let Some(taken) = &self.row.taken else { return false };
        if !taken.undeducted.is_empty() {
            return false;
        }
        let own = |effect: &&Effect| is_own(effect);
        let bears = |effect: &&Effect| !matches!(effect, Effect::Sale { .. });
        let all: Vec<&Effect> = taken.effects.iter().filter(own).collect();
        // A sale alone is taken to move no stock: that setting is outside the promise.
        let bearing: Vec<&Effect> = all.iter().copied().filter(bears).collect();
        let bearing = if bearing.is_empty() { all } else { bearing };
        !bearing.is_empty() && bearing.into_iter().all(|effect| self.is_done(effect))
    }

    /// What it holds of the shop's stock.
    fn holds(&self, order: &WebOrder) -> Option<Holds> {
        let lowers = find::holds(self.settings, &order.status);
        if !lowers || self.standing == Standing::Never || self.stock_is_known() {
            return None;
        }
        let deducted = |line: u64| {
            self.effects.values().any(|(row, _)| {
                matches!(&row.effect, Effect::Deduction(stock) if stock.line == line) && row.state.is_done()
            })
        };
        let lines: Vec<_> = order
            .lines
            .iter()
            .filter(|line| !deducted(line.id))
            .filter_map(|line| Some((line.shop_id()?, line.quantity - line.put_back)))
            .filter(|(_, quantity)| *quantity > retail::Decimal::ZERO)
            .collect();
        (!lines.is_empty()).then_some(Holds { lines: Some(lines) })
    }

    /// Closes the desk: what differs, what it waits for, when it is looked at again.
    pub(super) async fn close(&mut self, order: Option<&WebOrder>) -> Result<(), Error> {
        if let (Some(order), Some(taken), true) = (order, self.row.taken.clone(), self.is_begun()) {
            let returned = self.returned();
            for difference in differences(&taken.was, order, &returned) {
                // What is completed or refunded by a rule of ours is no difference.
                self.waits(difference);
            }
        }
        let back = |effect: &Effect| matches!(effect, Effect::Restock { cause: Cause::Cancelled, .. });
        let back = self.effects.values().any(|(row, _)| back(&row.effect));
        if let Some(order) = order.filter(|order| back && find::holds(self.settings, &order.status)) {
            let detail =
                format!("it is {} again after its goods were added back: deduct them by hand", order.status);
            self.waits(Waiting::new(Reason::Edited, detail));
        }
        // What a person has to see and no look changes is not looked at again by itself.
        let by_itself = self.row.waits.iter().any(|waiting| {
            matches!(
                waiting.reason,
                Reason::UnknownProduct | Reason::ProductGone | Reason::Refused | Reason::NotDeductible
            )
        });
        if by_itself && self.next.is_none() {
            let wait = FIRST_WAIT.saturating_mul(1 << self.row.tries.min(10)).min(LONGEST_WAIT);
            self.row.tries += 1;
            self.next = Some(self.engine.now() + self.engine.world.jitter(wait));
        } else if self.row.waits.is_empty() {
            self.row.tries = 0;
        }
        self.row.next = self.next;
        self.save(Vec::new(), self.next, order).await
    }

    /// Saves the order, all or nothing with these writes, while nobody has taken over.
    pub(super) async fn save(
        &mut self,
        mut writes: Vec<Write>,
        next: Option<Timestamp>,
        order: Option<&WebOrder>,
    ) -> Result<(), Error> {
        let now = self.engine.now();
        self.row.looked = Some(now);
        for waiting in &mut self.row.waits {
            waiting.detail = retail::order::discreet(&waiting.detail, &self.private);
        }
        for told in &mut self.row.story {
            told.text = retail::order::discreet(&told.text, &self.private);
        }
        // Until the desk is closed, whoever finds it goes on with it.
        self.row.next = next.or(self.row.next);
        let attention = match self.row.waits.as_slice() {
            [] => None,
            waits => {
                let old = orders::attention_for(self.engine, &self.place, self.row.id).await?;
                let same = |old: &Attention| {
                    old.waits.iter().map(|one| one.reason).eq(waits.iter().map(|one| one.reason))
                };
                let old = old.filter(same);
                Some(Attention {
                    id: self.row.id,
                    number: self.row.number.clone(),
                    waits: waits.to_vec(),
                    since: old.as_ref().map_or(now, |old| old.since),
                    alarmed: old.and_then(|old| old.alarmed),
                })
            }
        };
        let holds = match order {
            Some(order) => self.holds(order),
            None => {
                let old = orders::holds_of(self.engine, &self.place, self.row.id).await?;
                old.filter(|_| !self.stock_is_known())
            }
        };
        let condition = Condition::Version(self.version);
        writes.extend(self.place.put(&self.row, condition, attention.as_ref(), holds.as_ref())?);
        self.lease.keep(self.engine).await?;
        self.lease.write(self.engine, writes).await?;
        self.version += 1;
        Ok(())
    }
}

/// Whether it is one of the order's own effects, rather than one that follows from a refund or a cancellation.
pub(super) fn is_own(effect: &Effect) -> bool {
    matches!(effect, Effect::CustomerOrder { .. } | Effect::Sale { .. } | Effect::Deduction(_))
}

/// Whether the shop has called the order off: nothing more is sent of it.
pub(super) fn is_called_off(order: &WebOrder) -> bool {
    matches!(order.status.as_str(), "cancelled" | "failed" | "refunded" | "trash")
}
