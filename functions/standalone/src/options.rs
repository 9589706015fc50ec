//! The command line.

mod upkeep;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use sync::ports::Lane;

pub(crate) use upkeep::{Cost, Redrive, Restore};

use crate::rhythm::Rhythm;

const ROOT_EXAMPLES: &str = "\
Examples:
  loomis-woo demo --once                 see it work, on simulated sides
  loomis-woo client put client.json      then: department put department.json
  loomis-woo check 1                     both sides, green, or red with the cause and the mend
  loomis-woo preview 1                   what a synchronize would change
  loomis-woo synchronize 1               do it
  loomis-woo run                         from now on, by itself

Exit codes:
  0  all done
  1  it could not be done
  2  wrong use, or refused input
  3  done, but something was refused, waits or is paused

Environment:
  LOOMIS_WOO_STORE  the store, instead of --store
  LOOMIS_WOO_KEY    32 bytes in Base64 that seal the secrets in the store; without it, the key file beside
                    the store (STORE.key, mode 600), made on first use
  LOOMIS_WOO_KMS_KEY
                    with dynamodb:TABLE: the key of AWS's KMS, by id or ARN, that seals them instead; what
                    LOOMIS_WOO_KEY sealed is opened while both are set, and sealed anew
  LOOMIS_WOO_NOTIFY_URL, LOOMIS_WOO_NOTIFY_SECRET
                    who is told (a signed JSON POST) of orders that have waited for half an hour
  LOOMIS_WOO_WEBHOOK_URL
                    with dynamodb:TABLE: where the deployed functions take shops' webhooks (output WebhookUrl)
  LOOMIS_WOO_PRIVATE_ADDRESSES
                    refuse: shops and Loomis Pay are spoken to at public addresses only; else: allow
  SSL_CERT_FILE     certificates to trust instead of the system's
  RUST_LOG          what is logged to stderr, in the words of tracing's EnvFilter, instead of -v
  NO_COLOR          no colours";

/// Keeps WooCommerce shops in step with Loomis Pay, the Nordic point of sale.
#[derive(Debug, Parser)]
#[command(name = "loomis-woo", version, after_help = ROOT_EXAMPLES, subcommand_required = true)]
#[command(arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Options {
    /// Where records, links, queues and logs are kept: sqlite:PATH, or dynamodb:TABLE.
    #[arg(
        long,
        global = true,
        env = "LOOMIS_WOO_STORE",
        default_value = "sqlite:loomis-woo.sqlite",
        value_name = "STORE"
    )]
    pub(crate) store: String,
    /// Results as JSON on stdout; an error too: {"error":{"text","field","causes","exit"}}.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tells more on stderr; up to three times.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows it at work on a simulated Loomis Pay and a simulated shop.
    #[command(after_help = DEMO)]
    Demo(Demo),
    /// The client records: one for each Loomis Pay customer.
    #[command(after_help = CLIENT)]
    Client(RecordArgs),
    /// The department records: one for each department and its shop.
    #[command(after_help = DEPARTMENT)]
    Department(RecordArgs),
    /// Tests the integration: both sides, green, or red with the cause and the mend. Writes nothing to either side.
    #[command(after_help = CHECK)]
    Check {
        /// The department.
        id: String,
    },
    /// Shows what a synchronize would change, line by line. Changes nothing anywhere.
    #[command(after_help = PREVIEW)]
    Preview {
        /// The department.
        id: String,
    },
    /// Brings all products over, with progress; whatever *Automatic transfer* says.
    #[command(after_help = SYNCHRONIZE)]
    Synchronize {
        /// The department.
        id: String,
    },
    /// Keeps all enabled departments in step, until Ctrl-C.
    #[command(after_help = RUN)]
    Run(Run),
    /// Says how the departments stand.
    #[command(after_help = STATUS)]
    Status {
        /// Only this department.
        id: Option<String>,
    },
    /// Shows what was decided about a department's products, and why; the newest last.
    #[command(after_help = LOG)]
    Log(Log),
    /// Tries again what is refused or waits, and ends the department's pause.
    #[command(after_help = RETRY)]
    Retry {
        /// The department.
        id: String,
    },
    /// The web orders of a department.
    #[command(after_help = ORDERS)]
    Orders(OrdersArgs),
    /// One web order.
    #[command(after_help = ORDER)]
    Order(OrderArgs),
    /// Says that the cause of a pause is mended, and that products taken off the web shop may become drafts.
    #[command(after_help = RESUME)]
    Resume {
        /// The department.
        id: String,
    },
    /// Shows the messages that failed again and again and were put aside.
    #[command(after_help = upkeep::DEAD)]
    Dead {
        /// Only of this lane.
        #[arg(value_parser = upkeep::lanes())]
        lane: Option<Lane>,
    },
    /// Sends dead messages once more, when what they failed of is mended.
    #[command(after_help = upkeep::REDRIVE)]
    Redrive(Redrive),
    /// Copies the store (sqlite:PATH) into one file, also while `run` is on.
    #[command(after_help = upkeep::BACKUP)]
    Backup {
        /// The file to make.
        file: PathBuf,
    },
    /// Makes a store (sqlite:PATH) of a backup. Its departments start paused.
    #[command(after_help = upkeep::RESTORE)]
    Restore(Restore),
    /// Reckons what it costs on AWS a month.
    #[command(after_help = upkeep::COST)]
    Cost(Cost),
}

