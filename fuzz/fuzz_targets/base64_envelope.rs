//! The text of an envelope's `$content`, however JSON escapes it and however the body is cut, is what the `base64` crate makes of
//! it, or is refused.
//!
//! The input is a byte for the length of the pieces, a byte for which characters are escaped, and the text.

#![no_main]

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use headgate_core::{Body, BodyError};
use headgate_file_relay::content::{self, ContentError, Form, Options};
use headgate_fuzz::now;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [cut, escaped, text @ ..] = input else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut body = String::from(r#"{"$content-type":"a/b","$content":""#);
    for (index, character) in text.chars().enumerate() {
        let is_escaped = escaped.rotate_left(u32::try_from(index % 8).expect("small")) & 1 == 1;
        match character {
            '/' if is_escaped => body.push_str("\\/"),
            '"' | '\\' | '\0'..='\x1f' => write(&mut body, character),
            _ if is_escaped => write(&mut body, character),
            _ => body.push(character),
        }
    }
    body.push_str("\"}");
    let expected = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok();
    assert_eq!(read(body.as_bytes(), usize::from(*cut).max(1)), expected);
});

/// Writes a character as JSON escapes it: one beyond the basic plane as two.
fn write(body: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        write!(body, "\\u{unit:04X}").expect("a text takes everything");
    }
}

fn read(body: &[u8], cut: usize) -> Option<Vec<u8>> {
    let pieces: Vec<_> = body
        .chunks(cut)
        .map(|piece| Ok::<_, BodyError>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = Body::stream(StreamBody::new(stream::iter(pieces)));
    let options = Options { form: Form::Envelope, ..Options::default() };
    let refused = |error: &ContentError| match error {
        ContentError::NotBase64 => None,
        error => panic!("{error}"),
    };
    match now(content::read(&HeaderMap::new(), body, &options)) {
        Err(error) => refused(&error),
        Ok(content) => {
            assert_eq!(content.content_type.as_deref(), Some("a/b"));
            match now(content.body.collect()) {
                Ok(bytes) => Some(bytes.to_bytes().to_vec()),
                Err(error) => refused(ContentError::of(&error).expect("nothing else is wrong")),
            }
        }
    }
}
