//! `loomis-woo`: synchronises Loomis Pay with WooCommerce shops, on one machine. `PROGRAM.md` is its public face.

mod backup;
mod check;
mod cost;
mod dead;
mod demo;
mod failure;
mod house;
mod key;
mod log;
mod options;
mod orders;
mod out;
mod preview;
mod progress;
mod records;
mod rhythm;
mod run;
mod signals;
mod status;
mod synchronize;
mod tell;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use failure::{Exit, Failure};
use options::{Command, Options};

fn main() -> ExitCode {
    let options = Options::parse();
    out::set_up(options.json);
    tell::set_up(&options);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::failed("the program can't start").because(&error).end(),
    };
    match runtime.block_on(call(options)) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.end(),
    }
}

async fn call(options: Options) -> Result<Exit, Failure> {
    let store = &options.store;
    match options.command {
        Command::Demo(asked) => demo::demo(asked).await,
        Command::Client(asked) => records::client(asked, store).await,
        Command::Department(asked) => records::department(asked, store).await,
        Command::Check { id } => check::check(&id, store).await,
        Command::Preview { id } => preview::preview(&id, store).await,
        Command::Synchronize { id } => synchronize::synchronize(&id, store).await,
        Command::Run(asked) => run::run(asked, store).await,
        Command::Status { id } => status::status(id.as_deref(), store).await,
        Command::Log(asked) => log::log(asked, store).await,
        Command::Retry { id } => status::retry(&id, store).await,
        Command::Orders(asked) => orders::orders(asked.what, store).await,
        Command::Order(asked) => orders::order(asked.what, store).await,
        Command::Resume { id } => status::resume(&id, store).await,
        Command::Dead { lane } => dead::dead(lane, store).await,
        Command::Redrive(asked) => dead::redrive(asked, store).await,
        Command::Backup { file } => backup::backup(&file, store).await,
        Command::Restore(asked) => backup::restore(asked, store).await,
        Command::Cost(asked) => cost::cost(&asked),
    }
}