const DEMO: &str = "\
Starts a simulated Loomis Pay and a simulated shop on this machine, and a store that is removed at the end; then shows
check, preview, synchronize, how changes in Loomis Pay are carried over, and how web orders come back: taken, finished,
refunded. Without --once both sides stay up: change something in the simulated Loomis Pay, or place an order in the
simulated shop, and watch it arrive.

Exit codes: 0 as promised · 1 something did not come out as it should";

const CLIENT: &str = "\
A client record, as JSON (a field left out has its default):
  client_number     six digits as a string: \"012345\"
  client_token      secret
  api_url           null; another host than the real one, up to and including /v1/
  time_zone         \"Europe/Oslo\": the zone of Loomis Pay's dates
  min_interval_ms   500: from the start of one request to the start of the next
  order_lookup      false
  lookup_after_s    [120, 600]
  version           left out: create or replace; else refused if the stored record has another

Examples:
  loomis-woo client put client.json
  loomis-woo client show 012345 | sed s/500/600/ | loomis-woo client put -

A secret is never shown. One that is left out keeps its old value.

Exit codes: 0 done · 1 could not be done · 2 refused, naming the field";

const DEPARTMENT: &str = "\
A department record, as JSON (a field left out has its default):
  department_id     \"1\": letters, digits, - and _, as a string
  name              \"\": what people call it
  enabled           true
  client_number     the client it belongs to
  department_token  secret
  shop              {\"url\", \"api_version\": \"auto\" | \"v2\" | \"v3\", \"consumer_key\": secret, \"consumer_secret\": secret}
  products          what flows to the shop:
    automatic_transfer false    product changes flow by themselves, not only by synchronize
    continuous_inventory false  stock flows by itself although automatic_transfer is off
    new_products true           a product that the shop lacks is created, as a draft
    new_product_groups false    on creation the product group becomes categories
    prices true                 off: the shop dictates prices
    price_list null             the id of a price list; null: the normal price
    inventory true              stock
    product_updates false       changed names; a product taken off the web shop becomes a draft
    images true                 an image, where the shop's product has none
    overwrite_attributes true   a synchronize replaces the shop's attributes
  orders            what comes back from the shop (orders.enabled is false by default):
    from_date, from_order_number, retrieve_statuses [\"processing\"], status_after_retrieval,
    status_when_completed, loomis_completed_status 5, create_customer_order true, create_products false,
    deduct_from_stock false, allow_unlocking false, bookkeeping \"off\" | \"separate\" | \"same_voucher\",
    pay_in_store_methods [], refunds true
  version           left out: create or replace; else refused if the stored record has another

Example:
  {\"department_id\": \"1\", \"name\": \"Oslo\", \"client_number\": \"012345\", \"department_token\": \"…\",
   \"shop\": {\"url\": \"www.domene.no\", \"consumer_key\": \"ck_…\", \"consumer_secret\": \"cs_…\"},
   \"products\": {\"automatic_transfer\": true}}

A secret is never shown. One that is left out keeps its old value.

Exit codes: 0 done · 1 could not be done · 2 refused, naming the field";

const CHECK: &str = "\
Example:
  loomis-woo check 1

A green check ends a pause that waited for a person.
With --json: {\"department_id\",\"green\",\"findings\":[{\"what\",\"good\",\"text\"}]}

Exit codes: 0 green · 1 red, or could not be done · 2 no such department";

const PREVIEW: &str = "\
Lines: product number, kind, from -> to. Kinds: create name price sale-price stock image attribute group draft;
refused, with the reason.
With --json: {\"changes\":[{\"product_id\",\"product_number\",\"kind\",\"from\",\"to\"}],
              \"refused\":[{\"product_id\",\"product_number\",\"reason\"}],\"counts\":{kind:n}}

Example:
  loomis-woo preview 1 | grep ' price '

Exit codes: 0 done · 1 could not be done · 2 no such department · 3 something would be refused or wait";

const SYNCHRONIZE: &str = "\
Joins a synchronize that is under way. Ctrl-C finishes the record in hand; the next synchronize or run goes on there.

Example:
  loomis-woo synchronize 1 --json

Exit codes: 0 all done · 1 could not be done · 2 no such department
            3 something was refused, waits or is paused, or it was stopped before the end";

const RUN: &str = "\
Examples:
  loomis-woo run
  loomis-woo run --stock-every 60s --sweep-at 03:15
  loomis-woo run --once             for a timer of your own: everything due, then it ends

Ctrl-C finishes what is in hand; the next start goes on there.

Exit codes: 0 stopped, or all done · 1 could not be done · 2 wrong use
            3 (--once) something is left: refused, waiting or paused";

const STATUS: &str = "\
Exit codes: 0 all is well · 1 could not be done · 2 no such department · 3 something is refused, waits or is paused";

const LOG: &str = "\
A line is written whenever a decision differs from the last one: written (from -> to), linked, refused and why, waits
for what, noted, cleared; and for runs and pauses.
With --json: [{\"at\",\"event\",\"product_id\",\"product_number\",\"text\",\"run\"}]

Examples:
  loomis-woo log 1 --refused
  loomis-woo log 1 --product A-100 --lines 5

Exit codes: 0 done · 1 could not be done · 2 no such department";

const RETRY: &str = "\
Exit codes: 0 nothing is refused or waits any more · 1 could not be done · 2 no such department
            3 something is still refused, waits or is paused";

const ORDERS: &str = "\
Orders that need a person or wait: parked (with both totals, or unconfirmed), of an unknown product, unpaid, in a foreign
currency, another installation's, edited, cancelled or refunded after they were taken, passed by without qualifying.
With --json: [{\"order_number\",\"order_id\",\"reason\",\"since\",\"detail\"}]

Exit codes: 0 none waits · 1 could not be done · 2 no such department · 3 some wait";

const ORDER: &str = "\
N is the number that people see, or the shop's id.

Examples:
  loomis-woo order show 1 1042
  loomis-woo order settle 1 1042 --exists 555     Loomis Pay has it: its order id or number (for a deduction any word)
  loomis-woo order settle 1 1042 --send-again     Loomis Pay does not have it

Look into Loomis Pay before you settle: an order that is sent again although it is there is there twice.

Exit codes: 0 done · 1 could not be done · 2 no such order, or nothing to settle · 3 (show) it waits";

const RESUME: &str = "\
Ends the pause, and lets products that were taken off the web shop become drafts, however many, for a day. The work
itself is done by `loomis-woo run`, `synchronize` or `retry`.

Exit codes: 0 done · 1 could not be done · 2 no such department";

/// What can be asked of orders.
#[derive(Args, Debug)]
pub(crate) struct OrdersArgs {
    /// What.
    #[command(subcommand)]
    pub(crate) what: OrdersCommand,
}

/// What can be asked of orders.
#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// Lists every order that needs a person or waits.
    Waiting {
        /// The department.
        id: String,
    },
}

/// What can be asked of one order.
#[derive(Args, Debug)]
pub(crate) struct OrderArgs {
    /// What.
    #[command(subcommand)]
    pub(crate) what: OrderCommand,
}

/// What can be asked of one order.
#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// Tells its whole story: seen, qualified by, each effect with time and number, status writes, completion.
    Show {
        /// The department.
        id: String,
        /// The number that people see, or the id.
        number: String,
    },
    /// Settles what only a person can know: whether Loomis Pay has it.
    #[command(group(clap::ArgGroup::new("settlement").required(true).args(["exists", "send_again"])))]
    Settle {
        /// The department.
        id: String,
        /// The number that people see, or the id.
        number: String,
        /// Loomis Pay has it, with this order id or number.
        #[arg(long, value_name = "NUMBER")]
        exists: Option<String>,
        /// Loomis Pay does not have it.
        #[arg(long)]
        send_again: bool,
    },
}

/// The demo.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// How many products Loomis Pay has.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) products: u32,
    /// Ends after the show.
    #[arg(long)]
    pub(crate) once: bool,
}

/// What can be done with records.
#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) what: RecordCommand,
}

/// What can be done with records.
#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Makes or replaces a record, from a JSON file or from stdin.
    Put {
        /// A JSON file, or - for stdin.
        #[arg(value_name = "FILE|-")]
        file: String,
    },
    /// Lists the records.
    List,
    /// Shows a record, without its secrets, in the form in which it is put.
    Show {
        /// Which.
        id: String,
    },
    /// Removes a record. Links and logs of a department stay, for the day it comes back.
    Remove {
        /// Which.
        id: String,
    },
}

/// The run.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Treats every schedule as due, works everything off, waits for delayed work up to 60 s, says what is left, ends.
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) rhythm: Rhythm,
}

/// The log.
#[derive(Args, Debug)]
pub(crate) struct Log {
    /// The department.
    pub(crate) id: String,
    /// Only lines about this product number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) product: Option<String>,
    /// Only what is refused or waits.
    #[arg(long)]
    pub(crate) refused: bool,
    /// The newest so many.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) lines: u32,
}
