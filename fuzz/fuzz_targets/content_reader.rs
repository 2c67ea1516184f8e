//! Whatever a request carries, the file that is read out of it is the same however the body is cut, and is what its form says: or
//! it is refused with a reason.
//!
//! The input is a byte for the form, a byte for the length of the pieces, lines of headers, an empty line, and the body.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use headgate_core::{Body, BodyError};
use headgate_file_relay::content::{self, Content, ContentError, Form, Member, Options};
use headgate_fuzz::{message, now};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let [form, length, rest @ ..] = input else { return };
    let Some((headers, body)) = message(rest) else { return };
    let (form, member) = match form % 8 {
        0 => (Form::Auto, None),
        1 => (Form::Raw, None),
        2 => (Form::Envelope, None),
        3 => (Form::Multipart, None),
        4 => (Form::DataUri, None),
        5 => (Form::Auto, Some("/a/f")),
        6 => (Form::Envelope, Some("f")),
        _ => (Form::DataUri, Some("f")),
    };
    let member = member.map(|member| Member::new(member).expect("it is one"));
    let options = Options { form, member, content_type: None };
    let whole = read(&headers, body, body.len(), &options);
    let cut = read(&headers, body, usize::from(*length), &options);
    // Of two things that are wrong, either may be seen first.
    assert_eq!(whole.as_ref().ok(), cut.as_ref().ok());
    let Ok((content_type, _, file)) = whole else { return };
    if form == Form::Raw {
        assert_eq!(file, body);
    }
    if form == Form::Envelope
        && let Ok(json) = serde_json::from_slice::<Value>(body)
    {
        let envelope = if options.member.is_some() { &json["f"] } else { &json };
        let text = envelope["$content"].as_str().expect("it was read");
        let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text));
        assert_eq!(decoded.as_ref(), Ok(&file));
        assert_eq!(envelope["$content-type"].as_str().map(str::trim), content_type.as_deref());
    }
});

/// What was said of a file, and its bytes.
type Read = (Option<String>, Option<String>, Vec<u8>);

fn read(headers: &HeaderMap, body: &[u8], cut: usize, options: &Options) -> Result<Read, String> {
    let pieces: Vec<_> = body
        .chunks(cut.max(1))
        .map(|piece| Ok::<_, BodyError>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = Body::stream(StreamBody::new(stream::iter(pieces)));
    let content = now(content::read(headers, body, options)).map_err(|error| error.to_string())?;
    let Content { content_type, name, body, .. } = content;
    match now(body.collect()) {
        Ok(bytes) => Ok((content_type, name, bytes.to_bytes().to_vec())),
        Err(error) => {
            let error = ContentError::of(&error).expect("nothing else is wrong with it");
            Err(error.to_string())
        }
    }
}
