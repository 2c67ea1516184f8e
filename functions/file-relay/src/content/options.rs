use std::str::FromStr;

use super::Member;

/// How a file is to be read out of a request's body.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The form that the body has.
    pub form: Form,
    /// Where the file stands in it: a member of a JSON text, or a field of a form.
    pub member: Option<Member>,
    /// The media type of the file, whatever the body says of it.
    pub content_type: Option<String>,
}

/// The form in which a request's body carries a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `multipart/form-data` is a form; `application/json` with a member named, or with an object whose first member is the text
    /// `$content-type` or `$content`, is an envelope; all else is the file itself.
    #[default]
    Auto,
    /// The body is the file.
    Raw,
    /// `{"$content-type": …, "$content": …}`: the media type, and base64 (contracts, Power Platform §4.1).
    Envelope,
    /// `multipart/form-data` (RFC 7578).
    Multipart,
    /// A data URI (RFC 2397): the body itself, or a text in JSON.
    DataUri,
}

/// A word that names no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("form is none of auto, raw, envelope, multipart and data-uri")]
pub struct UnknownForm;

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        match text {
            "auto" => Ok(Self::Auto),
            "raw" => Ok(Self::Raw),
            "envelope" => Ok(Self::Envelope),
            "multipart" => Ok(Self::Multipart),
            "data-uri" => Ok(Self::DataUri),
            _ => Err(UnknownForm),
        }
    }
}
