//! Events as AWS hands them to a Lambda function: pure.
//!
//! The shapes: "AWS service event metadata" of the EventBridge user guide (docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html),
//! "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source in Lambda"
//! (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, services-sqs-errorhandling.html), and "Invoking Lambda functions
//! with Amazon SNS notifications" (docs.aws.amazon.com/lambda/latest/dg/with-sns.html).

mod envelope;
mod event_bridge;
mod records;
mod wrapped;

use headgate_events::{Event, EventError};

use crate::refusal::Refusal;
use envelope::Envelope;

/// What an invocation brings.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// Events, which are taken all or not at all: of EventBridge, of SNS, or of whoever invoked the function.
    Events(Vec<Event>),
    /// Messages of SQS, of which each is taken or not.
    Queue(Vec<QueueMessage>),
}

/// A message of SQS.
#[derive(Clone, Debug)]
pub struct QueueMessage {
    /// Its `messageId`, by which a failure is reported.
    pub id: String,
    /// What it holds.
    pub events: Result<Vec<Event>, EventError>,
}

/// Reads what invoked the function.
///
/// EventBridge's envelope becomes an event of its `source` and `detail-type`. A message of SQS or SNS that holds an event
/// in a form that this function knows, EventBridge's and SNS's among them, is that event; any other is wrapped as
/// `com.amazonaws.sqs.Message` or `com.amazonaws.sns.Notification`.
///
/// # Errors
///
/// [`Refusal`] when it is none of these; a message of SQS that holds no good event is reported in its place.
pub fn read_invocation(body: &[u8]) -> Result<Invocation, Refusal> {
    if let Some(envelope) = Envelope::read(body)
        && let Some(records) = envelope.records
    {
        return records::read(&records);
    }
    match envelope::events(body)? {
        Some(events) => Ok(Invocation::Events(events)),
        None => Err(Refusal::PlatformEventUnknown(
            "the event is none of EventBridge, SQS, SNS, CloudEvents or the Event Grid schema",
        )),
    }
}
