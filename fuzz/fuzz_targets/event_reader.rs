//! Any message holds events or is refused with a reason, and an event that was read is the same after it was written.
//!
//! The input is a message as it would stand on a connection: lines of headers, an empty line, and the body. Without such
//! headers all of it is a body, which is then read in each form that is told by the content type, and as an invocation of
//! Lambda.

#![no_main]

use headgate_core::Timestamp;
use headgate_event_subscription::aws::{Invocation, read_invocation};
use headgate_event_subscription::{Origin, classify};
use headgate_events::write::{Message, Topic, batch, binary, event_grid, structured};
use headgate_events::{Data, Event, Form, Received, read};
use headgate_fuzz::message;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// The content types that tell a form; any other is the Event Grid schema's.
const FORMS: [&str; 3] =
    ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"];

fuzz_target!(|input: &[u8]| {
    if let Some((headers, body)) = message(input) {
        try_message(&headers, body);
        return;
    }
    for content_type in FORMS {
        let content_type = (CONTENT_TYPE, HeaderValue::from_static(content_type));
        try_message(&HeaderMap::from_iter([content_type]), input);
    }
    match read_invocation(input) {
        Ok(Invocation::Events(events)) => events.iter().for_each(survives),
        Ok(Invocation::Queue(messages)) => {
            messages
                .into_iter()
                .filter_map(|message| message.events.ok())
                .flatten()
                .for_each(|event| survives(&event));
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
});

fn try_message(headers: &HeaderMap, body: &[u8]) {
    if let Err(refusal) = classify(Origin::Http, headers, body) {
        assert!(!refusal.to_string().is_empty());
    }
    match read(headers, body) {
        Ok(Received { form, events }) => {
            events.iter().for_each(survives);
            assert_eq!(events_of(&batch(&events)), events);
            if form == Form::EventGrid {
                let now = Timestamp::from_secs(0);
                let written = event_grid(&events, Topic::Source, now).expect("it came that way");
                assert_eq!(events_of(&written), events);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.status().is_client_error()),
    }
}

fn survives(event: &Event) {
    assert_eq!(events_of(&structured(event)), std::slice::from_ref(event));

    // Headers have one type of value, so it is the message that stays the same, not the event.
    let once = on_the_wire(binary(event));
    let declares_json = matches!(event.data(), Data::Bytes(_))
        && event.data_content_type().is_some_and(|declared| declared.contains("json"));
    match read(&once.headers, &once.body) {
        Ok(received) => {
            let [again] = received.events.as_slice() else {
                panic!("it is one event: {received:?}")
            };
            assert!(again.is_same_as(event));
            assert_eq!(again.event_type(), event.event_type());
            assert_eq!(again.subject(), event.subject());
            assert_eq!(again.time(), event.time());
            assert_eq!(on_the_wire(binary(again)), once);
        }
        // Whoever says that its bytes are JSON need not be right.
        Err(_) if declares_json => {}
        Err(error) => panic!("{error}: {event:?}"),
    }
}

/// White space around a header's value does not travel (RFC 9110 §5.5).
fn on_the_wire(message: Message) -> Message {
    let trimmed = |value: &HeaderValue| {
        HeaderValue::from_bytes(value.as_bytes().trim_ascii()).expect("a part of a value is one")
    };
    let headers = message.headers.iter().map(|(name, value)| (name.clone(), trimmed(value)));
    Message { headers: headers.collect(), body: message.body.clone() }
}

fn events_of(message: &Message) -> Vec<Event> {
    read(&message.headers, &message.body).expect("what was written can be read").events
}
