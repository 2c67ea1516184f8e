use std::error::Error;

use headgate_core::BodyError;

/// Why no file can be read out of a request's body.
///
/// What is found while the file goes through stands in the error of [`Content::body`](super::Content::body):
/// [`of`](Self::of) finds it there. No text of it holds anything of the body.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The request says that its body is compressed.
    #[error("the body has a content encoding: send it without")]
    Encoded,
    /// A member is named, and the body has none.
    #[error("a member is named, but the body is neither JSON nor multipart/form-data")]
    MemberUnused,
    /// A media type that no header can carry, or one that is too long.
    #[error("the content type is no media type of at most 255 visible characters")]
    TypeMalformed,

    /// No `multipart/form-data` with a boundary.
    #[error(
        "the request's content type is no multipart/form-data with a boundary of 1 to 70 characters"
    )]
    NotMultipart,
    /// A part has headers of more than 16 KiB.
    #[error("a part's headers are longer than 16 KiB")]
    PartHeaderTooLong,
    /// A part's headers, or what stands after a boundary, cannot be read.
    #[error("a part has no headers as RFC 7578 writes them")]
    PartHeaderMalformed,
    /// The file's part is encoded.
    #[error("the file's part has a Content-Transfer-Encoding: send it without (RFC 7578 §4.7)")]
    PartEncoded,
    /// The body ends before its last boundary.
    #[error("the multipart body ends before its last boundary")]
    MultipartCut,
    /// No part is the file.
    #[error("no part of the multipart body has a file name, or the name that member says")]
    PartMissing,
    /// Two parts are the file.
    #[error(
        "two parts of the multipart body are files: name one with member, or send them one by one"
    )]
    PartTwice,

    /// No JSON, or JSON that is nested too deeply.
    #[error("the body is no JSON text (RFC 8259), or nested more than 64 deep")]
    NotJson,
    /// What stands where the file should is neither an envelope nor a data URI.
    #[error(
        "there is no {{\"$content-type\": …, \"$content\": …}} of two texts, nor a data URI, where the file should be"
    )]
    NoEnvelope,
    /// The JSON text has no such member.
    #[error("the JSON text has no member of the name that member says")]
    MemberMissing,
    /// A member that counts is there twice.
    #[error("the JSON text has the file, its $content or its $content-type twice")]
    MemberTwice,
    /// An envelope that was not asked for has more members than an envelope has.
    #[error(
        "the JSON text has other members beside its $content: say form=envelope to leave them out, or form=raw to carry the text as it is"
    )]
    MemberBeside,
    /// The media type stands behind more content than is held back for it.
    #[error(
        "$content-type does not come before the content's first 64 KiB: put it first, or say the content type in the query"
    )]
    TypeLate,

    /// No base64.
    #[error(
        "the content is no base64 (RFC 4648 §4): send the standard alphabet, without line breaks"
    )]
    NotBase64,
    /// No data URI.
    #[error("the text is no data URI (RFC 2397), or has characters that must be percent-encoded")]
    NotDataUri,

    /// The body broke off before the file began.
    #[error(transparent)]
    Unreadable(#[from] BodyError),
}

impl ContentError {
    /// Finds what is wrong with a request's body in the error that reading it gave.
    #[must_use]
    pub fn of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut error = Some(error);
        while let Some(one) = error {
            if let Some(found) = one.downcast_ref() {
                return Some(found);
            }
            error = one.source();
        }
        None
    }
}
