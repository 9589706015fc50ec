//! What a person sees of a department, and what a person can ask of it.

use jiff::Timestamp;
use retail::office::ProductId;

use crate::{
    Engine, Error, catalogue, pair,
    rows::{
        due,
        log::{self, LogLine, LogQuery},
        orders,
        pause::{self, Pause},
        runs::{self, BatchState, Counts, Run, RunKind, Stage},
        standing, stock,
    },
    run,
};

/// How a department stands.
#[derive(Clone, Debug)]
pub struct DepartmentStatus {
    /// The department.
    pub id: String,
    /// What people call it; empty where the record can't be read.
    pub name: String,
    /// Whether anything happens for it by itself.
    pub enabled: bool,
    /// Why it is left alone now.
    pub pause: Option<Pause>,
    /// Products that are due.
    pub due: usize,
    /// Records that are refused or wait.
    pub refused: usize,
    /// Orders that wait or need a person.
    pub orders_waiting: usize,
    /// Orders that are to be looked after now.
    pub orders_due: usize,
    /// When the last complete reading of the catalogue began.
    pub catalogue_read: Option<Timestamp>,
    /// When the last complete reading of the stock began.
    pub stock_read: Option<Timestamp>,
    /// Why the stock is held back.
    pub stock_held: Option<String>,
    /// Rows of the catalogue and of the stock list that could not be read at all, the first of them.
    pub unreadable: Vec<String>,
    /// The last run.
    pub run: Option<RunStatus>,
}

/// How a run stands.
#[derive(Clone, Debug)]
pub struct RunStatus {
    /// The run.
    pub run: Run,
    /// What it came to so far.
    pub counts: Counts,
    /// Batches that are to be applied.
    pub open: usize,
    /// Batches of drafts that wait for a person.
    pub held: usize,
    /// How far its stage is, so many of so many, where that can be said: rows read while reading, products looked at while
    /// forming, products settled while applying.
    pub reached: Option<(u64, u64)>,
}

