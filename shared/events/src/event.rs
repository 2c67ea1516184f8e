use std::collections::BTreeMap;

use crate::data::Data;
use crate::error::EventErrorKind;
use crate::event_time::EventTime;
use crate::extension::{ExtensionName, ExtensionValue};
use crate::media_type::MediaType;
use crate::text::attribute_text;

/// The most extension attributes: in binary mode each is a header, and hosts take a hundred or so.
const MOST_EXTENSIONS: usize = 64;

/// A CloudEvent 1.0 (contracts §3.7). What it holds has been judged: it can be written in every form of CloudEvents.
///
/// `source` and `id` name it: two events that have both in common are one event, delivered twice.
///
/// As a JSON value it is the structured form, and is read by `serde_json` from text alone.
///
/// ```
/// use headgate_events::{Data, Event, Json};
///
/// let event = Event::new("A234-1234-1234", "/mycontext", "com.example.someevent")?
///     .with_subject("larger-context")?
///     .with_data(Data::Json(Json::parse(b"{\"on\":true}").unwrap()), None)?;
/// assert_eq!(event.subject(), Some("larger-context"));
/// # Ok::<(), headgate_events::EventErrorKind>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    id: String,
    source: String,
    event_type: String,
    subject: Option<String>,
    time: Option<EventTime>,
    data_content_type: Option<String>,
    data_schema: Option<String>,
    extensions: BTreeMap<ExtensionName, ExtensionValue>,
    data: Data,
}

impl Event {
    /// Makes an event with the attributes that every event has.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when one of them is empty or holds control characters.
    pub fn new(
        id: impl Into<String>,
        source: impl Into<String>,
        event_type: impl Into<String>,
    ) -> Result<Self, EventErrorKind> {
        Ok(Self {
            id: attribute_text("id", id)?,
            source: attribute_text("source", source)?,
            event_type: attribute_text("type", event_type)?,
            subject: None,
            time: None,
            data_content_type: None,
            data_schema: None,
            extensions: BTreeMap::new(),
            data: Data::None,
        })
    }

    /// Says what in its source the event is about.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when it is empty or holds control characters.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Result<Self, EventErrorKind> {
        self.subject = Some(attribute_text("subject", subject)?);
        Ok(self)
    }

    /// Says when it happened.
    #[must_use]
    pub fn with_time(mut self, time: impl Into<EventTime>) -> Self {
        self.time = Some(time.into());
        self
    }

    /// Says where the data's schema is.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when it is empty or holds control characters.
    pub fn with_data_schema(mut self, schema: impl Into<String>) -> Result<Self, EventErrorKind> {
        self.data_schema = Some(attribute_text("dataschema", schema)?);
        Ok(self)
    }

    /// Puts the data in, with its media type; JSON may go without one.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when the media type is none or says something else than the data's form.
    pub fn with_data(
        mut self,
        data: Data,
        content_type: Option<&str>,
    ) -> Result<Self, EventErrorKind> {
        let media_type = match content_type {
            Some(text) => Some(MediaType::parse(text).ok_or(EventErrorKind::NotMediaType)?),
            None => None,
        };
        let is_json = media_type.is_none_or(|media_type| media_type.is_json());
        match &data {
            Data::Json(_) if !is_json => return Err(EventErrorKind::DataNotText),
            Data::Text(_) if is_json => return Err(EventErrorKind::TextAsJson),
            Data::None | Data::Json(_) | Data::Text(_) | Data::Bytes(_) => {}
        }
        self.data = data;
        self.data_content_type = content_type.map(str::to_owned);
        Ok(self)
    }

    /// Adds an extension attribute, in the place of the one that had its name.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when the value holds control characters, or when there would be more than 64 of them.
    pub fn with_extension(
        mut self,
        name: ExtensionName,
        value: ExtensionValue,
    ) -> Result<Self, EventErrorKind> {
        if !value.is_allowed() {
            return Err(EventErrorKind::Characters { name: name.as_str().into() });
        }
        self.extensions.insert(name, value);
        if self.extensions.len() > MOST_EXTENSIONS {
            return Err(EventErrorKind::TooManyExtensions { most: MOST_EXTENSIONS });
        }
        Ok(self)
    }

    /// Adds what Headgate itself says about the event, beyond the limit that others have.
    pub(crate) fn annotated(mut self, name: ExtensionName, value: ExtensionValue) -> Self {
        self.extensions.insert(name, value);
        self
    }

    /// The event's id; unique within its source.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it happened: a URI reference.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What kind of thing happened: the attribute `type`.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// What in its source the event is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// When it happened.
    #[must_use]
    pub const fn time(&self) -> Option<&EventTime> {
        self.time.as_ref()
    }

    /// The media type of the data: the attribute `datacontenttype`.
    #[must_use]
    pub fn data_content_type(&self) -> Option<&str> {
        self.data_content_type.as_deref()
    }

    /// Where the data's schema is: the attribute `dataschema`.
    #[must_use]
    pub fn data_schema(&self) -> Option<&str> {
        self.data_schema.as_deref()
    }

    /// The extension attribute of this name.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&ExtensionValue> {
        self.extensions.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }

    /// The extension attributes, by name.
    pub fn extensions(&self) -> impl Iterator<Item = (&ExtensionName, &ExtensionValue)> {
        self.extensions.iter()
    }

    /// What the event carries.
    #[must_use]
    pub const fn data(&self) -> &Data {
        &self.data
    }

    /// Whether the other is the same event: source and id are what names one.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.id == other.id && self.source == other.source
    }
}
