use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use headgate_core::{Body, BodyError};
use http_body::{Body as _, Frame};

/// An error that Power Automate says is shorter, in bytes.
const LIMIT: usize = 64 * 1024;

/// Reads the beginning of a body: gives all of it when it is short, and a body that is as it was.
pub(crate) async fn examine(mut body: Body) -> (Option<Bytes>, Body) {
    let mut first = VecDeque::new();
    let mut length = 0;
    while length <= LIMIT {
        match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            None => {
                let whole: Vec<u8> = first.iter().flatten().copied().collect();
                let whole = Bytes::from(whole);
                return (Some(whole.clone()), Body::from(whole));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    length += data.len();
                    first.push_back(data);
                }
            }
            Some(Err(error)) => {
                let again = Again { first, error: Some(error), rest: Body::empty() };
                return (None, Body::stream(again));
            }
        }
    }
    (None, Body::stream(Again { first, error: None, rest: body }))
}

/// What was read of a body, and what was not.
struct Again {
    first: VecDeque<Bytes>,
    error: Option<BodyError>,
    rest: Body,
}

impl http_body::Body for Again {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let again = self.get_mut();
        if let Some(data) = again.first.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match again.error.take() {
            Some(error) => Poll::Ready(Some(Err(error))),
            None => Pin::new(&mut again.rest).poll_frame(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// A body in pieces; `breaks` ends it with an error.
    fn pieces(pieces: &[&[u8]], breaks: bool) -> Body {
        let first = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
        let error = breaks.then(|| BodyError::BrokenOff("gone".into()));
        Body::stream(Again { first, error, rest: Body::empty() })
    }

    #[test]
    fn a_body_is_the_same_after_its_beginning_was_read() {
        let long = vec![b'x'; LIMIT];
        for (parts, is_short) in [
            (vec![], true),
            (vec![b"{\"error\":".as_slice(), b"1}"], true),
            (vec![long.as_slice()], true),
            (vec![long.as_slice(), b"y"], false),
            (vec![long.as_slice(), b"y", long.as_slice()], false),
        ] {
            let (whole, body) = examine(pieces(&parts, false)).now_or_never().unwrap();
            assert_eq!(whole.is_some(), is_short);
            let read = body.read(1_000_000).now_or_never().unwrap().unwrap();
            assert!(read == parts.concat());
            assert!(whole.is_none_or(|whole| whole == read));
        }
    }

    #[test]
    fn a_body_that_breaks_off_breaks_off_again() {
        let (whole, body) = examine(pieces(&[b"a"], true)).now_or_never().unwrap();
        assert_eq!(whole, None);
        let error = body.read(10).now_or_never().unwrap().unwrap_err();
        assert!(matches!(error, BodyError::BrokenOff(_)));
    }
}
