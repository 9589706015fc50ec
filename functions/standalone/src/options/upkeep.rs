//! The command line of what keeps an installation up: dead messages, backups, what it costs.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use sync::ports::Lane;

pub(super) const DEAD: &str = "\
A message only wakes: what is due stands in the store, and the next round finds it, whatever became of its message. So a
dead message is no lost work, but it says that something failed five times: why, is in the program's log.
With --json: [{\"lane\",\"group\",\"text\"}]. At most 100 of a lane are shown.

With dynamodb:TABLE the queues come from the environment, as the functions have them: LOOMIS_WOO_QUEUE_ORDERS and so on.

Exit codes: 0 there is none · 1 could not be done · 2 wrong use · 3 there are some";

pub(super) const REDRIVE: &str = "\
Each goes to the end of its group and is tried up to five times again. Doing so twice, or for nothing, does no harm.
With --json: {\"lane\",\"sent\",\"left\"}

Example:
  loomis-woo dead && loomis-woo redrive orders

Exit codes: 0 done · 1 could not be done · 2 wrong use · 3 some are left";

pub(super) const BACKUP: &str = "\
The file holds everything of one moment: records with their secrets sealed, links, orders, the log. Its mode is 600. A file
that is there is not overwritten. The key (STORE.key, or LOOMIS_WOO_KEY) is not in it: keep it too, and apart from it.
With --json: {\"file\",\"made\",\"bytes\"}

Example, for a timer:
  loomis-woo backup /srv/backups/loomis-woo-$(date +%F).sqlite

Exit codes: 0 done · 1 could not be done · 2 the file is there already, or there is no store";

pub(super) const RESTORE: &str = "\
End `run` first. The key has to be beside the store, or in LOOMIS_WOO_KEY, as it was.

Every department is paused, and `resume ID` lets it go on, which compares everything. What was done between the backup and
the restore is not in the backup, so nothing of it is sent again: an order that was placed before the restore and that the
backup hasn't taken is looked up in Loomis Pay, where it can be (order_lookup), and else waits for a person
(`orders waiting ID`, `order settle`); so do refunds of that time. An order that carries this installation's marker was taken:
its number in Loomis Pay stands in the marker, `_loomis_woo`.
With --json: {\"store\",\"made\",\"paused\":[ID],\"replaced\"}

Examples:
  loomis-woo restore backup.sqlite
  loomis-woo restore backup.sqlite --replace      the store that is there gets another name, and is kept

Exit codes: 1 could not be done · 2 refused: there is a store, somebody works on it, or the file is no backup
            3 done, and its departments are paused · 0 done, and it has none";

pub(super) const COST: &str = "\
Reckoned from what was counted on the simulated sides (DynamoDB's units, requests to SQS, Lambda's milliseconds) and the prices
in infra/cost.json, which says of when both are. Without tax, free tiers, logs and traffic.
With --json: {\"a_month\",\"currency\",\"each_department\":{line:amount},\"deployment\":{line:amount},…}

Examples:
  loomis-woo cost --departments 40
  loomis-woo cost --departments 40 --orders-per-day 100 --changes-per-day 200 --products 5000

Exit codes: 0 done · 1 could not be done · 2 wrong use";

/// What is to be deployed.
#[derive(Args, Debug)]
pub(crate) struct Cost {
    /// How many departments.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) departments: u32,
    /// Web orders of each, a day.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) orders_per_day: u32,
    /// Products of each.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) products: u32,
    /// Products of each that change, a day.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) changes_per_day: u32,
    /// The alarms of the template.
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub(crate) alarms: u32,
    /// Without the NAT gateway and its address.
    #[arg(long)]
    pub(crate) without_fixed_address: bool,
}

/// From what a store is made.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// What `backup` made.
    pub(crate) file: PathBuf,
    /// Puts it in the place of the store that is there, which is kept under another name.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Which dead messages are sent again.
#[derive(Args, Debug)]
pub(crate) struct Redrive {
    /// The lane.
    #[arg(value_parser = lanes())]
    pub(crate) lane: Lane,
    /// At most so many, the oldest first.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) most: u32,
}

/// A lane by its name.
pub(super) fn lanes() -> impl TypedValueParser<Value = Lane> {
    PossibleValuesParser::new(Lane::ALL.map(Lane::as_str))
        .try_map(|name| Lane::ALL.into_iter().find(|lane| lane.as_str() == name).ok_or("no such lane"))
}
