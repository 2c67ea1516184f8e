//! Any text is a document of sinks, rules, checks or backends that can be used, or is refused at a place within it.

#![no_main]

use headgate_circuit_breaker::backends::{self, Target as Destination};
use headgate_core::{Random, Timestamp};
use headgate_event_subscription::checks::{Asking, Checks};
use headgate_event_subscription::rules::Rules;
use headgate_events::delivery::{RequestError, request};
use headgate_events::{Data, Endpoint, Event, Json, Sinks, Target};
use headgate_fuzz::{Named, now, within};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

/// Nothing here is to be unpredictable.
struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Sinks for the rules that name one.
const SINKS: &str = "[archive]\nkind = \"stdout\"\n[a]\nkind = \"stdout\"\nfilter.types = [\"a*\"]";

fuzz_target!(|text: &str| {
    let event = event();
    match now(Sinks::load(text, &Named)) {
        Ok(sinks) => try_sinks(&sinks, &event),
        Err(error) => within(text, error.position.line, error.position.column, &error),
    }
    let sinks = now(Sinks::load(SINKS, &Named)).expect("they are written out above");
    let collection = Endpoint::parse("http://127.0.0.1:3000").expect("it is an address");
    match now(Rules::load(text, &Named, &sinks, &collection)) {
        Ok(rules) => {
            for rule in rules.iter() {
                assert_eq!(rules.get(&rule.name), Some(rule));
                assert!(rule.longest().as_secs() <= 60 + 120);
                assert!(rule.takes(&event) == rules.for_event(&event).any(|other| other == rule));
            }
        }
        Err(error) => within(text, error.position.line, error.position.column, &error),
    }
    match now(Checks::load(text, &Named, &Zeros)) {
        Ok(checks) => {
            let asking = Asking { headers: &HeaderMap::new(), query: None, body: b"" };
            let Checks::Required(required) = &checks else { panic!("a document checks something") };
            let judged = checks.judge(asking, Timestamp::from_secs(0));
            assert!(judged.is_err() || required.token.is_some(), "nothing was sent");
        }
        Err(error) => within(text, error.position().line, error.position().column, &error),
    }
    match now(backends::load(text, &Named)) {
        Ok(backends) => {
            assert!(!backends.targets.is_empty());
            for target in &backends.targets {
                assert_eq!(backends.get(target.name().as_str()), Some(target));
                if let Destination::Pool(pool) = target {
                    assert!(!pool.members.is_empty());
                }
            }
        }
        Err(error) => within(text, error.position.line, error.position.column, &error),
    }
});

/// What a sink is sent can be sent.
fn try_sinks(sinks: &Sinks, event: &Event) {
    for sink in sinks.iter() {
        assert_eq!(sinks.get(&sink.name), Some(sink));
        let asked = request(sink, std::slice::from_ref(event), Timestamp::from_secs(0));
        match (&sink.target, asked) {
            (Target::EventBridge(_) | Target::Stdout, asked) => {
                assert_eq!(asked.err(), Some(RequestError::NotHttp));
            }
            (_, asked) => {
                let asked = asked.unwrap_or_else(|error| panic!("{error}: {sink:?}"));
                assert!(asked.uri().authority().is_some() && !asked.headers().is_empty());
            }
        }
    }
}

fn event() -> Event {
    let data = Json::parse(br#"{"backendName":"orders"}"#).expect("it is JSON");
    Event::new("1", "/a", "Microsoft.ApiManagement.CircuitBreaker.Opened")
        .and_then(|event| event.with_subject("/backends/orders/circuit-breaker/rules/default"))
        .and_then(|event| event.with_data(Data::Json(data), None))
        .expect("it is an event")
}
