//! What can go wrong in a use case.

use retail::{
    fate::{Fate, Scope, Trouble},
    settings::Fault,
};

use crate::{
    ports::{LedgerError, QueueError},
    seal::SealError,
};

/// A use case could not do its work. Refused records are no errors: they are results.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger failed.
    #[error("the ledger failed")]
    Ledger(#[from] LedgerError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] QueueError),
    /// Whoever keeps the key of the secrets is out of reach. Nothing is wrong with any record: it is tried again.
    #[error("no secret can be opened or sealed just now")]
    Sealing(#[source] SealError),
    /// Loomis Pay or the shop: its fate and scope say what becomes of it.
    #[error("{0}")]
    Trouble(Trouble),
    /// What a person gave is refused.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There is no such record.
    #[error("there is no {what} {id:?}")]
    Missing {
        /// `client`, `department`, …
        what: &'static str,
        /// Which.
        id: String,
    },
    /// A stored item can't be read: written by hand, or by a newer program.
    #[error("the stored {what} can't be used: {reason}")]
    Broken {
        /// Which.
        what: String,
        /// Why, naming the field.
        reason: String,
    },
    /// Another worker holds, or took over, what this one was about to do.
    #[error("another worker is at it")]
    Taken,
    /// A person or the deadline asked to stop; what is done is recorded, the rest stands in the ledger.
    #[error("stopped before the end; it goes on where it stopped")]
    Stopped,
}

impl Error {
    /// The trouble, as far as there is some that a pause answers.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Error::Trouble(trouble) => Some(trouble.clone()),
            Error::Broken { .. } | Error::Fault(_) | Error::Missing { .. } => {
                Some(Trouble::new(Fate::Settings, Scope::Department, self.to_string()))
            }
            _ => None,
        }
    }
}

impl From<loomis::Error> for Error {
    fn from(error: loomis::Error) -> Error {
        Error::Trouble(error.trouble())
    }
}

impl From<woocommerce::Error> for Error {
    fn from(error: woocommerce::Error) -> Error {
        Error::Trouble(error.trouble())
    }
}
