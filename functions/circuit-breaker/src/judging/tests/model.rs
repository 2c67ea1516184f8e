//! The same judgement in the most naive way: it keeps every outcome and counts all of them again each time.

use std::collections::HashSet;

use crate::backends::{Rule, Threshold};
use crate::judging::{Outcome, PARTS, is_failure};

/// A backend whose clock never goes back.
pub(super) struct Model {
    rules: Vec<ModelRule>,
    counted: HashSet<crate::judging::OutcomeId>,
    pub(super) said: Vec<String>,
}

struct ModelRule {
    rule: Rule,
    outcomes: Vec<(u64, bool)>,
    since: u64,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Closed,
    Open { until: u64, said: u64 },
    HalfOpen { said: u64, succeeded: u32 },
}

/// What the model says of a rule: closed, open for so many milliseconds, or half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Closed,
    Open(u64),
    HalfOpen,
}

impl Model {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let rules = rules.iter().map(|rule| ModelRule {
            rule: rule.clone(),
            outcomes: Vec::new(),
            since: 0,
            phase: Phase::Closed,
        });
        Self { rules: rules.collect(), counted: HashSet::new(), said: Vec::new() }
    }

    /// Times are milliseconds since the start of the trace.
    pub(super) fn tick(&mut self, now: u64) {
        for rule in &mut self.rules {
            rule.settle(now, &mut self.said);
        }
    }

    pub(super) fn take(&mut self, outcome: &Outcome, measured: u64, now: u64) {
        if outcome.id.is_some_and(|id| self.counted.contains(&id)) {
            return;
        }
        let mut any = false;
        for rule in &mut self.rules {
            any |= rule.take(outcome, measured.min(now), now, &mut self.said);
        }
        if any {
            self.counted.extend(outcome.id);
        }
    }

    pub(super) fn reset(&mut self, now: u64) {
        for rule in &mut self.rules {
            rule.settle(now, &mut self.said);
        }
        // The names of rules in these tests are in order, as the record has them.
        for rule in &mut self.rules {
            match rule.phase {
                Phase::Closed => {}
                Phase::Open { said, .. } | Phase::HalfOpen { said, .. } => {
                    rule.say("Closed", said, now, &mut self.said);
                }
            }
            rule.phase = Phase::Closed;
            rule.since = now;
            // What was counted in the same millisecond, but before the reset, is gone too.
            rule.outcomes.clear();
        }
    }

    pub(super) fn stands(&self, now: u64) -> Vec<Stands> {
        self.rules.iter().map(|rule| rule.stands(now)).collect()
    }
}

impl ModelRule {
    fn say(&self, kind: &str, said: u64, at: u64, all: &mut Vec<String>) {
        let duration = std::time::Duration::from_millis(said);
        all.push(format!("{kind} {} {duration:?} @{at}", self.rule.name));
    }

    fn stands(&self, now: u64) -> Stands {
        match (self.phase, self.rule.half_open) {
            (Phase::Closed, _) => Stands::Closed,
            (Phase::Open { until, .. }, _) if now < until => Stands::Open(until - now),
            (Phase::Open { .. }, None) => Stands::Closed,
            (Phase::Open { .. } | Phase::HalfOpen { .. }, _) => Stands::HalfOpen,
        }
    }

    fn settle(&mut self, now: u64, all: &mut Vec<String>) {
        if let Phase::Open { until, said } = self.phase
            && now >= until
        {
            self.since = until;
            if self.rule.half_open.is_some() {
                self.phase = Phase::HalfOpen { said, succeeded: 0 };
            } else {
                self.phase = Phase::Closed;
                self.say("Closed", said, until, all);
            }
        }
    }

    fn take(&mut self, outcome: &Outcome, measured: u64, now: u64, all: &mut Vec<String>) -> bool {
        self.settle(now, all);
        let failed = is_failure(&self.rule, outcome);
        if matches!(self.phase, Phase::Open { .. })
            || measured < self.since
            || !self.is_within(measured, now)
        {
            return false;
        }
        self.outcomes.push((measured, failed));
        let accepted = outcome.retry_after.filter(|_| self.rule.accept_retry_after);
        let duration = match accepted {
            Some(headgate_core::RetryAfter::Delay(delay)) => delay,
            _ => self.rule.trip_duration,
        };
        let duration = u64::try_from(duration.as_millis()).unwrap();
        match self.phase {
            Phase::HalfOpen { said, .. } if failed => {
                self.phase = Phase::Open { until: now + duration, said };
            }
            Phase::HalfOpen { said, succeeded } => {
                if succeeded + 1 == self.rule.half_open.unwrap().probes {
                    self.phase = Phase::Closed;
                    self.say("Closed", said, now, all);
                } else {
                    self.phase = Phase::HalfOpen { said, succeeded: succeeded + 1 };
                }
            }
            Phase::Closed if failed && self.has_reached(now) => {
                self.phase = Phase::Open { until: now + duration, said: duration };
                self.say("Opened", duration, now, all);
            }
            Phase::Closed | Phase::Open { .. } => {}
        }
        true
    }

    fn width(&self) -> u64 {
        u64::try_from(self.rule.condition.interval.as_millis()).unwrap() / PARTS
    }

    fn is_within(&self, measured: u64, now: u64) -> bool {
        now / self.width() - measured / self.width() < PARTS
    }

    fn has_reached(&self, now: u64) -> bool {
        let counted: Vec<(u64, bool)> = self
            .outcomes
            .iter()
            .copied()
            .filter(|(measured, _)| *measured >= self.since && self.is_within(*measured, now))
            .collect();
        let failed: Vec<u64> =
            counted.iter().filter(|(_, failed)| *failed).map(|(measured, _)| *measured).collect();
        let (calls, failures) = (counted.len() as u64, failed.len() as u64);
        let reached = match self.rule.condition.threshold {
            Threshold::Count(count) => {
                self.assert_as_exact_as_documented(count, now);
                failures >= count
            }
            Threshold::Percentage(percentage) => failures * 100 >= u64::from(percentage) * calls,
        };
        reached && calls >= self.rule.condition.minimum_calls
    }

    /// Parts count no failure that is as old as the interval, and every one that is younger by a part.
    fn assert_as_exact_as_documented(&self, count: u64, now: u64) {
        let interval = u64::try_from(self.rule.condition.interval.as_millis()).unwrap();
        let younger_than = |age: u64| {
            let failed = self.outcomes.iter().filter(|(measured, failed)| {
                *failed && *measured >= self.since && now - *measured < age
            });
            failed.count() as u64
        };
        let in_parts = self
            .outcomes
            .iter()
            .filter(|(measured, failed)| {
                *failed && *measured >= self.since && self.is_within(*measured, now)
            })
            .count() as u64;
        assert!(in_parts <= younger_than(interval), "{count}");
        assert!(in_parts >= younger_than(interval - self.width()), "{count}");
    }
}
