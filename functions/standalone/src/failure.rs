//! How a command ends: its exit code, or one clear sentence with its causes.

use std::{error::Error, process::ExitCode};

use serde_json::json;

use crate::out;

/// How a command ended. The numbers are the exit codes of `PROGRAM.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All is done.
    Done = 0,
    /// It could not be done.
    Failed = 1,
    /// Wrong use, or refused input.
    Refused = 2,
    /// Done, but something was refused, waits or is paused.
    Left = 3,
}

impl Exit {
    /// Done, unless something is left.
    pub(crate) fn unless(left: bool) -> Exit {
        if left { Exit::Left } else { Exit::Done }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// A command that did not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// The field of a record that is meant.
    field: Option<String>,
    text: String,
    causes: Vec<String>,
}

impl Failure {
    /// It could not be done.
    pub(crate) fn failed(text: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, field: None, text: text.into(), causes: Vec::new() }
    }

    /// What was given is refused.
    pub(crate) fn refused(text: impl Into<String>) -> Failure {
        Failure { exit: Exit::Refused, ..Failure::failed(text) }
    }

    /// With the error that led to it, and what led to that.
    pub(crate) fn because(mut self, error: &dyn Error) -> Failure {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let text = error.to_string();
            // An error that passes another one on says the same twice.
            if self.causes.last().unwrap_or(&self.text) != &text {
                self.causes.push(text);
            }
            cause = error.source();
        }
        self
    }

    /// Tells it, and gives the exit code.
    pub(crate) fn end(self) -> ExitCode {
        if out::json() {
            out::value(&json!({
                "error": { "text": self.text, "field": self.field, "causes": self.causes, "exit": self.exit as u8 }
            }));
        }
        let mut text = self.text;
        for cause in self.causes {
            text = format!("{text}: {cause}");
        }
        out::aside(format_args!("loomis-woo: {text}"));
        self.exit.into()
    }
}

impl From<sync::Error> for Failure {
    fn from(error: sync::Error) -> Failure {
        let mut failure = Failure::failed(error.to_string());
        match &error {
            sync::Error::Fault(fault) => {
                failure.exit = Exit::Refused;
                failure.field = Some(fault.field.clone()).filter(|field| !field.is_empty());
            }
            sync::Error::Missing { .. } => failure.exit = Exit::Refused,
            _ => {}
        }
        match error.source() {
            Some(cause) => failure.because(cause),
            None => failure,
        }
    }
}
