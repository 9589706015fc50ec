//! The shop contract: what the synchronisation relies on, tried on a shop.
//!
//! Without variables on the simulated shop, of now and of long ago; with `SHOP_URL`, `SHOP_CONSUMER_KEY` and
//! `SHOP_CONSUMER_SECRET` on that one (see the README). One set of cases for both, so that the simulator can't drift from
//! what it stands for.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod cases;
mod images;
mod shop;
mod synchronize;
mod towns;

use std::{panic::AssertUnwindSafe, process::ExitCode, time::Instant};

use futures_util::{FutureExt, future::LocalBoxFuture};

use crate::{shop::Contract, towns::Town};

/// A case: what a shop is asked, and what it must answer.
struct Case {
    name: &'static str,
    run: for<'a> fn(&'a Contract) -> LocalBoxFuture<'a, ()>,
}

/// Options of the usual test program that take a value.
const WITH_VALUE: [&str; 6] = ["--test-threads", "--format", "--color", "--logfile", "--skip", "-Z"];

/// Tells its own story instead of libtest's: cases run one by one on one shop, say what they could not try, and whatever
/// they made is removed at the end.
#[tokio::main]
async fn main() -> ExitCode {
    // What broke and where; how the test got there tells nothing.
    std::panic::set_hook(Box::new(|panic| println!("    {panic}")));
    let mut filters = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--list" {
            cases::CASES.iter().for_each(|case| println!("{}: test", case.name));
            return ExitCode::SUCCESS;
        }
        if WITH_VALUE.contains(&argument.as_str()) {
            arguments.next();
        } else if !argument.starts_with('-') {
            filters.push(argument);
        }
    }
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter));
    let cases: Vec<&Case> = cases::CASES.iter().filter(|case| wanted(case.name)).collect();
    let mut failed = Vec::new();
    if !cases.is_empty() {
        for town in towns::all().await {
            failed.extend(visit(&town, &cases).await);
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nbroken:\n  {}", failed.join("\n  "));
    ExitCode::FAILURE
}

/// Runs the cases on one shop, and cleans up after them. The names of those that failed.
async fn visit(town: &Town, cases: &[&Case]) -> Vec<String> {
    println!("\n{}", town.name);
    let (mut failed, begun) = (Vec::new(), Instant::now());
    for case in cases {
        let contract = town.contract(case.name);
        let began = Instant::now();
        let kept = AssertUnwindSafe((case.run)(&contract)).catch_unwind().await.is_ok();
        let word = if kept { "ok" } else { "BROKEN" };
        println!("  {} ... {word} ({:.1} s)", case.name, began.elapsed().as_secs_f32());
        for note in contract.notes() {
            println!("    {note}");
        }
        if !kept {
            failed.push(format!("{}: {}", town.name, case.name));
        }
    }
    match AssertUnwindSafe(town.contract("sweep").sweep()).catch_unwind().await {
        Ok(swept) => println!("  {swept}"),
        Err(_) => failed.push(format!("{}: something of {} is left in the shop", town.name, town.tag)),
    }
    println!(
        "  {} of {} kept, {:.1} s",
        cases.len() - failed.len().min(cases.len()),
        cases.len(),
        begun.elapsed().as_secs_f32()
    );
    failed
}
