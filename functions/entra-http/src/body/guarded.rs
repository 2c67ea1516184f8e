use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use headgate_core::{Base64Decoder, Body, BodyError, NotBase64};
use http_body::{Frame, SizeHint};

/// What a body turned out to be while it was sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotBase64,
    TooLong,
}

/// Where a body that is being sent on says what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<OnceLock<Fault>>);

impl Faults {
    pub(crate) fn get(&self) -> Option<Fault> {
        self.0.get().copied()
    }

    fn set(&self, fault: Fault) {
        let _ = self.0.set(fault);
    }
}

/// A body of at most `limit` bytes, decoded from base64 if that is said. A longer one breaks off.
pub(crate) fn guarded(body: Body, is_base64: bool, limit: u64, faults: Faults) -> Body {
    let decoder = is_base64.then(Base64Decoder::default);
    Body::stream(Guarded { body, decoder, left: limit, faults, is_over: false })
}

struct Guarded {
    body: Body,
    decoder: Option<Base64Decoder>,
    left: u64,
    faults: Faults,
    is_over: bool,
}

impl Guarded {
    fn count(&mut self, bytes: Bytes) -> Result<Bytes, BodyError> {
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                self.faults.set(Fault::TooLong);
                return Err(broken("body is longer than is allowed"));
            }
        }
        Ok(bytes)
    }

    fn decoded(&self, decoded: Result<Bytes, NotBase64>) -> Result<Bytes, BodyError> {
        decoded.map_err(|error| {
            self.faults.set(Fault::NotBase64);
            BodyError::BrokenOff(error.into())
        })
    }
}

fn broken(reason: &'static str) -> BodyError {
    BodyError::BrokenOff(reason.into())
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        while !this.is_over {
            let bytes = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Err(error)) => Err(error),
                Some(Ok(frame)) => match (frame.into_data(), &mut this.decoder) {
                    (Ok(bytes), None) => Ok(bytes),
                    (Ok(bytes), Some(decoder)) => {
                        let decoded = decoder.push(&bytes);
                        this.decoded(decoded)
                    }
                    // No host passes trailers on.
                    (Err(_), _) => continue,
                },
                None => {
                    this.is_over = true;
                    let rest =
                        this.decoder.as_mut().map_or(Ok(Bytes::new()), Base64Decoder::finish);
                    this.decoded(rest)
                }
            };
            match bytes.and_then(|bytes| this.count(bytes)) {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Err(error) => {
                    this.is_over = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || (self.decoder.is_none() && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        // With base64 only the end says how much it was.
        if self.decoder.is_none() { self.body.size_hint() } else { SizeHint::default() }
    }
}
