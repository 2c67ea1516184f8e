//! The pure model: the function's own judgement, one outcome after the other, on a clock that stands still.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use headgate_circuit_breaker::backends::{self, Backend};
use headgate_circuit_breaker::judging::{
    BackendState, Batch, Judgement, Moment, Outcome, OutcomeId, RuleState, Standing, judge, reset,
    standing, trip,
};
use headgate_core::Timestamp;
use headgate_fakes::FixedVariables;
use http::StatusCode;
use serde_json::Value;

use crate::wave::Wave;

/// So many failures trip the rule `failures`. The rule `all` never trips, and counts every call.
pub(crate) const THRESHOLD: u64 = 250;

pub(crate) const DOCUMENT: &str = r#"
[backends.orders]
url = "http://127.0.0.1:9"

[[backends.orders.circuitBreaker.rules]]
name = "failures"
tripDuration = "P1D"
[backends.orders.circuitBreaker.rules.failureCondition]
count = 250
interval = "PT20H"
statusCodeRanges = [{ min = 500, max = 599 }]

[[backends.orders.circuitBreaker.rules]]
name = "all"
tripDuration = "P1D"
[backends.orders.circuitBreaker.rules.failureCondition]
percentage = 1
minimumCalls = 1000000
interval = "PT20H"
statusCodeRanges = [{ min = 500, max = 599 }]
"#;

const NOW: Timestamp = Timestamp::from_secs(2_000_000_000);

/// What is compared: a backend's state, and each rule's state, failures and calls.
pub(crate) type Shown = (String, BTreeMap<String, (String, Option<u64>, Option<u64>)>);

/// What an instance shows of a backend.
pub(crate) fn shown(body: &Value) -> Shown {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let none = Vec::new();
    let rules = body["rules"].as_array().unwrap_or(&none).iter().map(|rule| {
        let counts = (rule["failures"].as_u64(), rule["calls"].as_u64());
        (text(rule, "name"), (text(rule, "state"), counts.0, counts.1))
    });
    (text(body, "state"), rules.collect())
}

pub(crate) struct Model {
    backend: Arc<Backend>,
    state: BackendState,
}

impl Model {
    pub(crate) fn new() -> Self {
        let variables = FixedVariables::new(BTreeMap::<String, String>::new());
        let loaded = backends::load(DOCUMENT, &variables).now_or_never().unwrap().unwrap();
        let backend = Arc::clone(loaded.backends().next().unwrap());
        Self { backend, state: BackendState::default() }
    }

    pub(crate) fn take(&mut self, wave: &Wave) {
        for (id, failed) in wave.outcomes() {
            let status = StatusCode::from_u16(if failed { 503 } else { 200 }).unwrap();
            let outcome = Outcome {
                id: Some(OutcomeId::of("", &id)),
                at: NOW,
                status: Some(status),
                error_reason: None,
                retry_after: None,
            };
            let batch = Batch { id: None, outcomes: &[outcome] };
            self.store(judge(&self.backend, self.state.clone(), batch, NOW));
        }
    }

    pub(crate) fn trip(&mut self) {
        self.store(trip(&self.backend, self.state.clone(), Duration::from_secs(3_600), NOW));
    }

    pub(crate) fn reset(&mut self) {
        self.store(reset(&self.backend, self.state.clone(), NOW));
    }

    fn store(&mut self, judgement: Judgement) {
        self.state = judgement.state;
    }

    pub(crate) fn shown(&self) -> Shown {
        let none = RuleState::default();
        let mut rules = BTreeMap::new();
        for rule in &self.backend.rules {
            let known = self.state.rules.get(&rule.name).unwrap_or(&none);
            let counts = known.window.counts(&rule.condition, Moment::from(NOW));
            let word = word(standing(Some(rule), known, NOW));
            rules.insert(rule.name.to_string(), (word, Some(counts.failures), Some(counts.calls)));
        }
        for (name, known) in self.state.rules.iter().filter(|(name, _)| name.is_manual()) {
            rules.insert(name.to_string(), (word(standing(None, known, NOW)), None, None));
        }
        let is_open = rules.values().any(|(word, ..)| word == "open");
        (if is_open { "open" } else { "closed" }.to_owned(), rules)
    }
}

fn word(standing: Standing) -> String {
    match standing {
        Standing::Closed => "closed",
        Standing::Open { .. } => "open",
        Standing::HalfOpen { .. } => "half-open",
    }
    .to_owned()
}
