//! What is written is read as it was, whatever it is; and what is sent by whoever means harm does not end the process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use headgate_core::Timestamp;
use headgate_events::write::{Message, Topic, batch, binary, event_grid, structured};
use headgate_events::{
    Data, Event, EventTime, ExtensionName, ExtensionValue, Filter, Form, Json, Received, read,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

fn text() -> impl Strategy<Value = String> {
    let allowed = |character: char| {
        let code = u32::from(character);
        !character.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
    };
    let character =
        any::<char>().prop_map(move |character| if allowed(character) { character } else { 'x' });
    prop_oneof![
        "[ -~]{1,20}",
        proptest::collection::vec(character, 1..12).prop_map(String::from_iter),
    ]
}

fn time() -> impl Strategy<Value = EventTime> {
    (0_u32..10_000, 1_u32..=12, 1_u32..=28, "(\\.[0-9]{1,12})?", "(Z|[+-][01][0-9]:[0-5][0-9])")
        .prop_map(|(year, month, day, fraction, offset)| {
            let text = format!("{year:04}-{month:02}-{day:02}T23:59:60{fraction}{offset}");
            EventTime::parse(&text).unwrap()
        })
}

fn extension() -> impl Strategy<Value = (ExtensionName, ExtensionValue)> {
    let value = prop_oneof![
        any::<bool>().prop_map(ExtensionValue::Boolean),
        any::<i32>().prop_map(ExtensionValue::Integer),
        text().prop_map(ExtensionValue::Text),
        Just(ExtensionValue::Text(String::new())),
    ];
    // Behind an x no name is CloudEvents' own.
    ("x[a-z0-9]{0,12}".prop_map(|name| ExtensionName::new(name).unwrap()), value)
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| Json::from(&value))
}

fn data() -> impl Strategy<Value = (Data, Option<&'static str>)> {
    let json_types = proptest::sample::select(vec![
        None,
        Some("application/json"),
        Some("application/problem+json; charset=utf-8"),
    ]);
    let text_types = proptest::sample::select(vec![Some("text/plain"), Some("application/xml")]);
    let types = proptest::sample::select(vec![None, Some("application/octet-stream")]);
    prop_oneof![
        Just((Data::None, None)),
        (json().prop_map(Data::Json), json_types),
        ("(?s).{1,40}".prop_map(Data::Text), text_types),
        (
            proptest::collection::vec(any::<u8>(), 1..40)
                .prop_map(|bytes| Data::Bytes(bytes.into())),
            types
        ),
    ]
}

prop_compose! {
    fn event()(
        id in text(),
        source in text(),
        event_type in text(),
        subject in proptest::option::of(text()),
        time in proptest::option::of(time()),
        schema in proptest::option::of(text()),
        extensions in proptest::collection::vec(extension(), 0..4),
        (data, content_type) in data(),
    ) -> Event {
        let mut event = Event::new(id, source, event_type).unwrap();
        if let Some(subject) = subject {
            event = event.with_subject(subject).unwrap();
        }
        if let Some(time) = time {
            event = event.with_time(time);
        }
        if let Some(schema) = schema {
            event = event.with_data_schema(schema).unwrap();
        }
        for (name, value) in extensions {
            event = event.with_extension(name, value).unwrap();
        }
        event.with_data(data, content_type).unwrap()
    }
}

fn read_back(message: &Message) -> Received {
    read(&message.headers, &message.body).unwrap()
}

/// The event as binary mode keeps it: every extension is text, and JSON has a type.
fn without_types(event: &Event) -> Event {
    let mut kept = Event::new(event.id(), event.source(), event.event_type()).unwrap();
    if let Some(subject) = event.subject() {
        kept = kept.with_subject(subject).unwrap();
    }
    if let Some(time) = event.time() {
        kept = kept.with_time(time.clone());
    }
    if let Some(schema) = event.data_schema() {
        kept = kept.with_data_schema(schema).unwrap();
    }
    for (name, value) in event.extensions() {
        kept = kept.with_extension(name.clone(), ExtensionValue::Text(value.to_string())).unwrap();
    }
    let implied = matches!(event.data(), Data::Json(_)).then_some("application/json");
    kept.with_data(event.data().clone(), event.data_content_type().or(implied)).unwrap()
}

