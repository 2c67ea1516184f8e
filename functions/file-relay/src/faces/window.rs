use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use headgate_core::{Body, BodyError};
use http_body::{Frame, SizeHint};

/// A part of a body: behind so many bytes, and so many of them.
pub(super) struct Window {
    body: Body,
    skip: u64,
    left: Option<u64>,
}

/// The body has fewer bytes.
#[derive(Debug, thiserror::Error)]
#[error("the place gave fewer bytes than the file has")]
struct TooShort;

impl Window {
    /// Makes a window on `body`; to its end without `length`.
    pub(super) const fn new(body: Body, skip: u64, length: Option<u64>) -> Self {
        Self { body, skip, left: length }
    }
}

impl http_body::Body for Window {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if self.left == Some(0) {
                return Poll::Ready(None);
            }
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
                let is_short = self.left.is_some() || self.skip > 0;
                let short = || Err(BodyError::BrokenOff(TooShort.into()));
                return Poll::Ready(is_short.then(short));
            };
            let Ok(mut bytes) = frame?.into_data() else { continue };
            let skip = self.skip.min(bytes.len() as u64);
            self.skip -= skip;
            bytes = bytes.split_off(usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len()));
            if let Some(left) = &mut self.left {
                bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= bytes.len() as u64;
            }
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use headgate_fakes::now;
    use http_body_util::StreamBody;

    use super::*;

    fn window(skip: u64, length: Option<u64>) -> Result<Bytes, BodyError> {
        let frames =
            ["abc", "", "defg", "h"].map(|text| Ok::<_, BodyError>(Frame::data(text.into())));
        let body = Body::stream(StreamBody::new(stream::iter(frames)));
        now(Body::stream(Window::new(body, skip, length)).read(100))
    }

    #[test]
    fn a_window_shows_what_it_is_set_to_and_fails_where_there_is_less() {
        for (skip, length, expected) in [
            (0, None, "abcdefgh"),
            (2, Some(4), "cdef"),
            (3, Some(1), "d"),
            (7, None, "h"),
            (0, Some(0), ""),
        ] {
            assert_eq!(window(skip, length).unwrap(), expected);
        }
        assert!(window(7, Some(2)).is_err());
        assert!(window(9, None).is_err());
    }
}
