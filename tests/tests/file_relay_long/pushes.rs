use std::convert::Infallible;
use std::fs;
use std::iter::once;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use headgate_tests::host::RUNTIME;
use headgate_tests::relay::{Carrier, Form, Wrapped, exchange};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{Method, Request};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::Value;

use crate::instance::Instance;
use crate::legs::has_arrived;
use crate::long_file::LongFile;
use crate::stop::{Role, Stop};
use crate::table::Table;

/// Sends the long file in every form, one after the other; each is taken away before the next.
pub(crate) fn every_form(
    instance: &Instance,
    to: &Stop,
    (small, long): (LongFile, LongFile),
    digests: &[String; 2],
    table: &Table,
) {
    for form in Form::ALL {
        let (name, what) = (form.name(), format!("push as {} → {}", form.name(), to.name()));
        has_arrived(&push(&instance.carrier, form, small, "small"), small, &digests[0]);
        let sent = length(form, long);
        let receipt =
            table.row(&what, sent, instance, || push(&instance.carrier, form, long, name));
        has_arrived(&receipt, long, &digests[1]);
        assert_eq!(to.sha256(name), digests[1], "{what}");
        if let Stop::Server(_, server) = to {
            let folder = server.on_disk().unwrap();
            fs::remove_file(folder.join(name)).unwrap();
        }
    }
}

fn length(form: Form, file: LongFile) -> u64 {
    let Wrapped { before, in_base64, after } = form.wrapped();
    let length = if in_base64 { file.length.div_ceil(3) * 4 } else { file.length };
    (before.len() + after.len()) as u64 + length
}

/// Sends a file in a form; gives the receipt.
fn push(carrier: &Carrier, form: Form, file: LongFile, name: &str) -> Value {
    let Wrapped { before, in_base64, after } = form.wrapped();
    let pieces = file.pieces(0..file.length);
    let pieces = pieces.map(move |piece| match in_base64 {
        true => Bytes::from(STANDARD.encode(&piece)),
        false => piece,
    });
    let pieces = once(Bytes::from(before)).chain(pieces).chain(once(Bytes::from(after)));
    let pieces = pieces.filter(|piece| !piece.is_empty());
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let query = form.query();
    let and = if query.is_empty() { "?" } else { "&" };
    let uri = format!("/to/{}/{name}{query}{and}conflict=replace", Role::Destination.name());
    let request = Request::put(uri)
        .header(CONTENT_TYPE, form.content_type())
        .header(CONTENT_LENGTH, length(form, file))
        .body(StreamBody::new(stream::iter(frames)))
        .unwrap();
    RUNTIME.block_on(async {
        let response = exchange(carrier.address(), request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let receipt: Value = serde_json::from_slice(&body).unwrap_or_default();
        assert!([200, 201].contains(&head.status.as_u16()), "{form:?}: {} {receipt}", head.status);
        receipt
    })
}

/// Sends the long file in the chunks of Logic Apps, as long as they are asked for.
pub(crate) fn in_chunks(
    instance: &Instance,
    to: &Stop,
    (small, long): (LongFile, LongFile),
    digests: &[String; 2],
    table: &Table,
) {
    has_arrived(&chunks(&instance.carrier, small), small, &digests[0]);
    let what = format!("push in chunks → {}", to.name());
    let receipt = table.row(&what, long.length, instance, || chunks(&instance.carrier, long));
    has_arrived(&receipt, long, &digests[1]);
    assert_eq!(to.sha256(long.name), digests[1], "{what}");
}

fn chunks(carrier: &Carrier, file: LongFile) -> Value {
    let (length, uri) =
        (file.length, format!("/to/{}/{}?conflict=replace", Role::Destination.name(), file.name));
    let said = length.to_string();
    let headers = [("x-ms-transfer-mode", "chunked"), ("x-ms-content-length", said.as_str())];
    let begun = carrier.ask(Method::POST, &uri, &headers, Bytes::new()).unwrap();
    assert_eq!(begun.status, 200, "{begun:?}");
    let header = |name: &str| begun.headers[name].to_str().unwrap().to_owned();
    let (size, location): (u64, _) =
        (header("x-ms-chunk-size").parse().unwrap(), header(LOCATION.as_str()));
    let path = location.split_once("/uploads/").map(|(_, token)| format!("/uploads/{token}"));
    let path = path.unwrap();
    let mut last = None;
    for start in (0..length).step_by(usize::try_from(size).unwrap()) {
        let end = length.min(start + size);
        let range = format!("bytes={start}-{}/{length}", end - 1);
        let headers =
            [("content-range", range.as_str()), ("content-type", "application/octet-stream")];
        let answer = carrier.ask(Method::PATCH, &path, &headers, file.bytes(start..end)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["range"], format!("bytes=0-{}", end - 1));
        last = Some(answer.body);
    }
    last.unwrap()
}
