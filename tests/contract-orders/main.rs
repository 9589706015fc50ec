//! The contract of orders: the whole system between a simulated Loomis Pay and a shop, with real orders placed in it.
//!
//! Without variables on the simulated shop; with `SHOP_URL`, `SHOP_CONSUMER_KEY` and `SHOP_CONSUMER_SECRET` (and `SHOP_CA`,
//! where its authority is its own) on that one, of which only what this run makes is touched, and removed at the end. One set
//! of cases for both, so that the simulator can't drift from what it stands for.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod after;
mod money;
mod shop;
mod stage;
mod stock;

use std::{panic::AssertUnwindSafe, process::ExitCode, time::Instant};

use futures_util::{FutureExt, future::LocalBoxFuture};

use crate::shop::Town;

/// A case: what is done, and what must come of it.
struct Case {
    name: &'static str,
    run: for<'a> fn(&'a Town) -> LocalBoxFuture<'a, ()>,
}

macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        &[$(Case {
            name: concat!(stringify!($module), "::", stringify!($case)),
            run: |town| $module::$case(town).boxed_local(),
        }),*]
    };
}

const CASES: &[Case] = cases![
    money::every_total_to_the_ore,
    money::the_simulator_asks_the_same,
    after::refunds_of_a_customer_order,
    after::refunds_of_a_deduction,
    after::finished_is_completed,
    after::cancelled_and_edited_are_shown,
    stock::a_sale_is_never_undone,
    stock::a_sale_beside_the_write,
];

/// Tells its own story instead of libtest's: cases run one by one on one shop, and whatever they made is removed at the end,
/// also of a case that failed.
#[tokio::main]
async fn main() -> ExitCode {
    // What broke and where; how the test got there tells nothing.
    std::panic::set_hook(Box::new(|panic| println!("    {panic}")));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        CASES.iter().for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(*filter));
    let cases: Vec<&Case> = CASES.iter().filter(|case| wanted(case.name)).collect();
    let mut broken = Vec::new();
    if !cases.is_empty() {
        for town in shop::towns().await {
            broken.extend(visit(&town, &cases).await);
        }
    }
    if broken.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nbroken:\n  {}", broken.join("\n  "));
    ExitCode::FAILURE
}

/// Runs the cases on one shop, and cleans up after them. The names of those that failed.
async fn visit(town: &Town, cases: &[&Case]) -> Vec<String> {
    println!("\n{}, as {}", town.name, town.tag);
    let mut broken = Vec::new();
    for case in cases {
        let began = Instant::now();
        let kept = AssertUnwindSafe((case.run)(town)).catch_unwind().await.is_ok();
        let word = if kept { "ok" } else { "BROKEN" };
        println!("  {} ... {word} ({:.1} s)", case.name, began.elapsed().as_secs_f32());
        if !kept {
            broken.push(format!("{}: {}", town.name, case.name));
        }
    }
    match AssertUnwindSafe(town.sweep()).catch_unwind().await {
        Ok(swept) => println!("  {swept}"),
        Err(_) => broken.push(format!("{}: something of {} is left in the shop", town.name, town.tag)),
    }
    broken
}
