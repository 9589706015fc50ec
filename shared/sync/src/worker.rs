//! The worker: takes a message, looks after what it names, and answers trouble with a pause of its scope.

use retail::{
    fate::{Scope, Trouble},
    order::OrderId,
};

use crate::{
    Engine, Error, catalogue, inventory, orders,
    ports::{Key, Lane},
    rows::{
        lease, log, pace,
        pause::{self, Cause},
        turns,
    },
    run,
    wake::Wake,
    webhooks,
};

impl Engine {
    /// What [`Engine::handle`] does.
    pub(crate) async fn deal_with(&self, wake: Wake) -> Result<(), Error> {
        tracing::debug!("woken");
        match self.look_after(&wake).await {
            Ok(()) => Ok(()),
            Err(Error::Stopped | Error::Taken) => self.wake(wake).await,
            Err(error @ (Error::Ledger(_) | Error::Queue(_) | Error::Sealing(_))) => Err(error),
            // Its department was removed meanwhile.
            Err(Error::Missing { what: "department", .. }) => Ok(()),
            Err(error) => match error.trouble().filter(|_| wake != Wake::Census) {
                Some(trouble) => self.pause(&wake, &trouble).await,
                None => Err(error),
            },
        }
    }

    async fn look_after(&self, wake: &Wake) -> Result<(), Error> {
        if self.is_left_alone(wake).await? {
            tracing::info!("paused: left alone");
            return Ok(());
        }
        let spoke_to_the_shop = match wake {
            Wake::Catalogue { client } => {
                self.look_at_records(client).await?;
                catalogue::read(self, client).await.map(|()| false)?
            }
            Wake::Stock { department, asked, .. } => {
                inventory::read(self, department, *asked).await.map(|()| false)?
            }
            Wake::Run { department, run } => run::advance(self, department, run).await?,
            Wake::Batch { department, run, batch } => run::apply_batch(self, department, run, *batch).await?,
            Wake::Due { department } => run::apply_due(self, department).await?,
            Wake::Orders { department, all } => orders::find(self, department, *all).await?,
            Wake::Webhooks { department } => webhooks::keep(self, department).await?,
            Wake::Order { department, order } => {
                orders::look_after(self, department, OrderId(*order)).await?
            }
            Wake::Completions { department } => orders::wake_due(self, department).await.map(|()| false)?,
            Wake::Notices { department } => orders::raise(self, department).await.map(|()| false)?,
            Wake::Census => self.census().await.map(|()| false)?,
        };
        // The census looks after nobody: it comes round whoever is paused.
        if *wake != Wake::Census {
            self.count_round();
        }
        self.lift_lapsed(wake, spoke_to_the_shop).await
    }

