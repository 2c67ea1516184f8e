use headgate_events::{Data, Event, EventError, EventErrorKind, EventTime, Json};
use serde::Deserialize;

use super::envelope;

/// A notification of SNS: in `Records[].Sns`, or as the body of a message of SQS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Notification {
    message_id: String,
    topic_arn: String,
    #[serde(default)]
    subject: Option<String>,
    message: String,
    #[serde(default)]
    timestamp: Option<String>,
}

impl Notification {
    /// The events that the notification holds; one of its own when it holds none.
    pub(super) fn events(self) -> Result<Vec<Event>, EventError> {
        match envelope::inner(self.message.as_bytes())? {
            Some(events) => Ok(events),
            None => self.wrapped().map(|event| vec![event]).map_err(EventErrorKind::alone),
        }
    }

    fn wrapped(self) -> Result<Event, EventErrorKind> {
        let event_type = "com.amazonaws.sns.Notification";
        let mut event = wrapped(&self.message_id, &self.topic_arn, event_type, self.message)?;
        if let Some(subject) = self.subject.filter(|subject| !subject.is_empty()) {
            event = event.with_subject(subject)?;
        }
        if let Some(time) = self.timestamp.as_deref().and_then(EventTime::parse) {
            event = event.with_time(time);
        }
        Ok(event)
    }
}

/// Makes an event of a message that is none.
pub(super) fn wrapped(
    id: &str,
    source: &str,
    event_type: &str,
    message: String,
) -> Result<Event, EventErrorKind> {
    let event = Event::new(id, source, event_type)?;
    match Json::parse(message.as_bytes()) {
        Some(json) => event.with_data(Data::Json(json), Some("application/json")),
        None => event.with_data(Data::Text(message), Some("text/plain; charset=utf-8")),
    }
}
