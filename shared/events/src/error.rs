use std::fmt;

use http::StatusCode;

/// Why a message holds no event, and which of its events is at fault.
///
/// It prints as `event 2: "source" is empty`; the events of an array are counted from 0. No text of it shows a value of
/// an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError {
    /// The event's place in its array; `None` when the message is not an array, or is wrong as a whole.
    pub index: Option<usize>,
    /// What is wrong with it.
    pub kind: EventErrorKind,
}

impl EventError {
    /// The status for the sender: 415 for a format that is not read, 400 for everything else.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.kind {
            EventErrorKind::FormatUnknown => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            EventErrorKind::ContentTypeTwice
            | EventErrorKind::ContentTypeHeader
            | EventErrorKind::NoEvent
            | EventErrorKind::NotJson { .. }
            | EventErrorKind::NotObject
            | EventErrorKind::NotArray
            | EventErrorKind::MemberTwice { .. }
            | EventErrorKind::HeaderTwice { .. }
            | EventErrorKind::HeaderEncoding { .. }
            | EventErrorKind::Missing { .. }
            | EventErrorKind::Empty { .. }
            | EventErrorKind::NotString { .. }
            | EventErrorKind::Characters { .. }
            | EventErrorKind::SpecVersion
            | EventErrorKind::NotTime { .. }
            | EventErrorKind::NotMediaType
            | EventErrorKind::Name { .. }
            | EventErrorKind::ExtensionType { .. }
            | EventErrorKind::TooManyExtensions { .. }
            | EventErrorKind::DataTwice
            | EventErrorKind::DataNotText
            | EventErrorKind::TextAsJson
            | EventErrorKind::DataNotBase64
            | EventErrorKind::DataNotJson => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(formatter, "event {index}: ")?;
        }
        self.kind.fmt(formatter)
    }
}

impl std::error::Error for EventError {}

/// A member's or a header's name as an error shows it: quoted, and cut after 64 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member(String);

const LONGEST_MEMBER: usize = 64;

impl From<&str> for Member {
    fn from(name: &str) -> Self {
        Self(name.chars().take(LONGEST_MEMBER).collect())
    }
}

impl fmt::Display for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation; the fields are names")]
pub enum EventErrorKind {
    // The message.
    #[error(
        "the content type names an event format that is not read; send application/cloudevents+json or \
         application/cloudevents-batch+json"
    )]
    FormatUnknown,
    #[error("the header content-type is there twice")]
    ContentTypeTwice,
    #[error("the header ce-datacontenttype may not be sent; the data's type is content-type")]
    ContentTypeHeader,
    #[error(
        "there is no event: send content-type application/cloudevents+json, or ce- headers, or an array in the Event \
         Grid schema"
    )]
    NoEvent,
    #[error("the body is not JSON: see line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("an event must be a JSON object")]
    NotObject,
    #[error("a batch must be a JSON array")]
    NotArray,

    // Members and headers.
    #[error("{name} is there twice")]
    MemberTwice { name: Member },
    #[error("the header {name} is there twice")]
    HeaderTwice { name: Member },
    #[error("the header {name} is not UTF-8 once its percent-encoding is undone")]
    HeaderEncoding { name: Member },
    #[error("{name} is missing")]
    Missing { name: Member },
    #[error("{name} is empty")]
    Empty { name: Member },
    #[error("{name} must be a string")]
    NotString { name: Member },
    #[error("{name} holds a control character or a noncharacter")]
    Characters { name: Member },
    #[error("\"specversion\" must be \"1.0\"")]
    SpecVersion,
    #[error("{name} must be an RFC 3339 time, as 2025-04-02T00:47:48.8269769Z")]
    NotTime { name: Member },
    #[error("\"datacontenttype\" must be a media type, as application/json")]
    NotMediaType,
    #[error("{name} is no name for an extension attribute: use a to z and 0 to 9")]
    Name { name: Member },
    #[error("{name} must be a string, a boolean or a 32-bit integer")]
    ExtensionType { name: Member },
    #[error("there are more than {most} extension attributes")]
    TooManyExtensions { most: usize },

    // Data.
    #[error("\"data\" and \"data_base64\" exclude each other")]
    DataTwice,
    #[error("\"data\" must be a string, because \"datacontenttype\" is not JSON")]
    DataNotText,
    #[error("text needs a \"datacontenttype\" that is not JSON")]
    TextAsJson,
    #[error("\"data_base64\" must be base64")]
    DataNotBase64,
    #[error("the data is not JSON, which its content type says that it is")]
    DataNotJson,
}

impl EventErrorKind {
    /// Says that it is wrong with a message that holds one event, or with a message as a whole.
    #[must_use]
    pub const fn alone(self) -> EventError {
        EventError { index: None, kind: self }
    }

    /// Says in which event of an array it is wrong.
    #[must_use]
    pub const fn at(self, index: usize) -> EventError {
        EventError { index: Some(index), kind: self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_event_and_the_member() {
        let empty = EventErrorKind::Empty { name: "source".into() };
        assert_eq!(empty.clone().at(2).to_string(), "event 2: \"source\" is empty");
        assert_eq!(empty.alone().to_string(), "\"source\" is empty");
    }

    #[test]
    fn a_name_from_outside_is_quoted_and_cut() {
        let member = Member::from(format!("a\n{}", "b".repeat(100)).as_str()).to_string();
        assert!(member.starts_with("\"a\\nb"), "{member}");
        assert_eq!(member.len(), 64 + 3);
    }
}
