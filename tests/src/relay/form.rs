use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// How a request carries a file (contracts, Power Platform §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The body is the file.
    Raw,
    /// `$content-type` and `$content`.
    Envelope,
    /// The envelope as a member of a JSON object.
    Nested,
    /// A part of a form that has others.
    Multipart,
    /// The body is a data URI.
    DataUri,
    /// A data URI as a member of a JSON object.
    NestedDataUri,
}

/// What is around a file in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// What comes before it.
    pub before: String,
    /// Whether it is in base64.
    pub in_base64: bool,
    /// What comes after it.
    pub after: String,
}

const TYPE: &str = "application/octet-stream";
const BOUNDARY: &str = "----of-the-test";

impl Form {
    /// All that there are.
    pub const ALL: [Self; 6] = [
        Self::Raw,
        Self::Envelope,
        Self::Nested,
        Self::Multipart,
        Self::DataUri,
        Self::NestedDataUri,
    ];

    /// A name for files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Envelope => "envelope",
            Self::Nested => "nested",
            Self::Multipart => "multipart",
            Self::DataUri => "data-uri",
            Self::NestedDataUri => "nested-data-uri",
        }
    }

    /// The query that a push of it needs.
    #[must_use]
    pub const fn query(self) -> &'static str {
        match self {
            Self::Raw | Self::Envelope | Self::Multipart => "",
            Self::Nested => "?member=/body/file",
            Self::DataUri => "?form=data-uri",
            Self::NestedDataUri => "?form=data-uri&member=file",
        }
    }

    /// The request's content type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Raw => TYPE,
            Self::Envelope | Self::Nested | Self::NestedDataUri => "application/json",
            Self::Multipart => "multipart/form-data; boundary=----of-the-test",
            Self::DataUri => "text/plain",
        }
    }

    /// Whether the file's length is known before its end, however long it is.
    #[must_use]
    pub fn says_length(self) -> bool {
        self == Self::Raw
    }

    /// What is around the file.
    #[must_use]
    pub fn wrapped(self) -> Wrapped {
        // Its type comes first, as Power Automate writes it.
        let envelope = format!(r#"{{"$content-type":"{TYPE}","$content":""#);
        let uri = format!("data:{TYPE};base64,");
        let (before, after) = match self {
            Self::Raw => (String::new(), String::new()),
            Self::Envelope => (envelope, "\"}".to_owned()),
            Self::Nested => (
                format!(r#"{{"a":[1,"$content"],"body":{{"file":{envelope}"#),
                r#""},"z":null}}"#.to_owned(),
            ),
            Self::Multipart => (
                format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nNothing changed.\r\n\
                     --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\
                     Content-Type: {TYPE}\r\n\r\n"
                ),
                format!("\r\n--{BOUNDARY}--\r\n"),
            ),
            Self::DataUri => (uri, String::new()),
            Self::NestedDataUri => (format!("{{\"file\":\"{uri}"), "\"}".to_owned()),
        };
        let in_base64 = !matches!(self, Self::Raw | Self::Multipart);
        Wrapped { before, in_base64, after }
    }

    /// A body that carries this file.
    #[must_use]
    pub fn body(self, content: &Bytes) -> Bytes {
        let Wrapped { before, in_base64, after } = self.wrapped();
        match in_base64 {
            _ if self == Self::Raw => content.clone(),
            true => [before, STANDARD.encode(content), after].concat().into(),
            false => [before.as_bytes(), content, after.as_bytes()].concat().into(),
        }
    }
}
