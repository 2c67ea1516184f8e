use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream;
use headgate_tests::relay::serve;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};

/// A server of files that does odd things, each once, in the order in which it is told.
#[derive(Clone, Debug)]
pub(crate) struct OddServer {
    address: SocketAddr,
    state: Arc<Mutex<BTreeMap<String, File>>>,
}

#[derive(Debug, Default)]
struct File {
    /// What it holds now, and what it will hold.
    contents: VecDeque<Bytes>,
    /// What was put there.
    taken: Option<Bytes>,
    version: usize,
    odd: VecDeque<Odd>,
    asked: Vec<Instant>,
}

/// What it does in place of what is right.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Odd {
    /// It answers this status, with `Retry-After` in seconds if there is one.
    Status(u16, Option<u64>),
    /// It says the length, and closes the connection after so many bytes.
    EndsAfter(usize),
    /// The same, and the file is another one from then on.
    ChangesAfter(usize),
    /// It gives another range than the one that was asked for, and says so.
    OtherRange,
    /// It gives the whole file in place of a range.
    NoRange,
    /// It takes a file, says that it has it, and keeps so many bytes less.
    KeepsLess(usize),
    /// It says that it has the file before it has read it.
    AnswersEarly,
    /// It reads the file, and closes the connection in place of an answer, with nothing kept.
    ForgetsAll,
}

type Content = UnsyncBoxBody<Bytes, std::io::Error>;

/// The connection is closed.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("closed")
    }
}

impl std::error::Error for Closed {}

impl OddServer {
    pub(crate) fn start() -> Self {
        serve(|address| Self { address, state: Arc::default() }, Self::answer)
    }

    /// The place that it is, in a document.
    pub(crate) fn table(&self) -> String {
        let address = self.address;
        format!(
            "[odd]\nkind = \"http\"\nurl = \"http://{address}\"\nwrite = true\nprivate-network = true\n"
        )
    }

    /// Has a file that does these odd things; it changes to the next content when it is told so.
    pub(crate) fn file(&self, name: &str, contents: &[&Bytes], odd: &[Odd]) {
        let contents = contents.iter().copied().cloned().collect();
        let file = File { contents, odd: odd.iter().copied().collect(), ..File::default() };
        self.files().insert(format!("/{name}"), file);
    }

    /// What was put there and is there.
    pub(crate) fn taken(&self, name: &str) -> Option<Bytes> {
        self.files()[&format!("/{name}")].taken.clone()
    }

    /// When it was asked for the file's content, or was sent it.
    pub(crate) fn asked(&self, name: &str) -> Vec<Instant> {
        self.files()[&format!("/{name}")].asked.clone()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.state.lock().unwrap()
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Content>, Closed> {
        let path = request.uri().path().to_owned();
        match *request.method() {
            Method::PUT => self.put(&path, request).await,
            Method::DELETE => {
                self.files().get_mut(&path).unwrap().taken = None;
                Ok(status(204))
            }
            _ => {
                let is_head = request.method() == Method::HEAD;
                let range = request.headers().get(RANGE).map(|range| range.to_str().unwrap());
                let from = range.map(|range| {
                    range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse()
                });
                self.get(&path, is_head, from.map(Result::unwrap))
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "pauses are measured")]
    fn next(&self, path: &str) -> Option<Odd> {
        let mut files = self.files();
        let file = files.get_mut(path)?;
        file.asked.push(Instant::now());
        file.odd.pop_front()
    }

    fn get(
        &self,
        path: &str,
        is_head: bool,
        from: Option<usize>,
    ) -> Result<Response<Content>, Closed> {
        let odd = if is_head { None } else { self.next(path) };
        let mut files = self.files();
        let Some(file) = files.get_mut(path) else { return Ok(status(404)) };
        let Some(content) = file.taken.clone().or_else(|| file.contents.front().cloned()) else {
            return Ok(status(404));
        };
        let mut from = from;
        let (mut gives, etag) = (usize::MAX, etag(file.version));
        match odd {
            None => {}
            Some(Odd::Status(code, pause)) => return Ok(paused(code, pause)),
            Some(Odd::EndsAfter(bytes)) => gives = bytes,
            Some(Odd::ChangesAfter(bytes)) => {
                gives = bytes;
                file.contents.pop_front();
                file.version += 1;
            }
            Some(Odd::OtherRange) => from = from.map(|from| from + 1),
            Some(Odd::NoRange) => from = None,
            Some(other) => panic!("{other:?} is nothing to read"),
        }
        let mut response = Response::builder().header(ETAG, etag);
        let part = content.slice(from.unwrap_or_default().min(content.len())..);
        response = response.header(CONTENT_LENGTH, part.len());
        if let Some(from) = from {
            let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
            response = response.status(206).header(CONTENT_RANGE, range);
        }
        let body = match gives < part.len() {
            true => {
                let frames = [Ok(Frame::data(part.slice(..gives))), Err(closed())];
                StreamBody::new(stream::iter(frames)).boxed_unsync()
            }
            false => full(if is_head { Bytes::new() } else { part }),
        };
        Ok(response.body(body).unwrap())
    }

    async fn put(
        &self,
        path: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Content>, Closed> {
        let odd = self.next(path);
        if let Some(Odd::AnswersEarly) = odd {
            return Ok(status(201));
        }
        let body = request.into_body().collect().await.map_err(|_| Closed)?.to_bytes();
        let kept = match odd {
            None => body,
            Some(Odd::KeepsLess(bytes)) => body.slice(..body.len() - bytes),
            Some(Odd::ForgetsAll) => return Err(Closed),
            Some(Odd::Status(code, pause)) => return Ok(paused(code, pause)),
            Some(other) => panic!("{other:?} is nothing to write"),
        };
        let mut files = self.files();
        let file = files.get_mut(path).unwrap();
        file.taken = Some(kept);
        file.version += 1;
        let mut response = status(201);
        response.headers_mut().insert(ETAG, etag(file.version));
        Ok(response)
    }
}

fn etag(version: usize) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap()
}

fn closed() -> std::io::Error {
    std::io::Error::other(Closed)
}

fn full(bytes: Bytes) -> Content {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn status(code: u16) -> Response<Content> {
    paused(code, None)
}

fn paused(code: u16, pause: Option<u64>) -> Response<Content> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    if let Some(pause) = pause {
        response.headers_mut().insert(RETRY_AFTER, pause.into());
    }
    response
}
