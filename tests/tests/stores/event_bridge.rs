use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use headgate_core::Timeout;
use headgate_events::delivery::{DeliveryOutcome, OutcomeName};
use headgate_events::{Data, Event, EventBridge, EventTime, Json, Outlets};
use headgate_native::NativeOutlets;
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::MotoServer;
use serde_json::json;

use crate::setting::{in_a_process_with, nobody, silent_server};

async fn put(timeout: Duration, bus: &str, event: &Event) -> DeliveryOutcome {
    let bus = EventBridge { bus: bus.to_owned(), region: MotoServer::REGION.to_owned() };
    NativeOutlets::new().put_on_bus(&bus, event, Timeout::each(timeout)).await
}

/// Puts an event on a bus for which there is time.
fn put_on(bus: &str) -> DeliveryOutcome {
    RUNTIME.block_on(put(Duration::from_secs(10), bus, &event()))
}

fn event() -> Event {
    let event = Event::new("a-1", "/gateways/one", "com.example.Opened").unwrap();
    let event = event.with_subject("/backends/orders").unwrap();
    let event = event.with_time(EventTime::parse("2026-01-02T03:04:05.678Z").unwrap());
    event.with_data(Data::Json(Json::parse(b"[1,\"\xc3\xa4\"]").unwrap()), None).unwrap()
}

fn outcome(put: DeliveryOutcome) -> OutcomeName {
    match put {
        DeliveryOutcome::Failed { outcome, .. } => outcome,
        DeliveryOutcome::Delivered | DeliveryOutcome::Refused { .. } => panic!("{put:?}"),
    }
}

#[test]
fn an_event_arrives_on_the_bus_and_one_for_an_unknown_bus_does_not() {
    let server = in_a_process_with(
        "event_bridge::an_event_arrives_on_the_bus_and_one_for_an_unknown_bus_does_not",
        || {
            let server = MotoServer::start().unwrap();
            server.create_bus_with_queue("orders").unwrap();
            (server.environment().to_vec(), server)
        },
        || {
            assert_eq!(put_on("orders"), DeliveryOutcome::Delivered);
            assert_eq!(outcome(put_on("unknown")), OutcomeName::NotFound);
        },
    );
    let Some(server) = server else { return };
    let arrived = server.take_events("orders").unwrap();
    let [arrived] = &arrived[..] else { panic!("{arrived:?}") };
    assert_eq!(arrived["source"], "/gateways/one");
    assert_eq!(arrived["detail-type"], "com.example.Opened");
    assert_eq!(arrived["resources"], json!(["/backends/orders"]));
    assert!(arrived["time"].as_str().unwrap().starts_with("2026-01-02T03:04:05"), "{arrived}");
    let expected = json!({
        "specversion": "1.0",
        "id": "a-1",
        "source": "/gateways/one",
        "type": "com.example.Opened",
        "subject": "/backends/orders",
        "time": "2026-01-02T03:04:05.678Z",
        "data": [1, "ä"],
    });
    assert_eq!(arrived["detail"], expected);
}

fn aws_at(address: std::net::SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", format!("http://{address}")),
        ("AWS_ACCESS_KEY_ID", "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "key".to_owned()),
    ]
}

#[test]
fn a_bus_that_nobody_serves_is_tried_again() {
    in_a_process_with(
        "event_bridge::a_bus_that_nobody_serves_is_tried_again",
        || (aws_at(nobody()), ()),
        || assert_eq!(outcome(put_on("orders")), OutcomeName::SocketError),
    );
}

#[test]
fn a_bus_that_does_not_answer_has_timed_out_when_the_sink_says() {
    in_a_process_with(
        "event_bridge::a_bus_that_does_not_answer_has_timed_out_when_the_sink_says",
        || {
            let (listener, address) = silent_server();
            (aws_at(address), listener)
        },
        || {
            let event = event();
            let patient = put(Duration::from_secs(20), "orders", &event);
            let hasty = put(Duration::from_secs(1), "orders", &event);
            match RUNTIME.block_on(select(pin!(patient), pin!(hasty))) {
                Either::Left(_) => panic!("the patient one gave up first"),
                Either::Right((put, _)) => assert_eq!(outcome(put), OutcomeName::TimedOut),
            }
        },
    );
}

#[test]
fn without_credentials_it_is_tried_again() {
    in_a_process_with(
        "event_bridge::without_credentials_it_is_tried_again",
        || {
            let address = ("AWS_ENDPOINT_URL_EVENTBRIDGE", format!("http://{}", nobody()));
            (vec![address, ("AWS_EC2_METADATA_DISABLED", "true".to_owned())], ())
        },
        || assert_eq!(outcome(put_on("orders")), OutcomeName::Unauthorized),
    );
}