    /// Whether its department, or its client, is to be left alone. A pause that came of a record that could not be used ends
    /// here, once it can.
    async fn is_left_alone(&self, wake: &Wake) -> Result<bool, Error> {
        let client = match (wake.client(), wake.department()) {
            (Some(client), _) => Some(client.to_owned()),
            (None, Some(department)) => {
                usable(self.department(department).await)?.map(|department| department.settings.client_number)
            }
            (None, None) => None,
        };
        let own = wake.department().map(pause::department);
        for key in own.into_iter().chain(client.as_deref().map(pause::client)) {
            let Some(pause) = pause::read(self, &key).await? else { continue };
            if pause.cause == Cause::Record && self.records_can_be_used(wake).await? {
                pause::lift_if(self, &key, |cause| cause == Cause::Record).await?;
                if let Some(department) = wake.department() {
                    let text = "the record can be used again: the pause is over".to_owned();
                    log::say(self, department, None, text).await?;
                }
            } else if pause.holds(self.now()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Of the departments that share a reading, those whose records can't be used stop, and those that were mended go on.
    async fn look_at_records(&self, client: &str) -> Result<(), Error> {
        for id in turns::members(self, client).await? {
            match self.department(&id).await {
                Ok(_) => {
                    // It does nothing but lift what is mended.
                    self.is_left_alone(&Wake::Due { department: id }).await?;
                }
                Err(error @ Error::Broken { .. }) => self.stop_broken(&id, error.to_string()).await?,
                Err(Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Work that went well after a pause had run out was the probe: the pause is over.
    async fn lift_lapsed(&self, wake: &Wake, spoke_to_the_shop: bool) -> Result<(), Error> {
        let read = matches!(wake, Wake::Stock { .. });
        let ends = |cause| match cause {
            Cause::Restored => false,
            Cause::Reading => spoke_to_the_shop || read,
            Cause::Work | Cause::Record => spoke_to_the_shop,
        };
        if let Some(department) = wake.department()
            && pause::lift_if(self, &pause::department(department), ends).await?
        {
            log::say(self, department, None, "the pause is over".to_owned()).await?;
        }
        if let Some(client) = wake.client() {
            pause::lift(self, &pause::client(client)).await?;
        }
        Ok(())
    }

    async fn pause(&self, wake: &Wake, trouble: &Trouble) -> Result<(), Error> {
        let department = wake.department();
        let client = match (wake.client(), department) {
            (Some(client), _) => Some(client.to_owned()),
            (None, Some(department)) => {
                self.department(department).await.ok().map(|department| department.settings.client_number)
            }
            (None, None) => None,
        };
        let client_wide = trouble.scope == Scope::Client || department.is_none();
        let key = match (client_wide, client, department) {
            (true, Some(client), _) => pause::client(&client),
            (_, _, Some(department)) => pause::department(department),
            (_, Some(client), None) => pause::client(&client),
            (_, None, None) => return Ok(()),
        };
        let cause = match (self.records_can_be_used(wake).await?, wake.client()) {
            (false, _) => Cause::Record,
            (true, Some(_)) => Cause::Reading,
            (true, None) => Cause::Work,
        };
        let pause = pause::set(self, key, trouble, cause).await?;
        tracing::warn!(reason = trouble.reason, until = ?pause.until, "paused");
        if let Some(department) = department.filter(|_| pause.tries == 0) {
            let until =
                pause.until.map_or("until a person acts".to_owned(), |until| format!("until {until:.0}"));
            log::say(self, department, None, format!("paused {until}: {}", trouble.reason)).await?;
        }
        Ok(())
    }

    /// Whether the records that a wake-up is about can be used as they stand.
    async fn records_can_be_used(&self, wake: &Wake) -> Result<bool, Error> {
        let client = match wake.department() {
            Some(department) => match usable(self.department(department).await)? {
                Some(department) => Some(department.settings.client_number),
                None => return Ok(false),
            },
            None => wake.client().map(ToOwned::to_owned),
        };
        match client {
            Some(client) => Ok(usable(self.client(&client).await)?.is_some()),
            None => Ok(true),
        }
    }

    /// Whoever calls this knows that nobody else works on this store: what dead workers held is free at once, and nobody
    /// waits for their leases to run out.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn nobody_else_works(&self) -> Result<(), Error> {
        for id in self.department_ids().await? {
            for name in ["lease#stock", "lease#products", "lease#orders"] {
                lease::void(self, Key::new(format!("D#{id}"), name)).await?;
            }
        }
        for number in self.client_numbers().await? {
            for name in ["lease#read", "lease#make"] {
                lease::void(self, Key::new(format!("C#{number}"), name)).await?;
            }
            pace::void(self, &number).await?;
        }
        Ok(())
    }

    /// Takes one message of a lane and deals with it. Tells whether there was one.
    ///
    /// # Errors
    /// When the queue fails. A message that could not be dealt with goes back.
    pub async fn work_one(&self, lane: Lane, wait: std::time::Duration) -> Result<bool, Error> {
        let received = self.queue.receive(lane, 1, wait).await?;
        let Some(message) = received.into_iter().next() else { return Ok(false) };
        match self.handle(&message.body).await {
            Ok(()) => self.queue.done(lane, &message.receipt).await?,
            Err(_) => {
                tracing::warn!(lane = lane.as_str(), attempt = message.attempt, "a message goes back");
                self.queue
                    .give_back(lane, &message.receipt, self.world.jitter(std::time::Duration::from_secs(2)))
                    .await?;
            }
        }
        Ok(true)
    }
}

impl Wake {
    fn department(&self) -> Option<&str> {
        match self {
            Wake::Catalogue { .. } | Wake::Census => None,
            Wake::Stock { department, .. }
            | Wake::Run { department, .. }
            | Wake::Batch { department, .. }
            | Wake::Orders { department, .. }
            | Wake::Webhooks { department }
            | Wake::Order { department, .. }
            | Wake::Completions { department }
            | Wake::Notices { department }
            | Wake::Due { department } => Some(department),
        }
    }

    fn client(&self) -> Option<&str> {
        match self {
            Wake::Catalogue { client } | Wake::Stock { client, .. } => Some(client),
            _ => None,
        }
    }
}

/// A record that can be used, if it can; other trouble stays trouble.
fn usable<T>(record: Result<T, Error>) -> Result<Option<T>, Error> {
    match record {
        Ok(record) => Ok(Some(record)),
        Err(Error::Broken { .. } | Error::Fault(_) | Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
