//! Events that AWS hands to a Lambda function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use common::{Bench, ONE_RULE, cloud_event};
use headgate_core::KeyValueError;
use headgate_events::{Data, Event};
use serde_json::{Value, json};

fn bench() -> Bench {
    Bench::with(&[("rules", ONE_RULE), ("checks", "")])
}

fn event_bridge(id: &str) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "111122223333",
        "time": "2017-12-22T18:43:48Z",
        "region": "us-west-1",
        "resources": ["arn:aws:ec2:us-west-1:111122223333:instance/i-1234567890abcdef0"],
        "detail": { "instance-id": "i-1234567890abcdef0", "state": "terminated" }
    })
}

fn sqs(messages: &[(&str, String)]) -> Value {
    let records: Vec<_> = messages
        .iter()
        .map(|(id, body)| {
            json!({
                "messageId": id,
                "receiptHandle": "AQEB",
                "body": body,
                "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183" },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
                "awsRegion": "us-east-2"
            })
        })
        .collect();
    json!({ "Records": records })
}

fn notification(message: &str) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": "arn:aws:sns:us-east-2:123456789012:my-topic",
        "Subject": "TestInvoke",
        "Message": message,
        "Timestamp": "2019-01-02T12:45:07.000Z",
        "SignatureVersion": "1",
        "MessageAttributes": {}
    })
}

fn sns(message: &str) -> Value {
    json!({ "Records": [{
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-2:123456789012:my-topic:21be56ed",
        "EventSource": "aws:sns",
        "Sns": notification(message)
    }] })
}

fn taken(bench: &Bench) -> Vec<Event> {
    bench.receiver.calls().into_iter().map(|call| call.event.unwrap()).collect()
}

fn failures(answer: &common::Answer) -> Vec<&str> {
    let failures = answer.body["batchItemFailures"].as_array().unwrap();
    let mut failures: Vec<_> =
        failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect();
    failures.sort_unstable();
    failures
}

#[test]
fn an_event_of_event_bridge_is_an_event_with_its_detail_for_data() {
    let bench = bench();
    assert_eq!(bench.invoke(&event_bridge("6a7e8feb")).status, 200);
    let events = taken(&bench);
    let event = &events[0];
    assert_eq!((event.id(), event.source()), ("6a7e8feb", "aws.ec2"));
    assert_eq!(event.event_type(), "EC2 Instance State-change Notification");
    assert_eq!(event.time().unwrap().as_str(), "2017-12-22T18:43:48Z");
    let instance = "arn:aws:ec2:us-west-1:111122223333:instance/i-1234567890abcdef0";
    assert_eq!(event.subject(), Some(instance));
    for (name, value) in
        [("account", "111122223333"), ("region", "us-west-1"), ("resources", instance)]
    {
        assert_eq!(event.extension(name).unwrap().to_string(), value);
    }
    let Data::Json(data) = event.data() else { panic!("the detail is JSON") };
    assert_eq!(data.value().unwrap()["state"], "terminated");
    assert_eq!(bench.invoke(&event_bridge("6a7e8feb")).body["duplicates"], 1);
}

#[test]
fn a_failed_handler_fails_the_invocation_so_that_lambda_tries_again() {
    let bench = bench();
    bench.receiver.answers_next([500]);
    assert_eq!(bench.invoke(&event_bridge("1")).status, 503);
    assert_eq!(bench.invoke(&event_bridge("1")).status, 200);
}

#[test]
fn a_malformed_event_of_event_bridge_names_the_member() {
    for (member, value) in [
        ("id", Value::Null),
        ("source", json!(5)),
        ("detail-type", json!("")),
        ("time", json!("yesterday")),
        ("resources", json!("arn")),
        ("account", json!(111_122_223_333_u64)),
    ] {
        let mut event = event_bridge("1");
        event[member] = value;
        let answer = bench().invoke(&event);
        assert_eq!(answer.status, 400, "{member}");
        let named = if member == "detail-type" { "type" } else { member };
        assert!(answer.detail().contains(named), "{member}: {}", answer.body);
    }
}

#[test]
fn each_message_of_a_queue_is_taken_or_comes_again_by_itself() {
    let bench = bench();
    let mut malformed = cloud_event("x");
    malformed.as_object_mut().unwrap().remove("id");
    let event = sqs(&[
        ("m1", cloud_event("1").to_string()),
        ("m2", malformed.to_string()),
        ("m3", event_bridge("3").to_string()),
        ("m4", json!([cloud_event("4a"), cloud_event("4b")]).to_string()),
        ("m5", "Test message.".to_owned()),
        ("m6", notification(&cloud_event("6").to_string()).to_string()),
        ("m7", json!({ "order": 7 }).to_string()),
    ]);
    let answer = bench.invoke(&event);
    assert_eq!(answer.status, 200);
    assert_eq!(failures(&answer), ["m2"]);
    let mut ids: Vec<_> = taken(&bench).iter().map(|event| event.id().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["1", "3", "4a", "4b", "6", "m5", "m7"]);
}

