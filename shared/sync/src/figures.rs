//! Figures: what was written, asked and parked, how long it took and how far behind it is, for whoever watches over many
//! departments at once. What a figure means is said here; a [`Meter`] carries it to where people look.

mod lag;
mod round;

pub(crate) use round::parked;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{Engine, rows::runs::Counts};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Products made or written to in a shop.
    Written,
    /// Products looked at that needed nothing.
    Unchanged,
    /// Records that were refused.
    Refused,
    /// Orders that were parked: from now on they need a person.
    Parked,
    /// Requests to a side, answered or not.
    Calls,
    /// How long a request took, in milliseconds.
    Latency,
    /// How far behind a department is, in seconds: the age of the oldest thing that was due, or of the last reading, when
    /// its turn came.
    Lag,
    /// Departments and clients that are paused now and wait for a person, or have been paused for half an hour.
    PausedDepartments,
    /// Orders that are parked now.
    ParkedOrders,
    /// Messages whose work went well: somebody was looked after.
    Runs,
}

/// How the values of a metric are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, which adds up.
    Count,
    /// Milliseconds, each for itself.
    Milliseconds,
    /// Seconds, each for itself.
    Seconds,
}

impl Metric {
    /// The metric's name, as it is published.
    pub fn as_str(self) -> &'static str {
        match self {
            Metric::Written => "Written",
            Metric::Unchanged => "Unchanged",
            Metric::Refused => "Refused",
            Metric::Parked => "Parked",
            Metric::Calls => "Calls",
            Metric::Latency => "Latency",
            Metric::Lag => "Lag",
            Metric::PausedDepartments => "PausedDepartments",
            Metric::ParkedOrders => "ParkedOrders",
            Metric::Runs => "Runs",
        }
    }

    /// How its values are to be read.
    pub fn unit(self) -> Unit {
        match self {
            Metric::Latency => Unit::Milliseconds,
            Metric::Lag => Unit::Seconds,
            _ => Unit::Count,
        }
    }
}

/// Which side is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Loomis Pay.
    Office,
    /// A shop.
    Shop,
}

impl Side {
    /// The side's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Office => "office",
            Side::Shop => "shop",
        }
    }
}

/// What a figure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The whole installation.
    Whole,
    /// One of the sides.
    Side(Side),
    /// A department.
    Department(String),
}

/// Figures about one thing: what adds up is one value, the rest is each for itself. Never empty.
pub type Figures = BTreeMap<Metric, Vec<u64>>;

/// Carries figures to where people look at them.
pub trait Meter: Send + Sync {
    /// Takes the figures about something as they came up until `at`. What can't be carried is lost: no work fails for it.
    fn take(&self, at: Timestamp, about: &About, figures: &Figures);
}

/// Figures that came up and were not handed on yet.
#[derive(Default)]
pub(crate) struct Collected(Mutex<BTreeMap<About, Figures>>);

impl Collected {
    /// Adds to a metric of the whole.
    pub(crate) fn count(&self, metric: Metric, value: u64) {
        self.add(About::Whole, metric, value);
    }

    /// Adds to a metric, or, of one that doesn't add up, notes one value more.
    pub(crate) fn add(&self, about: About, metric: Metric, value: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let values = all.entry(about).or_default().entry(metric).or_default();
        match values.as_mut_slice() {
            [sum] if metric.unit() == Unit::Count => *sum += value,
            _ => values.push(value),
        }
    }

    /// Adds what applying came to.
    pub(crate) fn add_counts(&self, department: &str, counts: &Counts) {
        let told = [
            (Metric::Written, counts.created + counts.updated),
            (Metric::Unchanged, counts.unchanged),
            (Metric::Refused, counts.refused),
        ];
        for (metric, value) in told.into_iter().filter(|(_, value)| *value > 0) {
            self.add(About::Department(department.to_owned()), metric, value);
        }
    }
}

impl Engine {
    /// Hands on the figures that came up. Of messages side by side, one may hand on the others'.
    pub(crate) fn tell_figures(&self) {
        let all = std::mem::take(&mut *self.figures.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(meter) = &self.meter else { return };
        for (about, figures) in &all {
            meter.take(self.now(), about, figures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adds_up_is_one_value_and_the_rest_is_each_for_itself() {
        let collected = Collected::default();
        for (metric, value) in
            [(Metric::Calls, 1), (Metric::Calls, 1), (Metric::Latency, 30), (Metric::Latency, 12)]
        {
            collected.add(About::Side(Side::Shop), metric, value);
        }
        let counts = Counts { created: 2, updated: 3, refused: 1, seen: 9, ..Counts::default() };
        collected.add_counts("1", &counts);
        let all = collected.0.into_inner().unwrap();
        let shop = Figures::from([(Metric::Calls, vec![2]), (Metric::Latency, vec![30, 12])]);
        let department = Figures::from([(Metric::Written, vec![5]), (Metric::Refused, vec![1])]);
        let wanted = [(About::Side(Side::Shop), shop), (About::Department("1".to_owned()), department)];
        assert_eq!(all, BTreeMap::from(wanted));
    }
}
