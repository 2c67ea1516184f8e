use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

/// How a request carries a file (contracts, Power Platform §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Raw,
    Envelope,
    /// The envelope as a member of a JSON object.
    Nested,
    Multipart,
    DataUri,
    /// A data URI as a member of a JSON object.
    NestedDataUri,
}

const TYPE: &str = "application/octet-stream";
const BOUNDARY: &str = "----of-the-test";

impl Form {
    pub(crate) const ALL: [Self; 6] = [
        Self::Raw,
        Self::Envelope,
        Self::Nested,
        Self::Multipart,
        Self::DataUri,
        Self::NestedDataUri,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Envelope => "envelope",
            Self::Nested => "nested",
            Self::Multipart => "multipart",
            Self::DataUri => "data-uri",
            Self::NestedDataUri => "nested-data-uri",
        }
    }

    pub(crate) const fn query(self) -> &'static str {
        match self {
            Self::Raw | Self::Envelope | Self::Multipart => "",
            Self::Nested => "?member=/body/file",
            Self::DataUri => "?form=data-uri",
            Self::NestedDataUri => "?form=data-uri&member=file",
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Raw => TYPE,
            Self::Envelope | Self::Nested | Self::NestedDataUri => "application/json",
            Self::Multipart => "multipart/form-data; boundary=----of-the-test",
            Self::DataUri => "text/plain",
        }
    }

    /// Whether the file's length is known before its end, however long it is.
    pub(crate) fn says_length(self) -> bool {
        self == Self::Raw
    }

    pub(crate) fn body(self, content: &Bytes) -> Bytes {
        let base64 = || STANDARD.encode(content);
        // Its type comes first, as Power Automate writes it.
        let envelope = || format!(r#"{{"$content-type":"{TYPE}","$content":"{}"}}"#, base64());
        let uri = || format!("data:{TYPE};base64,{}", base64());
        match self {
            Self::Raw => content.clone(),
            Self::Envelope => envelope().into(),
            Self::Nested => {
                format!(r#"{{"a":[1,"$content"],"body":{{"file":{},"z":null}}}}"#, envelope())
                    .into()
            }
            Self::Multipart => {
                let mut body = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nNothing changed.\r\n\
                     --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\
                     Content-Type: {TYPE}\r\n\r\n"
                )
                .into_bytes();
                body.extend_from_slice(content);
                body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
                body.into()
            }
            Self::DataUri => uri().into(),
            Self::NestedDataUri => json!({ "file": uri() }).to_string().into(),
        }
    }
}
