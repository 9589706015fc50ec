//! `cost`: what it costs on AWS a month, reckoned from what was counted (`infra/cost.json`).

use std::collections::BTreeMap;

use retail::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::{
    failure::{Exit, Failure},
    options::Cost,
    out::{self, many},
};

/// What was counted and what it costs; `tests/house/cost.rs` holds the one, the file says of when the other is.
const FILE: &str = include_str!("../../../infra/cost.json");

/// Days in a month, as AWS reckons: 730 hours.
const DAYS: Decimal = Decimal::from_parts(304_166_667, 0, 0, false, 7);
/// The queues that Lambda polls.
const QUEUES: u64 = sync::ports::Lane::ALL.len() as u64;
/// MB × ms in a GB-second.
const GB_SECOND: u64 = 1024 * 1000;

#[derive(Deserialize)]
struct File {
    measured_on: String,
    measured_with: String,
    assumed: String,
    rounds_a_day: BTreeMap<String, u64>,
    measured: BTreeMap<String, Units>,
    prices: BTreeMap<String, String>,
}

/// What is paid for, as it was counted; the house's counting wrapper says what each is.
#[derive(Deserialize)]
struct Counted {
    half_reads: u64,
    writes: u64,
    requests: u64,
    calls: u64,
    mb_ms: u64,
}

/// The same, to be multiplied.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(from = "Counted")]
struct Units {
    half_reads: Decimal,
    writes: Decimal,
    requests: Decimal,
    calls: Decimal,
    mb_ms: Decimal,
}

impl From<Counted> for Units {
    fn from(counted: Counted) -> Units {
        Units {
            half_reads: counted.half_reads.into(),
            writes: counted.writes.into(),
            requests: counted.requests.into(),
            calls: counted.calls.into(),
            mb_ms: counted.mb_ms.into(),
        }
    }
}

impl Units {
    fn plus(self, other: Units, times: Decimal) -> Units {
        Units {
            half_reads: self.half_reads + other.half_reads * times,
            writes: self.writes + other.writes * times,
            requests: self.requests + other.requests * times,
            calls: self.calls + other.calls * times,
            mb_ms: self.mb_ms + other.mb_ms * times,
        }
    }
}

/// The lines of a bill, in the prices' currency, a month.
struct Bill(Vec<(&'static str, Decimal)>);

impl Bill {
    fn total(&self) -> Decimal {
        self.0.iter().map(|(_, amount)| amount).sum()
    }

    fn json(&self) -> serde_json::Value {
        let lines = self.0.iter().map(|(name, amount)| ((*name).to_owned(), json!(cents(*amount))));
        let mut lines: serde_json::Map<String, serde_json::Value> = lines.collect();
        lines.insert("total".to_owned(), json!(cents(self.total())));
        lines.into()
    }
}

/// `cost`
pub(crate) fn cost(asked: &Cost) -> Result<Exit, Failure> {
    let file = read(FILE)?;
    let (department, deployment) = (file.department(asked)?, file.deployment(asked)?);
    let departments = Decimal::from(asked.departments);
    let total = department.total() * departments + deployment.total();
    let price = |name: &str| file.prices.get(name).cloned().unwrap_or_default();
    out::value(&json!({
        "a_month": cents(total), "currency": price("currency"), "region": price("region"),
        "departments": asked.departments, "each_department": department.json(), "deployment": deployment.json(),
        "prices_as_of": price("as_of"), "measured_on": file.measured_on, "measured_with": file.measured_with,
        "assumed": file.assumed,
    }));
    let rows = |bill: &Bill| -> Vec<[String; 2]> {
        bill.0.iter().map(|(name, amount)| [format!("  {name}"), cents(*amount)]).collect()
    };
    let currency = price("currency");
    out::line(format_args!("a month, {currency}, {}, prices as of {}", price("region"), price("as_of")));
    out::line(format_args!("each department  {}", cents(department.total())));
    out::table(&rows(&department)).into_iter().for_each(out::line);
    out::line(format_args!("the deployment  {}", cents(deployment.total())));
    out::table(&rows(&deployment)).into_iter().for_each(out::line);
    out::line(format_args!("{} and the deployment  {}", many(asked.departments, "department"), cents(total)));
    out::line(format_args!(
        "counted on {} by `{}`; assumed: {}",
        file.measured_on, file.measured_with, file.assumed
    ));
    Ok(Exit::Done)
}

fn read(text: &str) -> Result<File, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::failed("infra/cost.json can't be read").because(&error))
}