/// The event as the Event Grid schema keeps it.
fn in_event_grid(event: &Event, now: Timestamp) -> Event {
    let mut kept = Event::new(event.id(), event.source(), event.event_type()).unwrap();
    if let Some(subject) = event.subject() {
        kept = kept.with_subject(subject).unwrap();
    }
    kept = kept.with_time(event.time().cloned().unwrap_or_else(|| now.into()));
    let data = match event.data() {
        Data::Json(json) if json.as_str() == "null" => Data::None,
        Data::Text(text) => Data::Json(Json::from(&Value::from(text.as_str()))),
        other => other.clone(),
    };
    kept.with_data(data, None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn structured_mode_keeps_everything(event in event()) {
        let received = read_back(&structured(&event));
        prop_assert_eq!(received, Received { form: Form::Structured, events: vec![event.clone()] });
        let stored = serde_json::to_vec(&event).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Event>(&stored).unwrap(), event);
    }

    #[test]
    fn batches_keep_everything(events in proptest::collection::vec(event(), 0..4)) {
        let received = read_back(&batch(&events));
        prop_assert_eq!(received, Received { form: Form::Batch, events });
    }

    #[test]
    fn binary_mode_keeps_everything_but_the_types_of_extensions(event in event()) {
        let message = binary(&event);
        for value in message.headers.values() {
            prop_assert!(value.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte)));
        }
        let received = read_back(&message);
        prop_assert_eq!(received.form, Form::Binary);
        prop_assert_eq!(&received.events, &vec![without_types(&event)]);
    }

    #[test]
    fn the_event_grid_schema_keeps_what_it_has_a_place_for(event in event()) {
        let now = Timestamp::from_secs(1_743_554_868);
        match event_grid(std::slice::from_ref(&event), Topic::Source, now) {
            Ok(message) => {
                let received = read_back(&message);
                prop_assert_eq!(received.form, Form::EventGrid);
                prop_assert_eq!(&received.events, &vec![in_event_grid(&event, now)]);
            }
            Err(_) => prop_assert!(matches!(event.data(), Data::Bytes(_))),
        }
    }

    #[test]
    fn no_message_ends_the_process(
        content_type in proptest::option::of(prop_oneof![
            Just("application/cloudevents+json".to_owned()),
            Just("application/cloudevents-batch+json".to_owned()),
            Just("application/json".to_owned()),
            Just("text/plain".to_owned()),
            "[ -~]{0,30}",
        ]),
        attributes in proptest::collection::vec(
            (
                proptest::sample::select(vec![
                    "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-subject", "ce-x", "ce-",
                    "ce-datacontenttype", "ce-dataschema",
                ]),
                prop_oneof![
                    Just(b"1.0".to_vec()),
                    Just(b"t".to_vec()),
                    proptest::collection::vec(0x20_u8..=0xff, 0..12),
                ],
            ),
            0..7,
        ),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            "[\\[\\]{}\":,a-z0-9. \\\\]{0,60}".prop_map(String::into_bytes),
        ],
    ) {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert("content-type", value);
        }
        for (name, value) in attributes {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        if let Err(error) = read(&headers, &body) {
            prop_assert!(error.to_string().len() < 400);
        }
    }

    #[test]
    fn a_message_that_was_tampered_with_is_read_or_refused(
        event in event(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let messages = [structured(&event), batch(std::slice::from_ref(&event))];
        for message in messages {
            let mut body = message.body.to_vec();
            let index = at.index(body.len());
            body[index] = byte;
            if let Ok(received) = read(&message.headers, &body) {
                let filter = Filter {
                    data: vec![("/a".to_owned(), Value::from(1))],
                    ..Filter::default()
                };
                for event in received.events {
                    let _passes = filter.passes(&event);
                    prop_assert_eq!(read_back(&structured(&event)).events, vec![event]);
                }
            }
        }
    }
}

#[test]
fn nesting_without_end_is_carried_and_not_climbed() {
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    for body in [
        deep.clone(),
        format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{deep}}}"#),
        format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","x":{deep}}}"#),
    ] {
        for content_type in [
            "application/json",
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
        ] {
            let content_type = HeaderValue::from_static(content_type);
            let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, content_type)]);
            if let Ok(received) = read(&headers, body.as_bytes()) {
                let filter =
                    Filter { data: vec![("/a".to_owned(), Value::Null)], ..Filter::default() };
                assert!(!filter.passes(&received.events[0]));
            }
        }
    }
}
