//! Reads a file out of the body of a request, whatever form it comes in (contracts, Power Platform §4.1).
//!
//! [`read`] gives a [`Content`], whose body is a stream: whatever the length, it holds some 64 KiB at the most. The forms are those
//! of [`Form`]; which one a request has is said by [`Options`] and its `Content-Type`. A file is never re-encoded: what is no
//! form goes through as it is.
//!
//! A stream ends only when the whole body was in order: a JSON text that breaks off behind its content, or a last boundary that is
//! missing, is an error of the stream, which [`ContentError::of`] finds. Whoever reads it must read it to its end before
//! the file is put in its place.

mod ahead;
mod base64_stream;
mod data_uri;
mod decode;
mod decoding;
mod disposition;
mod envelope;
mod error;
mod json_scanner;
mod member;
mod multipart;
mod options;
mod pieces;
mod source;

use std::future::poll_fn;

use headgate_core::{Body, BodyError};
use http::HeaderMap;
use http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName,
};
use http_body::Body as _;

use self::data_uri::DataUri;
use self::decode::media_type;
use self::decoding::decode;
use self::disposition::Disposition;
use self::envelope::{Beginning, Envelope, Wanted};
use self::multipart::Multipart;
use self::source::{PIECE, Source};

pub use error::ContentError;
pub use member::{Member, MemberError};
pub use options::{Form, Options, UnknownForm};

/// A file, as a request carries it.
#[derive(Debug)]
pub struct Content {
    /// The media type that was said of it.
    pub content_type: Option<String>,
    /// Its name, without folders: a part's `filename`, or that of the request's `Content-Disposition`.
    pub name: Option<String>,
    /// In bytes, where it is known before the end: for the file itself, and for a small body in any form.
    pub length: Option<u64>,
    /// Its bytes. An error of it is a [`ContentError`] that [`ContentError::of`] finds, or the request's own.
    pub body: Body,
}

/// Reads a file out of a request's body, to where the file begins.
///
/// # Errors
///
/// A [`ContentError`] for what is wrong up to there; what is wrong behind is an error of [`Content::body`].
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    options: &Options,
) -> Result<Content, ContentError> {
    if text(headers, &CONTENT_ENCODING)
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(ContentError::Encoded);
    }
    let given = options.content_type.as_deref().map(media_type).transpose()?;
    let member = options.member.as_ref();
    let path = member.map(Member::path).unwrap_or_default();
    let short = said_length(headers, &body).is_some_and(|length| length <= PIECE as u64);
    match choose(headers, options)? {
        Chosen::Raw => raw(headers, body, given),
        Chosen::Json(wanted) => {
            decode(Source::new(body), Envelope::new(wanted, path, given), short).await
        }
        Chosen::DataUri => decode(Source::new(body), DataUri::new(given), short).await,
        Chosen::Multipart(boundary) => {
            let field = member.map(|member| member.field().to_owned());
            decode(Source::new(body), Multipart::new(&boundary, field, given), short).await
        }
        Chosen::EnvelopeOrRaw => {
            let length = body.size_hint().exact();
            let mut source = Source::new(body);
            if is_envelope(&mut source).await? {
                return decode(source, Envelope::new(Wanted::EnvelopeAlone, &[], given), short)
                    .await;
            }
            let content = raw(headers, Body::stream(source), given)?;
            Ok(Content { length: content.length.or(length), ..content })
        }
    }
}

/// How a body is read.
#[derive(Debug, PartialEq, Eq)]
enum Chosen {
    Raw,
    /// What it begins with decides.
    EnvelopeOrRaw,
    Json(Wanted),
    DataUri,
    Multipart(String),
}

fn choose(headers: &HeaderMap, options: &Options) -> Result<Chosen, ContentError> {
    let content_type = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json");
    let is_multipart = kind.eq_ignore_ascii_case("multipart/form-data");
    let multipart = || {
        let boundary = multipart::boundary(content_type).ok_or(ContentError::NotMultipart)?;
        Ok(Chosen::Multipart(boundary))
    };
    match (options.form, options.member.is_some()) {
        (Form::Multipart, _) => multipart(),
        (Form::Auto, _) if is_multipart => multipart(),
        (Form::Envelope, _) => Ok(Chosen::Json(Wanted::Envelope)),
        (Form::DataUri, true) => Ok(Chosen::Json(Wanted::DataUri)),
        (Form::DataUri, false) if is_json => Ok(Chosen::Json(Wanted::DataUri)),
        (Form::DataUri, false) => Ok(Chosen::DataUri),
        (Form::Auto, true) if is_json => Ok(Chosen::Json(Wanted::Either)),
        (Form::Auto | Form::Raw, true) => Err(ContentError::MemberUnused),
        (Form::Auto, false) if is_json => Ok(Chosen::EnvelopeOrRaw),
        (Form::Auto | Form::Raw, false) => Ok(Chosen::Raw),
    }
}

fn raw(headers: &HeaderMap, body: Body, given: Option<String>) -> Result<Content, ContentError> {
    let said = || text(headers, &CONTENT_TYPE).map(media_type).transpose();
    let content_type = if given.is_some() { given } else { said()? };
    let disposition = text(headers, &CONTENT_DISPOSITION).and_then(Disposition::read);
    let name = disposition.and_then(|said| said.file_name).filter(|name| !name.is_empty());
    let length = said_length(headers, &body);
    Ok(Content { content_type, name, length, body })
}

/// How long the body is, as the request or the host says it.
fn said_length(headers: &HeaderMap, body: &Body) -> Option<u64> {
    let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
    length.or_else(|| body.size_hint().exact())
}

/// Looks at the first 64 KiB at the most, and leaves the source as it was.
async fn is_envelope(source: &mut Source) -> Result<bool, BodyError> {
    let (mut beginning, mut seen, mut length) = (Beginning::new(), Vec::new(), 0);
    let mut found = None;
    while found.is_none() && length < PIECE {
        let Some(piece) = poll_fn(|context| source.poll_piece(context)).await.transpose()? else {
            break;
        };
        length += piece.len();
        found = beginning.is_envelope(piece.clone());
        seen.push(piece);
    }
    source.take_back(seen);
    Ok(found.unwrap_or(false))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests;
