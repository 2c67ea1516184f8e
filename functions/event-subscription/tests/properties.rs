//! Whatever comes, there is an answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::sync::LazyLock;

use common::{Bench, ONE_RULE, answered, now, post};
use headgate_core::{Body, PlatformEvent};
use headgate_event_subscription::aws::read_invocation;
use headgate_event_subscription::handshake::read_validation;
use headgate_event_subscription::record::{
    Asked, Next, Progress, Record, Step, Terms, judge, next_step,
};
use headgate_event_subscription::rules::Rules;
use headgate_event_subscription::{Origin, classify};
use headgate_events::Endpoint;
use headgate_events::{Event, Sinks};
use headgate_fakes::FixedVariables;
use http::{HeaderMap, HeaderValue, Method, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let collection = Endpoint::parse("http://127.0.0.1:3000").unwrap();
    let rules = "[a]\nthen.webhook.url = \"https://a.example/\"\n[b]\nthen.webhook.url = \"https://b.example/\"";
    now(Rules::load(rules, &FixedVariables::default(), &Sinks::none(), &collection)).unwrap()
});

/// JSON that is close to what is read.
fn near_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("Records".to_owned()),
        Just("detail-type".to_owned()),
        Just("id".to_owned()),
        Just("source".to_owned()),
        Just("specversion".to_owned()),
        Just("type".to_owned()),
        Just("eventType".to_owned()),
        Just("eventTime".to_owned()),
        Just("topic".to_owned()),
        Just("data".to_owned()),
        Just("validationCode".to_owned()),
        Just("eventSource".to_owned()),
        Just("messageId".to_owned()),
        Just("body".to_owned()),
        Just("eventSourceARN".to_owned()),
        Just("Sns".to_owned()),
        Just("Message".to_owned()),
        Just("MessageId".to_owned()),
        Just("TopicArn".to_owned()),
        Just("resources".to_owned()),
        "[a-z]{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!("1.0")),
        Just(json!("aws:sqs")),
        Just(json!("aws:sns")),
        Just(json!("{\"id\":1}")),
        Just(json!("2025-04-02T00:47:48Z")),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let names = [
        "content-type",
        "aeg-event-type",
        "aeg-subscription-name",
        "ce-id",
        "ce-source",
        "ce-type",
        "ce-specversion",
        "ce-x",
        "webhook-request-origin",
        "webhook-id",
    ];
    let values = prop_oneof![
        Just(b"application/cloudevents+json".to_vec()),
        Just(b"application/cloudevents-batch+json".to_vec()),
        Just(b"application/json".to_vec()),
        Just(b"SubscriptionValidation".to_vec()),
        Just(b"SubscriptionDeletion".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    (proptest::sample::select(names.to_vec()), values)
}

fn request(
    method: &Method,
    path: &str,
    headers: &[(&'static str, Vec<u8>)],
    body: Vec<u8>,
    is_platform: bool,
) -> Request<Body> {
    let mut request = post(path, &[], body);
    *request.method_mut() = method.clone();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(*name, value);
        }
    }
    if is_platform {
        request.extensions_mut().insert(PlatformEvent::Other);
    }
    request
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_classified_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _invocation = read_invocation(&body);
        let _validation = read_validation(&body);
        let _delivery = classify(Origin::Http, &HeaderMap::new(), &body);
        let _record = Record::decode(&body);
    }

    #[test]
    fn any_json_is_classified_or_refused(value in near_json()) {
        let body = value.to_string();
        let _invocation = read_invocation(body.as_bytes());
        let _validation = read_validation(body.as_bytes());
        let _record = Record::decode(body.as_bytes());
    }

    #[test]
    fn any_request_gets_an_answer_of_a_known_status(
        method in proptest::sample::select(vec![Method::POST, Method::OPTIONS, Method::GET]),
        path in proptest::sample::select(vec!["/", "/events", "/events?code=%ff", "/dead-letters/%ff:redeliver"]),
        headers in proptest::collection::vec(header(), 0..5),
        value in near_json(),
        is_platform in any::<bool>(),
    ) {
        let bench = Bench::with(&[("rules", ONE_RULE), ("webhook_origins", "*"), ("validation", "url")]);
        let request = request(&method, path, &headers, value.to_string().into_bytes(), is_platform);
        let answer = now(answered(&bench.function(), request));
        prop_assert!([200, 400, 403, 404, 405, 415].contains(&answer.status), "{}", answer.status);
        if answer.status != 200 {
            prop_assert_eq!(answer.body["status"].as_u64(), Some(answer.status.into()));
            prop_assert!(!answer.detail().is_empty());
        }
    }

    #[test]
    fn a_record_runs_nothing_under_a_lease_counts_each_attempt_and_comes_to_an_end(
        statuses in proptest::collection::vec(any::<bool>(), 0..40),
        waits in proptest::collection::vec(0_u64..200_000, 40),
        by_tick in proptest::collection::vec(any::<bool>(), 40),
        max_attempts in 1_u32..6,
    ) {
        let terms = Terms { rules: &RULES, max_attempts };
        let event = Event::new("1", "/s", "t").unwrap();
        let mut time = common::START;
        let mut record = Record::new(event, 0, ["a", "b"].into_iter(), time);
        let (mut statuses, mut attempts, mut given_up) = (statuses.into_iter(), 0, 0);
        for (wait, by_tick) in waits.into_iter().zip(by_tick) {
            let asked = if by_tick { Asked::ByTick } else { Asked::ByDelivery };
            match next_step(&record, asked, terms, time) {
                Step::Settled => {
                    prop_assert!(record.is_settled() && record.event.is_none() && record.lease.is_none());
                }
                Step::UnderWay { until } => prop_assert!(until > time),
                Step::Waiting { until } => prop_assert!(by_tick && until > time),
                Step::Run(run) => {
                    let (leased, tasks) = (run.leased, run.tasks);
                    let lease = leased.lease;
                    prop_assert!(lease.is_some_and(|lease| lease.timestamp() > time));
                    let under_way = matches!(
                        next_step(&leased, Asked::ByDelivery, terms, time),
                        Step::UnderWay { .. }
                    );
                    prop_assert!(under_way, "a lease keeps everybody else away");
                    record = Record::decode(&leased.encode()).unwrap();
                    prop_assert_eq!(&record, &leased);
                    for (index, task) in tasks.iter().enumerate() {
                        prop_assert!(task.progress.attempts <= max_attempts);
                        let verdict = headgate_event_subscription::record::Verdict::of_answer(
                            if statuses.next().unwrap_or(false) { http::StatusCode::OK } else { http::StatusCode::BAD_GATEWAY },
                            &HeaderMap::new(),
                            time,
                        );
                        attempts += 1;
                        let next = judge(task, Some(&verdict), terms, time);
                        given_up += usize::from(matches!(next, Next::GiveUp { .. }));
                        let ends = lease.filter(|_| index + 1 == tasks.len());
                        record.settle(&task.rule, &next, ends);
                    }
                    prop_assert_eq!(record.lease, None);
                }
            }
            time = time.plus(std::time::Duration::from_secs(wait));
        }
        prop_assert!(attempts <= 2 * max_attempts);
        prop_assert!(given_up <= 2);
        prop_assert!(record.owed.values().all(|progress: &Progress| progress.attempts < max_attempts));
    }
}
