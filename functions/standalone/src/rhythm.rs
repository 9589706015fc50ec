//! When what is due: orders, stock and products by interval, the sweep at a time of day.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Time, tz::TimeZone};
use sync::Tick;

/// The rhythm.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    /// How often orders are looked for.
    #[arg(long, env = "LOOMIS_WOO_ORDERS_EVERY", default_value = "60", value_parser = every, value_name = "TIME")]
    pub(crate) orders_every: Duration,
    /// How often orders that are known are looked after: what waits, finished customer orders, alarms.
    #[arg(long, env = "LOOMIS_WOO_COMPLETIONS_EVERY", default_value = "60", value_parser = every, value_name = "TIME")]
    pub(crate) completions_every: Duration,
    /// How often stock is compared: 120 (seconds), 90s, 2m.
    #[arg(long, env = "LOOMIS_WOO_STOCK_EVERY", default_value = "120", value_parser = every, value_name = "TIME")]
    pub(crate) stock_every: Duration,
    /// How often changed products are asked for.
    #[arg(long, env = "LOOMIS_WOO_PRODUCTS_EVERY", default_value = "300", value_parser = every, value_name = "TIME")]
    pub(crate) products_every: Duration,
    /// When everything is compared with everything, each night, by this machine's clock.
    #[arg(long, env = "LOOMIS_WOO_SWEEP_AT", default_value = "02:30", value_parser = time_of_day, value_name = "HH:MM")]
    pub(crate) sweep_at: Time,
}

fn every(text: &str) -> Result<Duration, String> {
    let wrong = || "a time from 1 second to 1 day, such as 120, 90s or 5m".to_owned();
    let seconds = text.trim().parse::<u64>().ok().map(Duration::from_secs);
    let spelled = || Duration::try_from(text.trim().parse::<SignedDuration>().ok()?).ok();
    let time = seconds.or_else(spelled).ok_or_else(wrong)?;
    let sensible = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);
    if sensible.contains(&time) { Ok(time) } else { Err(wrong()) }
}

fn time_of_day(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text.trim()).map_err(|_| "a time of day as HH:MM, such as 02:30".to_owned())
}

/// The sweep's place among the ticks.
const SWEEP: usize = 4;

/// The moments at which each tick is due next.
pub(crate) struct Schedule {
    rhythm: Rhythm,
    zone: TimeZone,
    next: [(Tick, Timestamp); 5],
}

impl Schedule {
    /// All but the sweep is due at once; the sweep at its next time.
    pub(crate) fn new(rhythm: Rhythm, zone: TimeZone, now: Timestamp) -> Schedule {
        let next = Tick::ALL.map(|tick| (tick, now));
        let mut schedule = Schedule { rhythm, zone, next };
        schedule.next[SWEEP].1 = schedule.after(Tick::Sweep, now);
        schedule
    }

    /// When the sweep is due next.
    pub(crate) fn next_sweep(&self) -> Timestamp {
        self.next[SWEEP].1
    }

    /// The sweep's last time before `now`.
    pub(crate) fn last_sweep(&self, now: Timestamp) -> Timestamp {
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let at = [Some(today), today.yesterday().ok()].into_iter().flatten().map(|day| self.sweep_on(day));
        at.filter(|at| *at <= now).max().unwrap_or(now)
    }

    /// What is due, with the moments it was due for. Ticks that were missed, as in a sleeping machine, are due once.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<(Tick, Timestamp)> {
        let mut due = Vec::new();
        for at in 0..self.next.len() {
            let (tick, moment) = self.next[at];
            if moment <= now {
                // The same moment for every process with this rhythm: together they wake once.
                due.push((tick, self.moment(tick, now)));
                self.next[at].1 = self.after(tick, now);
            }
        }
        due
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Timestamp {
        let moments = self.next.map(|(_, moment)| moment);
        moments.into_iter().min().unwrap_or(Timestamp::MAX)
    }

    fn every(&self, tick: Tick) -> Option<i64> {
        let every = match tick {
            Tick::Orders => self.rhythm.orders_every,
            Tick::Completions => self.rhythm.completions_every,
            Tick::Stock => self.rhythm.stock_every,
            Tick::Products => self.rhythm.products_every,
            Tick::Sweep => return None,
        };
        i64::try_from(every.as_secs()).ok().filter(|seconds| *seconds > 0)
    }

    fn moment(&self, tick: Tick, now: Timestamp) -> Timestamp {
        match self.every(tick) {
            Some(every) => whole(now.as_second() / every * every, now),
            None => self.last_sweep(now),
        }
    }

    fn after(&self, tick: Tick, now: Timestamp) -> Timestamp {
        if let Some(every) = self.every(tick) {
            return whole((now.as_second() / every + 1) * every, now);
        }
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let days = (0..3).filter_map(|days: i64| today.checked_add(days.days()).ok());
        days.map(|day| self.sweep_on(day)).find(|at| *at > now).unwrap_or(Timestamp::MAX)
    }

    /// A time that a day lacks, in spring, is taken as far behind the gap; one that comes twice, the first time.
    fn sweep_on(&self, day: jiff::civil::Date) -> Timestamp {
        let at = self.zone.to_ambiguous_timestamp(day.to_datetime(self.rhythm.sweep_at));
        at.compatible().unwrap_or(Timestamp::MAX)
    }
}

fn whole(seconds: i64, otherwise: Timestamp) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests;
