use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use spin_sdk::wasip3::http::types::{ErrorCode, Trailers};
use spin_sdk::wasip3::http_compat::{IncomingBody, IncomingMessage};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult};

/// How much the first read has room for. A small message takes no more.
const FIRST_ROOM: usize = 16 * 1024;
/// How much a read has room for at the most, in a stream that fills what it is given.
const ROOM: usize = 128 * 1024;

/// The content of a message that comes in, which the host does not read before the function does.
///
/// Every read crosses from the guest to the host and back, which costs the same for one byte as for a hundred thousand: the
/// room of a read doubles while the host fills it.
pub(crate) struct IncomingContent<M> {
    state: State<M>,
    /// What the message says of its length.
    length: SizeHint,
}

enum State<M> {
    Unread(M),
    Reading(Pin<Box<dyn Future<Output = Read> + Send>>),
    Ended,
}

/// The host's end of a message.
struct Source {
    content: StreamReader<u8>,
    end: FutureReader<Result<Option<Trailers>, ErrorCode>>,
    /// Says, when it is dropped, that no more is wanted.
    _received: FutureWriter<Result<(), ErrorCode>>,
    room: usize,
}

enum Read {
    Chunk(Vec<u8>, Source),
    End(Result<Option<Trailers>, ErrorCode>),
}

impl<M> IncomingContent<M> {
    /// Takes a message of which nothing was read.
    pub(crate) fn new(message: M) -> Self {
        Self { state: State::Unread(message), length: SizeHint::default() }
    }
}

impl<M: IncomingMessage> IncomingContent<M> {
    /// Takes the message out of a body of which nothing was read.
    pub(crate) fn of(mut body: IncomingBody<M>) -> Self {
        let length = http_body::Body::size_hint(&body);
        let state = match body.take_unstarted() {
            Some(message) => State::Unread(message),
            None => {
                let begun = ErrorCode::InternalError(Some("it was read before".to_owned()));
                State::Reading(Box::pin(std::future::ready(Read::End(Err(begun)))))
            }
        };
        Self { state, length }
    }
}

impl Source {
    fn of(message: impl IncomingMessage) -> Self {
        let (received, result) = wit_future::new(|| Ok(()));
        let (content, end) = message.consume_body(result);
        Self { content, end, _received: received, room: FIRST_ROOM }
    }

    async fn read(mut self) -> Read {
        let (result, mut chunk) = self.content.read(Vec::with_capacity(self.room)).await;
        if result == StreamResult::Dropped {
            return Read::End(self.end.await);
        }
        if chunk.len() == self.room {
            self.room = ROOM.min(self.room * 2);
        } else if chunk.len() < self.room / 2 {
            // Whoever keeps what comes in keeps its room too.
            chunk.shrink_to_fit();
        }
        Read::Chunk(chunk, self)
    }
}

impl<M: IncomingMessage> http_body::Body for IncomingContent<M> {
    type Data = Bytes;
    type Error = ErrorCode;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Unread(_) => {
                    if let State::Unread(message) = mem::replace(&mut self.state, State::Ended) {
                        self.state = State::Reading(Box::pin(Source::of(message).read()));
                    }
                }
                State::Reading(reading) => match ready!(reading.as_mut().poll(context)) {
                    Read::Chunk(chunk, source) => {
                        self.state = State::Reading(Box::pin(source.read()));
                        return Poll::Ready(Some(Ok(Frame::data(chunk.into()))));
                    }
                    Read::End(end) => {
                        self.state = State::Ended;
                        let trailers = end.transpose().map(|trailers| trailers?.try_into());
                        return Poll::Ready(trailers.map(|trailers| trailers.map(Frame::trailers)));
                    }
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
