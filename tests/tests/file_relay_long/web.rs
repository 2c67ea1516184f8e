use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use headgate_tests::relay::{digest, serve};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};

use crate::long_file::LongFile;

/// A server that gives files which it makes, with ranges, and takes files of which it keeps the length and the SHA-256.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    address: SocketAddr,
    files: Arc<Vec<LongFile>>,
    taken: Arc<Mutex<BTreeMap<String, (u64, String)>>>,
}

type Content = UnsyncBoxBody<Bytes, Infallible>;

impl Web {
    pub(crate) fn start(files: &[LongFile]) -> Self {
        let files = Arc::new(files.to_vec());
        serve(|address| Self { address, files, taken: Arc::default() }, Self::answer)
    }

    /// The place that it is, by a name, in a document: it gives below `/given/`, and takes below `/taken/`.
    pub(crate) fn table(&self, name: &str, folder: &str) -> String {
        let address = self.address;
        format!(
            "[{name}]\nkind = \"http\"\nurl = \"http://{address}/{folder}\"\nwrite = true\nprivate-network = true\n"
        )
    }

    /// The SHA-256 of what was taken by a name.
    pub(crate) fn sha256(&self, name: &str) -> String {
        self.taken.lock().unwrap()[name].1.clone()
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Content>, hyper::Error> {
        let path = request.uri().path().to_owned();
        let given = path.strip_prefix("/given/");
        let taken = path.strip_prefix("/taken/").unwrap_or_default();
        match (request.method(), given) {
            (&Method::GET | &Method::HEAD, Some(name)) => {
                let file = self.files.iter().find(|file| file.name == name);
                Ok(file.map_or_else(|| empty(404), |file| give(*file, &request)))
            }
            (&Method::HEAD, None) => {
                let found = self.taken.lock().unwrap().get(taken).cloned();
                Ok(found.map_or_else(
                    || empty(404),
                    |(length, digest)| described(empty(200), length, &digest),
                ))
            }
            (&Method::PUT, None) => {
                let mut length = 0;
                let pieces = request.into_body().into_data_stream();
                let pieces = pieces.inspect_ok(|piece: &Bytes| {
                    length += piece.len() as u64;
                });
                let digest = digest::of_stream(pieces).await?;
                self.taken.lock().unwrap().insert(taken.to_owned(), (length, digest));
                Ok(empty(201))
            }
            _ => Ok(empty(405)),
        }
    }
}

fn empty(status: u16) -> Response<Content> {
    let mut response = Response::new(Empty::new().boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn described(mut response: Response<Content>, length: u64, etag: &str) -> Response<Content> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(ETAG, format!("\"{etag}\"").parse().unwrap());
    headers.insert(ACCEPT_RANGES, "bytes".parse().unwrap());
    response
}

/// A file, or what `Range` says of it: from a byte to the end, or to another.
fn give(file: LongFile, request: &Request<Incoming>) -> Response<Content> {
    let asked = request.headers().get(RANGE).map(|range| asked_for(range.to_str().unwrap(), file));
    let range = asked.clone().unwrap_or(0..file.length);
    let mut response = empty(if asked.is_some() { 206 } else { 200 });
    if request.method() == Method::GET {
        let pieces = file.pieces(range.clone()).map(|piece| Ok(Frame::data(piece)));
        *response.body_mut() = StreamBody::new(stream::iter(pieces)).boxed_unsync();
    }
    if asked.is_some() {
        let said = format!("bytes {}-{}/{}", range.start, range.end - 1, file.length);
        response.headers_mut().insert(CONTENT_RANGE, said.parse().unwrap());
    }
    described(response, range.end - range.start, file.name)
}

fn asked_for(header: &str, file: LongFile) -> Range<u64> {
    let (first, last) = header.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let end = last.parse().map_or(file.length, |last: u64| last + 1);
    first.parse().unwrap()..end.min(file.length)
}
