//! What the sinks must have in the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) const OPENED: &str = "Microsoft.ApiManagement.CircuitBreaker.Opened";
const CLOSED: &str = "Microsoft.ApiManagement.CircuitBreaker.Closed";

/// What became of one rule of a backend.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) backend: &'static str,
    pub(crate) rule: &'static str,
    /// How often it opened.
    pub(crate) opened: usize,
    /// How often it closed.
    pub(crate) closed: usize,
    /// Up to so many more times it may have opened and closed: calls whose outcomes were under way when it was killed.
    pub(crate) unsure: usize,
    /// When it opened, as far as the function has shown it.
    pub(crate) opened_at: BTreeSet<String>,
}

/// Checks what a sink got against what happened.
///
/// # Panics
///
/// When an event is missing, was invented, has two ids, or says something else than happened.
pub(crate) fn check(source: &str, accounts: &[Account], got: &[Value]) {
    let mut by_id: BTreeMap<&str, &Value> = BTreeMap::new();
    for event in got {
        let id = event["id"].as_str().unwrap();
        let first = by_id.entry(id).or_insert(event);
        assert_eq!(*first, event, "what is sent again is the same");
    }
    let mut by_subject: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in by_id.into_values() {
        assert_eq!(event["source"], source);
        by_subject.entry(event["subject"].as_str().unwrap()).or_default().push(event);
    }
    for account in accounts {
        let subject =
            format!("/backends/{}/circuit-breaker/rules/{}", account.backend, account.rule);
        let events = by_subject.remove(subject.as_str()).unwrap_or_default();
        check_rule(&subject, account, &events);
    }
    assert!(by_subject.is_empty(), "nobody asked for {by_subject:#?}");
}

fn check_rule(subject: &str, account: &Account, events: &[&Value]) {
    let times = |event_type: &str| {
        let of_type = events.iter().filter(|event| event["type"] == event_type);
        let mut times: Vec<&str> = of_type.map(|event| event["time"].as_str().unwrap()).collect();
        times.sort_unstable();
        times
    };
    let (opened, closed) = (times(OPENED), times(CLOSED));
    assert_eq!(opened.len() + closed.len(), events.len(), "{subject}: no other types");
    let (least, most) = (account.opened, account.opened + account.unsure);
    assert!(
        (least..=most).contains(&opened.len()),
        "{subject}: {} opened, {account:?}",
        opened.len()
    );
    let (least, most) = (account.closed, account.closed + account.unsure);
    assert!(
        (least..=most).contains(&closed.len()),
        "{subject}: {} closed, {account:?}",
        closed.len()
    );
    for shown in &account.opened_at {
        let shown = shown.trim_end_matches('Z');
        let is_said = opened.iter().any(|time| time.starts_with(shown));
        assert!(is_said, "{subject}: nobody heard that it opened at {shown}");
    }
    // Whatever moment is looked at, it had opened as often as it had closed, or once more. Times have milliseconds.
    assert_eq!(opened.len(), closed.len(), "{subject}: it is closed in the end");
    for (number, opened_at) in opened.iter().enumerate() {
        assert!(*opened_at <= closed[number], "{subject}: trip {number} closed before it opened");
        if let Some(next) = opened.get(number + 1) {
            assert!(closed[number] <= *next, "{subject}: trip {number} was open when it opened");
        }
    }
    for event in events {
        assert_eq!(event["data"]["backendName"], account.backend);
        let rules = event["data"]["circuitBreaker"]["rules"].as_object().unwrap();
        assert_eq!(rules.keys().collect::<Vec<_>>(), [account.rule]);
    }
}

/// A test that cannot fail proves nothing: the check finds each kind of loss.
mod tests {
    use serde_json::json;

    use super::*;

    fn event(id: &str, event_type: &str, second: u32) -> Value {
        json!({
            "id": id,
            "source": "/s",
            "type": event_type,
            "subject": "/backends/b/circuit-breaker/rules/r",
            "time": format!("2026-11-21T00:00:{second:02}.0000000Z"),
            "data": { "backendName": "b", "circuitBreaker": { "rules": { "r": {} } } },
        })
    }

    fn account() -> Account {
        let opened_at = BTreeSet::from(["2026-11-21T00:00:01.000Z".to_owned()]);
        Account { backend: "b", rule: "r", opened: 2, closed: 2, unsure: 0, opened_at }
    }

    fn two_trips() -> Vec<Value> {
        vec![
            event("1", OPENED, 1),
            event("2", CLOSED, 2),
            event("3", OPENED, 2),
            event("4", CLOSED, 9),
        ]
    }

    fn is_refused(got: &[Value]) -> bool {
        std::panic::catch_unwind(|| check("/s", &[account()], got)).is_err()
    }

    #[test]
    fn what_happened_passes_in_any_order_and_any_number_of_times() {
        let mut got = two_trips();
        got.extend(two_trips());
        got.reverse();
        check("/s", &[account()], &got);
    }

    #[test]
    fn each_event_that_is_missing_is_missed() {
        for missing in 0..4 {
            let mut got = two_trips();
            got.remove(missing);
            assert!(is_refused(&got), "{missing}");
        }
    }

    #[test]
    fn an_invented_event_a_second_id_and_a_false_one_are_found() {
        for (number, wrong) in [
            event("5", OPENED, 5),
            event("1", CLOSED, 1),
            event("1", OPENED, 2),
            json!({ "id": "5", "source": "/s", "subject": "/other", "type": OPENED }),
            json!({ "id": "5", "source": "/other", "subject": "/other", "type": OPENED }),
        ]
        .into_iter()
        .enumerate()
        {
            let mut got = two_trips();
            got.push(wrong);
            assert!(is_refused(&got), "{number}");
        }
        let mut moved = two_trips();
        moved[0] = event("1", OPENED, 3);
        assert!(is_refused(&moved), "it opened at another time");
        let mut overlapping = two_trips();
        overlapping[1] = event("2", CLOSED, 5);
        assert!(is_refused(&overlapping), "it was open when it opened");
    }
}
