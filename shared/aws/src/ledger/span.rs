//! A [`Range`] as the one condition on the sort key that DynamoDB takes.

use sync::ports::Range;

/// Which sort keys are meant, without `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// None at all.
    Nothing,
    /// All of them.
    All,
    /// Up to this one (inclusive).
    UpTo(String),
    /// From the one to the other (inclusive).
    Between(String, String),
    /// Those that begin so.
    Prefix(String),
}

/// Where a sort key lies, seen from a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Below,
    Within,
    Above,
}

impl Side {
    /// For one that isn't within: whether reading on from there finds nothing; else it finds everything.
    pub(super) fn beyond(self, backwards: bool) -> bool {
        self == if backwards { Side::Below } else { Side::Above }
    }
}

impl Span {
    /// The range's span; `ceiling` makes the key that is the last with a sort.
    pub(super) fn of(range: &Range, ceiling: impl Fn(&str) -> String) -> Span {
        let prefix = &range.prefix;
        match &range.up_to {
            None if prefix.is_empty() => Span::All,
            None => Span::Prefix(prefix.clone()),
            Some(up_to) if up_to.is_empty() => Span::Nothing,
            Some(up_to) if prefix.is_empty() => Span::UpTo(ceiling(up_to)),
            Some(up_to) if up_to.starts_with(prefix.as_str()) => {
                Span::Between(prefix.clone(), ceiling(up_to))
            }
            Some(up_to) if up_to < prefix => Span::Nothing,
            Some(_) => Span::Prefix(prefix.clone()),
        }
    }

    /// Where a key lies. DynamoDB refuses to begin outside of what it is asked for.
    pub(super) fn side(&self, key: &str) -> Side {
        let below = match self {
            Span::Nothing => true,
            Span::All | Span::UpTo(_) => key.is_empty(),
            Span::Between(from, _) | Span::Prefix(from) => key < from.as_str(),
        };
        let above = match self {
            Span::Nothing | Span::All => false,
            Span::UpTo(to) | Span::Between(_, to) => key > to.as_str(),
            Span::Prefix(prefix) => !key.starts_with(prefix.as_str()),
        };
        match (below, above) {
            (true, _) => Side::Below,
            (_, true) => Side::Above,
            _ => Side::Within,
        }
    }

    /// What follows the partition's condition, with its values; `None` when there is nothing to ask for.
    pub(super) fn condition(self) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        Some(match self {
            Span::Nothing => return None,
            Span::All => ("", Vec::new()),
            Span::UpTo(to) => (" AND #sort <= :to", vec![(":to", to)]),
            Span::Between(from, to) => {
                (" AND #sort BETWEEN :from AND :to", vec![(":from", from), (":to", to)])
            }
            Span::Prefix(prefix) => (" AND begins_with(#sort, :prefix)", vec![(":prefix", prefix)]),
        })
    }
}

#[cfg(test)]
mod tests;
