//! A store that comes out of a backup: it starts paused, what was under way may have been done by whom it has forgotten, and
//! once a person lets it go on, everything is compared.

use jiff::Timestamp;
use retail::order::{OrderId, effects::Effect};

use crate::{
    Engine, Error,
    orders::place_of,
    ports::Condition,
    rows::{
        due, log,
        orders::{self, EffectRow, Place, State},
        pause,
        restored::{self, Restored},
        runs::{self, RunKind, Stage},
        standing::Links,
    },
    run,
};

impl Engine {
    /// Makes a ledger that was restored from a backup of `made` fit to be worked on. Every department is paused until a person
    /// says `resume`. What was about to be sent to Loomis Pay when the backup was made is unconfirmed: it is looked up, or a
    /// person settles it. Gives the departments.
    ///
    /// # Errors
    /// When the ledger fails. It may be called again.
    pub async fn settle_restored(&self, made: Timestamp) -> Result<Vec<String>, Error> {
        let ids = self.department_ids().await?;
        for id in &ids {
            let restored = Restored { made, at: self.now() };
            let reason = format!(
                "the store was restored from a backup of {made:.0}: `resume {id}` when nobody else works on its shop"
            );
            self.ledger.write(vec![restored::put(id, &restored)?]).await?;
            pause::set_restored(self, pause::department(id), reason.clone()).await?;
            self.end_run(id).await?;
            if let Some(place) = place_of(self, id).await? {
                self.doubt_intended(&place, &restored).await?;
            }
            log::say(self, id, None, format!("paused until a person acts: {reason}")).await?;
        }
        Ok(ids)
    }

    /// A run of then has looked at a shop that has changed since: the next one looks at everything.
    async fn end_run(&self, department: &str) -> Result<(), Error> {
        let Some(active) = runs::active(self, department).await? else { return Ok(()) };
        let Some((mut run, version)) = runs::get(self, department, &active.id).await? else { return Ok(()) };
        run.stage = Stage::Done;
        run.ended = Some(self.now());
        run.remark = Some("the store was restored from a backup while it was under way".to_owned());
        Ok(self.ledger.write(runs::end(&run, Condition::Version(version))?).await?)
    }

    /// What was about to be sent may have been: nothing of it is sent before that is known.
    async fn doubt_intended(&self, place: &Place, restored: &Restored) -> Result<(), Error> {
        for (id, row, version) in place.intended(self).await? {
            let state = doubted(&row.effect, restored);
            let mut writes =
                vec![place.put_effect(id, &EffectRow { state, ..row }, Condition::Version(version))?];
            writes.extend(self.look_again(place, id).await?);
            self.ledger.write(writes).await?;
        }
        Ok(())
    }

    /// The order is looked at again, as writes.
    async fn look_again(&self, place: &Place, id: OrderId) -> Result<Vec<crate::ports::Write>, Error> {
        let Some((mut row, version)) = place.order(self, id).await? else { return Ok(Vec::new()) };
        row.next = Some(self.now());
        let attention = orders::attention_for(self, place, id).await?;
        let holds = orders::holds_of(self, place, id).await?;
        place.put(&row, Condition::Version(version), attention.as_ref(), holds.as_ref())
    }

    /// Compares everything, now rather than at night, as far as the department's settings let things flow by themselves.
    pub(crate) async fn reconcile(&self, department: &str) -> Result<(), Error> {
        let settings = self.department(department).await?.settings;
        if !settings.enabled {
            return Ok(());
        }
        if settings.products.automatic_transfer {
            return run::begin(self, department, RunKind::Sweep).await.map(drop);
        }
        if settings.products.stock_flows()
            && let Some(found) = crate::pair::found(self, department).await?
        {
            let linked = Links::of(department, &found.base).all(self).await?;
            due::mark(self, department, &linked, due::How::changed(due::Extent::Stock)).await?;
        }
        Ok(())
    }
}

/// The state of an effect that may have happened: only a customer order can be looked up.
pub(crate) fn doubted(effect: &Effect, restored: &Restored) -> State {
    let next = matches!(effect, Effect::CustomerOrder { .. }).then_some(restored.at);
    State::Unconfirmed { since: restored.at, reason: restored.reason(), looks: 0, next }
}
