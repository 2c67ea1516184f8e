use std::time::Duration;

use headgate_core::{LONGEST_VALUE, Moment, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::event::Event;

/// What a value has beside its event, at most: what is known of 32 sinks or rules is 7 KB.
const BESIDE: usize = 16 * 1024;

/// How long an event is left to whoever recorded it before others hand it over.
const LEASE: Duration = Duration::from_secs(10);

/// A function's state, and the events that its changes have caused and that are not handed over yet: the value of *one*
/// key, so that one compare-and-swap changes both or neither.
///
/// The state is JSON. Delete no record that has events: they would be lost.
///
/// ```
/// use headgate_core::Timestamp;
/// use headgate_events::{Event, Recorded};
///
/// let now = Timestamp::from_secs(1_000);
/// let mut recorded = Recorded::new("open");
/// recorded.record(Event::new("1", "/gateway", "com.example.opened")?, now)?;
/// let value = recorded.encode()?; // for KeyValue::compare_and_swap
/// # assert!(!value.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<S> {
    /// The function's state.
    pub state: S,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Pending>,
}

/// An event that waits to be handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) event: Event,
    /// Until when that is left to whoever recorded it.
    pub(super) until: Moment,
}

/// Why a state cannot be recorded or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The event is too long.
    #[error("the event is longer than {most} bytes as JSON")]
    EventTooLong {
        /// How many it may have.
        most: usize,
    },
    /// State and events together are too long.
    #[error("the state and its events are longer than {} bytes as JSON", LONGEST_VALUE)]
    TooLong,
    /// The state has no JSON form, or what is in the store is no such record.
    #[error("the record is not JSON of the expected form: line {}, column {}", .0.line(), .0.column())]
    Json(#[source] serde_json::Error),
}

impl RecordedError {
    /// Whether no store ever takes the record.
    pub(super) const fn is_too_long(&self) -> bool {
        match self {
            Self::EventTooLong { .. } | Self::TooLong => true,
            Self::Json(_) => false,
        }
    }
}

impl<S> Recorded<S> {
    /// Makes a record without events.
    #[must_use]
    pub const fn new(state: S) -> Self {
        Self { state, events: Vec::new() }
    }

    /// Adds an event that a change of the state causes. One that is there already is not added again.
    ///
    /// For ten seconds it is left to the caller to hand over, as [`Outbox::hand_over`](crate::Outbox::hand_over) is told.
    ///
    /// # Errors
    ///
    /// [`RecordedError::EventTooLong`] when the event would fit into no entry of the outbox, in whichever store.
    pub fn record(&mut self, event: Event, now: Timestamp) -> Result<(), RecordedError> {
        check_length(&event, LONGEST_VALUE)?;
        if !self.events.iter().any(|pending| pending.event.is_same_as(&event)) {
            self.events.push(Pending { event, until: now.plus(LEASE).into() });
        }
        Ok(())
    }

    /// The events that are not handed over yet.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|pending| &pending.event)
    }

    /// Whether somebody should hand over what whoever recorded it has not.
    #[must_use]
    pub fn is_left_over(&self, now: Timestamp) -> bool {
        self.events.iter().any(|pending| pending.is_anybodys(now))
    }

    /// Puts another state in the place of this one, and keeps the events.
    #[must_use]
    pub fn with_state<T>(self, state: T) -> Recorded<T> {
        Recorded { state, events: self.events }
    }
}

impl Pending {
    pub(super) fn is_anybodys(&self, now: Timestamp) -> bool {
        self.until.timestamp() <= now
    }
}

impl<S: Serialize> Recorded<S> {
    /// Writes the record as the value of a key.
    ///
    /// # Errors
    ///
    /// [`RecordedError`] when it is too long or the state has no JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, RecordedError> {
        let value = encoded(self)?;
        if value.len() > LONGEST_VALUE {
            return Err(RecordedError::TooLong);
        }
        Ok(value)
    }
}

impl<S: DeserializeOwned> Recorded<S> {
    /// Reads a record from the value of a key.
    ///
    /// # Errors
    ///
    /// [`RecordedError::Json`] when it is not one.
    pub fn decode(value: &[u8]) -> Result<Self, RecordedError> {
        serde_json::from_slice(value).map_err(RecordedError::Json)
    }
}

/// The longest event, as JSON, that a store holds in each of its forms: in what is owed to handlers, on its way to sinks, and
/// as a dead letter. `longest_value` is the store's ([`KeyValue::longest_value`](headgate_core::KeyValue::longest_value)).
#[must_use]
pub const fn longest_event(longest_value: usize) -> usize {
    longest_value.saturating_sub(BESIDE)
}

/// Says whether a store holds the event.
pub(super) fn check_length(event: &Event, longest_value: usize) -> Result<(), RecordedError> {
    let most = longest_event(longest_value);
    match encoded(event)?.len() <= most {
        true => Ok(()),
        false => Err(RecordedError::EventTooLong { most }),
    }
}

fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, RecordedError> {
    serde_json::to_vec(value).map_err(RecordedError::Json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Data, Json};

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn event(id: &str) -> Event {
        Event::new(id, "/s", "t").unwrap()
    }

    #[test]
    fn a_record_without_events_is_little_more_than_its_state() {
        assert_eq!(Recorded::new(3).encode().unwrap(), br#"{"state":3}"#);
        assert_eq!(Recorded::decode(br#"{"state":3}"#).unwrap(), Recorded::new(3));
    }

    #[test]
    fn an_event_is_recorded_once_and_left_to_its_recorder_for_ten_seconds() {
        let mut recorded = Recorded::new(0);
        recorded.record(event("1"), NOW).unwrap();
        recorded.record(event("1"), NOW).unwrap();
        assert_eq!(recorded.events().count(), 1);
        assert!(!recorded.is_left_over(NOW.plus(Duration::from_millis(9_999))));
        assert!(recorded.is_left_over(NOW.plus(LEASE)));
        let read = Recorded::<u8>::decode(&recorded.encode().unwrap()).unwrap();
        assert_eq!(read.events().next(), Some(&event("1")));
    }

    #[test]
    fn what_would_not_fit_is_refused_before_it_is_recorded() {
        let long = format!("\"{}\"", "x".repeat(longest_event(LONGEST_VALUE)));
        let data = Data::Json(Json::parse(long.as_bytes()).unwrap());
        let long = event("1").with_data(data, None).unwrap();
        let mut recorded = Recorded::new(0);
        assert!(matches!(recorded.record(long, NOW), Err(RecordedError::EventTooLong { .. })));
        assert_eq!(recorded.events().count(), 0);
        let state = "x".repeat(LONGEST_VALUE);
        assert!(matches!(Recorded::new(state).encode(), Err(RecordedError::TooLong)));
    }

    #[test]
    fn what_is_too_long_is_told_from_what_cannot_be_read() {
        let state = "x".repeat(LONGEST_VALUE);
        assert!(Recorded::new(state).encode().unwrap_err().is_too_long());
        assert!(RecordedError::EventTooLong { most: 1 }.is_too_long());
        assert!(!Recorded::<u8>::decode(b"x").unwrap_err().is_too_long());
    }
}
