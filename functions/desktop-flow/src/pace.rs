//! How many robots are started a minute on one connection: pure.

use std::time::Duration;

use headgate_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// The minute.
const WINDOW: Duration = Duration::from_secs(60);

/// When robots were started on a connection within the last minute, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace(Vec<Moment>);

/// Whether one more may be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Yes; the pace is to be stored so.
    Now(Pace),
    /// Not before this moment.
    At(Timestamp),
}

impl Pace {
    /// Judges whether one more may be started: never more than `most` in any minute. What a clock that was set back makes lie in
    /// the future counts as well.
    #[must_use]
    pub fn take(mut self, most: usize, now: Timestamp) -> Turn {
        self.0.retain(|moment| now.since(moment.timestamp()) < WINDOW);
        let over = self.0.len().checked_sub(most);
        match over.and_then(|over| self.0.get(over)) {
            Some(oldest) => Turn::At(oldest.timestamp().plus(WINDOW)),
            None => {
                self.0.push(now.into());
                self.0.sort_unstable();
                Turn::Now(self)
            }
        }
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

    proptest! {
        #[test]
        fn no_minute_has_more_than_the_most(pauses in prop::collection::vec(0_u64..20, 1..200), most in 1_usize..10) {
            let (mut pace, mut now, mut taken) = (Pace::default(), 0, Vec::new());
            for wait in pauses {
                now += wait;
                match pace.clone().take(most, at(now)) {
                    Turn::Now(next) => { pace = next; taken.push(now); }
                    Turn::At(until) => prop_assert!(until > at(now)),
                }
            }
            for (index, start) in taken.iter().enumerate() {
                let minute = taken[index..].iter().take_while(|other| **other < start + 60).count();
                prop_assert!(minute <= most);
            }
        }
    }
}
