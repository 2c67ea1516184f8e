use std::time::Duration;

use headgate_core::{RetryAfter, Timestamp};
use http::StatusCode;

use crate::backends::{
    Backend, BackendName, Credentials, ErrorReason, FailureCondition, HalfOpen, Rule, RuleName,
    StatusRange, Threshold,
};
use crate::judging::{BackendState, Batch, Change, Judgement, Moment, Outcome, OutcomeId, judge};

/// 2026-11-21T00:00:00Z, a multiple of every part's length in these tests.
pub(super) const START: u64 = 1_795_219_200_000;

/// The moment so many milliseconds after the start.
pub(super) fn at(milliseconds: u64) -> Timestamp {
    Moment::from_millis(START + milliseconds).timestamp()
}

/// A rule `r` that trips for 10 s at so many failures (500 to 599, or `Timeout`) within 20 s, counted in parts of 1 s.
pub(super) fn rule(threshold: Threshold) -> Rule {
    Rule {
        name: RuleName::parse("r").unwrap(),
        condition: FailureCondition {
            threshold,
            interval: Duration::from_secs(20),
            status_code_ranges: vec![StatusRange { min: 500, max: 599 }],
            error_reasons: vec![ErrorReason::timeout()],
            minimum_calls: 0,
        },
        trip_duration: Duration::from_secs(10),
        accept_retry_after: false,
        failure_status: StatusCode::SERVICE_UNAVAILABLE,
        half_open: None,
    }
}

pub(super) fn half_open(threshold: Threshold, probes: u32) -> Rule {
    Rule { half_open: Some(HalfOpen { probes }), ..rule(threshold) }
}

pub(super) fn with_minimum(threshold: Threshold, minimum_calls: u64) -> Rule {
    let plain = rule(threshold);
    Rule { condition: FailureCondition { minimum_calls, ..plain.condition }, ..plain }
}

pub(super) fn backend(rules: Vec<Rule>) -> Backend {
    Backend {
        name: BackendName::parse("b").unwrap(),
        url: "https://b.example".parse().unwrap(),
        title: None,
        description: None,
        credentials: Credentials::default(),
        rules,
    }
}

pub(super) fn outcome(status: u16, milliseconds: u64) -> Outcome {
    Outcome {
        id: None,
        at: at(milliseconds),
        status: Some(StatusCode::from_u16(status).unwrap()),
        error_reason: None,
        retry_after: None,
    }
}

pub(super) fn asking(milliseconds: u64, seconds: u64) -> Outcome {
    let retry_after = Some(RetryAfter::Delay(Duration::from_secs(seconds)));
    Outcome { retry_after, ..outcome(503, milliseconds) }
}

pub(super) fn with_id(outcome: Outcome, id: &str) -> Outcome {
    Outcome { id: Some(OutcomeId::of("test", id)), ..outcome }
}

/// A backend with its state, and everything that happened to it.
pub(super) struct Breaker {
    pub(super) backend: Backend,
    pub(super) state: BackendState,
    pub(super) said: Vec<String>,
}

impl Breaker {
    pub(super) fn of(rules: Vec<Rule>) -> Self {
        Self { backend: backend(rules), state: BackendState::default(), said: Vec::new() }
    }

    /// Stores a judgement, as a compare-and-swap would.
    pub(super) fn store(&mut self, Judgement { state, changes }: Judgement) {
        let json = serde_json::to_vec(&state).unwrap();
        self.state = serde_json::from_slice(&json).unwrap();
        assert_eq!(self.state, state, "what is stored reads back");
        self.said.extend(changes.iter().map(said));
    }

    pub(super) fn take_batch(&mut self, outcomes: &[Outcome], now: u64) {
        let batch = Batch { id: None, outcomes };
        self.store(judge(&self.backend, self.state.clone(), batch, at(now)));
    }

    pub(super) fn take(&mut self, outcome: Outcome, now: u64) {
        self.take_batch(&[outcome], now);
    }

    /// A call that ended just now.
    pub(super) fn call(&mut self, status: u16, now: u64) {
        self.take(outcome(status, now), now);
    }

    pub(super) fn tick(&mut self, now: u64) {
        self.take_batch(&[], now);
    }

    /// What was said since the last time, as `Opened r 10s @1000`.
    pub(super) fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

/// A change in short: kind, rule, trip duration and milliseconds after the start.
pub(super) fn said(change: &Change) -> String {
    let kind = match change {
        Change::Opened { .. } => "Opened",
        Change::Closed { .. } => "Closed",
    };
    let (rule, duration) = (change.rule(), change.trip_duration());
    let at = change.at().as_millis().saturating_sub(START);
    format!("{kind} {rule} {duration:?} @{at}")
}

/// Random numbers that are the same in every run: SplitMix64, seeded by the trace's number.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True in one of `many` cases.
    pub(super) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