#[test]
fn a_message_that_is_no_event_is_wrapped_in_one() {
    let bench = bench();
    bench.invoke(&sqs(&[("m1", "Test message.".to_owned())]));
    bench.invoke(&sns("{\"some\":\"message\"}"));
    let events = taken(&bench);
    assert_eq!(events[0].event_type(), "com.amazonaws.sqs.Message");
    assert_eq!(events[0].source(), "arn:aws:sqs:us-east-2:123456789012:my-queue");
    assert_eq!(events[0].data(), &Data::Text("Test message.".to_owned()));
    assert_eq!(events[1].event_type(), "com.amazonaws.sns.Notification");
    assert_eq!(events[1].id(), "95df01b4-ee98-5cb9-9903-4c221d41eb5e");
    assert_eq!(events[1].subject(), Some("TestInvoke"));
    assert_eq!(events[1].time().unwrap().as_str(), "2019-01-02T12:45:07.000Z");
    let Data::Json(data) = events[1].data() else { panic!("the message is JSON") };
    assert_eq!(data.as_str(), "{\"some\":\"message\"}");
}

#[test]
fn a_failed_handler_brings_its_message_back_and_no_other() {
    let bench = bench();
    bench.receiver.answers_next([200, 500]);
    let event = sqs(&[("m1", cloud_event("1").to_string()), ("m2", cloud_event("2").to_string())]);
    let answer = bench.invoke(&event);
    assert_eq!(failures(&answer).len(), 1);
    assert_eq!(failures(&bench.invoke(&event)), [""; 0]);
    assert_eq!(bench.receiver.count(), 3);
}

#[test]
fn a_message_that_the_store_never_takes_is_left_to_the_queue_and_no_other() {
    let bench = bench();
    bench.store.takes_at_most(400_000, true);
    let event = sqs(&[("m1", "x".repeat(500_000)), ("m2", cloud_event("2").to_string())]);
    let answer = bench.invoke(&event);
    assert_eq!((answer.status, failures(&answer)), (200, vec!["m1"]));
    assert_eq!(taken(&bench).len(), 1);
    let warnings: Vec<_> = bench.diagnostics.take().into_iter().map(|(_, text)| text).collect();
    assert!(warnings[0].contains("longer than 383616 bytes"), "{warnings:?}");
}

#[test]
fn a_store_that_does_not_answer_brings_every_message_back() {
    let bench = bench();
    bench.store.fail_with(KeyValueError::Unavailable("down".to_owned()));
    let answer = bench.invoke(&sqs(&[("m1", cloud_event("1").to_string())]));
    assert_eq!(answer.status, 503);
}

#[test]
fn a_notification_of_sns_is_the_event_that_it_holds() {
    let bench = bench();
    assert_eq!(bench.invoke(&sns(&cloud_event("1").to_string())).status, 200);
    assert_eq!(bench.invoke(&sns(&event_bridge("2").to_string())).status, 200);
    let ids: Vec<_> = taken(&bench).iter().map(|event| event.id().to_owned()).collect();
    assert_eq!(ids, ["1", "2"]);
    let mut sourceless = cloud_event("3");
    sourceless["source"] = Value::Null;
    let answer = bench.invoke(&sns(&sourceless.to_string()));
    assert_eq!((answer.status, answer.detail()), (400, "event 0: \"source\" is missing"));
}

#[test]
fn whoever_may_invoke_the_function_may_send_events_in_their_own_forms() {
    let bench = bench();
    assert_eq!(bench.invoke(&cloud_event("1")).status, 200);
    assert_eq!(bench.invoke(&json!([cloud_event("2"), cloud_event("3")])).status, 200);
    assert_eq!(bench.receiver.count(), 3);
    assert_eq!(bench.invoke(&json!({ "Records": [] })).body["events"], 0);
}

#[test]
fn what_is_none_of_these_is_refused_with_what_is_read() {
    let bench = bench();
    for event in [
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
        json!({ "Records": [{}] }),
        json!({ "Records": [{ "eventSource": "aws:s3", "s3": {} }] }),
        json!({ "Records": [{ "eventSource": "aws:sqs", "messageId": "1" }] }),
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {} }] }),
        json!({ "Records": [{ "eventSource": "aws:sqs" }, { "EventSource": "aws:sns" }] }),
    ] {
        let answer = bench.invoke(&event);
        assert_eq!(answer.status, 400, "{event}");
        assert!(!answer.detail().is_empty(), "{event}");
    }
    assert_eq!(bench.store.calls(), 0);
}

#[test]
fn nothing_of_the_platform_is_believed_over_http() {
    let open = Bench::with_rules(ONE_RULE);
    for event in [event_bridge("1"), sns("x"), sqs(&[("m1", "x".to_owned())])] {
        let answer = open.post(&[common::JSON], event.to_string());
        assert_eq!(answer.status, 400, "{event}");
    }
}
