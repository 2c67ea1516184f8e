use headgate_events::{Event, EventError, EventErrorKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wrapped::{Notification, wrapped};
use super::{Invocation, QueueMessage, envelope};
use crate::refusal::Refusal;

/// A record of SQS or SNS; SNS spells its source with a capital.
#[derive(Deserialize)]
struct Source {
    #[serde(alias = "EventSource", rename = "eventSource")]
    event_source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SqsRecord {
    message_id: String,
    body: String,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
}

#[derive(Deserialize)]
struct SnsRecord {
    #[serde(rename = "Sns")]
    sns: Notification,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Sqs,
    Sns,
}

/// Reads `Records`, which are all of one service.
pub(super) fn read(records: &[&RawValue]) -> Result<Invocation, Refusal> {
    let unknown = Refusal::PlatformEventUnknown;
    let mut services = records.iter().map(|record| service(record));
    let Some(first) = services.next() else { return Ok(Invocation::Events(Vec::new())) };
    let first = first?;
    for service in services {
        if service? != first {
            return Err(unknown("Records must all come from one service"));
        }
    }
    match first {
        Service::Sqs => {
            let messages = records.iter().map(|record| message(record));
            let messages: Option<_> = messages.collect();
            messages.map(Invocation::Queue).ok_or(unknown(
                "a record of SQS needs the members messageId, body and eventSourceARN as text",
            ))
        }
        Service::Sns => {
            let mut events = Vec::new();
            for (index, record) in records.iter().enumerate() {
                let record: SnsRecord = serde_json::from_str(record.get()).map_err(|_| {
                    unknown("a record of SNS needs the members Sns.MessageId, Sns.TopicArn and Sns.Message as text")
                })?;
                let found = record.sns.events();
                events.extend(found.map_err(|error| EventError { index: Some(index), ..error })?);
            }
            Ok(Invocation::Events(events))
        }
    }
}

fn service(record: &RawValue) -> Result<Service, Refusal> {
    let source = serde_json::from_str::<Source>(record.get()).ok();
    match source.as_ref().map(|source| source.event_source.as_str()) {
        Some("aws:sqs") => Ok(Service::Sqs),
        Some("aws:sns") => Ok(Service::Sns),
        Some(_) | None => Err(Refusal::PlatformEventUnknown(
            "Records are read of aws:sqs and aws:sns alone; let other services send through EventBridge",
        )),
    }
}

fn message(record: &RawValue) -> Option<QueueMessage> {
    let record: SqsRecord = serde_json::from_str(record.get()).ok()?;
    let id = record.message_id.clone();
    Some(QueueMessage { id, events: message_events(record) })
}

fn message_events(record: SqsRecord) -> Result<Vec<Event>, EventError> {
    match envelope::events(record.body.as_bytes())? {
        Some(events) => Ok(events),
        None => {
            let event_type = "com.amazonaws.sqs.Message";
            wrapped(&record.message_id, &record.event_source_arn, event_type, record.body)
                .map(|event| vec![event])
                .map_err(EventErrorKind::alone)
        }
    }
}