impl Engine {
    /// How every department stands.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn status(&self) -> Result<Vec<DepartmentStatus>, Error> {
        let mut all = Vec::new();
        for id in self.department_ids().await? {
            all.push(self.status_of(&id).await?);
        }
        Ok(all)
    }

    /// How a department stands.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger fails.
    pub async fn status_of(&self, id: &str) -> Result<DepartmentStatus, Error> {
        let settings = match self.department(id).await {
            Ok(department) => Some(department.settings),
            Err(Error::Broken { .. }) => None,
            Err(error) => return Err(error),
        };
        let reading = match &settings {
            Some(settings) => catalogue::state(self, &settings.client_number).await?.0,
            None => catalogue::Reading::default(),
        };
        let stock = stock::state(self, id).await?;
        let mut pause = pause::read(self, &pause::department(id)).await?;
        if let (None, Some(settings)) = (&pause, &settings) {
            pause = pause::read(self, &pause::client(&settings.client_number)).await?;
        }
        // What is due of orders that aren't taken now moves nothing.
        let takes = settings.as_ref().is_some_and(|settings| settings.enabled && settings.orders.is_some());
        let orders_due = match crate::orders::place_of(self, id).await? {
            Some(place) if takes => orders::due(self, &place, self.now(), 10_000).await?.len(),
            _ => 0,
        };
        let mut orders_waiting = 0;
        for place in crate::orders::places_of(self, id).await? {
            orders_waiting += orders::attention(self, &place).await?.len();
        }
        let run = match runs::last(self, id).await? {
            Some(run) => Some(self.run_status(run).await?),
            None => None,
        };
        Ok(DepartmentStatus {
            id: id.to_owned(),
            name: settings.as_ref().map(|settings| settings.name.clone()).unwrap_or_default(),
            enabled: settings.is_some_and(|settings| settings.enabled),
            pause,
            due: due::count(self, id, 10_000).await?,
            refused: self.refused(id).await?.len(),
            orders_waiting,
            orders_due,
            catalogue_read: reading.complete.map(|complete| complete.began),
            stock_read: stock.complete,
            stock_held: stock.held,
            unreadable: reading.unreadable.into_iter().chain(stock.unreadable).collect(),
            run,
        })
    }

    async fn run_status(&self, run: Run) -> Result<RunStatus, Error> {
        let (counts, batches) = runs::tally(self, &run.id).await?;
        let of = |state: BatchState| batches.values().filter(|one| **one == state).count();
        let (open, held) = (of(BatchState::Ready), of(BatchState::Held));
        let reached = self.reached(&run, &counts).await?;
        Ok(RunStatus { run, counts, open, held, reached })
    }

    async fn reached(&self, run: &Run, counts: &Counts) -> Result<Option<(u64, u64)>, Error> {
        if run.stage >= Stage::Applying {
            // A product may be linked and updated at once.
            let settled =
                counts.unchanged + counts.created + counts.updated + counts.refused + counts.waiting;
            return Ok(Some((settled.min(counts.seen), counts.seen)));
        }
        let client = match self.department(&run.department).await {
            Ok(department) => department.settings.client_number,
            // Removed or broken meanwhile: how far the run is can't be said then.
            Err(Error::Missing { .. } | Error::Broken { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let reading = catalogue::state(self, &client).await?.0;
        Ok(match run.stage {
            Stage::Reading => reading.reached(),
            _ => reading.complete.map(|complete| (counts.seen.min(complete.products), complete.products)),
        })
    }

    /// How a run stands.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger fails.
    pub async fn run(&self, department: &str, run: &str) -> Result<RunStatus, Error> {
        let found = runs::get(self, department, run).await?;
        let (run, _) = found.ok_or_else(|| Error::Missing { what: "run", id: run.to_owned() })?;
        self.run_status(run).await
    }

    /// *Synchronize*: begins a total sync, or joins the run that is under way.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Broken`]; when the ledger or the queue fails.
    pub async fn synchronize(&self, department: &str) -> Result<Run, Error> {
        self.department(department).await?;
        self.census_of(department).await?;
        run::begin(self, department, RunKind::Synchronize).await
    }

    /// The records of a department that are refused or wait in its present shop: product, number, reason, whether it waits.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn refused(&self, department: &str) -> Result<Vec<retail::plan::Refused>, Error> {
        let (mut all, mut after) = (Vec::new(), None);
        let Some(shop) = pair::found(self, department).await? else { return Ok(all) };
        loop {
            let (page, next) = standing::refused(self, department, &shop.base, after).await?;
            for (product, standing) in page {
                let decision = standing.decision;
                let waits = decision.refused.is_none();
                if let Some(reason) = decision.refused.or(decision.waits) {
                    all.push(retail::plan::Refused { product, number: standing.number, reason, waits });
                }
            }
            after = next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Makes everything that is refused or waits due again, and ends the pause. Tells how many.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger or the queue fails.
    pub async fn retry(&self, department: &str) -> Result<usize, Error> {
        self.lift_pauses(department).await?;
        let ids: Vec<ProductId> =
            self.refused(department).await?.into_iter().map(|one| one.product).collect();
        due::mark(self, department, &ids, due::How { extent: due::Extent::Whole, asked: true, later: false })
            .await?;
        if !ids.is_empty() {
            self.wake(crate::Wake::Due { department: department.to_owned() }).await?;
        }
        Ok(ids.len())
    }

    /// A person says that the cause of a pause is mended, and that products taken off may become drafts, however many.
    /// Tells whether there was a pause.
    ///
    /// # Errors
    /// [`Error::Missing`]; when the ledger or the queue fails.
    pub async fn resume(&self, department: &str) -> Result<bool, Error> {
        let lifted = self.lift_pauses(department).await?;
        let restored = pause::lift_restored(self, &pause::department(department)).await?;
        run::allow_drafts(self, department).await?;
        log::say(self, department, None, "a person resumed it".to_owned()).await?;
        if restored {
            self.reconcile(department).await?;
        }
        if let Some(run) = runs::active(self, department).await? {
            self.wake(crate::Wake::Run { department: department.to_owned(), run: run.id }).await?;
        }
        self.wake(crate::Wake::Due { department: department.to_owned() }).await?;
        Ok(lifted || restored)
    }

    async fn lift_pauses(&self, department: &str) -> Result<bool, Error> {
        let own = pause::lift(self, &pause::department(department)).await?;
        let client = match self.department(department).await {
            Ok(record) => pause::lift(self, &pause::client(&record.settings.client_number)).await?,
            Err(Error::Broken { .. }) => false,
            Err(error) => return Err(error),
        };
        Ok(own || client)
    }

    /// Lines of a department's log, the newest last.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn log(&self, department: &str, query: &LogQuery) -> Result<Vec<LogLine>, Error> {
        log::read(self, department, query).await
    }
}
