//! A file that is written into a form comes out of it as it was, whatever it holds, wherever it stands and however the body is cut.
//!
//! The input is a byte for the length of the pieces, one for how many parts stand before the file, one for how long the boundary is,
//! the boundary, and the file.

#![no_main]

use bytes::Bytes;
use futures_util::stream;
use headgate_core::{Body, BodyError};
use headgate_file_relay::content::{self, Options};
use headgate_fuzz::now;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [cut, before, length, rest @ ..] = input else { return };
    let Some((boundary, file)) = rest.split_at_checked(usize::from(length % 70) + 1) else {
        return;
    };
    let Ok(boundary) = std::str::from_utf8(boundary) else { return };
    // RFC 2046 §5.1.1, without what has to be quoted.
    if !boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'+_-.".contains(&byte)) {
        return;
    }
    let delimiter = format!("\r\n--{boundary}");
    // Nobody may choose a boundary that is in the file.
    let whole = [file, delimiter.as_bytes()].concat();
    let first = whole.windows(delimiter.len()).position(|window| window == delimiter.as_bytes());
    if first != Some(file.len()) {
        return;
    }
    let mut body = format!("--{boundary}");
    for number in 0..before % 4 {
        body +=
            &format!("\r\nContent-Disposition: form-data; name=\"{number}\"\r\n\r\na{delimiter}");
    }
    body += "\r\ncontent-disposition: form-data; name=f; filename=\"a b.txt\"\r\nContent-Type: a/b\r\n\r\n";
    let end = format!("{delimiter}--\r\n");
    let body = [body.as_bytes(), file, end.as_bytes()].concat();
    for cut in [usize::from(*cut).max(1), body.len()] {
        assert_eq!(read(boundary, &body, cut), file);
    }
});

fn read(boundary: &str, body: &[u8], cut: usize) -> Vec<u8> {
    let pieces: Vec<_> = body
        .chunks(cut)
        .map(|piece| Ok::<_, BodyError>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = Body::stream(StreamBody::new(stream::iter(pieces)));
    let kind = format!("multipart/form-data; boundary=\"{boundary}\"");
    let headers: HeaderMap =
        [(CONTENT_TYPE, kind.parse().expect("a header"))].into_iter().collect();
    let content = now(content::read(&headers, body, &Options::default())).expect("a file");
    assert_eq!(content.name.as_deref(), Some("a b.txt"));
    assert_eq!(content.content_type.as_deref(), Some("a/b"));
    now(content.body.collect()).expect("all of it").to_bytes().to_vec()
}
