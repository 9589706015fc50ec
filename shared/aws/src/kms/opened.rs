//! The secrets that were opened lately, so that a warm process doesn't pay for each message.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sync::seal::Secret;

/// How long a secret is remembered. A role that may no longer use the key can go on for so long.
const KEPT: Duration = Duration::from_secs(3600);

/// How many are remembered: those of 10 000 departments, a few MB.
const MOST: usize = 40_000;

/// By what an opened secret is known: the hash of where it belongs and of the sealed text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Mark([u8; 32]);

impl Mark {
    pub(super) fn of(place: &str, sealed: &str) -> Mark {
        // The place too: what was opened at its own must not be opened at another.
        let mut hash = Sha256::new();
        hash.update((place.len() as u64).to_be_bytes());
        hash.update(place);
        hash.update(sealed);
        Mark(hash.finalize().into())
    }
}

/// What was opened, and in which order.
#[derive(Default)]
pub(super) struct Opened {
    secrets: HashMap<Mark, Secret>,
    order: VecDeque<(Timestamp, Mark)>,
}

impl Opened {
    pub(super) fn get(&mut self, mark: &Mark, now: Timestamp) -> Option<Secret> {
        self.forget(now);
        self.secrets.get(mark).cloned()
    }

    pub(super) fn keep(&mut self, mark: Mark, secret: Secret, now: Timestamp) {
        self.forget(now);
        // Opened twice at once: its time runs from the first.
        if self.secrets.insert(mark.clone(), secret).is_some() {
            return;
        }
        self.order.push_back((now, mark));
        if self.order.len() > MOST {
            self.drop_oldest();
        }
    }

    fn forget(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(at, _)| now >= *at + KEPT) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, mark)) = self.order.pop_front() {
            self.secrets.remove(&mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_secret_is_remembered_for_an_hour_at_its_place() {
        let mut opened = Opened::default();
        let mark = Mark::of("client/1/client_token", "kms:1:AAAA");
        opened.keep(mark.clone(), Secret::new("token"), at(0));
        assert_eq!(opened.get(&mark, at(3599)), Some(Secret::new("token")));
        for other in
            [Mark::of("client/2/client_token", "kms:1:AAAA"), Mark::of("client/1/client_token", "kms:1:AAAB")]
        {
            assert_eq!(opened.get(&other, at(3599)), None);
        }
        // Kept again, it gets no younger.
        opened.keep(mark.clone(), Secret::new("token"), at(3000));
        assert_eq!(opened.get(&mark, at(3600)), None);
        assert!(opened.secrets.is_empty() && opened.order.is_empty());
    }

    #[test]
    fn only_so_many_are_remembered_and_the_youngest() {
        let mut opened = Opened::default();
        let mark = |number: usize| Mark::of("client/1/client_token", &number.to_string());
        for number in 0..MOST + 10 {
            opened.keep(mark(number), Secret::new("token"), at(0));
        }
        assert_eq!((opened.secrets.len(), opened.order.len()), (MOST, MOST));
        assert_eq!(opened.get(&mark(9), at(1)), None);
        assert!(opened.get(&mark(10), at(1)).is_some());
    }
}