/// Cents, so that a small amount is seen.
fn cents(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

impl File {
    fn price(&self, name: &str) -> Result<Decimal, Failure> {
        let price = self.prices.get(name).and_then(|price| price.parse().ok());
        price.ok_or_else(|| Failure::failed(format!("infra/cost.json has no price {name}")))
    }

    fn units(&self, name: &str) -> Result<Units, Failure> {
        let units = self.measured.get(name).copied();
        units.ok_or_else(|| Failure::failed(format!("infra/cost.json has no figures for {name}")))
    }

    /// What one department costs a month.
    fn department(&self, asked: &Cost) -> Result<Bill, Failure> {
        let thousands = Decimal::from(asked.products) / Decimal::ONE_THOUSAND;
        let mut day = Units::default();
        for (name, rounds) in &self.rounds_a_day {
            let rounds = Decimal::from(*rounds);
            day = day.plus(self.units(name)?, rounds);
            if let Some(growth) = self.measured.get(&format!("{name}_per_1000_products")) {
                day = day.plus(*growth, rounds * thousands);
            }
        }
        day = day.plus(self.units("order")?, Decimal::from(asked.orders_per_day));
        day = day.plus(self.units("change")?, Decimal::from(asked.changes_per_day));
        let mut bill = self.bill(day)?;
        bill.0.push(("CloudWatch: its lag", self.price("metric_per_month")?));
        Ok(bill)
    }

    /// What is paid whoever is deployed.
    fn deployment(&self, asked: &Cost) -> Result<Bill, Failure> {
        let strikes = Decimal::from(self.rounds_a_day.values().sum::<u64>());
        let mut bill = self.bill(Units::default().plus(self.units("strike")?, strikes))?;
        let million = Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED;
        let polls = self.price("polling_requests_per_month_and_queue")? * Decimal::from(QUEUES);
        bill.0.push(("the clock", strikes * DAYS * self.price("clock_strikes_per_million")? / million));
        bill.0.push(("SQS: Lambda's polling", polls * self.price("sqs_requests_per_million")? / million));
        if !asked.without_fixed_address {
            bill.0.push(("a fixed address (NAT)", self.price("address_per_month")?));
        }
        bill.0.push(("KMS", self.price("kms_key_per_month")?));
        bill.0.push(("alarms", self.price("alarm_per_month")? * Decimal::from(asked.alarms)));
        Ok(bill)
    }

    /// A month of such days.
    fn bill(&self, day: Units) -> Result<Bill, Failure> {
        let million = Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED;
        let per_month = |units: Decimal, price: Decimal| units * DAYS * price / million;
        let reads = per_month(day.half_reads / Decimal::TWO, self.price("read_units_per_million")?);
        let writes = per_month(day.writes, self.price("write_units_per_million")?);
        let seconds = day.mb_ms / Decimal::from(GB_SECOND);
        let time = per_month(seconds, self.price("lambda_gb_seconds_per_million")?);
        let calls = per_month(day.calls, self.price("lambda_calls_per_million")?);
        Ok(Bill(vec![
            ("DynamoDB: reads", reads),
            ("DynamoDB: writes", writes),
            ("SQS", per_month(day.requests, self.price("sqs_requests_per_million")?)),
            ("Lambda", time + calls),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Cost {
        Cost {
            departments: 10,
            orders_per_day: 5,
            products: 2_000,
            changes_per_day: 0,
            alarms: 0,
            without_fixed_address: true,
        }
    }

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn a_bill_is_units_times_prices_and_no_more() {
        let file = read(
            r#"{"measured_on": "", "measured_with": "", "assumed": "",
                "rounds_a_day": {"orders": 10, "stock": 5},
                "measured": {
                    "strike": {"half_reads": 0, "writes": 0, "requests": 0, "calls": 1, "mb_ms": 1024000},
                    "orders": {"half_reads": 4, "writes": 1, "requests": 3, "calls": 1, "mb_ms": 0},
                    "stock": {"half_reads": 0, "writes": 2, "requests": 0, "calls": 0, "mb_ms": 0},
                    "stock_per_1000_products": {"half_reads": 2, "writes": 0, "requests": 0, "calls": 0, "mb_ms": 0},
                    "order": {"half_reads": 0, "writes": 20, "requests": 0, "calls": 0, "mb_ms": 0},
                    "change": {"half_reads": 0, "writes": 0, "requests": 0, "calls": 0, "mb_ms": 0}
                },
                "prices": {
                    "read_units_per_million": "1000000", "write_units_per_million": "1000000",
                    "sqs_requests_per_million": "1000000", "lambda_gb_seconds_per_million": "1000000",
                    "lambda_calls_per_million": "1000000", "clock_strikes_per_million": "1000000",
                    "kms_key_per_month": "1", "alarm_per_month": "1", "metric_per_month": "7", "address_per_month": "9",
                    "polling_requests_per_month_and_queue": "0"
                }}"#,
        )
        .expect("it is a file");
        // A day: reads (10 × 4 + 5 × 2 × 2) / 2 = 30, writes 10 + 10 + 5 × 20 = 120, requests 30, calls 10.
        let department = file.department(&asked()).expect("a bill");
        let days: Vec<Decimal> = department.0[..4].iter().map(|(_, amount)| amount / DAYS).collect();
        assert_eq!(days, [dec("30"), dec("120"), dec("30"), dec("10")]);
        assert_eq!(department.0[4].1, dec("7"));
        // Fifteen strikes, each a call and a GB-second, and what the clock itself takes.
        let deployment = file.deployment(&asked()).expect("a bill");
        assert_eq!((deployment.total() - dec("1")) / DAYS, dec("45"));
        let with = file.deployment(&Cost { without_fixed_address: false, ..asked() }).expect("a bill");
        assert_eq!(with.total() - deployment.total(), dec("9"));
    }

    #[test]
    fn the_file_can_be_reckoned_with() {
        let file = read(FILE).expect("it is a file");
        let busy = Cost { orders_per_day: 100, changes_per_day: 200, ..asked() };
        let (idle, busy) =
            (file.department(&asked()).expect("a bill"), file.department(&busy).expect("a bill"));
        assert!(Decimal::ZERO < idle.total() && idle.total() < busy.total());
        assert!(file.deployment(&asked()).expect("a bill").total() > Decimal::ZERO);
    }
}
