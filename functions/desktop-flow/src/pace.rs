//! How many robots are started on one connection, and when: pure.

use std::time::Duration;

use headgate_core::{Moment, Timestamp};
use serde::{Deserialize, Serialize};

/// The minute.
const WINDOW: Duration = Duration::from_secs(60);

/// When robots were started on a connection within the last minute, and until when Dataverse takes no more on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// The oldest first.
    starts: Vec<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<Moment>,
}

/// Whether one more may be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Yes; the pace is to be stored so.
    Now(Pace),
    /// Not before this moment: the minute has had its starts.
    At(Timestamp),
    /// Not before this moment: Dataverse has said so.
    Held(Timestamp),
}

impl Pace {
    /// Judges whether one more may be started: never more than `most` in any minute. What a clock that was set back makes lie in
    /// the future counts as well.
    #[must_use]
    pub fn take(mut self, most: usize, now: Timestamp) -> Turn {
        if let Some(until) = self.held_until.map(Moment::timestamp).filter(|until| *until > now) {
            return Turn::Held(until);
        }
        self.held_until = None;
        self.starts.retain(|moment| now.since(moment.timestamp()) < WINDOW);
        let over = self.starts.len().checked_sub(most);
        match over.and_then(|over| self.starts.get(over)) {
            Some(oldest) => Turn::At(oldest.timestamp().plus(WINDOW)),
            None => {
                self.starts.push(now.into());
                self.starts.sort_unstable();
                Turn::Now(self)
            }
        }
    }

    /// Lets nothing be started before `until`; none when that is so already.
    #[must_use]
    pub fn held(mut self, until: Timestamp) -> Option<Self> {
        self.held_until = Some(later(self.held_until, until)?);
        Some(self)
    }
}

/// The later end of two pauses; none when that is the one that is known.
pub(crate) fn later(known: Option<Moment>, until: Timestamp) -> Option<Moment> {
    match known {
        Some(known) if known.timestamp() >= until => None,
        Some(_) | None => Some(until.into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn the_seventy_first_of_a_minute_waits_until_the_first_is_a_minute_old() {
        let mut pace = Pace::default();
        for second in 0..35 {
            for _ in 0..2 {
                let Turn::Now(next) = pace.take(70, at(second)) else { panic!() };
                pace = next;
            }
        }
        assert_eq!(pace.clone().take(70, at(59)), Turn::At(at(60)));
        assert!(matches!(pace.take(70, at(60)), Turn::Now(_)));
    }

    #[test]
    fn what_is_held_starts_nothing_until_the_later_of_two_ends() {
        let pace = Pace::default().held(at(40)).unwrap();
        assert_eq!(pace.clone().held(at(10)), None);
        assert_eq!(pace.clone().take(70, at(39)), Turn::Held(at(40)));
        let later = pace.held(at(50)).unwrap();
        assert_eq!(later.clone().take(70, at(49)), Turn::Held(at(50)));
        assert!(matches!(later.take(70, at(50)), Turn::Now(pace) if pace.held_until.is_none()));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_the_most(pauses in prop::collection::vec(0_u64..20, 1..200), most in 1_usize..10) {
            let (mut pace, mut now, mut taken) = (Pace::default(), 0, Vec::new());
            for wait in pauses {
                now += wait;
                match pace.clone().take(most, at(now)) {
                    Turn::Now(next) => { pace = next; taken.push(now); }
                    Turn::At(until) | Turn::Held(until) => prop_assert!(until > at(now)),
                }
            }
            for (index, start) in taken.iter().enumerate() {
                let minute = taken[index..].iter().take_while(|other| **other < start + 60).count();
                prop_assert!(minute <= most);
            }
        }
    }
}
