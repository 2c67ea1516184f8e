use std::sync::Arc;

use futures_util::future::join_all;
use headgate_core::reply::{page, store_unavailable};
use headgate_core::{Body, Clock, Timestamp, retry_after_seconds};
use headgate_events::apim::time_span;
use http::Response;
use serde_json::{Map, Value, json};

use crate::World;
use crate::backends::{Backend, Pool, Rule, RuleName, Threshold};
use crate::breaker::{Breaker, Breakers, Named};
use crate::judging::{Admission, BackendState, Moment, RuleState, Standing, decide, standing};
use crate::reply::unknown_backend;

/// Shows every backend and pool.
pub(crate) async fn all_backends<W: World>(breakers: &Arc<Breakers<W>>) -> Response<Body> {
    const ROUTE: &str = "backends";
    let names = breakers.configuration.backends.backends().map(|backend| backend.name.as_str());
    let found = names.filter_map(|name| match breakers.get(name) {
        Some(Named::Backend(breaker)) => Some(breaker),
        Some(Named::Pool(..)) | None => None,
    });
    let found: Vec<_> = found.collect();
    match views(breakers, &found).await {
        Some(backends) => {
            let pools: Vec<_> =
                breakers.configuration.backends.pools().map(|pool| members(pool)).collect();
            page(ROUTE, &json!({ "backends": backends, "pools": pools }))
        }
        None => store_unavailable(ROUTE),
    }
}

/// Shows one backend, or one pool with its members.
pub(crate) async fn one_backend<W: World>(
    breakers: &Arc<Breakers<W>>,
    name: &str,
) -> Response<Body> {
    const ROUTE: &str = "backend";
    match breakers.get(name) {
        None => unknown_backend(ROUTE),
        Some(Named::Backend(breaker)) => match views(breakers, &[breaker]).await.as_deref() {
            Some([view]) => page(ROUTE, view),
            Some(_) | None => store_unavailable(ROUTE),
        },
        Some(Named::Pool(pool, breakers_of_pool)) => {
            let found: Vec<_> = breakers_of_pool.iter().collect();
            match views(breakers, &found).await {
                Some(backends) => {
                    let mut shown = members(pool);
                    if let Value::Object(shown) = &mut shown {
                        shown.insert("backends".to_owned(), Value::from(backends));
                    }
                    page(ROUTE, &shown)
                }
                None => store_unavailable(ROUTE),
            }
        }
    }
}

/// The backends as they are now; `None` when the store does not say.
async fn views<W: World>(breakers: &Arc<Breakers<W>>, of: &[&Arc<Breaker>]) -> Option<Vec<Value>> {
    let asked: Vec<_> = of.iter().map(|breaker| breakers.read(breaker)).collect();
    let answers = join_all(asked).await;
    let now = breakers.ports.clock.now();
    let mut views = Vec::with_capacity(of.len());
    for (breaker, answer) in of.iter().zip(answers) {
        match answer {
            Ok(known) => views.push(view(&breaker.backend, known.state(), now)),
            Err(error) => {
                let name = &breaker.backend.name;
                breakers.warn(&format_args!("the state of backend {name} is not read: {error}"));
                return None;
            }
        }
    }
    Some(views)
}

fn members(pool: &Pool) -> Value {
    let members: Vec<_> = pool
        .members
        .iter()
        .map(|member| {
            json!({
                "name": member.backend.name.as_str(),
                "weight": member.weight,
                "priority": member.priority,
            })
        })
        .collect();
    json!({ "name": pool.name.as_str(), "title": pool.title, "members": members })
}

/// A backend with its breaker's state.
pub(super) fn view(backend: &Backend, state: &BackendState, now: Timestamp) -> Value {
    let (word, retry_after) = match decide(backend, state, now) {
        Admission::Admit => ("closed", None),
        Admission::Probe => ("half-open", None),
        Admission::Refuse { retry_after, .. } => ("open", Some(retry_after_seconds(retry_after))),
    };
    let configured = backend.rules.iter().map(|rule| {
        let known = state.rules.get(&rule.name);
        rule_view(&rule.name, Some(rule), known.unwrap_or(&RuleState::default()), now)
    });
    let by_hand = state.rules.iter().filter(|(name, _)| name.is_manual());
    let by_hand = by_hand.map(|(name, known)| rule_view(name, None, known, now));
    let rules: Vec<Value> = configured.chain(by_hand).collect();
    let mut shown = Map::new();
    shown.insert("name".to_owned(), json!(backend.name.as_str()));
    shown.insert("title".to_owned(), json!(backend.title));
    shown.insert("url".to_owned(), json!(backend.url.as_str()));
    shown.insert("state".to_owned(), json!(word));
    if let Some(seconds) = retry_after {
        shown.insert("retryAfter".to_owned(), json!(seconds));
    }
    shown.insert("rules".to_owned(), Value::from(rules));
    Value::Object(shown)
}

fn rule_view(name: &RuleName, rule: Option<&Rule>, known: &RuleState, now: Timestamp) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), json!(name.as_str()));
    let (word, free) = match standing(rule, known, now) {
        Standing::Closed => ("closed", None),
        Standing::Open { .. } => ("open", None),
        Standing::HalfOpen { free } => ("half-open", Some(free)),
    };
    shown.insert("state".to_owned(), json!(word));
    if let Some(rule) = rule {
        let counts = known.window.counts(&rule.condition, Moment::from(now));
        shown.insert("failures".to_owned(), json!(counts.failures));
        shown.insert("calls".to_owned(), json!(counts.calls));
        let threshold = match rule.condition.threshold {
            Threshold::Count(count) => ("count", json!(count)),
            Threshold::Percentage(percentage) => ("percentage", json!(percentage)),
        };
        shown.insert(threshold.0.to_owned(), threshold.1);
        shown.insert("interval".to_owned(), json!(time_span(rule.condition.interval)));
    }
    if word != "closed"
        && let Some(trip) = known.phase.trip()
    {
        shown.insert("tripDuration".to_owned(), json!(time_span(trip.duration())));
        shown.insert("openedAt".to_owned(), json!(trip.opened_at.timestamp().to_string()));
        shown.insert("closesAt".to_owned(), json!(trip.until.timestamp().to_string()));
    } else if let Some(rule) = rule {
        shown.insert("tripDuration".to_owned(), json!(time_span(rule.trip_duration)));
    }
    if let Some(free) = free {
        shown.insert("freeProbes".to_owned(), json!(free));
    }
    Value::Object(shown)
}
